//! One suite for every store: whatever remembers must pass all of it.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

use alloc::collections::BTreeMap;
use std::{
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

#[cfg(feature = "sqlite")]
use miyao::store::sqlite::Sqlite;
use miyao::{
    Kind,
    store::{
        BODY_LIMIT, Change, Changes, FEED, LogRow, Name, Revision, Row, Store, Table, Write, memory::Memory,
    },
};
use rows::{commit, head, race, record, row};

#[path = "common/rows.rs"]
mod rows;

/// Opens another handle on the store under test.
type Open<'a> = &'a (dyn Fn() -> Box<dyn Store> + Sync);

macro_rules! on_every_store {
    ($($test:ident)*) => {
        mod memory {
            $(#[test] fn $test() {
                let store = super::Memory::new();
                super::$test(&|| Box::new(store.clone()));
            })*
        }

        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(#[test] fn $test() {
                // What a power cut leaves is not this suite's business; memory spares it ten thousand syncs.
                let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
                let path = directory.path().join("store.db");
                let store = super::Sqlite::create(&path).unwrap();
                super::$test(&|| Box::new(super::Sqlite::open(&path).unwrap()));
                drop(store);
            })*
        }
    };
}

on_every_store! {
    an_empty_store_has_nothing
    what_is_committed_is_read_back_byte_for_byte
    the_last_write_of_a_row_counts
    a_scan_finds_what_a_filter_over_all_names_finds
    pages_follow_each_other_without_gap_or_repetition
    tables_do_not_mix
    a_stale_change_is_refused_whole
    a_change_that_breaks_a_rule_is_refused_whole
    a_body_of_the_greatest_size_is_kept
    the_log_is_read_from_any_place
    the_feed_names_each_changed_row_once
    the_feed_reaches_back_so_far_and_no_further
    a_snapshot_stays_as_it_was_and_takes_no_changes
    of_two_threads_exactly_one_wins_each_revision
    the_stores_time_is_the_systems
}

/// All that can be read, to compare two moments.
#[derive(Debug, PartialEq)]
struct Everything {
    head: Option<miyao::store::Head>,
    rows: Vec<Vec<Row>>,
    log: Vec<LogRow>,
    changes: Changes,
}

impl Everything {
    fn of(store: &dyn Store) -> Self {
        let rows = Table::ALL.map(|table| store.scan(table, b"", None, usize::MAX).unwrap()).into();
        let (head, log) = (store.head().unwrap(), store.log(0, usize::MAX).unwrap());
        Self { head, rows, log, changes: store.changed_since(Revision(0)).unwrap() }
    }
}

fn names(rows: &[Row]) -> Vec<&[u8]> {
    rows.iter().map(|row| row.name.name.as_slice()).collect()
}

fn an_empty_store_has_nothing(open: Open<'_>) {
    let store = open();
    assert_eq!(store.head().unwrap(), None);
    assert_eq!(store.read(&Name::new(Table::Key, b"a")).unwrap(), None);
    assert_eq!(store.log(0, usize::MAX).unwrap(), []);
    assert_eq!(store.changed_since(Revision(0)).unwrap(), Changes::Rows(Revision(0), Vec::new()));
    assert_eq!(store.changed_since(Revision(1)).unwrap(), Changes::All(Revision(0)));
    for table in Table::ALL {
        assert_eq!(store.scan(table, b"", None, usize::MAX).unwrap(), []);
    }
}

fn what_is_committed_is_read_back_byte_for_byte(open: Open<'_>) {
    let store = open();
    let every_byte: Vec<u8> = (0..=255).collect();
    let mut written =
        vec![row(1, &[0], b""), row(1, &every_byte[..255], &every_byte), row(1, &[0, 0], b"\0")];
    written.push(Row { mac: core::array::from_fn(|place| place as u8), ..row(1, &every_byte[1..], b"mac") });
    let log = [record(1, "first"), LogRow { mac: [0xA5; 32], ..record(2, "") }];
    let writes = written.iter().cloned().map(Write::Put).collect();
    let change = Change::new(head(1), log[0].clone(), vec![log[1].clone()], writes);
    assert_eq!(store.commit(&change).unwrap(), Revision(1));
    for store in [store, open()] {
        assert_eq!(store.head().unwrap(), Some(head(1)));
        assert_eq!(store.log(1, 10).unwrap(), log);
        for row in &written {
            assert_eq!(store.read(&row.name).unwrap().as_ref(), Some(row));
        }
        assert_eq!(store.read(&Name::new(Table::Key, [0, 0, 0])).unwrap(), None);
    }
}

fn the_last_write_of_a_row_counts(open: Open<'_>) {
    let store = open();
    commit(&*store, "a", &[(b"kept", Some(b"1")), (b"gone", Some(b"1")), (b"again", Some(b"1"))]).unwrap();
    commit(&*store, "b", &[(b"kept", Some(b"2")), (b"gone", None), (b"never", None), (b"again", None)])
        .unwrap();
    commit(&*store, "c", &[(b"again", Some(b"3")), (b"kept", Some(b"0")), (b"kept", Some(b"3"))]).unwrap();
    commit(&*store, "d", &[(b"brief", Some(b"4")), (b"brief", None)]).unwrap();
    let found = store.scan(Table::Key, b"", None, 10).unwrap();
    assert_eq!(found, [row(3, b"again", b"3"), row(3, b"kept", b"3")]);
    assert_eq!(store.read(&Name::new(Table::Key, b"gone")).unwrap(), None);
}

fn a_scan_finds_what_a_filter_over_all_names_finds(open: Open<'_>) {
    let store = open();
    let mut all: Vec<Vec<u8>> = vec![Vec::new()];
    for length in 0..3 {
        let longer = |name: &Vec<u8>| [0, b'a', 0xFF].map(|byte| [name.as_slice(), &[byte]].concat());
        all.extend(all.iter().filter(|name| name.len() == length).flat_map(longer).collect::<Vec<_>>());
    }
    all.sort();
    // Every second name stands in the store; bounds are all of them, and none.
    let stored: Vec<&[u8]> = all.iter().skip(1).step_by(2).map(Vec::as_slice).collect();
    let writes: Vec<_> = stored.iter().rev().map(|name| (*name, Some(b"body".as_slice()))).collect();
    commit(&*store, "all", &writes).unwrap();
    for prefix in &all {
        for after in all.iter().map(|after| Some(after.as_slice())).chain([None]) {
            let wanted = stored.iter().filter(|name| name.starts_with(prefix) && after < Some(**name));
            let wanted: Vec<&[u8]> = wanted.copied().collect();
            for limit in [0, 1, 3, usize::MAX] {
                let found = store.scan(Table::Key, prefix, after, limit).unwrap();
                let wanted = &wanted[..wanted.len().min(limit)];
                assert_eq!(names(&found), wanted, "prefix {prefix:?}, after {after:?}, limit {limit}");
            }
        }
    }
}

fn pages_follow_each_other_without_gap_or_repetition(open: Open<'_>) {
    let store = open();
    let all: Vec<Vec<u8>> = (0u32..100).map(|number| number.to_be_bytes().into()).collect();
    let writes: Vec<_> = all.iter().map(|name| (name.as_slice(), Some(name.as_slice()))).collect();
    commit(&*store, "all", &writes).unwrap();
    let (mut seen, mut after) = (Vec::new(), None::<Vec<u8>>);
    loop {
        let page = store.scan(Table::Key, b"", after.as_deref(), 7).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.name.name.clone());
        seen.extend(page.into_iter().map(|row| row.name.name));
    }
    assert_eq!(seen, all);
}

fn tables_do_not_mix(open: Open<'_>) {
    let store = open();
    let rows = Table::ALL.map(|table| Row {
        name: Name::new(table, b"same"),
        body: vec![table as u8],
        ..row(1, b"", b"")
    });
    let writes = rows.iter().cloned().map(Write::Put).collect();
    store.commit(&Change::new(head(1), record(1, "all"), Vec::new(), writes)).unwrap();
    let gone = Name::new(Table::Version, b"same");
    let deleting = Change::new(head(2), record(2, "one"), Vec::new(), vec![Write::Delete(gone.clone())]);
    store.commit(&deleting).unwrap();
    for row in rows {
        let wanted = (row.name != gone).then_some(row.clone());
        assert_eq!(store.read(&row.name).unwrap(), wanted);
        assert_eq!(store.scan(row.name.table, b"s", None, 9).unwrap(), Vec::from_iter(wanted));
    }
}

fn a_stale_change_is_refused_whole(open: Open<'_>) {
    let store = open();
    commit(&*store, "first", &[(b"a", Some(b"1"))]).unwrap();
    let stale = |revision| {
        let writes = vec![Write::Put(row(revision, b"b", b"2")), Write::Delete(Name::new(Table::Key, b"a"))];
        Change::new(head(revision), record(2, "late"), Vec::new(), writes)
    };
    let before = Everything::of(&*store);
    for revision in [0, 1, 3, 1000, u64::MAX] {
        assert_eq!(
            open().commit(&stale(revision)).unwrap_err().kind(),
            Kind::Conflict,
            "revision {revision}"
        );
        assert_eq!(Everything::of(&*store), before);
    }
    assert_eq!(store.commit(&stale(2)).unwrap(), Revision(2));
    assert_eq!(store.commit(&stale(2)).unwrap_err().kind(), Kind::Conflict);
}

fn a_change_that_breaks_a_rule_is_refused_whole(open: Open<'_>) {
    let store = open();
    let zeroth = Change::new(head(0), record(1, "zeroth"), Vec::new(), Vec::new());
    assert_eq!(store.commit(&zeroth).unwrap_err().kind(), Kind::Invalid);
    commit(&*store, "first", &[(b"a", Some(b"1"))]).unwrap();
    let before = Everything::of(&*store);
    let large = vec![0; BODY_LIMIT + 1];
    let put = |row| vec![Write::Put(self::row(2, b"whole", b"change")), Write::Put(row)];
    let entry = |sequence| record(sequence, "second");
    let wrong = [
        (Kind::Invalid, Change::new(head(2), entry(2), vec![], put(row(2, b"", b"no name")))),
        (Kind::Invalid, Change::new(head(2), entry(2), vec![], put(row(2, &[7; 256], b"long name")))),
        (Kind::Invalid, Change::new(head(2), entry(2), vec![], put(row(1, b"b", b"old")))),
        (Kind::Invalid, Change::new(head(2), entry(2), vec![], put(row(u64::MAX, b"b", b"new")))),
        (Kind::TooLarge, Change::new(head(2), entry(2), vec![], put(row(2, b"b", &large)))),
        (Kind::Corrupt, Change::new(head(2), entry(3), vec![], put(row(2, b"b", b"gap")))),
        (Kind::Corrupt, Change::new(head(2), entry(1), vec![], put(row(2, b"b", b"twice")))),
        (Kind::Corrupt, Change::new(head(2), entry(2), vec![entry(2)], put(row(2, b"b", b"twice")))),
        (Kind::Corrupt, Change::new(head(2), entry(2), vec![entry(u64::MAX)], put(row(2, b"b", b"far")))),
    ];
    for (place, (kind, change)) in wrong.into_iter().enumerate() {
        assert_eq!(store.commit(&change).unwrap_err().kind(), kind, "change {place}");
        assert_eq!(Everything::of(&*store), before, "change {place}");
    }
}

fn a_body_of_the_greatest_size_is_kept(open: Open<'_>) {
    let store = open();
    let body: Vec<u8> = (0..BODY_LIMIT).map(|place| (place % 251) as u8).collect();
    commit(&*store, "large", &[(b"large", Some(&body))]).unwrap();
    assert!(open().read(&Name::new(Table::Key, b"large")).unwrap().is_some_and(|row| row.body == body));
}

fn the_log_is_read_from_any_place(open: Open<'_>) {
    let store = open();
    let all: Vec<LogRow> = (1..=9).map(|sequence| record(sequence, &format!("entry {sequence}"))).collect();
    for (revision, entries) in (1..).zip(all.chunks(3)) {
        let change = Change::new(head(revision), entries[0].clone(), entries[1..].to_vec(), Vec::new());
        store.commit(&change).unwrap();
    }
    for first in (0..12).chain([u64::MAX]) {
        for limit in [0, 1, 4, usize::MAX] {
            let wanted = all.iter().filter(|row| row.sequence >= first).take(limit);
            assert_eq!(store.log(first, limit).unwrap(), Vec::from_iter(wanted.cloned()));
        }
    }
}

fn the_feed_names_each_changed_row_once(open: Open<'_>) {
    let (store, other) = (open(), open());
    commit(&*store, "a", &[(b"b", Some(b"1")), (b"a", Some(b"1"))]).unwrap();
    commit(&*other, "b", &[(b"a", Some(b"2")), (b"a", None), (b"c", Some(b"2"))]).unwrap();
    commit(&*store, "c", &[]).unwrap();
    let feed = |since, wanted: &[&[u8]]| {
        let wanted = wanted.iter().map(|name| Name::new(Table::Key, *name)).collect();
        for store in [&store, &other] {
            assert_eq!(
                store.changed_since(Revision(since)).unwrap(),
                Changes::Rows(Revision(3), Clone::clone(&wanted))
            );
        }
    };
    feed(0, &[b"a", b"b", b"c"]);
    feed(1, &[b"a", b"c"]);
    feed(2, &[]);
    feed(3, &[]);
    for future in [4, u64::MAX] {
        assert_eq!(store.changed_since(Revision(future)).unwrap(), Changes::All(Revision(3)));
    }
}

fn the_feed_reaches_back_so_far_and_no_further(open: Open<'_>) {
    let store = open();
    commit(&*store, "first", &[(b"first", Some(b""))]).unwrap();
    commit(&*store, "second", &[(b"second", Some(b""))]).unwrap();
    for _ in 2..FEED {
        commit(&*store, "busy", &[(b"busy", Some(b""))]).unwrap();
    }
    let changes = |since| store.changed_since(Revision(since)).unwrap();
    let rows = |names: &[&[u8]]| names.iter().map(|name| Name::new(Table::Key, *name)).collect::<Vec<_>>();
    assert_eq!(changes(0), Changes::Rows(Revision(FEED), rows(&[b"busy", b"first", b"second"])));
    commit(&*store, "busy", &[(b"busy", Some(b""))]).unwrap();
    assert_eq!(changes(0), Changes::All(Revision(FEED + 1)));
    assert_eq!(changes(1), Changes::Rows(Revision(FEED + 1), rows(&[b"busy", b"second"])));
    assert_eq!(changes(2), Changes::Rows(Revision(FEED + 1), rows(&[b"busy"])));
}

fn a_snapshot_stays_as_it_was_and_takes_no_changes(open: Open<'_>) {
    let store = open();
    let empty = store.snapshot().unwrap();
    commit(&*store, "before", &[(b"a", Some(b"1")), (b"b", Some(b"1"))]).unwrap();
    let (snapshot, before) = (store.snapshot().unwrap(), Everything::of(&*store));
    commit(&*store, "after", &[(b"a", None), (b"b", Some(b"2")), (b"c", Some(b"2"))]).unwrap();
    commit(&*open(), "elsewhere", &[(b"d", Some(b"3"))]).unwrap();
    assert_eq!(Everything::of(&*snapshot), before);
    assert_eq!(empty.head().unwrap(), None);
    let of_a_snapshot = snapshot.snapshot().unwrap();
    for snapshot in [&snapshot, &of_a_snapshot, &empty] {
        assert_eq!(commit(&**snapshot, "never", &[]).unwrap_err().kind(), Kind::ReadOnly);
    }
    drop(snapshot);
    drop(store);
    assert_eq!(Everything::of(&*of_a_snapshot), before);
    assert_eq!(open().head().unwrap(), Some(head(3)));
}

fn of_two_threads_exactly_one_wins_each_revision(open: Open<'_>) {
    const WINS: usize = 100;
    let won = thread::scope(|scope| {
        let racers = ["one", "two"].map(|by| (by, scope.spawn(move || race(&*open(), by, WINS).unwrap())));
        racers.map(|(by, racer)| (by, racer.join().unwrap()))
    });
    let mut winners = BTreeMap::new();
    for (by, revisions) in &won {
        for revision in revisions {
            assert_eq!(winners.insert(revision.0, *by), None, "revision {revision:?} was won twice");
        }
    }
    let store = open();
    let log = store.log(0, usize::MAX).unwrap();
    let logged = log.iter().map(|row| (row.sequence, str::from_utf8(&row.body).unwrap()));
    assert_eq!(logged.collect::<Vec<_>>(), winners.into_iter().collect::<Vec<_>>());
    assert_eq!(store.head().unwrap(), Some(head(2 * WINS as u64)));
}

fn the_stores_time_is_the_systems(open: Open<'_>) {
    let system = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let (before, now, after) = (system(), open().now().unwrap(), system());
    assert!((before..=after).contains(&u128::from(now.0)));
}
