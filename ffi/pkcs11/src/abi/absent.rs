//! What this token does not offer: no entry of the table is NULL, each of these says so by the standard's number.
//!
//! Recovery of data from signatures is no operation of SM2; two operations at once and saved states are left to callers. The
//! user of a token has no name, SM2 no encapsulation; no call is answered later than it returns, so none is asked after.
#![allow(unsafe_code, reason = "entries of a C interface")]

use cryptoki_sys::{
    CK_ASYNC_DATA, CK_ATTRIBUTE, CK_BYTE, CK_FLAGS, CK_MECHANISM, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE,
    CK_SLOT_ID, CK_ULONG, CK_USER_TYPE, CK_UTF8CHAR, CK_VOID_PTR, CKR_FUNCTION_NOT_PARALLEL,
    CKR_FUNCTION_NOT_SUPPORTED,
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
    login_user "C_LoginUser" Session (CK_SESSION_HANDLE, CK_USER_TYPE, *mut CK_UTF8CHAR, CK_ULONG, *mut CK_UTF8CHAR, CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    message_encrypt_init "C_MessageEncryptInit" Session (CK_SESSION_HANDLE, *mut CK_MECHANISM, CK_OBJECT_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    encrypt_message "C_EncryptMessage" Session (CK_SESSION_HANDLE, CK_VOID_PTR, CK_ULONG, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    encrypt_message_begin "C_EncryptMessageBegin" Session (CK_SESSION_HANDLE, CK_VOID_PTR, CK_ULONG, *mut CK_BYTE, CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    encrypt_message_next "C_EncryptMessageNext" Session (CK_SESSION_HANDLE, CK_VOID_PTR, CK_ULONG, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG, CK_FLAGS) CKR_FUNCTION_NOT_SUPPORTED;
    message_encrypt_final "C_MessageEncryptFinal" Session (CK_SESSION_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    message_decrypt_init "C_MessageDecryptInit" Session (CK_SESSION_HANDLE, *mut CK_MECHANISM, CK_OBJECT_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    decrypt_message "C_DecryptMessage" Session (CK_SESSION_HANDLE, CK_VOID_PTR, CK_ULONG, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    decrypt_message_begin "C_DecryptMessageBegin" Session (CK_SESSION_HANDLE, CK_VOID_PTR, CK_ULONG, *mut CK_BYTE, CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    decrypt_message_next "C_DecryptMessageNext" Session (CK_SESSION_HANDLE, CK_VOID_PTR, CK_ULONG, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG, CK_FLAGS) CKR_FUNCTION_NOT_SUPPORTED;
    message_decrypt_final "C_MessageDecryptFinal" Session (CK_SESSION_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    message_sign_init "C_MessageSignInit" Session (CK_SESSION_HANDLE, *mut CK_MECHANISM, CK_OBJECT_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    sign_message "C_SignMessage" Session (CK_SESSION_HANDLE, CK_VOID_PTR, CK_ULONG, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    sign_message_begin "C_SignMessageBegin" Session (CK_SESSION_HANDLE, CK_VOID_PTR, CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    sign_message_next "C_SignMessageNext" Session (CK_SESSION_HANDLE, CK_VOID_PTR, CK_ULONG, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    message_sign_final "C_MessageSignFinal" Session (CK_SESSION_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    message_verify_init "C_MessageVerifyInit" Session (CK_SESSION_HANDLE, *mut CK_MECHANISM, CK_OBJECT_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    verify_message "C_VerifyMessage" Session (CK_SESSION_HANDLE, CK_VOID_PTR, CK_ULONG, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    verify_message_begin "C_VerifyMessageBegin" Session (CK_SESSION_HANDLE, CK_VOID_PTR, CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    verify_message_next "C_VerifyMessageNext" Session (CK_SESSION_HANDLE, CK_VOID_PTR, CK_ULONG, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    message_verify_final "C_MessageVerifyFinal" Session (CK_SESSION_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    encapsulate_key "C_EncapsulateKey" Session (CK_SESSION_HANDLE, *mut CK_MECHANISM, CK_OBJECT_HANDLE, *mut CK_ATTRIBUTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG, *mut CK_OBJECT_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    decapsulate_key "C_DecapsulateKey" Session (CK_SESSION_HANDLE, *mut CK_MECHANISM, CK_OBJECT_HANDLE, *mut CK_ATTRIBUTE, CK_ULONG, *mut CK_BYTE, CK_ULONG, *mut CK_OBJECT_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    verify_signature_init "C_VerifySignatureInit" Session (CK_SESSION_HANDLE, *mut CK_MECHANISM, CK_OBJECT_HANDLE, *mut CK_BYTE, CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    verify_signature "C_VerifySignature" Session (CK_SESSION_HANDLE, *mut CK_BYTE, CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    verify_signature_update "C_VerifySignatureUpdate" Session (CK_SESSION_HANDLE, *mut CK_BYTE, CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    verify_signature_final "C_VerifySignatureFinal" Session (CK_SESSION_HANDLE) CKR_FUNCTION_NOT_SUPPORTED;
    async_complete "C_AsyncComplete" Session (CK_SESSION_HANDLE, *mut CK_UTF8CHAR, *mut CK_ASYNC_DATA) CKR_FUNCTION_NOT_SUPPORTED;
    async_get_id "C_AsyncGetID" Session (CK_SESSION_HANDLE, *mut CK_UTF8CHAR, *mut CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
    async_join "C_AsyncJoin" Session (CK_SESSION_HANDLE, *mut CK_UTF8CHAR, CK_ULONG, *mut CK_BYTE, CK_ULONG) CKR_FUNCTION_NOT_SUPPORTED;
}
