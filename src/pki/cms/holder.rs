//! Holders of certificates, as messages name them (GM/T 0010-2012 §6.7).
//!
//! Knows of a certificate its issuer, its number and its key; nothing of it is verified.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};

use super::super::{
    Certificate, Name,
    der::{INTEGER, Reader, SEQUENCE, element},
};
use crate::{
    algo::sm2::{PrivateKey, PublicKey},
    error::{Error, Kind, Rejected, Result},
};

/// Whoever holds a certificate (证书持有者): its issuer and serial number, and the public key of SM2 in it. Clones are
/// one holder: many signers of a message cost no more than the certificates that they name.
#[derive(Clone, Debug)]
pub struct Holder(Arc<Held>);

#[derive(Debug)]
struct Held {
    issuer: Name,
    serial: Vec<u8>,
    key: PublicKey,
    certificate: Option<Certificate>,
}

/// How a message names a signer or a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identifier<'a> {
    /// IssuerAndSerialNumber: the Name of the issuer in DER, and the content of the INTEGER.
    IssuerAndSerial {
        /// The issuer's Name in DER.
        issuer: &'a [u8],
        /// The number's bytes, big-endian two's complement.
        serial: &'a [u8],
    },
    /// The subject key identifier, as CFCA and CMS have it.
    KeyIdentifier(&'a [u8]),
}

impl Holder {
    /// The holder of a certificate that is not at hand: its issuer, and the bytes of its serial number, big-endian two's
    /// complement.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) when these are no INTEGER in its one form.
    pub fn new(issuer: &Name, serial: &[u8], key: &PublicKey) -> Result<Self> {
        Reader::new(&element(INTEGER, &[serial])).integer().map_err(|Rejected| {
            Error::new(
                Kind::Invalid,
                "a serial number is the content of an INTEGER, at least one byte and none too many; take it from the certificate",
            )
        })?;
        Ok(Self(Arc::new(Held {
            issuer: issuer.clone(),
            serial: serial.to_vec(),
            key: key.clone(),
            certificate: None,
        })))
    }

    /// The holder of a certificate. Whether it is to be believed is not looked at.
    ///
    /// # Errors
    /// [`Unsupported`](Kind::Unsupported) for a key of another algorithm or on another curve.
    pub fn of(certificate: &Certificate) -> Result<Self> {
        Ok(Self(Arc::new(Held {
            issuer: certificate.issuer().clone(),
            serial: certificate.serial().as_bytes().to_vec(),
            key: certificate.public_key()?.clone(),
            certificate: Some(certificate.clone()),
        })))
    }

    /// Who issued the certificate.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// The bytes of the serial number, big-endian two's complement.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.0.key
    }

    /// The certificate, if it is at hand.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.0.certificate.as_ref()
    }

    /// How messages name it.
    #[must_use]
    pub fn identifier(&self) -> Identifier<'_> {
        Identifier::IssuerAndSerial { issuer: self.0.issuer.as_der(), serial: &self.0.serial }
    }

    fn key_identifier(&self) -> Option<&[u8]> {
        self.0.certificate.as_ref()?.subject_key_identifier()
    }

    /// That the private key is the one of the certificate.
    pub(super) fn owns(&self, key: &PrivateKey) -> Result<()> {
        if *key.public_key() == self.0.key {
            return Ok(());
        }
        Err(Error::new(
            Kind::Invalid,
            "the private key is not the one of this certificate; give the pair that belongs together",
        ))
    }

    /// Whether the identifier names this holder.
    pub(super) fn is(&self, identifier: Identifier<'_>) -> bool {
        match identifier {
            Identifier::KeyIdentifier(id) => self.key_identifier() == Some(id),
            found => self.identifier() == found,
        }
    }
}

impl<'a> Identifier<'a> {
    /// IssuerAndSerialNumber, or [0] IMPLICIT SubjectKeyIdentifier.
    pub(super) fn read(body: &mut Reader<'a>) -> Result<Self, Rejected> {
        if let Some(id) = body.take_if(0x80)? {
            return Ok(Self::KeyIdentifier(id));
        }
        let mut both = body.sequence()?;
        let found = Self::IssuerAndSerial { issuer: both.whole(SEQUENCE)?, serial: both.integer()? };
        both.end()?;
        Ok(found)
    }

    /// As a message has it.
    pub(super) fn write(self) -> Vec<u8> {
        match self {
            Self::KeyIdentifier(id) => element(0x80, &[id]),
            Self::IssuerAndSerial { issuer, serial } => {
                element(SEQUENCE, &[issuer, &element(INTEGER, &[serial])])
            }
        }
    }
}

/// Holders to be found by how a message names them; of two of one name the first.
pub(super) struct Directory<'a>(BTreeMap<Identifier<'a>, &'a Holder>);

impl<'a> Directory<'a> {
    pub(super) fn new(holders: impl IntoIterator<Item = &'a Holder>) -> Self {
        let mut all = BTreeMap::new();
        for holder in holders {
            all.entry(holder.identifier()).or_insert(holder);
            if let Some(id) = holder.key_identifier() {
                all.entry(Identifier::KeyIdentifier(id)).or_insert(holder);
            }
        }
        Self(all)
    }

    pub(super) fn find(&self, identifier: Identifier<'_>) -> Option<&'a Holder> {
        self.0.get(&identifier).copied()
    }
}
