//! Frames in batches, worked on by a crew of threads with bounded memory, given back in order.
//!
//! Knows frames' places and nothing of files. With one thread the work is done where it is asked for.

use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use core::num::NonZeroUsize;
use std::{
    sync::{Mutex, mpsc},
    thread,
};

use zeroize::Zeroize;

use super::{body::Body, signed};
use crate::error::{Error, Kind, Rejected, Result};

/// About how many bytes of frames one batch holds.
const TARGET: usize = 512 << 10;
/// About how many bytes are in flight at most.
const IN_FLIGHT: usize = 32 << 20;

/// Consecutive frames, each followed by its tag; wiped on drop.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) first: u64,
    pub(super) last: bool,
    pub(super) data: Vec<u8>,
    pub(super) leaves: Vec<[u8; 32]>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    Seal,
    Open,
}

/// What is done with every batch.
pub(super) struct Plan {
    pub(super) task: Task,
    pub(super) body: Body,
    pub(super) frame_len: usize,
    pub(super) tag_len: usize,
    pub(super) hashes_leaves: bool,
}

type Job = (Batch, mpsc::SyncSender<Result<Batch, Rejected>>);

pub(super) struct Crew {
    plan: Arc<Plan>,
    jobs: Option<mpsc::Sender<Job>>,
    pending: VecDeque<mpsc::Receiver<Result<Batch, Rejected>>>,
    spare: Vec<Batch>,
    depth: usize,
}

impl Plan {
    pub(super) const fn whole(&self) -> usize {
        self.frame_len + self.tag_len
    }

    pub(super) const fn frames_per_batch(&self) -> usize {
        if self.frame_len >= TARGET { 1 } else { TARGET / self.frame_len }
    }

    fn run(&self, mut batch: Batch) -> Result<Batch, Rejected> {
        batch.leaves.clear();
        let frames = batch.data.len().div_ceil(self.whole());
        for (place, frame) in batch.data.chunks_mut(self.whole()).enumerate() {
            let (index, last) = (batch.first + place as u64, batch.last && place + 1 == frames);
            if self.task == Task::Open && self.hashes_leaves {
                batch.leaves.push(signed::leaf(index, frame));
            }
            match self.task {
                Task::Seal => self.body.seal(index, last, frame).map_err(|_| Rejected)?,
                Task::Open => self.body.open(index, last, frame).map(|_| ())?,
            }
            if self.task == Task::Seal && self.hashes_leaves {
                batch.leaves.push(signed::leaf(index, frame));
            }
        }
        Ok(batch)
    }
}

impl Crew {
    pub(super) fn new(plan: Plan, threads: NonZeroUsize) -> Result<Self> {
        let batch_len = plan.frames_per_batch() * plan.whole();
        let threads = threads.get();
        let depth = (2 * threads + 2).min((IN_FLIGHT / batch_len).max(threads + 1));
        let plan = Arc::new(plan);
        let jobs = if threads > 1 { Some(hire(&plan, threads)?) } else { None };
        Ok(Self {
            plan,
            jobs,
            pending: VecDeque::new(),
            spare: Vec::new(),
            depth: if threads > 1 { depth } else { 1 },
        })
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether another batch may be handed in before the oldest is taken back.
    pub(super) fn has_room(&self) -> bool {
        self.pending.len() < self.depth
    }

    pub(super) fn is_idle(&self) -> bool {
        self.pending.is_empty()
    }

    /// An empty batch to fill, of memory that was used before where there is some.
    pub(super) fn blank(&mut self, first: u64) -> Batch {
        let mut batch = self.spare.pop().unwrap_or_default();
        batch.data.clear();
        // One byte and a trailer more: a reader looks ahead by so much.
        batch.data.reserve_exact(self.plan.frames_per_batch() * self.plan.whole() + signed::LEN + 1);
        (batch.first, batch.last) = (first, false);
        batch
    }

    pub(super) fn submit(&mut self, batch: Batch) -> Result<()> {
        let (done, receiver) = mpsc::sync_channel(1);
        match &self.jobs {
            Some(jobs) => jobs.send((batch, done)).map_err(|_| lost())?,
            None => done.send(self.plan.run(batch)).map_err(|_| lost())?,
        }
        self.pending.push_back(receiver);
        Ok(())
    }

    /// The oldest batch handed in, when its work is done.
    pub(super) fn oldest(&mut self) -> Option<Result<Batch>> {
        let receiver = self.pending.pop_front()?;
        Some(receiver.recv().map_err(|_| lost()).and_then(|batch| batch.map_err(Error::from)))
    }

    pub(super) fn put_back(&mut self, batch: Batch) {
        self.spare.push(batch);
    }
}

/// Starts the threads; they end when the sender is dropped.
fn hire(plan: &Arc<Plan>, threads: usize) -> Result<mpsc::Sender<Job>> {
    let (jobs, queue) = mpsc::channel::<Job>();
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..threads {
        let (plan, queue) = (Arc::clone(plan), Arc::clone(&queue));
        let work = move || {
            while let Some((batch, done)) = queue.lock().ok().and_then(|queue| queue.recv().ok()) {
                // A receiver that is gone wants no result.
                let _ = done.send(plan.run(batch));
            }
        };
        thread::Builder::new().name("miyao-frames".into()).spawn(work).map_err(|error| {
            Error::new(Kind::Unavailable, "the system gives no more threads; ask for fewer").caused_by(error)
        })?;
    }
    Ok(jobs)
}

fn lost() -> Error {
    Error::new(Kind::Internal, "a worker thread ended unexpectedly; please report it")
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.data.zeroize();
    }
}
