//! Certificates, requests, lists and messages, named by their outermost structure.

use miyao::pki::inspect::{Found, inspect};

use super::{super::element, key, tells, unhex};

const TIME: &[u8] = b"\x17\x0d260101000000Z";
const NAME: &[u8] = &[0x30, 0];

fn signed(body: &[&[u8]], algorithm: &[u8]) -> Vec<u8> {
    element(0x30, &[&element(0x30, body), algorithm, &element(3, &[&[0], &[7; 70]])])
}

#[test]
fn documents_are_named_with_who_signed_them_and_whose_key_they_hold() {
    let (sm2, null) = (unhex("300a06082a811ccf55018375"), unhex("300c06082a811ccf550183750500"));
    let ecdsa = unhex("300a06082a8648ce3d040302");
    let spki = key(5).public_key().spki();
    let validity = element(0x30, &[TIME, TIME]);
    let certificate = |inside: &[u8], outside: &[u8]| {
        let version: &[u8] = &[0xa0, 3, 2, 1, 2];
        signed(&[version, &[2, 1, 9], inside, NAME, &validity, NAME, &spki], outside)
    };
    let old = signed(&[&[2, 1, 9], &sm2, NAME, &validity, NAME, &spki], &sm2);
    let request = signed(&[&[2, 1, 0], NAME, &spki, &[0xa0, 0]], &sm2);
    let list = signed(&[&[2, 1, 1], &sm2, NAME, TIME, TIME], &sm2);
    let message = |id: &str| element(0x30, &[&element(6, &[&unhex(id)]), &element(0xa0, &[&[0x30, 0]])]);
    for (what, bytes, word, oddities, says) in [
        (
            "a certificate",
            certificate(&sm2, &sm2),
            "certificate",
            &[][..],
            "SM2 with SM3 (1.2.156.10197.1.501)",
        ),
        (
            "its algorithm with NULL",
            certificate(&null, &null),
            "certificate",
            &["superfluous-null"],
            "SM2 with SM3",
        ),
        (
            "another sign OID outside",
            certificate(&sm2, &ecdsa),
            "certificate",
            &["algorithms-differ"],
            "ECDSA with SHA-256",
        ),
        ("the wrong sign OID", certificate(&ecdsa, &ecdsa), "certificate", &[], "ECDSA with SHA-256"),
        ("version 1", old, "certificate", &[], "SM2 with SM3"),
        ("a request", request, "request", &[], "SM2 with SM3"),
        ("a list", list, "revocation-list", &[], "SM2 with SM3"),
        (
            "a message of GM/T 0010",
            message("2a811ccf550601040202"),
            "message",
            &[],
            "signed data of GM/T 0010",
        ),
        ("a message of PKCS#7", message("2a864886f70d010703"), "message", &[], "enveloped data of PKCS#7"),
        ("a message of another kind", message("2a03"), "message", &[], "1.2.3"),
    ] {
        let found = tells(what, &bytes, word, oddities);
        assert!(found.to_string().contains(says), "{what}: {found}");
        if ["certificate", "request"].contains(&word) {
            assert_eq!(found.public_key(), Some(key(5).public_key()), "{what}");
        }
        for len in 0..bytes.len() {
            assert!(!matches!(inspect(&bytes[..len]).found, Found::Document(_)), "{what} cut to {len}");
        }
    }
    let pfx = element(0x30, &[&[2, 1, 3], &message("2a864886f70d010701")]);
    tells("a PKCS#12 store", &pfx, "pkcs12", &[]);
    tells("the name of a curve", &unhex("06082a811ccf5501822d"), "parameters", &[]);
}
