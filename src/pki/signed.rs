//! `SIGNED{body}` (X.509, RFC 5280 §4.1.1): a body byte for byte, the name of an algorithm, and a signature.
//!
//! Certificates, requests and revocation lists are each one of these. Knows no body; what is signed is what was read.

use alloc::{string::String, vec::Vec};
use core::{fmt, ops::Range};

use rand_core::CryptoRng;

use super::{
    der::{BIT_STRING, NULL, OID, Reader, SEQUENCE, element},
    oid,
};
use crate::{
    algo::sm2::{PrivateKey, PublicKey, Signature},
    error::{Error, Kind, Rejected, Result},
};

/// The algorithm of a signature as its signer wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// SM2 with SM3, 1.2.156.10197.1.501, without parameters: what is written.
    Sm2Sm3,
    /// The same with NULL for parameters, as some write it.
    Sm2Sm3Null,
    /// Another, which is not verified here.
    Other(String),
}

/// The AlgorithmIdentifier that is written.
pub(super) const ALGORITHM: [u8; 12] = [0x30, 0x0a, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75];

#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Signed {
    der: Vec<u8>,
    body: Range<usize>,
    algorithm: Range<usize>,
    signature: Range<usize>,
}

impl Signed {
    pub(super) fn parse(der: &[u8]) -> Result<Self, Rejected> {
        let mut reader = Reader::sequence_of(der)?;
        let mut next = |tag| {
            let from = der.len() - reader.rest().len();
            reader.whole(tag).map(|_| from..der.len() - reader.rest().len())
        };
        let (body, algorithm, signature) = (next(SEQUENCE)?, next(SEQUENCE)?, next(BIT_STRING)?);
        reader.end()?;
        let signed = Self { der: der.to_vec(), body, algorithm, signature };
        // The name of the algorithm is read once here, so that later it can only be another's.
        identified(signed.algorithm())?;
        Reader::new(&signed.der[signed.signature.clone()]).bits()?;
        Ok(signed)
    }

    /// Signs a body, a whole SEQUENCE, and puts the three together.
    pub(super) fn sign(
        body: &[u8],
        key: &PrivateKey,
        user_id: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>> {
        let (signature, len) = key.sign(user_id, body, rng)?.to_der();
        let signature = element(BIT_STRING, &[&[0], &signature[..len]]);
        Ok(element(SEQUENCE, &[body, &ALGORITHM, &signature]))
    }

    pub(super) fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// What is signed: the whole SEQUENCE as it was read.
    pub(super) fn body(&self) -> &[u8] {
        &self.der[self.body.clone()]
    }

    /// The AlgorithmIdentifier as it was read.
    pub(super) fn algorithm(&self) -> &[u8] {
        &self.der[self.algorithm.clone()]
    }

    pub(super) fn signature_algorithm(&self) -> SignatureAlgorithm {
        identified(self.algorithm()).unwrap_or_else(|Rejected| SignatureAlgorithm::Other(String::new()))
    }

    /// Verifies the signature over the bytes as they were read.
    pub(super) fn verify(&self, key: &PublicKey, user_id: &[u8]) -> Result<()> {
        if let other @ SignatureAlgorithm::Other(_) = self.signature_algorithm() {
            return Err(Error::new(
                Kind::Unsupported,
                "signed with an algorithm that is not verified here; SM2 with SM3 (1.2.156.10197.1.501) is",
            )
            .about(other));
        }
        let signature = || {
            let bits = Reader::new(&self.der[self.signature.clone()]).bits()?;
            key.verify(user_id, self.body(), &Signature::from_der(bits)?)
        };
        signature().map_err(|Rejected| {
            Error::new(
                Kind::Rejected,
                "the signature does not verify: another key signed, another user id was hashed, or bytes were altered; \
                 check the issuer and the user id",
            )
        })
    }
}

fn identified(algorithm: &[u8]) -> Result<SignatureAlgorithm, Rejected> {
    let mut body = Reader::sequence_of(algorithm)?;
    let id = body.take(OID)?;
    if id != oid::SM2_WITH_SM3 {
        return Ok(SignatureAlgorithm::Other(oid::name(id)));
    }
    if body.is_empty() {
        return Ok(SignatureAlgorithm::Sm2Sm3);
    }
    if body.rest() == [NULL, 0] { Ok(SignatureAlgorithm::Sm2Sm3Null) } else { Err(Rejected) }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sm2Sm3 => "SM2 with SM3",
            Self::Sm2Sm3Null => "SM2 with SM3, NULL for parameters",
            Self::Other(name) => name,
        })
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signed({} bytes)", self.der.len())
    }
}
