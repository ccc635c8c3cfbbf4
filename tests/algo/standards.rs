//! The worked examples of the standards.

use miyao::{
    Kind,
    algo::{
        sm2::{Encoding, Exchange, MessageDigest, Role},
        sm3,
        sm4::Sm4,
    },
};
use serde_json::Value;

use super::{
    array, hex,
    modes::{ccm, gcm, mode},
    private, text, vectors,
};

#[test]
fn the_worked_examples_of_the_standards_come_out_as_printed() {
    for test in vectors("standards") {
        let clause = text(&test, "clause");
        match text(&test, "op") {
            "sm3" => assert_eq!(sm3::digest(&hex(&test, "m")), array(&test, "md"), "{clause}"),
            "sm4" => {
                let (cipher, mut block) = (Sm4::new(&array(&test, "k")), array(&test, "m"));
                let times = test["times"].as_u64().unwrap();
                (0..times).for_each(|_| cipher.encrypt_block(&mut block));
                assert_eq!(block, array(&test, "c"), "{clause}");
                (0..times).for_each(|_| cipher.decrypt_block(&mut block));
                assert_eq!(block, array(&test, "m"), "{clause}");
            }
            "sign" => signing(&test),
            "encrypt" => encryption(&test),
            "exchange" => exchange(&test),
            "gcm" => gcm::<16>(&test),
            "ccm" => ccm::<16>(&test),
            "mode" => mode(&test),
            other => panic!("nobody tests {other}"),
        }
    }
}

fn signing(test: &Value) {
    let key = private(test, "d");
    assert_eq!(key.public_key().to_bytes().to_vec(), hex(test, "q"));
    let mut digest = MessageDigest::new(key.public_key(), &hex(test, "id")).unwrap();
    digest.update(&hex(test, "m"));
    let e = digest.finalize();
    assert_eq!(e, array(test, "e"));
    let signature = key.hazmat_sign_with_nonce(&e, &array(test, "nonce")).unwrap();
    assert_eq!(signature.to_bytes().to_vec(), [hex(test, "r"), hex(test, "s")].concat());
    key.public_key().verify(&hex(test, "id"), &hex(test, "m"), &signature).unwrap();
}

fn encryption(test: &Value) {
    let (key, nonce, plain) = (private(test, "d"), array(test, "nonce"), hex(test, "m"));
    let (c1, c2, c3) = (hex(test, "c1"), hex(test, "c2"), hex(test, "c3"));
    for (encoding, expected) in [
        (Encoding::C1C3C2, Some([&c1[..], &c3, &c2].concat())),
        (Encoding::C1C2C3, Some([&c1[..], &c2, &c3].concat())),
        (Encoding::Der, None),
    ] {
        let made = key.public_key().hazmat_encrypt_with_nonce(&plain, encoding, &nonce).unwrap();
        assert!(expected.is_none_or(|expected| expected == made));
        assert_eq!(key.decrypt(&made, encoding).unwrap().expose(), plain);
    }
}

fn exchange(test: &Value) {
    let id = hex(test, "id");
    let (a, ra, b, rb) = (private(test, "da"), private(test, "ra"), private(test, "db"), private(test, "rb"));
    let initiator =
        Exchange::new(Role::Initiator, (&a, &id), &ra, (b.public_key(), &id), rb.public_key()).unwrap();
    let responder =
        Exchange::new(Role::Responder, (&b, &id), &rb, (a.public_key(), &id), ra.public_key()).unwrap();
    for side in [&initiator, &responder] {
        let mut key = [0; 16];
        side.key(&mut key).unwrap();
        assert_eq!(key, array(test, "k"));
        assert_eq!(side.confirmations(), (array(test, "sb"), array(test, "sa")));
        assert_eq!(side.key(&mut []).unwrap_err().kind(), Kind::Invalid);
    }
    initiator.verify(&array(test, "sb")).unwrap();
    responder.verify(&array(test, "sa")).unwrap();
    assert!(initiator.verify(&array(test, "sa")).is_err() && responder.verify(&array(test, "sb")).is_err());
    let other =
        Exchange::new(Role::Initiator, (&a, b""), &ra, (b.public_key(), &id), rb.public_key()).unwrap();
    assert_ne!(other.confirmations(), initiator.confirmations(), "an empty user id is another id");
}
