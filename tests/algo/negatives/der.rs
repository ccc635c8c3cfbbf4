//! Signatures and ciphertexts in encodings that are not the one DER.

use miyao::{
    Kind,
    algo::sm2::{Encoding, PrivateKey, Signature},
};

use super::rng;

/// The content under a tag with the shortest length.
pub(crate) fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let header = match len {
        0..0x80 => vec![tag, len as u8],
        0x80..0x100 => vec![tag, 0x81, len as u8],
        _ => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    [header, content.to_vec()].concat()
}

pub(crate) fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count().min(bytes.len() - 1);
    let digits = &bytes[zeros..];
    der(0x02, &if digits[0] >= 0x80 { [&[0], digits].concat() } else { digits.to_vec() })
}

/// Encodings of the same SEQUENCE { a, b, … } that are not the one DER.
pub(crate) fn bent(parts: &[Vec<u8>]) -> Vec<(&'static str, Vec<u8>)> {
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
