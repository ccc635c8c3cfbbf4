//! SM2 in lanes, which only processors with AVX-512 have and Valgrind does not: batches of keys and of signatures.
//!
//! Private keys, digests and the state of the generator are secret; how many there are is not.

use std::hint::black_box;

use miyao::algo::{
    drbg::Drbg,
    sm2::{DEFAULT_USER_ID, PrivateKey, sign_batch, sign_digest_batch},
};

use crate::cases::{Case, Secrets, case};

pub fn all() -> Vec<Case> {
    vec![
        case("SM2, 8 keys at once", |s| {
            let mut rng = rng(s);
            move || drop(black_box(PrivateKey::random_batch(8, &mut rng)))
        }),
        case("SM2, 3 digests signed at once", |s| {
            let (keys, mut rng) = (keys(s, 3), rng(s));
            let digests: Vec<[u8; 32]> = (0..3).map(|at| s.bytes(40 + at)).collect();
            move || {
                let items: Vec<_> = keys.iter().zip(&digests).collect();
                black_box(sign_digest_batch(&items, &mut rng));
            }
        }),
        case("SM2, 8 messages signed at once", |s| {
            let (keys, mut rng) = (keys(s, 8), rng(s));
            move || {
                let items: Vec<_> = keys.iter().map(|key| (key, DEFAULT_USER_ID, &b"message"[..])).collect();
                black_box(sign_batch(&items, &mut rng));
            }
        }),
    ]
}

fn rng(s: Secrets) -> Drbg {
    Drbg::new(&s.bytes(1), b"", b"tests/trace")
}

fn keys(s: Secrets, count: u8) -> Vec<PrivateKey> {
    (0..count).map(|at| PrivateKey::from_bytes(&s.bytes(20 + at)).expect("a number in range")).collect()
}
