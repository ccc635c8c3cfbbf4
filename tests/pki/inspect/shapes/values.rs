//! Signatures and ciphertexts among the shapes.

use miyao::algo::sm2::Encoding;

use super::{
    super::super::{element, key, rng, unhex},
    N, Shape, indefinite, long, shape,
};

pub(super) fn signatures() -> Vec<Shape> {
    let signature = key(5).sign(b"", b"message", &mut rng("shapes")).unwrap();
    let (der, len) = signature.to_der();
    let (der, raw) = (der[..len].to_vec(), signature.to_bytes());
    let n = unhex(N);
    let integers = |r: &[u8], s: &[u8]| element(0x30, &[&element(2, &[r]), &element(2, &[s])]);
    let (r, s) = raw.split_at(32);
    let plus = |number: &[u8]| [&[0], number].concat();
    let minus: Vec<u8> = {
        let mut borrow = 0;
        let digits = n.iter().zip(r).rev().map(|(n, r)| {
            let digit = i16::from(*n) - i16::from(*r) - borrow;
            borrow = i16::from(digit < 0);
            digit as u8
        });
        let mut digits: Vec<u8> = digits.collect();
        digits.reverse();
        digits
    };
    vec![
        shape("a signature", der.clone(), "der", &[]),
        shape("bytes behind it", [&der[..], &[0]].concat(), "der", &["trailing"]),
        shape("a long length in it", long(&der), "der", &["long-length"]),
        shape("an indefinite length in it", indefinite(&der), "der", &["indefinite-length"]),
        shape(
            "two zeros in front",
            integers(&[&[0, 0], r].concat(), &plus(&[0x80; 32])),
            "der",
            &["padded-integer"],
        ),
        shape("no zero in front", integers(&[0x80; 32], &[1]), "der", &["negative-integer"]),
        shape("r = 0", integers(&[0], &[1]), "der: signature-range", &[]),
        shape("s = n", integers(&[1], &plus(&n)), "der: signature-range", &[]),
        shape("s = 2^256", integers(&[1], &[&[1][..], &[0; 32]].concat()), "der: signature-range", &[]),
        shape(
            "r + s = n",
            integers(&plus(r), &plus(&minus)),
            "der: signature-sum",
            &["padded-integer"][usize::from(r[0] >= 0x80 && minus[0] >= 0x80)..],
        ),
        shape("r, s", raw.to_vec(), "raw", &["may-be-anything"]),
        shape("r, s with zeros", [&[0], r, &[0], s].concat(), "raw", &["padded-integer"]),
        shape("r, s out of range", [&n[..], s].concat(), "raw: signature-range", &["may-be-anything"]),
        shape("a device's signature", [&[0; 32], r, &[0; 32], s].concat(), "device", &[]),
    ]
}

pub(super) fn ciphertexts() -> Vec<Shape> {
    let made =
        |text: &[u8], encoding| key(5).public_key().encrypt(text, encoding, &mut rng("shapes")).unwrap();
    let der = made(b"seventeen letters", Encoding::Der);
    let raw = made(b"seventeen letters", Encoding::C1C3C2);
    let one = made(b"1", Encoding::C1C3C2);
    let old = made(b"seventeen letters", Encoding::C1C2C3);
    let (c1, c3, c2) = (&raw[..65], &raw[65..97], &raw[97..]);
    let integer = |number: &[u8]| {
        let zero: &[u8] = if number[0] >= 0x80 { &[0] } else { &[] };
        element(2, &[zero, number])
    };
    let (x, y) = (integer(&c1[1..33]), integer(&c1[33..]));
    let parts =
        |first: &[u8], second: &[u8]| element(0x30, &[&x, &y, &element(4, &[first]), &element(4, &[second])]);
    let device = [&[0; 32], &c1[1..33], &[0; 32], &c1[33..], c3, &[17, 0, 0, 0], c2].concat();
    let of =
        |what, bytes, form, oddities| Shape { is_signature: false, ..shape(what, bytes, form, oddities) };
    let off = [&c1[..64], &[c1[64] ^ 1], c3, c2].concat();
    vec![
        of("a ciphertext in DER", der.clone(), "der", &[]),
        of("C2 first in DER", parts(c2, c3), "der", &["der-old-order"]),
        of("32 bytes in DER", made(&[9; 32], Encoding::Der), "der", &["unknown-order"]),
        of("no digest in DER", parts(c2, c2), "der: no-digest", &[]),
        of("no text in DER", parts(c3, &[]), "der: no-text", &[]),
        of("bytes behind DER", [&der[..], &[1, 2, 3]].concat(), "der", &["trailing"]),
        of("a long length in DER", long(&der), "der", &["long-length"]),
        of("C1 C3 C2", raw.clone(), "raw", &["unknown-order"]),
        of("C1 C2 C3", old, "raw", &["unknown-order"]),
        of("without 04", raw[1..].to_vec(), "bare", &["no-04", "unknown-order"]),
        of("C1 alone and C3", raw[..97].to_vec(), "raw: no-text", &[]),
        of("C1 off the curve", off, "raw: off-curve", &["may-be-anything"]),
        of(
            "compressed C1",
            [&[2 | (c1[64] & 1)], &c1[1..33], c3, c2].concat(),
            "compressed-point",
            &["may-be-anything", "unknown-order"],
        ),
        of(
            "compressed C1 and one byte",
            [&[2 | (one[64] & 1)], &one[1..33], &one[65..]].concat(),
            "compressed-point",
            &["may-be-anything", "unknown-order"],
        ),
        of("a device's ciphertext", device, "device", &[]),
    ]
}
