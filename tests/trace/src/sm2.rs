//! SM2 with ADX and AVX2, which Valgrind does not show to programs: keys, signatures, decryption, encryption, agreement.
//!
//! Private keys, nonces, plaintexts and the state of the generator are secret; what is public is the same in all runs, since
//! what is done with it may depend on it.

use std::hint::black_box;

use miyao::algo::{
    drbg::Drbg,
    sm2::{DEFAULT_USER_ID, Encoding, Exchange, PreparedPublicKey, PrivateKey, PublicKey, Role},
};

use crate::cases::{Case, Secrets, case};

pub fn all() -> Vec<Case> {
    let mut cases = vec![
        case("SM2, a key of bytes", |s| {
            let bytes = s.bytes(20);
            move || drop(black_box(PrivateKey::from_bytes(&bytes)))
        }),
        case("SM2, a fresh key", |s| {
            let mut rng = rng(s);
            move || drop(black_box(PrivateKey::random(&mut rng)))
        }),
        case("SM2, the first signature of a key", |s| {
            let (key, mut rng) = (key(s, 20), rng(s));
            move || drop(black_box(key.sign(DEFAULT_USER_ID, b"message", &mut rng)))
        }),
        // (1 + d)^-1 is there from the first.
        case("SM2, another signature, of a secret digest", |s| {
            let (key, mut rng, digest) = (key(s, 20), rng(s), s.bytes(30));
            black_box(key.sign_digest(&digest, &mut rng));
            move || {
                black_box(key.sign_digest(&digest, &mut rng));
            }
        }),
    ];
    encryption(&mut cases);
    agreement(&mut cases);
    cases
}

/// The same nonce each time, so that C1 is.
fn encryption(cases: &mut Vec<Case>) {
    cases.push(case("SM2 decrypts", |s| {
        let (key, hidden) = hidden(s);
        move || drop(black_box(key.decrypt(&hidden, Encoding::C1C3C2).unwrap()))
    }));
    cases.push(case("SM2 refuses", |s| {
        let (key, mut hidden) = hidden(s);
        hidden[100] ^= 1;
        move || assert!(key.decrypt(&hidden, Encoding::C1C3C2).is_err())
    }));
    cases.push(case("SM2 encrypts to a key that is not prepared", |s| {
        let (key, text, nonce) = (public(3), s.vec(2, 70), s.bytes::<32>(20));
        move || drop(black_box(key.hazmat_encrypt_with_nonce(&text, Encoding::C1C3C2, &nonce).unwrap()))
    }));
    for (size, prepare) in
        [("small", PreparedPublicKey::new as fn(&PublicKey) -> _), ("full", PreparedPublicKey::full)]
    {
        cases.push(case(format!("SM2 encrypts to a prepared key, {size}"), move |s| {
            let (key, text, nonce) = (prepare(&public(3)), s.vec(2, 70), s.bytes::<32>(20));
            move || drop(black_box(key.hazmat_encrypt_with_nonce(&text, Encoding::C1C3C2, &nonce).unwrap()))
        }));
    }
}

fn agreement(cases: &mut Vec<Case>) {
    cases.push(case("SM2 Diffie-Hellman", |s| {
        let (key, theirs) = (key(s, 20), public(3));
        move || drop(black_box(key.shared_x(&theirs)))
    }));
    for (name, role) in [("begins", Role::Initiator), ("answers", Role::Responder)] {
        cases.push(case(format!("SM2 key exchange, who {name}"), move |s| {
            let (own, once) = (key(s, 20), key(s, 21));
            let (theirs, theirs_once) = (public(3), public(4));
            // Our public halves change with the secrets, and are hashed and calculated with like these.
            move || {
                let them = (&theirs, DEFAULT_USER_ID);
                let made = Exchange::new(role, (&own, DEFAULT_USER_ID), &once, them, &theirs_once).unwrap();
                made.key(black_box(&mut [0; 16])).unwrap();
                black_box(made.confirmations());
                assert!(made.verify(&[0; 32]).is_err());
            }
        }));
    }
}

fn hidden(s: Secrets) -> (PrivateKey, Vec<u8>) {
    let key = key(s, 20);
    let hidden = key.public_key().hazmat_encrypt_with_nonce(&s.vec(2, 70), Encoding::C1C3C2, &[9; 32]);
    (key, hidden.expect("a nonce that is good for any key"))
}

fn rng(s: Secrets) -> Drbg {
    Drbg::new(&s.bytes(1), b"", b"tests/trace")
}

fn key(s: Secrets, name: u8) -> PrivateKey {
    PrivateKey::from_bytes(&s.bytes(name)).expect("a number in range")
}

/// Somebody's public key, the same in all runs.
fn public(seed: u8) -> PublicKey {
    PrivateKey::from_bytes(&[seed; 32]).expect("a number in range").public_key().clone()
}
