//! What a commit, a read and a page cost, in an empty store and beside 100,000 rows: `store/sqlite/commit/100000`.
//!
//! The SQLite file lies in the system's temporary directory, so a commit is as fast as that disk syncs.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark is no API and fails by panicking")]

use core::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use miyao::store::{
    Change, Head, LogRow, Name, Revision, Row, Store, Table, Write, memory::Memory, sqlite::Sqlite,
};

/// About the size of a key's record.
const BODY: usize = 300;
const FILLED: u64 = 100_000;
const BATCH: u64 = 10_000;

/// One revision after the other, each with one audit record and rows at `numbers`.
fn commit(store: &dyn Store, revision: u64, numbers: impl Iterator<Item = u64>) {
    let head = Head { revision: Revision(revision), body: vec![1; 100], mac: [1; 32] };
    let entry = LogRow { sequence: revision, body: vec![2; 150], mac: [2; 32] };
    let row = |number| {
        Write::Put(Row {
            name: name(number),
            revision: Revision(revision),
            body: vec![number as u8; BODY],
            mac: [3; 32],
        })
    };
    store.commit(&Change::new(head, entry, Vec::new(), numbers.map(row).collect())).unwrap();
}

/// Names are spread like random ids.
fn name(number: u64) -> Name {
    let spread = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
    Name::new(Table::Key, [spread, number.to_be_bytes()].concat())
}

fn measure(c: &mut Criterion, kind: &str, store: &dyn Store, rows: u64) {
    let mut revision = 0;
    for first in (0..rows).step_by(BATCH as usize) {
        revision += 1;
        commit(store, revision, first..first + BATCH);
    }
    let mut number = rows;
    c.bench_function(&format!("store/{kind}/commit/{rows}"), |b| {
        b.iter(|| {
            revision += 1;
            number += 1;
            commit(store, revision, [number].into_iter());
        });
    });
    c.bench_function(&format!("store/{kind}/read/{rows}"), |b| {
        b.iter(|| {
            number = (number + 7919) % rows.max(1000);
            black_box(store.read(&name(number)).unwrap())
        });
    });
    c.bench_function(&format!("store/{kind}/page-of-100/{rows}"), |b| {
        b.iter(|| {
            number = (number + 7919) % rows.max(1000);
            black_box(store.scan(Table::Key, b"", Some(&name(number).name), 100).unwrap())
        });
    });
    c.bench_function(&format!("store/{kind}/unchanged/{rows}"), |b| {
        b.iter(|| black_box(store.changed_since(Revision(revision)).unwrap()));
    });
}

fn stores(c: &mut Criterion) {
    for rows in [0, FILLED] {
        measure(c, "memory", &Memory::new(), rows);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        measure(c, "sqlite", &Sqlite::create(&path).unwrap(), rows);
        c.bench_function(&format!("store/sqlite/open/{rows}"), |b| {
            b.iter(|| Sqlite::open(&path).unwrap().head().unwrap());
        });
    }
}

criterion_group!(benches, stores);
criterion_main!(benches);
