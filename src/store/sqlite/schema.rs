//! The tables of the file, how a connection is set up, and SQLite's errors as ours. Knows no rows.

use alloc::string::String;
use core::time::Duration;
use std::thread;

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, config::DbConfig, ffi};

use super::statements;
use crate::error::{Error, Kind, Result};

/// "miya": tells a key store from other SQLite files.
const APPLICATION: i32 = i32::from_be_bytes(*b"miya");
/// The layout of the tables; raised when it changes.
const LAYOUT: i32 = 1;
const EMPTY: Layout = (0, 0, true);
/// How often and how long a commit waits for another process's: ten seconds in all.
const PATIENCE: i32 = 10_000;
const NAP: Duration = Duration::from_millis(1);

pub(super) const TABLES: &str = "
    CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, body BLOB NOT NULL,
                       mac BLOB NOT NULL) STRICT;
    CREATE TABLE rows (kind INTEGER NOT NULL, name BLOB NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL,
                       mac BLOB NOT NULL, PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID;
    CREATE TABLE log (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL, mac BLOB NOT NULL) STRICT;
    CREATE TABLE feed (revision INTEGER NOT NULL, kind INTEGER NOT NULL, name BLOB NOT NULL,
                       PRIMARY KEY (revision, kind, name)) STRICT, WITHOUT ROWID;
";

/// Sets the connection up and makes the tables in an empty file when `make`.
pub(super) fn prepare(connection: &Connection, make: bool) -> Result<()> {
    set_up(connection).map_err(failed)?;
    if make && layout(connection).map_err(failed)? == EMPTY {
        log_ahead(connection)?;
        create(connection).map_err(failed)?;
    }
    match layout(connection).map_err(failed)? {
        (APPLICATION, LAYOUT, _) => log_ahead(connection),
        (APPLICATION, newer, _) if newer > LAYOUT => statements::probe(connection).map_err(|error| {
            let what = "a newer release made this key store in a way this one cannot read; use that release";
            Error::new(Kind::Unsupported, what).caused_by(error)
        }),
        EMPTY => Err(missing()),
        _ => Err(foreign()),
    }
}

/// Waits for another process, unless that took too long. SQLite's own waiters sleep ever longer and so starve.
pub(super) fn wait(tries: i32) -> bool {
    if tries < PATIENCE {
        thread::sleep(NAP);
    }
    tries < PATIENCE
}

/// Refuses to change what a newer release made.
pub(super) fn check_writable(transaction: &Transaction<'_>) -> rusqlite::Result<Result<()>> {
    Ok(match layout(transaction)? {
        (APPLICATION, LAYOUT, _) => Ok(()),
        _ => Err(Error::new(
            Kind::ReadOnly,
            "a newer release made this key store and this one can only read it; use that release",
        )),
    })
}

/// What is answered about a file that has no tables.
pub(super) fn missing() -> Error {
    Error::new(Kind::Missing, "there is no key store; make one with `miyao init`")
}

fn foreign() -> Error {
    Error::new(Kind::Malformed, "the file is no key store of miyao; name another one")
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(32);
    // The file is not trusted: no code in it runs, and its cells are checked before they are used.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;
         PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;",
    )
}

/// Turns the write-ahead log on; it stays on in the file.
fn log_ahead(connection: &Connection) -> Result<()> {
    let mode = || -> rusqlite::Result<String> {
        connection.pragma_update_and_check(None, "journal_mode", "wal", |found| found.get(0))
    };
    let mut tries = 0;
    loop {
        match mode() {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => return Err(unshared()),
            // SQLite does not wait here by itself when another process is doing the same.
            Err(error) if is_busy(&error) && wait(tries) => tries += 1,
            Err(error) => return Err(failed(error)),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

fn create(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    // Somebody else may have made the tables since we looked.
    if layout(&transaction)? != EMPTY {
        return Ok(());
    }
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", LAYOUT)?;
    transaction.commit()
}

/// Whose file it is, the layout of its tables, and whether there are none.
type Layout = (i32, i32, bool);

/// One statement over the schema sees one state, though others make the tables meanwhile.
fn layout(connection: &Connection) -> rusqlite::Result<Layout> {
    connection
        .prepare_cached(
            "SELECT application_id, user_version, NOT EXISTS (SELECT 1 FROM sqlite_schema)
             FROM pragma_application_id, pragma_user_version",
        )?
        .query_row([], |found| Ok((found.get(0)?, found.get(1)?, found.get(2)?)))
}

fn unshared() -> Error {
    Error::new(Kind::Unavailable, "the file system cannot share the key store's memory; use a local one")
}

/// SQLite's error as ours.
pub(super) fn failed(error: rusqlite::Error) -> Error {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    let (kind, what) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (Kind::Busy, "another process is writing to the key store; try again")
        }
        Some(ErrorCode::NotADatabase) => return foreign().caused_by(error),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) => {
            (Kind::Corrupt, "the key store's file or its tables are damaged; restore it from a backup")
        }
        Some(ErrorCode::DiskFull) => {
            (Kind::Io, "the disk is full; nothing was changed, make room and try again")
        }
        Some(ErrorCode::ReadOnly) => {
            (Kind::Io, "the key store's file or directory is read-only; change its permissions")
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            (Kind::Unavailable, "the key store's file cannot be opened; check its path and permissions")
        }
        Some(ErrorCode::SystemIoFailure) if extended == Some(ffi::SQLITE_IOERR_SHMMAP) => {
            return unshared().caused_by(error);
        }
        Some(ErrorCode::SystemIoFailure) => {
            (Kind::Io, "reading or writing the key store failed; check the disk")
        }
        None if matches!(
            error,
            rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
        ) =>
        {
            (Kind::Corrupt, "a row of the key store has the wrong shape; restore it from a backup")
        }
        _ => (Kind::Unavailable, "the key store does not answer as it should; see the cause"),
    };
    Error::new(kind, what).caused_by(error)
}
