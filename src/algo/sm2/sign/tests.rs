//! The nonces of a batch, and the signatures made with them, against those of each item alone.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use alloc::vec::Vec;

use rand_core::Rng;

use super::{Nonces, PrivateKey, first_nonces};
use crate::{
    algo::{
        drbg::Drbg,
        sm2::{
            curve,
            scalar::Scalar,
            sign_digest_batch,
            tests::{scalar, small},
        },
    },
    secret::Secret,
};

fn alone(key: &PrivateKey, e: &[u8; 32], fresh: &[u8; 32]) -> Scalar {
    Nonces::new(&key.expose(), e, &Secret::take(&mut fresh.clone())).next()
}

#[test]
fn a_batch_signs_as_each_alone_with_the_same_randomness() {
    let mut rng = Drbg::new(&[7; 32], b"", b"sign/tests");
    let keys = PrivateKey::random_batch(9, &mut rng);
    for count in 1..=keys.len() {
        let digests: Vec<[u8; 32]> = (0..count).map(|at| [at as u8 + 1; 32]).collect();
        let items: Vec<_> = keys.iter().zip(&digests).collect();
        let seed = [count as u8; 32];
        let signatures = sign_digest_batch(&items, &mut Drbg::new(&seed, b"", b""));
        let mut same = Drbg::new(&seed, b"", b"");
        for (items, signatures) in items.chunks(8).zip(signatures.chunks(8)) {
            let mut fresh = [[0; 32]; 8];
            same.fill_bytes(fresh.as_flattened_mut());
            let nonces = first_nonces(items, &fresh);
            assert_eq!(nonces.len(), items.len());
            for (at, (key, e)) in items.iter().enumerate() {
                let k = alone(key, e, &fresh[at]);
                assert_eq!(nonces[at], k);
                assert_eq!(key.sign_with(e, &k).unwrap(), signatures[at]);
            }
        }
    }
}

#[test]
fn a_nonce_of_zero_signs_nothing_and_spoils_no_neighbour() {
    let mut numbers: Vec<Scalar> = (1..=11).map(|at| scalar(&[at, 5, at * at, 9])).collect();
    numbers[3] = small(0);
    let xs = curve::base_x_each(&numbers);
    assert_eq!(xs, numbers.iter().map(curve::base_x).collect::<Vec<_>>());
    assert_eq!(curve::base_each(&numbers), numbers.iter().map(curve::base).collect::<Vec<_>>());
    let key = PrivateKey::from_bytes(&[9; 32]).unwrap();
    let signs = |at: usize| key.sign_with_x(&[1; 32], &numbers[at], &xs[at]).is_some();
    assert!((0..numbers.len()).all(|at| signs(at) == (at != 3)));
}
