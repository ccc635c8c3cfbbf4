//! Memory after drop is zero: no block of the heap is given back with a key, a plaintext or a state in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use core::num::NonZeroUsize;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use miyao::{
    Secret, SecretBytes,
    algo::{
        drbg::Drbg,
        hkdf,
        hmac::HmacSm3,
        mode::{ccm, ccm::Ccm, cmac::Cmac, gcm, gcm::Gcm, xts::Xts, xts::XtsGb},
        sm2::{DEFAULT_USER_ID, Encoding, MessageDigest, PrivateKey},
        sm3::{self, Sm3},
        sm4::Sm4,
    },
    envelope::{
        self, Decryptor, Encryptor, Opener, Options, Reader, Suite, inspect, recipient::Passphrase, token,
    },
};
use rand_core::Rng as _;
use sm2::elliptic_curve::PrimeField as _;

#[path = "zeroing/heap.rs"]
mod heap;
#[path = "shapes/messages.rs"]
#[allow(dead_code, reason = "this test uses a few of the shapes")]
mod messages;
use heap::{Watch, bytes_of, leaves_something};
use messages::{CONTEXT, KEY_ID, Kms, context};

fn rng(seed: u8) -> Drbg {
    Drbg::new(&[seed; 32], b"tests/zeroing", b"")
}

/// Bytes that stand nowhere else.
fn drawn<const N: usize>(seed: u8) -> [u8; N] {
    let mut bytes = [0; N];
    rng(seed).fill_bytes(&mut bytes);
    bytes
}

/// As [`drawn`], in memory that is never freed.
fn kept(len: usize, seed: u8) -> &'static [u8] {
    let mut bytes = vec![0; len];
    rng(seed).fill_bytes(&mut bytes);
    Box::leak(bytes.into_boxed_slice())
}

#[test]
fn the_watching_allocator_sees_what_is_left_behind() {
    let secret = kept(64, 1);
    let watch = Watch::for_secrets(&[secret]);
    drop(secret.to_vec());
    let mut grown = Vec::with_capacity(64);
    grown.extend_from_slice(secret);
    grown.reserve_exact(1000);
    grown.fill(0);
    drop(grown);
    assert_eq!(watch.hits(), 2, "a plain copy, and the block that a vector grew out of");
    assert!(leaves_something(drawn::<64>(2)), "an array that nobody wipes");
}

#[test]
fn every_secret_and_every_keyed_state_is_wiped_when_dropped() {
    let mut hash = Sm3::new();
    hash.update(&drawn::<80>(3));
    let mut keyed = HmacSm3::new(&drawn::<32>(4));
    keyed.update(&drawn::<80>(5));
    let mut cmac = Cmac::new(&drawn::<16>(6));
    cmac.update(&drawn::<31>(7));
    let key = PrivateKey::random(&mut rng(8));
    let mut message = MessageDigest::new(key.public_key(), DEFAULT_USER_ID).unwrap();
    message.update(&drawn::<80>(9));
    let (gcm, ccm): (Gcm, Ccm) = (Gcm::new(&drawn(12)), Ccm::new(&drawn(13)));
    let mut in_gcm = gcm::Encryptor::new(gcm.clone(), &drawn::<12>(17), b"").unwrap();
    in_gcm.update(&mut drawn::<83>(18)).unwrap();
    let mut in_ccm = ccm::Encryptor::new(ccm.clone(), &drawn::<12>(17), b"", 83).unwrap();
    in_ccm.update(&mut drawn::<77>(18)).unwrap();
    for (what, left) in [
        ("Secret", leaves_something(Secret::take(&mut drawn::<32>(10)))),
        ("Sm3", leaves_something(hash)),
        ("HmacSm3", leaves_something(keyed)),
        ("Cmac", leaves_something(cmac)),
        ("MessageDigest", leaves_something(message)),
        ("Sm4", leaves_something(Sm4::new(&drawn(11)))),
        ("Gcm", leaves_something(gcm)),
        ("Ccm", leaves_something(ccm)),
        ("gcm::Encryptor", leaves_something(in_gcm)),
        ("ccm::Encryptor", leaves_something(in_ccm)),
        ("Xts", leaves_something(Xts::new(&drawn(14)).unwrap())),
        ("XtsGb", leaves_something(XtsGb::new(&drawn(15)).unwrap())),
        ("Drbg", leaves_something(rng(16))),
    ] {
        assert!(!left, "{what} leaves something behind");
    }
}

/// A scalar as it may stand in memory: plain or in Montgomery form (times 2^256 modulo n), little- or big-endian.
fn representations(mut big: [u8; 32]) -> [[u8; 32]; 4] {
    const N: [u64; 4] = [0x53bb_f409_39d5_4123, 0x7203_df6b_21c6_052b, u64::MAX, 0xffff_fffe_ffff_ffff];
    let plain = big;
    big.reverse();
    let mut limbs: [u64; 4] =
        core::array::from_fn(|at| u64::from_le_bytes(big[8 * at..8 * at + 8].try_into().unwrap()));
    for _ in 0..256 {
        let over = limbs[3] >> 63 == 1;
        limbs = core::array::from_fn(|at| limbs[at] << 1 | if at == 0 { 0 } else { limbs[at - 1] >> 63 });
        if over || limbs.iter().rev().ge(N.iter().rev()) {
            let mut borrow = false;
            for (limb, n) in limbs.iter_mut().zip(N) {
                let (less, first) = limb.overflowing_sub(n);
                let (less, second) = less.overflowing_sub(u64::from(borrow));
                (*limb, borrow) = (less, first || second);
            }
        }
    }
    let mut montgomery = [0; 32];
    for (bytes, limb) in montgomery.chunks_mut(8).zip(limbs) {
        bytes.copy_from_slice(&limb.to_le_bytes());
    }
    let reversed = |mut bytes: [u8; 32]| {
        bytes.reverse();
        bytes
    };
    [plain, reversed(plain), montgomery, reversed(montgomery)]
}

fn standing(memory: &[u8], forms: &[[u8; 32]]) -> usize {
    forms.iter().filter(|form| memory.windows(32).any(|window| window == *form)).count()
}

#[test]
fn a_private_key_wipes_what_it_keeps_for_its_signatures() {
    // (1 + d)^-1 tells d to whoever finds it.
    let key = Box::new(PrivateKey::random(&mut rng(8)));
    let d = sm2::Scalar::from_repr((*key.expose().expose()).into()).unwrap();
    let inverse = (d + sm2::Scalar::ONE).invert().unwrap().to_repr().into();
    let forms = Box::leak(Box::new(representations(inverse)));
    key.sign(DEFAULT_USER_ID, b"message", &mut rng(9)).unwrap();
    assert_eq!(
        standing(bytes_of(&*key), forms),
        1,
        "the inverse stands there in a form that is not known here"
    );
    let watch = Watch::for_secrets(&forms.each_ref().map(|form| &form[..]));
    drop(key);
    assert_eq!(watch.hits(), 0);
}

#[test]
fn a_private_key_wipes_its_scalar_however_it_stands_in_memory() {
    let key = Box::new(PrivateKey::random(&mut rng(8)));
    let forms = Box::leak(Box::new(representations(*key.expose().expose())));
    let alive = bytes_of(&*key);
    assert_eq!(
        standing(alive, forms),
        1,
        "the scalar stands in memory in a form that this test does not know"
    );
    let watch = Watch::for_secrets(&forms.each_ref().map(|form| &form[..]));
    drop(key);
    assert_eq!(watch.hits(), 0);
}

#[test]
fn secret_bytes_wipe_the_buffer_they_are_taken_from() {
    let secret = kept(100, 20);
    let watch = Watch::for_secrets(&[secret]);
    for capacity in [100, 101, 4000] {
        let mut source = Vec::with_capacity(capacity);
        source.extend_from_slice(secret);
        drop(SecretBytes::take(source));
    }
    assert_eq!(watch.hits(), 0);
}

#[test]
fn key_files_leave_no_scalar_behind() {
    let key = PrivateKey::random(&mut rng(21));
    let scalar = Box::leak(Box::new(*key.expose().expose()));
    let pem = Box::leak(key.to_pkcs8_pem().unwrap().expose().to_vec().into_boxed_slice());
    let body: &'static [u8] = &pem[28 + 48..28 + 64];
    let watch = Watch::for_secrets(&[scalar, body]);
    drop(key.to_pkcs8_der());
    drop(key.to_sec1_der());
    drop(key.to_pkcs8_pem().unwrap());
    drop(PrivateKey::from_pem(pem).unwrap());
    assert!(PrivateKey::from_pem(&pem[..pem.len() - 30]).is_err());
    let text = pem.to_vec().into_boxed_slice();
    let text = Box::leak(text);
    text[40] = b'!';
    assert!(PrivateKey::from_pem(text).is_err());
    assert_eq!(watch.hits(), 0);
}

#[test]
fn sm2_leaves_no_plaintext_behind() {
    let (key, text) = (PrivateKey::random(&mut rng(22)), kept(48, 23));
    let scalar = Box::leak(Box::new(*key.expose().expose()));
    let watch = Watch::for_secrets(&[text, scalar]);
    for encoding in [Encoding::Der, Encoding::C1C3C2, Encoding::C1C2C3] {
        let mut made = key.public_key().encrypt(text, encoding, &mut rng(24)).unwrap();
        assert_eq!(key.decrypt(&made, encoding).unwrap().expose(), text);
        *made.last_mut().unwrap() ^= 1;
        assert!(key.decrypt(&made, encoding).is_err());
    }
    let signature = key.sign(b"", text, &mut rng(25)).unwrap();
    key.public_key().verify(b"", text, &signature).unwrap();
    drop(key);
    assert_eq!(watch.hits(), 0);
}

#[test]
fn a_token_leaves_neither_plaintext_nor_key_behind() {
    let (text, secret) = (kept(600, 26), Box::leak(Box::new(drawn::<32>(27))));
    let bound = context(CONTEXT);
    for suite in [Suite::Gcm, Suite::CtrHmac] {
        let watch = Watch::for_secrets(&[text, &*secret]);
        let held = Box::new(Secret::<32>::build(|out| out.copy_from_slice(secret)));
        let mut made = token::encrypt(&*held, &KEY_ID, 1, suite, &bound, text, &mut rng(28)).unwrap();
        assert_eq!(token::decrypt(&*held, &KEY_ID, &bound, &made).unwrap().expose(), text);
        *made.last_mut().unwrap() ^= 1;
        assert!(token::decrypt(&*held, &KEY_ID, &bound, &made).is_err());
        drop(held);
        assert_eq!(watch.hits(), 0, "{suite:?}");
    }
}

/// A writer into memory that is never freed.
struct Sink(&'static mut [u8], usize);

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0[self.1..self.1 + data.len()].copy_from_slice(data);
        self.1 += data.len();
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn sink() -> Sink {
    Sink(Box::leak(vec![0; 4 << 20].into_boxed_slice()), 0)
}

/// As [`find_secrets`], on the stack of another thread: what the test itself leaves on its own is not the library's.
fn secrets_of(message: &[u8], seed: u8, suite: Suite) -> Vec<&'static [u8]> {
    std::thread::scope(|scope| scope.spawn(|| find_secrets(message, seed, suite)).join().unwrap())
}

/// Every secret of a message for version 1 of the test's key: what its generator draws first, and what follows from it.
fn find_secrets(message: &[u8], seed: u8, suite: Suite) -> Vec<&'static [u8]> {
    let mut drawn = rng(seed);
    let (mut file_key, mut salt) = ([0; 32], [0; 32]);
    drawn.fill_bytes(&mut file_key);
    drawn.fill_bytes(&mut salt);
    assert_eq!(message[11..43], salt, "the generator is read in another order now");
    let found = inspect(message).unwrap();
    let uncommitted = &message[..found.slots_at - 2 - 32];
    // No context: the full one is empty.
    let length = (uncommitted.len() as u32).to_be_bytes();
    let bind = sm3::digest_parts(&[b"miyao v1 message\0", &length, uncommitted]);
    let prk = hkdf::extract(&salt, &file_key);
    let mut keys = vec![0; if suite == Suite::Gcm { 28 } else { 60 }];
    hkdf::expand(&prk, &[b"miyao v1 body\0", &bind], &mut keys).unwrap();
    let mut secrets = vec![file_key.to_vec(), prk.expose().to_vec(), keys[..16].to_vec()];
    if suite == Suite::CtrHmac {
        secrets.push(keys[28..].to_vec());
    }
    secrets.into_iter().map(|secret| &*Box::leak(secret.into_boxed_slice())).collect()
}

#[test]
fn a_message_leaves_no_plaintext_and_no_key_behind_whoever_opens_it() {
    for (suite, threads) in [(Suite::Gcm, 1), (Suite::CtrHmac, 1), (Suite::Gcm, 3)] {
        let (text, sm2) = (kept(1_300_000, 30), messages::sm2_key());
        // Patterns of the first frame, of the middle and of the end.
        let parts = [&text[..64], &text[600_000..600_064], &text[text.len() - 64..]];
        let (kms, threads) = (Kms(1), NonZeroUsize::new(threads).unwrap());
        let options = || {
            Options::to(&kms).and_to(sm2.public_key()).suite(suite).frame_log2(14).unwrap().threads(threads)
        };
        let message = envelope::encrypt(text, &options(), &mut rng(31)).unwrap();
        let message: &'static [u8] = Box::leak(message.into_boxed_slice());
        let mut secrets = secrets_of(message, 31, suite);
        secrets.extend(parts);
        secrets.push(Box::leak(Box::new(*Kms::secret(1).expose())));
        let mut damaged = message.to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        let damaged: &'static [u8] = Box::leak(damaged.into_boxed_slice());
        let mut sinks: Vec<Sink> = (0..5).map(|_| sink()).collect();

        let watch = Watch::for_secrets(&secrets);
        drop(envelope::encrypt(text, &options(), &mut rng(31)).unwrap());
        let mut encryptor = Encryptor::new(sinks.pop().unwrap(), &options(), &mut rng(31)).unwrap();
        encryptor.copy_from(&mut &text[..700_000]).unwrap();
        encryptor.write_all(&text[700_000..]).unwrap();
        encryptor.finish().unwrap();
        let mut abandoned = Encryptor::new(sinks.pop().unwrap(), &options(), &mut rng(31)).unwrap();
        abandoned.write_all(&text[..1_000_000]).unwrap();
        drop(abandoned);
        for opener in [Opener::with(&kms), Opener::with(&sm2)].map(|opener| opener.threads(threads)) {
            assert!(envelope::decrypt(message, &opener).unwrap().0.expose() == text);
            assert!(envelope::decrypt(damaged, &opener).is_err());
            let mut decryptor = Decryptor::new(message, &opener).unwrap();
            decryptor.copy_to(&mut sinks.pop().unwrap()).unwrap();
            decryptor.finish().unwrap();
            let mut decryptor = Decryptor::new(damaged, &opener).unwrap();
            let mut some = [0; 1000];
            decryptor.read_exact(&mut some).unwrap();
            drop(decryptor);
            let mut reader = Reader::new(Cursor::new(message), &opener).unwrap();
            for at in [600_000, 0, 1_299_990] {
                reader.seek(SeekFrom::Start(at)).unwrap();
                reader.read_exact(&mut some[..10]).unwrap();
            }
        }
        assert_eq!(watch.hits(), 0, "{suite:?}, {threads} threads");
    }
}

#[test]
fn a_passphrase_leaves_nothing_behind() {
    let (text, words) = (kept(100, 40), kept(40, 41));
    let made = {
        let passphrase = Passphrase::new(SecretBytes::take(words.to_vec()));
        envelope::encrypt(text, &Options::to(&passphrase), &mut rng(42)).unwrap()
    };
    let mut secrets = secrets_of(&made, 42, Suite::Gcm);
    secrets.extend([text, words]);
    let watch = Watch::for_secrets(&secrets);
    let passphrase = Passphrase::new(SecretBytes::take(words.to_vec()));
    assert_eq!(envelope::decrypt(&made, &Opener::with(&passphrase)).unwrap().0.expose(), text);
    drop(passphrase);
    assert_eq!(watch.hits(), 0);
}
