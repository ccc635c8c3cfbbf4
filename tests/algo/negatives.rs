//! What must be refused: numbers out of range, points off the curve, encodings that are not the one DER, files that
//! are no key. The cases are those the published suites (Wycheproof, BSI TR-03111, CVE reports) are made of.

use miyao::{
    Kind,
    algo::{
        mode::{ccm::Ccm, gcm::Gcm, padding, xts::Xts, xts::XtsGb},
        sm2::{Encoding, PrivateKey, PublicKey, Signature},
        sm3,
    },
};

use super::{rng, unhex};

const N: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
const P: &str = "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff";
const B: &str = "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93";

/// The number of `text` and a small one, modulo 2^256.
fn plus(text: &str, small: i64) -> [u8; 32] {
    let mut bytes: [u8; 32] = unhex(text).try_into().unwrap();
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

/// The content under a tag with the shortest length.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let header = match len {
        0..0x80 => vec![tag, len as u8],
        0x80..0x100 => vec![tag, 0x81, len as u8],
        _ => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    [header, content.to_vec()].concat()
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count().min(bytes.len() - 1);
    let digits = &bytes[zeros..];
    der(0x02, &if digits[0] >= 0x80 { [&[0], digits].concat() } else { digits.to_vec() })
}

/// Encodings of the same SEQUENCE { a, b, … } that are not the one DER.
fn bent(parts: &[Vec<u8>]) -> Vec<(&'static str, Vec<u8>)> {
    let content = parts.concat();
    let good = der(0x30, &content);
    let len = content.len();
    let long = |digits: &[u8]| [&[0x30, 0x80 | digits.len() as u8], digits, &content[..]].concat();
    let first = |part: Vec<u8>| der(0x30, &[&part[..], &parts[1..].concat()].concat());
    vec![
        ("empty", vec![]),
        ("a tag alone", vec![0x30]),
        ("an empty sequence", vec![0x30, 0]),
        ("trailing data", [&good[..], &[0]].concat()),
        ("trailing data inside", der(0x30, &[&content[..], &[5, 0]].concat())),
        ("cut by one", good[..good.len() - 1].to_vec()),
        ("a number missing", der(0x30, &parts[1..].concat())),
        ("an indefinite length", [&[0x30, 0x80], &content[..], &[0, 0]].concat()),
        ("four digits of length", long(&[0, 0, (len >> 8) as u8, len as u8])),
        ("three digits of length", long(&[0, (len >> 8) as u8, len as u8])),
        ("nine digits of length", long(&[0, 0, 0, 0, 0, 0, 0, 0, len as u8])),
        ("a length of 2^32 - 1", long(&[0xff; 4])),
        ("a length of 2^64 - 1", long(&[0xff; 8])),
        ("a reserved length", [&[0x30, 0xff], &content[..]].concat()),
        ("a set", der(0x31, &content)),
        ("a primitive sequence", der(0x10, &content)),
        ("a sequence of 16", der(0x30, &good)),
        ("a long tag", [&[0x3f, 0x30, len as u8], &content[..]].concat()),
        (
            "a needless zero",
            first({
                let digits = &parts[0][2..];
                der(parts[0][0], &[&[0], digits].concat())
            }),
        ),
        (
            "a negative number",
            first({
                let mut digits = parts[0][2..].to_vec();
                digits[0] |= 0x80;
                der(parts[0][0], &digits)
            }),
        ),
        ("no digits", first(vec![parts[0][0], 0])),
        ("a long length of a number", first([&[parts[0][0], 0x81], &parts[0][1..]].concat())),
        ("an octet string", first([&[0x04], &parts[0][1..]].concat())),
        ("a bit string", first([&[0x03], &parts[0][1..]].concat())),
        ("a null", first(vec![5, 0])),
        ("a constructed number", first([&[0x22], &parts[0][1..]].concat())),
        ("2^256 more", first(der(0x02, &[&[1], &[0; 31][..], &parts[0][2..][..1]].concat()))),
    ]
}

#[test]
fn a_signature_is_read_in_one_der_only() {
    let key = PrivateKey::random(&mut rng(2));
    // A first number without a sign byte, so that "a negative number" is one.
    let signature = (0..).map(|round| key.sign(b"", &[round], &mut rng(3)).unwrap());
    let signature = signature.take(200).find(|made| (1..0x80).contains(&made.to_bytes()[0])).unwrap();
    let raw = signature.to_bytes();
    let parts = [integer(&raw[..32]), integer(&raw[32..])];
    assert_eq!(Signature::from_der(&der(0x30, &parts.concat())), Ok(signature));
    for (what, bytes) in bent(&parts) {
        assert!(Signature::from_der(&bytes).is_err(), "{what}");
    }
    assert!(Signature::from_der(&raw).is_err(), "raw where DER is asked for");
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

#[test]
fn a_ciphertext_is_read_in_one_der_only_and_decrypts_only_whole() {
    let key = PrivateKey::random(&mut rng(8));
    let made = (0..200)
        .map(|_| key.public_key().encrypt(b"0123456789abcdef", Encoding::C1C3C2, &mut rng_of()).unwrap())
        .find(|made| (1..0x80).contains(&made[1]))
        .unwrap();
    let (x, y, c3, c2) = (&made[1..33], &made[33..65], &made[65..97], &made[97..]);
    let parts = [integer(x), integer(y), der(0x04, c3), der(0x04, c2)];
    let open = |bytes: &[u8]| key.decrypt(bytes, Encoding::Der).map(|text| text.expose().to_vec());
    assert_eq!(open(&der(0x30, &parts.concat())).unwrap(), b"0123456789abcdef");
    for (what, bytes) in bent(&parts) {
        assert!(open(&bytes).is_err(), "{what}");
    }
    for (what, parts) in [
        ("C2 before C3", [integer(x), integer(y), der(0x04, c2), der(0x04, c3)]),
        ("a C3 of 31 bytes", [integer(x), integer(y), der(0x04, &c3[1..]), der(0x04, c2)]),
        ("a C3 of 33 bytes", [integer(x), integer(y), der(0x04, &[c3, &[0]].concat()), der(0x04, c2)]),
        ("no C2", [integer(x), integer(y), der(0x04, c3), der(0x04, &[])]),
        ("x and y swapped", [integer(y), integer(x), der(0x04, c3), der(0x04, c2)]),
        ("C1 = (0, 0)", [integer(&[0; 32]), integer(&[0; 32]), der(0x04, c3), der(0x04, c2)]),
        ("a constructed C2", [integer(x), integer(y), der(0x04, c3), der(0x24, &der(0x04, c2))]),
    ] {
        assert!(open(&der(0x30, &parts.concat())).is_err(), "{what}");
    }
    for encoding in [Encoding::C1C3C2, Encoding::C1C2C3] {
        for len in 0..=97 {
            assert!(key.decrypt(&made[..len], encoding).is_err(), "cut to {len}");
        }
    }
    for prefix in (0..=255).filter(|prefix| *prefix != 4) {
        let mut other = made.clone();
        other[0] = prefix;
        assert!(key.decrypt(&other, Encoding::C1C3C2).is_err(), "prefix {prefix:02x}");
    }
    assert!(key.decrypt(&made, Encoding::C1C2C3).is_err() && key.decrypt(&made, Encoding::Der).is_err());
    let nothing = key.public_key().encrypt(b"", Encoding::Der, &mut rng(9));
    assert_eq!(nothing.unwrap_err().kind(), Kind::Invalid);
}

/// A generator that differs at every call.
fn rng_of() -> miyao::algo::drbg::Drbg {
    use core::sync::atomic::{AtomicU8, Ordering};
    static NEXT: AtomicU8 = AtomicU8::new(0);
    rng(NEXT.fetch_add(1, Ordering::Relaxed))
}

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

#[test]
fn modes_refuse_what_they_have_no_meaning_for() {
    let gcm: Gcm = Gcm::new(&[1; 16]);
    assert_eq!(gcm.encrypt(&[], b"", &mut []).unwrap_err().kind(), Kind::Invalid);
    assert!(gcm.decrypt(&[], b"", &mut [], &[0; 16]).is_err());
    let ccm: Ccm = Ccm::new(&[1; 16]);
    for len in (0..7).chain(14..20) {
        assert_eq!(ccm.encrypt(&vec![0; len], b"", &mut []).unwrap_err().kind(), Kind::Invalid);
        assert!(ccm.decrypt(&vec![0; len], b"", &mut [], &[0; 16]).is_err());
    }
    // Two bytes of length beside 13 of nonce.
    assert!(ccm.encrypt(&[0; 13], b"", &mut vec![0; 0xffff]).is_ok());
    assert_eq!(ccm.encrypt(&[0; 13], b"", &mut vec![0; 0x1_0000]).unwrap_err().kind(), Kind::TooLarge);
    assert!(ccm.encrypt(&[0; 12], b"", &mut vec![0; 0x1_0000]).is_ok());
    let mut rejected = *b"unauthenticated!";
    assert!(ccm.decrypt(&[0; 12], b"", &mut rejected, &[0; 16]).is_err());
    assert_eq!(rejected, [0; 16], "a failing decrypt wipes what it wrote");

    assert_eq!(Xts::new(&[1; 32]).unwrap_err().kind(), Kind::Invalid, "equal halves");
    assert_eq!(XtsGb::new(&[1; 32]).unwrap_err().kind(), Kind::Invalid);
    let xts = Xts::new(&core::array::from_fn(|at| at as u8)).unwrap();
    for len in 0..16 {
        assert_eq!(xts.encrypt(&[0; 16], &mut vec![0; len]).unwrap_err().kind(), Kind::Invalid);
        assert_eq!(xts.decrypt(&[0; 16], &mut vec![0; len]).unwrap_err().kind(), Kind::Invalid);
    }
    let mut longest = vec![0; (16 << 20) + 1];
    assert_eq!(xts.encrypt(&[0; 16], &mut longest).unwrap_err().kind(), Kind::TooLarge);
    assert!(xts.encrypt(&[0; 16], &mut longest[1..]).is_ok());
}

#[test]
fn padding_is_read_in_one_way_only() {
    for fill in 0..=255u8 {
        let mut block = [fill; 32];
        assert_eq!(padding::unpadded_len(&block).is_ok(), (1..=16).contains(&fill), "{fill}");
        if (2..=16).contains(&fill) {
            assert_eq!(padding::unpadded_len(&block), Ok(32 - usize::from(fill)));
            block[32 - usize::from(fill)] ^= 1;
            assert!(padding::unpadded_len(&block).is_err(), "{fill} with a wrong byte");
        }
    }
    for len in [0, 1, 15, 17, 31] {
        assert!(padding::unpadded_len(&vec![1; len]).is_err(), "{len} bytes");
    }
}
