//! Ciphertexts made to be exceptional: C1 that is no point of the curve, numbers with zeros in front, lengths at edges.
//!
//! They are put together here, from the `sm2` crate's points and plain SM3, with nothing of what decrypts them.

use miyao::algo::{
    sm2::{Encoding, PreparedPublicKey, PrivateKey, PublicKey},
    sm3,
};
use sm2::ProjectivePoint;

use super::{
    curve::{base, bytes, coordinates, number, small, uncompressed, with_x},
    der::{der, integer},
    numbers::{P, more, plus},
    rng,
};

const ENCODINGS: [Encoding; 3] = [Encoding::Der, Encoding::C1C3C2, Encoding::C1C2C3];

/// x and y, on the curve or not.
type Point = ([u8; 32], [u8; 32]);

/// `M ⊕ KDF(x2 ‖ y2)`, with the counter of GB/T 32918.4 §5.4.3 from 1 on.
fn masked(shared: &Point, message: &[u8]) -> Vec<u8> {
    let blocks = message.chunks(32).zip(1u32..).flat_map(|(chunk, counter)| {
        let mask = sm3::digest_parts(&[&shared.0, &shared.1, &counter.to_be_bytes()]);
        chunk.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect::<Vec<_>>()
    });
    blocks.collect()
}

/// A ciphertext that is right in itself: whoever finds this shared point finds the message.
fn sealed(c1: &Point, shared: &Point, message: &[u8], encoding: Encoding) -> Vec<u8> {
    let (c2, c3) = (masked(shared, message), sm3::digest_parts(&[&shared.0, message, &shared.1]));
    match encoding {
        Encoding::Der => {
            der(0x30, &[integer(&c1.0), integer(&c1.1), der(0x04, &c3), der(0x04, &c2)].concat())
        }
        Encoding::C1C3C2 => [&[4], &c1.0[..], &c1.1, &c3, &c2].concat(),
        Encoding::C1C2C3 => [&[4], &c1.0[..], &c1.1, &c2, &c3].concat(),
    }
}

fn opened(key: &PrivateKey, c1: &Point, shared: &Point, message: &[u8]) -> [bool; 3] {
    ENCODINGS.map(|encoding| {
        let found = key.decrypt(&sealed(c1, shared, message, encoding), encoding);
        found.is_ok_and(|found| found.expose() == message)
    })
}

/// An odd private key, so that it leaves points of order 2 as they are.
fn odd_key() -> (PrivateKey, sm2::Scalar) {
    let mut d = *PrivateKey::random(&mut rng(60)).expose().expose();
    d[31] |= 1;
    (PrivateKey::from_bytes(&d).unwrap(), number(&d))
}

#[test]
fn what_is_made_here_is_opened_unless_it_is_said_not_to_be() {
    let (key, d) = odd_key();
    for k in 1..20 {
        let c1 = base(&small(k));
        assert_eq!(opened(&key, &coordinates(&c1), &coordinates(&(c1 * d)), b"message"), [true; 3]);
    }
}

#[test]
fn a_first_part_that_is_no_point_of_the_curve_is_refused_though_the_rest_fits_it() {
    let (key, d) = odd_key();
    let zero = [0; 32];
    // (x, 0) is on a curve with another b, and there its own double is the identity: the odd d gives it back.
    for x in (1..50u8).chain([0x77, 0xff]) {
        let point = ([x; 32], zero);
        assert_eq!(opened(&key, &point, &point, b"message"), [false; 3], "on another curve, {x}");
    }
    // The generator's neighbours are on others still; with d = 1 their product is themselves.
    let one = PrivateKey::from_bytes(&bytes(&small(1))).unwrap();
    let (x, y) = coordinates(&ProjectivePoint::GENERATOR);
    for (x, y) in [(x, more(y, 1)), (more(x, 1), y), (y, x)] {
        assert_eq!(opened(&one, &(x, y), &(x, y), b"message"), [false; 3], "on another curve");
    }
    assert_eq!(
        opened(&key, &(zero, zero), &(zero, zero), b"message"),
        [false; 3],
        "the identity, written (0, 0)"
    );
    for encoding in [Encoding::C1C3C2, Encoding::C1C2C3] {
        let bytes = sealed(&(zero, zero), &(zero, zero), b"message", encoding);
        assert!(key.decrypt(&[&[0], &bytes[65..]].concat(), encoding).is_err(), "the identity, written 00");
    }
    // x + p is the same coordinate where nobody looks.
    for x in 0..40 {
        let Some(point) = with_x(&more([0; 32], x)) else { continue };
        let (shared, (canonical, y)) = (coordinates(&(point * d)), coordinates(&point));
        assert_eq!(opened(&key, &(canonical, y), &shared, b"message"), [true; 3]);
        assert_eq!(opened(&key, &(plus(P, x), y), &shared, b"message"), [false; 3], "p + {x}");
    }
}

/// What every way to encrypt with this nonce gives.
fn encrypted(key: &PublicKey, k: u64, message: &[u8], encoding: Encoding) -> Option<Vec<u8>> {
    let (small_table, full, k) =
        (PreparedPublicKey::new(key), PreparedPublicKey::full(key), bytes(&small(k)));
    let plain = key.hazmat_encrypt_with_nonce(message, encoding, &k);
    assert_eq!(small_table.hazmat_encrypt_with_nonce(message, encoding, &k), plain, "small table");
    assert_eq!(full.hazmat_encrypt_with_nonce(message, encoding, &k), plain, "full table");
    plain
}

/// The first nonces of which something holds, with C1 and the shared point.
fn nonces(d: sm2::Scalar, holds: impl Fn(&Point, &Point) -> bool) -> Vec<(u64, Point, Point)> {
    let (mut c1, step) = (ProjectivePoint::GENERATOR, ProjectivePoint::GENERATOR * d);
    let (mut shared, mut found) = (step, Vec::new());
    for k in 1..5000 {
        let (point, with) = (coordinates(&c1), coordinates(&shared));
        if holds(&point, &with) {
            found.push((k, point, with));
        }
        if found.len() == 2 {
            return found;
        }
        c1 += ProjectivePoint::GENERATOR;
        shared += step;
    }
    panic!("no such nonce below 5000");
}

#[test]
fn zeros_in_front_of_a_coordinate_a_text_or_its_mask_stay() {
    let (key, d) = odd_key();
    let message = b"message";
    for (what, found) in [
        ("x1", nonces(d, |c1, _| c1.0[0] == 0)),
        ("y1", nonces(d, |c1, _| c1.1[0] == 0)),
        ("a sign byte before x1 and y1", nonces(d, |c1, _| c1.0[0] >= 0x80 && c1.1[0] >= 0x80)),
        ("x2", nonces(d, |_, shared| shared.0[0] == 0)),
        ("y2", nonces(d, |_, shared| shared.1[0] == 0)),
        ("C2", nonces(d, |_, shared| masked(shared, message)[0] == 0)),
    ] {
        for (k, c1, shared) in found {
            for encoding in ENCODINGS {
                let expected = sealed(&c1, &shared, message, encoding);
                assert_eq!(encrypted(key.public_key(), k, message, encoding).unwrap(), expected, "{what}");
            }
            assert_eq!(opened(&key, &c1, &shared, message), [true; 3], "{what}");
        }
    }
    for message in [&[0, 0, 0, 7][..], &[0; 5], &[0; 100]] {
        let (k, c1, shared) = nonces(d, |_, _| true)[1];
        assert_eq!(
            encrypted(key.public_key(), k, message, Encoding::Der).unwrap(),
            sealed(&c1, &shared, message, Encoding::Der)
        );
        assert_eq!(opened(&key, &c1, &shared, message), [true; 3], "zeros");
    }
}

#[test]
fn a_mask_of_zeros_alone_is_drawn_again_and_refused() {
    let (key, d) = odd_key();
    for (k, c1, shared) in nonces(d, |_, shared| masked(shared, &[0]) == [0]) {
        assert!(encrypted(key.public_key(), k, b"x", Encoding::Der).is_none());
        assert_eq!(opened(&key, &c1, &shared, b"x"), [false; 3]);
        // One byte more, and it is not all of the mask.
        assert_eq!(opened(&key, &c1, &shared, b"xy"), [masked(&shared, &[0, 0]) != [0, 0]; 3]);
    }
}

#[test]
fn the_counter_of_the_mask_goes_on_past_one_byte_and_past_two() {
    let (key, d) = odd_key();
    let (k, c1, shared) = nonces(d, |_, _| true)[0];
    for len in [255 * 32, 255 * 32 + 1, 256 * 32 + 1, 257 * 32, 65536 * 32 + 1] {
        let message: Vec<u8> = (0..len).map(|at: usize| (at * 7 + (at >> 9)) as u8).collect();
        let made = key.public_key().hazmat_encrypt_with_nonce(&message, Encoding::C1C3C2, &bytes(&small(k)));
        assert!(made.unwrap() == sealed(&c1, &shared, &message, Encoding::C1C3C2), "{len} bytes");
        let found = key.decrypt(&sealed(&c1, &shared, &message, Encoding::C1C2C3), Encoding::C1C2C3);
        assert!(found.unwrap().expose() == message, "{len} bytes");
    }
}

#[test]
fn an_empty_text_is_neither_encrypted_nor_decrypted() {
    let (key, d) = odd_key();
    let (_, c1, shared) = nonces(d, |_, _| true)[0];
    assert_eq!(opened(&key, &c1, &shared, b""), [false; 3]);
    for encoding in ENCODINGS {
        let prepared = PreparedPublicKey::new(key.public_key());
        assert!(key.public_key().encrypt(b"", encoding, &mut rng(61)).is_err());
        assert!(prepared.encrypt(b"", encoding, &mut rng(61)).is_err());
        assert!(encrypted(key.public_key(), 1, b"", encoding).is_none());
    }
}

#[test]
fn every_truncation_and_every_byte_behind_is_refused() {
    let (key, d) = odd_key();
    let (_, c1, shared) = nonces(d, |_, _| true)[0];
    for encoding in ENCODINGS {
        for message in [&b"m"[..], &[5; 33], &[9; 300]] {
            let whole = sealed(&c1, &shared, message, encoding);
            assert!(key.decrypt(&whole, encoding).is_ok());
            for cut in 0..whole.len() {
                assert!(key.decrypt(&whole[..cut], encoding).is_err(), "{encoding:?} cut to {cut}");
                assert!(key.decrypt(&whole[cut + 1..], encoding).is_err(), "{encoding:?} from {cut}");
            }
            assert!(key.decrypt(&[&whole[..], &[0]].concat(), encoding).is_err());
        }
    }
}

/// CVE-2021-3711: the room for the text was reckoned from the length of the whole, as if C1 had the length it mostly has.
/// Coordinates of few digits leave more for C2 than that.
#[test]
fn short_coordinates_leave_room_for_a_text_of_any_length() {
    let (key, d) = odd_key();
    let points: Vec<_> = (0..40).filter_map(|x| with_x(&more([0; 32], x))).collect();
    assert!(points.len() > 10 && coordinates(&points[0]).0 == [0; 32]);
    for point in points {
        let (c1, shared) = (coordinates(&point), coordinates(&(point * d)));
        let lengths = (1..70).chain([127, 128, 129, 255, 256, 1000]);
        for message in lengths.map(|len| vec![len as u8; len]) {
            if masked(&shared, &vec![0; message.len()]).iter().any(|byte| *byte != 0) {
                assert_eq!(opened(&key, &c1, &shared, &message), [true; 3], "{} bytes", message.len());
            }
        }
    }
    assert!(PublicKey::from_bytes(&uncompressed(&with_x(&[0; 32]).unwrap())).is_ok());
}
