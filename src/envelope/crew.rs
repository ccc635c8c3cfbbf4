//! A crew of threads that works on batches with bounded memory and gives them back in order.
//!
//! Knows batches and their order, nothing of frames or files. The owner is one of the crew: instead of waiting for the
//! oldest batch it works on one that nobody has begun, so there are no more threads than were asked for.

use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use core::num::NonZeroUsize;
use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use super::{
    batch::{Batch, Plan},
    signed,
};
use crate::error::{Error, Kind, Rejected, Result};

/// The most bytes in flight; with the batch that is filled or emptied, a stream stays under 64 MiB.
const IN_FLIGHT: usize = 44 << 20;

/// The owner and its helpers, who end with the crew, so no key and no plaintext outlives it.
pub(super) struct Crew {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// How many batches were handed in, and how many taken back.
    submitted: u64,
    taken: u64,
    spare: Vec<Batch>,
    depth: u64,
}

struct Shared {
    plan: Plan,
    desk: Mutex<Desk>,
    work: Condvar,
    done: Condvar,
}

/// What lies between the crew and its owner; batches go by their number.
#[derive(Default)]
struct Desk {
    jobs: VecDeque<(u64, Batch)>,
    finished: VecDeque<(u64, Result<Batch, Rejected>)>,
    closed: bool,
    lost: bool,
}

impl Crew {
    pub(super) fn new(plan: Plan, threads: NonZeroUsize) -> Result<Self> {
        let batch_len = plan.frames_per_batch() * plan.whole();
        // Large frames are worked on by fewer threads: memory comes first.
        let fitting = (IN_FLIGHT / batch_len).max(1);
        let threads = threads.get().min(fitting);
        let depth = (2 * threads + 2).min(fitting);
        let shared = Shared { plan, desk: Mutex::default(), work: Condvar::new(), done: Condvar::new() };
        let mut crew = Self {
            shared: Arc::new(shared),
            threads: Vec::new(),
            submitted: 0,
            taken: 0,
            spare: Vec::new(),
            depth: if threads > 1 { depth as u64 } else { 1 },
        };
        for _ in 1..threads {
            crew.hire()?;
        }
        Ok(crew)
    }

    fn hire(&mut self) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let thread = thread::Builder::new().name("miyao-frames".into()).spawn(move || shared.serve());
        self.threads.push(thread.map_err(|error| {
            Error::new(Kind::Unavailable, "the system gives no more threads; ask for fewer").caused_by(error)
        })?);
        Ok(())
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.shared.plan
    }

    /// Whether another batch may be handed in before the oldest is taken back.
    pub(super) const fn has_room(&self) -> bool {
        self.submitted - self.taken < self.depth
    }

    /// Whether the owner is the whole crew.
    pub(super) const fn is_alone(&self) -> bool {
        self.threads.is_empty()
    }

    pub(super) const fn is_idle(&self) -> bool {
        self.submitted == self.taken
    }

    /// An empty batch to fill, of memory that was used before where there is some.
    pub(super) fn blank(&mut self, first: u64) -> Batch {
        // One byte and a trailer more: a reader looks ahead by so much.
        let len = self.plan().frames_per_batch() * self.plan().whole() + signed::LEN + 1;
        let mut batch = self.spare.pop().unwrap_or_else(|| Batch::new(len));
        batch.restart(first);
        batch
    }

    pub(super) fn submit(&mut self, batch: Batch) {
        let number = self.submitted;
        self.submitted += 1;
        self.shared.desk().jobs.push_back((number, batch));
        self.shared.work.notify_one();
    }

    /// The oldest batch handed in, when its work is done.
    pub(super) fn oldest(&mut self) -> Option<Result<Batch>> {
        if self.is_idle() {
            return None;
        }
        let number = self.taken;
        self.taken += 1;
        let mut desk = self.shared.desk();
        loop {
            if let Some(place) = desk.finished.iter().position(|(finished, _)| *finished == number) {
                return desk.finished.swap_remove_back(place).map(|(_, batch)| batch.map_err(Error::from));
            }
            if let Some((begun, batch)) = desk.jobs.pop_front() {
                drop(desk);
                let result = self.plan().run(batch);
                desk = self.shared.desk();
                desk.finished.push_back((begun, result));
                continue;
            }
            if desk.lost {
                let what = "a worker thread ended unexpectedly; please report it";
                return Some(Err(Error::new(Kind::Internal, what)));
            }
            desk = self.shared.done.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn put_back(&mut self, batch: Batch) {
        if batch.has_memory() {
            self.spare.push(batch);
        }
    }
}

impl Shared {
    /// Nothing that holds the lock panics, so what it guards is whole whatever the lock says.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread does until the crew is dropped.
    fn serve(&self) {
        let _alarm = Alarm(self);
        while let Some((number, batch)) = self.next() {
            let result = self.plan.run(batch);
            self.desk().finished.push_back((number, result));
            self.done.notify_one();
        }
    }

    fn next(&self) -> Option<(u64, Batch)> {
        let mut desk = self.desk();
        loop {
            if desk.closed {
                return None;
            }
            if let Some(job) = desk.jobs.pop_front() {
                return Some(job);
            }
            desk = self.work.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Tells the owner that a batch will never come back.
struct Alarm<'a>(&'a Shared);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.desk().lost = true;
            self.0.done.notify_one();
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.desk().closed = true;
        self.shared.work.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing more to end.
            let _ = thread.join();
        }
    }
}
