//! Rewriting: every form of a thing becomes every other form of it, strictly; nothing becomes what it was not.

use miyao::{
    Kind, SecretBytes,
    algo::sm2::{Encoding, PrivateKey, PublicKey, Signature},
    pki::{
        convert::{Armor, Target, convert},
        inspect::{Found, Order, Sort, inspect},
        pkcs8,
    },
};

use super::{inspect::shapes, key, rng, scalar, unhex};

const PRIVATE: [Target; 3] = [Target::Pkcs8, Target::Sec1, Target::Scalar];
const PUBLIC: [Target; 4] = [Target::Spki, Target::Point, Target::Coordinates, Target::Compressed];
const SIGNATURE: [Target; 2] = [Target::Der, Target::Raw];
const CIPHERTEXT: [Target; 5] =
    [Target::Der, Target::C1C3C2, Target::C1C2C3, Target::BareC1C3C2, Target::BareC1C2C3];

/// Whether the bytes are this key, signature or ciphertext in this form, by the strict readers.
fn is_written(target: Target, bytes: &[u8], sort: Sort) -> bool {
    let own = key(5);
    let is_private = |read: miyao::Result<PrivateKey>| read.is_ok_and(|read| scalar(&read) == scalar(&own));
    let is_public = |bytes: &[u8]| PublicKey::from_bytes(bytes).is_ok_and(|read| read == *own.public_key());
    let opens = |bytes: &[u8], encoding| own.decrypt(bytes, encoding).is_ok();
    let bare = [&[4], bytes].concat();
    match (target, sort) {
        (Target::Pkcs8, _) => is_private(PrivateKey::from_pkcs8_der(bytes)),
        (Target::Sec1, _) => is_private(PrivateKey::from_sec1_der(bytes)),
        (Target::Scalar, _) => bytes == scalar(&own),
        (Target::Spki, _) => bytes == own.public_key().spki(),
        (Target::Point, _) => bytes.len() == 65 && is_public(bytes),
        (Target::Coordinates, _) => bytes.len() == 64 && is_public(&bare),
        (Target::Compressed, _) => bytes.len() == 33 && is_public(bytes),
        (Target::Der, Sort::Signature) => Signature::from_der(bytes).is_ok(),
        (Target::Raw, _) => Signature::from_bytes(bytes.try_into().unwrap()).is_ok(),
        (Target::Der, _) => opens(bytes, Encoding::Der),
        (Target::C1C3C2, _) => opens(bytes, Encoding::C1C3C2),
        (Target::C1C2C3, _) => opens(bytes, Encoding::C1C2C3),
        (Target::BareC1C3C2, _) => opens(&bare, Encoding::C1C3C2),
        (Target::BareC1C2C3, _) => opens(&bare, Encoding::C1C2C3),
    }
}

#[test]
fn every_shape_becomes_every_form_of_what_it_is_and_no_other() {
    let mut written = 0;
    for shape in shapes::all() {
        let mut found = inspect(&shape.bytes);
        found.ask(&key(5));
        let wanted = match &found.found {
            _ if shape.oddities.contains(&"public-mismatch") => vec![],
            Found::PrivateKey(..) => [&PRIVATE[..], &PUBLIC].concat(),
            Found::PublicKey(..) => PUBLIC.to_vec(),
            Found::Signature(..) => SIGNATURE.to_vec(),
            Found::Ciphertext(_) => CIPHERTEXT.to_vec(),
            _ => vec![],
        };
        for (name, target) in Target::ALL {
            match convert(&found, target) {
                Ok(bytes) => {
                    assert!(wanted.contains(&target), "{} as {name}", shape.what);
                    let sort = found.form().unwrap().sort();
                    assert!(is_written(target, bytes.expose(), sort), "{} as {name}", shape.what);
                    written += 1;
                }
                Err(error) => {
                    assert!(!wanted.contains(&target), "{} as {name}: {error}", shape.what);
                    let kinds = [Kind::Invalid, Kind::Malformed, Kind::Unsupported];
                    assert!(kinds.contains(&error.kind()), "{}: {error}", shape.what);
                }
            }
        }
    }
    assert!(written > 200, "{written}");
}

#[test]
fn what_contradicts_itself_or_cannot_be_used_becomes_nothing() {
    for shape in shapes::all() {
        let kind = |target| convert(&inspect(&shape.bytes), target).map(|_| ()).map_err(|error| error.kind());
        if shape.oddities.contains(&"public-mismatch") || shape.form.contains(':') {
            for (_, target) in Target::ALL {
                assert_eq!(kind(target), Err(Kind::Malformed), "{}", shape.what);
            }
        }
        if ["encrypted", "enveloped"].contains(&shape.form) {
            assert_eq!(kind(Target::Pkcs8), Err(Kind::Unsupported), "{}", shape.what);
        }
    }
    assert_eq!(convert(&inspect(b"hello"), Target::Der).unwrap_err().kind(), Kind::Unsupported);
}

#[test]
fn an_unknown_order_is_asked_for_and_a_known_one_needs_no_key() {
    let made = |encoding| key(5).public_key().encrypt(b"text", encoding, &mut rng("convert")).unwrap();
    let mut found = inspect(&made(Encoding::C1C2C3));
    let error = convert(&found, Target::Der).unwrap_err();
    assert!(
        error.kind() == Kind::Invalid && error.to_string().contains("give the key, or say the order"),
        "{error}"
    );
    let Found::Ciphertext(ciphertext) = &mut found.found else { panic!() };
    ciphertext.assume(Order::C1C2C3);
    assert_eq!(convert(&found, Target::Der).unwrap().expose(), made(Encoding::Der));
    let told = inspect(&made(Encoding::Der));
    assert_eq!(convert(&told, Target::C1C2C3).unwrap().expose(), made(Encoding::C1C2C3));
}

#[test]
fn every_armor_is_read_back_by_the_detective() {
    for (name, target) in Target::ALL {
        assert_eq!(Target::parse(name).unwrap(), target);
        let made = |encoding| key(5).public_key().encrypt(b"text", encoding, &mut rng("armor")).unwrap();
        let signature = key(5).sign(b"", b"", &mut rng("armor")).unwrap().to_bytes();
        let mut found = inspect(&match target {
            _ if PRIVATE.contains(&target) || PUBLIC.contains(&target) => scalar(&key(5)).to_vec(),
            Target::Raw => signature.to_vec(),
            _ => made(Encoding::Der),
        });
        found.ask(&key(5));
        let bytes = convert(&found, target).unwrap();
        for armor in [Armor::Binary, Armor::Hexadecimal, Armor::Base64, Armor::Pem] {
            let around = match armor.around(target, &bytes) {
                Ok(around) => around,
                Err(error) => {
                    assert!(armor == Armor::Pem && target.label().is_none() && error.kind() == Kind::Invalid);
                    continue;
                }
            };
            let layers = usize::from(armor != Armor::Binary);
            let mut again = inspect(around.expose());
            again.ask(&key(5));
            assert_eq!(again.layers.len(), layers, "{name} in {armor:?}");
            assert_eq!(convert(&again, target).unwrap().expose(), bytes.expose(), "{name} in {armor:?}");
            assert!(armor == Armor::Binary || around.expose().ends_with(b"\n"));
        }
    }
    assert_eq!(Target::parse("pem").unwrap_err().kind(), Kind::Invalid);
}

#[test]
fn encrypted_keys_get_their_armor_too() {
    let encryption = pkcs8::Encryption::new().iterations(1024).unwrap();
    let der = encryption.encrypt(&key(5), b"right", &mut rng("armor")).unwrap();
    for armor in [Armor::Binary, Armor::Hexadecimal, Armor::Base64, Armor::Pem] {
        let around: SecretBytes = armor.around_encrypted(&der).unwrap();
        let Found::EncryptedKey(found) = inspect(around.expose()).found else { panic!("{armor:?}") };
        assert_eq!(scalar(&found.open(b"right").unwrap()), scalar(&key(5)));
    }
    let pem = Armor::Pem.around_encrypted(&der).unwrap();
    assert_eq!(scalar(&pkcs8::decrypt_pem(pem.expose(), b"right").unwrap()), scalar(&key(5)));
}

#[test]
fn known_bytes_become_known_bytes() {
    // GB/T 32918.5-2017 A.2: the signature, and its DER by hand.
    let (r, s) = (
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3",
        "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
    );
    let raw = unhex(&format!("{r}{s}"));
    let der = unhex(&format!("3046022100{r}022100{s}"));
    assert_eq!(convert(&inspect(&raw), Target::Der).unwrap().expose(), der);
    assert_eq!(convert(&inspect(&der), Target::Raw).unwrap().expose(), raw);
}
