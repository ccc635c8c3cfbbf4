//! PINs: set, tried, counted, locked (PKCS#11 2.40 §5.5, §5.6).
//!
//! An attempt is written to the file before the PIN is tried, so that neither a kill nor many processes at once give an
//! attempt for nothing; attempts at one token take turns, so that right ones at once do not add up to a lock. What a PIN
//! opened holds for the gate and the token that it opened, and for none that came meanwhile. Knows no sessions: whether the
//! caller may ask, it is told.

use cryptoki_sys::{
    CK_USER_TYPE, CKR_DEVICE_REMOVED, CKR_OPERATION_NOT_INITIALIZED, CKR_PIN_INCORRECT, CKR_PIN_INVALID,
    CKR_PIN_LEN_RANGE, CKR_PIN_LOCKED, CKR_TOKEN_NOT_RECOGNIZED, CKR_USER_ALREADY_LOGGED_IN,
    CKR_USER_ANOTHER_ALREADY_LOGGED_IN, CKR_USER_NOT_LOGGED_IN, CKR_USER_PIN_NOT_INITIALIZED,
    CKR_USER_TYPE_INVALID, CKU_CONTEXT_SPECIFIC, CKU_SO, CKU_USER,
};
use miyao::Secret;

use super::{ATTEMPTS, Login, Slot};
use crate::{
    rng,
    rv::{Result, Rv, check, fail},
    store::{
        Contents, Gate, Stamp,
        seal::{self, Role},
    },
};

/// The most bytes of a PIN.
const LONGEST: usize = 255;

/// What a right PIN opened.
struct Opened {
    role: Role,
    /// Of the token.
    serial: [u8; 16],
    gate: Gate,
    /// The token's key.
    key: Secret<32>,
}

impl Opened {
    /// The gate as it is now, if it is still this token's and still the one that the PIN opened.
    fn still<'a>(&self, contents: Option<&'a mut Contents>) -> Result<&'a mut Gate> {
        let contents = contents.filter(|contents| contents.serial == self.serial);
        let gate = gate_mut(contents.ok_or(Rv(CKR_TOKEN_NOT_RECOGNIZED))?, self.role);
        gate.filter(|gate| gate.is(&self.gate)).ok_or(Rv(CKR_PIN_INCORRECT))
    }
}

/// What a new PIN must be, and what it costs to try one.
#[derive(Clone, Copy)]
pub(crate) struct PinRules {
    pub(crate) min_length: usize,
    pub(crate) iterations: u32,
}

impl PinRules {
    pub(crate) const LONGEST: usize = LONGEST;

    fn check(self, pin: &[u8]) -> Result<()> {
        check((self.min_length..=LONGEST).contains(&pin.len()), CKR_PIN_LEN_RANGE)?;
        check(core::str::from_utf8(pin).is_ok(), CKR_PIN_INVALID)
    }
}

impl Slot {
    /// Makes the token empty and new; when there is one, by its officer's PIN only. The sessions must allow it, before the
    /// PIN is tried and when nobody can open another.
    pub(crate) fn init_token(
        &self,
        pin: &[u8],
        label: &[u8; 32],
        rules: PinRules,
        sessions_allow: impl Fn() -> Result<()>,
    ) -> Result<()> {
        sessions_allow()?;
        let known = if self.with_contents(|contents| contents.is_some())? {
            Some(self.try_pin(Role::Officer, pin)?)
        } else {
            rules.check(pin)?;
            None
        };
        self.init_over(known.as_ref(), pin, label, rules, sessions_allow)
    }

    /// Makes the token new, in the place of the one that the officer's PIN opened and of no other.
    fn init_over(
        &self,
        known: Option<&Opened>,
        pin: &[u8],
        label: &[u8; 32],
        rules: PinRules,
        sessions_allow: impl Fn() -> Result<()>,
    ) -> Result<()> {
        let mut rng = rng::fresh()?;
        let (serial, key) = (serial(&mut rng), Secret::random(&mut rng));
        let officer = seal::close(Role::Officer, pin, rules.iterations, &serial, &key)?;
        let (stamp, label) = (Stamp::default(), *label);
        let made = Contents { stamp, revision: 0, serial, label, officer, user: None, records: Vec::new() };
        let turn = self.place.turn()?;
        let mut state = self.lock()?;
        sessions_allow()?;
        turn.change(|contents| {
            match known {
                Some(known) => {
                    known.still(contents.as_mut())?;
                }
                None => check(contents.is_none(), CKR_PIN_INCORRECT)?,
            }
            *contents = Some(made);
            Ok(())
        })?;
        self.refresh(&mut state)
    }

    /// Logs in; the token's key is in memory from here to the logout. The sessions must allow it, before the PIN is tried
    /// and when nobody can open another or end one.
    pub(crate) fn login(
        &self,
        user: CK_USER_TYPE,
        pin: &[u8],
        sessions_allow: impl Fn() -> Result<()>,
    ) -> Result<()> {
        sessions_allow()?;
        let role = self.check_login(user)?;
        self.enter(self.try_pin(role, pin)?, sessions_allow)
    }

    /// Who it is that may log in now.
    pub(crate) fn check_login(&self, user: CK_USER_TYPE) -> Result<Role> {
        let role = match user {
            CKU_USER => Role::User,
            CKU_SO => Role::Officer,
            CKU_CONTEXT_SPECIFIC => return fail(CKR_OPERATION_NOT_INITIALIZED),
            _ => return fail(CKR_USER_TYPE_INVALID),
        };
        self.with_login(|login| may_log_in(login, role))??;
        Ok(role)
    }

    fn enter(&self, opened: Opened, sessions_allow: impl Fn() -> Result<()>) -> Result<()> {
        let Opened { role, serial, key, .. } = opened;
        let mut state = self.fresh()?;
        may_log_in(&state.login, role)?;
        sessions_allow()?;
        let same = state.contents.as_ref().is_some_and(|contents| contents.serial == serial);
        check(same, CKR_DEVICE_REMOVED)?;
        state.login = if role == Role::User { Login::User(key) } else { Login::Officer(key) };
        self.next_epoch();
        let contents = state.contents.take().ok_or(Rv(CKR_TOKEN_NOT_RECOGNIZED));
        let adopted = contents.and_then(|contents| state.adopt(contents));
        if adopted.is_err() {
            state.forget();
        }
        adopted
    }

    /// Logs out; private objects lose their handles, those of sessions are destroyed.
    pub(crate) fn logout(&self) -> Result<()> {
        let mut state = self.lock()?;
        check(!matches!(state.login, Login::Nobody), CKR_USER_NOT_LOGGED_IN)?;
        state.login = Login::Nobody;
        state.held.retain(|_, held| !held.object.is_private());
        self.next_epoch();
        Ok(())
    }

    /// Sets the user's PIN, by the officer.
    pub(crate) fn init_pin(&self, pin: &[u8], rules: PinRules) -> Result<()> {
        rules.check(pin)?;
        check(self.lock()?.is_officer(), CKR_USER_NOT_LOGGED_IN)?;
        // What takes long is done before the slot is locked, for which everybody waits.
        let stretched = seal::Stretched::new(pin, rules.iterations)?;
        let turn = self.place.turn()?;
        let (serial, gate) = {
            let state = self.fresh()?;
            let Login::Officer(key) = &state.login else { return fail(CKR_USER_NOT_LOGGED_IN) };
            let contents = state.contents.as_ref().ok_or(Rv(CKR_TOKEN_NOT_RECOGNIZED))?;
            (contents.serial, stretched.close(Role::User, &contents.serial, key)?)
        };
        turn.change(|contents| {
            let contents = contents.as_mut().filter(|contents| contents.serial == serial);
            contents.ok_or(Rv(CKR_TOKEN_NOT_RECOGNIZED))?.user = Some(gate);
            Ok(())
        })?;
        Ok(())
    }

    /// Changes the PIN of who is logged in, or of the user.
    pub(crate) fn set_pin(&self, old: &[u8], new: &[u8], rules: PinRules) -> Result<()> {
        rules.check(new)?;
        let role = if self.lock()?.is_officer() { Role::Officer } else { Role::User };
        self.set_gate(&self.try_pin(role, old)?, new, rules)
    }

    /// Puts a new PIN's gate in the place of the one that the old PIN opened.
    fn set_gate(&self, opened: &Opened, new: &[u8], rules: PinRules) -> Result<()> {
        let gate = seal::close(opened.role, new, rules.iterations, &opened.serial, &opened.key)?;
        self.place.change(|contents| {
            *opened.still(contents.as_mut())? = gate;
            Ok(())
        })
    }

    /// What the PIN opens, if it is right: counted first, then tried, then the count is cleared.
    fn try_pin(&self, role: Role, pin: &[u8]) -> Result<Opened> {
        self.place.attempt(|| self.try_in_turn(role, pin))
    }

    fn try_in_turn(&self, role: Role, pin: &[u8]) -> Result<Opened> {
        let (serial, gate) = self.place.change(|contents| {
            let contents = contents.as_mut().ok_or(Rv(CKR_TOKEN_NOT_RECOGNIZED))?;
            let serial = contents.serial;
            let gate = gate_mut(contents, role).ok_or(Rv(CKR_USER_PIN_NOT_INITIALIZED))?;
            check(gate.failures < ATTEMPTS, CKR_PIN_LOCKED)?;
            gate.failures += 1;
            Ok((serial, gate.clone()))
        })?;
        let key = seal::open(role, &gate, pin, &serial)?;
        let opened = Opened { role, serial, gate, key };
        self.place.change(|contents| {
            opened.still(contents.as_mut())?.failures = 0;
            Ok(())
        })?;
        Ok(opened)
    }
}

const fn gate_mut(contents: &mut Contents, role: Role) -> Option<&mut Gate> {
    match role {
        Role::Officer => Some(&mut contents.officer),
        Role::User => contents.user.as_mut(),
    }
}

fn may_log_in(login: &Login, role: Role) -> Result<()> {
    match (login, role) {
        (Login::Nobody, _) => Ok(()),
        (Login::User(_), Role::User) | (Login::Officer(_), Role::Officer) => fail(CKR_USER_ALREADY_LOGGED_IN),
        _ => fail(CKR_USER_ANOTHER_ALREADY_LOGGED_IN),
    }
}

/// Sixteen digits of sixteen: what `CK_TOKEN_INFO` has room for.
fn serial(rng: &mut miyao::algo::drbg::Drbg) -> [u8; 16] {
    rng::array::<16>(rng).map(|byte| b"0123456789abcdef"[usize::from(byte & 15)])
}

#[cfg(test)]
mod tests;
