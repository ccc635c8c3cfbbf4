//! Batches against the calls for one: every outcome is the same, in every lane, whatever stands beside it.

use miyao::{
    Kind, Rejected,
    algo::sm2::{
        DEFAULT_USER_ID, MAX_USER_ID, MessageDigest, PrivateKey, PublicKey, Signature, sign_batch,
        sign_digest_batch, verify_batch, verify_digest_batch,
    },
};
use sm2::{
    AffinePoint, FieldBytes, ProjectivePoint, Scalar,
    elliptic_curve::{
        Group, PrimeField,
        ops::Reduce,
        point::{AffineCoordinates, DecompressPoint},
        subtle::Choice,
    },
};

use super::{negatives::plus, rng};

/// Around what lanes take at once.
const COUNTS: [usize; 10] = [0, 1, 2, 3, 7, 8, 9, 15, 16, 19];

fn id(at: usize) -> Vec<u8> {
    if at.is_multiple_of(3) { DEFAULT_USER_ID.to_vec() } else { vec![at as u8; 41 * at] }
}

fn message(at: usize) -> Vec<u8> {
    (0..at * at * 7).map(|byte| (byte * at) as u8).collect()
}

#[test]
fn keys_of_a_batch_are_keys() {
    let mut rng = rng(1);
    for count in COUNTS {
        let keys = PrivateKey::random_batch(count, &mut rng);
        assert_eq!(keys.len(), count);
        for key in &keys {
            let same = PrivateKey::from_bytes(key.expose().expose()).unwrap();
            assert_eq!(same.public_key(), key.public_key());
            assert_eq!(same.public_key().to_bytes(), key.public_key().to_bytes());
            assert_eq!(PublicKey::from_bytes(&key.public_key().to_bytes()).unwrap(), *key.public_key());
        }
        for (at, key) in keys.iter().enumerate() {
            assert!(keys[..at].iter().all(|other| other.public_key() != key.public_key()));
        }
    }
}

#[test]
fn signatures_of_a_batch_are_verified_and_one_that_was_changed_is_the_only_one_refused() {
    let mut rng = rng(2);
    for count in COUNTS {
        let keys = PrivateKey::random_batch(count, &mut rng);
        let texts: Vec<_> = (0..count).map(|at| (id(at), message(at))).collect();
        let items: Vec<_> =
            keys.iter().zip(&texts).map(|(key, (id, text))| (key, &id[..], &text[..])).collect();
        let signatures: Vec<_> = sign_batch(&items, &mut rng).into_iter().map(Result::unwrap).collect();
        let good: Vec<_> = items
            .iter()
            .zip(&signatures)
            .map(|((key, id, text), signature)| (key.public_key(), *id, *text, signature))
            .collect();
        assert_eq!(verify_batch(&good), vec![Ok(()); count]);
        for (key, id, text, signature) in &good {
            key.verify(id, text, signature).unwrap();
        }
        let other = PrivateKey::random(&mut rng);
        for at in 0..count {
            let (key, id, text, signature) = good[at];
            let (mut raw, changed) = (signature.to_bytes(), [text, b"!"].concat());
            raw[63] ^= 1;
            let forged = Signature::from_bytes(&raw).unwrap();
            for bad in [
                (key, id, text, &forged),
                (key, id, &changed[..], signature),
                (key, b"other", text, signature),
                (other.public_key(), id, text, signature),
                (key, &[0; MAX_USER_ID + 1], text, signature),
            ] {
                let mut items = good.clone();
                items[at] = bad;
                let outcome = |lane| if lane == at { Err(Rejected) } else { Ok(()) };
                let expected: Vec<_> = (0..count).map(outcome).collect();
                assert_eq!(verify_batch(&items), expected, "{at} of {count}");
            }
        }
    }
}

#[test]
fn digests_of_a_batch_are_signed_as_messages_are() {
    let mut rng = rng(3);
    let key = PrivateKey::random(&mut rng);
    for count in COUNTS {
        let digests: Vec<_> = (0..count)
            .map(|at| {
                let mut digest = MessageDigest::new(key.public_key(), &id(at)).unwrap();
                digest.update(&message(at));
                digest.finalize()
            })
            .collect();
        let signatures = sign_digest_batch(&digests.iter().map(|e| (&key, e)).collect::<Vec<_>>(), &mut rng);
        let items: Vec<_> =
            digests.iter().zip(&signatures).map(|(e, signature)| (key.public_key(), e, signature)).collect();
        assert_eq!(verify_digest_batch(&items), vec![Ok(()); count]);
        for (at, signature) in signatures.iter().enumerate() {
            key.public_key().verify(&id(at), &message(at), signature).unwrap();
            assert!(!signatures[..at].contains(signature));
        }
        for at in 0..count {
            let mut other = digests[at];
            other[7] ^= 16;
            let mut changed = items.clone();
            changed[at].1 = &other;
            let found = verify_digest_batch(&changed);
            assert!((0..count).all(|lane| found[lane].is_ok() == (lane != at)), "{at} of {count}");
        }
    }
}

#[test]
fn a_user_id_that_is_too_long_is_refused_alone() {
    let mut rng = rng(4);
    let keys = PrivateKey::random_batch(9, &mut rng);
    let (longest, longer) = (vec![7; MAX_USER_ID], vec![7; MAX_USER_ID + 1]);
    for bad in 0..keys.len() {
        let id = |at| if at == bad { &longer[..] } else { &longest[..] };
        let items: Vec<_> = keys.iter().enumerate().map(|(at, key)| (key, id(at), &b"text"[..])).collect();
        for (at, outcome) in sign_batch(&items, &mut rng).into_iter().enumerate() {
            match outcome {
                Ok(signature) => keys[at].public_key().verify(&longest, b"text", &signature).unwrap(),
                Err(error) => assert_eq!((at, error.kind()), (bad, Kind::Invalid)),
            }
        }
    }
}

fn scalar(bytes: [u8; 32]) -> Scalar {
    Scalar::reduce(&FieldBytes::from(bytes))
}

/// A key under which `(r, s)` with `s` and `t = r + s` is a signature of the returned digest if R is the point that is meant
/// to be found: `P = t^-1 (R − sG)`.
fn made_for(point: ProjectivePoint, x1: Scalar, s: Scalar, t: Scalar) -> (PublicKey, [u8; 32], Signature) {
    let (r, inverse) = (t - s, t.invert().unwrap());
    let key = ((point - ProjectivePoint::mul_by_generator(&s)) * inverse).to_affine();
    let bytes = [&[4], &key.x()[..], &key.y()[..]].concat();
    let raw: [u8; 64] = [r.to_repr(), s.to_repr()].concat().try_into().unwrap();
    let key = PublicKey::from_bytes(&bytes).unwrap();
    (key, (r - x1).to_repr().into(), Signature::from_bytes(&raw).unwrap())
}

#[test]
fn what_is_rare_is_found_in_every_lane() {
    let mut rng = rng(5);
    let (s, t) = (scalar([0x35; 32]), scalar([0x71; 32]));
    let at_x = |x: [u8; 32]| {
        let point = Option::<AffinePoint>::from(AffinePoint::decompress(&x.into(), Choice::from(0)))?;
        Some(made_for(point.into(), scalar(x), s, t))
    };
    let n = super::negatives::N;
    // x1 ≥ n, of which only the remainder shows; x1 = 0; sG = tP; digits where a sum over P has an exception.
    let mut rare: Vec<_> = (0..40).filter_map(|small| at_x(plus(n, small))).take(3).collect();
    assert_eq!(rare.len(), 3);
    rare.push(at_x([0; 32]).unwrap());
    let double = ProjectivePoint::mul_by_generator(&(s + s));
    rare.push(made_for(double, scalar(double.to_affine().x().into()), s, t));
    for t in [6u64, 1, 2, 32].map(Scalar::from).into_iter().flat_map(|t| [t, -t]) {
        let point = ProjectivePoint::mul_by_generator(&scalar([0x19; 32]));
        rare.push(made_for(point, scalar(point.to_affine().x().into()), s, t));
    }
    // [s]G = −[t]P: there is no x1, not even 0; nor where r + s = 0.
    let mut refused = vec![made_for(ProjectivePoint::IDENTITY, Scalar::ZERO, s, t)];
    let (key, e, _) = rare[0].clone();
    let raw: [u8; 64] = [(-s).to_repr(), s.to_repr()].concat().try_into().unwrap();
    refused.push((key, e, Signature::from_bytes(&raw).unwrap()));
    for (key, e, signature) in &rare {
        key.verify_digest(e, signature).unwrap();
    }
    for (key, e, signature) in &refused {
        assert!(key.verify_digest(e, signature).is_err());
    }
    let common = PrivateKey::random(&mut rng);
    let signature = common.sign_digest(&[3; 32], &mut rng);
    for count in [1, 2, 8, 9] {
        for at in 0..count {
            for (good, cases) in [(true, &rare), (false, &refused)] {
                for (key, e, special) in cases {
                    let mut items = vec![(common.public_key(), &[3; 32], &signature); count];
                    items[at] = (key, e, special);
                    let found = verify_digest_batch(&items);
                    assert!((0..count).all(|lane| found[lane].is_ok() == (good || lane != at)), "{at}");
                }
            }
        }
    }
    // All of them together.
    let items: Vec<_> = rare.iter().chain(&refused).map(|(key, e, signature)| (key, e, signature)).collect();
    let found = verify_digest_batch(&items);
    assert!(found.iter().enumerate().all(|(at, outcome)| outcome.is_ok() == (at < rare.len())));
}
