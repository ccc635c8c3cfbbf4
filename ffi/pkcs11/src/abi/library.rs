//! The entries for the library and its slots.
//!
//! Knows no work; see [`crate::calls`].
#![allow(unsafe_code, reason = "entries of a C interface")]

use cryptoki_sys::{
    CK_BBOOL, CK_C_INITIALIZE_ARGS, CK_INFO, CK_MECHANISM_INFO, CK_MECHANISM_TYPE, CK_RV, CK_SLOT_ID,
    CK_SLOT_INFO, CK_TOKEN_INFO, CK_ULONG, CK_VOID_PTR, CKF_OS_LOCKING_OK, CKR_ARGUMENTS_BAD, CKR_CANT_LOCK,
};

use super::{
    bare, guard,
    pointers::{Output, Place, value},
};
use crate::{
    module::{About, Module},
    rv::{Result, check},
};

/// `C_Initialize`
///
/// # Safety
/// `arguments` is NULL or points to a `CK_C_INITIALIZE_ARGS`.
pub(super) unsafe extern "C" fn initialize(arguments: CK_VOID_PTR) -> CK_RV {
    bare(|| {
        if !arguments.is_null() {
            // SAFETY: not NULL, so it is such a structure, as the caller promises.
            check_arguments(&unsafe { value(arguments.cast::<CK_C_INITIALIZE_ARGS>()) }?)?;
        }
        Module::initialize()
    })
}

/// Locks are the system's: who wants only his own to be used cannot be served (§5.4).
fn check_arguments(arguments: &CK_C_INITIALIZE_ARGS) -> Result<()> {
    let given = [
        arguments.CreateMutex.is_some(),
        arguments.DestroyMutex.is_some(),
        arguments.LockMutex.is_some(),
        arguments.UnlockMutex.is_some(),
    ];
    let (all, any) = (!given.contains(&false), given.contains(&true));
    check(arguments.pReserved.is_null() && all == any, CKR_ARGUMENTS_BAD)?;
    check(!all || arguments.flags & CKF_OS_LOCKING_OK != 0, CKR_CANT_LOCK)
}

/// `C_Finalize`
pub(super) unsafe extern "C" fn finalize(reserved: CK_VOID_PTR) -> CK_RV {
    guard("C_Finalize", About::Library, |_| {
        check(reserved.is_null(), CKR_ARGUMENTS_BAD)?;
        Module::finalize()
    })
}

/// `C_GetInfo`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn info(info: *mut CK_INFO) -> CK_RV {
    guard("C_GetInfo", About::Library, |_| {
        // SAFETY: the caller promises room for it.
        let info = unsafe { Place::new(info) }?;
        info.put(Module::info());
        Ok(())
    })
}

/// `C_GetSlotList`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn slots(
    _present: CK_BBOOL,
    out: *mut CK_SLOT_ID,
    count: *mut CK_ULONG,
) -> CK_RV {
    guard("C_GetSlotList", About::Library, |module| {
        // SAFETY: the caller promises a number at `count`, and room for so many at `out`.
        let out = unsafe { Output::new(out, count) }?;
        out.list(&module.slots())
    })
}

/// `C_GetSlotInfo`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn slot_info(slot: CK_SLOT_ID, info: *mut CK_SLOT_INFO) -> CK_RV {
    guard("C_GetSlotInfo", About::Slot, |module| {
        // SAFETY: the caller promises room for it.
        let info = unsafe { Place::new(info) }?;
        info.put(module.slot_info(slot)?);
        Ok(())
    })
}

/// `C_GetTokenInfo`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn token_info(slot: CK_SLOT_ID, info: *mut CK_TOKEN_INFO) -> CK_RV {
    guard("C_GetTokenInfo", About::Slot, |module| {
        // SAFETY: the caller promises room for it.
        let info = unsafe { Place::new(info) }?;
        info.put(module.token_info(slot)?);
        Ok(())
    })
}

/// `C_GetMechanismList`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn mechanisms(
    slot: CK_SLOT_ID,
    out: *mut CK_MECHANISM_TYPE,
    count: *mut CK_ULONG,
) -> CK_RV {
    guard("C_GetMechanismList", About::Slot, |module| {
        // SAFETY: the caller promises a number at `count`, and room for so many at `out`.
        let out = unsafe { Output::new(out, count) }?;
        out.list(&module.mechanisms(slot)?)
    })
}

/// `C_GetMechanismInfo`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn mechanism_info(
    slot: CK_SLOT_ID,
    mechanism: CK_MECHANISM_TYPE,
    info: *mut CK_MECHANISM_INFO,
) -> CK_RV {
    guard("C_GetMechanismInfo", About::Slot, |module| {
        // SAFETY: the caller promises room for it.
        let info = unsafe { Place::new(info) }?;
        info.put(module.mechanism_info(slot, mechanism)?);
        Ok(())
    })
}
