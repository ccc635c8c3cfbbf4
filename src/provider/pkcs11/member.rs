//! The supervisor of one device: what is done when an operation fails, and how often.
//!
//! Knows no key. There is at most one retry, of work that may be done twice, and none after a refused PIN. A dead line heals only
//! by initialising the module anew, which one caller does while the others wait.

use alloc::sync::Arc;
use core::time::Duration;
use std::{thread, time::Instant};

use arc_swap::ArcSwap;
use cryptoki_sys::{CKR_KEY_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID};

use super::{
    Class, Generation, Module, Settings, Uri,
    crew::{Crew, Ticket},
    fault::Fault,
    link::{Link, Until},
    profile::Shelf,
    session::{Attempt, Place, Progress, Session},
};
use crate::{
    error::{Error, Kind, Result},
    fork,
};

/// One device under supervision.
pub(super) struct Member {
    life: ArcSwap<Life>,
}

/// What there is of it in one process.
struct Life {
    fork: u64,
    // Workers go before the link to the token is cut.
    crew: Crew<Place>,
    link: Arc<Link>,
}

/// What a piece of work is, which decides what its failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    /// Opens what others may have altered. It may be done twice; a failure of a healthy device is a rejection.
    Open,
    /// Uses a key on what we made. It may be done twice.
    Use,
    /// Makes or destroys something: may be done twice until it says that it changes something.
    Make,
}

/// What is done on a session; it may be done again on another.
pub(super) type Work<R> = dyn Fn(&Session<'_>) -> Result<R, Fault> + Send + Sync;

/// A piece of work, and the known operation that tells whether the device and the key are well.
pub(super) struct Task<R> {
    pub(super) asking: Asking,
    pub(super) work: Arc<Work<R>>,
    pub(super) canary: Arc<Work<()>>,
}

/// What became of a task so far.
#[derive(Default)]
struct Past {
    retried: bool,
    /// How often a device that is well failed at what others may have altered, without saying why.
    doubts: u8,
}

impl<R> Clone for Task<R> {
    fn clone(&self) -> Self {
        Self { asking: self.asking, work: Arc::clone(&self.work), canary: Arc::clone(&self.canary) }
    }
}

impl Member {
    pub(super) fn new(module: Module, uri: Uri, settings: Arc<Settings>, shelf: Arc<Shelf>) -> Self {
        let link = Link::new(module, uri, settings, shelf);
        Self { life: ArcSwap::from_pointee(Life::new(fork::generation(), link)) }
    }

    /// Does it, and heals what it can.
    ///
    /// # Errors
    /// The work's own; [`Unavailable`](Kind::Unavailable), [`Busy`](Kind::Busy) and [`Denied`](Kind::Denied) of the device.
    pub(super) fn run<R: Send + 'static>(&self, task: &Task<R>) -> Result<R, Refusal> {
        let life = self.life();
        let mut until = Until { deadline: Instant::now() + life.link.settings.deadline, asked: false };
        let mut past = Past::default();
        loop {
            let attempt = life.attempt(until, &task.work)?;
            let (generation, progress) = (attempt.generation, attempt.progress);
            let fault = match attempt.result {
                Ok(result) => return Ok(result),
                Err(Fault::Asks(token)) => {
                    until = life.link.ask(&token, generation, until.deadline)?;
                    continue;
                }
                Err(fault) => fault,
            };
            // With time left for the next attempt, which would otherwise be taken for one that hangs.
            let needed = 2 * FULL + life.link.settings.deadline / 10;
            let is_full = fault.class() == Some(Class::Capacity) && progress == Progress::Nothing;
            if is_full && Instant::now() + needed < until.deadline {
                life.crew.shrink();
                thread::sleep(FULL);
                continue;
            }
            let helped = life.help(until.deadline, generation, &fault, (task, &mut past))?;
            if !helped || past.retried || progress == Progress::Changing {
                return Err(life.refusal(fault));
            }
            past.retried = true;
        }
    }

    /// The PIN may be tried again.
    pub(super) fn allow_login(&self) {
        self.life().link.allow_login();
    }

    /// How many calls hang.
    pub(super) fn quarantined(&self) -> usize {
        self.life().crew.quarantined()
    }

    /// Which token it is, in words.
    pub(super) fn uri(&self) -> Uri {
        self.life().link.uri.clone()
    }

    /// The life of this process. A child has no workers and no sessions of its parent, and closes nothing that is the parent's:
    /// what it inherited stays where it is for ever.
    fn life(&self) -> Arc<Life> {
        let now = fork::generation();
        let life = self.life.load_full();
        if life.fork == now {
            return life;
        }
        let fresh = Arc::new(Life::new(now, life.link.reborn()));
        let before = self.life.compare_and_swap(&life, Arc::clone(&fresh));
        if Arc::ptr_eq(&before, &life) {
            life.link.forget_pin();
            core::mem::forget(life);
            return fresh;
        }
        // Another thread of the child was first.
        self.life.load_full()
    }
}

impl Drop for Member {
    /// A child that never used it has nothing to close: workers and sessions are the parent's.
    fn drop(&mut self) {
        let life = self.life.load_full();
        if life.fork != fork::generation() {
            life.link.forget_pin();
            core::mem::forget(life);
        }
    }
}

/// Why a device did not do it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: Error,
    /// Whether that says nothing of another device with the same keys: this one does not answer, or lets nobody in.
    pub(super) elsewhere: bool,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let elsewhere = matches!(error.kind(), Kind::Unavailable | Kind::Busy);
        Self { error, elsewhere }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

/// How long a full device is left before it is asked again.
const FULL: Duration = Duration::from_millis(5);

impl Drop for Life {
    /// Sessions are closed before the module is, in workers: a line that is dead keeps nobody beyond the deadline.
    fn drop(&mut self) {
        let until = Instant::now() + self.link.settings.deadline;
        if self.link.is_logged_in() {
            let link = Arc::clone(&self.link);
            // Where that is not done in time the session ends with the module, or with the process.
            let _ = self.crew.ask(until, move |_| link.leave());
        }
        self.crew.dismiss(until);
    }
}

impl Life {
    fn new(fork: u64, link: Link) -> Self {
        let crew = Crew::new(link.settings.sessions, link.settings.quarantine);
        Self { fork, crew, link: Arc::new(link) }
    }

    fn attempt<R: Send + 'static>(&self, until: Until, work: &Arc<Work<R>>) -> Result<Attempt<R>> {
        let (link, work) = (Arc::clone(&self.link), Arc::clone(work));
        let attempt = move |place: &mut Place, ticket: &Ticket| place.attempt(&link, (until, ticket), &*work);
        let attempt = self.crew.ask_knowing(until.deadline, attempt);
        let attempt = attempt.map_err(|error| self.named(error))?;
        if let Some(workers) = attempt.workers {
            self.crew.set_limit(workers);
        }
        Ok(attempt)
    }

    /// Heals what failed; whether trying again makes sense.
    fn help<R>(
        &self,
        deadline: Instant,
        generation: Option<Generation>,
        fault: &Fault,
        (task, past): (&Task<R>, &mut Past),
    ) -> Result<bool, Refusal> {
        let (Some(class), Some(generation)) = (fault.class(), generation) else { return Ok(false) };
        match class {
            Class::Auth | Class::Data | Class::Capacity | Class::Config => Ok(false),
            Class::SessionLost => Ok(true),
            Class::DeviceLost => Ok(self.reopen(deadline, generation).map(|()| true)?),
            Class::Ambiguous => self.judge(deadline, generation, fault, (task, past)),
        }
    }

    /// A failure that may mean anything: is the device well, and the key? If so it is asked once more, since it may have failed by
    /// itself, and what nobody altered must not be called altered for that: two answers about it have to say so.
    fn judge<R>(
        &self,
        deadline: Instant,
        generation: Generation,
        fault: &Fault,
        (task, past): (&Task<R>, &mut Past),
    ) -> Result<bool, Refusal> {
        match self.attempt(Until { deadline, asked: false }, &task.canary)?.result {
            Ok(()) if fault.is(&[CKR_KEY_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID]) => Ok(true),
            Ok(()) => {
                past.doubts += u8::from(fault.opens());
                if task.asking == Asking::Open && past.doubts > 1 {
                    return Err(Error::from(crate::Rejected).into());
                }
                Ok(true)
            }
            // It answers, and there is no such key any more: that is no reason for anything.
            Err(fault @ (Fault::Final(_) | Fault::Shut(_) | Fault::Call { class: Class::Auth, .. })) => {
                Err(self.refusal(fault))
            }
            Err(Fault::Asks(_)) => Ok(true),
            Err(Fault::Call { class: Class::Capacity, .. }) => Ok(false),
            Err(_) => Ok(self.reopen(deadline, generation).map(|()| true)?),
        }
    }

    fn reopen(&self, deadline: Instant, seen: Generation) -> Result<()> {
        let patience = deadline.saturating_duration_since(Instant::now()) / 2;
        let link = Arc::clone(&self.link);
        let reopened = self.crew.ask(deadline, move |_: &mut Place| link.module.reopen(seen, patience));
        reopened.and_then(|reopened| reopened).map_err(|error| self.named(error))
    }

    fn refusal(&self, fault: Fault) -> Refusal {
        let is_shut = matches!(fault, Fault::Shut(_)) || fault.class() == Some(Class::Auth);
        let refusal = Refusal::from(self.named(fault.into()));
        Refusal { elsewhere: is_shut || refusal.elsewhere, ..refusal }
    }

    /// The error, with the token it is about.
    fn named(&self, error: Error) -> Error {
        let kind = error.kind();
        match kind {
            Kind::Unavailable => {
                Error::new(kind, "the token cannot be used now; bring it back, then try again")
                    .about(&self.link.uri)
                    .caused_by(error)
            }
            _ => error,
        }
    }
}
