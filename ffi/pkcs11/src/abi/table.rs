//! The tables of PKCS#11 2.40, 3.0 and 3.2: 68, 92 and 104 entries, none of them NULL.
//!
//! Each entry stands here once: a later table begins as the one before it, under another version.

use cryptoki_sys::{CK_FUNCTION_LIST, CK_FUNCTION_LIST_3_0, CK_FUNCTION_LIST_3_2, CK_VERSION};

use super::{absent, ciphers, interfaces, keys, library, objects, sessions, signatures};

/// A table that begins with the entries of 2.40.
macro_rules! since_2_40 {
    ($list:ident, $major:literal, $minor:literal, $($more:tt)*) => {
        $list {
            version: CK_VERSION { major: $major, minor: $minor },
            C_Initialize: Some(library::initialize),
            C_Finalize: Some(library::finalize),
            C_GetInfo: Some(library::info),
            C_GetFunctionList: Some(interfaces::C_GetFunctionList),
            C_GetSlotList: Some(library::slots),
            C_GetSlotInfo: Some(library::slot_info),
            C_GetTokenInfo: Some(library::token_info),
            C_GetMechanismList: Some(library::mechanisms),
            C_GetMechanismInfo: Some(library::mechanism_info),
            C_InitToken: Some(sessions::init_token),
            C_InitPIN: Some(sessions::init_pin),
            C_SetPIN: Some(sessions::set_pin),
            C_OpenSession: Some(sessions::open),
            C_CloseSession: Some(sessions::close),
            C_CloseAllSessions: Some(sessions::close_all),
            C_GetSessionInfo: Some(sessions::info),
            C_GetOperationState: Some(absent::get_operation_state),
            C_SetOperationState: Some(absent::set_operation_state),
            C_Login: Some(sessions::login),
            C_Logout: Some(sessions::logout),
            C_CreateObject: Some(objects::create),
            C_CopyObject: Some(objects::copy),
            C_DestroyObject: Some(objects::destroy),
            C_GetObjectSize: Some(objects::size),
            C_GetAttributeValue: Some(objects::read_attributes),
            C_SetAttributeValue: Some(objects::set_attributes),
            C_FindObjectsInit: Some(objects::find_init),
            C_FindObjects: Some(objects::find),
            C_FindObjectsFinal: Some(objects::find_final),
            C_EncryptInit: Some(ciphers::encrypt_init),
            C_Encrypt: Some(ciphers::encrypt),
            C_EncryptUpdate: Some(ciphers::encrypt_update),
            C_EncryptFinal: Some(ciphers::encrypt_final),
            C_DecryptInit: Some(ciphers::decrypt_init),
            C_Decrypt: Some(ciphers::decrypt),
            C_DecryptUpdate: Some(ciphers::decrypt_update),
            C_DecryptFinal: Some(ciphers::decrypt_final),
            C_DigestInit: Some(ciphers::digest_init),
            C_Digest: Some(ciphers::digest),
            C_DigestUpdate: Some(ciphers::digest_update),
            C_DigestKey: Some(ciphers::digest_key),
            C_DigestFinal: Some(ciphers::digest_final),
            C_SignInit: Some(signatures::sign_init),
            C_Sign: Some(signatures::sign),
            C_SignUpdate: Some(signatures::sign_update),
            C_SignFinal: Some(signatures::sign_final),
            C_SignRecoverInit: Some(absent::sign_recover_init),
            C_SignRecover: Some(absent::sign_recover),
            C_VerifyInit: Some(signatures::verify_init),
            C_Verify: Some(signatures::verify),
            C_VerifyUpdate: Some(signatures::verify_update),
            C_VerifyFinal: Some(signatures::verify_final),
            C_VerifyRecoverInit: Some(absent::verify_recover_init),
            C_VerifyRecover: Some(absent::verify_recover),
            C_DigestEncryptUpdate: Some(absent::digest_encrypt_update),
            C_DecryptDigestUpdate: Some(absent::decrypt_digest_update),
            C_SignEncryptUpdate: Some(absent::sign_encrypt_update),
            C_DecryptVerifyUpdate: Some(absent::decrypt_verify_update),
            C_GenerateKey: Some(keys::generate_key),
            C_GenerateKeyPair: Some(keys::generate_pair),
            C_WrapKey: Some(keys::wrap_key),
            C_UnwrapKey: Some(keys::unwrap_key),
            C_DeriveKey: Some(keys::derive_key),
            C_SeedRandom: Some(keys::seed_random),
            C_GenerateRandom: Some(keys::generate_random),
            C_GetFunctionStatus: Some(absent::get_function_status),
            C_CancelFunction: Some(absent::cancel_function),
            C_WaitForSlotEvent: Some(absent::wait_for_slot_event),
            $($more)*
        }
    };
}

/// A table that goes on with those of 3.0.
macro_rules! since_3_0 {
    ($list:ident, $major:literal, $minor:literal, $($more:tt)*) => {
        since_2_40! { $list, $major, $minor,
            C_GetInterfaceList: Some(interfaces::C_GetInterfaceList),
            C_GetInterface: Some(interfaces::C_GetInterface),
            C_LoginUser: Some(absent::login_user),
            C_SessionCancel: Some(sessions::cancel),
            C_MessageEncryptInit: Some(absent::message_encrypt_init),
            C_EncryptMessage: Some(absent::encrypt_message),
            C_EncryptMessageBegin: Some(absent::encrypt_message_begin),
            C_EncryptMessageNext: Some(absent::encrypt_message_next),
            C_MessageEncryptFinal: Some(absent::message_encrypt_final),
            C_MessageDecryptInit: Some(absent::message_decrypt_init),
            C_DecryptMessage: Some(absent::decrypt_message),
            C_DecryptMessageBegin: Some(absent::decrypt_message_begin),
            C_DecryptMessageNext: Some(absent::decrypt_message_next),
            C_MessageDecryptFinal: Some(absent::message_decrypt_final),
            C_MessageSignInit: Some(absent::message_sign_init),
            C_SignMessage: Some(absent::sign_message),
            C_SignMessageBegin: Some(absent::sign_message_begin),
            C_SignMessageNext: Some(absent::sign_message_next),
            C_MessageSignFinal: Some(absent::message_sign_final),
            C_MessageVerifyInit: Some(absent::message_verify_init),
            C_VerifyMessage: Some(absent::verify_message),
            C_VerifyMessageBegin: Some(absent::verify_message_begin),
            C_VerifyMessageNext: Some(absent::verify_message_next),
            C_MessageVerifyFinal: Some(absent::message_verify_final),
            $($more)*
        }
    };
}

pub(super) static V2_40: CK_FUNCTION_LIST = since_2_40! { CK_FUNCTION_LIST, 2, 40, };

pub(super) static V3_0: CK_FUNCTION_LIST_3_0 = since_3_0! { CK_FUNCTION_LIST_3_0, 3, 0, };

pub(super) static V3_2: CK_FUNCTION_LIST_3_2 = since_3_0! { CK_FUNCTION_LIST_3_2, 3, 2,
    C_EncapsulateKey: Some(absent::encapsulate_key),
    C_DecapsulateKey: Some(absent::decapsulate_key),
    C_VerifySignatureInit: Some(absent::verify_signature_init),
    C_VerifySignature: Some(absent::verify_signature),
    C_VerifySignatureUpdate: Some(absent::verify_signature_update),
    C_VerifySignatureFinal: Some(absent::verify_signature_final),
    C_GetSessionValidationFlags: Some(sessions::validation_flags),
    C_AsyncComplete: Some(absent::async_complete),
    C_AsyncGetID: Some(absent::async_get_id),
    C_AsyncJoin: Some(absent::async_join),
    C_WrapKeyAuthenticated: Some(keys::wrap_key_authenticated),
    C_UnwrapKeyAuthenticated: Some(keys::unwrap_key_authenticated),
};
