//! What this token does not offer: no entry of the table is NULL, each of these says so by the standard's number.
//!
//! Recovery of data from signatures is no operation of SM2; two operations at once and saved states are left to callers.
#![allow(unsafe_code, reason = "entries of a C interface")]

use cryptoki_sys::{
    CK_BYTE, CK_FLAGS, CK_MECHANISM, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_SLOT_ID, CK_ULONG,
    CK_VOID_PTR, CKR_FUNCTION_NOT_PARALLEL, CKR_FUNCTION_NOT_SUPPORTED,
};

use super::guard;
use crate::{module::About, rv::fail};

macro_rules! absent {
    ($($name:ident $function:literal $about:ident ($($kind:ty),*) $answer:ident;)*) => {$(
        #[doc = concat!("`", $function, "`")]
        pub(super) unsafe extern "C" fn $name($(_: $kind),*) -> CK_RV {
            guard($function, About::$about, |_| fail($answer))
        }
    )*};
}

absent! {
    wait_for_slot_event "C_WaitForSlotEvent" Library (CK_FLAGS, *mut CK_SLOT_ID, CK_VOID_PTR) CKR_FUNCTION_NOT_SUPPORTED;
    get_operation_state "C_GetOperationState" Session (CK_SESSION_HANDLE, *mut CK_BYTE, *mut CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    set_operation_state "C_SetOperationState" Session (CK_SESSION_HANDLE, *mut CK_BYTE, CK_ULONG, CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    sign_recover_init "C_SignRecoverInit" Session (CK_SESSION_HANDLE, *mut CK_MECHANISM, CK_OBJECT_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    sign_recover "C_SignRecover" Session (CK_SESSION_HANDLE, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    verify_recover_init "C_VerifyRecoverInit" Session (CK_SESSION_HANDLE, *mut CK_MECHANISM, CK_OBJECT_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    verify_recover "C_VerifyRecover" Session (CK_SESSION_HANDLE, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    digest_encrypt_update "C_DigestEncryptUpdate" Session (CK_SESSION_HANDLE, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    decrypt_digest_update "C_DecryptDigestUpdate" Session (CK_SESSION_HANDLE, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    sign_encrypt_update "C_SignEncryptUpdate" Session (CK_SESSION_HANDLE, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    decrypt_verify_update "C_DecryptVerifyUpdate" Session (CK_SESSION_HANDLE, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    get_function_status "C_GetFunctionStatus" Session (CK_SESSION_HANDLE) CKR_FUNCTION_NOT_PARALLEL;
    cancel_function "C_CancelFunction" Session (CK_SESSION_HANDLE) CKR_FUNCTION_NOT_PARALLEL;
}
