//! Extensions of certificates, requests and revocation lists (RFC 5280 §4.2): the list of them, and the ones that are understood.
//!
//! Knows no certificate and no path. An extension stands once; what is in those that are understood is read strictly.

mod general_name;
mod key_identifier;
mod usage;

use alloc::{string::String, vec::Vec};

pub use self::{
    general_name::GeneralName,
    usage::{ExtendedKeyUsage, KeyUsage},
};
use super::{
    der::{BOOLEAN, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, element, number},
    name::Name,
    oid,
};
use crate::{algo::sm2::PublicKey, error::Rejected};

/// One extension as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    id: Vec<u8>,
    is_critical: bool,
    value: Vec<u8>,
}

/// Whether a key is of a certification authority, and how many more may stand below it (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the key may sign certificates.
    pub is_ca: bool,
    /// The most authorities that may stand between this one and the end of a chain.
    pub path_len: Option<u32>,
}

/// The extensions of one certificate or request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    pub(super) all: Vec<Extension>,
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) extended_key_usage: Option<Vec<ExtendedKeyUsage>>,
    pub(super) alternative_names: Vec<GeneralName>,
    pub(super) subject_key_identifier: Option<Vec<u8>>,
    pub(super) authority_key_identifier: Option<Vec<u8>>,
}

/// What a request asks for, or a certificate gives.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) purposes: Vec<ExtendedKeyUsage>,
    pub(super) alternative_names: Vec<GeneralName>,
}

/// More are none of an honest certificate, and would make a reader compare each with each.
const MOST: usize = 64;

impl Extension {
    /// Its object identifier in dotted numbers; where it is longer than 32 bytes or a number than 128 bits, `#` and its
    /// first 32 bytes in hexadecimal, with `…` for more.
    #[must_use]
    pub fn id(&self) -> String {
        oid::dotted(&self.id)
    }

    /// Whether who does not understand it must refuse the certificate.
    #[must_use]
    pub const fn is_critical(&self) -> bool {
        self.is_critical
    }

    /// What it says, in DER.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    pub(super) fn new(id: &[u8], is_critical: bool, value: Vec<u8>) -> Self {
        Self { id: id.to_vec(), is_critical, value }
    }

    /// The identifier of the subject's key: SM3 of its SubjectPublicKeyInfo (RFC 7093 §2 method 4), as everywhere here.
    pub(super) fn of_subject(key: &PublicKey) -> Self {
        Self::new(oid::SUBJECT_KEY_IDENTIFIER, false, key_identifier::write_subject(&key.key_identifier()))
    }

    /// The identifier of the issuer's key, as the issuer's certificate has it.
    pub(super) fn of_authority(identifier: &[u8]) -> Self {
        Self::new(oid::AUTHORITY_KEY_IDENTIFIER, false, key_identifier::write_authority(identifier))
    }

    /// The identifier as DER has it.
    pub(super) fn raw_id(&self) -> &[u8] {
        &self.id
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let critical: &[u8] = if self.is_critical { &[BOOLEAN, 1, 0xff] } else { &[] };
        element(SEQUENCE, &[&element(OID, &[&self.id]), critical, &element(OCTET_STRING, &[&self.value])])
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejected> {
        let mut body = reader.sequence()?;
        let (id, is_critical, value) = (body.identifier()?, body.flag()?, body.take(OCTET_STRING)?);
        body.end()?;
        Ok(Self::new(id, is_critical, value.to_vec()))
    }

    pub(super) fn write_all(all: &[Self]) -> Vec<u8> {
        element(SEQUENCE, &[&all.iter().flat_map(Self::write).collect::<Vec<_>>()])
    }

    /// The content of `Extensions`, a SEQUENCE of at least one.
    pub(super) fn read_all(mut body: Reader<'_>) -> Result<Vec<Self>, Rejected> {
        let mut all: Vec<Self> = Vec::new();
        while !body.is_empty() {
            let found = Self::read(&mut body)?;
            if all.len() == MOST || all.iter().any(|other| other.id == found.id) {
                return Err(Rejected);
            }
            all.push(found);
        }
        if all.is_empty() { Err(Rejected) } else { Ok(all) }
    }
}

impl BasicConstraints {
    fn read(value: &[u8]) -> Result<Self, Rejected> {
        let mut body = Reader::sequence_of(value)?;
        let is_ca = body.flag()?;
        let path_len = match body.tag() {
            Some(INTEGER) => Some(u32::try_from(body.number()?).map_err(|_| Rejected)?),
            _ => None,
        };
        body.end()?;
        // RFC 5280 §4.2.1.9: a length says something of an authority only.
        if path_len.is_some() && !is_ca { Err(Rejected) } else { Ok(Self { is_ca, path_len }) }
    }

    pub(super) fn write(self) -> Vec<u8> {
        let ca: &[u8] = if self.is_ca { &[BOOLEAN, 1, 0xff] } else { &[] };
        element(SEQUENCE, &[ca, &self.path_len.map(number).unwrap_or_default()])
    }
}

impl Wanted {
    /// The extensions; names are critical where they are the only ones (RFC 5280 §4.2.1.6).
    pub(super) fn extensions(&self, subject: &Name) -> Vec<Extension> {
        let basic = self.basic_constraints.map(|it| Extension::new(oid::BASIC_CONSTRAINTS, true, it.write()));
        let usage = self.key_usage.map(|it| Extension::new(oid::KEY_USAGE, true, it.write()));
        let purposes = (!self.purposes.is_empty())
            .then(|| Extension::new(oid::EXT_KEY_USAGE, false, ExtendedKeyUsage::write_all(&self.purposes)));
        let names = (!self.alternative_names.is_empty()).then(|| {
            let value = GeneralName::write_all(&self.alternative_names);
            Extension::new(oid::SUBJECT_ALT_NAME, subject.is_empty(), value)
        });
        [basic, usage, purposes, names].into_iter().flatten().collect()
    }
}

impl Extensions {
    pub(super) fn read(body: Reader<'_>) -> Result<Self, Rejected> {
        Self::of(Extension::read_all(body)?)
    }

    /// What they say; one said twice is refused.
    pub(super) fn of(all: Vec<Extension>) -> Result<Self, Rejected> {
        let mut found = Self::default();
        if all.len() > MOST {
            return Err(Rejected);
        }
        for (at, extension) in all.iter().enumerate() {
            if all[..at].iter().any(|other| other.id == extension.id) {
                return Err(Rejected);
            }
            let value = extension.value();
            match extension.raw_id() {
                oid::BASIC_CONSTRAINTS => found.basic_constraints = Some(BasicConstraints::read(value)?),
                oid::KEY_USAGE => found.key_usage = Some(KeyUsage::read(value)?),
                oid::EXT_KEY_USAGE => found.extended_key_usage = Some(ExtendedKeyUsage::read_all(value)?),
                oid::SUBJECT_ALT_NAME => found.alternative_names = GeneralName::read_all(value)?,
                oid::SUBJECT_KEY_IDENTIFIER => {
                    found.subject_key_identifier = Some(key_identifier::read_subject(value)?);
                }
                oid::AUTHORITY_KEY_IDENTIFIER => {
                    found.authority_key_identifier = key_identifier::read_authority(value)?;
                }
                _ => {}
            }
        }
        found.all = all;
        Ok(found)
    }
}
