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
    /// What the certificate says; where it says nothing, what others write in its place.
    key_identifier: Vec<u8>,
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
            key_identifier: sha1_identifier(key),
            certificate: None,
        })))
    }

    /// The holder of a certificate. Whether it is to be believed is not looked at.
    ///
    /// # Errors
    /// [`Unsupported`](Kind::Unsupported) for a key of another algorithm or on another curve.
    pub fn of(certificate: &Certificate) -> Result<Self> {
        let key = certificate.public_key()?;
        let told = certificate.subject_key_identifier().map(<[u8]>::to_vec);
        Ok(Self(Arc::new(Held {
            issuer: certificate.issuer().clone(),
            serial: certificate.serial().as_bytes().to_vec(),
            key: key.clone(),
            key_identifier: told.unwrap_or_else(|| sha1_identifier(key)),
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

    fn key_identifier(&self) -> &[u8] {
        &self.0.key_identifier
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
            Identifier::KeyIdentifier(id) => self.key_identifier() == id,
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
            all.entry(Identifier::KeyIdentifier(holder.key_identifier())).or_insert(holder);
        }
        Self(all)
    }

    pub(super) fn find(&self, identifier: Identifier<'_>) -> Option<&'a Holder> {
        self.0.get(&identifier).copied()
    }
}

/// Method 1 of RFC 5280 §4.2.1.2: gmsm names so whoever's certificate does not say. A name, and nothing rests on it.
fn sha1_identifier(key: &PublicKey) -> Vec<u8> {
    use sha1::Digest as _;
    sha1::Sha1::digest(key.to_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::sm2::PrivateKey;

    #[test]
    fn a_holder_without_a_key_identifier_is_known_by_the_sha1_of_its_key_and_by_no_other() {
        // The signer's key of GB/T 32918.5-2017 appendix A.
        let d = [
            0x39, 0x45, 0x20, 0x8f, 0x7b, 0x21, 0x44, 0xb1, 0x3f, 0x36, 0xe3, 0x8a, 0xc6, 0xd3, 0x9f, 0x95,
            0x88, 0x93, 0x93, 0x69, 0x28, 0x60, 0xb5, 0x1a, 0x42, 0xfb, 0x81, 0xef, 0x4d, 0xf7, 0xc5, 0xb8,
        ];
        let key = PrivateKey::from_bytes(&d).unwrap();
        let holder = Holder::new(&Name::parse("CN=x").unwrap(), &[1], key.public_key()).unwrap();
        let known = [
            0xf9, 0xe2, 0x51, 0x61, 0x4c, 0x2f, 0x0e, 0x9e, 0x80, 0x91, 0x3f, 0xfd, 0xa3, 0x08, 0xe4, 0x7c,
            0x01, 0xa2, 0x41, 0xb4,
        ];
        assert!(holder.is(Identifier::KeyIdentifier(&known)));
        assert!(!holder.is(Identifier::KeyIdentifier(&known[1..])));
        let directory = Directory::new([&holder]);
        assert!(directory.find(Identifier::KeyIdentifier(&known)).is_some());
        assert!(directory.find(Identifier::KeyIdentifier(&[0; 20])).is_none());
    }
}
