//! A store that dies at its k-th commit, before or after it, and never answers again: a crash, as its owner sees it.
//!
//! What was committed stays in the store within, which the next process opens. Knows nothing of power cuts. The suite
//! that includes it says `extern crate alloc`.
#![allow(dead_code, reason = "each suite uses a part")]

use alloc::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use miyao::{
    Error, Kind, Result,
    key::Time,
    store::{Change, Changes, Head, LogRow, Name, Revision, Row, Store, Table},
};

/// On which side of the commit it dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// The change is not applied.
    Before,
    /// The change is applied and nobody hears of it.
    After,
}

/// A handle on a store that dies; what it takes snapshots of dies with it. Clones are the same handle.
#[derive(Clone)]
pub(crate) struct Dying {
    inner: Arc<dyn Store>,
    life: Arc<Life>,
}

struct Life {
    end: Option<(u64, Death)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    commits: u64,
    is_dead: bool,
}

impl Dying {
    /// Dies at the commit that is number `at`, counted from 1, whether or not the store would have taken it.
    pub(crate) fn at(inner: Arc<dyn Store>, at: u64, death: Death) -> Self {
        assert!(at > 0, "commits are counted from 1");
        Self::new(inner, Some((at, death)))
    }

    /// Lives on and counts.
    pub(crate) fn never(inner: Arc<dyn Store>) -> Self {
        Self::new(inner, None)
    }

    /// How many commits were tried.
    pub(crate) fn commits(&self) -> u64 {
        self.state().commits
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.state().is_dead
    }

    fn new(inner: Arc<dyn Store>, end: Option<(u64, Death)>) -> Self {
        Self { inner, life: Arc::new(Life { end, state: Mutex::default() }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.life.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store within, as long as it lives.
    fn alive(&self) -> Result<&dyn Store> {
        if self.is_dead() { Err(dead()) } else { Ok(&*self.inner) }
    }
}

impl Store for Dying {
    fn head(&self) -> Result<Option<Head>> {
        self.alive()?.head()
    }

    fn read(&self, name: &Name) -> Result<Option<Row>> {
        self.alive()?.read(name)
    }

    fn scan(&self, table: Table, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>> {
        self.alive()?.scan(table, prefix, after, limit)
    }

    fn log(&self, first: u64, limit: usize) -> Result<Vec<LogRow>> {
        self.alive()?.log(first, limit)
    }

    fn commit(&self, change: &Change) -> Result<Revision> {
        // Held until the end, so that of many threads exactly one meets the death.
        let mut state = self.state();
        if state.is_dead {
            return Err(dead());
        }
        state.commits += 1;
        let death = self.life.end.filter(|(at, _)| *at == state.commits).map(|(_, death)| death);
        state.is_dead = death.is_some();
        match death {
            None => self.inner.commit(change),
            Some(Death::Before) => Err(dead()),
            Some(Death::After) => self.inner.commit(change).and(Err(dead())),
        }
    }

    fn changed_since(&self, revision: Revision) -> Result<Changes> {
        self.alive()?.changed_since(revision)
    }

    fn snapshot(&self) -> Result<Box<dyn Store>> {
        let inner = Arc::from(self.alive()?.snapshot()?);
        Ok(Box::new(Self { inner, life: Arc::clone(&self.life) }))
    }

    fn now(&self) -> Result<Time> {
        self.alive()?.now()
    }
}

fn dead() -> Error {
    Error::new(Kind::Unavailable, "the store died, as the test wanted")
}
