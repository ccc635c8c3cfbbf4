//! Recipients that need no key store: an SM2 public key, a passphrase.
//!
//! Knows the entries of types 2 and 3. KMS keys implement the same two traits elsewhere.

use alloc::vec::Vec;
use core::{fmt, num::NonZeroU32};

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{Entry, FileKey, HeaderDigest, Unwrap, Wrap, entry::ITERATIONS};
use crate::{
    algo::{
        pbkdf2,
        sm2::{Encoding, PreparedPublicKey, PrivateKey, PublicKey},
        sm3,
        wrap::{self, Wrapped},
    },
    error::{Error, Kind, Rejected, Result},
    label,
    secret::{Secret, SecretBytes, reveal},
};

/// A message to the holder of an SM2 private key.
impl Wrap for PublicKey {
    fn wrap(&self, file_key: &FileKey, header: &HeaderDigest, rng: &mut dyn CryptoRng) -> Result<Entry> {
        let (key, plaintext) = for_sm2(self, file_key, header);
        Ok(Entry::Sm2 { key, ciphertext: self.encrypt(plaintext.expose(), Encoding::Der, rng)? })
    }
}

/// The same, for a holder who gets many.
impl Wrap for PreparedPublicKey {
    fn wrap(&self, file_key: &FileKey, header: &HeaderDigest, rng: &mut dyn CryptoRng) -> Result<Entry> {
        let (key, plaintext) = for_sm2(self.public_key(), file_key, header);
        Ok(Entry::Sm2 { key, ciphertext: self.encrypt(plaintext.expose(), Encoding::Der, rng)? })
    }
}

/// The key identifier of the holder, and what is encrypted (M53).
fn for_sm2(holder: &PublicKey, file_key: &FileKey, header: &HeaderDigest) -> ([u8; 32], Secret<64>) {
    let key = holder.key_identifier();
    let plaintext = Secret::build(|out| {
        out[..32].copy_from_slice(file_key.expose());
        out[32..].copy_from_slice(&binding(&key, header));
    });
    (key, plaintext)
}

impl Unwrap for PrivateKey {
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<Result<FileKey>> {
        let Entry::Sm2 { key, ciphertext } = entry else { return None };
        (*key == self.public_key().key_identifier()).then(|| {
            let text = self.decrypt(ciphertext, Encoding::Der)?;
            Ok(bound_to(key, &text, header)?)
        })
    }
}

/// Opens the entry of an SM2 public key whose private half decrypts elsewhere, from DER.
///
/// # Errors
/// [`Rejected`] for another header, altered bytes or an entry of another type; whatever `decrypt` returns.
pub fn sm2_unwrap(
    entry: &Entry,
    header: &HeaderDigest,
    decrypt: impl FnOnce(&[u8]) -> Result<SecretBytes>,
) -> Result<FileKey> {
    let Entry::Sm2 { key, ciphertext } = entry else { return Err(Rejected.into()) };
    Ok(bound_to(key, &decrypt(ciphertext)?, header)?)
}

/// The file key, if what was encrypted is bound to the holder and the header.
fn bound_to(key: &[u8; 32], text: &SecretBytes, header: &HeaderDigest) -> Result<FileKey, Rejected> {
    let (file_key, bound) = text.expose().split_at_checked(32).ok_or(Rejected)?;
    if !reveal(bound.ct_eq(&binding(key, header))) {
        return Err(Rejected);
    }
    Secret::try_build(|out| {
        out.copy_from_slice(file_key);
        Ok(())
    })
}

/// `SM3(02 ‖ key identifier ‖ SM3(H))` (M53).
fn binding(key: &[u8; 32], header: &HeaderDigest) -> [u8; 32] {
    sm3::digest_parts(&[&[2], key, &header.0])
}

/// A message to whoever knows a passphrase.
pub struct Passphrase {
    bytes: SecretBytes,
    iterations: NonZeroU32,
}

impl Passphrase {
    /// A passphrase of at least one byte, with the default cost of 600,000 iterations of PBKDF2-HMAC-SM3; an empty one is refused when it is used.
    #[must_use]
    pub fn new(bytes: SecretBytes) -> Self {
        Self { bytes, iterations: NonZeroU32::MIN.saturating_add(*ITERATIONS.start() - 1) }
    }

    /// With another cost for new messages.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) outside 600,000 to 10,000,000.
    pub fn iterations(mut self, iterations: u32) -> Result<Self> {
        self.iterations = NonZeroU32::new(iterations)
            .filter(|iterations| ITERATIONS.contains(&iterations.get()))
            .ok_or(Error::new(Kind::Invalid, "PBKDF2 takes 600,000 to 10,000,000 iterations here"))?;
        Ok(self)
    }

    fn secret(&self, iterations: NonZeroU32, salt: &[u8; 16]) -> Result<Secret<32>> {
        if self.bytes.is_empty() {
            return Err(Error::new(Kind::Invalid, "the passphrase is empty; give one"));
        }
        Secret::try_build(|out| pbkdf2::derive(self.bytes.expose(), salt, iterations, out))
    }
}

impl Wrap for Passphrase {
    fn wrap(&self, file_key: &FileKey, header: &HeaderDigest, rng: &mut dyn CryptoRng) -> Result<Entry> {
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        let secret = self.secret(self.iterations, &salt)?;
        let iterations = self.iterations.get();
        let prefix = Entry::Passphrase { iterations, salt, wrapped: [0; 32], tag: [0; 32] }.prefix();
        let made = wrap::wrap_with_salt(&secret, label::WRAP, &salt, &[&prefix, &header.0], file_key)?;
        Ok(Entry::Passphrase { iterations, salt, wrapped: made.key, tag: made.tag })
    }
}

impl Unwrap for Passphrase {
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<Result<FileKey>> {
        let Entry::Passphrase { iterations, salt, wrapped, tag } = entry else { return None };
        let prefix: Vec<u8> = entry.prefix();
        let open = || {
            let iterations = NonZeroU32::new(*iterations).ok_or(Rejected)?;
            let wrapped = Wrapped { salt: *salt, key: *wrapped, tag: *tag };
            let secret = self.secret(iterations, salt)?;
            Ok(wrap::unwrap(&secret, label::WRAP, &[&prefix, &header.0], &wrapped)?)
        };
        Some(open())
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase")
    }
}
