//! What comes between a PIN's trial and its effect: a change by another process, or as many trials at once.

use std::thread;

use cryptoki_sys::{
    CKR_DEVICE_REMOVED, CKR_PIN_INCORRECT, CKR_SESSION_HANDLE_INVALID, CKR_TOKEN_NOT_RECOGNIZED, CKU_USER,
};

use super::{ATTEMPTS, Login, PinRules, Role, Slot};
use crate::rv::{Result, Rv, fail};

const OFFICER: &[u8] = b"officer-pin";
const USER: &[u8] = b"user-pin";
const OTHER: &[u8] = b"another-pin";
const LABEL: &[u8; 32] = &[b'x'; 32];
const RULES: PinRules = PinRules { min_length: 6, iterations: 1024 };

/// Two processes' views of one token that has both PINs.
fn pair(directory: &tempfile::TempDir) -> Result<[Slot; 2]> {
    let slots = [(); 2].map(|()| Slot::new(directory.path().join("slot-0")));
    slots[0].init_token(OFFICER, LABEL, RULES, none)?;
    slots[0].login(cryptoki_sys::CKU_SO, OFFICER, || Ok(()))?;
    slots[0].init_pin(USER, RULES)?;
    slots[0].logout()?;
    Ok(slots)
}

/// No session is in the way.
const fn none() -> Result<()> {
    Ok(())
}

fn opens(slot: &Slot, role: Role, pin: &[u8]) -> Result<()> {
    slot.try_pin(role, pin).map(drop)
}

#[test]
fn a_token_is_made_anew_over_the_one_that_the_pin_opened_only() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let [ours, theirs] = pair(&directory)?;
    let opened = ours.try_pin(Role::Officer, OFFICER)?;
    theirs.init_token(OFFICER, LABEL, RULES, none)?;
    let outcome = ours.init_over(Some(&opened), OFFICER, LABEL, RULES, none);
    assert_eq!(outcome, Err(Rv(CKR_TOKEN_NOT_RECOGNIZED)), "it is another token");
    let opened = ours.try_pin(Role::Officer, OFFICER)?;
    theirs.set_gate(&theirs.try_pin(Role::Officer, OFFICER)?, OTHER, RULES)?;
    let outcome = ours.init_over(Some(&opened), OFFICER, LABEL, RULES, none);
    assert_eq!(outcome, Err(Rv(CKR_PIN_INCORRECT)), "the officer has another PIN");
    let outcome = ours.init_over(None, b"somebody", LABEL, RULES, none);
    assert_eq!(outcome, Err(Rv(CKR_PIN_INCORRECT)), "it is no longer empty");
    opens(&ours, Role::Officer, OTHER)?;
    ours.init_token(OTHER, LABEL, RULES, none)
}

#[test]
fn a_new_pin_does_not_undo_another() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let [ours, theirs] = pair(&directory)?;
    let opened = ours.try_pin(Role::User, USER)?;
    theirs.set_pin(USER, OTHER, RULES)?;
    assert_eq!(ours.set_gate(&opened, b"a-third-pin", RULES), Err(Rv(CKR_PIN_INCORRECT)));
    opens(&ours, Role::User, OTHER)?;
    assert_eq!(opens(&ours, Role::User, b"a-third-pin"), Err(Rv(CKR_PIN_INCORRECT)));
    let opened = ours.try_pin(Role::User, OTHER)?;
    theirs.init_token(OFFICER, LABEL, RULES, none)?;
    assert_eq!(ours.set_gate(&opened, USER, RULES), Err(Rv(CKR_TOKEN_NOT_RECOGNIZED)));
    Ok(())
}

#[test]
fn nobody_enters_a_token_with_the_key_of_the_one_before_or_without_a_session() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let [ours, theirs] = pair(&directory)?;
    let ended = || fail(CKR_SESSION_HANDLE_INVALID);
    let outcome = ours.enter(ours.try_pin(Role::User, USER)?, ended);
    assert_eq!(outcome, Err(Rv(CKR_SESSION_HANDLE_INVALID)));
    let opened = ours.try_pin(Role::User, USER)?;
    theirs.init_token(OFFICER, LABEL, RULES, none)?;
    assert_eq!(ours.enter(opened, || Ok(())), Err(Rv(CKR_DEVICE_REMOVED)));
    assert_eq!(ours.with_login(|login| matches!(login, Login::Nobody)), Ok(true));
    Ok(())
}

#[test]
fn right_pins_at_once_lock_nothing() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let [ours, theirs] = pair(&directory)?;
    // So slow that all of them begin before the first one ends.
    ours.set_pin(USER, USER, PinRules { iterations: 200_000, ..RULES })?;
    thread::scope(|scope| {
        let at_once = (0..2 * ATTEMPTS).map(|turn| if turn % 2 == 0 { &ours } else { &theirs });
        let trials: Vec<_> = at_once.map(|slot| scope.spawn(move || opens(slot, Role::User, USER))).collect();
        for trial in trials {
            assert_eq!(trial.join().ok(), Some(Ok(())));
        }
    });
    ours.login(CKU_USER, USER, || Ok(()))
}
