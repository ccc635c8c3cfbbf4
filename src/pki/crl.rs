//! Revocation lists (证书撤销列表): CRLs of RFC 5280 §5, read, verified, and asked for a certificate.
//!
//! Knows no clock and no place to fetch one from. Lists of a part of what an issuer revoked, or of other issuers'
//! certificates (delta, indirect, distribution points), are refused: such a list does not say what is not on it.

mod revoked;

use alloc::{string::String, vec::Vec};
use core::fmt;

pub use self::revoked::{Reason, Revoked};
use super::{
    armor,
    certificate::{Certificate, Serial},
    der::{INTEGER, Reader, SEQUENCE},
    extension::{Extension, KeyUsage},
    moment::Moment,
    name::Name,
    oid,
    signed::{SignatureAlgorithm, Signed},
};
use crate::{
    algo::sm2::encoding,
    error::{Error, Kind, Rejected, Result},
};

/// The label of its PEM (RFC 7468 §6).
pub const LABEL: &str = "X509 CRL";

/// A revocation list as it was read, byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Crl {
    signed: Signed,
    /// The AlgorithmIdentifier inside what is signed.
    algorithm: Vec<u8>,
    issuer: Name,
    this_update: Moment,
    next_update: Option<Moment>,
    revoked: Vec<Revoked>,
    extensions: Vec<Extension>,
}

/// A list that its issuer signed and that is current: what is not on it is not revoked.
#[derive(Clone, Copy, Debug)]
pub struct Current<'a>(&'a Crl);

impl Crl {
    /// Reads DER, or the one block [`LABEL`] of PEM.
    ///
    /// # Errors
    /// As [`from_der`](Self::from_der).
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        Self::from_der(&armor::one(bytes, &[LABEL])?)
    }

    /// Reads a list in DER; nothing is verified yet.
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed) for anything that is not exactly a revocation list in strict DER.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        read(der).map_err(|Rejected| {
            Error::new(
                Kind::Malformed,
                "not a revocation list in strict DER (RFC 5280 §5); check that it is the right file",
            )
        })
    }

    /// The list in DER, byte for byte as it was read.
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

    /// Who issued it, as it says.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// When it was made.
    #[must_use]
    pub const fn this_update(&self) -> Moment {
        self.this_update
    }

    /// When the next comes at the latest, if it says.
    #[must_use]
    pub const fn next_update(&self) -> Option<Moment> {
        self.next_update
    }

    /// The algorithm of its signature.
    #[must_use]
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signed.signature_algorithm()
    }

    /// What stands on it, before its signature is verified.
    #[must_use]
    pub fn unverified_revoked(&self) -> &[Revoked] {
        &self.revoked
    }

    /// Verifies that this issuer signed the list under `user_id`, that it is current, and that it is of everything that
    /// the issuer revoked.
    ///
    /// # Errors
    /// [`Rejected`](Kind::Rejected) for another issuer or where the signature does not verify,
    /// [`Forbidden`](Kind::Forbidden) for an issuer who may not sign lists, [`Stale`](Kind::Stale) before or after its
    /// time, [`Unsupported`](Kind::Unsupported) for a critical extension that is not understood and for lists of a part,
    /// [`Malformed`](Kind::Malformed) where inside and outside name different algorithms.
    pub fn verify(&self, issuer: &Certificate, user_id: &[u8], now: Moment) -> Result<Current<'_>> {
        if self.issuer != *issuer.subject() {
            return Err(
                self.refused(Kind::Rejected, "this revocation list is another issuer's; get the right one")
            );
        }
        if issuer.key_usage().is_some_and(|uses| !uses.has_any(KeyUsage::CRL_SIGN)) {
            return Err(self.refused(
                Kind::Forbidden,
                "the issuer of the revocation list may not sign one (its key usage lacks cRLSign)",
            ));
        }
        if self.algorithm != self.signed.algorithm() {
            return Err(self.refused(
                Kind::Malformed,
                "the revocation list names one algorithm in what is signed and another beside its signature; get it anew",
            ));
        }
        self.signed.verify(issuer.public_key()?, user_id)?;
        self.check_complete()?;
        self.check_time(now)?;
        Ok(Current(self))
    }

    fn check_complete(&self) -> Result<()> {
        let of_list = self.extensions.iter().filter(|extension| {
            let id = extension.raw_id();
            let is_known = id == oid::AUTHORITY_KEY_IDENTIFIER || id == oid::CRL_NUMBER;
            let is_of_part = id == oid::DELTA_CRL || id == oid::ISSUING_DISTRIBUTION_POINT;
            is_of_part || (extension.is_critical() && !is_known)
        });
        let of_entries = self.revoked.iter().filter_map(Revoked::unknown_critical);
        match of_list.map(Extension::raw_id).chain(of_entries).next() {
            None => Ok(()),
            Some(id) => Err(Error::new(
                Kind::Unsupported,
                "the revocation list has an extension that is not understood here, or is of a part of the certificates only; \
                 get the complete list",
            )
            .about(oid::name(id))),
        }
    }

    fn check_time(&self, now: Moment) -> Result<()> {
        let what = match self.next_update {
            _ if now < self.this_update => "the revocation list is of the future; check the clock",
            None => "the revocation list does not say until when it holds (no nextUpdate); get one that does",
            Some(next) if now > next => {
                "the revocation list is out of date (nextUpdate has passed); get the next one"
            }
            Some(_) => return Ok(()),
        };
        Err(self.refused(Kind::Stale, what))
    }

    fn refused(&self, kind: Kind, what: &'static str) -> Error {
        Error::new(kind, what).about(&self.issuer)
    }
}

impl<'a> Current<'a> {
    /// What the list says of a certificate of its issuer; nothing, if it is not revoked.
    #[must_use]
    pub fn find(self, serial: &Serial) -> Option<&'a Revoked> {
        self.0.revoked.iter().find(|revoked| revoked.serial() == serial)
    }
}

/// CertificateList (RFC 5280 §5.1).
fn read(der: &[u8]) -> Result<Crl, Rejected> {
    let signed = Signed::parse(der)?;
    let mut body = Reader::sequence_of(signed.body())?;
    let is_second = match body.tag() {
        Some(INTEGER) if body.number()? == 1 => true,
        Some(INTEGER) => return Err(Rejected),
        _ => false,
    };
    let algorithm = body.whole(SEQUENCE)?.to_vec();
    let issuer = Name::read(&mut body)?;
    let this_update = Moment::read(&mut body)?;
    let next_update = match body.tag() {
        None | Some(SEQUENCE | EXTENSIONS) => None,
        Some(_) => Some(Moment::read(&mut body)?),
    };
    let mut entries = Reader::new(body.take_if(SEQUENCE)?.unwrap_or_default());
    let mut revoked = Vec::new();
    while !entries.is_empty() {
        revoked.push(Revoked::read(&mut entries, is_second)?);
    }
    let extensions = match body.take_if(EXTENSIONS)? {
        None => Vec::new(),
        Some(wrapped) if is_second => Extension::read_all(Reader::sequence_of(wrapped)?)?,
        Some(_) => return Err(Rejected),
    };
    body.end()?;
    Ok(Crl { algorithm, issuer, this_update, next_update, revoked, extensions, signed })
}

/// [0] EXPLICIT Extensions
const EXTENSIONS: u8 = 0xa0;

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({}, {} revoked)", self.issuer, self.revoked.len())
    }
}
