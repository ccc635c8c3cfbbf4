//! A key and its versions are read as of one state, also while somebody else rotates the key between two reads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

extern crate alloc;

#[path = "common/kms.rs"]
mod support;

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::Mutex;

use miyao::{
    Kind, Result,
    key::{KeyName, NewKey, Spec, Time},
    kms::Kms,
    store::{Change, Changes, Head, LogRow, Name, Revision, Row, Store, Table, memory::Memory},
};
use support::{context, key, kind, principal, root};

/// A store where something happens each time after a key was read.
struct Interrupted {
    inner: Arc<dyn Store>,
    happens: Mutex<Box<dyn FnMut() + Send>>,
}

impl Store for Interrupted {
    fn head(&self) -> Result<Option<Head>> {
        self.inner.head()
    }

    fn read(&self, name: &Name) -> Result<Option<Row>> {
        let row = self.inner.read(name);
        if name.table == Table::Key {
            (*self.happens.lock().unwrap())();
        }
        row
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
        self.inner.snapshot()
    }

    fn now(&self) -> Result<Time> {
        self.inner.now()
    }
}

/// A service that reads where another rotates the key so many times.
fn reading_while_rotated(times: u32) -> Kms {
    let inner: Arc<dyn Store> = Arc::new(Memory::new());
    let other = Kms::init(Arc::clone(&inner), &root(), principal()).unwrap();
    other.create(NewKey::new(KeyName::parse("orders").unwrap(), Spec::Sm4)).unwrap();
    let left = Arc::new(AtomicU32::new(0));
    let rotations = Arc::clone(&left);
    let rotate = move || {
        if rotations.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
            other.rotate(&key("orders"), None).unwrap();
        }
    };
    let store = Interrupted { inner, happens: Mutex::new(Box::new(rotate)) };
    let kms = Kms::open(Arc::new(store), &root(), principal()).unwrap();
    left.store(times, Relaxed);
    kms
}

#[test]
fn a_key_that_is_rotated_while_it_is_read_encrypts_under_its_new_primary() {
    let kms = reading_while_rotated(1);
    let token = kms.encrypt(&key("orders"), &context(), b"text").unwrap();
    assert_eq!(kms.decrypt(&context(), &token).unwrap().version.get(), 2);
}

#[test]
fn a_key_that_never_stands_still_is_busy() {
    let kms = reading_while_rotated(1000);
    assert_eq!(kind(kms.encrypt(&key("orders"), &context(), b"text")), Kind::Busy);
}
