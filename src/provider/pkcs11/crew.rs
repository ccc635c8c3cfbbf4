//! Threads that call the device, so that nobody else hangs with it: a call cannot be cancelled, but a worker can be left alone.
//!
//! Knows nothing of what is asked of a worker. Each keeps a desk (its session) between jobs. One that is past its deadline is
//! quarantined: it is not waited for, its place is given to another, and when its call returns after all it puts its desk away
//! and goes. Its job can see that, and leaves undone what could not be undone. The number of quarantined ones is bounded.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};
use core::{
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};
use std::{
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use crate::error::{Error, Kind, Result};

/// Workers with a desk of type `D` each; as many as are needed, up to a limit.
pub(super) struct Crew<D: Desk> {
    shared: Arc<Shared<D>>,
}

/// What a worker keeps between jobs; dropped in its thread.
pub(super) trait Desk: Send + 'static {
    /// One for a new worker.
    fn new() -> Self;

    /// Whether its worker has what work needs; the others are asked after those who have.
    fn is_ready(&self) -> bool;
}

type Job<D> = Box<dyn FnOnce(&mut D) + Send>;

struct Shared<D> {
    staff: Mutex<Staff<D>>,
    changed: Condvar,
    most_quarantined: usize,
}

struct Staff<D> {
    /// Those who are ready come last, and are asked first.
    idle: Vec<Idle<D>>,
    /// Who is at work or idle; the quarantined are not among them.
    threads: BTreeMap<u64, JoinHandle<()>>,
    limit: usize,
    /// What the limit is again a while after the device had no session left.
    full: usize,
    shrunk: Option<Instant>,
    quarantined: usize,
    next: u64,
}

struct Idle<D> {
    id: u64,
    jobs: Sender<Job<D>>,
    is_ready: bool,
}

/// A worker at a job; dropped at its end, whichever that is.
struct AtWork<D> {
    shared: Arc<Shared<D>>,
    ticket: Arc<Ticket>,
    id: u64,
}

/// Whether a job is waited for.
pub(super) struct Ticket(AtomicU8);

/// How long a crew that met a full device stays smaller.
const RECOVERY: Duration = Duration::from_secs(1);

const WAITED_FOR: u8 = 0;
const DONE: u8 = 1;
const ABANDONED: u8 = 2;

impl<D: Desk> Crew<D> {
    /// A crew of at most `limit`, and so many in quarantine.
    pub(super) fn new(limit: usize, most_quarantined: usize) -> Self {
        let (idle, threads) = (Vec::new(), BTreeMap::new());
        let limit = limit.max(1);
        let staff = Staff { idle, threads, limit, full: limit, shrunk: None, quarantined: 0, next: 0 };
        let shared = Shared { staff: Mutex::new(staff), changed: Condvar::new(), most_quarantined };
        Self { shared: Arc::new(shared) }
    }

    /// At most so many from now on.
    pub(super) fn set_limit(&self, limit: usize) {
        let mut staff = self.shared.lock();
        if staff.full != limit.max(1) {
            staff.full = limit.max(1);
            staff.limit = staff.full;
            drop(staff);
            self.shared.changed.notify_all();
        }
    }

    /// The device had no session for one of them: those who have none go, but for a last one, and for a while the others are waited
    /// for.
    pub(super) fn shrink(&self) {
        let mut staff = self.shared.lock();
        while staff.threads.len() > 1 && staff.idle.first().is_some_and(|worker| !worker.is_ready) {
            let Idle { id, .. } = staff.idle.remove(0);
            staff.threads.remove(&id);
        }
        staff.limit = staff.threads.len().max(1);
        staff.shrunk = Some(Instant::now());
    }

    /// Sends everybody home and waits until then for those who do not hang, so that sessions are closed before the module is.
    pub(super) fn dismiss(&self, until: Instant) {
        let mut staff = self.shared.lock();
        staff.idle.clear();
        let threads = core::mem::take(&mut staff.threads);
        drop(staff);
        while !threads.values().all(JoinHandle::is_finished) && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
        for thread in threads.into_values().filter(JoinHandle::is_finished) {
            // A worker that panicked has nothing left to close.
            let _ = thread.join();
        }
    }

    /// How many hang.
    pub(super) fn quarantined(&self) -> usize {
        self.shared.lock().quarantined
    }

    /// Has a worker do a job.
    ///
    /// # Errors
    /// [`Busy`](Kind::Busy) when none was free until the deadline, [`Unavailable`](Kind::Unavailable) when the job was not done by
    /// then or too many hang already.
    pub(super) fn ask<R: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&mut D) -> R + Send + 'static,
    ) -> Result<R> {
        self.ask_knowing(deadline, |desk, _| work(desk))
    }

    /// The same for a job that looks whether it is still waited for.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(super) fn ask_knowing<R: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&mut D, &Ticket) -> R + Send + 'static,
    ) -> Result<R> {
        let (reply, answer) = mpsc::sync_channel(1);
        let ticket = Arc::new(Ticket(AtomicU8::new(WAITED_FOR)));
        let (id, worker) = self.worker(deadline)?;
        let at_work = AtWork { shared: Arc::clone(&self.shared), ticket: Arc::clone(&ticket), id };
        let jobs = worker.clone();
        let job: Job<D> = Box::new(move |desk| {
            let at_work = at_work;
            let result = work(desk, &at_work.ticket);
            // Who is not waited for gets no place among the idle: its channel closes, and it goes.
            if at_work.ticket.finish() {
                at_work.shared.rest(Idle { id, jobs, is_ready: desk.is_ready() });
                // Whoever waits has the other end.
                let _ = reply.send(result);
            }
        });
        worker.send(job).map_err(|_| gone())?;
        drop(worker);
        let patience = deadline.saturating_duration_since(Instant::now());
        match answer.recv_timeout(patience) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Timeout) if self.shared.quarantine(id, &ticket) => return Err(too_slow()),
            // It was done in the last moment, and is on its way.
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(gone()),
        }
        answer.recv_timeout(Duration::from_secs(1)).map_err(|_| gone())
    }

    fn worker(&self, deadline: Instant) -> Result<(u64, Sender<Job<D>>)> {
        let mut staff = self.shared.lock();
        let mut has_waited = false;
        loop {
            // Nobody is sent to work whom nobody would wait for; who is idle is left to the next one.
            if has_waited && Instant::now() >= deadline {
                drop(staff);
                self.shared.changed.notify_one();
                return Err(occupied());
            }
            if staff.quarantined >= self.shared.most_quarantined {
                return Err(Error::new(
                    Kind::Unavailable,
                    "too many calls hang in the device; check the line, then restart this process",
                )
                .about(std::format!("{} calls", staff.quarantined)));
            }
            if let Some(Idle { id, jobs, .. }) = staff.idle.pop() {
                return Ok((id, jobs));
            }
            if staff.shrunk.is_some_and(|shrunk| shrunk.elapsed() >= RECOVERY) {
                (staff.limit, staff.shrunk) = (staff.full, None);
            }
            if staff.threads.len() < staff.limit {
                return hire(&mut staff);
            }
            let patience = deadline.saturating_duration_since(Instant::now());
            if patience.is_zero() {
                return Err(occupied());
            }
            // Nobody tells when a crew that was made smaller may grow again.
            let recovery = staff.shrunk.map(|shrunk| RECOVERY.saturating_sub(shrunk.elapsed()));
            let patience = recovery.map_or(patience, |recovery| recovery.min(patience));
            let waited = self.shared.changed.wait_timeout(staff, patience);
            staff = waited.unwrap_or_else(PoisonError::into_inner).0;
            has_waited = true;
        }
    }
}

fn hire<D: Desk>(staff: &mut Staff<D>) -> Result<(u64, Sender<Job<D>>)> {
    let (sender, jobs) = mpsc::channel::<Job<D>>();
    let work = move || {
        let mut desk = D::new();
        while let Ok(job) = jobs.recv() {
            job(&mut desk);
        }
    };
    let spawned = thread::Builder::new().name("miyao-pkcs11".into()).spawn(work);
    let thread = spawned.map_err(|error| {
        Error::new(Kind::Unavailable, "no thread can be made to call the device; allow more of them")
            .caused_by(error)
    })?;
    let id = staff.next;
    staff.next += 1;
    staff.threads.insert(id, thread);
    Ok((id, sender))
}

impl<D> Shared<D> {
    fn lock(&self) -> MutexGuard<'_, Staff<D>> {
        self.staff.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Back among the idle, unless there are more than wanted by now.
    fn rest(&self, worker: Idle<D>) {
        let mut staff = self.lock();
        if staff.threads.len() > staff.limit {
            // The channel closes with this sender; nobody waits for the thread.
            staff.threads.remove(&worker.id);
        } else {
            let place = if worker.is_ready { staff.idle.len() } else { 0 };
            staff.idle.insert(place, worker);
        }
        drop(staff);
        self.changed.notify_one();
    }

    /// Leaves a worker alone, unless it was done by now. Both numbers change under one lock: a job that ends counts down.
    fn quarantine(&self, id: u64, ticket: &Ticket) -> bool {
        let mut staff = self.lock();
        let hangs = ticket.abandon();
        if hangs {
            staff.threads.remove(&id);
            staff.quarantined += 1;
        }
        drop(staff);
        self.changed.notify_one();
        hangs
    }
}

impl<D> Drop for AtWork<D> {
    fn drop(&mut self) {
        if self.ticket.finish() {
            // It is waited for and did not come to its end: it panicked, and its thread ends.
            self.shared.lock().threads.remove(&self.id);
            self.shared.changed.notify_one();
        } else if self.ticket.is_abandoned() {
            self.shared.lock().quarantined -= 1;
        }
    }
}

impl Ticket {
    /// Whether nobody waits any more, and whoever did was told that it was not done.
    pub(super) fn is_abandoned(&self) -> bool {
        self.0.load(Ordering::Acquire) == ABANDONED
    }

    /// Whether somebody waits for what is done.
    fn finish(&self) -> bool {
        self.0.compare_exchange(WAITED_FOR, DONE, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Whether it was not done yet.
    fn abandon(&self) -> bool {
        self.0.compare_exchange(WAITED_FOR, ABANDONED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl<D: Desk> Drop for Crew<D> {
    /// Nobody is waited for any more; see [`dismiss`](Self::dismiss).
    fn drop(&mut self) {
        self.shared.lock().idle.clear();
    }
}

fn occupied() -> Error {
    Error::new(Kind::Busy, "every session with the device is in use; try again, or allow more sessions")
}

fn too_slow() -> Error {
    Error::new(
        Kind::Unavailable,
        "the device does not answer in time; check the line, then try again or allow more time",
    )
}

fn gone() -> Error {
    Error::new(Kind::Internal, "a worker thread is gone; please report it")
}

#[cfg(test)]
mod tests;
