//! A store in memory: for tests, for caches, and as the shortest statement of what a store does.

use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    Change, Changes, FEED, Head, LogRow, Name, Revision, Row, Store, Table, Write, fixed, system_time,
};
use crate::{error::Result, key::Time};

/// A store that lasts as long as its process. Clones are the same store.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    state: Arc<Mutex<State>>,
    is_fixed: bool,
}

#[derive(Clone, Debug, Default)]
struct State {
    head: Option<Head>,
    rows: BTreeMap<Name, Row>,
    log: Vec<LogRow>,
    feed: BTreeMap<Revision, Vec<Name>>,
}

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A commit is checked before it moves anything, and moves do not panic: a poisoned lock guards a whole state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn revision(&self) -> Revision {
        self.head.as_ref().map_or(Revision(0), |head| head.revision)
    }
}

impl Store for Memory {
    fn head(&self) -> Result<Option<Head>> {
        Ok(self.state().head.clone())
    }

    fn read(&self, name: &Name) -> Result<Option<Row>> {
        Ok(self.state().rows.get(name).cloned())
    }

    fn scan(&self, table: Table, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>> {
        let from = Name::new(table, after.map_or(prefix, |after| after.max(prefix)));
        let state = self.state();
        let rows = state.rows.range(from..).map(|(_, row)| row);
        let rows = rows.take_while(|row| row.name.table == table && row.name.name.starts_with(prefix));
        Ok(rows.filter(|row| after != Some(row.name.name.as_slice())).take(limit).cloned().collect())
    }

    fn log(&self, first: u64, limit: usize) -> Result<Vec<LogRow>> {
        let state = self.state();
        let start = state.log.partition_point(|row| row.sequence < first);
        Ok(state.log[start..].iter().take(limit).cloned().collect())
    }

    fn commit(&self, change: &Change) -> Result<Revision> {
        if self.is_fixed {
            return Err(fixed());
        }
        let mut state = self.state();
        change.check(state.revision(), state.log.last().map_or(0, |row| row.sequence))?;
        for write in change.writes() {
            match write {
                Write::Put(row) => state.rows.insert(row.name.clone(), row.clone()),
                Write::Delete(name) => state.rows.remove(name),
            };
        }
        state.log.extend_from_slice(change.log());
        let revision = change.head().revision;
        state.feed.insert(revision, change.writes().iter().map(|write| write.name().clone()).collect());
        state.feed.remove(&Revision(revision.0.saturating_sub(FEED)));
        state.head = Some(change.head().clone());
        Ok(revision)
    }

    fn changed_since(&self, revision: Revision) -> Result<Changes> {
        let state = self.state();
        let now = state.revision();
        if now.0.saturating_sub(revision.0) > FEED || revision > now {
            return Ok(Changes::All(now));
        }
        let names: BTreeSet<&Name> =
            state.feed.range(Revision(revision.0 + 1)..).flat_map(|(_, names)| names).collect();
        Ok(Changes::Rows(now, names.into_iter().cloned().collect()))
    }

    fn snapshot(&self) -> Result<Box<dyn Store>> {
        let state = self.state().clone();
        Ok(Box::new(Self { state: Arc::new(Mutex::new(state)), is_fixed: true }))
    }

    fn now(&self) -> Result<Time> {
        Ok(system_time())
    }
}
