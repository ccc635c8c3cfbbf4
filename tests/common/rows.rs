//! Changes for stores under test. A commit writes one audit record unless it is told otherwise, so sequence numbers and
//! revisions agree. Knows no key: bodies and MACs are bytes.
#![allow(dead_code, reason = "each suite uses a part")]

use core::time::Duration;
use std::{thread, time::Instant};

use miyao::{
    Result,
    store::{Change, Head, LogRow, Name, Revision, Row, Store, Table, Write},
};

/// The head of `revision`.
pub(crate) fn head(revision: u64) -> Head {
    Head { revision: Revision(revision), body: format!("head {revision}").into_bytes(), mac: [1; 32] }
}

/// The audit record at `sequence`.
pub(crate) fn record(sequence: u64, body: &str) -> LogRow {
    LogRow { sequence, body: body.into(), mac: [2; 32] }
}

/// A row that the change to `revision` writes.
pub(crate) fn row(revision: u64, name: &[u8], body: &[u8]) -> Row {
    Row { name: Name::new(Table::Key, name), revision: Revision(revision), body: body.into(), mac: [3; 32] }
}

/// Commits on top of what is there: each name is written, or removed where it has no body.
pub(crate) fn commit(store: &dyn Store, by: &str, rows: &[(&[u8], Option<&[u8]>)]) -> Result<Revision> {
    let revision = store.head()?.map_or(0, |head| head.revision.0) + 1;
    let write = |&(name, body): &(&[u8], Option<&[u8]>)| match body {
        Some(body) => Write::Put(row(revision, name, body)),
        None => Write::Delete(Name::new(Table::Key, name)),
    };
    store.commit(&Change::new(
        head(revision),
        record(revision, by),
        Vec::new(),
        rows.iter().map(write).collect(),
    ))
}

/// How often a racer lets the other go first, for at most so long: whoever waits for a lock sleeps a while, and without that the
/// winner might win again and again.
const TURN: (usize, Duration) = (8, Duration::from_millis(50));

/// Commits until `wins` changes of its own were taken, going on after whoever came first.
pub(crate) fn race(store: &dyn Store, by: &str, wins: usize) -> Result<Vec<Revision>> {
    let mut won = Vec::new();
    while won.len() < wins {
        match commit(store, by, &[(b"contended", Some(by.as_bytes()))]) {
            Ok(revision) => {
                won.push(revision);
                thread::sleep(Duration::from_micros(100));
                let begun = Instant::now();
                while won.len().is_multiple_of(TURN.0)
                    && begun.elapsed() < TURN.1
                    && store.head()?.is_some_and(|head| head.revision == revision)
                {
                    thread::sleep(Duration::from_micros(100));
                }
            }
            Err(error) if error.kind() == miyao::Kind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Ok(won)
}
