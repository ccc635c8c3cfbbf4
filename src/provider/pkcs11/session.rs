//! A worker's session, and one attempt to do something on it.
//!
//! Knows no retry. A session that saw any error is closed: some modules keep one in an operation for ever.

use alloc::sync::Arc;
use core::{cell::Cell, time::Duration};

use cryptoki_sys::{CKR_SESSION_CLOSED, CKR_SESSION_HANDLE_INVALID};

use super::{
    Class, Generation, Module,
    crew::{Desk, Ticket},
    fault::Fault,
    link::{self, Link, Ready, Until},
    module::Call,
    raw::SessionHandle,
};
use crate::error::{Error, Kind};

/// What work is given: a session of a token that is logged in to.
pub(super) struct Session<'a> {
    pub(super) call: &'a Call,
    pub(super) handle: SessionHandle,
    pub(super) ready: &'a Ready,
    pub(super) link: &'a Link,
    ticket: &'a Ticket,
    progress: &'a Cell<Progress>,
    spoiled: Cell<bool>,
}

/// How far an attempt came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// There was no session, so that nothing was asked of the token.
    Nothing,
    /// The work was begun; nothing of it stays in the token.
    Begun,
    /// What is in the token may be another than before.
    Changing,
}

/// A worker's place: its session, if it has one.
pub(super) struct Place(Option<Open>);

struct Open {
    module: Module,
    /// The login under which it was opened: under another one it may have ended, and its handle may be somebody's by now.
    ready: Arc<Ready>,
    handle: SessionHandle,
}

/// What became of one attempt.
pub(super) struct Attempt<R> {
    /// The generation it was made in, when it came so far.
    pub(super) generation: Option<Generation>,
    /// How many workers the token has room for, when it was reached.
    pub(super) workers: Option<usize>,
    pub(super) progress: Progress,
    pub(super) result: Result<R, Fault>,
}

/// How long a session that is put away waits for those who have to be alone in the module.
const PATIENCE: Duration = Duration::from_secs(1);

impl Session<'_> {
    /// An operation failed here as it should, and the module may keep the session in it: it is closed when the work is done.
    pub(super) fn spoil(&self) {
        self.spoiled.set(true);
    }

    /// The same on a session that lives no longer than this.
    pub(super) fn beside<R>(&self, work: impl FnOnce(&Self) -> Result<R, Fault>) -> Result<R, Fault> {
        let opened = self.call.open_session(self.ready.slot.0, true);
        let handle = opened.map_err(|rv| link::opening(rv, &self.ready.profile.quirks))?;
        let Self { call, ready, link, ticket, progress, .. } = *self;
        let result = work(&Self { call, handle, ready, link, ticket, progress, spoiled: Cell::new(false) });
        // It is of no use any more.
        let _ = call.close_session(handle);
        result
    }

    /// Whether nobody waits for this any more: a call before it took too long, and whoever asked was told that nothing was done.
    pub(super) fn is_abandoned(&self) -> bool {
        self.ticket.is_abandoned()
    }

    /// Said just before whatever stays in the token or is gone from it, which is not begun a second time. Stops here if nobody waits
    /// any more.
    pub(super) fn change(&self) -> Result<(), Fault> {
        if self.is_abandoned() {
            return Err(
                Error::new(Kind::Unavailable, "nobody waits for it any more; nothing was done").into()
            );
        }
        self.progress.set(Progress::Changing);
        Ok(())
    }

    /// Refuses what is longer than the profile lets a call be.
    pub(super) fn check_length(&self, bytes: usize) -> Result<(), Fault> {
        match self.ready.profile.limits.data {
            Some(most) if bytes as u64 > most => Err(Error::new(
                Kind::TooLarge,
                "the token takes fewer bytes in one call, as its profile says; give it less",
            )
            .about(std::format!("{bytes} bytes, at most {most}"))
            .into()),
            _ => Ok(()),
        }
    }
}

impl Desk for Place {
    fn new() -> Self {
        Self(None)
    }

    fn is_ready(&self) -> bool {
        self.0.is_some()
    }
}

impl Place {
    /// Enters the module, logs in and opens a session as need be, and works.
    pub(super) fn attempt<R>(
        &mut self,
        link: &Link,
        (until, ticket): (Until, &Ticket),
        work: &dyn Fn(&Session<'_>) -> Result<R, Fault>,
    ) -> Attempt<R> {
        let call = match link.enter(until.deadline) {
            Ok(call) => call,
            Err(error) => {
                let result = Err(error.into());
                return Attempt { generation: None, workers: None, progress: Progress::Nothing, result };
            }
        };
        let generation = Some(call.generation());
        let ready = match link.ready(&call, until) {
            Ok(ready) => ready,
            Err(fault) => {
                return Attempt {
                    generation,
                    workers: None,
                    progress: Progress::Nothing,
                    result: Err(fault),
                };
            }
        };
        let (progress, workers) = (Cell::new(Progress::Nothing), Some(ready.workers));
        let result = self.session(link, &call, &ready).and_then(|handle| {
            progress.set(Progress::Begun);
            let session = Session {
                call: &call,
                handle,
                ready: &ready,
                link,
                ticket,
                progress: &progress,
                spoiled: Cell::new(false),
            };
            let result = work(&session).map_err(|fault| fault.known_to(&ready.profile.quirks));
            if result.as_ref().is_err_and(|fault| fault.is(&[CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED]))
            {
                // There is nothing to close, and the number may be another session's any moment.
                self.0 = None;
            } else if result.is_err() || session.spoiled.get() {
                self.close(&call);
            }
            result
        });
        if result.as_ref().is_err_and(|fault| fault.class() == Some(Class::SessionLost)) {
            // The next one who comes logs in anew.
            link.forget(&call, &ready);
        }
        Attempt { generation, workers, progress: progress.get(), result }
    }

    fn session(&mut self, link: &Link, call: &Call, ready: &Arc<Ready>) -> Result<SessionHandle, Fault> {
        if let Some(open) = &self.0 {
            if Arc::ptr_eq(&open.ready, ready) {
                return Ok(open.handle);
            }
            self.close(call);
        }
        let handle =
            call.open_session(ready.slot.0, true).map_err(|rv| link::opening(rv, &ready.profile.quirks))?;
        let module = link.module.clone();
        self.0 = Some(Open { module, ready: Arc::clone(ready), handle });
        Ok(handle)
    }

    fn close(&mut self, call: &Call) {
        // A handle from before the module was initialised anew, or all sessions ended, may be somebody's session by now: it is
        // forgotten, not closed.
        if let Some(open) = self.0.take()
            && call.still_knows(open.ready.generation)
        {
            open.ready.close_session(call, open.handle);
        }
    }
}

impl Drop for Place {
    /// The module is let go of outside of it: the last one who does finalises, and cannot while anybody is inside.
    fn drop(&mut self) {
        let Some(Open { module, ready, handle }) = self.0.take() else { return };
        if !ready.takes(handle)
            && let Some(call) = module.enter_if(ready.generation, PATIENCE)
        {
            ready.close_session(&call, handle);
        }
    }
}
