//! ContentInfo (GM/T 0010-2012 §6.10): what a message is, by a number, and the message.
//!
//! Knows no message from within.

use alloc::vec::Vec;

use super::{
    super::{
        der::{OID, Reader, SEQUENCE, element},
        oid,
    },
    Dialect,
};
use crate::error::{Error, Kind, Rejected, Result};

/// [0], constructed: the content of a ContentInfo, certificates, signed attributes.
pub(super) const FIRST: u8 = 0xa0;
/// [1], constructed: revocation lists, unsigned attributes.
pub(super) const SECOND: u8 = 0xa1;

/// What a ContentInfo holds; the last arc of its number in either family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Data = 1,
    Signed = 2,
    Enveloped = 3,
    SignedAndEnveloped = 4,
}

impl Content {
    const ALL: [Self; 4] = [Self::Data, Self::Signed, Self::Enveloped, Self::SignedAndEnveloped];

    /// The object identifier, as an element.
    pub(super) fn id(self, dialect: Dialect) -> Vec<u8> {
        let family = if dialect == Dialect::Pkcs7 { PKCS7 } else { STANDARD };
        element(OID, &[family, &[self as u8]])
    }

    /// What an identifier names, and in which family.
    pub(super) fn of(id: &[u8]) -> Option<(Self, Dialect)> {
        let (last, family) = id.split_last()?;
        let dialect = match family {
            STANDARD => Dialect::Standard,
            PKCS7 => Dialect::Pkcs7,
            _ => return None,
        };
        Self::ALL.into_iter().find(|content| *content as u8 == *last).map(|content| (content, dialect))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Signed => "SignedData",
            Self::Enveloped => "EnvelopedData",
            Self::SignedAndEnveloped => "SignedAndEnvelopedData",
        }
    }
}

/// The body of the one message of this kind that `der` is, and its family.
pub(super) fn open(der: &[u8], wanted: Content) -> Result<(Reader<'_>, Dialect)> {
    if let [SEQUENCE, 0x80, ..] = der {
        return Err(Error::new(
            Kind::Malformed,
            "the message is BER with lengths left open; strict DER is read, ask the sender for it",
        ));
    }
    let mut outer = strict(Reader::sequence_of(der))?;
    let id = strict(outer.take(OID))?;
    match Content::of(id) {
        Some((found, dialect)) if found == wanted => {
            let body = strict(outer.take(FIRST).and_then(Reader::sequence_of))?;
            strict(outer.end())?;
            Ok((body, dialect))
        }
        found => Err(Error::new(
            Kind::Unsupported,
            "the message is of another kind than was asked for; read it as what it is",
        )
        .about(found.map_or_else(|| oid::name(id), |(found, _)| found.name().into()))),
    }
}

/// A message of this kind around its body.
pub(super) fn wrap(content: Content, dialect: Dialect, body: &[&[u8]]) -> Vec<u8> {
    let body = element(SEQUENCE, body);
    element(SEQUENCE, &[&content.id(dialect), &element(FIRST, &[&body])])
}

/// The elements as DER orders them in a SET (X.690 §11.6), under this tag.
pub(super) fn set_of(tag: u8, mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    let parts: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    element(tag, &parts)
}

/// Data is the one content that is signed or enveloped here.
pub(super) fn data(id: &[u8]) -> Result<()> {
    match Content::of(id) {
        Some((Content::Data, _)) => Ok(()),
        found => Err(Error::new(
            Kind::Unsupported,
            "what is inside is no data but a message of its own; only data is signed or enveloped here",
        )
        .about(found.map_or_else(|| oid::name(id), |(found, _)| found.name().into()))),
    }
}

/// The families that are written.
pub(super) fn written(dialect: Dialect) -> Result<Dialect> {
    match dialect {
        Dialect::Standard | Dialect::Pkcs7 => Ok(dialect),
        Dialect::GmSsl | Dialect::Cfca => Err(Error::new(
            Kind::Invalid,
            "this dialect is read and not written; choose the standard or PKCS#7",
        )),
    }
}

/// What was not read is no message in strict DER.
pub(super) fn strict<T>(read: Result<T, Rejected>) -> Result<T> {
    read.map_err(|Rejected| {
        Error::new(
            Kind::Malformed,
            "not a message of GM/T 0010 or PKCS#7 in strict DER; check that it is the right file, and whole",
        )
    })
}

/// 1.2.156.10197.6.1.4.2
const STANDARD: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x06, 0x01, 0x04, 0x02];
/// 1.2.840.113549.1.7
const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_standard_and_of_pkcs7() {
        for (content, arc) in [
            (Content::Data, 1),
            (Content::Signed, 2),
            (Content::Enveloped, 3),
            (Content::SignedAndEnveloped, 4),
        ] {
            for (dialect, family) in
                [(Dialect::Standard, "1.2.156.10197.6.1.4.2"), (Dialect::Pkcs7, "1.2.840.113549.1.7")]
            {
                let id = content.id(dialect);
                assert_eq!(oid::dotted(&id[2..]), alloc::format!("{family}.{arc}"));
                assert_eq!(Content::of(&id[2..]), Some((content, dialect)));
            }
        }
        assert_eq!(Content::of(&[]), None);
        assert_eq!(Content::of(&[STANDARD, &[6]].concat()), None);
    }
}
