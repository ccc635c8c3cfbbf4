//! SM2: private keys, nonces, plaintexts and shared points are secret; public keys, signatures and ciphertexts are not.

use std::hint::black_box;

use miyao::{
    algo::sm2::{
        DEFAULT_USER_ID, Encoding, Exchange, PreparedPublicKey, PrivateKey, PublicKey, Role, sign_batch,
        sign_digest_batch, verify_batch,
    },
    secret,
};

use crate::{Watch, hidden, hidden_vec, plain_vec, public, revealed, rng};

pub fn run(watch: &Watch) {
    watch.clean("SM2 key from bytes", || {
        black_box(key(1));
    });
    watch.clean("SM2 key of random bytes", || {
        black_box(PrivateKey::random(&mut rng(1)));
    });
    watch.clean("SM2 keys out of range are refused", || {
        for byte in [0, 0xff] {
            let mut bytes = black_box([byte; 32]);
            secret::mark(&mut bytes);
            assert!(PrivateKey::from_bytes(&bytes).is_err());
        }
    });
    watch.clean("SM2 signature", || {
        let key = key(1);
        let signature = key.sign(DEFAULT_USER_ID, b"message", &mut rng(2)).unwrap();
        known(&key).verify(DEFAULT_USER_ID, b"message", &signature).unwrap();
    });
    watch.clean("SM2 signature of a secret digest", || {
        let signature = key(1).sign_digest(&hidden(3), &mut rng(2));
        known(&key(1)).verify_digest(&public(3), &signature).unwrap();
    });
    watch.clean("SM2 keys of a batch", || {
        black_box(PrivateKey::random_batch(9, &mut rng(1)));
    });
    watch.clean("SM2 signatures of a batch", || batch(9));
    watch.clean("SM2 signatures of a short batch", || batch(3));
    for encoding in [Encoding::Der, Encoding::C1C3C2, Encoding::C1C2C3] {
        watch.clean(&format!("SM2 encryption, decryption and refusal, {encoding:?}"), || encrypted(encoding));
    }
    for (size, prepare) in
        [("small", PreparedPublicKey::new as fn(&_) -> _), ("full", PreparedPublicKey::full)]
    {
        watch.clean(&format!("SM2 encryption to a prepared key, {size}"), || prepared(prepare));
    }
    watch.clean("SM2 with private keys at the ends of their range", || {
        // n − 2, 1 and 6, which with n − 6 is an exception to the sums of the window.
        for (front, end) in
            [("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d541", 0x21), ("", 1), ("", 6)]
        {
            let key = PrivateKey::from_bytes(&ending(front, end)).unwrap();
            let signature = key.sign(DEFAULT_USER_ID, b"message", &mut rng(2)).unwrap();
            known(&key).verify(DEFAULT_USER_ID, b"message", &signature).unwrap();
            black_box(key.shared_x(&known(&self::key(1))));
        }
    });
    watch.clean("SM2 Diffie-Hellman", || {
        let (ours, theirs) = (key(1), key(2));
        let (one, other) = (ours.shared_x(&known(&theirs)), theirs.shared_x(&known(&ours)));
        assert_eq!(revealed(*one.expose()), revealed(*other.expose()));
    });
    watch.clean("SM2 key exchange", exchange);
    watch.clean("SM2 key to PKCS#8 and back", || {
        let mut bytes = key(1).to_pkcs8_der().expose().to_vec();
        // All but the scalar is the same for everybody who knows the public key.
        secret::unmark(&mut bytes[..SCALAR]);
        secret::unmark(&mut bytes[SCALAR + 32..]);
        assert_eq!(*PrivateKey::from_pkcs8_der(&bytes).unwrap().public_key(), *key(1).public_key());
    });
}

/// Where the scalar stands in PKCS#8.
const SCALAR: usize = 36;

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_bytes(&hidden(seed)).unwrap()
}

/// The public half as others have it: read from bytes, nothing of it secret.
fn known(key: &PrivateKey) -> PublicKey {
    PublicKey::from_bytes(&key.public_key().to_bytes()).unwrap()
}

/// Messages and secret digests, each under a key of its own.
fn batch(count: u8) {
    let keys: Vec<_> = (1..=count).map(key).collect();
    let public_keys: Vec<_> = keys.iter().map(known).collect();
    let items: Vec<_> = keys.iter().map(|key| (key, DEFAULT_USER_ID, &b"message"[..])).collect();
    let signatures: Vec<_> = sign_batch(&items, &mut rng(2)).into_iter().map(Result::unwrap).collect();
    let signed = public_keys.iter().zip(&signatures);
    let signed: Vec<_> = signed.map(|(key, made)| (key, DEFAULT_USER_ID, &b"message"[..], made)).collect();
    assert!(verify_batch(&signed).iter().all(Result::is_ok));
    let digests: Vec<_> = (1..=count).map(hidden).collect();
    let signatures = sign_digest_batch(&keys.iter().zip(&digests).collect::<Vec<_>>(), &mut rng(3));
    for (at, (key, signature)) in public_keys.iter().zip(&signatures).enumerate() {
        key.verify_digest(&public(at as u8 + 1), signature).unwrap();
    }
}

fn encrypted(encoding: Encoding) {
    let key = key(1);
    let mut made = known(&key).encrypt(&hidden_vec(50), encoding, &mut rng(2)).unwrap();
    secret::unmark(&mut made);
    let mut text = key.decrypt(&made, encoding).unwrap().expose().to_vec();
    secret::unmark(&mut text);
    assert_eq!(text, plain_vec(50));
    let last = made.len() - 1;
    made[last] ^= 1;
    assert!(key.decrypt(&made, encoding).is_err());
}

fn prepared(prepare: fn(&PublicKey) -> PreparedPublicKey) {
    let key = key(1);
    let mut made = prepare(&known(&key)).encrypt(&hidden_vec(50), Encoding::C1C3C2, &mut rng(2)).unwrap();
    secret::unmark(&mut made);
    let mut text = key.decrypt(&made, Encoding::C1C3C2).unwrap().expose().to_vec();
    secret::unmark(&mut text);
    assert_eq!(text, plain_vec(50));
}

/// A secret of 32 bytes: hexadecimal digits, or zeros, and a last byte.
fn ending(front: &str, end: u8) -> [u8; 32] {
    let mut bytes = black_box([0; 32]);
    for (at, byte) in bytes.iter_mut().enumerate().take(front.len() / 2) {
        *byte = u8::from_str_radix(&front[2 * at..2 * at + 2], 16).unwrap();
    }
    bytes[31] = end;
    secret::mark(&mut bytes);
    bytes
}

fn exchange() {
    let (a, b, once_a, once_b) = (key(1), key(2), key(3), key(4));
    let begun = Exchange::new(
        Role::Initiator,
        (&a, DEFAULT_USER_ID),
        &once_a,
        (&known(&b), DEFAULT_USER_ID),
        &known(&once_b),
    );
    let answered = Exchange::new(
        Role::Responder,
        (&b, DEFAULT_USER_ID),
        &once_b,
        (&known(&a), DEFAULT_USER_ID),
        &known(&once_a),
    );
    let (begun, answered) = (begun.unwrap(), answered.unwrap());
    let (mut one, mut other) = ([0; 16], [0; 16]);
    begun.key(&mut one).unwrap();
    answered.key(&mut other).unwrap();
    assert_eq!(revealed(one), revealed(other));
    let (from_b, from_a) = begun.confirmations();
    answered.verify(&revealed(from_a)).unwrap();
    begun.verify(&revealed(from_b)).unwrap();
    assert!(begun.verify(&public(1)).is_err());
}
