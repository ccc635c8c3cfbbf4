//! `prepare(P) → P'`: a public key with tables of its multiples, for whoever verifies or encrypts with it again and again.
//!
//! Knows nothing that the key does not: the tables are made of the public point, and every answer is the key's own.

#[cfg(feature = "alloc")]
use alloc::{boxed::Box, vec::Vec};
use core::fmt;

#[cfg(feature = "alloc")]
use rand_core::CryptoRng;

#[cfg(feature = "alloc")]
use super::{Encoding, comb, encrypt};
use super::{
    MessageDigest, PublicKey, Signature,
    curve::{self, Multiples},
    split,
};
use crate::error::{Error, Rejected, Result};

/// A public key prepared for use again and again (预计算公钥).
///
/// The small table takes 2 KiB and about as long as one verification; it pays from the second use on. The full one takes
/// 86 KiB and about ten verifications, and makes each of them several times faster.
///
/// ```
/// use miyao::algo::sm2::{DEFAULT_USER_ID, PreparedPublicKey, PrivateKey};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let key = PrivateKey::random(&mut rng);
/// let prepared = PreparedPublicKey::new(key.public_key());
/// for message in [b"one", b"two"] {
///     let signature = key.sign(DEFAULT_USER_ID, message, &mut rng)?;
///     prepared.verify(DEFAULT_USER_ID, message, &signature)?;
/// }
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone)]
pub struct PreparedPublicKey {
    key: PublicKey,
    table: Table,
}

#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "the small table needs no allocator")]
enum Table {
    Small(split::Table),
    #[cfg(feature = "alloc")]
    Full(Box<comb::Table>),
}

impl PreparedPublicKey {
    /// With the small table: 2 KiB.
    #[must_use]
    pub fn new(key: &PublicKey) -> Self {
        Self { key: key.clone(), table: Table::Small(curve::parts(key.point())) }
    }

    /// With the full table: 86 KiB.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn full(key: &PublicKey) -> Self {
        Self { key: key.clone(), table: Table::Full(curve::windows(key.point())) }
    }

    /// The key itself.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The bytes that its tables take.
    #[cfg(test)]
    pub(crate) fn table_len(&self) -> usize {
        match &self.table {
            Table::Small(table) => size_of_val(table),
            #[cfg(feature = "alloc")]
            Table::Full(table) => size_of_val(&**table),
        }
    }

    /// Verifies a signature of a message, as [`PublicKey::verify`].
    ///
    /// # Errors
    /// [`Rejected`] for another key, user id, message or signature.
    pub fn verify(&self, user_id: &[u8], message: &[u8], signature: &Signature) -> Result<(), Rejected> {
        let mut digest = MessageDigest::new(&self.key, user_id).map_err(|_: Error| Rejected)?;
        digest.update(message);
        self.verify_digest(&digest.finalize(), signature)
    }

    /// Verifies a signature of `e`, the digest of [`MessageDigest`].
    ///
    /// # Errors
    /// [`Rejected`] for another key, digest or signature.
    pub fn verify_digest(&self, e: &[u8; 32], signature: &Signature) -> Result<(), Rejected> {
        signature.verify_with(e, self.multiples())
    }

    /// Encrypts 1 byte to 2^30 bytes, as [`PublicKey::encrypt`].
    ///
    /// # Errors
    /// [`Invalid`](crate::Kind::Invalid) for an empty plaintext, [`TooLarge`](crate::Kind::TooLarge) past 2^30 bytes.
    #[cfg(feature = "alloc")]
    pub fn encrypt(
        &self,
        plaintext: &[u8],
        encoding: Encoding,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>> {
        encrypt::encrypt(self.multiples(), plaintext, encoding, rng)
    }

    /// One round of GB/T 32918.4 §6.1 with this `k`, as the key's own.
    #[cfg(feature = "alloc")]
    #[doc(hidden)]
    #[must_use]
    pub fn hazmat_encrypt_with_nonce(
        &self,
        plaintext: &[u8],
        encoding: Encoding,
        k: &[u8; 32],
    ) -> Option<Vec<u8>> {
        encrypt::encrypt_with_nonce(self.multiples(), plaintext, encoding, k)
    }

    const fn multiples(&self) -> Multiples<'_> {
        match &self.table {
            Table::Small(table) => Multiples::Parts(table),
            #[cfg(feature = "alloc")]
            Table::Full(table) => Multiples::Windows(table),
        }
    }
}

impl fmt::Debug for PreparedPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared{:?}", self.key)
    }
}
