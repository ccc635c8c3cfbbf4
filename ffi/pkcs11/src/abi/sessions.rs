//! The entries for tokens, PINs and sessions.
//!
//! Knows no work; see [`crate::calls`].
#![allow(unsafe_code, reason = "entries of a C interface")]

use cryptoki_sys::{
    CK_BYTE, CK_FLAGS, CK_NOTIFY, CK_RV, CK_SESSION_HANDLE, CK_SESSION_INFO,
    CK_SESSION_VALIDATION_FLAGS_TYPE, CK_SLOT_ID, CK_ULONG, CK_USER_TYPE, CK_VOID_PTR, CKR_ARGUMENTS_BAD,
};

use super::{
    guard,
    pointers::{Place, bytes, value},
};
use crate::{
    module::About,
    rv::{Result, check},
};

/// `C_InitToken`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn init_token(
    slot: CK_SLOT_ID,
    pin: *mut CK_BYTE,
    pin_len: CK_ULONG,
    label: *mut CK_BYTE,
) -> CK_RV {
    guard("C_InitToken", About::Slot, |module| {
        // SAFETY: the caller promises `pin_len` readable bytes at `pin`.
        let pin = unsafe { given(pin, pin_len) }?;
        // SAFETY: the caller promises 32 bytes.
        let label = unsafe { value(label.cast::<[u8; 32]>()) }?;
        module.init_token(slot, pin, &label)
    })
}

/// `C_InitPIN`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn init_pin(
    session: CK_SESSION_HANDLE,
    pin: *mut CK_BYTE,
    pin_len: CK_ULONG,
) -> CK_RV {
    guard("C_InitPIN", About::Session, |module| {
        // SAFETY: the caller promises `pin_len` readable bytes at `pin`.
        let pin = unsafe { given(pin, pin_len) }?;
        module.init_pin(session, pin)
    })
}

/// `C_SetPIN`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn set_pin(
    session: CK_SESSION_HANDLE,
    old: *mut CK_BYTE,
    old_len: CK_ULONG,
    new: *mut CK_BYTE,
    new_len: CK_ULONG,
) -> CK_RV {
    guard("C_SetPIN", About::Session, |module| {
        // SAFETY: the caller promises `old_len` readable bytes at `old`.
        let old = unsafe { given(old, old_len) }?;
        // SAFETY: the caller promises `new_len` readable bytes at `new`.
        let new = unsafe { given(new, new_len) }?;
        module.set_pin(session, old, new)
    })
}

/// `C_OpenSession`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn open(
    slot: CK_SLOT_ID,
    flags: CK_FLAGS,
    _application: CK_VOID_PTR,
    _notify: CK_NOTIFY,
    session: *mut CK_SESSION_HANDLE,
) -> CK_RV {
    guard("C_OpenSession", About::Slot, |module| {
        // SAFETY: the caller promises room for a handle.
        let session = unsafe { Place::new(session) }?;
        session.put(module.open(slot, flags)?);
        Ok(())
    })
}

/// `C_CloseSession`
pub(super) unsafe extern "C" fn close(session: CK_SESSION_HANDLE) -> CK_RV {
    guard("C_CloseSession", About::Session, |module| module.close(session))
}

/// `C_CloseAllSessions`
pub(super) unsafe extern "C" fn close_all(slot: CK_SLOT_ID) -> CK_RV {
    guard("C_CloseAllSessions", About::Slot, |module| module.close_all(slot))
}

/// `C_GetSessionInfo`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn info(session: CK_SESSION_HANDLE, info: *mut CK_SESSION_INFO) -> CK_RV {
    guard("C_GetSessionInfo", About::Session, |module| {
        // SAFETY: the caller promises room for it.
        let info = unsafe { Place::new(info) }?;
        info.put(module.session_info(session)?);
        Ok(())
    })
}

/// `C_SessionCancel`
pub(super) unsafe extern "C" fn cancel(session: CK_SESSION_HANDLE, flags: CK_FLAGS) -> CK_RV {
    guard("C_SessionCancel", About::Session, |module| module.cancel(session, flags))
}

/// `C_GetSessionValidationFlags`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn validation_flags(
    session: CK_SESSION_HANDLE,
    kind: CK_SESSION_VALIDATION_FLAGS_TYPE,
    flags: *mut CK_FLAGS,
) -> CK_RV {
    guard("C_GetSessionValidationFlags", About::Session, |module| {
        // SAFETY: the caller promises room for flags.
        let flags = unsafe { Place::new(flags) }?;
        flags.put(module.validation_flags(session, kind)?);
        Ok(())
    })
}

/// `C_Login`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn login(
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: *mut CK_BYTE,
    pin_len: CK_ULONG,
) -> CK_RV {
    guard("C_Login", About::Session, |module| {
        if pin.is_null() {
            return module.login_by_keypad(session, user);
        }
        // SAFETY: the caller promises `pin_len` readable bytes at `pin`.
        let pin = unsafe { given(pin, pin_len) }?;
        module.login(session, user, pin)
    })
}

/// `C_Logout`
pub(super) unsafe extern "C" fn logout(session: CK_SESSION_HANDLE) -> CK_RV {
    guard("C_Logout", About::Session, |module| module.logout(session))
}

/// A PIN that must be there.
///
/// # Safety
/// As for [`bytes`].
unsafe fn given<'a>(pin: *const CK_BYTE, len: CK_ULONG) -> Result<&'a [u8]> {
    check(!pin.is_null(), CKR_ARGUMENTS_BAD)?;
    // SAFETY: as the caller of this function keeps.
    unsafe { bytes(pin, len) }
}
