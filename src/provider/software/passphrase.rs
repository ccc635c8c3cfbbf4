//! A root from a passphrase: `PBKDF2-HMAC-SM3(passphrase, salt, iterations, 32)` hides the master secret.
//!
//! Knows no terminal and no file; where the passphrase came from is the caller's business.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::num::NonZeroU32;

use rand_core::CryptoRng;

use super::wrapped;
use crate::{
    algo::pbkdf2,
    error::{Error, Kind, Result},
    provider::{
        Provider,
        seal::{SealKind, malformed},
    },
    secret::{Secret, SecretBytes},
};

/// A root key that a person remembers (口令). Opening costs as many iterations as sealing did.
///
/// ```
/// use miyao::{SecretBytes, provider::software::Passphrase};
/// let root = Passphrase::new(SecretBytes::take(b"correct horse battery staple".to_vec())).iterations(1_000_000)?;
/// assert!(Passphrase::new(SecretBytes::take(b"weak".to_vec())).iterations(1000).is_err());
/// # drop(root);
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Debug)]
pub struct Passphrase {
    bytes: SecretBytes,
    iterations: u32,
}

impl Passphrase {
    /// The least cost, and the default.
    pub const FLOOR: u32 = 600_000;
    /// The greatest cost: what a stored number may make an opener pay.
    pub const CEILING: u32 = 10_000_000;

    /// A passphrase of at least one byte at the least cost; an empty one is refused when it is used.
    #[must_use]
    pub const fn new(bytes: SecretBytes) -> Self {
        Self { bytes, iterations: Self::FLOOR }
    }

    /// Seals at this cost.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) below [`FLOOR`](Self::FLOOR) or above [`CEILING`](Self::CEILING).
    pub fn iterations(self, iterations: u32) -> Result<Self> {
        if !is_permitted(iterations) {
            return Err(Error::new(
                Kind::Invalid,
                "a passphrase costs 600,000 to 10,000,000 iterations; choose among them",
            ));
        }
        Ok(Self { iterations, ..self })
    }

    fn derive(&self, salt: &[u8; 16], iterations: u32) -> Result<Secret<32>> {
        if self.bytes.is_empty() {
            return Err(Error::new(Kind::Invalid, "the passphrase is empty; give one"));
        }
        let iterations = NonZeroU32::new(iterations).ok_or_else(malformed)?;
        Secret::try_build(|out| pbkdf2::derive(self.bytes.expose(), salt, iterations, out))
    }
}

impl Provider for Passphrase {
    fn describe(&self) -> String {
        "passphrase".to_owned()
    }

    fn seal(&self, master: &Secret<32>, binding: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>> {
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        let secret = self.derive(&salt, self.iterations)?;
        super::seal(&secret, &header(self.iterations), &salt, binding, master)
    }

    fn open(&self, sealed: &[u8], binding: &[u8]) -> Result<Secret<32>> {
        let rest = SealKind::Passphrase.strip(sealed)?;
        let (iterations, rest) = rest.split_first_chunk().ok_or_else(malformed)?;
        let (iterations, wrapped) = (u32::from_be_bytes(*iterations), wrapped(rest)?);
        // An altered number must not buy work, nor weaken the next seal.
        if !is_permitted(iterations) {
            return Err(malformed());
        }
        let secret = self.derive(&wrapped.salt, iterations)?;
        super::open(&secret, &header(iterations), &wrapped, binding)
    }
}

const fn is_permitted(iterations: u32) -> bool {
    Passphrase::FLOOR <= iterations && iterations <= Passphrase::CEILING
}

fn header(iterations: u32) -> [u8; 5] {
    let mut header = [SealKind::Passphrase as u8; 5];
    header[1..].copy_from_slice(&iterations.to_be_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The costly step is left out: whatever the passphrase gives, an altered byte fails.
    #[test]
    fn every_flipped_bit_is_refused_whatever_the_passphrase_gave() {
        let (secret, master) = (Secret::take(&mut [3; 32]), Secret::take(&mut [5; 32]));
        let sealed = super::super::seal(&secret, &header(600_000), &[7; 16], b"store", &master).unwrap();
        let open = |sealed: &[u8]| {
            let (header, rest) = sealed.split_at(5);
            super::super::open(&secret, header, &wrapped(rest)?, b"store")
        };
        assert_eq!(open(&sealed).unwrap().expose(), master.expose());
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&altered).unwrap_err().kind(), Kind::Rejected, "bit {bit}");
        }
    }
}
