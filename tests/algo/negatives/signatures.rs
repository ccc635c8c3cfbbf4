//! Signatures made to be exceptional, valid ones and others, on every path there is to verify one.

use miyao::{
    Kind,
    algo::sm2::{
        Exchange, MAX_USER_ID, MessageDigest, PreparedPublicKey, PrivateKey, PublicKey, Role, Signature,
        verify_batch, verify_digest_batch,
    },
};
use sm2::{ProjectivePoint, Scalar, elliptic_curve::Group};

use super::{
    curve::{base, bytes, number, small, with_x, x_of},
    der::{der, integer},
    numbers::{N, more, plus},
    rng, unhex,
};

/// A key, a digest, and r and s of it.
struct Made {
    p: ProjectivePoint,
    e: Scalar,
    r: Scalar,
    s: Scalar,
}

impl Made {
    /// The digest that r and s of this key sign: `e = r − x([s]G + [r + s]P)`. Where that is the identity it has no x, and
    /// who takes none for 0 has `e = r`.
    fn new(p: ProjectivePoint, r: Scalar, s: Scalar) -> Self {
        let point = base(&s) + p * (r + s);
        let x = if point.is_identity().into() { small(0) } else { x_of(&point) };
        Self { p, e: r - x, r, s }
    }

    fn key(&self) -> PublicKey {
        PublicKey::from_bytes(&super::curve::uncompressed(&self.p)).unwrap()
    }

    fn raw(&self) -> [u8; 64] {
        [bytes(&self.r), bytes(&self.s)].concat().try_into().unwrap()
    }

    fn verdict(&self) -> bool {
        verdict(&self.key(), &bytes(&self.e), &self.raw())
    }
}

/// The verdict of every path, one and the same.
fn verdict(key: &PublicKey, e: &[u8; 32], raw: &[u8; 64]) -> bool {
    let Ok(signature) = Signature::from_bytes(raw) else { return false };
    let (small, full) = (PreparedPublicKey::new(key), PreparedPublicKey::full(key));
    let verdict = key.verify_digest(e, &signature).is_ok();
    assert_eq!(small.verify_digest(e, &signature).is_ok(), verdict, "small table");
    assert_eq!(full.verify_digest(e, &signature).is_ok(), verdict, "full table");
    assert_eq!(verify_digest_batch(&[(key, e, &signature)])[0].is_ok(), verdict, "alone in a batch");
    // In every lane, among others that are valid.
    let other = PrivateKey::random(&mut rng(40));
    let valid = other.sign_digest(&[7; 32], &mut rng(41));
    for lane in 0..9 {
        let items: Vec<_> = (0..9)
            .map(|at| if at == lane { (key, e, &signature) } else { (other.public_key(), &[7; 32], &valid) })
            .collect();
        let verdicts = verify_digest_batch(&items);
        let expected = (0..9).map(|at| at != lane || verdict);
        assert!(verdicts.iter().map(Result::is_ok).eq(expected), "lane {lane} of a batch");
    }
    verdict
}

/// Some keys, of which the ends of the range are two.
fn keys() -> Vec<Scalar> {
    let random = PrivateKey::random(&mut rng(42)).expose();
    vec![small(1), small(2), number(random.expose()), -small(2)]
}

fn numbers() -> Vec<Scalar> {
    let random = PrivateKey::random(&mut rng(43)).expose();
    vec![small(1), small(2), small(1 << 33), number(random.expose()), -small(1), -small(9)]
}

#[test]
fn what_is_made_here_is_valid_unless_it_is_said_not_to_be() {
    for d in keys() {
        for s in numbers() {
            let made = Made::new(base(&d), s + small(5), s);
            assert!(made.verdict());
            assert!(!Made { e: made.e + small(1), ..made }.verdict());
            assert!(!Made { e: -made.e, ..made }.verdict());
        }
    }
}

#[test]
fn a_signature_of_no_nonce_is_refused_where_its_point_is_the_identity() {
    for d in keys() {
        for t in numbers() {
            // s = −d t: sG + tP is the identity, sG = −tP.
            let s = -(d * t);
            assert!(!Made::new(base(&d), t - s, s).verdict());
        }
    }
}

#[test]
fn a_signature_whose_two_products_are_equal_is_valid() {
    for d in keys() {
        for t in numbers() {
            let s = d * t;
            assert_eq!(base(&s), base(&d) * t);
            if t != s {
                assert!(Made::new(base(&d), t - s, s).verdict());
            }
        }
    }
}

#[test]
fn r_and_s_that_add_up_to_nothing_are_refused() {
    for d in keys() {
        for s in numbers() {
            // [s]G + [0]P has an x that fits.
            assert!(!Made::new(base(&d), -s, s).verdict());
        }
    }
}

/// The key under which sG + tP is this point.
fn key_for(point: &ProjectivePoint, r: Scalar, s: Scalar) -> ProjectivePoint {
    (*point - base(&s)) * (r + s).invert().unwrap()
}

#[test]
fn a_point_with_an_x_at_or_above_n_counts_with_its_remainder() {
    let beyond = (0..200).filter_map(|more| with_x(&plus(N, more)));
    let points: Vec<_> = beyond.take(5).collect();
    assert_eq!(points.len(), 5);
    for point in points {
        assert!(x_of(&point) < small(200), "x is n and a little");
        for s in numbers() {
            let r = s + small(77);
            let made = Made::new(key_for(&point, r, s), r, s);
            assert!(made.verdict());
            assert!(!Made { e: made.e + small(1), ..made }.verdict());
        }
    }
}

#[test]
fn a_point_with_x_0_is_as_good_as_any() {
    let point = with_x(&[0; 32]).expect("b is a square, so there is one");
    for s in numbers() {
        let r = s + small(77);
        let made = Made::new(key_for(&point, r, s), r, s);
        assert_eq!(made.e, r);
        assert!(made.verdict());
    }
}

#[test]
fn a_digest_at_or_above_n_is_its_remainder() {
    let key = PrivateKey::random(&mut rng(44));
    for (low, beyond) in
        [([0; 32], plus(N, 0)), (bytes(&small(9)), plus(N, 9)), (bytes(&-number(&plus(N, 0))), plus(N, 0))]
    {
        for e in [low, beyond] {
            let raw = key.sign_digest(&e, &mut rng(45)).to_bytes();
            assert!(verdict(key.public_key(), &low, &raw) && verdict(key.public_key(), &beyond, &raw));
        }
    }
    let raw = key.sign_digest(&[0xff; 32], &mut rng(46)).to_bytes();
    assert!(verdict(key.public_key(), &[0xff; 32], &raw));
}

#[test]
fn a_nonce_that_makes_s_zero_is_drawn_again() {
    for d in keys() {
        let key = PrivateKey::from_bytes(&bytes(&d)).unwrap();
        for k in numbers() {
            // s = (k − r d) / (1 + d) is zero where r is k / d.
            let e = k * d.invert().unwrap() - x_of(&base(&k));
            assert!(key.hazmat_sign_with_nonce(&bytes(&e), &bytes(&k)).is_none());
            let signature = key.hazmat_sign_with_nonce(&bytes(&(e + small(5))), &bytes(&k));
            let raw = signature.expect("another digest, and s is not zero").to_bytes();
            assert!(verdict(key.public_key(), &bytes(&(e + small(5))), &raw));
        }
    }
}

/// `n + a`, `n − a` and `2^256 + a` for a number below 2^32.
fn others(a: u64) -> [Vec<u8>; 3] {
    let (less, more) = (plus(N, -(a as i64)), plus(N, a as i64));
    let mut wide = [vec![1], vec![0; 24], a.to_be_bytes().to_vec()].concat();
    wide.truncate(33);
    [more.to_vec(), less.to_vec(), wide]
}

#[test]
fn r_and_s_are_numbers_in_one_range_and_have_no_other_names() {
    // So small that n more still has 32 bytes.
    for (r, s) in [(5, 1 << 30), (1 << 30, 5), (1, 1), (u64::from(u32::MAX), 3)] {
        for d in keys() {
            let made = Made::new(base(&d), small(r), small(s));
            let (raw, key, e) = (made.raw(), made.key(), bytes(&made.e));
            assert!(made.verdict());
            let [r_bytes, s_bytes] = [raw[..32].to_vec(), raw[32..].to_vec()];
            let zero = vec![0; 32];
            let n = unhex(N);
            let bad_r = others(r).into_iter().chain([zero.clone(), n.clone()]).map(|r| (r, s_bytes.clone()));
            let bad_s = others(s).into_iter().chain([zero, n]).map(|s| (r_bytes.clone(), s));
            for (r, s) in bad_r.chain(bad_s) {
                if let Ok(raw) = [&r[..], &s].concat().try_into() {
                    assert!(!verdict(&key, &e, &raw), "{r:02x?} {s:02x?}");
                }
                let sequence = der(0x30, &[integer(&r), integer(&s)].concat());
                let read = Signature::from_der(&sequence);
                assert!(read.is_err() || key.verify_digest(&e, &read.unwrap()).is_err(), "{r:02x?} {s:02x?}");
            }
            // r − n, which is negative, and the same bytes without a sign.
            let negative = der(0x02, &[&[0xff], &more(bytes(&-small(r)).map(|byte| !byte), 1)[..]].concat());
            let unsigned = der(0x02, &others(r)[1]);
            for bad in [negative, unsigned] {
                assert!(Signature::from_der(&der(0x30, &[bad, integer(&s_bytes)].concat())).is_err());
            }
        }
    }
}

#[test]
fn every_truncation_of_a_signature_is_refused() {
    let key = PrivateKey::random(&mut rng(47));
    for round in 0..20 {
        let signature = key.sign(b"id", &[round], &mut rng(round)).unwrap();
        let (der, len) = signature.to_der();
        for cut in 0..len {
            assert!(Signature::from_der(&der[..cut]).is_err());
        }
        for size in (0..64).chain(65..130) {
            let bytes: Vec<u8> = signature.to_bytes().into_iter().cycle().take(size).collect();
            assert!(Signature::try_from(&bytes[..]).is_err());
        }
    }
}

#[test]
fn a_user_id_of_8191_bytes_is_the_longest_on_every_path() {
    let key = PrivateKey::random(&mut rng(48));
    let (public, longest) = (key.public_key(), vec![b'x'; MAX_USER_ID]);
    let longer = vec![b'x'; MAX_USER_ID + 1];
    let signature = key.sign(&longest, b"text", &mut rng(49)).unwrap();
    let (small, full) = (PreparedPublicKey::new(public), PreparedPublicKey::full(public));
    let verdicts = |id: &[u8]| {
        [
            public.verify(id, b"text", &signature).is_ok(),
            small.verify(id, b"text", &signature).is_ok(),
            full.verify(id, b"text", &signature).is_ok(),
            verify_batch(&[(public, id, b"text", &signature)])[0].is_ok(),
            MessageDigest::new(public, id).is_ok(),
            public.za(id).is_ok(),
            Exchange::new(Role::Initiator, (&key, id), &key, (public, b""), public).is_ok(),
            Exchange::new(Role::Initiator, (&key, b""), &key, (public, id), public).is_ok(),
        ]
    };
    assert_eq!(verdicts(&longest), [true; 8]);
    assert_eq!(verdicts(&longer), [false; 8]);
    assert_eq!(public.za(&longer).unwrap_err().kind(), Kind::Invalid);
    // Where 16 bits of length would wrap, 8,192 bytes would be none.
    assert!(public.verify(b"", b"text", &signature).is_err());
}
