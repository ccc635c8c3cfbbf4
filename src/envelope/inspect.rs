//! What can be said of a message without any key: nothing here is authenticated.
//!
//! Knows headers and slots.

use alloc::vec::Vec;

use super::{Entry, Header, header, slot};
use crate::error::{Error, Kind, Result};

/// What stands before the first frame.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The header.
    pub header: Header,
    /// The recipients.
    pub recipients: Vec<Entry>,
    /// How often the recipients were rewritten, plus one.
    pub generation: u32,
    /// The number of bytes of one recipient slot.
    pub slot_len: usize,
    /// Where the recipients start: the length of the header and of the slots' length field.
    pub slots_at: usize,
    /// Where the frames start.
    pub body_at: usize,
}

/// The most bytes that [`inspect`] needs to see: the longest header and the longest recipients.
pub const INSPECTED: usize = header::MAX + 2 + 2 * slot::MAX_LEN;

/// How many bytes stand before the first frame, as far as the first bytes of a message tell: where that is more than `start` has,
/// no more is known until so many are there. It looks at lengths alone, and tells at most four in a row.
///
/// ```
/// use miyao::envelope::start_len;
/// assert_eq!(start_len(&[0x9a, 0x2c, 0x9a, 0xa1])?, 43, "the part of the header that every message has");
/// # Ok::<(), miyao::Error>(())
/// ```
///
/// # Errors
/// [`Malformed`](Kind::Malformed) or [`Unsupported`](Kind::Unsupported).
pub fn start_len(start: &[u8]) -> Result<usize> {
    let Some(fixed) = start.first_chunk::<{ header::FIXED }>() else {
        return match Header::parse(start) {
            Err(error) if error.kind() != Kind::Truncated => Err(error),
            _ if start.len() < header::MAGIC.len() => Ok(header::MAGIC.len()),
            _ => Ok(header::FIXED),
        };
    };
    let slots_at = Header::len(fixed)? + 2;
    match start.get(slots_at - 2..slots_at) {
        Some(&[high, low]) => Ok(slots_at + 2 * slot::checked_len([high, low])?),
        _ => Ok(slots_at),
    }
}

/// Reads what stands before the first frame; `start` is the message or its first [`INSPECTED`] bytes.
///
/// # Errors
/// [`Malformed`](Kind::Malformed), [`Unsupported`](Kind::Unsupported) or [`Truncated`](Kind::Truncated).
pub fn inspect(start: &[u8]) -> Result<Inspection> {
    let truncated =
        || Error::new(Kind::Truncated, "the message ends inside its recipients; get a whole copy");
    let (header, at) = Header::parse(start)?;
    let (len, rest) = start[at..].split_first_chunk::<2>().ok_or_else(truncated)?;
    let slot_len = slot::checked_len(*len)?;
    let slots = rest.get(..2 * slot_len).ok_or_else(truncated)?;
    let (newest, _) = slot::newest(slots, slot_len)?;
    Ok(Inspection {
        header,
        recipients: newest.entries,
        generation: newest.generation,
        slot_len,
        slots_at: at + 2,
        body_at: at + 2 + 2 * slot_len,
    })
}

#[cfg(all(test, feature = "std"))]
mod tests;
