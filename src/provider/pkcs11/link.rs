//! The link to one token: found by its URI, logged in once a generation, held by an anchor session that does nothing else.
//!
//! Knows no keys, but keeps what others found of them for as long as the generation lasts. The login is the token's, not a
//! session's, so workers never log in or out.

mod login;

use alloc::{collections::BTreeSet, format, string::String, sync::Arc, vec::Vec};
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use arc_swap::ArcSwapOption;
use cryptoki_sys::{
    CKR_SESSION_CLOSED, CKR_SESSION_HANDLE_INVALID, CKR_TOKEN_NOT_PRESENT, CKR_USER_NOT_LOGGED_IN,
    CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS,
};

use super::{
    Class, Generation, Module, Settings, SlotId, Suite, TokenInfo, Uri,
    fault::Fault,
    found::Found,
    module::{Call, Entry},
    profile::{self, Firmware, Operation, Profile, Quirks, Seen, Shelf},
    raw::{Rv, SessionHandle, text},
    turn::{Taken, Turn},
};
use crate::{
    error::{Error, Kind, Result},
    secret::SecretBytes,
};

/// What is needed to reach one token, whatever happens to the line.
pub(super) struct Link {
    pub(super) module: Module,
    pub(super) uri: Uri,
    pub(super) settings: Arc<Settings>,
    shelf: Arc<Shelf>,
    /// Whether the library may not be safe for several threads, as long as nobody saw which token it is.
    careful: AtomicBool,
    ready: ArcSwapOption<Ready>,
    connecting: Turn,
    /// What whoever was asked answered.
    pin: ArcSwapOption<SecretBytes>,
    asking: Turn,
    /// Whether the token has its PIN typed at a pad of its own, as far as is known.
    has_keypad: AtomicBool,
}

/// Until when whoever came is waited for.
#[derive(Clone, Copy)]
pub(super) struct Until {
    pub(super) deadline: Instant,
    /// Whether that is time enough for a person, who was asked.
    pub(super) asked: bool,
}

/// A token that was found and logged in to, in one generation.
pub(super) struct Ready {
    pub(super) generation: Generation,
    pub(super) slot: SlotId,
    pub(super) token: TokenInfo,
    pub(super) profile: Profile,
    mechanisms: BTreeSet<u64>,
    /// How many workers there may be beside the anchor.
    pub(super) workers: usize,
    pub(super) found: Found,
    anchor: SessionHandle,
    sessions: Mutex<Sessions>,
}

/// What became of the sessions under a login.
enum Sessions {
    /// They stand, as far as is known.
    Standing,
    /// Somebody finds out whether they do. He closes these then, which workers put away meanwhile.
    InDoubt(Vec<SessionHandle>),
    /// They ended by themselves, and their handles may be those of others by now.
    Over,
}

impl Ready {
    /// How the token does this: the first entry of the profile that is complete and that the token lists.
    pub(super) fn mechanism(&self, operation: Operation) -> Option<&profile::Mechanism> {
        self.mechanism_that(operation, |_| true)
    }

    /// Whether roots of a suite can be made and used; `verified` asks that a probe saw it.
    pub(super) fn serves(&self, suite: Suite, verified: bool) -> bool {
        let does =
            |operation| self.mechanism(operation).is_some_and(|mechanism| mechanism.verified || !verified);
        does(suite.operation()) && does(suite.making()) && suite.key_type(&self.profile.keys).is_some()
    }

    /// The first of those that is like this.
    pub(super) fn mechanism_that(
        &self,
        operation: Operation,
        fits: impl Fn(&profile::Mechanism) -> bool,
    ) -> Option<&profile::Mechanism> {
        let usable = |entry: &&profile::Mechanism| {
            entry.is_complete() && self.mechanisms.contains(&entry.code) && fits(entry)
        };
        self.profile.all(operation).find(usable)
    }
}

impl Link {
    pub(super) fn new(module: Module, uri: Uri, settings: Arc<Settings>, shelf: Arc<Shelf>) -> Self {
        let named = settings.profile.as_deref();
        let is_possible = |profile: &Profile| named.is_none_or(|named| named == profile.name);
        let is_careful = shelf.profiles().any(|profile| is_possible(profile) && profile.quirks.one_at_a_time);
        let careful = AtomicBool::new(is_careful);
        let (ready, pin) = (ArcSwapOption::empty(), ArcSwapOption::empty());
        let (connecting, asking, has_keypad) = (Turn::default(), Turn::default(), AtomicBool::new(false));
        Self { module, uri, settings, shelf, careful, ready, connecting, pin, asking, has_keypad }
    }

    /// The same in a child process, which has no login of its own yet.
    pub(super) fn reborn(&self) -> Self {
        let (settings, shelf) = (Arc::clone(&self.settings), Arc::clone(&self.shelf));
        let fresh = Self::new(self.module.clone(), self.uri.clone(), settings, shelf);
        fresh.pin.store(self.pin.load_full());
        fresh
    }

    /// In a child process, which lets this be for ever since what it holds is the parent's: but for the PIN, which is wiped when the
    /// last one lets go of it.
    pub(super) fn forget_pin(&self) {
        self.pin.store(None);
    }

    /// Enters the module.
    pub(super) fn enter(&self, deadline: Instant) -> Result<Call> {
        let alone = self.careful.load(Ordering::SeqCst);
        self.module.enter_as(Entry { patience: patience(deadline), alone })
    }

    /// The token of this generation, logged in; whoever comes first does it, the others wait.
    pub(super) fn ready(&self, call: &Call, until: Until) -> Result<Arc<Ready>, Fault> {
        if let Some(ready) = self.current(call) {
            return Ok(ready);
        }
        let _turn = self.turn_at(&self.connecting, until.deadline)?;
        if let Some(ready) = self.current(call) {
            return Ok(ready);
        }
        let ready = Arc::new(self.connect(call, until)?);
        if let Some(before) = self.ready.swap(Some(Arc::clone(&ready))) {
            before.close(call);
        }
        Ok(ready)
    }

    fn current(&self, call: &Call) -> Option<Arc<Ready>> {
        self.ready.load_full().filter(|ready| ready.generation == call.generation())
    }

    /// Whether the token still answers under its name, and the login stands: if so, what it says of its objects is true.
    pub(super) fn check(&self, call: &Call, ready: &Ready) -> Result<(), Fault> {
        let info = call.token_info(ready.slot.0).map_err(|rv| lost(rv, "asking who the token is"))?;
        let info = TokenInfo::of(&info);
        if (&info.serial, &info.label) != (&ready.token.serial, &ready.token.label) {
            return Err(lost(Rv(CKR_TOKEN_NOT_PRESENT), "another token is in the slot"));
        }
        let session = call.session_info(ready.anchor).map_err(Fault::while_("asking for the login"))?;
        let logged_in = matches!(session.state, CKS_RW_USER_FUNCTIONS | CKS_RO_USER_FUNCTIONS);
        if logged_in || !info.login_required {
            return Ok(());
        }
        Err(Fault::while_("asking for the login")(Rv(CKR_USER_NOT_LOGGED_IN)))
    }

    /// Forgets a login that is gone: the next one who comes logs in anew.
    pub(super) fn forget(&self, call: &Call, ready: &Arc<Ready>) {
        let before = self.ready.compare_and_swap(&Some(Arc::clone(ready)), None);
        if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, ready)) {
            ready.close(call);
        }
    }

    /// Whether there is a login to end.
    pub(super) fn is_logged_in(&self) -> bool {
        self.ready.load().is_some()
    }

    /// Ends the login, for good.
    pub(super) fn leave(&self) {
        if let Some(ready) = self.ready.swap(None)
            && let Some(call) = self.module.enter_if(ready.generation, self.settings.deadline / 2)
        {
            ready.close(&call);
        }
    }

    fn turn_at<'a>(&self, turn: &'a Turn, deadline: Instant) -> Result<Taken<'a>> {
        turn.take(Instant::now() + patience(deadline)).ok_or_else(|| {
            if self.has_keypad.load(Ordering::SeqCst) {
                return Error::new(
                    Kind::Busy,
                    "somebody is to type the PIN at the token; try again when it was typed",
                );
            }
            let what = "somebody else has been logging in for too long; check the line, then try again";
            Error::new(Kind::Unavailable, what)
        })
    }

    fn connect(&self, call: &Call, until: Until) -> Result<Ready, Fault> {
        let (slot, token) = self.find(call)?;
        let profile = self.profile(call, &token)?;
        let listed = call.mechanisms(slot.0).map_err(Fault::while_("listing mechanisms"))?;
        let mechanisms = listed.into_iter().map(u64::from).collect();
        if profile.quirks.one_at_a_time {
            self.module.one_at_a_time();
        }
        self.careful.store(false, Ordering::SeqCst);
        self.has_keypad.store(token.protected_path, Ordering::SeqCst);
        // Whoever is next sees whether the PIN was refused, and does not try it too.
        let logins = call.logins(&name_of(&token));
        let turn = self.turn_at(&logins, until.deadline)?;
        let pin = if token.login_required { Some(self.admission(&token, until)?) } else { None };
        let anchor = call.open_session(slot.0, true).map_err(|rv| opening(rv, &profile.quirks))?;
        if let Some(pin) = pin
            && let Err(fault) = self.login(call, anchor, &token, pin.as_deref())
        {
            // The session is of no use, and the fault says why.
            let _ = call.close_session(anchor);
            return Err(fault);
        }
        drop(turn);
        let most = [token.max_sessions, profile.limits.sessions.and_then(|most| usize::try_from(most).ok())];
        let most = most.into_iter().flatten().min().map_or(usize::MAX, |most| most.saturating_sub(1).max(1));
        let workers = if profile.quirks.one_at_a_time { 1 } else { self.settings.sessions.min(most) };
        let (generation, found) = (call.generation(), Found::default());
        let sessions = Mutex::new(Sessions::Standing);
        Ok(Ready { generation, slot, token, profile, mechanisms, workers, found, anchor, sessions })
    }

    fn find(&self, call: &Call) -> Result<(SlotId, TokenInfo), Fault> {
        let mut found = None;
        for slot in call.slots(true).map_err(Fault::while_("listing slots"))? {
            let Ok(info) = call.token_info(slot) else { continue };
            let token = TokenInfo::of(&info);
            if !token.initialized || !self.names(SlotId(slot), &token) {
                continue;
            }
            if found.replace((SlotId(slot), token)).is_some() {
                return Err(Error::new(
                    Kind::Invalid,
                    "several tokens are of this name; add serial= to the URI, as `miyao hsm list` shows it",
                )
                .about(&self.uri)
                .into());
            }
        }
        found.ok_or_else(|| lost(Rv(CKR_TOKEN_NOT_PRESENT), "no slot has the token that the URI names"))
    }

    fn names(&self, slot: SlotId, token: &TokenInfo) -> bool {
        let TokenInfo { label, manufacturer, model, serial, .. } = token;
        self.uri.fits([label, manufacturer, model, serial])
            && self.uri.slot_id.is_none_or(|wanted| wanted == u64::from(slot.0))
    }

    fn profile(&self, call: &Call, token: &TokenInfo) -> Result<Profile, Fault> {
        if let Some(name) = &self.settings.profile {
            return Ok(self.shelf.named(name)?.clone());
        }
        let about = call.info().map_err(Fault::while_("asking what the library is"))?;
        let seen = Seen {
            module: &self.module.path().to_string_lossy(),
            manufacturer: &token.manufacturer,
            model: &token.model,
            description: &text(&about.libraryDescription),
            firmware: Firmware { major: token.firmware.0, minor: token.firmware.1 },
        };
        Ok(self.shelf.matching(&seen)?.clone())
    }
}

impl Ready {
    fn close(&self, call: &Call) {
        if call.still_knows(self.generation) {
            // It does nothing that could end it: where it is gone all of them are.
            *self.sessions() = Sessions::InDoubt(Vec::new());
            let closed = call.close_session(self.anchor);
            let gone = matches!(closed, Err(Rv(CKR_SESSION_HANDLE_INVALID | CKR_SESSION_CLOSED)));
            let known = if gone { Sessions::Over } else { Sessions::Standing };
            let before = core::mem::replace(&mut *self.sessions(), known);
            if let (Sessions::InDoubt(left), false) = (before, gone) {
                // What is broken may refuse to be closed.
                for session in left {
                    let _ = call.close_session(session);
                }
            }
        }
    }

    /// Closes a session under this login that is put away.
    pub(super) fn close_session(&self, call: &Call, session: SessionHandle) {
        if !self.takes(session) {
            // What is broken may refuse to be closed.
            let _ = call.close_session(session);
        }
    }

    /// Whether a session that is put away is nobody's concern any more: it ended, or whoever is finding that out closes it.
    pub(super) fn takes(&self, session: SessionHandle) -> bool {
        match &mut *self.sessions() {
            Sessions::Standing => return false,
            Sessions::InDoubt(left) => left.push(session),
            Sessions::Over => {}
        }
        true
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// With time left to hear of it, or a worker that waits for another would be taken for one that hangs.
fn patience(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).mul_f32(0.9)
}

fn name_of(token: &TokenInfo) -> String {
    format!("{}\n{}\n{}", token.manufacturer, token.serial, token.label)
}

/// A session that cannot be opened, which some devices refuse with a number that says something else.
pub(super) fn opening(rv: Rv, quirks: &Quirks) -> Fault {
    let doing = "opening a session";
    let is_full = rv.0 == cryptoki_sys::CKR_ARGUMENTS_BAD || quirks.full.contains(&u64::from(rv.0));
    if is_full { Fault::of_class(Class::Capacity, rv, doing) } else { Fault::while_(doing)(rv) }
}

/// Whatever the number says: the token is not there.
const fn lost(rv: Rv, doing: &'static str) -> Fault {
    Fault::of_class(Class::DeviceLost, rv, doing)
}
