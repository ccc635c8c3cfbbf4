//! The algorithms against their standards and against oracles that share no code with them, published negatives, and
//! the ecosystem's traits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use core::num::NonZeroU32;

use miyao::{
    Kind,
    algo::{
        drbg::Drbg,
        hkdf,
        hmac::{self, HmacSm3},
        kdf,
        mode::cmac::Cmac,
        pbkdf2, selftest,
        sm2::{Encoding, MAX_USER_ID, PrivateKey, PublicKey, Signature},
        sm3::{self, Sm3},
    },
};
use proptest::prelude::*;
use serde_json::Value;

#[path = "algo/batch.rs"]
mod batch;
#[path = "algo/modes.rs"]
mod modes;
#[path = "algo/negatives.rs"]
mod negatives;
#[path = "algo/standards.rs"]
mod standards;
#[path = "algo/traits.rs"]
mod traits;

/// The tests of one vector file.
fn vectors(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(!file["source"].as_str().unwrap().is_empty(), "{name} says where it is from");
    let tests = file["tests"].as_array().unwrap().clone();
    assert!(!tests.is_empty());
    tests
}

fn hex(test: &Value, field: &str) -> Vec<u8> {
    unhex(test[field].as_str().unwrap_or_else(|| panic!("{field} is missing in {test}")))
}

fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn array<const N: usize>(test: &Value, field: &str) -> [u8; N] {
    hex(test, field).try_into().unwrap()
}

fn text<'a>(test: &'a Value, field: &str) -> &'a str {
    test[field].as_str().unwrap()
}

fn private(test: &Value, field: &str) -> PrivateKey {
    PrivateKey::from_bytes(&array(test, field)).unwrap()
}

fn rng(seed: u8) -> Drbg {
    Drbg::new(&[seed; 32], b"tests/algo", b"")
}

#[test]
fn the_known_answer_tests_pass() {
    selftest::run().unwrap();
}

#[test]
fn sm3_its_mac_and_its_derivations_equal_openssl() {
    for test in vectors("sm3") {
        assert_eq!(sm3::digest(&hex(&test, "m")), array(&test, "md"), "{test}");
    }
    for test in vectors("hmac_sm3") {
        let (key, message, expected) = (hex(&test, "k"), hex(&test, "m"), array(&test, "mac"));
        assert_eq!(hmac::mac(&key, &[&message]), expected, "{test}");
        let mut keyed = HmacSm3::new(&key);
        keyed.update(&message);
        keyed.clone().verify(&expected).unwrap();
        assert!(keyed.clone().verify(&expected[..31]).is_err() && keyed.verify(&[0; 32]).is_err());
    }
    for test in vectors("hkdf_sm3") {
        let prk = hkdf::extract(&hex(&test, "salt"), &hex(&test, "ikm"));
        assert_eq!(prk.expose(), &array::<32>(&test, "prk"), "{test}");
        let mut okm = vec![0; hex(&test, "okm").len()];
        let info = hex(&test, "info");
        let (head, tail) = info.split_at(info.len() / 3);
        hkdf::expand(&prk, &[head, tail], &mut okm).unwrap();
        assert_eq!(okm, hex(&test, "okm"), "{test}");
        assert_eq!(hkdf::expand(&prk, &[], &mut [0; hkdf::MAX + 1]).unwrap_err().kind(), Kind::Invalid);
    }
    for test in vectors("pbkdf2_hmac_sm3") {
        let iterations = NonZeroU32::new(u32::try_from(test["c"].as_u64().unwrap()).unwrap()).unwrap();
        let mut key = vec![0; hex(&test, "dk").len()];
        pbkdf2::derive(&hex(&test, "p"), &hex(&test, "s"), iterations, &mut key).unwrap();
        assert_eq!(key, hex(&test, "dk"), "{test}");
    }
    for test in vectors("kdf") {
        let mut key = vec![0; hex(&test, "k").len()];
        kdf::derive(&[&hex(&test, "z")], &mut key).unwrap();
        assert_eq!(key, hex(&test, "k"), "{test}");
    }
    assert_eq!(kdf::derive(&[b"z"], &mut []).unwrap_err().kind(), Kind::Invalid);
    let none = pbkdf2::derive(b"p", b"s", NonZeroU32::MIN, &mut []);
    assert_eq!(none.unwrap_err().kind(), Kind::Invalid);
}

#[test]
fn the_generator_equals_the_standard_written_out() {
    for test in vectors("drbg_sm3") {
        let mut drbg = Drbg::new(&array(&test, "entropy"), &hex(&test, "nonce"), &hex(&test, "personal"));
        let first = test["first"].as_array().unwrap();
        for expected in first {
            let mut out = vec![0; expected.as_str().unwrap().len() / 2];
            drbg.fill_bytes(&mut out);
            assert_eq!(out, unhex(expected.as_str().unwrap()));
        }
        assert_eq!(drbg.generated(), first.len() as u64);
        drbg.reseed(&array(&test, "again"), &hex(&test, "more"));
        let mut out = [0; 48];
        drbg.fill_bytes(&mut out);
        assert_eq!((out.to_vec(), drbg.generated()), (hex(&test, "then"), 1));
    }
    // A request has at most 2^16 bytes; a longer one is several.
    let (mut one, mut several) = (rng(3), rng(3));
    let (mut whole, mut parts) = (vec![0; 150_000], vec![0; 150_000]);
    one.fill_bytes(&mut whole);
    parts.chunks_mut(1 << 16).for_each(|part| several.fill_bytes(part));
    assert!(whole == parts && one.generated() == 3);
}

#[test]
fn what_openssl_signed_and_encrypted_is_verified_and_decrypted() {
    for test in vectors("sm2_signatures") {
        let key = PublicKey::from_bytes(&hex(&test, "q")).unwrap();
        let signature = Signature::from_der(&hex(&test, "sig")).unwrap();
        key.verify(&hex(&test, "id"), &hex(&test, "m"), &signature).unwrap();
        let (der, len) = signature.to_der();
        assert_eq!(der[..len], hex(&test, "sig"));
        assert!(key.verify(b"", &hex(&test, "m"), &signature).is_err(), "an empty user id is another id");
    }
    for test in vectors("sm2_ciphertexts") {
        let text = private(&test, "d").decrypt(&hex(&test, "der"), Encoding::Der).unwrap();
        assert_eq!(text.expose(), hex(&test, "m"));
    }
}

#[test]
fn key_files_of_openssl_are_read_and_ours_equal_them() {
    for test in vectors("sm2_keys") {
        let (key, public) = (private(&test, "d"), PublicKey::from_bytes(&hex(&test, "q")).unwrap());
        assert_eq!(*key.public_key(), public);
        let same = |read: miyao::Result<PrivateKey>| {
            assert_eq!(read.unwrap().expose().expose(), key.expose().expose());
        };
        for field in ["pkcs8", "sec1", "sec1_no_public"] {
            same(PrivateKey::from_pem(text(&test, field).as_bytes()));
        }
        same(PrivateKey::from_pkcs8_der(&hex(&test, "pkcs8_der")));
        for field in ["spki", "spki_compressed"] {
            assert_eq!(PublicKey::from_pem(text(&test, field).as_bytes()).unwrap(), public, "{field}");
        }
        assert_eq!(key.to_pkcs8_der().expose(), hex(&test, "pkcs8_der"));
        assert_eq!(key.to_pkcs8_pem().unwrap().expose(), text(&test, "pkcs8").as_bytes());
        assert_eq!(public.to_pem().unwrap(), text(&test, "spki"));
        same(PrivateKey::from_sec1_der(key.to_sec1_der().expose()));
        let kind = |field| PrivateKey::from_pem(text(&test, field).as_bytes()).unwrap_err().kind();
        assert_eq!(kind("explicit"), Kind::Malformed, "a curve is named, not described");
        assert_eq!(kind("encrypted"), Kind::Unsupported);
        assert!(PublicKey::from_pem(text(&test, "explicit_spki").as_bytes()).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pieces_hash_as_the_whole(
        key in prop::collection::vec(any::<u8>(), 0..150),
        data in prop::collection::vec(any::<u8>(), 0..700),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(data.len() + 1)).collect();
        cuts.sort_unstable();
        let (mut hash, mut keyed, mut cmac) = (Sm3::new(), HmacSm3::new(&key), Cmac::new(&[3; 16]));
        let mut whole = Cmac::new(&[3; 16]);
        whole.update(&data);
        let mut at = 0;
        for cut in cuts.into_iter().chain([data.len()]) {
            hash.update(&data[at..cut]);
            keyed.update(&data[at..cut]);
            cmac.update(&data[at..cut]);
            at = cut;
        }
        prop_assert_eq!(hash.finalize(), sm3::digest(&data));
        prop_assert_eq!(keyed.finalize(), hmac::mac(&key, &[&data]));
        prop_assert_eq!(cmac.finalize(), whole.finalize());
    }

    #[test]
    fn sm2_signs_and_encrypts_for_every_key_text_and_id(
        seed: [u8; 32], id in prop::collection::vec(any::<u8>(), 0..40),
        data in prop::collection::vec(any::<u8>(), 1..120), other: prop::sample::Index,
    ) {
        let mut rng = Drbg::new(&seed, b"", b"");
        let key = PrivateKey::random(&mut rng);
        let signature = key.sign(&id, &data, &mut rng).unwrap();
        prop_assert_ne!(signature, key.sign(&id, &data, &mut rng).unwrap());
        prop_assert!(key.public_key().verify(&id, &data, &signature).is_ok());
        let mut changed = data.clone();
        changed[other.index(data.len())] ^= 1;
        prop_assert!(key.public_key().verify(&id, &changed, &signature).is_err());
        let (der, len) = signature.to_der();
        prop_assert_eq!(Signature::from_der(&der[..len]), Ok(signature));
        for encoding in [Encoding::Der, Encoding::C1C3C2, Encoding::C1C2C3] {
            let made = key.public_key().encrypt(&data, encoding, &mut rng).unwrap();
            let opened = key.decrypt(&made, encoding).unwrap();
            prop_assert_eq!(opened.expose(), &data[..]);
            let mut changed = made;
            let at = other.index(changed.len());
            changed[at] ^= 1;
            prop_assert!(key.decrypt(&changed, encoding).is_err());
        }
    }
}

#[test]
fn a_user_id_has_a_longest_length() {
    let key = PrivateKey::random(&mut rng(1));
    let longest = vec![7; MAX_USER_ID];
    let signature = key.sign(&longest, b"text", &mut rng(2)).unwrap();
    key.public_key().verify(&longest, b"text", &signature).unwrap();
    let longer = vec![7; MAX_USER_ID + 1];
    assert_eq!(key.sign(&longer, b"text", &mut rng(2)).unwrap_err().kind(), Kind::Invalid);
    assert!(key.public_key().verify(&longer, b"text", &signature).is_err());
}
