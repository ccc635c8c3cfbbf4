//! One connection behind one lock: opened and set up, usable in the process that opened it, and in no other.
//!
//! Knows no rows.

use core::mem;
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
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
    /// Leaves only when all is dropped; in a forked child it is forgotten.
    connection: Mutex<Option<Connection>>,
    /// After the connection, which it counts.
    permit: Permit,
}

/// Device and inode: what stays when a file gets another name.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity(u64, u64);

/// No creation: the file is made with its mode before SQLite sees it. One lock of ours guards each connection.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX)
    .union(OpenFlags::SQLITE_OPEN_EXRESCODE);

impl Shared {
    /// Opens a key store; makes its tables in an empty file when `make`.
    pub(super) fn open(path: &Path, make: bool) -> Result<Self> {
        let path = path.canonicalize().map_err(|error| Error::from(error).about(path.display()))?;
        let permit = Permit::new()?;
        let connection = connect(&path).map_err(|error| failed(error).about(path.display()))?;
        let identity = Identity::of(&path)?;
        let shared = Self { path, identity, connection: Mutex::new(Some(connection)), permit };
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
        // Before the lock: in a forked child nobody might be left to release it.
        self.permit.check()?;
        self.check_name()?;
        // An open transaction of a panicking thread was rolled back when it unwound.
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = || Error::new(Kind::Internal, "a key store's connection is gone; please report it");
        work(connection.as_ref().ok_or_else(gone)?).map_err(|error| self.about(failed(error)))
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

impl Drop for Shared {
    fn drop(&mut self) {
        if self.permit.check().is_err() {
            // Closing the parent's connection could remove files that the parent still uses.
            mem::forget(self.connection.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

impl Identity {
    fn of(path: &Path) -> Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self(found.dev(), found.ino()))
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_with_flags(path, FLAGS)?;
    connection.busy_handler(Some(schema::wait))?;
    Ok(connection)
}
