//! Files that are no key, or not one key only.

use miyao::{
    Kind,
    algo::sm2::{PrivateKey, PublicKey},
};

use sm2::ProjectivePoint;

use super::{
    curve::uncompressed,
    der::{bent, der},
    numbers::{N, plus},
    rng,
};

const CURVE: [u8; 10] = [0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d];
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const EC: [u8; 9] = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const RSA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

fn sec1(d: &[u8], curve: &[u8], point: &[u8]) -> Vec<u8> {
    let curve = if curve.is_empty() { vec![] } else { der(0xa0, curve) };
    let public = if point.is_empty() { vec![] } else { der(0xa1, &der(0x03, &[&[0], point].concat())) };
    der(0x30, &[&[2, 1, 1][..], &der(0x04, d), &curve, &public].concat())
}

fn pkcs8(version: u8, algorithm: &[&[u8]], inner: &[u8], after: &[u8]) -> Vec<u8> {
    let algorithm = der(0x30, &algorithm.concat());
    der(0x30, &[&[2, 1, version][..], &algorithm, &der(0x04, inner), after].concat())
}

/// `[n − 1]G`
fn minus_generator() -> [u8; 65] {
    uncompressed(&-ProjectivePoint::GENERATOR)
}

fn armored(label: &str, der: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let body = der.chunks(3).flat_map(|chunk| {
        let number =
            chunk.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        let digit =
            move |at: usize| if at > chunk.len() { b'=' } else { DIGITS[number >> (18 - 6 * at) & 63] };
        (0..4).map(digit)
    });
    let body = String::from_utf8(body.collect()).unwrap();
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").into_bytes()
}

#[test]
fn a_private_key_file_says_one_thing_or_is_refused() {
    let key = PrivateKey::random(&mut rng(10));
    let other = PrivateKey::random(&mut rng(11)).public_key().to_bytes();
    let (d, q) = (*key.expose().expose(), key.public_key().to_bytes());
    let compressed = [&[2 | (q[64] & 1)], &q[1..33]].concat();
    let beside = |tag: u8, point: &[u8]| der(tag, &[&[0], point].concat());
    let inner = sec1(&d, &[], &q);
    let sm2: &[&[u8]] = &[&EC, &CURVE];
    let attributes = der(0xa0, &der(0x30, &[6, 1, 0x2a, 0x31, 0]));
    for (what, bytes) in [
        ("inner public key", pkcs8(0, sm2, &inner, &[])),
        ("scalar alone", pkcs8(0, sm2, &sec1(&d, &[], &[]), &[])),
        ("inner curve too", pkcs8(0, sm2, &sec1(&d, &CURVE, &q), &[])),
        ("compressed public key", pkcs8(0, sm2, &sec1(&d, &[], &compressed), &[])),
        ("attributes", pkcs8(0, sm2, &inner, &attributes)),
        ("RFC 5958 version 2", pkcs8(1, sm2, &inner, &beside(0x81, &q))),
        ("both", pkcs8(1, sm2, &sec1(&d, &[], &[]), &[attributes.clone(), beside(0x81, &q)].concat())),
    ] {
        let read = PrivateKey::from_pkcs8_der(&bytes);
        assert_eq!(read.expect(what).expose().expose(), &d, "{what}");
        assert!(PrivateKey::from_pkcs8_der(&bytes[..bytes.len() - 1]).is_err());
        assert!(PrivateKey::from_pkcs8_der(&[&bytes[..], &[0]].concat()).is_err());
    }
    let range = |d: &[u8]| pkcs8(0, sm2, &sec1(d, &[], &[]), &[]);
    for (what, bytes) in [
        ("another's public key", pkcs8(0, sm2, &sec1(&d, &[], &other), &[])),
        ("another's public key beside", pkcs8(1, sm2, &inner, &beside(0x81, &other))),
        ("version 1 with a public key", pkcs8(0, sm2, &inner, &beside(0x81, &q))),
        ("version 2 without", pkcs8(1, sm2, &inner, &[])),
        ("version 3", pkcs8(2, sm2, &inner, &[])),
        ("a constructed public key", pkcs8(1, sm2, &inner, &beside(0xa1, &q))),
        (
            "the key before the attributes",
            pkcs8(1, sm2, &inner, &[beside(0x81, &q), attributes.clone()].concat()),
        ),
        ("attributes twice", pkcs8(0, sm2, &inner, &[attributes.clone(), attributes.clone()].concat())),
        ("P-256", pkcs8(0, &[&EC, &P256], &inner, &[])),
        ("P-256 inside", pkcs8(0, sm2, &sec1(&d, &P256, &q), &[])),
        ("RSA", pkcs8(0, &[&RSA, &[5, 0]], &inner, &[])),
        ("no parameters", pkcs8(0, &[&EC], &inner, &[])),
        ("null parameters", pkcs8(0, &[&EC, &[5, 0]], &inner, &[])),
        ("parameters twice", pkcs8(0, &[&EC, &CURVE, &CURVE], &inner, &[])),
        ("d = 0", range(&[0; 32])),
        ("d = n", range(&plus(N, 0))),
        ("d = n - 1", range(&plus(N, -1))),
        ("31 bytes", range(&d[1..])),
        ("33 bytes", range(&[&[0], &d[..]].concat())),
        ("SEC1 where PKCS#8 is asked for", sec1(&d, &CURVE, &q)),
        (
            "unused bits",
            pkcs8(
                0,
                sm2,
                &der(
                    0x30,
                    &[&[2, 1, 1][..], &der(4, &d), &der(0xa1, &der(3, &[&[1], &q[..]].concat()))].concat(),
                ),
                &[],
            ),
        ),
    ] {
        let kind = PrivateKey::from_pkcs8_der(&bytes).expect_err(what).kind();
        assert_eq!(kind, Kind::Malformed, "{what}");
    }
    for (what, d) in
        [("d = 0", [0; 32]), ("d = n", plus(N, 0)), ("d = n - 1", plus(N, -1)), ("d = n + 1", plus(N, 1))]
    {
        let refused =
            |read: miyao::Result<PrivateKey>| assert_eq!(read.unwrap_err().kind(), Kind::Malformed, "{what}");
        // n − 1 has a public half like any other.
        for public in [&[][..], &q, &minus_generator()] {
            refused(PrivateKey::from_sec1_der(&sec1(&d, &CURVE, public)));
            for (label, der) in [
                ("EC PRIVATE KEY", sec1(&d, &CURVE, public)),
                ("SM2 PRIVATE KEY", sec1(&d, &CURVE, public)),
                ("PRIVATE KEY", pkcs8(0, sm2, &sec1(&d, &[], public), &[])),
            ] {
                refused(PrivateKey::from_pem(&armored(label, &der)));
            }
        }
    }
    assert!(PrivateKey::from_pem(&armored("EC PRIVATE KEY", &sec1(&d, &CURVE, &q))).is_ok());
    assert!(PrivateKey::from_sec1_der(&sec1(&d, &CURVE, &q)).is_ok());
    assert!(PrivateKey::from_sec1_der(&sec1(&d, &CURVE, &[])).is_ok());
    assert!(PrivateKey::from_sec1_der(&sec1(&d, &[], &q)).is_err(), "a file of its own names its curve");
    assert!(PrivateKey::from_sec1_der(&sec1(&d, &CURVE, &other)).is_err());
    for (what, bytes) in bent(&[vec![2, 1, 1], der(4, &d), der(0xa0, &CURVE)]) {
        assert!(PrivateKey::from_sec1_der(&bytes).is_err(), "{what}");
    }
}

#[test]
fn a_public_key_file_says_one_thing_or_is_refused() {
    let key = PrivateKey::random(&mut rng(12)).public_key().clone();
    let q = key.to_bytes();
    let spki = |algorithm: &[&[u8]], bits: &[u8]| {
        der(0x30, &[der(0x30, &algorithm.concat()), der(0x03, bits)].concat())
    };
    let named: &[&[u8]] = &[&EC, &CURVE];
    let bits = [&[0], &q[..]].concat();
    assert_eq!(PublicKey::from_spki_der(&spki(named, &bits)).unwrap(), key);
    assert_eq!(spki(named, &bits), key.spki());
    for (what, bytes) in [
        ("P-256", spki(&[&EC, &P256], &bits)),
        ("RSA", spki(&[&RSA, &[5, 0]], &bits)),
        ("no parameters", spki(&[&EC], &bits)),
        ("null parameters", spki(&[&EC, &[5, 0]], &bits)),
        ("an unused bit", spki(named, &[&[1], &q[..]].concat())),
        ("no bits", spki(named, &[])),
        ("the identity", spki(named, &[0, 0])),
        ("hybrid", spki(named, &[&[0, 6 | (q[64] & 1)], &q[1..]].concat())),
        ("trailing data", [&key.spki()[..], &[0]].concat()),
        ("a point alone", q.to_vec()),
    ] {
        assert_eq!(PublicKey::from_spki_der(&bytes).expect_err(what).kind(), Kind::Malformed, "{what}");
    }
}

#[test]
fn pem_is_read_as_people_have_it_and_refused_when_it_is_ambiguous() {
    let key = PrivateKey::random(&mut rng(13));
    let pem = String::from_utf8(key.to_pkcs8_pem().unwrap().expose().to_vec()).unwrap();
    let public = key.public_key().to_pem().unwrap();
    let body: String = pem.lines().filter(|line| !line.contains("---")).collect();
    let wrapped =
        |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    let wide: Vec<&str> = body.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
    for (what, text) in [
        ("as written", pem.clone()),
        ("CRLF", pem.replace('\n', "\r\n")),
        ("CR", pem.replace('\n', "\r")),
        ("no final newline", pem.trim_end().to_owned()),
        ("text before and after", format!("Subject: me\n\n{pem}\nthat was it\n")),
        ("one line", wrapped("PRIVATE KEY", &body)),
        ("76 a line", wrapped("PRIVATE KEY", &wide.join("\n"))),
        ("indented", pem.lines().map(|line| format!("  {line} \t\n")).collect()),
        ("blank lines", pem.replace('\n', "\n\n")),
        ("a certificate before", wrapped("CERTIFICATE", "MIIB") + &pem),
        ("parameters before", wrapped("EC PARAMETERS", "BggqgRzPVQGCLQ==") + &pem),
        ("parameters of OpenSSL 3", wrapped("SM2 PARAMETERS", "BggqgRzPVQGCLQ==") + &pem),
        ("its public key beside", format!("{pem}{public}")),
    ] {
        let read = PrivateKey::from_pem(text.as_bytes());
        assert_eq!(read.expect(what).expose().expose(), key.expose().expose(), "{what}");
    }
    for (what, text) in [
        ("nothing", String::new()),
        ("no END", pem.replace("-----END PRIVATE KEY-----", "")),
        ("no BEGIN", pem.replace("-----BEGIN PRIVATE KEY-----", "")),
        ("another END", pem.replace("END PRIVATE", "END EC PRIVATE")),
        ("four dashes", pem.replace("-----BEGIN", "----BEGIN")),
        ("a certificate's label", pem.replace("PRIVATE KEY", "CERTIFICATE")),
        ("lower case", pem.replace("PRIVATE KEY", "private key")),
        ("SEC1's label", pem.replace("PRIVATE KEY", "EC PRIVATE KEY")),
        ("two keys", format!("{pem}{pem}")),
        ("a nested block", pem.replacen('\n', "\n-----BEGIN PRIVATE KEY-----\n", 1)),
        ("base64url", wrapped("PRIVATE KEY", &body.replacen('A', "-", 1))),
        ("a stray character", wrapped("PRIVATE KEY", &body.replacen('M', "M!", 1))),
        ("a letter lost", wrapped("PRIVATE KEY", &body[1..])),
        ("too much padding", wrapped("PRIVATE KEY", &format!("{body}===="))),
        ("no body", wrapped("PRIVATE KEY", "")),
        ("a public key", public.clone()),
        ("another curve's parameters", wrapped("EC PARAMETERS", "BggqhkjOPQMBBw==") + &pem),
    ] {
        assert!(PrivateKey::from_pem(text.as_bytes()).is_err(), "{what}");
    }
    for text in [
        wrapped("ENCRYPTED PRIVATE KEY", "MIIB"),
        wrapped("EC PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\n\nMIIB"),
    ] {
        assert_eq!(PrivateKey::from_pem(text.as_bytes()).unwrap_err().kind(), Kind::Unsupported);
    }
    assert_eq!(PublicKey::from_pem(public.as_bytes()).unwrap(), *key.public_key());
    assert!(PublicKey::from_pem(pem.as_bytes()).is_err());
    assert!(PublicKey::from_pem(format!("{public}{public}").as_bytes()).is_err());
}
