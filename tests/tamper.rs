//! What somebody does who can write the store's file but does not hold its root: every edit is noticed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

extern crate alloc;

#[path = "common/kms.rs"]
mod support;

use alloc::sync::Arc;
use std::{fs, path::PathBuf};

use miyao::{
    Kind, Result,
    envelope::Context,
    key::{KeyName, NewKey, Spec},
    kms::Kms,
    store::sqlite::Sqlite,
};
use rusqlite::Connection;
use support::{key, kind, principal, root};

struct Scratch {
    directory: tempfile::TempDir,
}

impl Scratch {
    /// A closed store with keys `a` and `b`, and a token of `a`.
    fn new() -> (Self, Vec<u8>) {
        let scratch = Self { directory: tempfile::tempdir().unwrap() };
        let kms = scratch.init("store.db");
        for name in ["a", "b"] {
            kms.create(NewKey::new(KeyName::parse(name).unwrap(), Spec::Sm4)).unwrap();
        }
        let token = kms.encrypt(&key("a"), &Context::new(), b"value").unwrap();
        kms.close().unwrap();
        (scratch, token)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn init(&self, name: &str) -> Kms {
        Kms::init(Arc::new(Sqlite::create(&self.path(name)).unwrap()), &root(), principal()).unwrap()
    }

    fn open(&self) -> Result<Kms> {
        Kms::open(Arc::new(Sqlite::open(&self.path("store.db"))?), &root(), principal())
    }

    fn edit(&self, sql: &str) -> usize {
        let connection = Connection::open(self.path("store.db")).unwrap();
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        connection.execute(sql, []).unwrap()
    }
}

/// Whether reading all of the keys, or the doctor, notices.
fn is_noticed(scratch: &Scratch) -> bool {
    let Ok(kms) = scratch.open() else { return true };
    let report = kms.doctor();
    !report.is_ok_and(|report| report.is_clean())
}

#[test]
fn an_untouched_store_is_clean() {
    let (scratch, _) = Scratch::new();
    assert!(!is_noticed(&scratch));
}

#[test]
fn every_flipped_byte_of_every_row_is_noticed() {
    let (scratch, _) = Scratch::new();
    let kms = scratch.open().unwrap();
    drop(kms);
    let connection = Connection::open(scratch.path("store.db")).unwrap();
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    for (table, column) in [
        ("rows", "body"),
        ("rows", "mac"),
        ("head", "body"),
        ("head", "mac"),
        ("log", "body"),
        ("log", "mac"),
    ] {
        let id = if table == "rows" { "hex(kind) || hex(name)" } else { "hex(mac)" };
        let rows: Vec<(String, Vec<u8>)> = connection
            .prepare(&format!("SELECT {id}, {column} FROM {table}"))
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        assert!(!rows.is_empty());
        for (id_value, bytes) in rows {
            for at in (0..bytes.len()).step_by(13) {
                let mut altered = bytes.clone();
                altered[at] ^= 1;
                let set = |bytes: &[u8], which: &str| {
                    let sql = format!("UPDATE {table} SET {column} = ?1 WHERE {which}");
                    assert_eq!(connection.execute(&sql, [bytes]).unwrap(), 1);
                };
                // The head and log are found by their MAC, which this may have changed.
                let (which, back) = match (table, column) {
                    ("rows", _) => (format!("{id} = '{id_value}'"), format!("{id} = '{id_value}'")),
                    (_, "mac") => {
                        let hex: String = altered.iter().map(|byte| format!("{byte:02X}")).collect();
                        (format!("{id} = '{id_value}'"), format!("{id} = '{hex}'"))
                    }
                    _ => (format!("{id} = '{id_value}'"), format!("{id} = '{id_value}'")),
                };
                set(&altered, &which);
                assert!(is_noticed_in_place(&scratch), "{table}.{column} byte {at}");
                set(&bytes, &back);
            }
        }
    }
    assert!(!is_noticed(&scratch), "it was put back as it was");
}

/// Without the audit entry of the check: the store must stay as it was edited.
fn is_noticed_in_place(scratch: &Scratch) -> bool {
    let copy = scratch.path("copy.db");
    let _ = fs::remove_file(&copy);
    let connection = Connection::open(scratch.path("store.db")).unwrap();
    connection.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
    let noticed = Sqlite::open(&copy)
        .and_then(|store| Kms::open(Arc::new(store), &root(), principal()))
        .and_then(|kms| kms.doctor())
        .is_ok_and(|report| report.is_clean());
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(scratch.path(&format!("copy.db{end}")));
    }
    !noticed
}

#[test]
fn rows_swapped_between_keys_do_not_open() {
    let (scratch, token) = Scratch::new();
    // The version rows of the two keys trade places, MACs and all.
    let connection = Connection::open(scratch.path("store.db")).unwrap();
    let names: Vec<Vec<u8>> = connection
        .prepare("SELECT name FROM rows WHERE kind = 3 ORDER BY name")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    let rename = |from: &[u8], to: &[u8]| {
        let sql = "UPDATE rows SET name = ?2 WHERE kind = 3 AND name = ?1";
        assert_eq!(connection.execute(sql, [from, to]).unwrap(), 1);
    };
    rename(&names[0], b"spare");
    rename(&names[1], &names[0]);
    rename(b"spare", &names[1]);
    drop(connection);
    let kms = scratch.open().unwrap();
    assert_eq!(kind(kms.decrypt(&Context::new(), &token)), Kind::Corrupt);
    assert_eq!(kind(kms.encrypt(&key("b"), &Context::new(), b"")), Kind::Corrupt);
    assert!(!kms.doctor().unwrap().is_clean());
}

#[test]
fn rows_copied_from_another_store_under_the_same_root_do_not_open() {
    let (scratch, _) = Scratch::new();
    let other = scratch.init("other.db");
    other.create(NewKey::new(KeyName::parse("planted").unwrap(), Spec::Sm4)).unwrap();
    other.close().unwrap();
    let connection = Connection::open(scratch.path("store.db")).unwrap();
    let sql = "ATTACH ?1 AS other";
    connection.execute(sql, [scratch.path("other.db").to_str().unwrap()]).unwrap();
    let copied =
        connection.execute("INSERT INTO rows SELECT * FROM other.rows WHERE kind IN (2, 3, 4)", []).unwrap();
    assert_eq!(copied, 3);
    drop(connection);
    let kms = scratch.open().unwrap();
    assert_eq!(kind(kms.encrypt(&key("planted"), &Context::new(), b"")), Kind::Corrupt);
    assert!(!kms.doctor().unwrap().is_clean());
}

#[test]
fn removed_rows_and_removed_audit_entries_are_noticed() {
    for sql in [
        "DELETE FROM rows WHERE kind = 4 AND name = x'62'",
        "DELETE FROM rows WHERE kind = 3",
        "DELETE FROM log WHERE sequence = 2",
        "DELETE FROM log WHERE sequence = (SELECT max(sequence) FROM log)",
        "INSERT INTO log SELECT sequence + 1, body, mac FROM log WHERE sequence = (SELECT max(sequence) FROM log)",
        "UPDATE head SET revision = revision + 1",
        "DELETE FROM head",
    ] {
        let (scratch, _) = Scratch::new();
        assert!(scratch.edit(sql) > 0, "{sql}");
        assert!(is_noticed(&scratch), "{sql}");
    }
}

#[test]
fn an_old_row_put_back_is_noticed() {
    let (scratch, _) = Scratch::new();
    assert_eq!(scratch.edit("CREATE TABLE old AS SELECT * FROM rows WHERE kind = 2"), 0);
    let kms = scratch.open().unwrap();
    kms.disable(&key("a")).unwrap();
    drop(kms);
    assert_eq!(scratch.edit("INSERT OR REPLACE INTO rows SELECT * FROM old"), 2);
    assert!(is_noticed(&scratch));
}

#[test]
fn a_store_put_back_as_a_whole_is_noticed_by_whoever_saw_it() {
    let (scratch, _) = Scratch::new();
    let old = scratch.path("old.db");
    Sqlite::open(&scratch.path("store.db")).unwrap().copy_to(&old).unwrap();
    let kms = scratch.open().unwrap();
    kms.disable(&key("a")).unwrap();
    let witness = kms.witness();
    drop(kms);
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(scratch.path(&format!("store.db{end}")));
    }
    fs::rename(&old, scratch.path("store.db")).unwrap();
    let kms = scratch.open().unwrap();
    assert_eq!(kind(kms.check_witness(&witness)), Kind::RolledBack);
}
