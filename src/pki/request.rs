//! Requests for certificates (证书请求): PKCS#10 of RFC 2986, whose signature proves that the asker has the key.
//!
//! Knows no authority: what of a request is granted, who issues decides.

use alloc::{string::String, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;

use super::{
    armor,
    der::{OID, Reader, SEQUENCE, SET, element},
    extension::{ExtendedKeyUsage, Extension, Extensions, GeneralName, KeyUsage, Wanted},
    name::Name,
    oid,
    signed::{SignatureAlgorithm, Signed},
};
use crate::{
    algo::sm2::{PrivateKey, PublicKey, encoding},
    error::{Error, Kind, Rejected, Result},
};

/// The label of its PEM (RFC 7468 §7).
pub const LABEL: &str = "CERTIFICATE REQUEST";
/// What older tools call it, which is read too.
const OLD_LABEL: &str = "NEW CERTIFICATE REQUEST";

/// A request as it was read, byte for byte.
///
/// ```
/// use miyao::{algo::sm2::{DEFAULT_USER_ID, PrivateKey}, pki::{Name, Request, request::Draft}};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let key = PrivateKey::random(&mut rng);
/// let request = Draft::new(Name::parse("CN=host,C=CN")?).sign(&key, DEFAULT_USER_ID, &mut rng)?;
/// let read = Request::parse(request.to_pem()?.as_bytes())?;
/// assert_eq!(read.verify(DEFAULT_USER_ID)?, key.public_key());
/// assert!(read.verify(b"another user").is_err());
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    signed: Signed,
    subject: Name,
    key: Option<PublicKey>,
    extensions: Extensions,
}

/// What a request shall say.
#[derive(Clone, Debug)]
pub struct Draft {
    subject: Name,
    wanted: Wanted,
}

impl Draft {
    /// Asks for a certificate of this name.
    #[must_use]
    pub fn new(subject: Name) -> Self {
        Self { subject, wanted: Wanted::default() }
    }

    /// Asks for these uses of the key.
    #[must_use]
    pub fn key_usage(mut self, uses: KeyUsage) -> Self {
        self.wanted.key_usage = Some(uses);
        self
    }

    /// Asks for these purposes of the key.
    #[must_use]
    pub fn purposes(mut self, purposes: &[ExtendedKeyUsage]) -> Self {
        self.wanted.purposes = purposes.to_vec();
        self
    }

    /// Asks for further names of the subject.
    #[must_use]
    pub fn alternative_names(mut self, names: &[GeneralName]) -> Self {
        self.wanted.alternative_names = names.to_vec();
        self
    }

    /// Signs the request with the key that it is for.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) without any name, and for a user id that is too long.
    pub fn sign(
        &self,
        key: &PrivateKey,
        user_id: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Request> {
        if self.subject.is_empty() && self.wanted.alternative_names.is_empty() {
            return Err(Error::new(Kind::Invalid, "a request without a name of its subject; give one"));
        }
        let extensions = self.wanted.extensions(&self.subject);
        let asked = match extensions.is_empty() {
            true => Vec::new(),
            false => {
                let value = element(SET, &[&Extension::write_all(&extensions)]);
                element(SEQUENCE, &[&element(OID, &[oid::EXTENSION_REQUEST]), &value])
            }
        };
        let attributes = element(ATTRIBUTES, &[&asked]);
        let parts = [&[2, 1, 0], self.subject.as_der(), &key.public_key().spki(), &attributes];
        Request::from_der(&Signed::sign(&element(SEQUENCE, &parts), key, user_id, rng)?)
    }
}

/// [0] IMPLICIT SET OF Attribute
const ATTRIBUTES: u8 = 0xa0;

impl Request {
    /// Reads DER, or the one block [`LABEL`] of PEM.
    ///
    /// # Errors
    /// As [`from_der`](Self::from_der).
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        Self::from_der(&armor::one(bytes, &[LABEL, OLD_LABEL])?)
    }

    /// Reads a request in DER; nothing is verified yet.
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed) for anything that is not exactly a request in strict DER.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        read(der).map_err(|Rejected| {
            Error::new(
                Kind::Malformed,
                "not a certificate request in strict DER (RFC 2986); check that it is the right file",
            )
        })
    }

    /// The request in DER, byte for byte as it was read.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        self.signed.as_der()
    }

    /// Writes it as PEM.
    ///
    /// # Errors
    /// [`Internal`](Kind::Internal) when the text cannot be built.
    pub fn to_pem(&self) -> Result<String> {
        encoding::armor(LABEL, self.as_der())
    }

    /// The public key, once its holder has proved to have the private half: verifies the request's signature.
    ///
    /// # Errors
    /// [`Rejected`](Kind::Rejected) where it does not verify under this user id, [`Unsupported`](Kind::Unsupported) for
    /// a key or signature of another algorithm.
    pub fn verify(&self, user_id: &[u8]) -> Result<&PublicKey> {
        let key = self.key.as_ref().ok_or_else(|| {
            Error::new(
                Kind::Unsupported,
                "the key of this request is none of SM2 on the curve 1.2.156.10197.1.301; only those are used here",
            )
        })?;
        self.signed.verify(key, user_id)?;
        Ok(key)
    }

    /// The public key that the request names, if it is one of SM2, before its signature is verified.
    #[must_use]
    pub const fn unverified_public_key(&self) -> Option<&PublicKey> {
        self.key.as_ref()
    }

    /// The name that is asked for, as anybody may have written it before [`verify`](Self::verify).
    #[must_use]
    pub const fn unverified_subject(&self) -> &Name {
        &self.subject
    }

    /// The algorithm of its signature.
    #[must_use]
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signed.signature_algorithm()
    }

    /// The uses that are asked for, as anybody may have written it before [`verify`](Self::verify).
    #[must_use]
    pub const fn unverified_key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// The purposes that are asked for, as anybody may have written it before [`verify`](Self::verify).
    #[must_use]
    pub fn unverified_extended_key_usage(&self) -> Option<&[ExtendedKeyUsage]> {
        self.extensions.extended_key_usage.as_deref()
    }

    /// The further names that are asked for, as anybody may have written it before [`verify`](Self::verify).
    #[must_use]
    pub fn unverified_alternative_names(&self) -> &[GeneralName] {
        &self.extensions.alternative_names
    }

    /// Every extension that is asked for, as anybody may have written it before [`verify`](Self::verify).
    #[must_use]
    pub fn unverified_extensions(&self) -> &[Extension] {
        &self.extensions.all
    }
}

/// CertificationRequest (RFC 2986 §4).
fn read(der: &[u8]) -> Result<Request, Rejected> {
    let signed = Signed::parse(der)?;
    let mut body = Reader::sequence_of(signed.body())?;
    if body.number()? != 0 {
        return Err(Rejected);
    }
    let subject = Name::read(&mut body)?;
    let key = PublicKey::from_spki_der(body.whole(SEQUENCE)?).ok();
    let extensions = attributes(Reader::new(body.take_if(ATTRIBUTES)?.unwrap_or_default()))?;
    body.end()?;
    Ok(Request { subject, key, extensions, signed })
}

/// What is asked for in extensionRequest (RFC 2985 §5.4.2), which some write once for each extension; other attributes
/// are passed over whatever their values, which CFCA writes without a SET around them.
fn attributes(mut body: Reader<'_>) -> Result<Extensions, Rejected> {
    let mut asked = Vec::new();
    while !body.is_empty() {
        let mut attribute = body.sequence()?;
        if attribute.identifier()? != oid::EXTENSION_REQUEST {
            while !attribute.is_empty() {
                attribute.any()?;
            }
            continue;
        }
        let mut values = Reader::new(attribute.take(SET)?);
        attribute.end()?;
        asked.extend(Extension::read_all(values.sequence()?)?);
        values.end()?;
    }
    Extensions::of(asked)
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({})", self.subject)
    }
}
