//! What one certificate must be for its place in a path (RFC 5280 §6.1.3, §6.1.4): time, extensions, uses, lengths.
//!
//! Knows no other certificate and no signature.

use super::super::{
    certificate::Certificate,
    extension::{ExtendedKeyUsage, Extension, KeyUsage},
    moment::Moment,
    oid,
};
use crate::error::{Error, Kind, Result};

/// What the key at the end of a path is going to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Whatever it is; its uses are not asked for.
    Any,
    /// Verifying signatures with it: digitalSignature or nonRepudiation, and no critical purposes.
    Signing,
    /// Encrypting to it: keyEncipherment, dataEncipherment or keyAgreement, and no critical purposes.
    Encryption,
    /// As a server's in TLS and TLCP.
    ServerAuthentication,
    /// As a client's in TLS and TLCP.
    ClientAuthentication,
    /// As an authority's that signs certificates.
    Authority,
}

impl Purpose {
    /// The uses of which the key has to have one.
    const fn uses(self) -> Option<KeyUsage> {
        match self {
            Self::Any => None,
            Self::Signing => Some(KeyUsage::SIGNING),
            Self::Encryption => Some(KeyUsage::ENCRYPTION),
            // RFC 5280 §4.2.1.12; TLCP has a pair, one to sign and one to encrypt.
            Self::ServerAuthentication | Self::ClientAuthentication => Some(TLS),
            Self::Authority => Some(KeyUsage::KEY_CERT_SIGN),
        }
    }

    /// The purpose that has to be among those of every certificate of the path that has any.
    const fn extended(self) -> Option<ExtendedKeyUsage> {
        match self {
            Self::ServerAuthentication => Some(ExtendedKeyUsage::ServerAuthentication),
            Self::ClientAuthentication => Some(ExtendedKeyUsage::ClientAuthentication),
            Self::Any | Self::Signing | Self::Encryption | Self::Authority => None,
        }
    }
}

const TLS: KeyUsage =
    KeyUsage::of(&[KeyUsage::DIGITAL_SIGNATURE, KeyUsage::KEY_ENCIPHERMENT, KeyUsage::KEY_AGREEMENT]);

/// Whether a certificate may stand at the end of a path.
pub(super) fn end(certificate: &Certificate, purpose: Purpose, now: Moment) -> Result<()> {
    every(certificate, purpose, now)?;
    if purpose == Purpose::Authority {
        return certificate.check_can_certify();
    }
    match (certificate.key_usage(), purpose.uses()) {
        (Some(found), Some(wanted)) if !found.has_any(wanted) => Err(forbidden(
            certificate,
            "the key of this certificate may not be used for this (key usage); take the holder's other certificate",
        )),
        _ if is_for_others(certificate, purpose) => Err(for_others(certificate)),
        _ => Ok(()),
    }
}

/// Signing and encrypting are none of the purposes that have a number: a critical list of purposes leaves them out,
/// such as that of an authority of time stamps (RFC 3161 §2.3), unless it names every purpose.
fn is_for_others(certificate: &Certificate, purpose: Purpose) -> bool {
    let is_critical =
        |extension: &Extension| extension.raw_id() == oid::EXT_KEY_USAGE && extension.is_critical();
    matches!(purpose, Purpose::Signing | Purpose::Encryption)
        && certificate.extensions().iter().any(is_critical)
        && !certificate.extended_key_usage().is_some_and(|found| found.contains(&ExtendedKeyUsage::Any))
}

fn for_others(certificate: &Certificate) -> Error {
    forbidden(certificate, "the certificate is for other purposes (extended key usage)")
}

/// Whether a certificate may stand above the end, with so many authorities between.
pub(super) fn authority(
    certificate: &Certificate,
    purpose: Purpose,
    now: Moment,
    between: usize,
) -> Result<()> {
    every(certificate, purpose, now)?;
    certificate.check_can_certify()?;
    match certificate.basic_constraints().and_then(|found| found.path_len) {
        Some(most) if between > most as usize => Err(forbidden(
            certificate,
            "more authorities stand below this one than it may have (path length); ask its owner",
        )),
        _ => Ok(()),
    }
}

fn every(certificate: &Certificate, purpose: Purpose, now: Moment) -> Result<()> {
    let validity = certificate.validity();
    if now < validity.from {
        return Err(forbidden(certificate, "the certificate is not valid yet; check the clock, or wait"));
    }
    if now > validity.until {
        return Err(forbidden(certificate, "the certificate has expired; ask its holder for a new one"));
    }
    if let Some(unknown) = certificate.extensions().iter().find(|extension| !is_understood(extension)) {
        return Err(Error::new(
            Kind::Unsupported,
            "the certificate demands what is not understood here (a critical extension); it cannot be relied on",
        )
        .about(oid::name(unknown.raw_id())));
    }
    if let (Some(found), Some(wanted)) = (certificate.extended_key_usage(), purpose.extended())
        && !found.contains(&wanted)
        && !found.contains(&ExtendedKeyUsage::Any)
    {
        return Err(for_others(certificate));
    }
    certificate.public_key().map(|_| ())
}

/// Name constraints have to be critical; where they are not, they still mean what they say.
fn is_understood(extension: &Extension) -> bool {
    match extension.raw_id() {
        oid::BASIC_CONSTRAINTS
        | oid::KEY_USAGE
        | oid::EXT_KEY_USAGE
        | oid::SUBJECT_ALT_NAME
        | oid::SUBJECT_KEY_IDENTIFIER
        | oid::AUTHORITY_KEY_IDENTIFIER => true,
        oid::NAME_CONSTRAINTS => false,
        _ => !extension.is_critical(),
    }
}

impl Certificate {
    /// Whether its key may sign certificates: an authority's, and with keyCertSign where uses are given.
    pub(in crate::pki) fn check_can_certify(&self) -> Result<()> {
        if !self.basic_constraints().is_some_and(|found| found.is_ca) {
            return Err(forbidden(
                self,
                "this certificate signed others and is no authority's (basic constraints lack the CA bit)",
            ));
        }
        if self.key_usage().is_some_and(|uses| !uses.has_any(KeyUsage::KEY_CERT_SIGN)) {
            return Err(forbidden(
                self,
                "this authority may not sign certificates (its key usage lacks keyCertSign)",
            ));
        }
        Ok(())
    }
}

fn forbidden(certificate: &Certificate, what: &'static str) -> Error {
    Error::new(Kind::Forbidden, what).about(certificate.subject())
}
