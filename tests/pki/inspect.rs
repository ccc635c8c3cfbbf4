//! The detective: what each shape of the field is told to be, with which oddities, and that no bytes confuse it beyond a word.

use miyao::{
    algo::sm2::{PrivateKey, PublicKey, Signature},
    pki::{
        enveloped_key,
        inspect::{Found, Inspection, Oddity, Verdict, inspect},
    },
};

use super::{key, rng, scalar, unhex, vectors};

#[path = "inspect/documents.rs"]
mod documents;
#[path = "inspect/layers.rs"]
mod layers;
#[path = "inspect/openssl.rs"]
mod openssl;
#[path = "inspect/orders.rs"]
mod orders;
#[path = "inspect/shapes.rs"]
pub(super) mod shapes;

/// The word of the form or of what is wrong with it.
fn word(found: &Inspection) -> String {
    let form = found.form().map_or("none", |form| form.word());
    match &found.found {
        Found::Unusable(_, fault) => format!("{form}: {}", fault.word()),
        Found::Document(document) => document.sort.word().to_owned(),
        Found::Unknown => "unknown".to_owned(),
        _ => form.to_owned(),
    }
}

fn words(found: &Inspection) -> Vec<&'static str> {
    found.oddities.iter().map(Oddity::word).collect()
}

/// Asserts what bytes are told to be: the form or fault, and the oddities in any order.
#[track_caller]
fn tells(what: &str, bytes: &[u8], form: &str, oddities: &[&str]) -> Inspection {
    let found = inspect(bytes);
    let (mut told, mut expected) = (words(&found), oddities.to_vec());
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!((word(&found).as_str(), told), (form, expected), "{what}: {found}");
    found
}

#[test]
fn every_shape_is_told_with_what_is_odd_about_it() {
    for shape in shapes::all() {
        let found = tells(shape.what, &shape.bytes, shape.form, shape.oddities);
        if let Some(public) = found.public_key() {
            assert_eq!(public, key(5).public_key(), "{}", shape.what);
        }
        if let Found::PrivateKey(_, _, read) = &found.found {
            assert_eq!(scalar(read), scalar(&key(5)), "{}", shape.what);
        }
    }
}

#[test]
fn no_report_shows_a_secret() {
    let d: String = scalar(&key(5)).iter().map(|byte| format!("{byte:02x}")).collect();
    for shape in shapes::all() {
        let mut found = inspect(&shape.bytes);
        found.ask(&key(5));
        let told = format!("{found} {found:?}").to_lowercase();
        assert!(!told.contains(&d[..16]) && !told.contains("[5, 5, 5"), "{}: {told}", shape.what);
        assert!(told.contains("around"), "{told}");
    }
}

#[test]
fn files_of_gmsm_are_told() {
    for (kind, form) in [("plain", "pkcs8"), ("sec1", "sec1"), ("spki", "spki"), ("enveloped", "enveloped")] {
        for (_, _, der) in vectors(kind) {
            let found = inspect(&der);
            assert_eq!((word(&found).as_str(), found.is_strict()), (form, true), "{found}");
        }
    }
    let told: Vec<_> =
        vectors("pkcs8").into_iter().chain(vectors("unsupported")).map(|(_, _, der)| inspect(&der)).collect();
    let expected = [
        ("PBES2", "HMAC-SM3", Some(2048), "SM4-CBC", true),
        ("PBES2", "HMAC-SM3", Some(1), "SM4-CBC", true),
        ("PBES2", "HMAC-SHA256", Some(2048), "SM4-CBC", true),
        ("PBES of GM/T 0091", "HMAC-SM3", Some(2048), "SM4-CBC", true),
        ("PBES2", "HMAC-SHA256", Some(2048), "AES-256-CBC", true),
        ("PBES2", "HMAC-SHA1", Some(2048), "SM4-CBC", true),
        ("PBES2", "HMAC-SHA512", Some(2048), "AES-128-CBC", true),
        ("PBES2", "HMAC-SM3", Some(2048), "AES-192-CBC", true),
        ("PBES2", "HMAC-SHA256", Some(2048), "2.16.840.1.101.3.4.1.46", false),
        ("PBES2", "HMAC-SM3", Some(2048), "SM4-GCM", false),
        ("PBES2", "HMAC-SHA384", Some(2048), "SM4-CBC", false),
        ("PBES2", "", None, "SM4-CBC", false),
    ];
    assert_eq!(told.len(), expected.len());
    for (found, (scheme, function, iterations, cipher, is_supported)) in told.iter().zip(expected) {
        let Found::EncryptedKey(told) = &found.found else { panic!("{found}") };
        let (_, iterated) = told.derivation.clone().unwrap();
        assert!(told.scheme.starts_with(scheme) && iterated.starts_with(function), "{found}");
        assert!(told.cipher.as_ref().unwrap().starts_with(cipher), "{found}");
        assert_eq!((told.iterations, told.is_supported), (iterations, is_supported), "{found}");
    }
    for (passphrase, d, der) in vectors("pkcs8") {
        let Found::EncryptedKey(told) = inspect(&der).found else { panic!() };
        assert_eq!(scalar(&told.open(passphrase.as_bytes()).unwrap()), d);
        assert!(told.open(b"another").is_err());
    }
    for (own, d, der) in vectors("enveloped") {
        let own = PrivateKey::from_bytes(&unhex(&own).try_into().unwrap()).unwrap();
        let mut found = inspect(&der);
        found.ask(&own);
        assert_eq!(found.verdict, Some(Verdict::Opens));
        let Found::EnvelopedKey(told) = found.found else { panic!() };
        assert_eq!(scalar(&told.open(&own).unwrap()), d);
    }
}

/// Whether the strict reader of the sort of thing that this shape is takes the bytes.
fn strictly(shape: &shapes::Shape, bytes: &[u8]) -> Option<bool> {
    Some(match (shape.form, shape.is_signature) {
        ("pkcs8", _) => PrivateKey::from_pkcs8_der(bytes).is_ok(),
        ("sec1", _) => PrivateKey::from_sec1_der(bytes).is_ok(),
        ("spki", _) => PublicKey::from_spki_der(bytes).is_ok(),
        ("der", true) => Signature::from_der(bytes).is_ok(),
        ("enveloped", _) => enveloped_key::unverified_public_key(bytes).is_ok(),
        _ => return None,
    })
}

#[test]
fn strict_readers_take_exactly_what_the_detective_finds_nothing_wrong_with() {
    let mut judged = 0;
    for shape in shapes::all().iter().filter(|shape| shape.is_der) {
        // Every bit of what is written, and one bit of each byte of the others.
        let step = if shape.oddities.is_empty() && shape.what.starts_with("a") { 1 } else { 9 };
        for bytes in bent(&shape.bytes, step) {
            let found = inspect(&bytes);
            let Some(strict) = strictly(shape, &bytes) else { break };
            if word(&found) == shape.form && found.layers.is_empty() {
                assert_eq!(found.is_strict(), strict, "{} bent to {bytes:02x?}: {found}", shape.what);
                judged += 1;
            } else {
                assert!(!strict, "{} bent to {bytes:02x?} is taken and not told: {found}", shape.what);
            }
        }
    }
    assert!(judged > 1000, "{judged}");
}

/// The bytes, every truncation, one byte more, and every bit flipped, or every so many.
fn bent(bytes: &[u8], step: usize) -> Vec<Vec<u8>> {
    let mut bent = vec![bytes.to_vec(), [bytes, &[0]].concat()];
    bent.extend((0..bytes.len()).map(|len| bytes[..len].to_vec()));
    for at in (0..bytes.len() * 8).step_by(step) {
        let mut flipped = bytes.to_vec();
        flipped[at / 8] ^= 1 << (at % 8);
        bent.push(flipped);
    }
    bent
}

#[test]
fn every_truncation_and_every_flipped_bit_of_every_shape_is_told_something() {
    for shape in shapes::all().iter().filter(|shape| !shape.is_der && shape.bytes.len() < 400) {
        for bytes in bent(&shape.bytes, 1) {
            let found = inspect(&bytes);
            assert!(!found.to_string().is_empty());
        }
    }
}

#[test]
fn what_is_nothing_is_told_to_be_nothing() {
    for (what, bytes) in [
        ("empty", &b""[..]),
        ("a word", b"hello"),
        ("a sentence", b"The quick brown fox jumps over the lazy dog."),
        ("16 bytes in hexadecimal", b"000102030405060708090a0b0c0d0e0f"),
        ("only dashes", b"----------------"),
        ("BEGIN alone", b"-----BEGIN "),
        ("an unending label", b"-----BEGIN PRIVATE KEY"),
        ("zeros", &[0; 4096]),
        ("an empty sequence", &[0x30, 0]),
        ("a number", &[2, 1, 1]),
        ("ones", &[0xff; 100]),
    ] {
        let found = inspect(bytes);
        assert_eq!(word(&found), "unknown", "{what}: {found}");
    }
    tells("a cut sequence", &[0x30, 0x82, 1, 0, 2, 1], "unknown", &["truncated"]);
    tells("a sequence that breaks", &[0x30, 4, 2, 9, 1, 1], "unknown", &["broken-der"]);
    tells("hexadecimal of a cut sequence", b"3082010002", "unknown", &["truncated"]);
}

#[test]
fn a_key_says_whether_what_was_found_is_its_own() {
    let own = key(5);
    let ask = |bytes: &[u8], key: &PrivateKey| {
        let mut found = inspect(bytes);
        found.ask(key);
        found.verdict
    };
    let (private, public) = (own.to_pkcs8_der(), own.public_key().spki());
    for bytes in [private.expose(), &public] {
        assert_eq!(ask(bytes, &own), Some(Verdict::Belongs));
        assert_eq!(ask(bytes, &key(6)), Some(Verdict::IsForeign));
    }
    let envelope = enveloped_key::wrap(&own, key(6).public_key(), &mut rng("ask")).unwrap();
    assert_eq!(ask(&envelope, &key(6)), Some(Verdict::Opens));
    assert_eq!(ask(&envelope, &own), Some(Verdict::DoesNotOpen));
    let signature = own.sign(b"", b"message", &mut rng("ask")).unwrap();
    assert_eq!(ask(&signature.to_bytes(), &own), None);
}
