//! What all handles to one store share: the store, its master secret, and what lives in this process only.
//!
//! Knows commits and witnesses; which change is made, and which key is used, is said elsewhere.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};
use core::{
    mem,
    sync::atomic::{AtomicBool, AtomicU64},
    time::Duration,
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

use arc_swap::{ArcSwap, Guard};
use rand_core::Rng as _;

use super::{
    StoreId, Witness,
    cache::Cache,
    clock::Tick,
    head::Record,
    inside::Devices,
    ledger::Pending,
    master::Master,
    rng,
    tx::{Committed, Tx},
};
use crate::{
    error::{Error, Kind, Result},
    fork,
    key::{KeyId, Principal},
    policy::Policy,
    store::{Head, Revision, Store},
};

/// One logical store, opened.
pub(super) struct Shared {
    pub(super) store: Arc<dyn Store>,
    pub(super) id: StoreId,
    pub(super) master: Master,
    pub(super) devices: Devices,
    seen: ArcSwap<Seen>,
    live: ArcSwap<Live>,
}

/// The newest head that was verified.
#[derive(Clone)]
struct Seen {
    witness: Witness,
    record: Record,
}

/// What must not cross a fork: locks another thread may have held, counts and budgets that are the parent's.
pub(super) struct Live {
    generation: u64,
    pub(super) cache: Cache,
    pub(super) pending: Arc<Pending>,
    /// Whether the housekeeping thread was started in this process, and the revision up to which it took over changes.
    pub(super) is_kept: AtomicBool,
    pub(super) polled: AtomicU64,
    commit: Mutex<()>,
    flush: Mutex<()>,
    loading: Box<[Mutex<()>]>,
    unknown: Mutex<BTreeMap<Vec<u8>, Tick>>,
}

/// How often a change is prepared anew when others come first.
const ATTEMPTS: u32 = 200;
const MAX_UNKNOWN: usize = 4096;

impl Seen {
    fn new(head: &Head, record: Record) -> Self {
        let witness = Witness { store: record.store, revision: head.revision, head: head.mac };
        Self { witness, record }
    }
}

impl Live {
    fn new() -> Self {
        Self {
            generation: fork::generation(),
            cache: Cache::new(),
            pending: Arc::default(),
            is_kept: AtomicBool::default(),
            polled: AtomicU64::default(),
            commit: Mutex::default(),
            flush: Mutex::default(),
            loading: (0..16).map(|_| Mutex::default()).collect(),
            unknown: Mutex::default(),
        }
    }

    /// Held while a key is read: many threads that miss it read it once, and what was read later is cached later.
    pub(super) fn loading(&self, key: &KeyId) -> MutexGuard<'_, ()> {
        lock(&self.loading[usize::from(key.as_bytes()[1]) % self.loading.len()])
    }

    /// Held while counts are written: who flushes knows afterwards that what was counted before is in the log.
    pub(super) fn flushing(&self) -> MutexGuard<'_, ()> {
        lock(&self.flush)
    }

    /// Whether `name` was looked up in vain within the last second.
    pub(super) fn is_unknown(&self, name: &[u8]) -> bool {
        let now = Tick::now();
        lock(&self.unknown).get(name).is_some_and(|at| now.since(*at).0 < 1000)
    }

    pub(super) fn remember_unknown(&self, name: &[u8]) {
        let mut unknown = lock(&self.unknown);
        if unknown.len() >= MAX_UNKNOWN {
            unknown.clear();
        }
        unknown.insert(name.to_vec(), Tick::now());
    }
}

impl Shared {
    /// A store whose head was verified.
    pub(super) fn new(store: Arc<dyn Store>, master: Master, head: &Head, record: Record) -> Self {
        let id = record.store;
        let seen = ArcSwap::from_pointee(Seen::new(head, record));
        Self { store, id, master, devices: Devices::new(), seen, live: ArcSwap::from_pointee(Live::new()) }
    }

    /// What lives in this process; in a forked child it starts empty.
    pub(super) fn live(&self) -> Guard<Arc<Live>> {
        let live = self.live.load();
        if live.generation == fork::generation() {
            return live;
        }
        drop(live);
        // Dropping the parent's would write its counts twice and could wait for locks that nobody will release.
        mem::forget(self.live.swap(Arc::new(Live::new())));
        self.live.load()
    }

    pub(super) fn witness(&self) -> Witness {
        self.seen.load().witness
    }

    pub(super) fn policy(&self) -> Policy {
        Policy::new(self.seen.load().record.mode)
    }

    /// Whether this release may only read the store.
    pub(super) fn is_read_only(&self) -> bool {
        self.seen.load().record.check_writable().is_err()
    }

    /// The head as it is now, verified, and not older than one seen before.
    pub(super) fn head(&self) -> Result<(Record, Revision)> {
        let before = self.witness();
        let head = self
            .store
            .head()?
            .ok_or(Error::new(Kind::Corrupt, "the store has lost its head; restore a backup"))?;
        self.master.check_head(&head)?;
        let record = Record::decode(&head)?;
        let seen = Seen::new(&head, record.clone());
        seen.witness.check_not_before(&before)?;
        self.see(&seen);
        Ok((record, head.revision))
    }

    fn see(&self, newer: &Seen) {
        self.seen.rcu(|seen| {
            let is_newer = newer.witness.revision >= seen.witness.revision;
            if is_newer { Arc::new(newer.clone()) } else { Arc::clone(seen) }
        });
    }

    /// Looks at what a change would see, and commits none.
    pub(super) fn look<T>(
        &self,
        principal: &Principal,
        look: impl FnOnce(&mut Tx<'_>) -> Result<T>,
    ) -> Result<T> {
        look(&mut Tx::new(&*self.store, &self.master, principal.clone(), self.head()?)?)
    }

    /// Prepares a change by `prepare` and commits it; anew when somebody else came first.
    pub(super) fn transact<T>(
        &self,
        principal: &Principal,
        mut prepare: impl FnMut(&mut Tx<'_>) -> Result<T>,
    ) -> Result<T> {
        let live = self.live();
        let turn = lock(&live.commit);
        for attempt in 0..ATTEMPTS {
            let mut tx = Tx::new(&*self.store, &self.master, principal.clone(), self.head()?)?;
            let value = prepare(&mut tx)?;
            match tx.commit() {
                Ok(committed) => {
                    drop(turn);
                    if let Some(committed) = committed {
                        self.committed(&live, committed);
                    }
                    return Ok(value);
                }
                Err(error) if error.kind() == Kind::Conflict => step_aside(attempt)?,
                Err(error) => return Err(error),
            }
        }
        Err(Error::new(Kind::Conflict, "others kept changing the store; try again when it is less busy"))
    }

    /// Our own change is seen at once.
    fn committed(&self, live: &Live, committed: Committed) {
        self.see(&Seen::new(&committed.head, committed.record));
        committed.names.iter().for_each(|name| live.cache.forget_name(name));
        for id in &committed.keys {
            if live.cache.get(id).is_some() && self.reload(live, id).is_err() {
                // What cannot be read again is not believed any longer.
                live.cache.forget(id);
            }
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Err(error) = self.flush() {
            tracing::warn!(%error, "the last counts of data operations were not written to the audit log");
        }
    }
}

/// A commit or a count changes what it guards by moves that do not panic, so a poisoned lock still guards a whole one.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits a random while that grows, so that processes in a race do not stay in step.
fn step_aside(attempt: u32) -> Result<()> {
    let most = 50 << attempt.min(10);
    thread::sleep(Duration::from_micros(u64::from(rng()?.next_u32() % most)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        envelope::Context,
        key::{KeyName, NewKey, Spec},
        kms::{KeyRef, Kms},
        policy::Action,
        provider::software::KeyFile,
        store::{Change, memory::Memory},
    };

    /// A store whose head says that a newer release laid it out.
    fn newer() -> (Kms, KeyRef) {
        let directory = tempfile::tempdir().unwrap();
        let root = KeyFile::create(&directory.path().join("root"), &mut rng().unwrap()).unwrap();
        let principal = Principal::parse("test").unwrap();
        let kms = Kms::init(Arc::new(Memory::new()), &root, principal).unwrap();
        kms.create(NewKey::new(KeyName::parse("orders").unwrap(), Spec::Sm4)).unwrap();
        let shared = &kms.shared;
        let (mut record, revision) = shared.head().unwrap();
        record.schema += 1;
        let event = kms.audit(1, 1).unwrap().remove(0).event;
        let entry = record.chain.append(event);
        let (revision, body) = (Revision(revision.0 + 1), record.encode());
        let head = Head { revision, mac: shared.master.head_mac(revision, &body), body };
        let entry = shared.master.log_row(entry.sequence, entry.encode());
        shared.store.commit(&Change::new(head, entry, Vec::new(), Vec::new())).unwrap();
        (kms, KeyRef::parse("orders").unwrap())
    }

    #[test]
    fn a_store_of_a_newer_release_is_read_and_not_written() {
        let (kms, orders) = newer();
        kms.info().unwrap();
        let before = kms.witness();
        let token = kms.encrypt(&orders, &Context::new(), b"value").unwrap();
        assert_eq!(kms.decrypt(&Context::new(), &token).unwrap().text.expose(), b"value");
        assert_eq!(kms.describe(&orders).unwrap().versions.len(), 1);
        assert_eq!(kms.list(None, 10).unwrap().len(), 1);
        kms.verify_audit().unwrap();
        assert!(kms.doctor().unwrap().is_clean());
        kms.flush().unwrap();
        for refused in
            [kms.rotate(&orders, None).map(|_| ()), kms.disable(&orders), kms.maintain(false).map(|_| ())]
        {
            assert_eq!(refused.err().map(|error| error.kind()), Some(Kind::ReadOnly));
        }
        assert!(kms.audit(1, 100).unwrap().iter().all(|entry| entry.event.action != Action::Rotate));
        assert_eq!(kms.witness(), before);
    }
}
