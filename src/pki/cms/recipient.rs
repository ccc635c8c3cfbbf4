//! RecipientInfo (GM/T 0010-2012 §9.2): the key of a content, encrypted with SM2 for one recipient.
//!
//! Knows no content. C3 of the ciphertext proves the key, so a wrong one is refused before anything is decrypted with it.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::{
    super::der::{OCTET_STRING, Reader, SEQUENCE, SET, element, number},
    Dialect,
    content::{set_of, strict},
    holder::{Holder, Identifier},
    numbers::{self, SM2, SM2_2, SM2_3},
    signer_info::unknown_version,
};
use crate::{
    algo::sm2::{Encoding, PrivateKey},
    error::{Error, Kind, Rejected, Result},
    secret::Secret,
};

/// One recipient of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecipientInfo<'a> {
    pub(super) identifier: Identifier<'a>,
    /// How this entry is written, where not as the message.
    dialect: Option<Dialect>,
    encrypted_key: &'a [u8],
}

impl<'a> RecipientInfo<'a> {
    /// The SET of them; at least one.
    pub(super) fn read_all(body: &mut Reader<'a>) -> Result<Vec<Self>> {
        let mut set = Reader::new(strict(body.take(SET))?);
        let mut found = Vec::new();
        while !set.is_empty() {
            // RecipientInfo of RFC 5652 §6.2 is a CHOICE; [1] to [4] agree on keys or have no certificate.
            if set.tag().is_some_and(|tag| (0xa1..=0xa4).contains(&tag)) {
                return Err(Error::new(
                    Kind::Unsupported,
                    "a recipient's key is agreed on and not encrypted; ask the sender for SM2 encryption as in GM/T 0010",
                ));
            }
            found.push(Self::read(&mut set)?);
        }
        strict(if found.is_empty() { Err(Rejected) } else { Ok(found) })
    }

    fn read(set: &mut Reader<'a>) -> Result<Self> {
        let mut body = strict(set.sequence())?;
        let version = strict(body.number())?;
        let identifier = strict(Identifier::read(&mut body))?;
        match (version, identifier) {
            (0 | 1, Identifier::IssuerAndSerial { .. }) | (2, Identifier::KeyIdentifier(_)) => {}
            _ => return Err(unknown_version()),
        }
        let algorithm = numbers::read(&mut body, &[SM2_3, SM2_2, SM2])?;
        let encrypted_key = strict(body.take(OCTET_STRING))?;
        strict(body.end())?;
        let dialect = match encrypted_key.first() {
            _ if is_bare(encrypted_key) => Some(Dialect::Cfca),
            Some(&SEQUENCE) => (algorithm == SM2_2).then_some(Dialect::GmSsl),
            _ => return strict(Err(Rejected)),
        };
        Ok(Self { identifier, dialect, encrypted_key })
    }

    /// The key of the content.
    pub(super) fn open(&self, key: &PrivateKey) -> Result<Secret<16>, Rejected> {
        let found = if self.dialect == Some(Dialect::Cfca) {
            key.decrypt(&[&[4], self.encrypted_key].concat(), Encoding::C1C2C3)?
        } else {
            key.decrypt(self.encrypted_key, Encoding::Der)?
        };
        let found: &[u8; 16] = found.expose().try_into().map_err(|_| Rejected)?;
        Ok(Secret::build(|bytes| *bytes = *found))
    }
}

/// x ‖ y ‖ C2 ‖ C3 of a key of 16 bytes. Its first bytes may be those of a SEQUENCE, but it is no SM2Cipher throughout.
fn is_bare(encrypted_key: &[u8]) -> bool {
    let is_cipher = || {
        let mut body = Reader::sequence_of(encrypted_key)?;
        (0..2).try_for_each(|_| body.integer().map(drop))?;
        (0..2).try_for_each(|_| body.take(OCTET_STRING).map(drop))?;
        body.end()
    };
    encrypted_key.len() == BARE && is_cipher().is_err()
}

/// The dialect of a message and of its recipients together.
pub(super) fn dialect(message: Dialect, recipients: &[RecipientInfo<'_>]) -> Dialect {
    if message == Dialect::Pkcs7 {
        return message;
    }
    recipients.iter().find_map(|recipient| recipient.dialect).unwrap_or(message)
}

/// The key of the content, from the entry of whoever holds this certificate.
pub(super) fn find(
    recipients: &[RecipientInfo<'_>],
    holder: &Holder,
    key: &PrivateKey,
) -> Result<Secret<16>> {
    holder.owns(key)?;
    let entry = recipients.iter().find(|recipient| holder.is(recipient.identifier)).ok_or_else(|| {
        Error::new(
            Kind::Missing,
            "the message is not for this certificate; try the others, or ask the sender for whom it is",
        )
    })?;
    entry.open(key).map_err(|Rejected| rejected())
}

/// The RecipientInfos of a key, in the version of the dialect.
pub(super) fn write(
    holders: &[&Holder],
    dialect: Dialect,
    content_key: &Secret<16>,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<u8>> {
    let mut infos = Vec::with_capacity(holders.len());
    for holder in holders {
        let encrypted = holder.public_key().encrypt(content_key.expose(), Encoding::Der, rng)?;
        infos.push(element(
            SEQUENCE,
            &[
                &number(version(dialect)),
                &holder.identifier().write(),
                &numbers::write(SM2_3),
                &element(OCTET_STRING, &[&encrypted]),
            ],
        ));
    }
    Ok(set_of(SET, infos))
}

/// 1 in the standard, 0 in PKCS#7 (RFC 2315 §10.1) of EnvelopedData and RecipientInfo.
pub(super) fn version(dialect: Dialect) -> u32 {
    u32::from(dialect != Dialect::Pkcs7)
}

/// Nothing is said of why: a wrong key, another content or bad padding.
pub(super) const fn rejected() -> Error {
    Error::new(
        Kind::Rejected,
        "the message does not open: another key or altered bytes; check the key, then ask for it anew",
    )
}

/// The bytes of a point, a key and a digest.
const BARE: usize = 64 + 16 + 32;
