//! The link to one token: found by its URI, logged in once a generation, held by an anchor session that does nothing else.
//!
//! Knows no keys, but keeps what others found of them for as long as the generation lasts. The login is the token's, not a
//! session's, so workers never log in or out.

use alloc::{collections::BTreeSet, format, string::String, sync::Arc};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki_sys::{
    CKR_TOKEN_NOT_PRESENT, CKR_USER_ALREADY_LOGGED_IN, CKR_USER_NOT_LOGGED_IN, CKS_RO_USER_FUNCTIONS,
    CKS_RW_USER_FUNCTIONS,
};

use super::{
    Class, Generation, Module, Settings, SlotId, Suite, TokenInfo, Uri,
    fault::Fault,
    found::Found,
    module::Call,
    pin,
    profile::{self, Firmware, Operation, Profile, Seen, Shelf},
    raw::{Rv, SessionHandle, text},
};
use crate::{
    error::{Error, Kind},
    secret::SecretBytes,
};

/// What is needed to reach one token, whatever happens to the line.
pub(super) struct Link {
    pub(super) module: Module,
    pub(super) uri: Uri,
    pub(super) settings: Arc<Settings>,
    shelf: Arc<Shelf>,
    ready: Mutex<Option<Arc<Ready>>>,
    /// What the callback answered.
    pin: Mutex<Option<Arc<SecretBytes>>>,
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
        Self { module, uri, settings, shelf, ready: Mutex::new(None), pin: Mutex::new(None) }
    }

    /// The same in a child process, which has no login of its own yet. Who calls it lets `self` be for ever: what it holds is the
    /// parent's, and this has its place among the module's users.
    pub(super) fn reborn(&self) -> Self {
        let pin = self.pin.try_lock().map_or(None, |pin| pin.clone());
        Self {
            module: self.module.adopted(),
            uri: self.uri.clone(),
            settings: Arc::clone(&self.settings),
            shelf: Arc::clone(&self.shelf),
            ready: Mutex::new(None),
            pin: Mutex::new(pin),
        }
    }

    /// The token of this generation, logged in; whoever comes first does it, the others wait.
    pub(super) fn ready(&self, call: &Call) -> Result<Arc<Ready>, Fault> {
        let mut kept = lock(&self.ready);
        if let Some(ready) = kept.as_ref().filter(|ready| ready.generation == call.generation()) {
            return Ok(Arc::clone(ready));
        }
        let ready = Arc::new(self.connect(call)?);
        *kept = Some(Arc::clone(&ready));
        Ok(ready)
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
    pub(super) fn forget(&self, generation: Generation) {
        let mut kept = lock(&self.ready);
        if let Some(ready) = kept.take_if(|ready| ready.generation == generation) {
            drop(kept);
            self.close(&ready);
        }
    }

    /// The PIN may be tried again.
    pub(super) fn allow_login(&self) {
        *lock(&self.pin) = None;
        self.module.allow_logins();
    }

    fn close(&self, ready: &Ready) {
        if let Some(call) = self.module.enter_if(ready.generation) {
            // One that is closed already is closed.
            let _ = call.close_session(ready.anchor);
        }
    }

    fn connect(&self, call: &Call) -> Result<Ready, Fault> {
        let (slot, token) = self.find(call)?;
        let profile = self.profile(call, &token)?;
        let listed = call.mechanisms(slot.0).map_err(Fault::while_("listing mechanisms"))?;
        let mechanisms = listed.into_iter().map(u64::from).collect();
        let anchor = call.open_session(slot.0, true).map_err(opening)?;
        if let Err(fault) = self.login(call, anchor, &token) {
            // The session is of no use, and the fault says why.
            let _ = call.close_session(anchor);
            return Err(fault);
        }
        let most = [token.max_sessions, profile.limits.sessions.and_then(|most| usize::try_from(most).ok())];
        let most = most.into_iter().flatten().min().map_or(usize::MAX, |most| most.saturating_sub(1).max(1));
        let workers = if profile.quirks.one_at_a_time { 1 } else { self.settings.sessions.min(most) };
        let (generation, found) = (call.generation(), Found::default());
        Ok(Ready { generation, slot, token, profile, mechanisms, workers, found, anchor })
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
        let is = |wanted: &Option<String>, has: &str| wanted.as_ref().is_none_or(|wanted| wanted == has);
        is(&self.uri.token, &token.label)
            && is(&self.uri.manufacturer, &token.manufacturer)
            && is(&self.uri.model, &token.model)
            && is(&self.uri.serial, &token.serial)
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

    /// Logs in with one attempt; a PIN that was refused in this process is not tried again by itself.
    fn login(&self, call: &Call, anchor: SessionHandle, token: &TokenInfo) -> Result<(), Fault> {
        if !token.login_required {
            return Ok(());
        }
        let name = format!("{}\n{}\n{}", token.manufacturer, token.serial, token.label);
        if self.module.is_refused(&name) {
            return Err(denied(
                "the PIN was refused before and is not tried again; check it, then start anew",
                token,
            ));
        }
        if token.locked {
            return Err(denied("the token's PIN is locked; its officer can set another one", token));
        }
        if token.final_try {
            return Err(denied(
                "one more wrong PIN would lock the token; log in once with the vendor's tool, then try again",
                token,
            ));
        }
        let pin = self.pin(token)?;
        match call.login(anchor, pin.as_deref().map(SecretBytes::expose)) {
            Ok(()) | Err(Rv(CKR_USER_ALREADY_LOGGED_IN)) => {
                self.module.trust(&name);
                Ok(())
            }
            Err(rv) => {
                // A vendor's number may be a wrong PIN's: what is unclear is tried twice in all, or a few operations lock the token.
                let doing = "logging in";
                let class = match Class::of(rv) {
                    Class::Ambiguous if !self.module.doubt(&name) => Class::Auth,
                    class => class,
                };
                if class == Class::Auth {
                    self.module.refuse(&name);
                }
                let fault = Fault::Call { class, rv, doing };
                // Whoever has no room for a login is not asked again every few milliseconds.
                Err(if class == Class::Capacity { Error::from(fault).into() } else { fault })
            }
        }
    }

    /// `None` when the token asks on a path of its own.
    fn pin(&self, token: &TokenInfo) -> Result<Option<Arc<SecretBytes>>, Fault> {
        if let Some(path) = &self.uri.pin_source {
            return Ok(Some(Arc::new(pin::read(path)?)));
        }
        let mut kept = lock(&self.pin);
        if let (None, Some(ask)) = (&*kept, &self.settings.ask) {
            *kept = Some(Arc::new(ask(token)?));
        }
        if kept.is_some() || token.protected_path {
            return Ok(kept.clone());
        }
        Err(Error::new(Kind::Invalid, "the token wants a PIN; add pin-source=file:/… to the URI")
            .about(&token.label)
            .into())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let ready = lock(&self.ready).take();
        if let Some(ready) = ready {
            self.close(&ready);
        }
    }
}

/// A session that cannot be opened, which some devices refuse with a number that says something else.
pub(super) fn opening(rv: Rv) -> Fault {
    let doing = "opening a session";
    match rv.0 {
        cryptoki_sys::CKR_ARGUMENTS_BAD => Fault::Call { class: Class::Capacity, rv, doing },
        _ => Fault::while_(doing)(rv),
    }
}

/// Whatever the number says: the token is not there.
const fn lost(rv: Rv, doing: &'static str) -> Fault {
    Fault::Call { class: Class::DeviceLost, rv, doing }
}

fn denied(what: &'static str, token: &TokenInfo) -> Fault {
    Error::new(Kind::Denied, what).about(&token.label).into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
