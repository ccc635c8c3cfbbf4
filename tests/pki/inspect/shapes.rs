//! Every shape of keys, signatures and ciphertexts, of one key, with what is to be told of it.

use miyao::{
    algo::sm2::PrivateKey,
    pki::{
        enveloped_key,
        pkcs8::{Derivation, Encryption},
    },
};

use super::super::{CURVE, EC, element, key, replaced, rng, scalar, under, unhex};

#[path = "shapes/values.rs"]
mod values;

pub(crate) const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const N: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";

/// Bytes, and what the detective has to say of them.
pub(crate) struct Shape {
    pub(crate) what: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) form: &'static str,
    pub(crate) oddities: &'static [&'static str],
    pub(crate) is_der: bool,
    pub(crate) is_signature: bool,
}

/// All of them.
pub(crate) fn all() -> Vec<Shape> {
    let all = [private(), algorithms(), encrypted(), public(), values::signatures(), values::ciphertexts()];
    all.into_iter().flatten().collect()
}

fn shape(what: &'static str, bytes: Vec<u8>, form: &'static str, oddities: &'static [&'static str]) -> Shape {
    let is_der = bytes.first() == Some(&0x30);
    let is_signature = is_der && form.starts_with("der");
    Shape { what, bytes, form, oddities, is_der, is_signature }
}

/// { 1, d, [0] parameters, [1] public half }.
fn sec1(d: &[u8], parameters: &[u8], public: &[u8]) -> Vec<u8> {
    let parameters = if parameters.is_empty() { vec![] } else { element(0xa0, &[parameters]) };
    let public = if public.is_empty() { vec![] } else { element(0xa1, &[&element(3, &[&[0], public])]) };
    element(0x30, &[&[2, 1, 1], &element(4, &[d]), &parameters, &public])
}

fn pkcs8(version: u8, algorithm: &[&[u8]], inner: &[u8], after: &[u8]) -> Vec<u8> {
    element(0x30, &[&[2, 1, version], &element(0x30, algorithm), &element(4, &[inner]), after])
}

/// The same elements with lengths written wider than they need be, or with an end mark.
pub(crate) fn long(der: &[u8]) -> Vec<u8> {
    let content = if der[1] & 0x80 == 0 { &der[2..] } else { &der[2 + usize::from(der[1] & 0x7f)..] };
    [&[der[0], 0x83, 0, (content.len() >> 8) as u8, content.len() as u8], content].concat()
}

pub(crate) fn indefinite(der: &[u8]) -> Vec<u8> {
    let content = if der[1] & 0x80 == 0 { &der[2..] } else { &der[2 + usize::from(der[1] & 0x7f)..] };
    [&[der[0], 0x80], content, &[0, 0]].concat()
}

fn private() -> Vec<Shape> {
    let (own, other) = (key(5), key(6).public_key().to_bytes());
    let (d, q) = (scalar(&own), own.public_key().to_bytes());
    let compressed = [&[2 | (q[64] & 1)], &q[1..33]].concat();
    let good = own.to_pkcs8_der().expose().to_vec();
    let sm2: &[&[u8]] = &[EC, CURVE];
    let beside = |point: &[u8]| element(0x81, &[&[0], point]);
    let n_minus_1 = [&unhex(N)[..31], &[0x22]].concat();
    let device = |d: &[u8]| [&[0, 1, 0, 0][..], &[0; 32], d].concat();
    vec![
        shape("as miyao writes it", good.clone(), "pkcs8", &[]),
        shape("without the public half", pkcs8(0, sm2, &sec1(&d, &[], &[]), &[]), "pkcs8", &[]),
        shape("the curve inside too", pkcs8(0, sm2, &sec1(&d, CURVE, &q), &[]), "pkcs8", &[]),
        shape("a compressed public half", pkcs8(0, sm2, &sec1(&d, &[], &compressed), &[]), "pkcs8", &[]),
        shape("RFC 5958 version 2", pkcs8(1, sm2, &sec1(&d, &[], &q), &beside(&q)), "pkcs8", &[]),
        shape(
            "a public half beside version 1",
            pkcs8(0, sm2, &sec1(&d, &[], &[]), &beside(&q)),
            "pkcs8",
            &["version"],
        ),
        shape("version 2 without", pkcs8(1, sm2, &sec1(&d, &[], &[]), &[]), "pkcs8", &["version"]),
        shape("version 9", pkcs8(9, sm2, &sec1(&d, &[], &[]), &[]), "pkcs8", &["version"]),
        shape(
            "another's public half",
            pkcs8(0, sm2, &sec1(&d, &[], &other), &[]),
            "pkcs8",
            &["public-mismatch"],
        ),
        shape(
            "another's beside",
            pkcs8(1, sm2, &sec1(&d, &[], &q), &beside(&other)),
            "pkcs8",
            &["public-mismatch"],
        ),
        shape(
            "a half off the curve",
            pkcs8(0, sm2, &sec1(&d, &[], &[&q[..64], &[q[64] ^ 1]].concat()), &[]),
            "pkcs8",
            &["public-mismatch"],
        ),
        shape("a bare octet string", pkcs8(0, sm2, &element(4, &[&d]), &[]), "pkcs8", &["inner-shape"]),
        shape("a bare number", pkcs8(0, sm2, &element(2, &[&d]), &[]), "pkcs8", &["inner-shape"]),
        shape("32 bare bytes", pkcs8(0, sm2, &d, &[]), "pkcs8", &["inner-shape"]),
        shape(
            "33 bytes of scalar",
            pkcs8(0, sm2, &sec1(&[&[0], &d[..]].concat(), &[], &q), &[]),
            "pkcs8",
            &["scalar-length"],
        ),
        shape("d = n - 1", pkcs8(0, sm2, &sec1(&n_minus_1, &[], &[]), &[]), "pkcs8: scalar-range", &[]),
        shape("d = n", pkcs8(0, sm2, &sec1(&unhex(N), &[], &[]), &[]), "pkcs8: scalar-range", &[]),
        shape("d = 0", pkcs8(0, sm2, &sec1(&[0; 32], &[], &[]), &[]), "pkcs8: scalar-range", &[]),
        shape("bytes behind", [&good[..], &[0, 0]].concat(), "pkcs8", &["trailing"]),
        shape("a long length", long(&good), "pkcs8", &["long-length"]),
        shape("an indefinite length", indefinite(&good), "pkcs8", &["indefinite-length"]),
        shape("SEC1", own.to_sec1_der().expose().to_vec(), "sec1", &[]),
        shape("SEC1 without its curve", sec1(&d, &[], &q), "sec1", &["no-curve"]),
        shape("SEC1 under the name of P-256", sec1(&d, P256, &q), "sec1", &["curve-name"]),
        shape("SEC1 of P-256", sec1(&d, P256, &other), "sec1: curve", &[]),
        shape("the scalar", d.to_vec(), "scalar", &["may-be-anything"]),
        shape(
            "the scalar with a zero more",
            [&[0], &d[..]].concat(),
            "scalar",
            &["may-be-anything", "scalar-length"],
        ),
        shape("a scalar too large", unhex(N), "scalar: scalar-range", &["may-be-anything"]),
        shape("a device's scalar", device(&d), "device-scalar", &[]),
        shape("a device's scalar too large", device(&unhex(N)), "device-scalar: scalar-range", &[]),
    ]
}

/// Names and numbers of algorithms and curves, in PKCS#8 and SubjectPublicKeyInfo.
fn algorithms() -> Vec<Shape> {
    let own = key(5);
    let arc = |last: u8| [0x06, 0x09, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, last];
    let (sign, ecdh) = (unhex("06082a811ccf55018375"), unhex("06052b8104010c"));
    let rsa = unhex("06092a864886f70d010101");
    let q = own.public_key().to_bytes();
    let compressed = [&[2 | (q[64] & 1)], &q[1..33]].concat();
    let (g, foreign) = (key_one(), key(7).public_key().to_bytes());
    let bare_spki = |bits: &[u8]| element(0x30, &[&element(0x30, &[EC, CURVE]), &element(3, &[bits])]);
    let mut shapes = Vec::new();
    for (what, algorithm, form, oddities) in [
        ("id-ecPublicKey", &[EC, CURVE][..], "", &[][..]),
        ("Botan's name", &[&arc(1), CURVE], "", &["algorithm-name"]),
        ("the name of encryption", &[&arc(3), CURVE], "", &["algorithm-name"]),
        ("the curve twice", &[CURVE, CURVE], "", &["algorithm-name"]),
        ("a signature's name", &[&sign, CURVE], "", &["algorithm-name", "refused"]),
        ("id-ecDH", &[&ecdh, CURVE], "", &["algorithm-name", "refused"]),
        ("no curve", &[EC], "", &["no-curve"]),
        ("NULL for a curve", &[EC, &[5, 0]], "", &["no-curve", "superfluous-null"]),
        ("NULL behind the curve", &[EC, CURVE, &[5, 0]], "", &["superfluous-null", "refused"]),
        ("the name of P-256", &[EC, P256], "", &["curve-name"]),
        ("SM2's numbers", &[EC, &explicit(&g, 1)], "", &["explicit-curve"]),
        (
            "SM2's numbers and a compressed generator",
            &[EC, &explicit(&[&[2 | (g[64] & 1)], &g[1..33]].concat(), 1)],
            "",
            &["explicit-curve"],
        ),
        ("a foreign generator", &[EC, &explicit(&foreign, 1)], ": foreign-generator", &[]),
        ("another cofactor", &[EC, &explicit(&g, 2)], ": foreign-curve", &[]),
        ("RSA", &[&rsa, &[5, 0]], ": algorithm", &[]),
    ] {
        let (public, private) = under(algorithm, &own);
        let spki: &'static str = Box::leak(format!("spki{form}").into_boxed_str());
        let pkcs8: &'static str = Box::leak(format!("pkcs8{form}").into_boxed_str());
        shapes.push(shape(what, public, spki, oddities));
        shapes.push(shape(what, private, pkcs8, oddities));
    }
    // P-256's generator is on no curve of ours.
    let p256 = unhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    );
    let foreign = element(0x30, &[&element(0x30, &[EC, P256]), &element(3, &[&[0], &p256])]);
    shapes.extend([
        shape("a key of P-256", foreign, "spki: curve", &[]),
        shape("a compressed point inside", bare_spki(&[&[0], &compressed[..]].concat()), "spki", &[]),
        shape("x, y inside without 04", bare_spki(&[&[0], &q[1..]].concat()), "spki", &["no-04", "refused"]),
        shape(
            "a hybrid point inside",
            bare_spki(&[&[0, 6 | (q[64] & 1)], &q[1..]].concat()),
            "spki",
            &["hybrid-point"],
        ),
        shape("unused bits", bare_spki(&[&[3], &q[..]].concat()), "spki", &["unused-bits"]),
        shape("no bits", bare_spki(&[]), "spki: off-curve", &[]),
        shape("the point at infinity", bare_spki(&[0, 0]), "spki: infinity", &[]),
        shape("zeros", bare_spki(&[&[0, 4][..], &[0; 64]].concat()), "spki: infinity", &[]),
        shape(
            "bytes behind a public key",
            [&own.public_key().spki()[..], b"\n"].concat(),
            "spki",
            &["trailing"],
        ),
        shape("a long length in a public key", long(&own.public_key().spki()), "spki", &["long-length"]),
    ]);
    shapes
}

fn key_one() -> [u8; 65] {
    let one = [&[0; 31][..], &[1]].concat().try_into().unwrap();
    PrivateKey::from_bytes(&one).unwrap().public_key().to_bytes()
}

/// ECParameters with SM2's numbers, this generator and this cofactor.
pub(crate) fn explicit(generator: &[u8], cofactor: u8) -> Vec<u8> {
    let (p, a, b) = (
        unhex("fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff"),
        unhex("fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"),
        unhex("28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"),
    );
    let field = element(0x30, &[&unhex("06072a8648ce3d0101"), &[2, 33, 0], &p]);
    let curve = element(0x30, &[&element(4, &[&a]), &element(4, &[&b])]);
    let (base, order) = (element(4, &[generator]), element(2, &[&[0], &unhex(N)]));
    element(0x30, &[&[2, 1, 1], &field, &curve, &base, &order, &[2, 1, cofactor]])
}

fn encrypted() -> Vec<Shape> {
    let sealed = |derivation| {
        let encryption = Encryption::new().iterations(1024).unwrap().derivation(derivation);
        encryption.encrypt(&key(5), b"right", &mut rng("shapes")).unwrap()
    };
    let good = sealed(Derivation::HmacSm3);
    let envelope = enveloped_key::wrap(&key(5), key(6).public_key(), &mut rng("shapes")).unwrap();
    let cbc = replaced(&envelope, &unhex("2a811ccf55016801"), &unhex("2a811ccf55016802"));
    let torn = replaced(&envelope, &[3, 66, 0, 4], &[3, 66, 0, 5]);
    vec![
        shape("HMAC-SM3", good.clone(), "encrypted", &[]),
        shape("HMAC-SM3 with NULL", sealed(Derivation::HmacSm3Null), "encrypted", &[]),
        shape("HMAC-SM3 of OpenSSL", sealed(Derivation::HmacSm3OpenSsl), "encrypted", &[]),
        shape("GM/T 0091", sealed(Derivation::GmT0091), "encrypted", &[]),
        shape("a long length around it", long(&good), "encrypted", &["long-length"]),
        shape("an enveloped key", envelope.clone(), "enveloped", &[]),
        shape("an enveloped key under SM4-CBC", cbc, "enveloped: algorithm", &[]),
        shape("an enveloped key without a point", torn, "enveloped: enveloped", &[]),
    ]
}

fn public() -> Vec<Shape> {
    let q = key(5).public_key().to_bytes();
    let device = [&[0, 1, 0, 0][..], &[0; 32], &q[1..33], &[0; 32], &q[33..]].concat();
    let mut off = q;
    off[64] ^= 1;
    vec![
        shape("the point", q.to_vec(), "point", &[]),
        shape("its coordinates", q[1..].to_vec(), "coordinates", &["no-04"]),
        shape("compressed", [&[2 | (q[64] & 1)], &q[1..33]].concat(), "compressed", &[]),
        shape("hybrid", [&[6 | (q[64] & 1)], &q[1..]].concat(), "point", &["hybrid-point"]),
        shape("off the curve", off.to_vec(), "point: off-curve", &["may-be-anything"]),
        shape("a device's", device.clone(), "device-point", &[]),
        shape(
            "a device's off the curve",
            [&device[..131], &[device[131] ^ 1]].concat(),
            "device-point: off-curve",
            &[],
        ),
    ]
}
