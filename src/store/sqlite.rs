//! A store in one SQLite file, for one machine: several processes at once, durable when a commit returns.
//!
//! Knows rows and revisions; what they mean, and whether they are genuine, is checked by whoever reads them.

mod connection;
mod file;
mod fork;
mod schema;
mod statements;

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::time::Duration;
use std::{fs, path::Path};

use rusqlite::{
    Connection, Transaction, TransactionBehavior,
    backup::{Backup, StepResult},
};

use self::{connection::Shared, schema::failed};
use super::{Change, Changes, Head, LogRow, Name, Revision, Row, Store, Table, fixed, system_time};
use crate::{
    error::{Error, Kind, Result},
    key::Time,
};

/// One SQLite file in WAL mode with `synchronous=FULL`, mode 0600; `-wal` and `-shm` beside it belong to it.
///
/// Several processes and several `Sqlite` of one process may use one file. A commit waits up to ten seconds for
/// another's and is then [`Busy`](Kind::Busy). After a fork the child is refused ([`Unavailable`](Kind::Unavailable)):
/// open the store after forking. Network file systems are refused as far as Linux names them; what stands behind FUSE
/// it does not say.
///
/// What is deleted or replaced is overwritten with zeros in the file (`secure_delete`). Old pages may stay in `-wal`
/// until a checkpoint has moved them and later commits have written over them, and the last connection to close
/// removes `-wal` without wiping it: whoever must be rid of destroyed material encrypts the disk, or relies on its
/// being wrapped under the master secret.
///
/// ```
/// use miyao::store::{Store, sqlite::Sqlite};
/// let directory = tempfile::tempdir()?;
/// let store = Sqlite::create(&directory.path().join("store.db"))?;
/// assert!(store.head()?.is_none());
/// # Ok::<(), miyao::Error>(())
/// ```
pub struct Sqlite {
    shared: Arc<Shared>,
    is_fixed: bool,
}

impl Sqlite {
    /// Makes the file, or goes on with one that has the tables and no content.
    ///
    /// # Errors
    /// [`Exists`](Kind::Exists) when a store is there; [`Invalid`](Kind::Invalid) on a network file system or when
    /// others than its owner may read it; [`Malformed`](Kind::Malformed) when the file is something else.
    pub fn create(path: &Path) -> Result<Self> {
        file::create(path)?;
        let store = Self::new(Shared::open(path, true)?);
        if store.head()?.is_some() {
            return Err(Error::new(
                Kind::Exists,
                "there is a key store already; open it, or name another file",
            )
            .about(path.display()));
        }
        Ok(store)
    }

    /// Opens a file that [`create`](Self::create) made. One that a newer release made can be read, not changed.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) when there is none; [`Invalid`](Kind::Invalid) on a network file system or when others
    /// than its owner may read it; [`Malformed`](Kind::Malformed) when the file is something else;
    /// [`Unsupported`](Kind::Unsupported) when a newer release made its tables so that this one cannot read them.
    pub fn open(path: &Path) -> Result<Self> {
        file::check(path)?;
        Ok(Self::new(Shared::open(path, false)?))
    }

    /// Removes a store that was begun at `path` and not made, with the files beside it. One that somebody has filled meanwhile stays, and so does
    /// one that somebody has open, who means to fill it. What stays unfilled is no whole store, and one can be made there.
    pub fn discard(path: &Path) {
        let Ok(store) = Self::open(path) else { return };
        // Whatever keeps it there is no concern of whoever gives it up.
        let _ = store.shared.with(|connection| discard(connection, store.shared.path()));
    }

    /// Copies the whole store as it is now into a new file of mode 0600.
    ///
    /// # Errors
    /// [`Exists`](Kind::Exists) when something is there; as [`open`](Self::open) otherwise.
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        file::create_new(path)?;
        let copied = self.shared.with(|connection| Ok(fill(connection, path)))?;
        copied.and_then(|()| file::sync(path)).map_err(|error| {
            // Half a copy is none; that it could not be removed either would hide why.
            let _ = std::fs::remove_file(path);
            error.about(path.display())
        })
    }

    fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared), is_fixed: false }
    }
}

impl Store for Sqlite {
    fn head(&self) -> Result<Option<Head>> {
        self.shared.with(statements::head)
    }

    fn read(&self, name: &Name) -> Result<Option<Row>> {
        self.shared.with(|connection| statements::read(connection, name))
    }

    fn scan(&self, table: Table, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>> {
        self.shared.with(|connection| statements::scan(connection, table, prefix, after, limit))
    }

    fn log(&self, first: u64, limit: usize) -> Result<Vec<LogRow>> {
        self.shared.with(|connection| statements::log(connection, first, limit))
    }

    fn commit(&self, change: &Change) -> Result<Revision> {
        if self.is_fixed {
            return Err(fixed());
        }
        self.shared.with(|connection| commit(&self.shared, connection, change))?
    }

    fn changed_since(&self, revision: Revision) -> Result<Changes> {
        self.shared.with(|connection| statements::changes(connection, revision))
    }

    fn snapshot(&self) -> Result<Box<dyn Store>> {
        if self.is_fixed {
            return Ok(Box::new(Self { shared: Arc::clone(&self.shared), is_fixed: true }));
        }
        self.shared.check_name()?;
        let shared = Arc::new(Shared::open(self.shared.path(), false)?);
        shared.with(|connection| {
            connection.execute_batch("BEGIN")?;
            // A deferred transaction sees the state of its first read.
            statements::head(connection)
        })?;
        Ok(Box::new(Self { shared, is_fixed: true }))
    }

    fn now(&self) -> Result<Time> {
        Ok(system_time())
    }
}

impl core::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Sqlite({})", self.shared.path().display())
    }
}

fn commit(shared: &Shared, connection: &Connection, change: &Change) -> rusqlite::Result<Result<Revision>> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    // Who discards a store that was only begun does so while nobody else can write.
    if let Err(gone) = shared.check_name() {
        return Ok(Err(gone));
    }
    let (now, last) = statements::ends(&transaction)?;
    if let Err(refused) = schema::check_writable(&transaction)?.and_then(|()| change.check(now, last)) {
        return Ok(Err(refused));
    }
    statements::apply(&transaction, change)?;
    transaction.commit()?;
    Ok(Ok(change.head().revision))
}

/// Removes the file of a store without a head that nobody else has open.
fn discard(connection: &Connection, path: &Path) -> rusqlite::Result<()> {
    let turn_to = |mode: &str| {
        connection.pragma_update_and_check(None, "journal_mode", mode, |found| found.get::<_, String>(0))
    };
    if statements::head(connection)?.is_some() {
        return Ok(());
    }
    // No waiting for others. Without its log the store is one file, so that nothing is left that a new one could take for its own.
    connection.busy_timeout(Duration::ZERO)?;
    turn_to("delete")?;
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Exclusive)?;
    let mode: String = transaction.pragma_query_value(None, "journal_mode", |found| found.get(0))?;
    if mode == "delete" && statements::head(&transaction)?.is_none() {
        // What cannot be removed can be filled still.
        let _ = fs::remove_file(path);
        return Ok(());
    }
    drop(transaction);
    turn_to("wal").map(drop)
}

/// Copies page by page, in one step and so in one state.
fn fill(connection: &Connection, path: &Path) -> Result<()> {
    let path = path.canonicalize()?;
    let mut target = Shared::open_raw(&path)?;
    let step = Backup::new(connection, &mut target).and_then(|backup| backup.step(-1)).map_err(failed)?;
    if step != StepResult::Done {
        return Err(Error::new(Kind::Busy, "another process is writing to the key store; try again"));
    }
    target.close().map_err(|(_, error)| failed(error))
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::{super::Write, *};

    fn change(revision: u64, body: usize) -> Change {
        let row = Row {
            name: Name::new(Table::Meta, b"row"),
            revision: Revision(revision),
            body: vec![7; body],
            mac: [0; 32],
        };
        let head = Head { revision: row.revision, body: Vec::new(), mac: [0; 32] };
        let entry = LogRow { sequence: revision, body: Vec::new(), mac: [0; 32] };
        Change::new(head, entry, Vec::new(), vec![Write::Put(row)])
    }

    fn store() -> (tempfile::TempDir, Sqlite) {
        let directory = tempfile::tempdir().unwrap();
        let store = Sqlite::create(&directory.path().join("store.db")).unwrap();
        store.commit(&change(1, 1)).unwrap();
        (directory, store)
    }

    #[test]
    fn a_full_disk_changes_nothing_and_says_so() {
        let (_directory, store) = store();
        let room = |pages: u32| {
            let sql = alloc::format!("PRAGMA max_page_count = {pages}");
            store.shared.with(|connection| connection.query_row(&sql, [], |_| Ok(()))).unwrap();
        };
        room(10);
        let refused = store.commit(&change(2, 100_000)).unwrap_err();
        assert_eq!(refused.kind(), Kind::Io, "{refused:?}");
        assert_eq!(store.head().unwrap().map(|head| head.revision), Some(Revision(1)));
        room(1000);
        assert_eq!(store.commit(&change(2, 100_000)).unwrap(), Revision(2));
    }

    #[test]
    fn what_was_only_begun_is_discarded_and_nothing_else() {
        let (_directory, made) = store();
        let path = made.shared.path().to_path_buf();
        Sqlite::discard(&path);
        assert_eq!(made.commit(&change(2, 1)).unwrap(), Revision(2), "one that is open and filled");
        drop(made);
        Sqlite::discard(&path);
        assert_eq!(Sqlite::open(&path).unwrap().head().unwrap().map(|head| head.revision), Some(Revision(2)));

        let begun = path.with_file_name("begun.db");
        let other = Sqlite::create(&begun).unwrap();
        Sqlite::discard(&begun);
        assert_eq!(other.commit(&change(1, 1)).unwrap(), Revision(1), "somebody means to fill it");
        drop(other);
        Sqlite::discard(&begun);
        assert!(Sqlite::open(&begun).unwrap().head().unwrap().is_some());

        let given_up = path.with_file_name("given-up.db");
        drop(Sqlite::create(&given_up).unwrap());
        Sqlite::discard(&given_up);
        let left: Vec<_> = fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name.to_string_lossy().starts_with("given-up"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn a_file_that_lost_its_name_while_a_commit_waited_is_not_written() {
        let (directory, store) = store();
        let other = Sqlite::open(store.shared.path()).unwrap();
        other.shared.with(|connection| connection.execute_batch("BEGIN IMMEDIATE")).unwrap();
        let path = store.shared.path().to_path_buf();
        let waiting = std::thread::spawn(move || store.commit(&change(2, 1)).unwrap_err().kind());
        std::thread::sleep(Duration::from_millis(100));
        fs::rename(&path, directory.path().join("moved.db")).unwrap();
        drop(other);
        assert_eq!(waiting.join().unwrap(), Kind::Unavailable);
    }

    #[test]
    fn a_lock_held_too_long_is_busy_and_readers_go_on() {
        let (_directory, store) = store();
        let other = Sqlite::open(store.shared.path()).unwrap();
        other.shared.with(|connection| connection.execute_batch("BEGIN IMMEDIATE")).unwrap();
        store.shared.with(|connection| connection.busy_timeout(Duration::from_millis(30))).unwrap();
        assert_eq!(store.commit(&change(2, 1)).unwrap_err().kind(), Kind::Busy);
        assert!(store.read(&Name::new(Table::Meta, b"row")).unwrap().is_some());
        other.shared.with(|connection| connection.execute_batch("ROLLBACK")).unwrap();
        assert_eq!(store.commit(&change(2, 1)).unwrap(), Revision(2));
    }
}
