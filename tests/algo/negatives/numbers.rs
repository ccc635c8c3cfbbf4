//! Numbers out of their range, and points off the curve.

use miyao::{
    Kind,
    algo::{
        sm2::{Encoding, PrivateKey, PublicKey, Signature},
        sm3,
    },
};

use super::{rng, unhex};

pub(crate) const N: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
pub(crate) const P: &str = "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff";
const B: &str = "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93";

/// The number of `text` and a small one, modulo 2^256.
pub(crate) fn plus(text: &str, small: i64) -> [u8; 32] {
    more(unhex(text).try_into().unwrap(), small)
}

/// A number and a small one, modulo 2^256.
pub(crate) fn more(mut bytes: [u8; 32], small: i64) -> [u8; 32] {
    let mut carry = i128::from(small);
    for byte in bytes.iter_mut().rev() {
        carry += i128::from(*byte);
        *byte = carry as u8;
        carry >>= 8;
    }
    bytes
}

/// `a − b` modulo 2^256.
fn difference(a: &[u8; 32], b: &[u8]) -> [u8; 32] {
    let (mut out, mut borrow) = (*a, 0i16);
    for (byte, b) in out.iter_mut().zip(b).rev() {
        borrow += i16::from(*byte) - i16::from(*b);
        *byte = borrow as u8;
        borrow >>= 8;
    }
    out
}

fn point(prefix: u8, x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[prefix], x, y].concat()
}

#[test]
fn a_private_key_outside_its_range_is_refused() {
    for (bytes, good) in [
        ([0; 32], false),
        (plus(N, 0), false),
        (plus(N, 1), false),
        (plus(N, -1), false),
        ([0xff; 32], false),
        (plus(N, -2), true),
        (core::array::from_fn(|at| u8::from(at == 31)), true),
    ] {
        assert_eq!(PrivateKey::from_bytes(&bytes).is_ok(), good, "{bytes:02x?}");
    }
}

#[test]
fn only_canonical_points_of_the_curve_are_read() {
    let key = PrivateKey::random(&mut rng(1));
    let good = key.public_key().to_bytes();
    let (x, y) = good[1..].split_at(32);
    let read = |bytes: &[u8]| PublicKey::from_bytes(bytes).map(|key| key.to_bytes());
    let parity = y[31] & 1;
    assert_eq!(read(&good).unwrap(), good);
    assert_eq!(read(&point(2 | parity, x, &[])).unwrap(), good);
    let negative = read(&point(2 | (parity ^ 1), x, &[])).unwrap();
    assert_eq!((&negative[..33], negative == good), (&good[..33], false));
    for prefix in (0..=255).filter(|prefix| *prefix != 4) {
        // 06 and 07 are the hybrid form, which RFC 5480 forbids and nobody needs.
        assert_eq!(read(&point(prefix, x, y)).unwrap_err().kind(), Kind::Invalid, "prefix {prefix:02x}");
    }
    for prefix in (0..=255).filter(|prefix| !matches!(prefix, 2 | 3)) {
        assert!(read(&point(prefix, x, &[])).is_err(), "compressed prefix {prefix:02x}");
    }
    let off = |x: &[u8], y: &[u8]| assert!(read(&point(4, x, y)).is_err());
    off(y, x);
    off(&[0; 32], &[0; 32]);
    off(&[0xff; 32], &[0xff; 32]);
    off(x, &{
        let mut changed = y.to_vec();
        changed[31] ^= 1;
        changed
    });
    for bytes in [&[][..], &[0], &[0; 33], &[0; 65], &good[..64], &[&good[..], &[0]].concat(), &good[1..]] {
        assert!(read(bytes).is_err(), "{} bytes", bytes.len());
    }
}

#[test]
fn a_coordinate_beyond_the_prime_is_refused_though_it_would_fit_modulo_p() {
    // x = 0 is on the curve (y² = b), so x = p is its second name; likewise every small x with a root.
    let mut small = 0;
    for x in 0..40 {
        let mut canonical = [0; 32];
        canonical[31] = x;
        let Ok(key) = PublicKey::from_bytes(&point(2, &canonical, &[])) else { continue };
        small += 1;
        let (beyond, y) = (plus(P, i64::from(x)), key.to_bytes()[33..].to_vec());
        assert!(PublicKey::from_bytes(&point(2, &beyond, &[])).is_err(), "compressed p + {x}");
        assert!(PublicKey::from_bytes(&point(4, &beyond, &y)).is_err(), "p + {x}");
        assert!(PublicKey::from_bytes(&point(4, &canonical, &y)).is_ok());
    }
    assert!(small > 5, "half of all x have a point");
    assert!(PublicKey::from_bytes(&point(4, &[0; 32], &unhex(B))).is_err(), "y = b is no root of b");
}

#[test]
fn a_signature_out_of_range_or_of_another_is_refused() {
    let key = PrivateKey::random(&mut rng(4));
    let e = sm3::digest(b"text");
    let good = key.sign_digest(&e, &mut rng(5));
    let raw = good.to_bytes();
    let (r, s): ([u8; 32], [u8; 32]) = (raw[..32].try_into().unwrap(), raw[32..].try_into().unwrap());
    let one = core::array::from_fn(|at| u8::from(at == 31));
    let minus = |value: &[u8; 32]| difference(&plus(N, 0), value);
    let verifies = |r: &[u8; 32], s: &[u8; 32]| {
        Signature::from_bytes(&[*r, *s].concat().try_into().unwrap())
            .and_then(|signature| key.public_key().verify_digest(&e, &signature))
            .is_ok()
    };
    assert!(verifies(&r, &s));
    let zero = [0; 32];
    for (r, s) in [
        (zero, s),
        (r, zero),
        (zero, zero),
        (plus(N, 0), s),
        (r, plus(N, 0)),
        (plus(N, 1), s),
        (plus(P, 0), s),
        ([0xff; 32], s),
        (r, [0xff; 32]),
        (s, r),
        (minus(&r), s),
        (r, minus(&s)),
        (r, minus(&r)), // t = r + s = 0
        (one, one),
        (one, plus(N, -1)), // t = 0 again
        (plus(N, -1), plus(N, -1)),
    ] {
        assert!(!verifies(&r, &s), "{r:02x?} {s:02x?}");
    }
    assert!(PrivateKey::random(&mut rng(6)).public_key().verify_digest(&e, &good).is_err());
    assert!(key.public_key().verify_digest(&sm3::digest(b"other"), &good).is_err());
    assert!(key.public_key().verify(b"", b"text", &good).is_err(), "a signature without ZA");
}

#[test]
fn the_nonces_that_the_standard_rejects_are_rejected() {
    let key = PrivateKey::random(&mut rng(7));
    let e = sm3::digest(b"text");
    for k in [[0; 32], plus(N, 0), plus(N, 3), [0xff; 32]] {
        assert!(key.hazmat_sign_with_nonce(&e, &k).is_none());
        assert!(key.public_key().hazmat_encrypt_with_nonce(b"x", Encoding::Der, &k).is_none());
    }
    // e = −x1 makes r = 0: x1 of k = 1 is the generator's.
    let gx = unhex("32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7");
    let one = core::array::from_fn(|at| u8::from(at == 31));
    let e = difference(&plus(N, 0), &gx);
    assert!(key.hazmat_sign_with_nonce(&e, &one).is_none(), "r = 0");
    let e = difference(&e, &one);
    assert!(key.hazmat_sign_with_nonce(&e, &one).is_none(), "r + k = n");
    let e = difference(&e, &one);
    assert!(key.hazmat_sign_with_nonce(&e, &one).is_some(), "r + k = n - 1");
}
