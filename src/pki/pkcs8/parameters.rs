//! PBES2-params (RFC 8018 appendix A.4): PBKDF2 with its salt, cost and function, then a cipher in CBC with its IV.
//!
//! Knows no plaintext. What a file may make its reader pay is bounded here, before anything is derived.

use alloc::{string::String, vec::Vec};
use core::num::NonZeroU32;

use ::pbkdf2::pbkdf2_hmac;

use super::{
    super::{
        der::{NULL, OCTET_STRING, OID, Reader, SEQUENCE, element, number},
        oid,
    },
    Cipher, Encryption, malformed,
};
use crate::{
    algo::pbkdf2,
    error::{Error, Kind, Rejected, Result},
    secret::Secret,
};

/// PBKDF2 with the function that it iterates, in each way that it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Derivation {
    /// HMAC-SM3 as 1.2.156.10197.1.401.2 without parameters: GmSSL reads no other.
    HmacSm3,
    /// The same with NULL for parameters.
    HmacSm3Null,
    /// HMAC-SM3 as 1.2.156.10197.1.401.3.1, OpenSSL's number, with NULL.
    HmacSm3OpenSsl,
    /// HMAC-SM3 under the numbers of GM/T 0091-2020 itself: PBES 1.2.156.10197.6.4.1.5.2, PBKDF …5.1.
    GmT0091,
    /// HMAC-SHA1, which is meant where no function is named (RFC 8018 appendix A.2): it is read, never written.
    HmacSha1,
    /// HMAC-SHA256, which OpenSSL 3.0 takes by default: it is read, never written.
    HmacSha256,
    /// HMAC-SHA512: it is read, never written.
    HmacSha512,
}

/// PBES2 as one file has it.
#[derive(Debug)]
pub(super) struct Parameters<'a> {
    pub(super) derivation: Derivation,
    pub(super) salt: &'a [u8],
    pub(super) iterations: u32,
    pub(super) cipher: Cipher,
    pub(super) iv: [u8; 16],
}

/// The bytes of salt that are read (RFC 8018 §4.1 asks for 8 at least).
const SALT: core::ops::RangeInclusive<usize> = 8..=128;

impl<'a> Parameters<'a> {
    /// Reads the AlgorithmIdentifier.
    pub(super) fn read(scheme: &'a [u8]) -> Result<Self> {
        let strict = |Rejected| malformed();
        let (id, mut rest) =
            Reader::sequence_of(scheme).and_then(|mut body| Ok((body.take(OID)?, body))).map_err(strict)?;
        let expected = match id {
            oid::PBES2 => oid::PBKDF2,
            oid::GM_PBES => oid::GM_PBKDF,
            other => return Err(unsupported(oid::name(other))),
        };
        let mut both = rest.sequence().map_err(strict)?;
        let (derivation, of_derivation) = both.algorithm().map_err(strict)?;
        let (cipher, of_cipher) = both.algorithm().map_err(strict)?;
        both.end().and_then(|()| rest.end()).map_err(strict)?;
        if derivation != expected {
            return Err(unsupported(oid::name(derivation)));
        }
        let cipher = Cipher::of(cipher).ok_or_else(|| unsupported(oid::name(cipher)))?;
        Self::read_derivation(derivation, of_derivation, cipher, iv(of_cipher).map_err(strict)?)
    }

    fn read_derivation(id: &[u8], mut outer: Reader<'a>, cipher: Cipher, iv: [u8; 16]) -> Result<Self> {
        let strict = |Rejected| malformed();
        let mut inner = outer.sequence().and_then(|inner| outer.end().map(|()| inner)).map_err(strict)?;
        // The salt of another source (a CHOICE of RFC 8018) was never given a meaning.
        let salt = inner.take(OCTET_STRING).map_err(strict)?;
        let iterations = inner.number().map_err(strict)?;
        // Each cipher has one length of key, whether the optional keyLength says so or not.
        if !names_function(inner) && inner.number().map_err(strict)? != cipher.key_len() as u64 {
            return Err(malformed());
        }
        let derivation = function(id, inner)?;
        if iterations > u64::from(Encryption::CEILING) {
            return Err(Error::new(
                Kind::TooLarge,
                "the key file asks for more than 10,000,000 iterations; write it anew with fewer",
            ));
        }
        if iterations == 0 || !SALT.contains(&salt.len()) {
            return Err(malformed());
        }
        Ok(Self { derivation, salt, iterations: iterations as u32, cipher, iv })
    }

    pub(super) fn write(&self) -> Result<Vec<u8>> {
        let null = &[NULL, 0][..];
        let (scheme, derivation, function) = match self.derivation {
            Derivation::HmacSm3 => (oid::PBES2, oid::PBKDF2, identifier(oid::HMAC_SM3, &[])),
            Derivation::HmacSm3Null => (oid::PBES2, oid::PBKDF2, identifier(oid::HMAC_SM3, null)),
            Derivation::HmacSm3OpenSsl => (oid::PBES2, oid::PBKDF2, identifier(oid::HMAC_SM3_OTHER, null)),
            Derivation::GmT0091 => (oid::GM_PBES, oid::GM_PBKDF, identifier(oid::HMAC_SM3, null)),
            Derivation::HmacSha1 | Derivation::HmacSha256 | Derivation::HmacSha512 => {
                return Err(Error::new(
                    Kind::Invalid,
                    "only HMAC-SM3 is written in key files, other functions are read; choose a form of HMAC-SM3",
                ));
            }
        };
        let salt = element(OCTET_STRING, &[self.salt]);
        let parameters = element(SEQUENCE, &[&salt, &number(self.iterations), &function]);
        let derivation = identifier(derivation, &parameters);
        let cipher = identifier(oid::SM4_CBC, &element(OCTET_STRING, &[&self.iv]));
        Ok(identifier(scheme, &element(SEQUENCE, &[&derivation, &cipher])))
    }

    /// A key for the cipher, in its first bytes.
    pub(super) fn derive(&self, passphrase: &[u8]) -> Result<Secret<{ Cipher::LONGEST_KEY }>> {
        let iterations = NonZeroU32::new(self.iterations).ok_or_else(malformed)?;
        Secret::try_build(|out| {
            let out = &mut out[..self.cipher.key_len()];
            let (salt, count) = (self.salt, self.iterations);
            match self.derivation {
                Derivation::HmacSha1 => pbkdf2_hmac::<sha1::Sha1>(passphrase, salt, count, out),
                Derivation::HmacSha256 => pbkdf2_hmac::<sha2::Sha256>(passphrase, salt, count, out),
                Derivation::HmacSha512 => pbkdf2_hmac::<sha2::Sha512>(passphrase, salt, count, out),
                Derivation::HmacSm3
                | Derivation::HmacSm3Null
                | Derivation::HmacSm3OpenSsl
                | Derivation::GmT0091 => pbkdf2::derive(passphrase, salt, iterations, out)?,
            }
            Ok(())
        })
    }
}

/// Whether the optional keyLength is left out: what follows is the function, or nothing.
fn names_function(mut ahead: Reader<'_>) -> bool {
    ahead.is_empty() || ahead.sequence().is_ok()
}

/// The function that PBKDF2 iterates; `id` says whose PBKDF2.
fn function(id: &[u8], mut rest: Reader<'_>) -> Result<Derivation> {
    let strict = |Rejected| malformed();
    let is_standard = id == oid::GM_PBKDF;
    if rest.is_empty() {
        return Ok(if is_standard { Derivation::GmT0091 } else { Derivation::HmacSha1 });
    }
    let (function, parameters) = rest.algorithm().map_err(strict)?;
    rest.end().map_err(strict)?;
    let has_null = !parameters.is_empty();
    parameters.end_or_null().map_err(strict)?;
    match (function, is_standard) {
        (oid::HMAC_SM3, true) => Ok(Derivation::GmT0091),
        (oid::HMAC_SM3, false) if has_null => Ok(Derivation::HmacSm3Null),
        (oid::HMAC_SM3, false) => Ok(Derivation::HmacSm3),
        (oid::HMAC_SM3_OTHER, false) => Ok(Derivation::HmacSm3OpenSsl),
        (oid::HMAC_SHA1, false) => Ok(Derivation::HmacSha1),
        (oid::HMAC_SHA256, false) => Ok(Derivation::HmacSha256),
        (oid::HMAC_SHA512, false) => Ok(Derivation::HmacSha512),
        (other, _) => Err(unsupported(oid::name(other))),
    }
}

fn identifier(id: &[u8], parameters: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[&element(OID, &[id]), parameters])
}

fn iv(mut parameters: Reader<'_>) -> Result<[u8; 16], Rejected> {
    let iv = parameters.take(OCTET_STRING)?.try_into().map_err(|_| Rejected)?;
    parameters.end()?;
    Ok(iv)
}

fn unsupported(what: String) -> Error {
    Error::new(
        Kind::Unsupported,
        "the private key is encrypted with what is not read here; write it anew with SM4-CBC, \
         as `openssl pkcs8 -topk8 -v2 sm4-cbc` does",
    )
    .about(what)
}
