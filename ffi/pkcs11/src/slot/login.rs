//! PINs: set, tried, counted, locked (PKCS#11 2.40 §5.5, §5.6).
//!
//! An attempt is written to the file before the PIN is tried, so that neither a kill nor many processes at once give an
//! attempt for nothing. Knows no sessions: whether the caller may ask was decided before.

use cryptoki_sys::{
    CK_USER_TYPE, CKR_OPERATION_NOT_INITIALIZED, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_LOCKED,
    CKR_TOKEN_NOT_RECOGNIZED, CKR_USER_ALREADY_LOGGED_IN, CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
    CKR_USER_NOT_LOGGED_IN, CKR_USER_PIN_NOT_INITIALIZED, CKR_USER_TYPE_INVALID, CKU_CONTEXT_SPECIFIC,
    CKU_SO, CKU_USER,
};
use miyao::Secret;

use super::{ATTEMPTS, Login, Slot};
use crate::{
    rng,
    rv::{Result, Rv, check, fail},
    store::{
        Contents, Gate,
        seal::{self, Role},
    },
};

/// The most bytes of a PIN.
const LONGEST: usize = 255;

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
    /// Makes the token empty and new; when there is one, by its officer's PIN only.
    pub(crate) fn init_token(&self, pin: &[u8], label: &[u8; 32], rules: PinRules) -> Result<()> {
        if self.contents()?.is_some() {
            self.try_pin(Role::Officer, pin)?;
        } else {
            rules.check(pin)?;
        }
        let mut rng = rng::fresh()?;
        let (serial, key) = (serial(&mut rng), Secret::random(&mut rng));
        let officer = seal::close(Role::Officer, pin, rules.iterations, &serial, &key)?;
        let made = Contents { revision: 0, serial, label: *label, officer, user: None, records: Vec::new() };
        self.place.change(|contents| {
            *contents = Some(made);
            Ok(())
        })?;
        self.fresh().map(drop)
    }

    /// Logs in; the token's key is in memory from here to the logout.
    pub(crate) fn login(&self, user: CK_USER_TYPE, pin: &[u8]) -> Result<()> {
        let role = match user {
            CKU_USER => Role::User,
            CKU_SO => Role::Officer,
            CKU_CONTEXT_SPECIFIC => return fail(CKR_OPERATION_NOT_INITIALIZED),
            _ => return fail(CKR_USER_TYPE_INVALID),
        };
        self.with_login(|login| may_log_in(login, role))??;
        let key = self.try_pin(role, pin)?;
        let mut state = self.fresh()?;
        may_log_in(&state.login, role)?;
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
        let state = self.fresh()?;
        let Login::Officer(key) = &state.login else { return fail(CKR_USER_NOT_LOGGED_IN) };
        let contents = state.contents.as_ref().ok_or(Rv(CKR_TOKEN_NOT_RECOGNIZED))?;
        let (serial, gate) =
            (contents.serial, seal::close(Role::User, pin, rules.iterations, &contents.serial, key)?);
        self.set_gate(Role::User, serial, gate)
    }

    /// Changes the PIN of who is logged in, or of the user.
    pub(crate) fn set_pin(&self, old: &[u8], new: &[u8], rules: PinRules) -> Result<()> {
        rules.check(new)?;
        let role = if self.lock()?.is_officer() { Role::Officer } else { Role::User };
        let key = self.try_pin(role, old)?;
        let serial = self.contents()?.ok_or(Rv(CKR_TOKEN_NOT_RECOGNIZED))?.serial;
        let gate = seal::close(role, new, rules.iterations, &serial, &key)?;
        self.set_gate(role, serial, gate)
    }

    fn set_gate(&self, role: Role, serial: [u8; 16], gate: Gate) -> Result<()> {
        self.place.change(|contents| {
            let contents = contents.as_mut().filter(|contents| contents.serial == serial);
            let contents = contents.ok_or(Rv(CKR_TOKEN_NOT_RECOGNIZED))?;
            match role {
                Role::Officer => contents.officer = gate,
                Role::User => contents.user = Some(gate),
            }
            Ok(())
        })
    }

    /// The token's key, if the PIN is right: counted first, then tried, then the count is cleared.
    fn try_pin(&self, role: Role, pin: &[u8]) -> Result<Secret<32>> {
        let (serial, gate) = self.place.change(|contents| {
            let contents = contents.as_mut().ok_or(Rv(CKR_TOKEN_NOT_RECOGNIZED))?;
            let serial = contents.serial;
            let gate = gate_mut(contents, role).ok_or(Rv(CKR_USER_PIN_NOT_INITIALIZED))?;
            check(gate.failures < ATTEMPTS, CKR_PIN_LOCKED)?;
            gate.failures += 1;
            Ok((serial, gate.clone()))
        })?;
        let key = seal::open(role, &gate, pin, &serial)?;
        self.place.change(|contents| {
            let contents = contents.as_mut().filter(|contents| contents.serial == serial);
            let now = contents.and_then(|contents| gate_mut(contents, role));
            now.ok_or(Rv(CKR_TOKEN_NOT_RECOGNIZED))?.failures = 0;
            Ok(())
        })?;
        Ok(key)
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
