//! The gate before a module's functions: many callers inside, or one who initialises or finalises, never both.
//!
//! Knows no session. A call that hangs stays inside; who waits for it gives up, since finalising under it would crash.

use alloc::sync::Arc;
use core::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use cryptoki_sys::{CKR_CRYPTOKI_ALREADY_INITIALIZED, CKR_CRYPTOKI_NOT_INITIALIZED};

use super::Generation;
use crate::{
    error::{Error, Kind, Result},
    fork,
    provider::pkcs11::raw::{Functions, Rv},
};

/// What there is of a module in one process.
pub(super) struct Life {
    pub(super) fork: u64,
    inside: Mutex<Inside>,
    changed: Condvar,
}

struct Inside {
    state: State,
    generation: Generation,
    calls: usize,
    /// We initialised it and it did not say since that it was finalised: that it is initialised already is no news then.
    held: bool,
    /// When it was initialised or that failed: a storm of callers must not do so at once again.
    tried: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Down,
    /// Initialised, by us or by somebody else in this process, who alone may finalise it then.
    Up {
        ours: bool,
    },
    /// Somebody initialises or finalises.
    Changing,
}

/// A caller inside: the module stays initialised until it is dropped.
pub(in crate::provider::pkcs11) struct Call {
    life: Arc<Life>,
    functions: &'static Functions,
    generation: Generation,
}

/// How long callers wait for somebody who initialises.
const PATIENCE: Duration = Duration::from_secs(30);
/// How soon it is initialised again.
const PAUSE: Duration = Duration::from_millis(100);

impl Inside {
    fn just_tried(&self) -> bool {
        self.tried.is_some_and(|tried| tried.elapsed() < PAUSE)
    }
}

impl Life {
    pub(super) fn new(fork: u64) -> Self {
        let inside = Inside { state: State::Down, generation: next(), calls: 0, held: false, tried: None };
        Self { fork, inside: Mutex::new(inside), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `ready`, or too long.
    fn wait<'a>(
        &'a self,
        inside: MutexGuard<'a, Inside>,
        patience: Duration,
        ready: impl Fn(&Inside) -> bool,
    ) -> (MutexGuard<'a, Inside>, bool) {
        let waited = self.changed.wait_timeout_while(inside, patience, |inside| !ready(inside));
        let (inside, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        (inside, !timeout.timed_out())
    }

    fn become_(&self, mut inside: MutexGuard<'_, Inside>, state: State) {
        inside.state = state;
        drop(inside);
        self.changed.notify_all();
    }
}

impl Call {
    /// Which initialisation it is in.
    pub(in crate::provider::pkcs11) const fn generation(&self) -> Generation {
        self.generation
    }
}

impl core::ops::Deref for Call {
    type Target = Functions;

    fn deref(&self) -> &Functions {
        self.functions
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // A call that was forked in the middle belongs to the parent, and so does the lock.
        if self.life.fork == fork::generation() {
            self.life.lock().calls -= 1;
            self.life.changed.notify_all();
        }
    }
}

pub(super) fn enter(life: Arc<Life>, functions: &'static Functions) -> Result<Call> {
    let (mut inside, in_time) = life.wait(life.lock(), PATIENCE, |inside| inside.state != State::Changing);
    if !in_time {
        return Err(hanging());
    }
    if inside.state == State::Down {
        inside = start(&life, functions, inside)?;
    }
    inside.calls += 1;
    let generation = inside.generation;
    drop(inside);
    Ok(Call { life, functions, generation })
}

pub(super) fn enter_if(
    life: Arc<Life>,
    functions: &'static Functions,
    generation: Generation,
) -> Option<Call> {
    let mut inside = life.lock();
    let open = matches!(inside.state, State::Up { .. }) && inside.generation == generation;
    inside.calls += usize::from(open);
    drop(inside);
    // Lazily: a call that is made counts itself out when it is dropped.
    open.then(|| Call { life, functions, generation })
}

/// Initialises, with the gate closed and the lock given back meanwhile.
fn start<'a>(
    life: &'a Life,
    functions: &Functions,
    mut inside: MutexGuard<'a, Inside>,
) -> Result<MutexGuard<'a, Inside>> {
    if inside.just_tried() {
        return Err(not_up());
    }
    inside.state = State::Changing;
    drop(inside);
    let started = initialize(functions);
    let mut inside = life.lock();
    inside.generation = next();
    inside.tried = Some(Instant::now());
    inside.held |= started == Ok(true);
    let ours = inside.held;
    inside.state = started.as_ref().map_or(State::Down, |_| State::Up { ours });
    life.changed.notify_all();
    match started {
        Ok(_) => Ok(inside),
        Err(rv) => Err(not_up().caused_by(rv)),
    }
}

/// Whether it is ours to finalise.
fn initialize(functions: &Functions) -> core::result::Result<bool, Rv> {
    match functions.initialize() {
        Ok(()) => Ok(true),
        Err(Rv(CKR_CRYPTOKI_ALREADY_INITIALIZED)) => Ok(false),
        Err(rv) => Err(rv),
    }
}

/// Whether nothing is left of our initialisation.
fn finalize(functions: &Functions) -> bool {
    matches!(functions.finalize(), Ok(()) | Err(Rv(CKR_CRYPTOKI_NOT_INITIALIZED)))
}

pub(super) fn reopen(life: &Life, functions: &Functions, seen: Generation, patience: Duration) -> Result<()> {
    let (mut inside, in_time) = life.wait(life.lock(), patience, |inside| inside.state != State::Changing);
    if !in_time {
        return Err(hanging());
    }
    let State::Up { ours } = inside.state else { return Ok(()) };
    // Who comes just after another one did it has the same answer again.
    if inside.generation != seen || inside.just_tried() {
        return Ok(());
    }
    inside.state = State::Changing;
    let (inside, alone) = life.wait(inside, patience, |inside| inside.calls == 0);
    if !alone {
        life.become_(inside, State::Up { ours });
        return Err(hanging());
    }
    drop(inside);
    // That a dead module cannot even be finalised is no reason not to try what follows.
    let held = ours && !finalize(functions);
    let mut inside = life.lock();
    inside.held = held;
    inside.state = State::Down;
    inside.tried = None;
    start(life, functions, inside).map(drop)
}

/// Finalises when nobody is inside and `unused` still holds.
pub(super) fn close(life: &Life, functions: &Functions, unused: impl Fn() -> bool) {
    let mut inside = life.lock();
    if inside.state != (State::Up { ours: true }) || inside.calls > 0 || !unused() {
        return;
    }
    inside.state = State::Changing;
    drop(inside);
    let held = !finalize(functions);
    let mut inside = life.lock();
    inside.held = held;
    inside.tried = None;
    life.become_(inside, State::Down);
}

fn next() -> Generation {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Generation(NEXT.fetch_add(1, Ordering::Relaxed))
}

fn not_up() -> Error {
    Error::new(
        Kind::Unavailable,
        "the PKCS#11 module cannot be initialised; check its configuration and the line to the device",
    )
}

fn hanging() -> Error {
    Error::new(
        Kind::Unavailable,
        "calls hang in the PKCS#11 module, so it cannot be initialised anew; check the line, then restart this process",
    )
}
