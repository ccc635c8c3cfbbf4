//! The entries for signatures and MACs.
//!
//! Knows no work; see [`crate::calls`].
#![allow(unsafe_code, reason = "entries of a C interface")]

use cryptoki_sys::{
    CK_BYTE, CK_MECHANISM, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_ULONG, CKF_SIGN, CKF_VERIFY,
};

use super::{
    guard,
    mechanism::mechanism,
    pointers::{Output, bytes},
};
use crate::{code_points::Purpose, module::About};

/// `C_SignInit`; no mechanism ends what is in progress (PKCS #11 3.0).
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn sign_init(
    session: CK_SESSION_HANDLE,
    given: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    guard("C_SignInit", About::Session, |module| {
        if given.is_null() {
            return module.cancel(session, CKF_SIGN);
        }
        // SAFETY: the caller promises a whole mechanism.
        let mechanism = unsafe { mechanism(module, Purpose::Sign, given) }?;
        module.sign_init(session, &mechanism, key)
    })
}

/// `C_Sign`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn sign(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    data_len: CK_ULONG,
    out: *mut CK_BYTE,
    len: *mut CK_ULONG,
) -> CK_RV {
    guard("C_Sign", About::Session, |module| {
        // SAFETY: the caller promises `data_len` readable bytes at `data`.
        let data = unsafe { bytes(data, data_len) }?;
        // SAFETY: the caller promises a number at `len`, and so many bytes of room at `out`.
        let out = unsafe { Output::new(out, len) }?;
        out.give(&module.sign_whole(session, data, out.room())?)
    })
}

/// `C_SignUpdate`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn sign_update(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    part_len: CK_ULONG,
) -> CK_RV {
    guard("C_SignUpdate", About::Session, |module| {
        // SAFETY: the caller promises `part_len` readable bytes at `part`.
        let part = unsafe { bytes(part, part_len) }?;
        module.sign_update(session, part)
    })
}

/// `C_SignFinal`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn sign_final(
    session: CK_SESSION_HANDLE,
    out: *mut CK_BYTE,
    len: *mut CK_ULONG,
) -> CK_RV {
    guard("C_SignFinal", About::Session, |module| {
        // SAFETY: the caller promises a number at `len`, and so many bytes of room at `out`.
        let out = unsafe { Output::new(out, len) }?;
        out.give(&module.sign_final(session, out.room())?)
    })
}

/// `C_VerifyInit`; no mechanism ends what is in progress (PKCS #11 3.0).
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn verify_init(
    session: CK_SESSION_HANDLE,
    given: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    guard("C_VerifyInit", About::Session, |module| {
        if given.is_null() {
            return module.cancel(session, CKF_VERIFY);
        }
        // SAFETY: the caller promises a whole mechanism.
        let mechanism = unsafe { mechanism(module, Purpose::Sign, given) }?;
        module.verify_init(session, &mechanism, key)
    })
}

/// `C_Verify`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn verify(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    data_len: CK_ULONG,
    signature: *mut CK_BYTE,
    signature_len: CK_ULONG,
) -> CK_RV {
    guard("C_Verify", About::Session, |module| {
        // SAFETY: the caller promises `data_len` readable bytes at `data`.
        let data = unsafe { bytes(data, data_len) }?;
        // SAFETY: the caller promises `signature_len` readable bytes at `signature`.
        let signature = unsafe { bytes(signature, signature_len) }?;
        module.verify_whole(session, data, signature)
    })
}

/// `C_VerifyUpdate`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn verify_update(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    part_len: CK_ULONG,
) -> CK_RV {
    guard("C_VerifyUpdate", About::Session, |module| {
        // SAFETY: the caller promises `part_len` readable bytes at `part`.
        let part = unsafe { bytes(part, part_len) }?;
        module.verify_update(session, part)
    })
}

/// `C_VerifyFinal`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn verify_final(
    session: CK_SESSION_HANDLE,
    signature: *mut CK_BYTE,
    signature_len: CK_ULONG,
) -> CK_RV {
    guard("C_VerifyFinal", About::Session, |module| {
        // SAFETY: the caller promises `signature_len` readable bytes at `signature`.
        let signature = unsafe { bytes(signature, signature_len) }?;
        module.verify_final(session, signature)
    })
}
