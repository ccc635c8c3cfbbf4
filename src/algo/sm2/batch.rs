//! Many signatures, verifications and keys in one call: `sign_batch`, `verify_batch`, `PrivateKey::random_batch`.
//!
//! Every item has an outcome of its own, the one that the call for it alone would have had; nothing else shows which items
//! went together.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::{PrivateKey, PublicKey, Signature};
use crate::error::{Rejected, Result};

/// Signs each message, `(key, user id, message)`, as [`PrivateKey::sign`] does; the outcomes are in the order of the items.
///
/// Keys may be different or the same.
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
pub fn sign_batch(
    items: &[(&PrivateKey, &[u8], &[u8])],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<Result<Signature>> {
    items.iter().map(|(key, user_id, message)| key.sign(user_id, message, rng)).collect()
}

/// Signs each digest, `(key, e)`, as [`PrivateKey::sign_digest`] does; the signatures are in the order of the items.
#[must_use]
pub fn sign_digest_batch(
    items: &[(&PrivateKey, &[u8; 32])],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<Signature> {
    items.iter().map(|(key, e)| key.sign_digest(e, rng)).collect()
}

/// Verifies each message, `(key, user id, message, signature)`, as [`PublicKey::verify`] does; the outcomes are in the order
/// of the items, and one that is refused says nothing about the others.
///
/// # Errors
/// An item's is [`Rejected`] for another key, user id, message or signature.
#[must_use]
pub fn verify_batch(items: &[(&PublicKey, &[u8], &[u8], &Signature)]) -> Vec<Result<(), Rejected>> {
    items.iter().map(|(key, user_id, message, signature)| key.verify(user_id, message, signature)).collect()
}

/// Verifies each digest, `(key, e, signature)`, as [`PublicKey::verify_digest`] does; the outcomes are in the order of the
/// items, and one that is refused says nothing about the others.
///
/// # Errors
/// An item's is [`Rejected`] for another key, digest or signature.
#[must_use]
pub fn verify_digest_batch(items: &[(&PublicKey, &[u8; 32], &Signature)]) -> Vec<Result<(), Rejected>> {
    items.iter().map(|(key, e, signature)| key.verify_digest(e, signature)).collect()
}

impl PrivateKey {
    /// Fresh keys, each as [`PrivateKey::random`] makes one.
    pub fn random_batch(count: usize, rng: &mut (impl CryptoRng + ?Sized)) -> Vec<Self> {
        (0..count).map(|_| Self::random(rng)).collect()
    }
}
