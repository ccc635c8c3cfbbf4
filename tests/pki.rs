//! Keys and certificates in the files of others: what gmsm and OpenSSL make is read, what is made is read back, and what is wrong is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use miyao::{
    Kind,
    algo::{
        drbg::Drbg,
        sm2::{PrivateKey, PublicKey},
    },
};
use serde_json::Value;

#[path = "pki/authorities.rs"]
mod authorities;
#[path = "pki/certificate.rs"]
mod certificate;
#[path = "pki/chain.rs"]
mod chain;
#[path = "pki/cms.rs"]
mod cms;
#[path = "pki/convert.rs"]
mod convert;
#[path = "pki/crl.rs"]
mod crl;
#[path = "pki/enveloped_key.rs"]
mod enveloped_key;
#[path = "pki/gmsm.rs"]
mod gmsm;
#[path = "pki/inspect.rs"]
mod inspect;
#[path = "pki/openssl.rs"]
mod openssl;
#[path = "pki/pkcs8.rs"]
mod pkcs8;
#[path = "pki/request.rs"]
mod request;
#[path = "pki/strictness.rs"]
mod strictness;

/// What gmsm made of this kind: with which passphrase or key, the private scalar, and the bytes.
fn vectors(kind: &str) -> Vec<(String, [u8; 32], Vec<u8>)> {
    let file: Value = serde_json::from_str(include_str!("vectors/pki.json")).unwrap();
    let text = |test: &Value, field: &str| test[field].as_str().unwrap().to_owned();
    let tests = file["tests"].as_array().unwrap().iter().filter(|test| test["kind"] == kind);
    let found: Vec<_> = tests
        .map(|test| {
            (text(test, "with"), unhex(&text(test, "d")).try_into().unwrap(), unhex(&text(test, "der")))
        })
        .collect();
    assert!(!found.is_empty(), "{kind}");
    found
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn rng(label: &str) -> Drbg {
    Drbg::new(&[0x44; 32], b"tests/pki", label.as_bytes())
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_bytes(&[seed; 32]).unwrap()
}

fn scalar(key: &PrivateKey) -> [u8; 32] {
    *key.expose().expose()
}

/// `n − less`: no private key where that is 0 or 1.
fn out_of_range(less: u8) -> [u8; 32] {
    let mut n: [u8; 32] =
        unhex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123").try_into().unwrap();
    n[31] -= less;
    n
}

/// `[n − 1]G`, which fits n − 1.
fn minus_generator() -> [u8; 65] {
    let mut one = [0; 32];
    one[31] = 1;
    let generator = PrivateKey::from_bytes(&one).unwrap().public_key().to_bytes();
    let other_sign = 2 | ((generator[64] & 1) ^ 1);
    PublicKey::from_bytes(&[&[other_sign], &generator[1..33]].concat()).unwrap().to_bytes()
}

/// `bytes` with the one place where `old` stands replaced; the lengths around it must fit.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let places: Vec<_> = bytes.windows(old.len()).enumerate().filter(|(_, at)| *at == old).collect();
    assert_eq!(places.len(), 1, "{old:x?} stands once");
    let at = places[0].0;
    [&bytes[..at], new, &bytes[at + old.len()..]].concat()
}

/// A DER element.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let header = match content.len() {
        len @ 0..=0x7f => vec![tag, len as u8],
        len @ 0x80..=0xff => vec![tag, 0x81, len as u8],
        len => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    [header, content].concat()
}

#[test]
fn plain_keys_of_gmsm_are_read() {
    for (_, d, der) in vectors("plain") {
        assert_eq!(scalar(&PrivateKey::from_pkcs8_der(&der).unwrap()), d);
    }
    for (_, d, der) in vectors("sec1") {
        assert_eq!(scalar(&PrivateKey::from_sec1_der(&der).unwrap()), d);
    }
    for (_, d, der) in vectors("spki") {
        let public = PublicKey::from_spki_der(&der).unwrap();
        assert_eq!(public, *PrivateKey::from_bytes(&d).unwrap().public_key());
    }
}

const EC: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const CURVE: &[u8] = &[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d];

/// SubjectPublicKeyInfo and PKCS#8 of a key under this AlgorithmIdentifier.
fn under(algorithm: &[&[u8]], key: &PrivateKey) -> (Vec<u8>, Vec<u8>) {
    let algorithm = element(0x30, algorithm);
    let public = key.public_key().to_bytes();
    let inner = element(0x30, &[&[2, 1, 1, 4, 32], &scalar(key), &[0xa1, 0x44, 3, 0x42, 0], &public]);
    (
        element(0x30, &[&algorithm, &element(0x03, &[&[0], &public])]),
        element(0x30, &[&[2, 1, 0], &algorithm, &element(0x04, &[&inner])]),
    )
}

#[test]
fn the_names_that_botan_and_others_give_the_algorithm_are_read_with_the_curve_beside() {
    let key = key(7);
    let arc = |last: u8| [0x06, 0x09, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, last];
    for name in [EC, CURVE, &arc(1), &arc(2), &arc(3)] {
        let (public, private) = under(&[name, CURVE], &key);
        assert_eq!(PublicKey::from_spki_der(&public).unwrap(), *key.public_key());
        assert_eq!(scalar(&PrivateKey::from_pkcs8_der(&private).unwrap()), scalar(&key));
    }
    let p256 = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let rsa = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    for algorithm in [
        &[EC, &p256[..]][..],
        &[&rsa, CURVE],
        &[EC],
        &[CURVE],
        &[EC, &[5, 0]],
        &[EC, CURVE, &[5, 0]],
        &[&arc(4), CURVE],
    ] {
        let (public, private) = under(algorithm, &key);
        assert_eq!(PublicKey::from_spki_der(&public).unwrap_err().kind(), Kind::Malformed, "{algorithm:x?}");
        assert_eq!(
            PrivateKey::from_pkcs8_der(&private).unwrap_err().kind(),
            Kind::Malformed,
            "{algorithm:x?}"
        );
    }
}

#[test]
fn a_curve_given_by_its_numbers_is_refused_whichever_generator_it_has() {
    let key = key(9);
    let hex = |text: &str| unhex(text);
    let (p, a, b) = (
        hex("fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff"),
        hex("fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"),
        hex("28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"),
    );
    let n = hex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123");
    let standard = PrivateKey::from_bytes(&[&[0; 31][..], &[1]].concat().try_into().unwrap()).unwrap();
    // A generator that is the key itself makes 1 its private half: the trick of CVE-2020-0601.
    for generator in [standard.public_key().to_bytes(), key.public_key().to_bytes()] {
        let field = element(0x30, &[&hex("06072a8648ce3d0101"), &[2, 33, 0], &p]);
        let curve = element(0x30, &[&element(4, &[&a]), &element(4, &[&b])]);
        let parts: [&[u8]; 7] =
            [&[2, 1, 1], &field, &curve, &element(4, &[&generator]), &[2, 33, 0], &n, &[2, 1, 1]];
        let parameters = element(0x30, &parts);
        let (public, private) = under(&[EC, &parameters], &key);
        assert_eq!(PublicKey::from_spki_der(&public).unwrap_err().kind(), Kind::Malformed);
        assert_eq!(PrivateKey::from_pkcs8_der(&private).unwrap_err().kind(), Kind::Malformed);
    }
}
