//! The login to a token: who is asked for the PIN, and what an answer to an attempt means.
//!
//! Knows no turn but that of whoever is asked. A PIN is sent once: whatever a login that fails is answered counts as its refusal,
//! unless that says that the PIN was never looked at, and what was refused is not tried again by itself.

use alloc::{boxed::Box, sync::Arc};
use std::time::Instant;

use cryptoki_sys::{CKR_FUNCTION_CANCELED, CKR_USER_ALREADY_LOGGED_IN};

use super::{Link, Until, name_of};
use crate::{
    error::{Error, Kind, Result},
    provider::pkcs11::{
        Generation, Settings, TokenInfo,
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
        token: &TokenInfo,
        pin: Option<&SecretBytes>,
    ) -> Result<(), Fault> {
        match call.login(anchor, pin.map(SecretBytes::expose)) {
            Ok(()) | Err(Rv(CKR_USER_ALREADY_LOGGED_IN)) => Ok(()),
            Err(Rv(CKR_FUNCTION_CANCELED)) if pin.is_none() => {
                Err(denied("nobody typed the PIN at the token, or it was cancelled there; try again", token))
            }
            Err(rv) => Err(self.refused(token, rv)),
        }
    }

    /// What a login that was answered so means for the PIN. A line that dies at this very call shuts a service out too, until
    /// somebody starts it anew or allows the login: nobody can tell that from a token which counts a wrong PIN and says so badly.
    fn refused(&self, token: &TokenInfo, rv: Rv) -> Fault {
        if !precedes_the_pin(rv) {
            self.module.refuse(&name_of(token));
            self.pin.store(None);
        }
        Fault::of_login(rv, &token.label)
    }
}

fn denied(what: &'static str, token: &TokenInfo) -> Fault {
    Fault::Shut(Error::new(Kind::Denied, what).about(&token.label))
}
