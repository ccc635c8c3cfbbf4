//! AttributeTypeAndValue: the types that have a word, the strings that values are, and how both are written as text.
//!
//! Knows no order of names. What a terminal would obey instead of showing is told in hexadecimal.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use super::super::{
    der::{OID, Reader, SEQUENCE, SET, element},
    oid,
};
use crate::error::{Error, Kind, Rejected, Result};

/// One attribute of a name: its type, its value as it stands, and the value's content.
pub(super) struct Attribute<'a> {
    pub(super) id: &'a [u8],
    pub(super) whole: &'a [u8],
    pub(super) content: &'a [u8],
}

/// A type with a word (RFC 4514 §3, RFC 4519; emailAddress of RFC 2985), the string that it is written as, and its
/// most characters (RFC 5280 appendix A.1).
pub(super) struct Type {
    word: &'static str,
    id: &'static [u8],
    string: u8,
    most: usize,
}

const UTF8: u8 = 0x0c;
const NUMERIC: u8 = 0x12;
const PRINTABLE: u8 = 0x13;
const T61: u8 = 0x14;
const IA5: u8 = 0x16;
const BMP: u8 = 0x1e;

pub(super) const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const COUNTRY: &[u8] = &[0x55, 4, 6];

const fn named(word: &'static str, id: &'static [u8], string: u8, most: usize) -> Type {
    Type { word, id, string, most }
}

const TYPES: [Type; 14] = [
    named("CN", COMMON_NAME, UTF8, 64),
    named("OU", &[0x55, 4, 11], UTF8, 64),
    named("O", &[0x55, 4, 10], UTF8, 64),
    named("STREET", &[0x55, 4, 9], UTF8, 128),
    named("L", &[0x55, 4, 7], UTF8, 128),
    named("ST", &[0x55, 4, 8], UTF8, 128),
    named("C", COUNTRY, PRINTABLE, 2),
    named("DC", &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], IA5, 63),
    named("UID", &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1], UTF8, 256),
    named("serialNumber", &[0x55, 4, 5], PRINTABLE, 64),
    named("title", &[0x55, 4, 12], UTF8, 64),
    named("SN", &[0x55, 4, 4], UTF8, 40),
    named("GN", &[0x55, 4, 42], UTF8, 16),
    named("emailAddress", &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], IA5, 255),
];

impl Type {
    /// The type of a word, whatever the case of its letters.
    pub(super) fn of(word: &str) -> Option<&'static Self> {
        TYPES.iter().find(|known| known.word.eq_ignore_ascii_case(word))
    }

    /// The set of one attribute in DER.
    pub(super) fn write(&self, value: &str) -> Result<Vec<u8>> {
        let len = value.chars().count();
        let fits = match self.string {
            PRINTABLE => value.bytes().all(is_printable),
            IA5 => value.is_ascii(),
            _ => true,
        };
        if len == 0 || len > self.most || !fits || (self.id == COUNTRY && len != 2) {
            return Err(Error::new(
                Kind::Invalid,
                "this value of a name is empty, too long or of letters that its type does not take; write another",
            )
            .about(self.word));
        }
        let value = element(self.string, &[value.as_bytes()]);
        Ok(element(SET, &[&element(SEQUENCE, &[&element(OID, &[self.id]), &value])]))
    }
}

/// A letter of PrintableString (X.680 §41.4).
const fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b' ' | b'\'' | b'(' | b')' | b'+'..=b'/' | b':' | b'=' | b'?')
}

impl<'a> Attribute<'a> {
    pub(super) fn read(set: &mut Reader<'a>) -> Result<Self, Rejected> {
        let mut pair = set.sequence()?;
        let id = pair.identifier()?;
        let (whole, content) = pair.any()?;
        pair.end()?;
        Ok(Self { id, whole, content })
    }

    /// The value as text, if its string is one that is read.
    pub(super) fn text(&self) -> Option<String> {
        match *self.whole.first()? {
            UTF8 => core::str::from_utf8(self.content).ok().map(ToString::to_string),
            PRINTABLE | IA5 | NUMERIC if self.content.is_ascii() => {
                Some(self.content.iter().map(|byte| char::from(*byte)).collect())
            }
            // What is called T61 is Latin-1 in practice.
            T61 => Some(self.content.iter().map(|byte| char::from(*byte)).collect()),
            BMP => {
                let (units, rest) = self.content.as_chunks::<2>();
                let text = char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)));
                if rest.is_empty() { text.collect::<Result<_, _>>().ok() } else { None }
            }
            _ => None,
        }
    }
}

impl fmt::Display for Attribute<'_> {
    /// `type=value` (RFC 4514 §2.3, §2.4).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match TYPES.iter().find(|known| known.id == self.id) {
            Some(known) => f.write_str(known.word)?,
            None => f.write_str(&oid::dotted(self.id))?,
        }
        f.write_str("=")?;
        let Some(text) = self.text() else {
            f.write_str("#")?;
            return self.whole.iter().try_for_each(|byte| write!(f, "{byte:02x}"));
        };
        let last = text.chars().count().saturating_sub(1);
        for (at, letter) in text.chars().enumerate() {
            match letter {
                '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{letter}")?,
                ' ' if at == 0 || at == last => f.write_str("\\ ")?,
                '#' if at == 0 => f.write_str("\\#")?,
                letter if misleads(letter) => {
                    letter.encode_utf8(&mut [0; 4]).bytes().try_for_each(|byte| write!(f, "\\{byte:02x}"))?;
                }
                letter => write!(f, "{letter}")?,
            }
        }
        Ok(())
    }
}

/// Controls, and what turns the direction of text or does not show: a name must not look like another.
pub(in crate::pki) fn misleads(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
