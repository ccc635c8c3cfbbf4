//! A worker's session, and one attempt to do something on it.
//!
//! Knows no retry. A session that saw any error is closed: some modules keep one in an operation for ever.

use alloc::sync::Arc;

use super::{
    Generation, Module,
    crew::Desk,
    fault::Fault,
    link::{self, Link, Ready},
    module::Call,
    raw::SessionHandle,
};

/// What work is given: a session of a token that is logged in to.
pub(super) struct Session<'a> {
    pub(super) call: &'a Call,
    pub(super) handle: SessionHandle,
    pub(super) ready: &'a Ready,
    pub(super) link: &'a Link,
}

/// A worker's place: its session, if it has one.
pub(super) struct Place(Option<Open>);

struct Open {
    module: Module,
    generation: Generation,
    handle: SessionHandle,
}

/// What became of one attempt.
pub(super) struct Attempt<R> {
    /// The generation it was made in, when it came so far.
    pub(super) generation: Option<Generation>,
    /// How many workers the token has room for, when it was reached.
    pub(super) workers: Option<usize>,
    /// Whether the work was begun.
    pub(super) begun: bool,
    pub(super) result: Result<R, Fault>,
}

impl Desk for Place {
    fn new() -> Self {
        Self(None)
    }
}

impl Place {
    /// Enters the module, logs in and opens a session as need be, and works.
    pub(super) fn attempt<R>(
        &mut self,
        link: &Link,
        work: &dyn Fn(&Session<'_>) -> Result<R, Fault>,
    ) -> Attempt<R> {
        let call = match link.module.enter() {
            Ok(call) => call,
            Err(error) => {
                return Attempt { generation: None, workers: None, begun: false, result: Err(error.into()) };
            }
        };
        let generation = Some(call.generation());
        let prepared = link.ready(&call).and_then(|ready| Ok((self.session(link, &call, &ready)?, ready)));
        let (handle, ready) = match prepared {
            Ok(prepared) => prepared,
            Err(fault) => return Attempt { generation, workers: None, begun: false, result: Err(fault) },
        };
        let result = work(&Session { call: &call, handle, ready: &ready, link });
        if result.is_err() {
            self.close(&call);
        }
        Attempt { generation, workers: Some(ready.workers), begun: true, result }
    }

    fn session(&mut self, link: &Link, call: &Call, ready: &Arc<Ready>) -> Result<SessionHandle, Fault> {
        // A handle of another generation may be somebody's session by now: it is forgotten, not closed.
        if let Some(open) = self.0.as_ref().filter(|open| open.generation == call.generation()) {
            return Ok(open.handle);
        }
        let handle = call.open_session(ready.slot.0, true).map_err(link::opening)?;
        let module = link.module.clone();
        self.0 = Some(Open { module, generation: call.generation(), handle });
        Ok(handle)
    }

    fn close(&mut self, call: &Call) {
        if let Some(open) = self.0.take().filter(|open| open.generation == call.generation()) {
            // What is broken may refuse to be closed.
            let _ = call.close_session(open.handle);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(open) = &self.0 else { return };
        if let Some(call) = open.module.enter_if(open.generation) {
            self.close(&call);
        }
    }
}
