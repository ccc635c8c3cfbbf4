//! Certificates (证书): X.509 v3 of RFC 5280 and GM/T 0015 with keys and signatures of SM2.
//!
//! What is signed is kept as it was read: who wrote it anew to verify it would verify other bytes. Knows no clock and
//! trusts nobody: whether a certificate is to be believed, [`chain`](super::chain) says.

mod issuing;

use alloc::{string::String, vec::Vec};
use core::fmt;

pub use self::issuing::{Authority, Template};
use super::{
    armor,
    der::{INTEGER, Reader, SEQUENCE},
    extension::{BasicConstraints, ExtendedKeyUsage, Extension, Extensions, GeneralName, KeyUsage},
    moment::Moment,
    name::Name,
    signed::{SignatureAlgorithm, Signed},
};
use crate::{
    algo::sm2::{PublicKey, encoding},
    error::{Error, Kind, Rejected, Result},
};

/// The label of its PEM (RFC 7468 §5).
pub const LABEL: &str = "CERTIFICATE";

/// A certificate as it was read, byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    signed: Signed,
    version: u8,
    serial: Serial,
    /// The AlgorithmIdentifier inside what is signed.
    algorithm: Vec<u8>,
    issuer: Name,
    validity: Validity,
    subject: Name,
    spki: Vec<u8>,
    key: Option<PublicKey>,
    extensions: Extensions,
}

/// The number that an issuer gave a certificate: the content of an INTEGER.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(Vec<u8>);

/// From when to when something holds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub from: Moment,
    /// The last moment.
    pub until: Moment,
}

impl Certificate {
    /// Reads DER, or the one block [`LABEL`] of PEM.
    ///
    /// # Errors
    /// As [`from_der`](Self::from_der).
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        Self::from_der(&armor::one(bytes, &[LABEL])?)
    }

    /// Reads every block [`LABEL`] of PEM in its order, at least one, or one certificate in DER.
    ///
    /// # Errors
    /// As [`from_der`](Self::from_der).
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>> {
        armor::all(bytes, &[LABEL])?.iter().map(|der| Self::from_der(der)).collect()
    }

    /// Reads a certificate in DER. Of another algorithm than SM2 it is read too, and not verified.
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed) for anything that is not exactly a certificate in strict DER; the error names the part.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let signed = part("outer SEQUENCE", Signed::parse(der))?;
        let mut body = part("tbsCertificate", Reader::sequence_of(signed.body()))?;
        let version = part("version", version(&mut body))?;
        let serial = part("serialNumber", Serial::read(&mut body))?;
        let algorithm = part("signature", body.whole(SEQUENCE))?.to_vec();
        let issuer = part("issuer", Name::read(&mut body))?;
        let validity = part("validity", Validity::read(&mut body))?;
        let subject = part("subject", Name::read(&mut body))?;
        let spki = part("subjectPublicKeyInfo", body.whole(SEQUENCE))?.to_vec();
        // Another algorithm's key is nobody's concern here until somebody wants to use it.
        let key = PublicKey::from_spki_der(&spki).ok();
        let extensions = part("extensions", extensions(&mut body, version))?;
        part("tbsCertificate", body.end())?;
        Ok(Self { version, serial, algorithm, issuer, validity, subject, spki, key, extensions, signed })
    }

    /// Writes it as PEM.
    ///
    /// # Errors
    /// [`Internal`](Kind::Internal) when the text cannot be built.
    pub fn to_pem(&self) -> Result<String> {
        encoding::armor(LABEL, self.as_der())
    }

    /// The certificate in DER, byte for byte as it was read.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        self.signed.as_der()
    }

    /// 1, 2 or 3.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The number that its issuer gave it.
    #[must_use]
    pub const fn serial(&self) -> &Serial {
        &self.serial
    }

    /// Who issued it, as it says.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Whose key it is.
    #[must_use]
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// From when to when it holds.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// The public key, if it is one of SM2.
    ///
    /// # Errors
    /// [`Unsupported`](Kind::Unsupported) for a key of another algorithm or on another curve.
    pub fn public_key(&self) -> Result<&PublicKey> {
        self.key.as_ref().ok_or_else(|| {
            Error::new(
                Kind::Unsupported,
                "the key of this certificate is none of SM2 on the curve 1.2.156.10197.1.301; only those are used here",
            )
            .about(&self.subject)
        })
    }

    /// The SubjectPublicKeyInfo in DER, of whichever algorithm.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The algorithm of its signature.
    #[must_use]
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signed.signature_algorithm()
    }

    /// Whether issuer and subject are the same (self-issued; that says nothing of its signature).
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Whether it is of an authority, if it says.
    #[must_use]
    pub const fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions.basic_constraints
    }

    /// What its key may do, if it says.
    #[must_use]
    pub const fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// What its key is for, if it says.
    #[must_use]
    pub fn extended_key_usage(&self) -> Option<&[ExtendedKeyUsage]> {
        self.extensions.extended_key_usage.as_deref()
    }

    /// The other names of its subject.
    #[must_use]
    pub fn alternative_names(&self) -> &[GeneralName] {
        &self.extensions.alternative_names
    }

    /// The identifier of its key, if it says.
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.extensions.subject_key_identifier.as_deref()
    }

    /// The identifier of the key that signed it, if it says.
    #[must_use]
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.extensions.authority_key_identifier.as_deref()
    }

    /// Every extension as it stands.
    #[must_use]
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions.all
    }

    /// Verifies that the holder of `issuer` signed this certificate under `user_id`. Nothing else is asked: not the
    /// time, not what the issuer may; [`chain`](super::chain) does.
    ///
    /// # Errors
    /// [`Rejected`](Kind::Rejected) where the signature does not verify, [`Malformed`](Kind::Malformed) where inside
    /// and outside name different algorithms, [`Unsupported`](Kind::Unsupported) for another than SM2 with SM3.
    pub fn verify_signature(&self, issuer: &PublicKey, user_id: &[u8]) -> Result<()> {
        if self.algorithm != self.signed.algorithm() {
            return Err(Error::new(
                Kind::Malformed,
                "the certificate names one algorithm in what is signed and another beside its signature; ask for it anew",
            )
            .about(&self.subject));
        }
        self.signed.verify(issuer, user_id)
    }
}

impl Serial {
    /// The most bytes (RFC 5280 §4.1.2.2).
    const MOST: usize = 20;

    /// The number's bytes, big-endian two's complement, in their one form.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Rejected> {
        let content = reader.integer()?;
        if content.len() > Self::MOST { Err(Rejected) } else { Ok(Self(content.to_vec())) }
    }
}

impl Validity {
    /// So many days from a moment on.
    #[must_use]
    pub const fn days(from: Moment, days: u32) -> Self {
        Self { from, until: from.plus_days(days) }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejected> {
        let mut body = reader.sequence()?;
        let found = Self { from: Moment::read(&mut body)?, until: Moment::read(&mut body)? };
        body.end()?;
        Ok(found)
    }
}

/// [0] EXPLICIT INTEGER, of which v1 is left out.
fn version(body: &mut Reader<'_>) -> Result<u8, Rejected> {
    match body.take_if(0xa0)? {
        None => Ok(1),
        Some([INTEGER, 1, number @ 0..=2]) => Ok(number + 1),
        Some(_) => Err(Rejected),
    }
}

/// [1] and [2], identifiers that nobody uses, then [3] EXPLICIT Extensions of version 3.
fn extensions(body: &mut Reader<'_>, version: u8) -> Result<Extensions, Rejected> {
    let has_identifiers = body.take_if(0x81)?.is_some() | body.take_if(0x82)?.is_some();
    let found =
        body.take_if(0xa3)?.map(|wrapped| Extensions::read(Reader::sequence_of(wrapped)?)).transpose()?;
    if (has_identifiers && version < 2) || (found.is_some() && version < 3) {
        return Err(Rejected);
    }
    Ok(found.unwrap_or_default())
}

fn part<T>(name: &'static str, read: Result<T, Rejected>) -> Result<T> {
    read.map_err(|Rejected| {
        Error::new(
            Kind::Malformed,
            "not a certificate in strict DER (RFC 5280); check that it is the right file",
        )
        .about(name)
    })
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.serial, self.subject)
    }
}
