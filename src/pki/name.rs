//! Distinguished names (可辨别名, X.501 §9): kept byte for byte, told and taken as RFC 4514 has them.
//!
//! Knows no certificate. Two names are the same where their bytes are; no letter is folded.

mod attribute;
mod text;

use alloc::vec::Vec;
use core::{fmt, iter};

use self::attribute::Attribute;
pub(super) use self::attribute::misleads;
use super::der::{Reader, SEQUENCE, SET, element};
use crate::error::{Error, Kind, Rejected, Result};

/// The name of a subject or an issuer.
///
/// ```
/// use miyao::pki::Name;
/// let name = Name::parse("CN=密钥 root,O=Example\\, Inc.,C=CN")?;
/// assert_eq!(name.to_string(), "CN=密钥 root,O=Example\\, Inc.,C=CN");
/// assert_eq!(name.common_name().as_deref(), Some("密钥 root"));
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name {
    der: Vec<u8>,
}

impl Name {
    /// Takes a name from text as RFC 4514 writes it, most specific part first: `CN=host,OU=unit,O=organisation,C=CN`.
    ///
    /// Types are CN, OU, O, STREET, L, ST, C, DC, UID, serialNumber, title, SN, GN and emailAddress. A backslash
    /// stands before a character that means something here, or before two hexadecimal digits of a byte.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for other text, several attributes joined by `+`, and values that their type does
    /// not take, such as a C that is not two letters.
    pub fn parse(text: &str) -> Result<Self> {
        let mut sets = text::parse(text)?;
        // The text begins where the name ends.
        sets.reverse();
        let parts: Vec<&[u8]> = sets.iter().map(Vec::as_slice).collect();
        Ok(Self { der: element(SEQUENCE, &parts) })
    }

    /// Reads a Name in DER.
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed) for anything else.
    pub fn from_der(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let name = Self::read(&mut reader).and_then(|name| reader.end().map(|()| name));
        name.map_err(|Rejected| {
            Error::new(Kind::Malformed, "not a distinguished name in strict DER; check the file")
        })
    }

    /// The name in DER, byte for byte as it was read.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Whether it names nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.der.len() == 2
    }

    /// The value of the last, most specific CN, if it is text.
    #[must_use]
    pub fn common_name(&self) -> Option<alloc::string::String> {
        let attributes = self.sets().into_iter().rev().flat_map(told);
        attributes.filter(|attribute| attribute.id == attribute::COMMON_NAME).find_map(|found| found.text())
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Rejected> {
        let der = reader.whole(SEQUENCE)?;
        for set in sets(Reader::sequence_of(der)?) {
            let set = set?;
            if set.is_empty() {
                return Err(Rejected);
            }
            attributes(set).try_for_each(|attribute| attribute.map(|_| ()))?;
        }
        Ok(Self { der: der.to_vec() })
    }

    /// RDNSequence: sets of attributes, the most general first, whose attributes are still to be read.
    fn sets(&self) -> Vec<Reader<'_>> {
        let body = Reader::sequence_of(&self.der);
        body.map(|body| sets(body).map_while(Result::ok).collect()).unwrap_or_default()
    }
}

/// The sets of a name one by one: a list can have millions, and reading it keeps none.
fn sets(mut body: Reader<'_>) -> impl Iterator<Item = Result<Reader<'_>, Rejected>> {
    iter::from_fn(move || (!body.is_empty()).then(|| body.take(SET).map(Reader::new)))
}

fn attributes(mut set: Reader<'_>) -> impl Iterator<Item = Result<Attribute<'_>, Rejected>> {
    iter::from_fn(move || (!set.is_empty()).then(|| Attribute::read(&mut set)))
}

/// The attributes of a set that was checked when the name was read.
fn told(set: Reader<'_>) -> impl Iterator<Item = Attribute<'_>> {
    attributes(set).map_while(Result::ok)
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, set) in self.sets().into_iter().rev().enumerate() {
            for (place, attribute) in told(set).enumerate() {
                f.write_str(match (number, place) {
                    (0, 0) => "",
                    (_, 0) => ",",
                    _ => "+",
                })?;
                write!(f, "{attribute}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}
