//! DER (ITU-T X.690) element by element: a strict reader, and a writer of the shortest form.
//!
//! Knows no type of ours. Minimal, definite lengths and minimal numbers are read; all else is `Rejected`.

use alloc::vec::Vec;

use crate::{algo::sm2::der, error::Rejected};

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// What is still to be read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Elements one after another, such as the content of another.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The content of the one SEQUENCE that `bytes` are.
    pub(super) fn sequence_of(bytes: &'a [u8]) -> Result<Self, Rejected> {
        let mut outer = Self(bytes);
        let inner = outer.sequence()?;
        outer.end()?;
        Ok(inner)
    }

    /// The content of the next element, which has this tag.
    pub(super) fn take(&mut self, tag: u8) -> Result<&'a [u8], Rejected> {
        let (content, rest) = der::element(self.0, tag)?;
        self.0 = rest;
        Ok(content)
    }

    /// The content of the next element if it has this tag.
    pub(super) fn take_if(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Rejected> {
        if self.0.first() == Some(&tag) { self.take(tag).map(Some) } else { Ok(None) }
    }

    /// The next element as it stands, header and all.
    pub(super) fn whole(&mut self, tag: u8) -> Result<&'a [u8], Rejected> {
        let before = self.0;
        self.take(tag)?;
        Ok(&before[..before.len() - self.0.len()])
    }

    /// The tag of the next element.
    pub(super) const fn tag(&self) -> Option<u8> {
        match self.0 {
            [tag, ..] => Some(*tag),
            [] => None,
        }
    }

    /// The next element of whichever tag, as it stands, and its content; tags of more than one byte are none of ours.
    pub(super) fn any(&mut self) -> Result<(&'a [u8], &'a [u8]), Rejected> {
        let (tag, before) = (self.tag().ok_or(Rejected)?, self.0);
        if tag & 0x1f == 0x1f {
            return Err(Rejected);
        }
        let content = self.take(tag)?;
        Ok((&before[..before.len() - self.0.len()], content))
    }

    /// What is still to be read.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(super) fn sequence(&mut self) -> Result<Self, Rejected> {
        self.take(SEQUENCE).map(Self)
    }

    /// A BIT STRING of whole bytes.
    pub(super) fn bits(&mut self) -> Result<&'a [u8], Rejected> {
        self.take(BIT_STRING)?.strip_prefix(&[0]).ok_or(Rejected)
    }

    /// A BOOLEAN that may be left out where it is false; some write it nevertheless.
    pub(super) fn flag(&mut self) -> Result<bool, Rejected> {
        match self.take_if(BOOLEAN)? {
            None | Some([0]) => Ok(false),
            Some([0xff]) => Ok(true),
            Some(_) => Err(Rejected),
        }
    }

    /// The content of an INTEGER of any size and sign, in its one form.
    pub(super) fn integer(&mut self) -> Result<&'a [u8], Rejected> {
        match self.take(INTEGER)? {
            [] => Err(Rejected),
            [0, next, ..] if *next < 0x80 => Err(Rejected),
            [0xff, next, ..] if *next >= 0x80 => Err(Rejected),
            content => Ok(content),
        }
    }

    /// An INTEGER that fits; a number below zero is none of ours.
    pub(super) fn number(&mut self) -> Result<u64, Rejected> {
        let digits = match self.take(INTEGER)? {
            [] => return Err(Rejected),
            [0, next, ..] if *next < 0x80 => return Err(Rejected),
            [first, ..] if *first >= 0x80 => return Err(Rejected),
            [0, digits @ ..] => digits,
            digits => digits,
        };
        if digits.len() > 8 {
            return Err(Rejected);
        }
        Ok(digits.iter().fold(0, |number, digit| (number << 8) | u64::from(*digit)))
    }

    /// AlgorithmIdentifier: its object identifier, and its parameters still to be read.
    pub(super) fn algorithm(&mut self) -> Result<(&'a [u8], Self), Rejected> {
        let mut inner = self.sequence()?;
        Ok((inner.take(OID)?, inner))
    }

    /// Nothing more, or one NULL.
    pub(super) fn end_or_null(mut self) -> Result<(), Rejected> {
        match self.take_if(NULL)? {
            None | Some([]) => self.end(),
            Some(_) => Err(Rejected),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) const fn end(self) -> Result<(), Rejected> {
        if self.0.is_empty() { Ok(()) } else { Err(Rejected) }
    }
}

/// An element around the parts.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(len + 6);
    der::write_header(tag, len, &mut out);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// The tag and the shortest length of an element.
pub(super) fn header(tag: u8, len: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(6);
    der::write_header(tag, len, &mut out);
    out
}

/// The shortest INTEGER of a number.
pub(super) fn number(value: u32) -> Vec<u8> {
    let mut out = [0; 8];
    let len = der::write_integer(&value.to_be_bytes(), &mut out);
    out[..len].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form_and_read_back() {
        for value in [0, 1, 127, 128, 255, 256, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let written = number(value);
            assert_eq!(Reader(&written).number(), Ok(u64::from(value)));
        }
        for bad in
            [&[2, 0][..], &[2, 2, 0, 1], &[2, 1, 0x80], &[2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0], &[2, 0x81, 1, 1]]
        {
            assert_eq!(Reader(bad).number(), Err(Rejected), "{bad:x?}");
        }
    }
}
