//! The housekeeping thread: every second it asks the store what changed, writes the counts, and renews what grows old.
//!
//! It is a convenience: what it does late is done by whoever needs it. It ends with the last handle.

use alloc::{
    string::String,
    sync::{Arc, Weak},
    vec::Vec,
};
use core::{sync::atomic::Ordering, time::Duration};
use std::thread;

use super::{
    cache::SOFT,
    clock::Tick,
    ledger::Counted,
    shared::{Live, Shared},
    tx::{alias_name, row_key},
};
use crate::{
    audit::Event,
    error::Result,
    store::{Changes, Revision, Table},
};

const EVERY: Duration = Duration::from_secs(1);
/// Audit entries written in one commit.
const BATCH: usize = 512;

impl Shared {
    /// Starts the thread where there is none yet; in a forked child there is none.
    pub(super) fn keep(self: &Arc<Self>) {
        let live = self.live();
        if live.is_kept.load(Ordering::Relaxed) || live.is_kept.swap(true, Ordering::Relaxed) {
            return;
        }
        live.polled.store(self.witness().revision.0, Ordering::Relaxed);
        let shared = Arc::downgrade(self);
        if let Err(error) = thread::Builder::new().name("miyao-keeper".into()).spawn(move || run(&shared)) {
            // Counts wait for `close`, and snapshots are read anew when they are too old.
            tracing::warn!(%error, "no thread for housekeeping");
        }
    }

    fn tidy(&self) {
        let live = self.live();
        for (what, done) in
            [("poll", self.poll(&live)), ("flush", self.flush()), ("renew", self.renew(&live))]
        {
            if let Err(error) = done {
                tracing::warn!(%error, what, "housekeeping failed; it is tried again");
            }
        }
    }

    /// Takes over what others changed.
    fn poll(&self, live: &Live) -> Result<()> {
        let since = Revision(live.polled.load(Ordering::Relaxed));
        let (now, names) = match self.store.changed_since(since)? {
            Changes::Rows(now, names) => (now, names),
            Changes::All(now) => {
                live.cache.clear();
                (now, Vec::new())
            }
        };
        for name in names {
            match name.table {
                Table::Key | Table::Version => {
                    if let Some(id) = row_key(&name.name).filter(|id| live.cache.get(id).is_some()) {
                        self.reload(live, &id)?;
                    }
                }
                Table::Alias => alias_name(&name.name).iter().for_each(|name| live.cache.forget_name(name)),
                _ => {}
            }
        }
        live.polled.store(now.0, Ordering::Relaxed);
        Ok(())
    }

    /// Reads again what is used and grows old; what is not used leaves the cache.
    fn renew(&self, live: &Live) -> Result<()> {
        let now = Tick::now();
        for held in live.cache.all().filter(|held| now.since(held.read_at) >= SOFT) {
            if held.ledger.was_used() {
                self.reload(live, &held.key.id)?;
            } else {
                live.cache.forget(&held.key.id);
            }
        }
        Ok(())
    }

    /// Writes everything counted so far to the audit log; what cannot be written is counted on. A store that may only be
    /// read takes none.
    ///
    /// # Errors
    /// As [`transact`](Self::transact).
    pub(super) fn flush(&self) -> Result<()> {
        let live = self.live();
        let _turn = live.flushing();
        let ledgers = live.cache.all().map(|held| Arc::clone(&held.ledger));
        let counts = live.pending.drain(ledgers);
        if self.is_read_only() && !counts.is_empty() {
            tracing::warn!("a newer release wrote this store, so what was done here is not in its audit log");
            return Ok(());
        }
        let mut batches = counts.chunks(BATCH);
        while let Some(batch) = batches.next() {
            if let Err(error) = self.write_counts(batch) {
                for (counted, count) in batch.iter().chain(batches.flatten()) {
                    live.pending.add(counted.clone(), *count);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn write_counts(&self, batch: &[(Counted, u64)]) -> Result<()> {
        let Some(((principal, ..), _)) = batch.first() else { return Ok(()) };
        self.transact(principal, |tx| {
            for ((principal, key, action, outcome), count) in batch {
                tx.push(Event {
                    time: tx.now,
                    principal: principal.clone(),
                    action: *action,
                    key: *key,
                    version: None,
                    outcome: *outcome,
                    count: *count,
                    detail: String::new(),
                });
            }
            Ok(())
        })
    }
}

fn run(shared: &Weak<Shared>) {
    loop {
        thread::sleep(EVERY);
        let Some(shared) = shared.upgrade() else { return };
        shared.tidy();
    }
}
