//! Records as numbered fields: `tag u8 ‖ length u32 ‖ bytes`, tags ascending, absent means the default.
//!
//! Knows no record. A tag that a reader does not know makes the record newer than the reader: it may be used, not
//! rewritten.

use alloc::{string::String, vec::Vec};

use crate::error::{Error, Kind, Result};

/// Builds a record.
#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// Adds a field; callers add in ascending order of tag.
    pub(crate) fn bytes(&mut self, tag: u8, value: &[u8]) {
        self.0.push(tag);
        self.0.extend_from_slice(&(value.len() as u32).to_be_bytes());
        self.0.extend_from_slice(value);
    }

    /// Adds a number.
    pub(crate) fn number(&mut self, tag: u8, value: u64) {
        self.bytes(tag, &value.to_be_bytes());
    }

    /// Adds a field where there is a value.
    pub(crate) fn optional_number(&mut self, tag: u8, value: Option<u64>) {
        if let Some(value) = value {
            self.number(tag, value);
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads a record field by field.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    last: Option<u8>,
    newer: bool,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, last: None, newer: false }
    }

    /// The field of this tag, if it stands here; smaller tags in between are fields of a newer release.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>> {
        loop {
            let Some((&found, after)) = self.rest.split_first() else { return Ok(None) };
            if found > tag {
                return Ok(None);
            }
            if self.last.is_some_and(|last| found <= last) {
                return Err(malformed());
            }
            let (len, after) = after.split_first_chunk::<4>().ok_or_else(malformed)?;
            let (value, after) =
                after.split_at_checked(u32::from_be_bytes(*len) as usize).ok_or_else(malformed)?;
            (self.rest, self.last) = (after, Some(found));
            if found == tag {
                return Ok(Some(value));
            }
            self.newer = true;
        }
    }

    pub(crate) fn bytes(&mut self, tag: u8) -> Result<&'a [u8]> {
        self.optional(tag)?.ok_or_else(malformed)
    }

    pub(crate) fn array<const N: usize>(&mut self, tag: u8) -> Result<[u8; N]> {
        self.bytes(tag)?.try_into().map_err(|_| malformed())
    }

    pub(crate) fn optional_array<const N: usize>(&mut self, tag: u8) -> Result<Option<[u8; N]>> {
        self.optional(tag)?.map(|bytes| bytes.try_into().map_err(|_| malformed())).transpose()
    }

    pub(crate) fn number(&mut self, tag: u8) -> Result<u64> {
        Ok(u64::from_be_bytes(self.array(tag)?))
    }

    pub(crate) fn optional_number(&mut self, tag: u8) -> Result<Option<u64>> {
        Ok(self.optional_array(tag)?.map(u64::from_be_bytes))
    }

    pub(crate) fn text(&mut self, tag: u8) -> Result<String> {
        text(self.bytes(tag)?)
    }

    /// Whether unknown fields stood in the record; reads what is left.
    pub(crate) fn finish(mut self) -> Result<bool> {
        self.optional(u8::MAX)?;
        if self.rest.is_empty() { Ok(self.newer || self.last == Some(u8::MAX)) } else { Err(malformed()) }
    }
}

/// Bytes as UTF-8.
pub(crate) fn text(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| malformed())
}

pub(crate) fn malformed() -> Error {
    Error::new(Kind::Malformed, "a stored record is malformed; run `miyao doctor`")
}
