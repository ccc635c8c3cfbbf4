//! What is stepped through: every operation on SM4, GHASH and SM3, of lengths that reach every path of the kernels.
//!
//! Keys, plaintexts and messages are secret; lengths, nonces, associated data, ciphertexts and tags are not.

use std::{hint::black_box, num::NonZeroU32};

use miyao::algo::{
    ghash::GhashKey,
    hkdf,
    hmac::{self, HmacSm3},
    kdf,
    mode::{
        cbc, ccm, ccm::Ccm, cfb, cmac::Cmac, ctr, ecb, gcm, gcm::Gcm, gcm::Message, ofb, xts::Xts, xts::XtsGb,
    },
    pbkdf2, sm3,
    sm4::Sm4,
};

/// One set of secrets of several.
#[derive(Clone, Copy)]
pub struct Secrets(pub u8);

impl Secrets {
    pub const ALL: [Self; 8] = [Self(0), Self(1), Self(2), Self(3), Self(4), Self(5), Self(6), Self(7)];

    /// Zeros and ones in the first set, random bytes in the others.
    pub fn vec(self, name: u8, len: usize) -> Vec<u8> {
        let mut state = (u64::from(self.0) << 8 | u64::from(name)).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = |at: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            if self.0 == 0 { at as u8 & 1 } else { (state >> 32) as u8 }
        };
        (0..len).map(&mut next).collect()
    }

    pub fn bytes<const N: usize>(self, name: u8) -> [u8; N] {
        self.vec(name, N).try_into().expect("as many as were asked for")
    }
}

pub type Work = Box<dyn FnOnce()>;

/// What is prepared with secrets, and then done while somebody looks.
pub struct Case {
    pub name: String,
    pub prepare: Box<dyn Fn(Secrets) -> Work>,
}

pub fn case<W: FnOnce() + 'static>(
    name: impl Into<String>,
    prepare: impl Fn(Secrets) -> W + 'static,
) -> Case {
    Case { name: name.into(), prepare: Box::new(move |secrets| Box::new(prepare(secrets))) }
}

/// With and without a short last block; below, at and above what the kernels take at once, on every tier.
const LENGTHS: [usize; 13] = [1, 16, 47, 64, 128, 240, 256, 257, 600, 1024, 2087, 4096, 16399];
const WHOLE: [usize; 10] = [16, 32, 128, 256, 272, 512, 1024, 1040, 2080, 16400];

/// Every case whose text has at most `longest` bytes: where loops are shorter, so may the texts be.
pub fn all(longest: usize) -> Vec<Case> {
    let mut cases = vec![
        case("SM4 key schedule", |s| {
            let key = s.bytes(1);
            move || drop(black_box(Sm4::new(&key)))
        }),
        case("SM4, one block, both ways", |s| {
            let (cipher, mut block) = (Sm4::new(&s.bytes(1)), s.bytes(2));
            move || {
                cipher.encrypt_block(&mut block);
                cipher.decrypt_block(black_box(&mut block));
                black_box(block);
            }
        }),
    ];
    plain_modes(&mut cases, longest);
    for len in [0].into_iter().chain(LENGTHS).filter(|len| *len <= longest) {
        gcm(&mut cases, len, 12);
        ghash(&mut cases, len);
    }
    gcm(&mut cases, 100, 7);
    gcm(&mut cases, 100, 60);
    gcm_many(&mut cases);
    sealed_in_pieces(&mut cases);
    let sectors = [16, 17, 47, 256, 512, 1031, 4111].into_iter();
    sectors.filter(|len| *len <= longest).for_each(|len| xts(&mut cases, len));
    [0, 1, 16, 100, 200].into_iter().for_each(|len| macs(&mut cases, len));
    [0, 100].into_iter().for_each(|len| hmac(&mut cases, len));
    hashes(&mut cases);
    derivations(&mut cases);
    cases
}

/// A mode that works in place, whichever way.
fn in_place(
    (cases, longest): (&mut Vec<Case>, usize),
    name: &str,
    lengths: &[usize],
    crypt: impl Fn(&Sm4, &mut [u8]) + Copy + 'static,
) {
    for len in lengths.iter().copied().filter(|len| *len <= longest) {
        cases.push(case(format!("{name}, {len} bytes"), move |s| {
            let (cipher, mut text) = (Sm4::new(&s.bytes(1)), s.vec(2, len));
            move || crypt(&cipher, black_box(&mut text))
        }));
    }
}

fn plain_modes(cases: &mut Vec<Case>, longest: usize) {
    let iv = [3; 16];
    in_place((cases, longest), "SM4-ECB encrypts", &WHOLE, |cipher, text| {
        ecb::encrypt(cipher, text).unwrap()
    });
    in_place((cases, longest), "SM4-ECB decrypts", &WHOLE, |cipher, text| {
        ecb::decrypt(cipher, text).unwrap()
    });
    in_place((cases, longest), "SM4-CBC encrypts", &[16, 240], move |cipher, text| {
        cbc::encrypt(cipher, &iv, text).unwrap();
    });
    in_place((cases, longest), "SM4-CBC decrypts", &WHOLE, move |cipher, text| {
        cbc::decrypt(cipher, &iv, text).unwrap()
    });
    in_place((cases, longest), "SM4-CTR", &LENGTHS, move |cipher, text| ctr::apply(cipher, &iv, text));
    in_place((cases, longest), "SM4-CTR over a wrap", &[47, 2087], |cipher, text| {
        ctr::apply(cipher, &[0xff; 16], text);
    });
    in_place((cases, longest), "SM4-CFB encrypts", &[47, 256], move |cipher, text| {
        cfb::encrypt(cipher, &iv, text)
    });
    in_place((cases, longest), "SM4-CFB decrypts", &[47, 300], move |cipher, text| {
        cfb::decrypt(cipher, &iv, text)
    });
    in_place((cases, longest), "SM4-OFB", &[47, 256], move |cipher, text| ofb::apply(cipher, &iv, text));
    cases.push(case("SM4-CTR from a secret nonce", |s| {
        // Where it wraps is public: the last four bytes are.
        let (cipher, mut counter, mut text) = (Sm4::new(&s.bytes(1)), s.bytes::<16>(3), s.vec(2, 1500));
        counter[12..].fill(0);
        move || ctr::apply(&cipher, &counter, black_box(&mut text))
    }));
}

fn gcm(cases: &mut Vec<Case>, len: usize, nonce: usize) {
    let nonce = vec![9; nonce];
    let made = move |s: Secrets, nonce: &[u8]| {
        let (gcm, mut text): (Gcm, _) = (Gcm::new(&s.bytes(1)), s.vec(2, len));
        let tag = gcm.encrypt(nonce, b"associated data", &mut text).unwrap();
        (gcm, text, tag)
    };
    let name = |what: &str| format!("SM4-GCM {what}, {len} bytes, a nonce of {}", nonce.len());
    let public = nonce.clone();
    cases.push(case(name("encrypts"), move |s| {
        let (gcm, mut text, nonce): (Gcm, _, _) = (Gcm::new(&s.bytes(1)), s.vec(2, len), public.clone());
        move || {
            black_box(gcm.encrypt(&nonce, b"associated data", black_box(&mut text)).unwrap());
        }
    }));
    let public = nonce.clone();
    cases.push(case(name("encrypts to another place"), move |s| {
        let (gcm, text, nonce): (Gcm, _, _) = (Gcm::new(&s.bytes(1)), s.vec(2, len), public.clone());
        let mut out = vec![0; len];
        move || {
            black_box(gcm.encrypt_to(&nonce, b"associated data", &text, black_box(&mut out)).unwrap());
        }
    }));
    let public = nonce.clone();
    cases.push(case(name("decrypts"), move |s| {
        let ((gcm, mut text, tag), nonce) = (made(s, &public), public.clone());
        move || gcm.decrypt(&nonce, b"associated data", black_box(&mut text), &tag).unwrap()
    }));
    let public = nonce.clone();
    cases.push(case(name("refuses"), move |s| {
        let ((gcm, mut text, tag), nonce) = (made(s, &public), public.clone());
        move || assert!(gcm.decrypt(&nonce, b"other data", black_box(&mut text), &tag).is_err())
    }));
}

/// Pieces end within blocks, at their ends, and have one block, some or many.
fn sealed_in_pieces(cases: &mut Vec<Case>) {
    const PIECES: [usize; 7] = [5, 11, 16, 32, 39, 3000, 20];
    let len = PIECES.iter().sum();
    cases.push(case("SM4-GCM encrypts in pieces", move |s| {
        let (gcm, mut text): (Gcm, _) = (Gcm::new(&s.bytes(1)), s.vec(2, len));
        move || {
            let mut encryptor = gcm::Encryptor::new(&gcm, &[9; 12], b"associated data").unwrap();
            let mut rest = &mut text[..];
            for piece in PIECES {
                let (now, later) = rest.split_at_mut(piece);
                encryptor.update(black_box(now)).unwrap();
                rest = later;
            }
            black_box(encryptor.finish().unwrap());
        }
    }));
    cases.push(case("SM4-CCM encrypts in pieces", move |s| {
        let (ccm, mut text): (Ccm, _) = (Ccm::new(&s.bytes(1)), s.vec(2, len));
        move || {
            let mut encryptor = ccm::Encryptor::new(&ccm, &[9; 12], b"associated data", len as u64).unwrap();
            let mut rest = &mut text[..];
            for piece in PIECES {
                let (now, later) = rest.split_at_mut(piece);
                encryptor.update(black_box(now)).unwrap();
                rest = later;
            }
            black_box(encryptor.finish().unwrap());
        }
    }));
}

fn gcm_many(cases: &mut Vec<Case>) {
    cases.push(case("SM4-GCM encrypts, 9 messages at once", |s| {
        let (gcm, texts): (Gcm, Vec<_>) =
            (Gcm::new(&s.bytes(1)), (0..9).map(|at| s.vec(at, 40 * usize::from(at))).collect());
        move || {
            let mut texts = texts;
            let messages = texts.iter_mut().map(|text| Message::new(&[9; 12], b"associated data", text));
            gcm.encrypt_many(&mut messages.collect::<Vec<_>>()).unwrap();
            black_box(texts);
        }
    }));
}

fn ghash(cases: &mut Vec<Case>, len: usize) {
    cases.push(case(format!("GHASH keyed and over {len} bytes"), move |s| {
        let (h, aad, text) = (s.bytes(1), s.vec(2, len / 3), s.vec(3, len));
        move || {
            black_box(GhashKey::new(&h).hash(&aad, &text));
        }
    }));
}

fn xts(cases: &mut Vec<Case>, len: usize) {
    let key = |s: Secrets| {
        let mut key: [u8; 32] = s.bytes(1);
        key[31] ^= 2; // its halves differ
        key
    };
    cases.push(case(format!("SM4-XTS, {len} bytes, both ways"), move |s| {
        let (key, mut sector) = (key(s), s.vec(2, len));
        move || {
            let xts = Xts::new(&key).unwrap();
            xts.encrypt(&[3; 16], black_box(&mut sector)).unwrap();
            xts.decrypt(&[3; 16], black_box(&mut sector)).unwrap();
        }
    }));
    cases.push(case(format!("SM4-XTS of GB/T 17964, {len} bytes, both ways"), move |s| {
        let (key, mut sector) = (key(s), s.vec(2, len));
        move || {
            let xts = XtsGb::new(&key).unwrap();
            xts.encrypt(&[3; 16], black_box(&mut sector)).unwrap();
            xts.decrypt(&[3; 16], black_box(&mut sector)).unwrap();
        }
    }));
}

fn macs(cases: &mut Vec<Case>, len: usize) {
    cases.push(case(format!("SM4-CMAC, {len} bytes"), move |s| {
        let (key, text) = (s.bytes(1), s.vec(2, len));
        move || {
            let mut cmac = Cmac::new(&key);
            cmac.update(&text);
            black_box(cmac.finalize());
        }
    }));
    cases.push(case(format!("SM4-CCM, {len} bytes, both ways"), move |s| {
        let (key, mut text) = (s.bytes(1), s.vec(2, len));
        move || {
            let ccm: Ccm = Ccm::new(&key);
            let tag = ccm.encrypt(&[9; 12], b"associated data", black_box(&mut text)).unwrap();
            ccm.decrypt(&[9; 12], b"associated data", black_box(&mut text), &tag).unwrap();
        }
    }));
}

fn hmac(cases: &mut Vec<Case>, len: usize) {
    cases.push(case(format!("HMAC-SM3, {len} bytes, made and verified"), move |s| {
        let (key, text) = (s.vec(1, 20 + len / 2), s.vec(2, len));
        move || {
            let tag = hmac::mac(&key, &[&text]);
            let mut hmac = HmacSm3::new(&key);
            hmac.update(&text);
            hmac.verify(&tag).unwrap();
        }
    }));
}

fn hashes(cases: &mut Vec<Case>) {
    for len in [0, 1, 55, 56, 64, 200] {
        cases.push(case(format!("SM3, {len} bytes"), move |s| {
            let text = s.vec(1, len);
            move || {
                black_box(sm3::digest(&text));
            }
        }));
    }
    for count in [2, 3, 16, 17] {
        cases.push(case(format!("SM3, {count} messages"), move |s| {
            let messages: Vec<Vec<u8>> = (0..count).map(|at| s.vec(at, 70 + 11 * usize::from(at))).collect();
            move || {
                let messages: Vec<&[u8]> = messages.iter().map(|message| &message[..]).collect();
                black_box(sm3::digest_many(&messages));
            }
        }));
    }
}

fn derivations(cases: &mut Vec<Case>) {
    const LEN: usize = 70;
    cases.push(case("HKDF-SM3, 70 bytes", |s| {
        let key = s.vec(1, 32);
        move || {
            let prk = hkdf::extract(b"salt", &key);
            hkdf::expand(&prk, &[b"label"], black_box(&mut [0; LEN])).unwrap();
        }
    }));
    cases.push(case("PBKDF2-HMAC-SM3, 70 bytes", |s| {
        let password = s.vec(1, 20);
        move || {
            let two = NonZeroU32::new(2).unwrap();
            pbkdf2::derive(&password, b"salt", two, black_box(&mut [0; LEN])).unwrap();
        }
    }));
    cases.push(case("KDF of GB/T 32918, 70 bytes", |s| {
        let z = s.vec(1, 64);
        move || kdf::derive(&[&z, b"public"], black_box(&mut [0; LEN])).unwrap()
    }));
}
