//! A key-management service to test with: in memory, under a key file, with a clock that can be set.
#![allow(dead_code, reason = "each test uses some of it")]

use alloc::sync::Arc;
use core::sync::atomic::{AtomicI64, Ordering};

use miyao::{
    Kind, Result,
    envelope::Context,
    key::{Principal, Span, Time},
    kms::{KeyRef, Kms},
    provider::software::KeyFile,
    store::{Change, Changes, Head, LogRow, Name, Revision, Row, Store, Table, memory::Memory},
};

/// A key file of this process.
pub(crate) fn root() -> KeyFile {
    use std::sync::OnceLock;
    static ROOT: OnceLock<tempfile::TempDir> = OnceLock::new();
    let directory = ROOT.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        KeyFile::create(&directory.path().join("root"), &mut miyao::kms::rng().unwrap()).unwrap();
        directory
    });
    KeyFile::open(&directory.path().join("root")).unwrap()
}

pub(crate) fn principal() -> Principal {
    Principal::parse("uid:1000").unwrap()
}

/// A service over a fresh store in memory.
pub(crate) fn kms() -> Kms {
    Kms::init(Arc::new(Memory::new()), &root(), principal()).unwrap()
}

pub(crate) fn key(text: &str) -> KeyRef {
    KeyRef::parse(text).unwrap()
}

pub(crate) fn context() -> Context {
    Context::new().with("row", "7").unwrap()
}

/// Why it was refused.
pub(crate) fn kind<T>(result: Result<T>) -> Kind {
    result.err().expect("must be refused").kind()
}

/// A store in memory, and its clock.
pub(crate) fn new_store() -> (Arc<dyn Store>, Clock) {
    let clock = Clock(Arc::default());
    (Arc::new(Clocked { inner: Box::new(Memory::new()), clock: clock.clone() }), clock)
}

/// Moves the time of a store.
#[derive(Clone)]
pub(crate) struct Clock(Arc<AtomicI64>);

impl Clock {
    pub(crate) fn advance(&self, span: Span) {
        self.0.fetch_add(span.0 as i64, Ordering::SeqCst);
    }

    pub(crate) fn back(&self, span: Span) {
        self.0.fetch_sub(span.0 as i64, Ordering::SeqCst);
    }
}

/// A store whose clock can be moved.
struct Clocked {
    inner: Box<dyn Store>,
    clock: Clock,
}

impl Store for Clocked {
    fn head(&self) -> Result<Option<Head>> {
        self.inner.head()
    }

    fn read(&self, name: &Name) -> Result<Option<Row>> {
        self.inner.read(name)
    }

    fn scan(&self, table: Table, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>> {
        self.inner.scan(table, prefix, after, limit)
    }

    fn log(&self, first: u64, limit: usize) -> Result<Vec<LogRow>> {
        self.inner.log(first, limit)
    }

    fn commit(&self, change: &Change) -> Result<Revision> {
        self.inner.commit(change)
    }

    fn changed_since(&self, revision: Revision) -> Result<Changes> {
        self.inner.changed_since(revision)
    }

    fn snapshot(&self) -> Result<Box<dyn Store>> {
        Ok(Box::new(Self { inner: self.inner.snapshot()?, clock: self.clock.clone() }))
    }

    fn now(&self) -> Result<Time> {
        Ok(Time(self.inner.now()?.0.saturating_add_signed(self.clock.0.load(Ordering::SeqCst))))
    }
}
