//! The order of C2 and C3: told where the bytes tell it, else left open until the private key is asked.

use miyao::{
    algo::sm2::Encoding,
    pki::inspect::{Ciphertext, Found, Order, Verdict, inspect},
};
use serde_json::Value;

use super::{key, rng, tells, unhex, words};

fn ciphertext(bytes: &[u8]) -> Ciphertext {
    match inspect(bytes).found {
        Found::Ciphertext(found) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn c3_decides_every_order_under_the_key_and_under_no_other() {
    let made =
        |encoding, len| key(5).public_key().encrypt(&vec![7; len], encoding, &mut rng("orders")).unwrap();
    for len in [1, 31, 32, 33, 96, 300] {
        for (encoding, order) in [
            (Encoding::Der, Order::C1C3C2),
            (Encoding::C1C3C2, Order::C1C3C2),
            (Encoding::C1C2C3, Order::C1C2C3),
        ] {
            let bytes = made(encoding, len);
            let cut = if encoding == Encoding::Der { 0 } else { 1 };
            for bytes in [&bytes[..], &bytes[cut..]] {
                let mut found = ciphertext(bytes);
                assert_eq!(found.plaintext_len(), len);
                let told = if encoding == Encoding::Der && len != 32 { Some(order) } else { None };
                assert_eq!(found.order(), told, "{encoding:?}, {len} bytes");
                assert!(found.settle(&key(6)).is_err());
                assert_eq!(found.order(), told, "another key changes nothing");
                assert_eq!(found.settle(&key(5)), Ok(order), "{encoding:?}, {len} bytes");
                assert_eq!(found.candidates(), [order]);
                assert_eq!(found.to_bytes(encoding).unwrap(), made(encoding, len));
            }
        }
    }
}

#[test]
fn der_with_two_strings_of_32_bytes_is_open_in_both_orders_until_the_key_is_asked() {
    let der = key(5).public_key().encrypt(&[9; 32], Encoding::Der, &mut rng("twice")).unwrap();
    let at = der.len() - 68;
    let swapped = [&der[..at], &der[at + 34..], &der[at..at + 34]].concat();
    for (bytes, order, oddities) in
        [(&der, Order::C1C3C2, &[][..]), (&swapped, Order::C1C2C3, &["der-old-order"])]
    {
        let mut found = tells("two strings of 32 bytes", bytes, "der", &["unknown-order"]);
        assert!(found.to_string().contains("x, y, C3, C2 (GM/T 0009-2012) or x, y, C2, C3"), "{found}");
        found.ask(&key(6));
        assert_eq!((found.verdict, words(&found)), (Some(Verdict::DoesNotOpen), vec!["unknown-order"]));
        found.ask(&key(5));
        assert_eq!((found.verdict, words(&found)), (Some(Verdict::Opens), oddities.to_vec()));
        let Found::Ciphertext(found) = found.found else { panic!() };
        assert_eq!(found.order(), Some(order));
        assert_eq!(found.to_bytes(Encoding::Der).unwrap(), der);
    }
}

#[test]
fn ciphertexts_of_openssl_are_told_and_opened() {
    let file: Value = serde_json::from_str(include_str!("../../vectors/sm2_ciphertexts.json")).unwrap();
    let tests = file["tests"].as_array().unwrap();
    assert!(!tests.is_empty());
    for test in tests {
        let text = |field: &str| unhex(test[field].as_str().unwrap());
        let key = miyao::algo::sm2::PrivateKey::from_bytes(&text("d").try_into().unwrap()).unwrap();
        let mut found = ciphertext(&text("der"));
        assert_eq!(found.plaintext_len(), text("m").len());
        assert_eq!(found.settle(&key), Ok(Order::C1C3C2));
        let raw = found.to_bytes(Encoding::C1C2C3).unwrap();
        assert_eq!(key.decrypt(&raw, Encoding::C1C2C3).unwrap().expose(), text("m"));
    }
}

#[test]
fn a_ciphertext_with_an_integer_that_lacks_its_zero_or_has_one_more_is_told_and_mended() {
    for round in 0..40u8 {
        let der =
            key(5).public_key().encrypt(&[round; 5], Encoding::Der, &mut rng(&round.to_string())).unwrap();
        let (len, x) = (usize::from(der[3]), usize::from(der[4]));
        // Where DER puts a zero in front it is taken away, elsewhere one is put.
        let (bent, word) = match (len, x) {
            (33, 0) => ([&[0x30, der[1] - 1, 2, 32], &der[5..]].concat(), "negative-integer"),
            _ => ([&[0x30, der[1] + 1, 2, der[3] + 1, 0], &der[4..]].concat(), "padded-integer"),
        };
        let found = tells("a bent x", &bent, "der", &[word]);
        assert!(key(5).decrypt(&bent, Encoding::Der).is_err(), "the strict path refuses it");
        let Found::Ciphertext(found) = found.found else { panic!() };
        assert_eq!(found.to_bytes(Encoding::Der).unwrap(), der);
    }
}
