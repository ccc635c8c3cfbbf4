//! `PBES2[passphrase](private key)`: EncryptedPrivateKeyInfo (RFC 5958 §3) by PBKDF2 and a cipher in CBC (RFC 8018 §6.2, GM/T 0091-2020).
//!
//! Knows no file and no terminal. Whatever fails after the key was derived is one error: passphrase, padding and
//! content are not told apart.

mod cipher;
mod parameters;

use alloc::{string::String, vec::Vec};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use self::parameters::Parameters;
pub use self::{cipher::Cipher, parameters::Derivation};
use super::der::{OCTET_STRING, Reader, SEQUENCE, element};
use crate::{
    algo::{
        mode::{cbc, padding},
        sm2::{
            PrivateKey,
            encoding::{armor, unarmor},
        },
        sm4::Sm4,
    },
    error::{Error, Kind, Rejected, Result},
};

/// The label of its PEM (RFC 7468 §11).
pub const LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// How a private key is encrypted: SM4-CBC under what PBKDF2 makes of a passphrase (口令) and 16 fresh bytes of salt.
///
/// ```
/// use miyao::{algo::sm2::PrivateKey, pki::pkcs8::{self, Encryption}};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let key = PrivateKey::random(&mut rng);
/// let file = Encryption::new().iterations(10_000)?.encrypt(&key, b"correct horse", &mut rng)?;
/// assert_eq!(pkcs8::decrypt(&file, b"correct horse")?.public_key(), key.public_key());
/// assert!(pkcs8::decrypt(&file, b"incorrect horse").is_err());
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Encryption {
    derivation: Derivation,
    iterations: u32,
}

impl Encryption {
    /// The cost unless another is chosen: 600,000 iterations.
    pub const DEFAULT_ITERATIONS: u32 = 600_000;
    /// The least cost that is written (GM/T 0091-2020 asks for 1,024).
    pub const FLOOR: u32 = 1_024;
    /// The greatest cost that is written, or paid for a file.
    pub const CEILING: u32 = 10_000_000;

    /// HMAC-SM3 under its usual number, 600,000 iterations.
    #[must_use]
    pub const fn new() -> Self {
        Self { derivation: Derivation::HmacSm3, iterations: Self::DEFAULT_ITERATIONS }
    }

    /// Another cost.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) below [`FLOOR`](Self::FLOOR) or above [`CEILING`](Self::CEILING).
    pub const fn iterations(self, iterations: u32) -> Result<Self> {
        if iterations < Self::FLOOR || iterations > Self::CEILING {
            return Err(Error::new(
                Kind::Invalid,
                "a key file costs 1,024 to 10,000,000 iterations; choose among them",
            ));
        }
        Ok(Self { iterations, ..self })
    }

    /// Another way to write the derivation, for a reader that asks for it.
    #[must_use]
    pub const fn derivation(self, derivation: Derivation) -> Self {
        Self { derivation, ..self }
    }

    /// Encrypts a private key; gives DER.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for an empty passphrase, and for a derivation that is only read.
    pub fn encrypt(
        &self,
        key: &PrivateKey,
        passphrase: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>> {
        if passphrase.is_empty() {
            return Err(Error::new(Kind::Invalid, "the passphrase is empty; give one"));
        }
        let (mut salt, mut iv) = ([0; 16], [0; 16]);
        rng.fill_bytes(&mut salt);
        rng.fill_bytes(&mut iv);
        let parameters = Parameters {
            derivation: self.derivation,
            salt: &salt,
            iterations: self.iterations,
            cipher: Cipher::Sm4,
            iv,
        };
        let written = parameters.write()?;
        let plain = key.to_pkcs8_der();
        let mut text = Zeroizing::new(Vec::with_capacity(plain.len() + 16));
        text.extend_from_slice(plain.expose());
        padding::pad(&mut text);
        let derived = parameters.derive(passphrase)?;
        let (sm4_key, _) = derived.expose().split_first_chunk().ok_or_else(malformed)?;
        cbc::encrypt(&Sm4::new(sm4_key), &iv, &mut text)?;
        Ok(element(SEQUENCE, &[&written, &element(OCTET_STRING, &[&text])]))
    }

    /// Encrypts a private key; gives PEM.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn encrypt_pem(
        &self,
        key: &PrivateKey,
        passphrase: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<String> {
        armor(LABEL, &self.encrypt(key, passphrase, rng)?)
    }
}

impl Default for Encryption {
    fn default() -> Self {
        Self::new()
    }
}

/// What an encrypted key says of itself, unauthenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// What makes a key of the passphrase.
    pub derivation: Derivation,
    /// How many times its function is iterated.
    pub iterations: u32,
    /// The bytes of salt.
    pub salt_len: usize,
    /// What encrypts.
    pub cipher: Cipher,
}

/// Tells how a key is encrypted.
///
/// # Errors
/// As [`decrypt`], but for the passphrase.
pub fn describe(der: &[u8]) -> Result<Description> {
    let (found, _) = read(der)?;
    Ok(Description {
        derivation: found.derivation,
        iterations: found.iterations,
        salt_len: found.salt.len(),
        cipher: found.cipher,
    })
}

/// Decrypts a private key from DER.
///
/// # Errors
/// [`Rejected`](Kind::Rejected) when the passphrase does not open it or what it holds is no SM2 key,
/// [`Malformed`](Kind::Malformed) for another shape, [`Unsupported`](Kind::Unsupported) for another cipher or function,
/// which the error names, [`TooLarge`](Kind::TooLarge) beyond [`Encryption::CEILING`].
pub fn decrypt(der: &[u8], passphrase: &[u8]) -> Result<PrivateKey> {
    let (parameters, ciphertext) = read(der)?;
    let mut text = Zeroizing::new(ciphertext.to_vec());
    let derived = parameters.derive(passphrase)?;
    parameters.cipher.decrypt(derived.expose(), &parameters.iv, &mut text)?;
    // Bad padding is read on as no text at all, so that it takes the way of any other content that is no key.
    let len = padding::unpadded_len(&text).unwrap_or(0);
    PrivateKey::from_pkcs8_der(&text[..len]).map_err(|_| {
        Error::new(
            Kind::Rejected,
            "the passphrase does not open this private key, or no SM2 key is in it; check both",
        )
    })
}

/// Decrypts a private key from the one block [`LABEL`] of PEM.
///
/// # Errors
/// As [`decrypt`]; [`Malformed`](Kind::Malformed) for other text.
pub fn decrypt_pem(text: &[u8], passphrase: &[u8]) -> Result<PrivateKey> {
    decrypt(unarmor(text, &[LABEL])?.1.expose(), passphrase)
}

fn read(der: &[u8]) -> Result<(Parameters<'_>, &[u8])> {
    let split = || {
        let mut body = Reader::sequence_of(der)?;
        let parts = (body.whole(SEQUENCE)?, body.take(OCTET_STRING)?);
        body.end()?;
        Ok(parts)
    };
    let (scheme, ciphertext) = split().map_err(|Rejected| malformed())?;
    let parameters = Parameters::read(scheme)?;
    if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(16) {
        return Err(malformed());
    }
    Ok((parameters, ciphertext))
}

fn malformed() -> Error {
    Error::new(
        Kind::Malformed,
        "not an encrypted private key: strict DER with PBES2 (RFC 8018) is read; check that it is the right file",
    )
}
