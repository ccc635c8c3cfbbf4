//! What was found and recognised in one generation: handles, and which root key each is.
//!
//! Knows no session; it ends with the generation that its handles are of.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    Suite,
    keys::{Key, Wanted},
};

/// A root key that was recognised.
#[derive(Debug)]
pub(super) struct RootKey {
    pub(super) key: Key,
    pub(super) suite: Suite,
    /// Its `CKA_ID`.
    pub(super) id: [u8; 16],
    pub(super) fingerprint: [u8; 32],
}

/// What a root was asked for by: a name, and a suite if it must be one.
type Asked = (Wanted, Option<Suite>);

/// The keys of one generation.
#[derive(Default)]
pub(super) struct Found {
    roots: Mutex<BTreeMap<Asked, Arc<RootKey>>>,
    /// By the whole reference: its fingerprint was compared.
    keys: Mutex<BTreeMap<Vec<u8>, Arc<Key>>>,
    /// Whether the token was seen to refuse a ciphertext with another C3.
    refuses: AtomicBool,
}

/// How many keys are kept; past it all are forgotten, and looked for again when they are used.
const MOST: usize = 4096;

impl Found {
    pub(super) fn root(&self, asked: &Asked) -> Option<Arc<RootKey>> {
        lock(&self.roots).get(asked).cloned()
    }

    pub(super) fn keep_root(&self, asked: Asked, root: Arc<RootKey>) {
        keep(lock(&self.roots), asked, root);
    }

    pub(super) fn key(&self, reference: &[u8]) -> Option<Arc<Key>> {
        lock(&self.keys).get(reference).cloned()
    }

    pub(super) fn keep_key(&self, reference: Vec<u8>, key: Arc<Key>) {
        keep(lock(&self.keys), reference, key);
    }

    pub(super) fn refuses(&self) -> bool {
        self.refuses.load(Ordering::Relaxed)
    }

    pub(super) fn keep_refusal(&self) {
        self.refuses.store(true, Ordering::Relaxed);
    }

    pub(super) fn forget_key(&self, reference: &[u8]) {
        lock(&self.keys).remove(reference);
    }
}

fn keep<K: Ord, V>(mut map: MutexGuard<'_, BTreeMap<K, V>>, key: K, value: V) {
    if map.len() >= MOST {
        map.clear();
    }
    map.insert(key, value);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
