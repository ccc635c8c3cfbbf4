//! The entries for encryption, decryption and digests.
//!
//! Knows no work; see [`crate::calls`].
#![allow(unsafe_code, reason = "entries of a C interface")]

use cryptoki_sys::{
    CK_BYTE, CK_MECHANISM, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_ULONG, CKF_DECRYPT, CKF_DIGEST,
    CKF_ENCRYPT,
};

use super::{
    guard,
    mechanism::mechanism,
    pointers::{Output, bytes},
};
use crate::{calls::Direction, code_points::Purpose, module::About};

/// `C_EncryptInit`; no mechanism ends what is in progress (PKCS #11 3.0).
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn encrypt_init(
    session: CK_SESSION_HANDLE,
    given: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    guard("C_EncryptInit", About::Session, |module| {
        if given.is_null() {
            return module.cancel(session, CKF_ENCRYPT);
        }
        // SAFETY: the caller promises a whole mechanism.
        let mechanism = unsafe { mechanism(module, Purpose::Encrypt, given) }?;
        module.cipher_init(Direction::Encrypt, session, mechanism, key)
    })
}

/// `C_Encrypt`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn encrypt(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    data_len: CK_ULONG,
    out: *mut CK_BYTE,
    len: *mut CK_ULONG,
) -> CK_RV {
    guard("C_Encrypt", About::Session, |module| {
        // SAFETY: the caller promises `data_len` readable bytes at `data`.
        let data = unsafe { bytes(data, data_len) }?;
        // SAFETY: the caller promises a number at `len`, and so many bytes of room at `out`.
        let out = unsafe { Output::new(out, len) }?;
        out.give(&module.cipher_whole(Direction::Encrypt, session, data, out.room())?)
    })
}

/// `C_EncryptUpdate`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn encrypt_update(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    part_len: CK_ULONG,
    out: *mut CK_BYTE,
    len: *mut CK_ULONG,
) -> CK_RV {
    guard("C_EncryptUpdate", About::Session, |module| {
        // SAFETY: the caller promises `part_len` readable bytes at `part`.
        let part = unsafe { bytes(part, part_len) }?;
        // SAFETY: the caller promises a number at `len`, and so many bytes of room at `out`.
        let out = unsafe { Output::new(out, len) }?;
        out.give(&module.cipher_update(Direction::Encrypt, session, part, out.room())?)
    })
}

/// `C_EncryptFinal`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn encrypt_final(
    session: CK_SESSION_HANDLE,
    out: *mut CK_BYTE,
    len: *mut CK_ULONG,
) -> CK_RV {
    guard("C_EncryptFinal", About::Session, |module| {
        // SAFETY: the caller promises a number at `len`, and so many bytes of room at `out`.
        let out = unsafe { Output::new(out, len) }?;
        out.give(&module.cipher_final(Direction::Encrypt, session, out.room())?)
    })
}

/// `C_DecryptInit`; no mechanism ends what is in progress (PKCS #11 3.0).
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn decrypt_init(
    session: CK_SESSION_HANDLE,
    given: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    guard("C_DecryptInit", About::Session, |module| {
        if given.is_null() {
            return module.cancel(session, CKF_DECRYPT);
        }
        // SAFETY: the caller promises a whole mechanism.
        let mechanism = unsafe { mechanism(module, Purpose::Encrypt, given) }?;
        module.cipher_init(Direction::Decrypt, session, mechanism, key)
    })
}

/// `C_Decrypt`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn decrypt(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    data_len: CK_ULONG,
    out: *mut CK_BYTE,
    len: *mut CK_ULONG,
) -> CK_RV {
    guard("C_Decrypt", About::Session, |module| {
        // SAFETY: the caller promises `data_len` readable bytes at `data`.
        let data = unsafe { bytes(data, data_len) }?;
        // SAFETY: the caller promises a number at `len`, and so many bytes of room at `out`.
        let out = unsafe { Output::new(out, len) }?;
        out.give(&module.cipher_whole(Direction::Decrypt, session, data, out.room())?)
    })
}

/// `C_DecryptUpdate`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn decrypt_update(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    part_len: CK_ULONG,
    out: *mut CK_BYTE,
    len: *mut CK_ULONG,
) -> CK_RV {
    guard("C_DecryptUpdate", About::Session, |module| {
        // SAFETY: the caller promises `part_len` readable bytes at `part`.
        let part = unsafe { bytes(part, part_len) }?;
        // SAFETY: the caller promises a number at `len`, and so many bytes of room at `out`.
        let out = unsafe { Output::new(out, len) }?;
        out.give(&module.cipher_update(Direction::Decrypt, session, part, out.room())?)
    })
}

/// `C_DecryptFinal`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn decrypt_final(
    session: CK_SESSION_HANDLE,
    out: *mut CK_BYTE,
    len: *mut CK_ULONG,
) -> CK_RV {
    guard("C_DecryptFinal", About::Session, |module| {
        // SAFETY: the caller promises a number at `len`, and so many bytes of room at `out`.
        let out = unsafe { Output::new(out, len) }?;
        out.give(&module.cipher_final(Direction::Decrypt, session, out.room())?)
    })
}

/// `C_DigestInit`; no mechanism ends what is in progress (PKCS #11 3.0).
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn digest_init(session: CK_SESSION_HANDLE, given: *mut CK_MECHANISM) -> CK_RV {
    guard("C_DigestInit", About::Session, |module| {
        if given.is_null() {
            return module.cancel(session, CKF_DIGEST);
        }
        // SAFETY: the caller promises a whole mechanism.
        let mechanism = unsafe { mechanism(module, Purpose::Digest, given) }?;
        module.digest_init(session, mechanism)
    })
}

/// `C_Digest`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn digest(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    data_len: CK_ULONG,
    out: *mut CK_BYTE,
    len: *mut CK_ULONG,
) -> CK_RV {
    guard("C_Digest", About::Session, |module| {
        // SAFETY: the caller promises `data_len` readable bytes at `data`.
        let data = unsafe { bytes(data, data_len) }?;
        // SAFETY: the caller promises a number at `len`, and so many bytes of room at `out`.
        let out = unsafe { Output::new(out, len) }?;
        out.give(&module.digest_whole(session, data, out.room())?)
    })
}

/// `C_DigestUpdate`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn digest_update(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    part_len: CK_ULONG,
) -> CK_RV {
    guard("C_DigestUpdate", About::Session, |module| {
        // SAFETY: the caller promises `part_len` readable bytes at `part`.
        let part = unsafe { bytes(part, part_len) }?;
        module.digest_update(session, part)
    })
}

/// `C_DigestKey`
pub(super) unsafe extern "C" fn digest_key(session: CK_SESSION_HANDLE, key: CK_OBJECT_HANDLE) -> CK_RV {
    guard("C_DigestKey", About::Session, |module| module.digest_key(session, key))
}

/// `C_DigestFinal`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn digest_final(
    session: CK_SESSION_HANDLE,
    out: *mut CK_BYTE,
    len: *mut CK_ULONG,
) -> CK_RV {
    guard("C_DigestFinal", About::Session, |module| {
        // SAFETY: the caller promises a number at `len`, and so many bytes of room at `out`.
        let out = unsafe { Output::new(out, len) }?;
        out.give(&module.digest_final(session, out.room())?)
    })
}
