//! A SQLite store across a fork: the child is refused and leaves the parent's store as it is.
//!
//! One test alone, so that no other thread of this process holds a lock of the allocator when it forks.
#![cfg(feature = "sqlite")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "no safe face of fork(2) and _exit(2) is at hand")]

use std::path::Path;

use miyao::{
    Kind,
    store::{Store, sqlite::Sqlite},
};
use rows::{commit, head};

#[path = "common/rows.rs"]
mod rows;

unsafe extern "C" {
    safe fn fork() -> i32;
    safe fn _exit(status: i32) -> !;
}

/// What the child does with the store that it inherited; a number for what it found wrong.
fn in_child(store: Sqlite, path: &Path, closed: &Path) -> i32 {
    let refused = |kind: Option<Kind>| kind == Some(Kind::Unavailable);
    if !refused(store.head().err().map(|error| error.kind())) {
        return 1;
    }
    if !refused(commit(&store, "child", &[]).err().map(|error| error.kind())) {
        return 2;
    }
    drop(store);
    if !refused(Sqlite::open(path).err().map(|error| error.kind())) {
        return 3;
    }
    if !refused(Sqlite::open(closed).err().map(|error| error.kind())) {
        return 4;
    }
    0
}

#[test]
fn a_child_is_refused_the_open_store_and_one_of_its_own_when_none_was_open() {
    let directory = tempfile::tempdir().unwrap();
    let (path, closed) = (directory.path().join("store.db"), directory.path().join("closed.db"));
    commit(&Sqlite::create(&closed).unwrap(), "before any fork", &[]).unwrap();

    // Nothing is open: a child may open and write.
    let child = fork();
    if child == 0 {
        let committed = Sqlite::open(&closed).and_then(|store| commit(&store, "child", &[]));
        _exit(i32::from(committed.is_err()));
    }
    assert_eq!(status(child), Some(0));
    assert_eq!(Sqlite::open(&closed).unwrap().head().unwrap(), Some(head(2)));

    let store = Sqlite::create(&path).unwrap();
    commit(&store, "parent", &[(b"a", Some(b"1"))]).unwrap();
    let child = fork();
    if child == 0 {
        _exit(in_child(store, &path, &closed));
    }
    assert_eq!(status(child), Some(0));
    assert!(directory.path().join("store.db-wal").exists(), "the child closed nothing of the parent's");
    commit(&store, "parent", &[(b"a", Some(b"2"))]).unwrap();
    assert_eq!(Sqlite::open(&path).unwrap().head().unwrap(), Some(head(2)));
}

fn status(child: i32) -> Option<i32> {
    let child = rustix::process::Pid::from_raw(child).expect("a child");
    let ended = rustix::process::waitpid(Some(child), rustix::process::WaitOptions::empty()).unwrap();
    ended.and_then(|(_, status)| status.exit_status())
}
