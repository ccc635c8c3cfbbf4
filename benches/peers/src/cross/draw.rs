//! What is drawn for a trial: a key, a user id and a message, all from one seed, and the questions made of them.

use peers::{hex, unhex};

const N: [u64; 4] = [0x53bb_f409_39d5_4123, 0x7203_df6b_21c6_052b, u64::MAX, 0xffff_fffe_ffff_ffff];
const P: [u64; 4] = [u64::MAX, 0xffff_ffff_0000_0000, u64::MAX, 0xffff_fffe_ffff_ffff];

/// SplitMix64: nothing here is a secret, and a seed has to give the same again.
pub struct Draw(u64);

pub struct Trial {
    d: String,
    id: String,
    message: String,
}

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }

    /// A key in [1, n − 2], one of fifty at an end of that range.
    fn key(&mut self) -> [u64; 4] {
        let small = [1 + self.next() % 50, 0, 0, 0];
        match self.below(100) {
            0 => small,
            1 => minus(&N, &[1 + small[0], 0, 0, 0]),
            _ => [self.next() | 1, self.next(), self.next(), self.next() >> 1],
        }
    }

    pub fn trial(&mut self) -> Trial {
        let key = self.key();
        self.with(&key)
    }

    /// With a key that is not at an end of its range.
    pub fn usual(&mut self) -> Trial {
        let key = [self.next() | 1, self.next(), self.next(), self.next() >> 1];
        self.with(&key)
    }

    fn with(&mut self, key: &[u64; 4]) -> Trial {
        let d = word(key);
        let id = 1 + self.below(40);
        // Text, since that is what some take for an id, and no comma, since one library has another meaning for it.
        let id: Vec<u8> = self.bytes(id).iter().map(|byte| b'0' + byte % 75).collect();
        let message = 1 + self.below(200);
        Trial { d, id: hex(&id), message: hex(&self.bytes(message)) }
    }

    /// With one bit changed.
    pub fn flipped(&mut self, text: &str) -> String {
        let mut bytes = unhex(text);
        let at = self.below(bytes.len());
        bytes[at] ^= 1 << self.below(8);
        hex(&bytes)
    }
}

impl Trial {
    pub fn key(&self) -> &str {
        &self.d
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    pub fn public(&self) -> String {
        format!("sm2-public {}", self.d)
    }

    pub fn sign(&self) -> String {
        format!("sm2-sign {} {} {}", self.d, self.id, self.message)
    }

    pub fn verify(&self, point: &str, signature: &str) -> String {
        format!("sm2-verify {point} {} {} {signature}", self.id, self.message)
    }

    pub fn encrypt(&self, point: &str) -> String {
        format!("sm2-encrypt {point} {}", self.message)
    }

    pub fn decrypt(&self, hidden: &str) -> String {
        format!("sm2-decrypt {} {hidden}", self.d)
    }

    /// A signature that is none, or one of something else; the way is counted through.
    pub fn altered(&self, draw: &mut Draw, way: usize, point: &str, signature: &str) -> String {
        let (r, s) = signature.split_at(signature.len() / 2);
        let (zero, most, n) = ("0".repeat(64), "f".repeat(64), word(&N));
        let negative = |number: &str| word(&minus(&N, &words(number)));
        let one = [1, 0, 0, 0];
        let (id, message) = (&self.id, &self.message);
        let of = |point: &str, id: &str, message: &str, r: &str, s: &str| {
            format!("sm2-verify {point} {id} {message} {r}{s}")
        };
        match way % 18 {
            0 => of(point, id, message, &draw.flipped(r), s),
            1 => of(point, id, message, r, &draw.flipped(s)),
            2 => of(point, id, &draw.flipped(message), r, s),
            3 => of(point, &format!("{id}20"), message, r, s),
            4 => of(&negated(point), id, message, r, s),
            5 => of(point, id, message, s, r),
            6 => of(point, id, message, &zero, s),
            7 => of(point, id, message, r, &zero),
            8 => of(point, id, message, &n, s),
            9 => of(point, id, message, r, &n),
            // r + s = 0
            10 => of(point, id, message, r, &negative(r)),
            11 => of(point, id, message, &negative(s), s),
            12 => of(point, id, message, &negative(r), s),
            13 => of(point, id, message, r, &negative(s)),
            14 => of(point, id, message, &most, s),
            15 => of(point, id, message, r, &most),
            // The same r + s.
            16 => of(point, id, message, &word(&minus(&words(r), &one)), &word(&plus(&words(s), &one))),
            _ => of(point, id, &format!("{message}00"), r, s),
        }
    }
}

/// `−P` of `04 ‖ x ‖ y`.
fn negated(point: &str) -> String {
    let (x, y) = point.split_at(66);
    format!("{x}{}", word(&minus(&P, &words(y))))
}

/// 64 digits as words, the lowest first.
fn words(text: &str) -> [u64; 4] {
    let mut words = [0; 4];
    for (at, word) in words.iter_mut().rev().enumerate() {
        *word = u64::from_str_radix(&text[16 * at..][..16], 16).expect("hexadecimal");
    }
    words
}

fn word(words: &[u64; 4]) -> String {
    words.iter().rev().map(|word| format!("{word:016x}")).collect()
}

/// Modulo 2^256.
fn minus(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut borrow = false;
    core::array::from_fn(|at| {
        let (word, first) = a[at].overflowing_sub(b[at]);
        let (word, second) = word.overflowing_sub(u64::from(borrow));
        borrow = first | second;
        word
    })
}

/// Modulo 2^256.
fn plus(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    minus(a, &minus(&[0; 4], b))
}
