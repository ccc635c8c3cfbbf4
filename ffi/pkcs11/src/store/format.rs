//! `"MIYAOP11" ‖ version ‖ revision ‖ serial ‖ label ‖ officer ‖ user ‖ records ‖ SM3`: a token as bytes, numbers big-endian.
//!
//! The digest at the end finds a damaged file; it is no protection from who may write it.

use miyao::algo::sm3;

use super::{Contents, Gate, Record};

/// Which token, and which state of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) revision: u64,
    pub(crate) serial: [u8; 16],
}

const MAGIC: &[u8; 8] = b"MIYAOP11";
const VERSION: u32 = 1;

impl Stamp {
    pub(super) const LEN: usize = 36;

    pub(super) fn parse(head: &[u8]) -> Option<Self> {
        Reader(head).head()
    }
}

impl Contents {
    pub(crate) const fn stamp(&self) -> Stamp {
        Stamp { revision: self.revision, serial: self.serial }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_be_bytes());
        out.extend_from_slice(&self.revision.to_be_bytes());
        out.extend_from_slice(&self.serial);
        out.extend_from_slice(&self.label);
        self.officer.write(&mut out);
        out.push(self.user.is_some().into());
        if let Some(user) = &self.user {
            user.write(&mut out);
        }
        out.extend_from_slice(&(self.records.len() as u64).to_be_bytes());
        for record in &self.records {
            out.extend_from_slice(&record.id);
            out.push(record.private.into());
            out.extend_from_slice(&(record.bytes.len() as u64).to_be_bytes());
            out.extend_from_slice(&record.bytes);
        }
        out.extend_from_slice(&sm3::digest(&out));
        out
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (body, digest) = bytes.split_last_chunk::<32>()?;
        if sm3::digest(body) != *digest {
            return None;
        }
        let mut reader = Reader(body);
        let Stamp { revision, serial } = reader.head()?;
        let label = reader.array()?;
        let officer = reader.gate()?;
        let user = if reader.flag()? { Some(reader.gate()?) } else { None };
        let count = reader.u64()?;
        let records = (0..count).map(|_| reader.record()).collect::<Option<_>>()?;
        reader.0.is_empty().then_some(Self { revision, serial, label, officer, user, records })
    }
}

impl Gate {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.iterations.to_be_bytes());
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.failures.to_be_bytes());
        out.extend_from_slice(&self.wrapped);
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.take(1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    fn head(&mut self) -> Option<Stamp> {
        let known = self.take(8)? == MAGIC && self.u32()? == VERSION;
        let stamp = Stamp { revision: self.u64()?, serial: self.array()? };
        known.then_some(stamp)
    }

    fn gate(&mut self) -> Option<Gate> {
        Some(Gate {
            iterations: self.u32()?,
            salt: self.array()?,
            failures: self.u32()?,
            wrapped: self.array()?,
        })
    }

    fn record(&mut self) -> Option<Record> {
        let (id, private, len) = (self.array()?, self.flag()?, self.u64()?);
        Some(Record { id, private, bytes: self.take(usize::try_from(len).ok()?)?.to_vec() })
    }
}
