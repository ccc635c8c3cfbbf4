//! The third joint: who remembers. Compare-and-swap over named rows, an append-only log, and nothing else.
//!
//! A store knows neither keys nor cryptography: bodies and MACs are opaque bytes to it, and what it is trusted for is
//! written in `docs/lifecycle.md`.

use alloc::{boxed::Box, vec::Vec};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::{
    error::{Error, Kind, Result},
    key::Time,
};

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
    /// One row an SM2 version, named by the 32-byte identifier of its public half; the body is the version's name.
    Identifier = 7,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Meta, Self::Key, Self::Version, Self::Alias, Self::Usage, Self::Import, Self::Identifier];
}

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The kind of row.
    pub table: Table,
    /// The row's name within it: 1 to [`NAME_LIMIT`] bytes, any bytes.
    pub name: Vec<u8>,
}

/// A row as stored: opaque to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub name: Name,
    /// The revision of the commit that wrote it.
    pub revision: Revision,
    /// Its content, at most [`BODY_LIMIT`] bytes.
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

impl Name {
    /// A row's place.
    #[must_use]
    pub fn new(table: Table, name: impl Into<Vec<u8>>) -> Self {
        Self { table, name: name.into() }
    }
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

    /// What every store checks before it applies anything, being at revision `now` and its log at sequence `last`.
    fn check(&self, now: Revision, last: u64) -> Result<()> {
        if now != self.expected {
            return Err(conflict());
        }
        if self.head.revision.0 != now.0 + 1 {
            return Err(Error::new(Kind::Invalid, "a change leads to the next revision, from 1 on"));
        }
        if !self.log.iter().zip(1..).all(|(row, place)| last.checked_add(place) == Some(row.sequence)) {
            return Err(Error::new(
                Kind::Corrupt,
                "the audit log does not end where it should; run `doctor`",
            ));
        }
        let mut bodies = [&self.head.body].into_iter().chain(self.log.iter().map(|row| &row.body));
        bodies.try_for_each(|body| check_body(body))?;
        self.writes.iter().try_for_each(|write| write.check(self.head.revision))
    }
}

impl Write {
    /// The row it writes or removes.
    #[must_use]
    pub const fn name(&self) -> &Name {
        match self {
            Self::Put(row) => &row.name,
            Self::Delete(name) => name,
        }
    }

    fn check(&self, revision: Revision) -> Result<()> {
        if !(1..=NAME_LIMIT).contains(&self.name().name.len()) {
            return Err(Error::new(Kind::Invalid, "a row's name has 1 to 255 bytes; shorten it"));
        }
        match self {
            Self::Put(row) if row.revision != revision => {
                Err(Error::new(Kind::Invalid, "a row carries the revision of the change that writes it"))
            }
            Self::Put(row) => check_body(&row.body),
            Self::Delete(_) => Ok(()),
        }
    }
}

fn check_body(body: &[u8]) -> Result<()> {
    if body.len() > BODY_LIMIT {
        return Err(Error::new(
            Kind::TooLarge,
            "a record of the key store has at most 1 MiB; shorten its texts",
        ));
    }
    Ok(())
}

/// What changed after a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// These rows were written or removed, up to and including this revision.
    Rows(Revision, Vec<Name>),
    /// The feed no longer reaches back so far; everything cached is to be read again.
    All(Revision),
}

/// The longest name of a row.
pub const NAME_LIMIT: usize = 255;

/// The longest body of a row, of the head and of an audit record.
pub const BODY_LIMIT: usize = 1 << 20;

/// How many revisions the change feed reaches back.
pub const FEED: u64 = 10_000;

/// What every store answers when it is not at the revision a change expects.
fn conflict() -> Error {
    Error::new(Kind::Conflict, "somebody else changed the store first; read again and retry")
}

/// What every snapshot answers to a commit.
fn fixed() -> Error {
    Error::new(Kind::ReadOnly, "a snapshot takes no changes; commit to the store itself")
}

/// The system's time; before 1970 is 1970.
fn system_time() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Rows read at a time.
const PAGE: usize = 512;

/// Hands every row of `table` whose name starts with `prefix` to `visit`, in order, page by page.
pub(crate) fn each_row(
    store: &dyn Store,
    table: Table,
    prefix: &[u8],
    mut visit: impl FnMut(Row) -> Result<()>,
) -> Result<()> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = store.scan(table, prefix, after.as_deref(), PAGE)?;
        after = match page.last() {
            Some(last) if page.len() == PAGE => Some(last.name.name.clone()),
            _ => None,
        };
        page.into_iter().try_for_each(&mut visit)?;
        if after.is_none() {
            return Ok(());
        }
    }
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
    /// name, at most `limit`; to page, give the last name of the page before.
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
    /// [`Conflict`](crate::Kind::Conflict) when the store is not at the expected revision;
    /// [`Invalid`](crate::Kind::Invalid) or [`TooLarge`](crate::Kind::TooLarge) when the change breaks a rule of this
    /// page; [`Corrupt`](crate::Kind::Corrupt) when its audit records do not continue the log;
    /// [`ReadOnly`](crate::Kind::ReadOnly) from a snapshot and when a newer release made the store; otherwise as
    /// [`head`](Self::head). After [`Io`](crate::Kind::Io) and [`Unavailable`](crate::Kind::Unavailable) read the head:
    /// the answer may be all that was lost.
    fn commit(&self, change: &Change) -> Result<Revision>;

    /// What changed after `revision`; cheap when nothing did.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    fn changed_since(&self, revision: Revision) -> Result<Changes>;

    /// A view of the store as it is now, which later commits do not change and which takes none itself; for checks and
    /// backups that read everything.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    fn snapshot(&self) -> Result<Box<dyn Store>>;

    /// The store's time, which time-driven changes use.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    fn now(&self) -> Result<Time>;
}
