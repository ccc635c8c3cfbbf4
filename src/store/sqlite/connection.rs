//! One connection behind one lock: opened and set up, usable in the process that opened it, and in no other.
//!
//! Knows no rows.

use core::{mem, time::Duration};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
};

use rusqlite::{Connection, OpenFlags};

use super::{
    fork::Permit,
    schema::{self, failed},
};
use crate::error::{Error, Kind, Result};

/// A connection to the file at `path`, which is absolute and without links.
pub(super) struct Shared {
    path: PathBuf,
    identity: Identity,
    held: Mutex<Held>,
}

/// Device and inode: what stays when a file gets another name.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity(u64, u64);

/// The connection leaves only by being dropped, so there always is one; in a forked child it is forgotten.
struct Held {
    connection: Option<Connection>,
    permit: Permit,
}

/// How often and how long a commit waits for another process's: ten seconds in all.
const PATIENCE: i32 = 10_000;
const NAP: Duration = Duration::from_millis(1);

/// No creation: the file is made with its mode before SQLite sees it. One lock of ours guards each connection.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX)
    .union(OpenFlags::SQLITE_OPEN_EXRESCODE);

impl Shared {
    /// Opens a key store; makes its tables in an empty file when `make`.
    pub(super) fn open(path: &Path, make: bool) -> Result<Self> {
        let path = path.canonicalize().map_err(|error| Error::from(error).about(path.display()))?;
        let held = Held::open(&path)?;
        let identity = Identity::of(&path)?;
        let shared = Self { path, identity, held: Mutex::new(held) };
        shared
            .with(|connection| Ok(schema::prepare(connection, make)))?
            .map_err(|error| shared.about(error))?;
        Ok(shared)
    }

    /// Opens an empty file to be filled page by page.
    pub(super) fn open_raw(path: &Path) -> Result<Connection> {
        Connection::open_with_flags(path, FLAGS).map_err(failed)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Does `work` while nobody else in this process uses the connection.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        // An open transaction of a panicking thread was rolled back when it unwound.
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.permit.check()?;
        self.check_name()?;
        let gone = || Error::new(Kind::Internal, "a key store's connection is gone; please report it");
        work(held.connection.as_ref().ok_or_else(gone)?).map_err(|error| self.about(failed(error)))
    }

    /// Whether the name still leads to the file: what is committed to a file without a name is lost with it.
    pub(super) fn check_name(&self) -> Result<()> {
        if Identity::of(&self.path).ok() != Some(self.identity) {
            return Err(self.about(Error::new(
                Kind::Unavailable,
                "the key store's file was moved or replaced while it was open; open it again",
            )));
        }
        Ok(())
    }

    fn about(&self, error: Error) -> Error {
        error.about(self.path.display())
    }
}

impl Identity {
    fn of(path: &Path) -> Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self(found.dev(), found.ino()))
    }
}

impl Held {
    fn open(path: &Path) -> Result<Self> {
        let permit = Permit::new()?;
        let about = |error| failed(error).about(path.display());
        let mut connection = Connection::open_with_flags(path, FLAGS).map_err(about)?;
        connection.busy_handler(Some(wait)).map_err(about)?;
        Ok(Self { connection: Some(connection), permit })
    }
}

/// Waits for another process, unless that took too long. SQLite's own waiters sleep ever longer and so starve.
pub(super) fn wait(tries: i32) -> bool {
    if tries < PATIENCE {
        thread::sleep(NAP);
    }
    tries < PATIENCE
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.permit.check().is_err() {
            // Closing the parent's connection could remove files that the parent still uses.
            mem::forget(self.connection.take());
        }
    }
}
