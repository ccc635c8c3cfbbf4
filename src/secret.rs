//! Bytes that are wiped when dropped, never printed, and compared in constant time.
//!
//! Knows nothing of what the bytes are for. `expose` is the only door to them, so an auditor greps one word.

mod taint;

#[cfg(feature = "alloc")]
use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub(crate) use taint::{barrier, reveal};
#[doc(hidden)]
pub use taint::{is_watched, mark, reports, unmark};

/// `N` secret bytes (敏感数据): wiped on drop, unprintable, compared in constant time; neither `Clone` nor `Deref`.
///
/// ```
/// use miyao::Secret;
/// let mut source = [7u8; 16];
/// let key = Secret::take(&mut source);
/// assert_eq!(source, [0; 16]);
/// assert_eq!(format!("{key:?}"), "Secret<16>");
/// ```
pub struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Secret<N> {
    /// Takes the bytes and wipes where they came from.
    pub fn take(source: &mut [u8; N]) -> Self {
        let secret = Self(*source);
        source.zeroize();
        secret
    }

    /// Builds the secret in place.
    pub fn build(fill: impl FnOnce(&mut [u8; N])) -> Self {
        let mut secret = Self([0; N]);
        fill(&mut secret.0);
        secret
    }

    /// Builds the secret in place; what was written is wiped when `fill` fails.
    ///
    /// # Errors
    /// Whatever `fill` returns.
    pub fn try_build<E>(fill: impl FnOnce(&mut [u8; N]) -> Result<(), E>) -> Result<Self, E> {
        let mut secret = Self([0; N]);
        fill(&mut secret.0)?;
        Ok(secret)
    }

    /// `N` fresh random bytes.
    pub fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self::build(|bytes| rng.fill_bytes(bytes))
    }

    /// The bytes. Every call is a place to look at twice.
    #[must_use]
    pub const fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> ConstantTimeEq for Secret<N> {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret<{N}>")
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> ZeroizeOnDrop for Secret<N> {}

/// Secret bytes of any length: a passphrase, a plaintext, an encoded private key. Same rules as [`Secret`].
#[cfg(feature = "alloc")]
pub struct SecretBytes(Box<[u8]>);

#[cfg(feature = "alloc")]
impl SecretBytes {
    /// Takes the buffer; whatever capacity it had beyond its length is wiped too.
    #[must_use]
    pub fn take(mut source: Vec<u8>) -> Self {
        if source.len() == source.capacity() {
            return Self(source.into_boxed_slice());
        }
        let bytes = source.as_slice().into();
        source.zeroize();
        Self(bytes)
    }

    /// The bytes. Every call is a place to look at twice.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(feature = "alloc")]
impl ConstantTimeEq for SecretBytes {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

#[cfg(feature = "alloc")]
impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes")
    }
}

#[cfg(feature = "alloc")]
impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(feature = "alloc")]
impl ZeroizeOnDrop for SecretBytes {}
