//! The login to a token: who is asked for the PIN, and what an answer to an attempt means.
//!
//! Knows no turn but that of whoever is asked. A PIN that was refused is not tried again by itself, and whatever else a login is
//! answered counts as its refusal the second time, unless it says that the PIN was never looked at.

use alloc::{boxed::Box, sync::Arc};
use std::time::Instant;

use cryptoki_sys::{
    CK_FLAGS, CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED, CKR_FUNCTION_CANCELED,
    CKR_USER_ALREADY_LOGGED_IN,
};

use super::{Link, Until, name_of};
use crate::{
    error::{Error, Kind, Result},
    provider::pkcs11::{
        Class, Generation, Settings, SlotId, TokenInfo,
        fault::{Fault, precedes_the_pin},
        module::Call,
        pin,
        raw::{Rv, SessionHandle},
    },
    secret::SecretBytes,
};

impl Link {
    /// The PIN may be tried again.
    pub(in crate::provider::pkcs11) fn allow_login(&self) {
        self.pin.store(None);
        self.module.allow_logins();
    }

    /// Asks for the PIN that [`Asks`](Fault::Asks) wants, for as long as that takes: never in a worker, which has a deadline. Until
    /// when the next attempt may take; where the PIN is typed at the token it is in that attempt that somebody is asked.
    ///
    /// # Errors
    /// [`Busy`](Kind::Busy) when another caller's question was not answered until the deadline; as whoever is asked.
    pub(in crate::provider::pkcs11) fn ask(
        &self,
        token: &TokenInfo,
        generation: Option<Generation>,
        deadline: Instant,
    ) -> Result<Until> {
        let within = |patience, asked| Until { deadline: Instant::now() + patience, asked };
        let Settings { deadline: ordinary, keypad, .. } = *self.settings;
        let Some(_turn) = self.asking.take(deadline) else {
            return Err(Error::new(
                Kind::Busy,
                "somebody is being asked for the token's PIN; try again when it was given",
            )
            .about(&token.label));
        };
        if self.ready.load().as_ref().is_some_and(|ready| Some(ready.generation) == generation) {
            // Somebody else was asked, and is in: an answer now would be kept for the next question.
            return Ok(within(ordinary, false));
        }
        if token.protected_path {
            return Ok(within(ordinary.max(keypad), true));
        }
        if let Some(ask) = self.settings.ask.as_ref().filter(|_| self.pin.load().is_none()) {
            self.pin.store(Some(Arc::new(ask(token)?)));
        }
        Ok(within(ordinary, true))
    }

    /// What is logged in with: none where somebody types it at the token, and whoever came has the time for that. A PIN that was
    /// refused in this process is not tried again by itself.
    pub(super) fn admission(
        &self,
        token: &TokenInfo,
        until: Until,
    ) -> Result<Option<Arc<SecretBytes>>, Fault> {
        if self.module.is_refused(&name_of(token)) {
            return Err(denied(
                "the PIN was refused before and is not tried again; check it, then start anew",
                token,
            ));
        }
        token.check_pin().map_err(Fault::Shut)?;
        if let Some(path) = &self.uri.pin_source {
            return pin::read(path).map(|pin| Some(Arc::new(pin))).map_err(Fault::Shut);
        }
        if token.protected_path && until.asked {
            return Ok(None);
        }
        if let Some(pin) = self.pin.load_full().filter(|_| !token.protected_path) {
            return Ok(Some(pin));
        }
        if token.protected_path || self.settings.ask.is_some() {
            return Err(Fault::Asks(Box::new(token.clone())));
        }
        Err(Fault::Shut(
            Error::new(Kind::Invalid, "the token wants a PIN; add pin-source=file:/… to the URI")
                .about(&token.label),
        ))
    }

    /// Logs in with one attempt.
    pub(super) fn login(
        &self,
        call: &Call,
        anchor: SessionHandle,
        (slot, token): (SlotId, &TokenInfo),
        pin: Option<&SecretBytes>,
    ) -> Result<(), Fault> {
        match call.login(anchor, pin.map(SecretBytes::expose)) {
            Ok(()) | Err(Rv(CKR_USER_ALREADY_LOGGED_IN)) => {
                self.module.trust(&name_of(token));
                Ok(())
            }
            Err(Rv(CKR_FUNCTION_CANCELED)) if pin.is_none() => {
                Err(denied("nobody typed the PIN at the token, or it was cancelled there; try again", token))
            }
            Err(rv) => Err(self.refused(call, slot, token, rv)),
        }
    }

    /// What a login that was answered so means for the PIN.
    fn refused(&self, call: &Call, slot: SlotId, token: &TokenInfo, rv: Rv) -> Fault {
        let fault = Fault::of_login(rv, "logging in");
        if precedes_the_pin(rv) {
            return fault;
        }
        let name = name_of(token);
        let is_said = fault.class() == Some(Class::Auth);
        // A line that died, or a device that just started, answers a first login with any number, and only a module that is
        // initialised anew gets in: with one attempt a service would stay shut out until somebody comes. So what may mean
        // anything is tried twice in all, or a few operations lock the token; and once where the token says that it counts.
        if !is_said && self.module.doubt(&name) && !counts_wrong_pins(call, slot) {
            // Whoever has no room for a login is not asked again every few milliseconds.
            return if fault.class() == Some(Class::Capacity) { Error::from(fault).into() } else { fault };
        }
        self.module.refuse(&name);
        self.pin.store(None);
        if is_said {
            return fault;
        }
        Fault::Shut(
            Error::new(
                Kind::Denied,
                "the login fails, perhaps for its PIN, which is not tried again until somebody says so: check it, and the \
                 token's log",
            )
            .about(&token.label)
            .caused_by(rv),
        )
    }
}

/// Whether the token says that it was given a wrong PIN since a login went well. Many never do.
fn counts_wrong_pins(call: &Call, slot: SlotId) -> bool {
    const COUNTED: CK_FLAGS = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED;
    call.token_info(slot.0).is_ok_and(|info| info.flags & COUNTED != 0)
}

fn denied(what: &'static str, token: &TokenInfo) -> Fault {
    Fault::Shut(Error::new(Kind::Denied, what).about(&token.label))
}
