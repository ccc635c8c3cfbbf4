//! R, the recipients: two slots of equal length, so that one can be rewritten while the other stays whole.
//!
//! Format M30–M35. Knows bytes and checksums; a checksum is no MAC, each entry carries its own.

use alloc::{collections::BTreeSet, vec::Vec};

use super::Entry;
use crate::{
    algo::sm3,
    error::{Error, Kind, Result},
};

/// The most bytes of one slot.
pub(super) const MAX_LEN: usize = 32 << 10;
/// The most entries of one slot.
pub(super) const MAX_ENTRIES: usize = 16;
/// Generation, count and checksum.
const FRAME: usize = 4 + 1 + 32;

/// What a valid slot says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) generation: u32,
    pub(super) entries: Vec<Entry>,
}

impl Slot {
    /// The shortest slot length that holds `entries` and `spare` bytes more.
    pub(super) fn len_for(entries: &[Entry], spare: usize) -> Result<usize> {
        let needed = FRAME + entries.iter().map(|entry| entry.encode().len()).sum::<usize>();
        let len = needed.saturating_add(spare).min(MAX_LEN).max(needed).next_multiple_of(64);
        if len > MAX_LEN {
            return Err(Error::new(Kind::TooLarge, "the recipients need more than 32 KiB; use fewer"));
        }
        Ok(len)
    }

    /// The bytes of the slot, or `None` when they do not fit into `len`.
    pub(super) fn encode(&self, len: usize) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(len);
        out.extend_from_slice(&self.generation.to_be_bytes());
        out.push(self.entries.len() as u8);
        for entry in &self.entries {
            out.extend_from_slice(&entry.encode());
        }
        if out.len() + 32 > len {
            return None;
        }
        out.resize(len - 32, 0);
        let checksum = sm3::digest(&out);
        out.extend_from_slice(&checksum);
        Some(out)
    }

    /// The slot, or `None` when it was not written whole.
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let malformed = || {
            Error::new(
                Kind::Malformed,
                "the recipients of the message are malformed; this is no intact message",
            )
        };
        let Some((body, _)) = bytes.split_last_chunk::<32>().filter(|(body, sum)| sm3::digest(body) == **sum)
        else {
            return Ok(None);
        };
        let (&[a, b, c, d, count], mut rest) = body.split_first_chunk().ok_or_else(malformed)?;
        let count = usize::from(count);
        if count == 0 || count > MAX_ENTRIES {
            return Err(malformed());
        }
        let mut entries = Vec::with_capacity(count);
        for _ in 0..count {
            let (entry, after) = Entry::parse(rest)?;
            entries.push(entry);
            rest = after;
        }
        if rest.iter().any(|byte| *byte != 0) {
            return Err(malformed());
        }
        distinct(&entries)?;
        Ok(Some(Self { generation: u32::from_be_bytes([a, b, c, d]), entries }))
    }
}

/// At least one entry, at most 16, none twice (M34).
pub(super) fn distinct(entries: &[Entry]) -> Result<()> {
    if entries.is_empty() || entries.len() > MAX_ENTRIES {
        return Err(Error::new(Kind::Invalid, "a message has 1 to 16 recipients"));
    }
    let mut names = BTreeSet::new();
    if entries.iter().filter_map(Entry::name).all(|name| names.insert(name)) {
        return Ok(());
    }
    Err(Error::new(
        Kind::Malformed,
        "a recipient stands twice in the message; each key and one passphrase stand once",
    ))
}

/// Checks the length field (M31).
pub(super) fn checked_len(len: [u8; 2]) -> Result<usize> {
    let len = usize::from(u16::from_be_bytes(len));
    if len == 0 || !len.is_multiple_of(64) || len > MAX_LEN {
        return Err(Error::new(
            Kind::Malformed,
            "the recipients' length is not a multiple of 64 up to 32 KiB; this is no intact message",
        ));
    }
    Ok(len)
}

/// The newest valid slot of both and its index (M33).
pub(super) fn newest(slots: &[u8], len: usize) -> Result<(Slot, usize)> {
    let (first, second) = slots.split_at(len);
    match (Slot::parse(first)?, Slot::parse(second)?) {
        (Some(first), Some(second)) if second.generation > first.generation => Ok((second, 1)),
        (Some(first), _) => Ok((first, 0)),
        (None, Some(second)) => Ok((second, 1)),
        (None, None) => Err(Error::new(
            Kind::Malformed,
            "no recipient slot of the message is whole; restore it from a copy",
        )),
    }
}
