//! `"MIYAOP11" ‖ version ‖ revision ‖ serial ‖ label ‖ officer ‖ user ‖ records ‖ SM3`: a token as bytes, numbers big-endian.
//!
//! The digest at the end finds a damaged file; it is no protection from who may write it.

use miyao::algo::sm3;

use super::{Contents, Gate, Record};

/// Which state of which token: the digest at its end. Revisions come again where a backup is restored, the digest only with
/// all that it is of.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stamp([u8; Self::LEN]);

const MAGIC: &[u8; 8] = b"MIYAOP11";
const VERSION: u32 = 1;

impl Stamp {
    pub(super) const LEN: usize = sm3::Sm3::LEN;

    pub(super) const fn new(end: [u8; Self::LEN]) -> Self {
        Self(end)
    }
}

impl Contents {
    /// The file; the stamp is its own.
    pub(super) fn to_bytes(&self) -> (Vec<u8>, Stamp) {
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
        let stamp = Stamp(sm3::digest(&out));
        out.extend_from_slice(&stamp.0);
        (out, stamp)
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (body, digest) = bytes.split_last_chunk::<32>()?;
        if sm3::digest(body) != *digest {
            return None;
        }
        let mut reader = Reader(body);
        let known = reader.take(MAGIC.len())? == MAGIC && reader.u32()? == VERSION;
        let (revision, serial, label) = (reader.u64()?, reader.array()?, reader.array()?);
        let officer = reader.gate()?;
        let user = if reader.flag()? { Some(reader.gate()?) } else { None };
        let count = reader.u64()?;
        let records = (0..count).map(|_| reader.record()).collect::<Option<_>>()?;
        let stamp = Stamp(*digest);
        (known && reader.0.is_empty()).then_some(Self {
            stamp,
            revision,
            serial,
            label,
            officer,
            user,
            records,
        })
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
