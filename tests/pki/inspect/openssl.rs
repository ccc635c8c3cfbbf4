//! What the `openssl` of the system makes.

use std::fs;

use miyao::pki::inspect::{Found, inspect};

use super::{super::pkcs8::openssl, tells, word};

#[test]
fn keys_of_openssl_are_told_whatever_they_are_of() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let make = |arguments: &[&str]| openssl(arguments);
    let Some(key) = make(&["genpkey", "-algorithm", "SM2"]) else { return };
    fs::write(path("key"), &key).unwrap();
    let ec = |more: &[&str]| make(&[&["ec", "-in", &path("key")], more].concat());
    tells("genpkey", &key, "pkcs8", &[]);
    for (what, more, form, oddities) in [
        ("SEC1", &[][..], "sec1", &[][..]),
        ("SEC1 in DER", &["-outform", "DER"], "sec1", &[]),
        ("a public key", &["-pubout"], "spki", &[]),
        ("a compressed public key", &["-pubout", "-conv_form", "compressed"], "spki", &[]),
        ("SEC1 with numbers", &["-param_enc", "explicit"], "sec1", &["explicit-curve"]),
        ("a public key with numbers", &["-pubout", "-param_enc", "explicit"], "spki", &["explicit-curve"]),
        ("SEC1 without its public half", &["-no_public"], "sec1", &[]),
    ] {
        let Some(made) = ec(more) else { return };
        // OpenSSL 3.0 forgets the numbers of SM2 and names the curve.
        let found = inspect(&made);
        assert_eq!(word(&found), form, "{what}: {found}");
        assert!(found.oddities.iter().all(|oddity| oddities.contains(&oddity.word())), "{what}: {found}");
    }
    let curve = ["genpkey", "-algorithm", "EC", "-pkeyopt"];
    for (what, more, says) in [
        ("P-256", &["ec_paramgen_curve:P-256"][..], "P-256 (1.2.840.10045.3.1.7)"),
        (
            "numbers of P-256",
            &["ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
            "numbers that are not SM2's",
        ),
        ("secp256k1", &["ec_paramgen_curve:secp256k1"], "secp256k1"),
    ] {
        let Some(made) = make(&[&curve, more].concat()) else { return };
        let found = inspect(&made);
        assert!(
            matches!(found.found, Found::Unusable(..)) && found.to_string().contains(says),
            "{what}: {found}"
        );
    }
    for (algorithm, says) in [("RSA", "RSA ("), ("ED25519", "Ed25519 (")] {
        let Some(made) = make(&["genpkey", "-algorithm", algorithm]) else { return };
        let found = inspect(&made);
        assert!(matches!(found.found, Found::Unusable(..)) && found.to_string().contains(says), "{found}");
    }
    let Some(old) = ec(&["-aes128", "-passout", "pass:right"]) else { return };
    assert_eq!(word(&inspect(&old)), "old-pem: old-encryption");
    let topk8 = ["pkcs8", "-topk8", "-in", &path("key"), "-passout", "pass:right"];
    let Some(sealed) = make(&[&topk8[..], &["-scrypt"]].concat()) else { return };
    assert!(inspect(&sealed).to_string().contains("scrypt"));
}
