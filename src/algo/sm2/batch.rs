//! Many signatures, verifications and keys in one call: `sign_batch`, `verify_batch`, `PrivateKey::random_batch`.
//!
//! Every item has an outcome of its own, the one that the call for it alone would have had; nothing else shows which items
//! went together. Hashes and products go side by side in as many lanes as the processor has.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroize;

use super::{
    PrivateKey, PublicKey, Signature, curve,
    keys::private,
    point::Affine,
    scalar::Scalar,
    sign::{Claim, first_nonces},
};
use crate::{
    algo::sm3::{self, Backend, Sm3},
    error::{Rejected, Result},
    secret::Secret,
};

/// How many draw their randomness together.
const DRAWN: usize = 8;

/// Signs each message, `(key, user id, message)`, as [`PrivateKey::sign`] does; the outcomes are in the order of the items.
///
/// Keys may be different or the same. It pays to give eight or more at once.
///
/// ```
/// use miyao::algo::sm2::{DEFAULT_USER_ID, PrivateKey, sign_batch, verify_batch};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let keys = PrivateKey::random_batch(2, &mut rng);
/// let items = [(&keys[0], DEFAULT_USER_ID, &b"one"[..]), (&keys[1], DEFAULT_USER_ID, b"two")];
/// let signatures = sign_batch(&items, &mut rng).into_iter().collect::<Result<Vec<_>, _>>()?;
/// let signed = |at: usize| (keys[at].public_key(), items[at].1, items[at].2, &signatures[at]);
/// assert!(verify_batch(&[signed(0), signed(1)]).iter().all(Result::is_ok));
/// # Ok::<(), miyao::Error>(())
/// ```
///
/// # Errors
/// An item's is [`Invalid`](crate::Kind::Invalid) for a user id of more than 8,191 bytes.
#[must_use]
pub fn sign_batch(
    items: &[(&PrivateKey, &[u8], &[u8])],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<Result<Signature>> {
    let digests = digests(items.iter().map(|(key, user_id, message)| (key.public_key(), *user_id, *message)));
    let known = items.iter().zip(&digests);
    let known: Vec<_> = known.filter_map(|((key, ..), e)| Some((*key, e.as_ref().ok()?))).collect();
    let mut signatures = sign_digest_batch(&known, rng).into_iter();
    let mut outcomes = Vec::with_capacity(items.len());
    for ((key, ..), digest) in items.iter().zip(digests) {
        // There is a signature for each digest.
        outcomes.push(digest.map(|e| signatures.next().unwrap_or_else(|| key.sign_digest(&e, rng))));
    }
    outcomes
}

/// Signs each digest, `(key, e)`, as [`PrivateKey::sign_digest`] does; the signatures are in the order of the items.
#[must_use]
pub fn sign_digest_batch(
    items: &[(&PrivateKey, &[u8; 32])],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<Signature> {
    let mut signatures = Vec::with_capacity(items.len());
    for items in items.chunks(DRAWN) {
        let fresh = Secret::<{ 32 * DRAWN }>::random(rng);
        let mut nonces = first_nonces(items, fresh.expose().as_chunks().0);
        let mut xs = curve::base_x_each(&nonces);
        for (((key, e), k), x1) in items.iter().zip(&nonces).zip(&xs) {
            // Where the standard says to draw another, the scalar way does.
            signatures.push(key.sign_with_x(e, k, x1).unwrap_or_else(|| key.sign_digest(e, rng)));
        }
        nonces.iter_mut().for_each(Zeroize::zeroize);
        xs.as_flattened_mut().zeroize();
    }
    signatures
}

/// Verifies each message, `(key, user id, message, signature)`, as [`PublicKey::verify`] does; the outcomes are in the order
/// of the items, and one that is refused says nothing about the others.
///
/// # Errors
/// An item's is [`Rejected`] for another key, user id, message or signature.
#[must_use]
pub fn verify_batch(items: &[(&PublicKey, &[u8], &[u8], &Signature)]) -> Vec<Result<(), Rejected>> {
    let digests = digests(items.iter().map(|(key, user_id, message, _)| (*key, *user_id, *message)));
    let claims = items.iter().zip(&digests).map(|((key, _, _, signature), digest)| {
        let claim = signature.claim(digest.as_ref().map_err(|_| Rejected)?)?;
        Ok((claim, key.point()))
    });
    verify_each(&claims.collect::<Vec<_>>())
}

/// Verifies each digest, `(key, e, signature)`, as [`PublicKey::verify_digest`] does; the outcomes are in the order of the
/// items, and one that is refused says nothing about the others.
///
/// # Errors
/// An item's is [`Rejected`] for another key, digest or signature.
#[must_use]
pub fn verify_digest_batch(items: &[(&PublicKey, &[u8; 32], &Signature)]) -> Vec<Result<(), Rejected>> {
    let claims = items.iter().map(|(key, e, signature)| Ok((signature.claim(e)?, key.point())));
    verify_each(&claims.collect::<Vec<_>>())
}

impl PrivateKey {
    /// Fresh keys, each as [`PrivateKey::random`] makes one.
    #[must_use]
    pub fn random_batch(count: usize, rng: &mut (impl CryptoRng + ?Sized)) -> Vec<Self> {
        let mut keys = Vec::with_capacity(count);
        while keys.len() < count {
            let fresh = Secret::<{ 32 * DRAWN }>::random(rng);
            let wanted = fresh.expose().as_chunks().0.iter().take(count - keys.len());
            // Out of range with probability 2^-32: another draw, as the standard says.
            // With room for all: a vector that grows leaves copies behind.
            let mut scalars: Vec<Scalar> = Vec::with_capacity(DRAWN);
            scalars.extend(wanted.filter_map(|bytes| private(bytes).ok()));
            let points = curve::base_each(&scalars);
            keys.extend(scalars.iter().zip(points).map(|(scalar, point)| Self::from_pair(*scalar, point)));
            scalars.iter_mut().for_each(Zeroize::zeroize);
        }
        keys
    }
}

/// The digest of each message, `(signer, user id, message)`.
fn digests<'a>(items: impl Iterator<Item = (&'a PublicKey, &'a [u8], &'a [u8])>) -> Vec<Result<[u8; 32]>> {
    let items: Vec<_> = items.collect();
    let (mut inputs, mut places, mut digests) = (Vec::new(), Vec::new(), Vec::new());
    for (place, (key, user_id, _)) in items.iter().enumerate() {
        digests.push(match key.kept_za(user_id) {
            Some(za) => Ok(za),
            None => key.za_input(user_id).map(|input| {
                inputs.push(input);
                places.push(place);
                [0; 32]
            }),
        });
    }
    let made = sm3::digest_many(&inputs.iter().map(Vec::as_slice).collect::<Vec<_>>());
    for (place, za) in places.into_iter().zip(made) {
        let (key, user_id, _) = items[place];
        key.keep_za(user_id, &za);
        digests[place] = Ok(za);
    }
    let begun = digests.iter().zip(&items).filter_map(|(za, (_, _, message))| {
        let mut hash = Sm3::new();
        hash.update(za.as_ref().ok()?);
        Some((hash, *message))
    });
    let (begun, mut known): (Vec<_>, Vec<_>) = (begun.collect(), digests.iter_mut().flatten().collect());
    sm3::finish_each(Backend::best(), begun, |place, digest| *known[place] = digest);
    digests
}

/// The outcome of each claim that the signature and its digest made, together with the point of the key.
fn verify_each(claims: &[Result<(Claim, &Affine), Rejected>]) -> Vec<Result<(), Rejected>> {
    let known: Vec<_> = claims.iter().flatten().copied().collect();
    let mut hold = curve::vartime_claims(&known).into_iter();
    let mut outcome = || if hold.next() == Some(true) { Ok(()) } else { Err(Rejected) };
    claims.iter().map(|claim| if claim.is_ok() { outcome() } else { Err(Rejected) }).collect()
}
