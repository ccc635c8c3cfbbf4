//! Threads that call the device, so that nobody else hangs with it: a call cannot be cancelled, but a worker can be left alone.
//!
//! Knows nothing of what is asked of a worker. Each keeps a desk (its session) between jobs. One that is past its deadline is
//! quarantined: it is not waited for, its place is given to another, and when its call returns after all it puts its desk away
//! and goes. The number of quarantined ones is bounded.

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
}

type Job<D> = Box<dyn FnOnce(&mut D) + Send>;

struct Shared<D> {
    staff: Mutex<Staff<D>>,
    changed: Condvar,
    most_quarantined: usize,
}

struct Staff<D> {
    idle: Vec<(u64, Sender<Job<D>>)>,
    /// Who is at work or idle; the quarantined are not among them.
    threads: BTreeMap<u64, JoinHandle<()>>,
    limit: usize,
    /// What the limit is again a while after the device had no session left.
    full: usize,
    shrunk: Option<Instant>,
    quarantined: usize,
    next: u64,
}

/// Whether a job is waited for.
struct Ticket(AtomicU8);

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

    /// The device had no session for one of them: fewer for a while, so that the others are waited for.
    pub(super) fn shrink(&self) {
        let mut staff = self.shared.lock();
        staff.limit = staff.threads.len().saturating_sub(1).max(1);
        staff.shrunk = Some(Instant::now());
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
        let (reply, answer) = mpsc::sync_channel(1);
        let ticket = Arc::new(Ticket(AtomicU8::new(WAITED_FOR)));
        let (id, worker) = self.worker(deadline)?;
        let (shared, their_ticket, their_worker) =
            (Arc::clone(&self.shared), Arc::clone(&ticket), worker.clone());
        let job: Job<D> = Box::new(move |desk| {
            let result = work(desk);
            if their_ticket.finish() {
                shared.rest(id, their_worker);
                // Whoever waits has the other end.
                let _ = reply.send(result);
            } else {
                // Without a place among the idle its channel closes, and the worker goes.
                shared.lock().quarantined -= 1;
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
            Err(RecvTimeoutError::Disconnected) => {
                self.shared.lock().threads.remove(&id);
                self.shared.changed.notify_one();
                return Err(gone());
            }
        }
        answer.recv_timeout(Duration::from_secs(1)).map_err(|_| gone())
    }

    fn worker(&self, deadline: Instant) -> Result<(u64, Sender<Job<D>>)> {
        let mut staff = self.shared.lock();
        loop {
            if staff.quarantined >= self.shared.most_quarantined {
                return Err(Error::new(
                    Kind::Unavailable,
                    "too many calls hang in the device; check the line, then restart this process",
                )
                .about(std::format!("{} calls", staff.quarantined)));
            }
            if let Some(worker) = staff.idle.pop() {
                return Ok(worker);
            }
            if staff.shrunk.is_some_and(|shrunk| shrunk.elapsed() > RECOVERY) {
                (staff.limit, staff.shrunk) = (staff.full, None);
            }
            if staff.threads.len() < staff.limit {
                return hire(&mut staff);
            }
            let patience = deadline.saturating_duration_since(Instant::now());
            if patience.is_zero() {
                return Err(Error::new(
                    Kind::Busy,
                    "every session with the device is in use; try again, or allow more sessions",
                ));
            }
            let waited = self.shared.changed.wait_timeout(staff, patience);
            staff = waited.unwrap_or_else(PoisonError::into_inner).0;
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
    fn rest(&self, id: u64, worker: Sender<Job<D>>) {
        let mut staff = self.lock();
        if staff.threads.len() > staff.limit {
            // The channel closes with this sender; nobody waits for the thread.
            staff.threads.remove(&id);
        } else {
            staff.idle.push((id, worker));
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

impl Ticket {
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
    /// Sends everybody home and waits for those who do not hang, so that sessions are closed before the module is.
    fn drop(&mut self) {
        let mut staff = self.shared.lock();
        staff.idle.clear();
        let threads = core::mem::take(&mut staff.threads);
        drop(staff);
        for thread in threads.into_values() {
            // A worker that panicked has nothing left to close.
            let _ = thread.join();
        }
    }
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
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    struct Counting(usize);

    impl Desk for Counting {
        fn new() -> Self {
            Self(0)
        }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(50)
    }

    fn late() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[test]
    fn a_worker_keeps_its_desk_and_a_full_crew_is_waited_for() {
        let crew = Crew::<Counting>::new(1, 1);
        for count in 1..4 {
            let seen = crew.ask(late(), |desk| {
                desk.0 += 1;
                desk.0
            });
            assert_eq!(seen.unwrap(), count);
        }
        let (release, held) = channel::<()>();
        thread::scope(|scope| {
            let (begun, begin) = channel();
            scope.spawn(|| {
                crew.ask(late(), move |_| {
                    begun.send(()).unwrap();
                    held.recv().unwrap();
                })
                .unwrap();
            });
            begin.recv().unwrap();
            assert_eq!(crew.ask(soon(), |_| ()).unwrap_err().kind(), Kind::Busy);
            release.send(()).unwrap();
            assert_eq!(crew.ask(late(), |desk| desk.0).unwrap(), 3);
        });
    }

    #[test]
    fn who_hangs_is_left_alone_and_their_number_is_bounded() {
        let crew = Crew::<Counting>::new(1, 2);
        let mut held = Vec::new();
        for hanging in 1..=2 {
            let (release, wait) = channel::<()>();
            held.push(release);
            let asked = crew.ask(soon(), move |_| wait.recv());
            assert_eq!(asked.unwrap_err().kind(), Kind::Unavailable);
            assert_eq!(crew.quarantined(), hanging);
        }
        let refused = crew.ask(late(), |_| ()).unwrap_err();
        assert_eq!(refused.kind(), Kind::Unavailable, "at once: {refused}");
        drop(held);
        while crew.quarantined() > 0 {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(crew.ask(late(), |desk| desk.0).unwrap(), 0, "a new worker has a new desk");
    }
}
