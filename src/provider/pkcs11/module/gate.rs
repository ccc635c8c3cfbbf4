//! The gate before a module's functions: many callers inside, or one who wants to be alone, or one who initialises or finalises.
//!
//! Knows no session. A call that hangs stays inside; who waits for it gives up, since finalising under it would crash, and waits with
//! the gate open: it is closed only to wait for calls that came in since, so that one that hangs keeps nobody from another token.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    string::String,
    sync::Arc,
};
use core::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Instant,
};

use cryptoki_sys::{CKR_CRYPTOKI_ALREADY_INITIALIZED, CKR_CRYPTOKI_NOT_INITIALIZED};

use super::Generation;
use crate::{
    error::{Error, Kind, Result},
    fork,
    provider::pkcs11::{
        raw::{Functions, Rv},
        turn::Turn,
    },
};

/// What there is of a module in one process.
pub(super) struct Life {
    pub(super) fork: u64,
    /// Who keeps it initialised: of this process alone, since what others of the parent hold is never let go of in a child.
    pub(super) users: AtomicUsize,
    inside: Mutex<Inside>,
    changed: Condvar,
    /// The turns of those who log in, by what names the token: one that hangs keeps nobody from another token.
    logins: Mutex<BTreeMap<String, Arc<Turn>>>,
}

struct Inside {
    state: State,
    generation: Generation,
    /// Handles since this one mean what they did: nothing was initialised or finalised since, as far as we know.
    since: Generation,
    /// The calls inside, numbered as they came in.
    calls: BTreeSet<u64>,
    next: u64,
    /// Who is inside wants nobody beside.
    alone: bool,
    /// How many are next who want nobody beside: nobody else comes in before them.
    before_others: usize,
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
    number: u64,
    alone: bool,
}

/// How somebody comes in.
#[derive(Clone, Copy)]
pub(in crate::provider::pkcs11) struct Entry {
    /// How long others are waited for.
    pub(in crate::provider::pkcs11) patience: Duration,
    /// Whether nobody may be inside meanwhile: the library is not safe for several threads.
    pub(in crate::provider::pkcs11) alone: bool,
}

/// How long those wait who have no deadline of their own.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long others are held back for who has to be alone, before he waits for his turn anew.
const COURTESY: Duration = Duration::from_secs(1);
/// How soon it is initialised again.
const PAUSE: Duration = Duration::from_millis(100);

impl Inside {
    fn just_tried(&self) -> bool {
        self.tried.is_some_and(|tried| tried.elapsed() < PAUSE)
    }

    /// It is down, and if it was finalised no handle means anything any more.
    fn end(&mut self, ours: bool, finalised: bool) {
        self.held = ours && !finalised;
        self.state = State::Down;
        self.tried = None;
        if finalised {
            self.generation = next();
            self.since = self.generation;
        }
    }

    fn admits(&self, alone: bool) -> bool {
        let is_free = if alone { self.calls.is_empty() } else { self.before_others == 0 };
        self.state != State::Changing && !self.alone && is_free
    }

    /// Whether all who are inside came in since the next number was this one.
    fn all_since(&self, next: u64) -> bool {
        self.calls.first().is_none_or(|oldest| *oldest >= next)
    }

    /// Lets somebody in.
    fn count(&mut self, alone: bool) -> u64 {
        let number = self.next;
        self.next += 1;
        self.calls.insert(number);
        self.alone = alone;
        number
    }
}

impl Life {
    pub(super) fn new(fork: u64) -> Self {
        let (state, generation) = (State::Down, next());
        let since = generation;
        let (calls, next, alone, before_others, held) = (BTreeSet::new(), 0, false, 0, false);
        let inside =
            Inside { state, generation, since, calls, next, alone, before_others, held, tried: None };
        let (users, inside, changed) = (AtomicUsize::new(0), Mutex::new(inside), Condvar::new());
        Self { fork, users, inside, changed, logins: Mutex::default() }
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

    /// Waits until somebody may come in, or too long. Who has to be alone waits for those who were inside when he came, and then
    /// others wait for him, since there may always be somebody; for a moment only, since one of them may hang.
    fn wait_for_admission(&self, Entry { patience, alone }: Entry) -> (MutexGuard<'_, Inside>, bool) {
        let mut inside = self.lock();
        if !alone {
            return self.wait(inside, patience, |inside| inside.admits(false));
        }
        let until = Instant::now() + patience;
        let left = || until.saturating_duration_since(Instant::now());
        loop {
            let next_one = inside.next;
            let is_next = |inside: &Inside| inside.admits(true) || inside.all_since(next_one);
            let (mut waiting, in_time) = self.wait(inside, left(), is_next);
            if !in_time || waiting.admits(true) {
                return (waiting, in_time);
            }
            waiting.before_others += 1;
            let (mut waited, in_time) =
                self.wait(waiting, left().min(COURTESY), |inside| inside.admits(true));
            waited.before_others -= 1;
            self.changed.notify_all();
            if in_time || left().is_zero() {
                return (waited, in_time);
            }
            inside = waited;
        }
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

    /// The turn of those who log in to a token, in this process.
    pub(in crate::provider::pkcs11) fn logins(&self, token: &str) -> Arc<Turn> {
        let mut logins = self.life.logins.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(logins.entry(token.into()).or_default())
    }

    /// Whether handles of another initialisation still mean what they did: it may be that nothing was finalised since.
    pub(in crate::provider::pkcs11) fn still_knows(&self, generation: Generation) -> bool {
        (self.life.lock().since..=self.generation).contains(&generation)
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
            let mut inside = self.life.lock();
            inside.calls.remove(&self.number);
            inside.alone &= !self.alone;
            drop(inside);
            self.life.changed.notify_all();
        }
    }
}

pub(super) fn enter(life: Arc<Life>, functions: &'static Functions, entry: Entry) -> Result<Call> {
    let alone = entry.alone;
    let (mut inside, in_time) = life.wait_for_admission(entry);
    if !in_time {
        return Err(if inside.state == State::Changing { hanging() } else { occupied() });
    }
    if inside.state == State::Down {
        inside = start(&life, functions, inside)?;
    }
    let (number, generation) = (inside.count(alone), inside.generation);
    drop(inside);
    Ok(Call { life, functions, generation, number, alone })
}

pub(super) fn enter_if(
    life: Arc<Life>,
    functions: &'static Functions,
    generation: Generation,
    entry: Entry,
) -> Option<Call> {
    let alone = entry.alone;
    let (mut inside, in_time) = life.wait_for_admission(entry);
    let stands = inside.since <= generation && generation <= inside.generation;
    let open = in_time && matches!(inside.state, State::Up { .. }) && stands;
    let number = open.then(|| inside.count(alone));
    drop(inside);
    number.map(|number| Call { life, functions, generation, number, alone })
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
    if started == Ok(true) {
        inside.since = inside.generation;
    }
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
    let inside = life.lock();
    let next_one = inside.next;
    let is_needed = |inside: &Inside| {
        matches!(inside.state, State::Up { .. }) && inside.generation == seen && !inside.just_tried()
    };
    let (mut inside, in_time) = life.wait(inside, patience, |inside| {
        inside.state != State::Changing && (inside.all_since(next_one) || !is_needed(inside))
    });
    if !in_time {
        return Err(hanging());
    }
    // Who comes just after another one did it has the same answer again.
    let (State::Up { ours }, true) = (inside.state, is_needed(&inside)) else { return Ok(()) };
    inside.state = State::Changing;
    let (inside, alone) = life.wait(inside, patience, |inside| inside.calls.is_empty());
    if !alone {
        life.become_(inside, State::Up { ours });
        return Err(hanging());
    }
    drop(inside);
    // That a dead module cannot even be finalised is no reason not to try what follows.
    let ended = ours && finalize(functions);
    let mut inside = life.lock();
    inside.end(ours, ended);
    start(life, functions, inside).map(drop)
}

/// Finalises when nobody is inside and `unused` still holds. A dead line may keep that for ever, and whoever lets go of a module has
/// something else to do: it is waited for no longer than anything else.
pub(super) fn close(life: &Arc<Life>, functions: &'static Functions, unused: impl Fn() -> bool) {
    let mut inside = life.lock();
    if inside.state != (State::Up { ours: true }) || !inside.calls.is_empty() || !unused() {
        return;
    }
    inside.state = State::Changing;
    drop(inside);
    let (done, ended) = mpsc::sync_channel(1);
    let theirs = Arc::clone(life);
    let work = move || {
        let ended = finalize(functions);
        let mut inside = theirs.lock();
        inside.end(true, ended);
        drop(inside);
        theirs.changed.notify_all();
        // Nobody may wait any more.
        let _ = done.send(());
    };
    match thread::Builder::new().name("miyao-pkcs11".into()).spawn(work) {
        // It goes on without us where it takes too long.
        Ok(_) => drop(ended.recv_timeout(PATIENCE)),
        Err(_) => life.become_(life.lock(), State::Up { ours: true }),
    }
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

fn occupied() -> Error {
    Error::new(
        Kind::Busy,
        "the PKCS#11 module takes one call at a time, and another one is in it; try again, or allow more time",
    )
}

fn hanging() -> Error {
    Error::new(
        Kind::Unavailable,
        "calls hang in the PKCS#11 module, so it cannot be initialised anew; check the line, then restart this process",
    )
}
