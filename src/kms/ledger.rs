//! What is counted of data operations until it is written to the audit log: by principal, key, action and outcome.
//!
//! Counting takes no lock and allocates nothing once a principal has used a key. Knows neither store nor chain.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use core::{
    mem,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};
use std::sync::{Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::{
    error::Kind,
    key::{KeyId, Principal},
    policy::Action,
};

/// Counts that no longer have, or never had, a key in the cache.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<BTreeMap<Counted, u64>>);

/// What is counted.
pub(super) type Counted = (Principal, Option<KeyId>, Action, u8);

/// The counts of one key.
#[derive(Debug)]
pub(super) struct Ledger {
    key: KeyId,
    counts: ArcSwap<BTreeMap<Principal, Arc<Counts>>>,
    used: AtomicBool,
    pending: Arc<Pending>,
}

/// Successes of one principal by action.
#[derive(Debug, Default)]
struct Counts([AtomicU64; ACTIONS]);

/// Data operations have the numbers 32 to 47.
const FIRST: u8 = 32;
const ACTIONS: usize = 16;

impl Pending {
    pub(super) fn add(&self, counted: Counted, count: u64) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = pending.entry(counted).or_default();
        *sum = sum.saturating_add(count);
    }

    fn take(&self) -> BTreeMap<Counted, u64> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Everything counted here and in `ledgers`, which start from zero again.
    pub(super) fn drain(&self, ledgers: impl Iterator<Item = Arc<Ledger>>) -> Vec<(Counted, u64)> {
        for ledger in ledgers {
            ledger.drain();
        }
        self.take().into_iter().collect()
    }
}

impl Ledger {
    pub(super) fn new(key: KeyId, pending: &Arc<Pending>) -> Self {
        Self { key, counts: ArcSwap::default(), used: AtomicBool::new(true), pending: Arc::clone(pending) }
    }

    /// Counts one operation.
    pub(super) fn count(&self, principal: &Principal, action: Action, outcome: Option<Kind>) {
        self.used.store(true, Ordering::Relaxed);
        let place = usize::from(action.number().wrapping_sub(FIRST));
        if outcome.is_none() && place < ACTIONS {
            self.counts(principal).0[place].fetch_add(1, Ordering::Relaxed);
        } else {
            let number = outcome.map_or(0, Kind::number);
            self.pending.add((principal.clone(), Some(self.key), action, number), 1);
        }
    }

    /// Whether the key was used since this was last asked.
    pub(super) fn was_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }

    fn counts(&self, principal: &Principal) -> Arc<Counts> {
        if let Some(counts) = self.counts.load().get(principal) {
            return Arc::clone(counts);
        }
        let fresh = Arc::new(Counts::default());
        self.counts.rcu(|counts| {
            let mut more = BTreeMap::clone(counts);
            more.entry(principal.clone()).or_insert_with(|| Arc::clone(&fresh));
            more
        });
        self.counts.load().get(principal).map_or(fresh, Arc::clone)
    }

    /// Moves everything to where it waits to be written.
    fn drain(&self) {
        for (principal, counts) in self.counts.load().iter() {
            for (action, _) in Action::ALL {
                let place = usize::from(action.number().wrapping_sub(FIRST));
                let count = counts.0.get(place).map_or(0, |count| count.swap(0, Ordering::Relaxed));
                if count > 0 {
                    self.pending.add((principal.clone(), Some(self.key), action, 0), count);
                }
            }
        }
    }
}

/// Nothing that was counted is lost when a key leaves the cache.
impl Drop for Ledger {
    fn drop(&mut self) {
        self.drain();
    }
}
