//! The head row: what is true of the whole store at one revision, under one MAC.
//!
//! Knows its fields and their encoding; the sum and the chain in it are kept by whoever commits.

use super::StoreId;
use crate::{
    audit::Chain,
    error::{Error, Kind, Result},
    field::{Reader, Writer, malformed},
    key::Time,
    policy::Mode,
    store::Head,
};

/// The number of the layout of rows that this build writes.
pub(super) const SCHEMA: u32 = 1;

/// The sum over all rows, masked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Root {
    pub(super) salt: [u8; 16],
    pub(super) masked: [u8; 32],
}

/// What the head says.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) store: StoreId,
    pub(super) schema: u32,
    /// Which master secret the rows are under.
    pub(super) epoch: u32,
    pub(super) mode: Mode,
    /// The sum over all rows that finds deletions; none before the first commit.
    pub(super) root: Option<Root>,
    /// Where the audit chain ends.
    pub(super) chain: Chain,
    /// The latest time that was believed.
    pub(super) seen: Time,
    /// The number of rows.
    pub(super) rows: u64,
    newer: bool,
}

impl Record {
    /// The head of a store before its first commit.
    pub(super) fn empty(store: StoreId, epoch: u32, now: Time) -> Self {
        Self {
            store,
            schema: SCHEMA,
            epoch,
            mode: Mode::Owner,
            root: None,
            chain: Chain::default(),
            seen: now,
            rows: 0,
            newer: false,
        }
    }

    pub(super) fn encode(&self) -> alloc::vec::Vec<u8> {
        let mut out = Writer::default();
        out.bytes(1, self.store.as_bytes());
        out.number(2, self.schema.into());
        out.number(3, self.epoch.into());
        out.bytes(4, &[self.mode as u8]);
        if let Some(root) = &self.root {
            out.bytes(5, &[&root.salt[..], &root.masked].concat());
        }
        out.number(6, self.chain.sequence);
        out.bytes(7, &self.chain.digest);
        out.number(8, self.seen.0);
        out.number(9, self.rows);
        out.finish()
    }

    /// Reads a head; whether it is genuine only the master secret tells.
    pub(super) fn decode(head: &Head) -> Result<Self> {
        let small = |number: u64| u32::try_from(number).map_err(|_| malformed());
        let mut from = Reader::new(&head.body);
        Ok(Self {
            store: StoreId::from_bytes(from.array(1)?),
            schema: small(from.number(2)?)?,
            epoch: small(from.number(3)?)?,
            mode: {
                let [mode] = from.array(4)?;
                Mode::from_number(mode).ok_or_else(malformed)?
            },
            root: {
                let (salt, masked) = from.bytes(5)?.split_first_chunk().ok_or_else(malformed)?;
                Some(Root { salt: *salt, masked: masked.try_into().map_err(|_| malformed())? })
            },
            chain: Chain { sequence: from.number(6)?, digest: from.array(7)? },
            seen: Time(from.number(8)?),
            rows: from.number(9)?,
            newer: from.finish()?,
        })
    }

    /// Refuses to write what a newer release laid out.
    pub(super) fn check_writable(&self) -> Result<()> {
        if self.newer || self.schema > SCHEMA {
            return Err(Error::new(
                Kind::ReadOnly,
                "a newer release wrote this store; change it with that release",
            ));
        }
        if self.schema < SCHEMA {
            return Err(Error::new(
                Kind::ReadOnly,
                "an older release wrote this store; run `miyao store upgrade` first",
            ));
        }
        Ok(())
    }
}
