//! One entry of a revocation list (RFC 5280 §5.1.2.6, §5.3).
//!
//! Knows no list: whether the entry holds, the list's signature and time say.

use alloc::vec::Vec;
use core::fmt;

use super::super::{certificate::Serial, der::Reader, extension::Extension, moment::Moment, oid};
use crate::error::Rejected;

/// A certificate that its issuer revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    serial: Serial,
    when: Moment,
    reason: Option<Reason>,
    /// The first critical extension that is not understood, such as the name of another issuer.
    unknown_critical: Option<Vec<u8>>,
}

/// Why a certificate was revoked (CRLReason, RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// It is not said.
    Unspecified = 0,
    /// The private key is known to others.
    KeyCompromise = 1,
    /// The authority's private key is known to others.
    CaCompromise = 2,
    /// The subject is called otherwise now.
    AffiliationChanged = 3,
    /// There is another certificate in its place.
    Superseded = 4,
    /// It is not needed any more.
    CessationOfOperation = 5,
    /// It is on hold for now.
    CertificateHold = 6,
    /// What it says is not true any more.
    PrivilegeWithdrawn = 9,
    /// An authority of attributes is known to others.
    AaCompromise = 10,
}

const REASONS: [(Reason, &str); 9] = [
    (Reason::Unspecified, "unspecified"),
    (Reason::KeyCompromise, "keyCompromise"),
    (Reason::CaCompromise, "cACompromise"),
    (Reason::AffiliationChanged, "affiliationChanged"),
    (Reason::Superseded, "superseded"),
    (Reason::CessationOfOperation, "cessationOfOperation"),
    (Reason::CertificateHold, "certificateHold"),
    (Reason::PrivilegeWithdrawn, "privilegeWithdrawn"),
    (Reason::AaCompromise, "aACompromise"),
];

const ENUMERATED: u8 = 0x0a;

impl Revoked {
    /// The number of the certificate.
    #[must_use]
    pub const fn serial(&self) -> &Serial {
        &self.serial
    }

    /// When it was revoked.
    #[must_use]
    pub const fn when(&self) -> Moment {
        self.when
    }

    /// Why, if it says.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        self.reason
    }

    pub(super) fn unknown_critical(&self) -> Option<&[u8]> {
        self.unknown_critical.as_deref()
    }

    /// Reads one; only a list of version 2 has extensions of entries.
    pub(super) fn read(reader: &mut Reader<'_>, is_second: bool) -> Result<Self, Rejected> {
        let mut body = reader.sequence()?;
        let mut found = Self {
            serial: Serial::read(&mut body)?,
            when: Moment::read(&mut body)?,
            reason: None,
            unknown_critical: None,
        };
        if is_second && !body.is_empty() {
            for extension in Extension::read_all(body.sequence()?)? {
                if extension.raw_id() == oid::REASON {
                    found.reason = Some(reason(extension.value())?);
                } else if extension.is_critical() {
                    found.unknown_critical.get_or_insert_with(|| extension.raw_id().to_vec());
                }
            }
        }
        body.end()?;
        Ok(found)
    }
}

/// removeFromCRL stands in delta lists only, which are not read.
fn reason(value: &[u8]) -> Result<Reason, Rejected> {
    let [ENUMERATED, 1, number] = value else { return Err(Rejected) };
    REASONS.iter().find(|(known, _)| *known as u8 == *number).map(|(known, _)| *known).ok_or(Rejected)
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = REASONS.iter().find(|(known, _)| known == self).map_or("", |(_, name)| name);
        f.write_str(name)
    }
}
