//! The third joint: who remembers. Compare-and-swap over named rows, an append-only log, and nothing else.
//!
//! A store knows neither keys nor cryptography: bodies and MACs are opaque bytes to it, and what it is trusted for is
//! written in `docs/lifecycle.md`.

use alloc::vec::Vec;

use crate::{error::Result, key::Time};

#[cfg(feature = "std")]
pub mod memory;
#[cfg(feature = "sqlite")]
pub mod sqlite;

/// The number of commits a store has seen (修订号); 0 is the empty store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// What kind of row a name belongs to. The numbers are part of the stored format and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// One row a fact about the store itself: how the master secret is sealed.
    Meta = 1,
    /// One row a key, named by its 16-byte id.
    Key = 2,
    /// One row a key version, named by key id ‖ version number (u32, big-endian).
    Version = 3,
    /// One row an alias, named by its UTF-8 text; the body is the key id.
    Alias = 4,
    /// One row a version's usage counters, named as the version.
    Usage = 5,
    /// One row a one-time import permit, named by its id.
    Import = 6,
}

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The kind of row.
    pub table: Table,
    /// The row's name within it, at most 255 bytes.
    pub name: Vec<u8>,
}

/// A row as stored: opaque to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub name: Name,
    /// The revision of the commit that wrote it.
    pub revision: Revision,
    /// Its content.
    pub body: Vec<u8>,
    /// The MAC over store, name, revision and content; checked by the reader, not by the store.
    pub mac: [u8; 32],
}

/// The head row: one for the whole store, replaced by every commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The revision it describes.
    pub revision: Revision,
    /// Store id, schema, policy mode, root over all rows, audit head.
    pub body: Vec<u8>,
    /// The MAC over it.
    pub mac: [u8; 32],
}

/// One record of the append-only audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Its place, from 1, without gaps.
    pub sequence: u64,
    /// The encoded audit entry.
    pub body: Vec<u8>,
    /// The MAC over it.
    pub mac: [u8; 32],
}

/// One row written or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Insert or replace.
    Put(Row),
    /// Remove; removing what is not there is no error.
    Delete(Name),
}

/// One transaction: all of it is applied at an expected revision, or nothing.
///
/// There is no way to make one without an audit record, so a key cannot change unseen.
#[derive(Clone, Debug)]
pub struct Change {
    expected: Revision,
    head: Head,
    log: Vec<LogRow>,
    writes: Vec<Write>,
}

impl Change {
    /// The change that turns revision `head.revision - 1` into `head.revision` and says so in `entry`.
    #[must_use]
    pub fn new(head: Head, entry: LogRow, more: Vec<LogRow>, writes: Vec<Write>) -> Self {
        let mut log = alloc::vec![entry];
        log.extend(more);
        Self { expected: Revision(head.revision.0.saturating_sub(1)), head, log, writes }
    }

    /// The revision the store must be at.
    #[must_use]
    pub const fn expected(&self) -> Revision {
        self.expected
    }

    /// The head after the change.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The audit records, at least one.
    #[must_use]
    pub fn log(&self) -> &[LogRow] {
        &self.log
    }

    /// The rows.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }
}

/// What changed after a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// These rows were written or removed, up to and including this revision.
    Rows(Revision, Vec<Name>),
    /// The feed no longer reaches back so far; everything cached is to be read again.
    All(Revision),
}

/// Who remembers (存储). One suite of tests runs on every implementation: `tests/stores.rs`.
pub trait Store: Send + Sync {
    /// The head row; `None` before the first commit.
    ///
    /// # Errors
    /// [`Busy`](crate::Kind::Busy) or [`Unavailable`](crate::Kind::Unavailable).
    fn head(&self) -> Result<Option<Head>>;

    /// One row.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    fn read(&self, name: &Name) -> Result<Option<Row>>;

    /// Rows of `table` whose names start with `prefix` and come after `after`, in unsigned lexicographic order of
    /// name, at most `limit`.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    fn scan(&self, table: Table, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>>;

    /// Audit records from `first` on, in order, at most `limit`.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    fn log(&self, first: u64, limit: usize) -> Result<Vec<LogRow>>;

    /// Applies all of `change` durably, or nothing.
    ///
    /// # Errors
    /// [`Conflict`](crate::Kind::Conflict) when the store is not at the expected revision; otherwise as
    /// [`head`](Self::head).
    fn commit(&self, change: &Change) -> Result<Revision>;

    /// What changed after `revision`; cheap when nothing did.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    fn changed_since(&self, revision: Revision) -> Result<Changes>;

    /// The store's time, which time-driven changes use.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    fn now(&self) -> Result<Time>;
}
