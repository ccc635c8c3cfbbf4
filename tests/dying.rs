//! The store that dies, which the crash tests stand on, dies when and how it says.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

use alloc::sync::Arc;
use std::thread;

use dying::{Death, Dying};
use miyao::{
    Kind,
    store::{Name, Revision, Store, Table, memory::Memory},
};
use rows::{commit, head, race};

#[path = "common/dying.rs"]
mod dying;
#[path = "common/rows.rs"]
mod rows;

#[test]
fn it_dies_on_the_side_of_the_commit_that_was_asked_for_and_never_answers_again() {
    for (death, kept) in [(Death::Before, 2), (Death::After, 3)] {
        let inner = Memory::new();
        let store = Dying::at(Arc::new(inner.clone()), 3, death);
        for revision in 1..=2 {
            assert_eq!(commit(&store, "alive", &[]).unwrap(), Revision(revision));
        }
        let snapshot = store.snapshot().unwrap();
        assert_eq!(snapshot.head().unwrap(), Some(head(2)));
        assert!(!store.is_dead());
        assert_eq!(commit(&store, "last", &[]).unwrap_err().kind(), Kind::Unavailable);
        assert!(store.is_dead());
        let answers = [
            store.head().map(drop),
            store.read(&Name::new(Table::Key, b"a")).map(drop),
            store.scan(Table::Key, b"", None, 1).map(drop),
            store.log(0, 1).map(drop),
            store.changed_since(Revision(0)).map(drop),
            store.snapshot().map(drop),
            store.now().map(drop),
            store.clone().head().map(drop),
            snapshot.head().map(drop),
        ];
        for answer in answers {
            assert_eq!(answer.unwrap_err().kind(), Kind::Unavailable);
        }
        assert_eq!(inner.head().unwrap(), Some(head(kept)), "{death:?}");
        assert_eq!(store.commits(), 3);
    }
}

#[test]
fn a_refused_commit_counts_and_may_be_the_last() {
    let inner = Memory::new();
    let (store, other) = (Dying::at(Arc::new(inner.clone()), 2, Death::After), inner.clone());
    let snapshot = store.snapshot().unwrap();
    commit(&store, "first", &[]).unwrap();
    commit(&other, "someone else", &[]).unwrap();
    assert_eq!(commit(&*snapshot, "to a snapshot", &[]).unwrap_err().kind(), Kind::ReadOnly);
    assert!(store.is_dead());
    assert_eq!(inner.head().unwrap(), Some(head(2)));
}

#[test]
fn of_many_threads_one_meets_the_death_and_all_see_it() {
    let inner = Memory::new();
    let store = Dying::at(Arc::new(inner.clone()), 50, Death::Before);
    thread::scope(|scope| {
        for by in ["one", "two", "three"] {
            let store = store.clone();
            scope.spawn(move || assert_eq!(race(&store, by, 50).unwrap_err().kind(), Kind::Unavailable));
        }
    });
    assert_eq!(store.commits(), 50);
    assert!(inner.head().unwrap().is_some_and(|head| head.revision < Revision(50)));
}

#[test]
fn one_that_never_dies_counts() {
    let store = Dying::never(Arc::new(Memory::new()));
    race(&store, "me", 20).unwrap();
    assert_eq!((store.commits(), store.is_dead()), (20, false));
}
