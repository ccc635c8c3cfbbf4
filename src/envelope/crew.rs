//! A crew of threads that works on batches with bounded memory and gives them back in order.
//!
//! Knows batches and their order, nothing of frames or files. The owner is one of the crew: instead of waiting for the
//! oldest batch it works on one that nobody has begun, so there are no more threads than were asked for. A child of fork has
//! the owner without its helpers: it can neither go on nor wait for them, and wipes what they left.

use alloc::{collections::VecDeque, vec::Vec};
use core::{hint::black_box, mem, num::NonZeroUsize};
use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use super::{
    batch::{Batch, Plan},
    signed,
};
use crate::{
    error::{Error, Kind, Rejected, Result},
    fork::WithThreads,
};

/// The most bytes in flight; with the batch that is filled or emptied, a stream stays under 64 MiB.
const IN_FLIGHT: usize = 44 << 20;

/// The owner and its helpers, who end with the crew, so no key and no plaintext outlives it.
pub(super) struct Crew {
    shared: WithThreads<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// How many batches were handed in, and how many taken back.
    submitted: u64,
    taken: u64,
    spare: Vec<Batch>,
    depth: u64,
    /// Whether the owner is at work on a batch, or panicked at that: it never comes back then, and who waits for it waits for ever.
    at_work: bool,
}

struct Shared {
    plan: Plan,
    desk: Mutex<Desk>,
    work: Condvar,
    done: Condvar,
    /// Where the batches handed in lie while they are worked on, by their number: nobody but the owner moves one, so a child of fork
    /// finds all of them, whatever lock a helper had.
    places: Vec<Mutex<Batch>>,
}

/// What lies between the crew and its owner; batches go by their number.
#[derive(Default)]
struct Desk {
    jobs: VecDeque<u64>,
    finished: VecDeque<(u64, Result<(), Rejected>)>,
    closed: bool,
    lost: bool,
}

impl Crew {
    pub(super) fn new(plan: Plan, threads: NonZeroUsize) -> Result<Self> {
        let batch_len = plan.frames_per_batch() * plan.whole();
        // Large frames are worked on by fewer threads: memory comes first.
        let fitting = (IN_FLIGHT / batch_len).max(1);
        let threads = threads.get().min(fitting);
        let depth = if threads > 1 { (2 * threads + 2).min(fitting) } else { 1 };
        let places = (0..depth).map(|_| Mutex::default()).collect();
        let shared =
            Shared { plan, desk: Mutex::default(), work: Condvar::new(), done: Condvar::new(), places };
        let mut crew = Self {
            shared: WithThreads::new(shared),
            threads: Vec::new(),
            submitted: 0,
            taken: 0,
            spare: Vec::new(),
            depth: depth as u64,
            at_work: false,
        };
        for _ in 1..threads {
            crew.hire()?;
        }
        Ok(crew)
    }

    fn hire(&mut self) -> Result<()> {
        let thread = self.shared.spawn("miyao-frames", Shared::serve);
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

    /// Refuses a child of fork, which would wait for helpers that it has not, where alone the owner has what it needs; and an
    /// owner who panicked at a batch, which is missing.
    ///
    /// # Errors
    /// [`Unavailable`](Kind::Unavailable), [`Internal`](Kind::Internal).
    pub(super) fn check_present(&self) -> Result<()> {
        if self.at_work {
            return Err(Error::new(
                Kind::Internal,
                "an earlier call panicked, and a part of the message was lost with it; begin the message anew, and please \
                 report it",
            ));
        }
        if self.is_alone() || self.shared.are_here() {
            return Ok(());
        }
        Err(Error::new(
            Kind::Unavailable,
            "this process was forked while the stream was open, and its threads are in the other; open the stream after the \
             fork, or with one thread",
        ))
    }

    /// Hands a batch in.
    ///
    /// # Errors
    /// As [`check_present`](Self::check_present).
    pub(super) fn submit(&mut self, batch: Batch) -> Result<()> {
        self.check_present()?;
        let number = self.submitted;
        self.submitted += 1;
        *self.shared.place(number) = batch;
        self.shared.desk().jobs.push_back(number);
        self.shared.work.notify_one();
        Ok(())
    }

    /// The oldest batch handed in, when its work is done.
    pub(super) fn oldest(&mut self) -> Option<Result<Batch>> {
        if let Err(error) = self.check_present() {
            return Some(Err(error));
        }
        if self.is_idle() {
            return None;
        }
        let number = self.taken;
        self.taken += 1;
        let mut desk = self.shared.desk();
        loop {
            if let Some(place) = desk.finished.iter().position(|(finished, _)| *finished == number) {
                let (_, result) = desk.finished.swap_remove_back(place)?;
                let batch = mem::take(&mut *self.shared.place(number));
                return Some(result.map(|()| batch).map_err(Error::from));
            }
            if let Some(begun) = desk.jobs.pop_front() {
                drop(desk);
                self.at_work = true;
                let result = self.shared.run(begun);
                self.at_work = false;
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

    /// No more are handed in than there are places.
    fn place(&self, number: u64) -> MutexGuard<'_, Batch> {
        let place = &self.places[(number % self.places.len() as u64) as usize];
        place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A frame of its own, so that all that it leaves on the stack lies where `wipe_stack` comes.
    #[inline(never)]
    fn run(&self, number: u64) -> Result<(), Rejected> {
        self.plan.run(&mut self.place(number))
    }

    /// What a thread does until the crew is dropped.
    fn serve(&self) {
        let _alarm = Alarm(self);
        while let Some(number) = self.next() {
            let result = self.run(number);
            self.desk().finished.push_back((number, result));
            self.done.notify_one();
        }
        // The system keeps the stack of a thread that ended for the next one.
        wipe_stack();
    }

    fn next(&self) -> Option<u64> {
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

    /// Wipes the keys and the batches in a child, where no helper is: it takes no lock, since who had it will not give it back.
    ///
    /// They are wiped where they are and not dropped. A helper may have been in the middle of anything but the keys, which nobody
    /// changes, and the whereabouts of batches, which the owner alone does. What stood on the stacks of helpers is not reached.
    fn wipe(&mut self) {
        self.plan.body.wipe();
        for place in &mut self.places {
            place.get_mut().unwrap_or_else(PoisonError::into_inner).wipe();
        }
    }
}

/// Wipes what lay on the stack below the caller, deeper than the work on a batch goes.
#[inline(never)]
fn wipe_stack() {
    black_box(&mut [0_u8; 1 << 15]);
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
        if let Some(shared) = self.shared.left_behind() {
            shared.wipe();
            // Neither joined nor detached: to the system these threads never were in this process.
            self.threads.drain(..).for_each(mem::forget);
            return;
        }
        self.shared.desk().closed = true;
        self.shared.work.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing more to end.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
