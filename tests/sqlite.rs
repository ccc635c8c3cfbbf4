//! The SQLite store as a file: who may read it, what is refused, and what survives.
#![cfg(feature = "sqlite")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use miyao::{
    Kind, Result,
    store::{BODY_LIMIT, Changes, Name, Revision, Store, Table, sqlite::Sqlite},
};
use rows::{commit, head, row};
use rusqlite::Connection;
use tempfile::TempDir;

#[path = "common/rows.rs"]
mod rows;

struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A closed store of three commits; all of it stands in the one file.
    fn store(&self) -> PathBuf {
        let path = self.path("store.db");
        let store = Sqlite::create(&path).unwrap();
        for body in [b"1", b"2", b"3"] {
            commit(&store, "me", &[(b"a", Some(body)), (body, Some(&[0xB0; 300]))]).unwrap();
        }
        path
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn kind<T>(result: Result<T>) -> Kind {
    result.err().expect("it must be refused").kind()
}

/// Changes the closed file behind the store's back.
fn edit(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

/// Opens the store and reads whatever is there.
fn read_all(path: &Path) -> Result<usize> {
    let store = Sqlite::open(path)?;
    store.head()?;
    store.changed_since(Revision(0))?;
    let rows = Table::ALL.into_iter().map(|table| Ok(store.scan(table, b"", None, usize::MAX)?.len()));
    Ok(store.log(0, usize::MAX)?.len() + rows.sum::<Result<usize>>()?)
}

#[test]
fn the_file_and_its_side_files_are_their_owners_alone() {
    let scratch = Scratch::new();
    let path = scratch.path("store.db");
    let store = Sqlite::create(&path).unwrap();
    commit(&store, "me", &[]).unwrap();
    for name in ["store.db", "store.db-wal", "store.db-shm"] {
        assert_eq!(mode(&scratch.path(name)), 0o600, "{name}");
    }
    drop(store);
    assert_eq!(
        fs::read_dir(scratch.0.path()).unwrap().count(),
        1,
        "the side files go with the last connection"
    );
}

#[test]
fn a_file_that_others_may_read_is_refused_until_it_is_closed_to_them() {
    let scratch = Scratch::new();
    let path = scratch.store();
    for wrong in [0o640, 0o604, 0o660, 0o610, 0o644] {
        set_mode(&path, wrong);
        let error = Sqlite::open(&path).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{wrong:o}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
        assert_eq!(kind(Sqlite::create(&path)), Kind::Invalid);
    }
    set_mode(&path, 0o600);
    assert_eq!(Sqlite::open(&path).unwrap().head().unwrap(), Some(head(3)));
}

#[test]
fn a_journal_that_somebody_else_may_have_laid_is_refused() {
    let scratch = Scratch::new();
    let path = scratch.store();
    for suffix in ["wal", "shm", "journal"] {
        let side = scratch.path(&format!("store.db-{suffix}"));
        symlink("/dev/null", &side).unwrap();
        assert_eq!(kind(Sqlite::open(&path)), Kind::Invalid, "a link as {suffix}");
        fs::remove_file(&side).unwrap();
        fs::write(&side, "").unwrap();
        set_mode(&side, 0o666);
        assert_eq!(kind(Sqlite::open(&path)), Kind::Invalid, "everybody's {suffix}");
        fs::remove_file(&side).unwrap();
    }
    assert!(read_all(&path).is_ok());
}

#[test]
fn what_is_no_key_store_is_refused_by_its_kind() {
    let scratch = Scratch::new();
    assert_eq!(kind(Sqlite::open(&scratch.path("nothing"))), Kind::Missing);
    assert_eq!(kind(Sqlite::open(Path::new(""))), Kind::Missing);
    assert_eq!(kind(Sqlite::open(scratch.0.path())), Kind::Invalid);
    let write = |name, content: &[u8]| {
        let path = scratch.path(name);
        fs::write(&path, content).unwrap();
        set_mode(&path, 0o600);
        path
    };
    let empty = write("empty", b"");
    assert_eq!(kind(Sqlite::open(&empty)), Kind::Missing);
    assert_eq!(fs::metadata(&empty).unwrap().len(), 0, "looking changes nothing");
    for text in [write("short", b"text"), write("text", &b"no database at all. ".repeat(1000))] {
        let before = fs::read(&text).unwrap();
        assert_eq!(kind(Sqlite::open(&text)), Kind::Malformed);
        assert_eq!(kind(Sqlite::create(&text)), Kind::Malformed);
        assert_eq!(fs::read(&text).unwrap(), before);
    }
    let foreign = write("foreign", b"");
    edit(&foreign, "CREATE TABLE head (id); CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1);");
    let before = fs::read(&foreign).unwrap();
    assert_eq!(kind(Sqlite::open(&foreign)), Kind::Malformed);
    assert_eq!(kind(Sqlite::create(&foreign)), Kind::Malformed);
    assert_eq!(before.len(), fs::read(&foreign).unwrap().len());
    edit(&foreign, "INSERT INTO theirs SELECT count(*) FROM head");
}

#[test]
fn a_file_with_two_names_is_refused_and_a_link_is_followed() {
    let scratch = Scratch::new();
    let (path, second) = (scratch.store(), scratch.path("second.db"));
    fs::hard_link(&path, &second).unwrap();
    assert_eq!(kind(Sqlite::open(&path)), Kind::Invalid);
    fs::remove_file(&second).unwrap();
    symlink(&path, &second).unwrap();
    let (store, linked) = (Sqlite::open(&path).unwrap(), Sqlite::open(&second).unwrap());
    commit(&linked, "by its link", &[]).unwrap();
    assert_eq!(store.head().unwrap(), Some(head(4)));
    assert!(!scratch.path("second.db-wal").exists());
}

#[test]
fn a_store_is_made_once() {
    let scratch = Scratch::new();
    let path = scratch.path("store.db");
    drop(Sqlite::create(&path).unwrap());
    let store = Sqlite::create(&path).expect("nothing was committed yet");
    commit(&store, "me", &[]).unwrap();
    assert_eq!(kind(Sqlite::create(&path)), Kind::Exists);
    drop(store);
    assert_eq!(kind(Sqlite::create(&path)), Kind::Exists);
    assert_eq!(Sqlite::open(&path).unwrap().head().unwrap(), Some(head(1)));
}

#[test]
fn what_was_committed_is_there_after_closing_and_opening() {
    let path = &Scratch::new();
    let path = path.store();
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(store.read(&Name::new(Table::Key, b"a")).unwrap(), Some(row(3, b"a", b"3")));
    assert_eq!(store.log(0, 9).unwrap().len(), 3);
    assert!(
        matches!(store.changed_since(Revision(2)).unwrap(), Changes::Rows(Revision(3), names) if names.len() == 2)
    );
    assert_eq!(commit(&store, "me", &[]).unwrap(), Revision(4));
}

#[test]
fn a_truncated_file_is_refused_and_never_read_as_less() {
    let scratch = Scratch::new();
    let path = scratch.store();
    let whole = fs::read(&path).unwrap();
    let rows = read_all(&path).unwrap();
    let page = 4096;
    assert!(whole.len() > 4 * page, "the cuts below are inside");
    for length in [0, 1, 16, 99, 100, 511, 512, 1000, page, page + 1, 2 * page, 3 * page + 7, whole.len() - 1]
    {
        fs::write(&path, &whole[..length]).unwrap();
        match read_all(&path).map_err(|error| error.kind()) {
            // SQLite reads the last page as if zeros followed; a row that ends there fails its reader's MAC.
            Ok(found) => {
                assert!(found == rows && length > whole.len() - page, "{length} bytes: {found} rows")
            }
            Err(kind) => assert!(matches!(kind, Kind::Missing | Kind::Malformed | Kind::Corrupt), "{kind:?}"),
        }
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(read_all(&path).unwrap(), rows);
}

#[test]
fn flipped_bytes_are_refused_or_read_and_nothing_panics() {
    let scratch = Scratch::new();
    let path = scratch.store();
    let whole = fs::read(&path).unwrap();
    let mut refused = 0;
    for place in (0..whole.len()).step_by(29) {
        let mut altered = whole.clone();
        altered[place] ^= 0x81;
        fs::write(&path, altered).unwrap();
        refused += u32::from(read_all(&path).is_err());
    }
    assert!(refused > 20, "{refused} alterations were noticed");
}

#[test]
fn a_row_of_the_wrong_shape_is_corrupt() {
    for sql in [
        "UPDATE rows SET mac = x'00'",
        "UPDATE rows SET revision = -1",
        "UPDATE log SET sequence = -sequence",
        "UPDATE log SET mac = zeroblob(33)",
        "UPDATE head SET mac = x''",
        "UPDATE head SET revision = -7",
        "DROP TABLE log",
    ] {
        let scratch = Scratch::new();
        let path = scratch.store();
        edit(&path, sql);
        let store = Sqlite::open(&path).unwrap();
        let all = [
            store.head().map(drop),
            store.scan(Table::Key, b"", None, 9).map(drop),
            store.log(0, 9).map(drop),
            commit(&store, "me", &[]).map(drop),
        ];
        assert!(all.into_iter().filter_map(Result::err).any(|error| error.kind() == Kind::Corrupt), "{sql}");
    }
}

#[test]
fn triggers_in_the_file_do_not_run() {
    let scratch = Scratch::new();
    let path = scratch.store();
    edit(&path, "CREATE TRIGGER t AFTER INSERT ON log BEGIN DELETE FROM rows; END");
    let store = Sqlite::open(&path).unwrap();
    commit(&store, "me", &[]).unwrap();
    assert_eq!(store.scan(Table::Key, b"", None, 9).unwrap().len(), 4);
}

#[test]
fn rows_of_a_kind_from_the_future_make_the_feed_say_all() {
    let scratch = Scratch::new();
    let path = scratch.store();
    edit(&path, "INSERT INTO feed (revision, kind, name) VALUES (3, 200, x'00')");
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(store.changed_since(Revision(1)).unwrap(), Changes::All(Revision(3)));
    assert_eq!(store.changed_since(Revision(3)).unwrap(), Changes::Rows(Revision(3), Vec::new()));
}

#[test]
fn the_feed_forgets_what_is_too_old_to_be_asked_for() {
    let scratch = Scratch::new();
    let path = scratch.store();
    // As if many commits had followed that wrote no rows.
    edit(&path, "UPDATE head SET revision = revision + 10000; UPDATE log SET sequence = sequence + 10000");
    commit(&Sqlite::open(&path).unwrap(), "me", &[(b"a", Some(b"4"))]).unwrap();
    let count = "SELECT count(*), min(revision) FROM feed";
    let kept: (i64, i64) = Connection::open(&path)
        .unwrap()
        .query_row(count, [], |found| Ok((found.get(0)?, found.get(1)?)))
        .unwrap();
    assert_eq!(kept, (1, 10_004));
}

#[test]
fn a_store_of_a_newer_release_can_be_read_and_not_changed() {
    let scratch = Scratch::new();
    let path = scratch.store();
    let open_meanwhile = Sqlite::open(&path).unwrap();
    edit(&path, "ALTER TABLE rows ADD COLUMN extra BLOB; PRAGMA user_version = 2");
    for store in [open_meanwhile, Sqlite::open(&path).unwrap()] {
        let error = commit(&store, "old", &[(b"a", Some(b"4"))]).unwrap_err();
        assert_eq!(error.kind(), Kind::ReadOnly);
        assert_eq!(store.read(&Name::new(Table::Key, b"a")).unwrap(), Some(row(3, b"a", b"3")));
        assert_eq!(store.snapshot().unwrap().head().unwrap(), Some(head(3)));
    }
    edit(&path, "ALTER TABLE rows DROP COLUMN mac");
    assert_eq!(kind(Sqlite::open(&path)), Kind::Unsupported);
    for other in ["0", "-1"] {
        edit(&path, &format!("PRAGMA user_version = {other}"));
        assert_eq!(kind(Sqlite::open(&path)), Kind::Malformed);
    }
}

#[test]
fn a_store_taken_out_of_wal_mode_is_put_back() {
    let scratch = Scratch::new();
    let path = scratch.store();
    edit(&path, "PRAGMA journal_mode = DELETE");
    let store = Sqlite::open(&path).unwrap();
    commit(&store, "me", &[]).unwrap();
    assert!(scratch.path("store.db-wal").exists());
}

#[test]
fn a_file_that_lost_its_name_takes_no_changes() {
    let scratch = Scratch::new();
    let (path, aside) = (scratch.store(), scratch.path("aside.db"));
    let store = Sqlite::open(&path).unwrap();
    store.copy_to(&scratch.path("copy.db")).unwrap();
    fs::rename(&path, &aside).unwrap();
    assert_eq!(kind(commit(&store, "to nowhere", &[])), Kind::Unavailable);
    fs::rename(scratch.path("copy.db"), &path).unwrap();
    assert_eq!(kind(store.head()), Kind::Unavailable);
    assert_eq!(kind(store.snapshot()), Kind::Unavailable);
    fs::rename(&aside, &path).unwrap();
    assert_eq!(commit(&store, "back", &[]).unwrap(), Revision(4));
}

#[test]
fn what_was_replaced_or_deleted_leaves_the_file() {
    let scratch = Scratch::new();
    let path = scratch.path("store.db");
    let store = Sqlite::create(&path).unwrap();
    let (small, large) = (b"a wrapped secret".repeat(5), b"many pages of it".repeat(BODY_LIMIT / 64));
    commit(&store, "a", &[(b"s", Some(&small)), (b"l", Some(&large)), (b"r", Some(&large))]).unwrap();
    drop(store);
    let holds = |needle: &[u8]| fs::read(&path).unwrap().windows(16).any(|found| found == needle);
    assert!(holds(b"a wrapped secret") && holds(b"many pages of it"));
    let store = Sqlite::open(&path).unwrap();
    commit(&store, "b", &[(b"s", None), (b"l", None), (b"r", Some(b"replaced"))]).unwrap();
    drop(store);
    assert!(!holds(b"a wrapped secret") && !holds(b"many pages of it"));
}

#[test]
fn a_copy_is_a_store_and_overwrites_nothing() {
    let scratch = Scratch::new();
    let (path, copy) = (scratch.store(), scratch.path("copy.db"));
    let store = Sqlite::open(&path).unwrap();
    commit(&store, "still in the write-ahead log", &[(b"a", Some(b"4"))]).unwrap();
    store.copy_to(&copy).unwrap();
    assert_eq!(mode(&copy), 0o600);
    commit(&store, "after the copy", &[]).unwrap();
    let copied = Sqlite::open(&copy).unwrap();
    assert_eq!(copied.head().unwrap(), Some(head(4)));
    assert_eq!(copied.read(&Name::new(Table::Key, b"a")).unwrap(), Some(row(4, b"a", b"4")));
    assert_eq!(commit(&copied, "the copy lives on", &[]).unwrap(), Revision(5));
    assert_eq!(kind(store.copy_to(&copy)), Kind::Exists);
    assert_eq!(kind(store.copy_to(&scratch.path("no/such/directory"))), Kind::Missing);
    assert_eq!(copied.head().unwrap(), Some(head(5)));
}
