//! Signatures by `sm2-sign` keys of the store.

use core::{ffi::c_void, mem::MaybeUninit};

use miyao::algo::sm2::Signature;

use super::{mac::told, miyao_kms};
use crate::{
    callbacks::{Source, miyao_read},
    desk::{fixed, give, guard_telling, input, object, output, tell},
    error::miyao_error,
    key_ref::miyao_key_ref,
    sm2::{MIYAO_SM2_SIGNATURE_LEN, miyao_sm2_public_key},
    status::miyao_status,
};

/// `SM2.sign[key, user id](message)` (GB/T 32918.2) with the primary version of an `sm2-sign` key: writes r ‖ s, MIYAO_SM2_SIGNATURE_LEN bytes; `version`, where
/// it is not NULL, gets its number. No other version signs: one that was the primary until a rotation verifies and nothing else. Whoever handed out its public key
/// hands out the new primary's too.
///
/// MIYAO_STATUS_MISSING, MIYAO_STATUS_FORBIDDEN, MIYAO_STATUS_EXHAUSTED as `miyao_kms_encrypt`; MIYAO_STATUS_INVALID for a user id of more than 8,191 bytes.
///
/// May be NULL: `version`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_sign(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    user_id: *const u8,
    user_id_len: usize,
    message: *const u8,
    message_len: usize,
    out: *mut u8,
    out_cap: usize,
    version: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let (user_id, message) = (input!(user_id, user_id_len), input!(message, message_len));
        let out = output!(out, out_cap, MIYAO_SM2_SIGNATURE_LEN);
        let (number, signature) = kms.with(|kms| kms.sign(key, user_id, message))?;
        out.copy_from_slice(&signature.to_bytes());
        tell(version, number.get());
        Ok(())
    })
}

/// The same of everything that `read` gives.
///
/// May be NULL: `version`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_sign_stream(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    user_id: *const u8,
    user_id_len: usize,
    read: miyao_read,
    user: *mut c_void,
    out: *mut u8,
    out_cap: usize,
    version: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let user_id = input!(user_id, user_id_len);
        let mut source = Source::new(read, user)?;
        let out = output!(out, out_cap, MIYAO_SM2_SIGNATURE_LEN);
        let (number, signature) = kms.with(|kms| kms.sign_stream(key, user_id, &mut source))?;
        out.copy_from_slice(&signature.to_bytes());
        tell(version, number.get());
        Ok(())
    })
}

/// Signs `digest`, the 32 bytes e = SM3(ZA ‖ message) made with the primary's public key. Where `key` names a version, only if that is the primary still:
/// after a rotation the digest is made again, with the public key of `miyao_kms_public_key`.
///
/// As `miyao_kms_sign`; MIYAO_STATUS_CONFLICT when the key was rotated since the digest was made.
///
/// May be NULL: `version`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_sign_digest(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    digest: *const u8,
    digest_len: usize,
    out: *mut u8,
    out_cap: usize,
    version: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, named) = (object!(kms), object!(key).version());
        let digest = fixed!(digest, digest_len);
        let out = output!(out, out_cap, MIYAO_SM2_SIGNATURE_LEN);
        let (number, signature) = kms.with(|kms| kms.sign_digest(&named.key, named.version, digest))?;
        out.copy_from_slice(&signature.to_bytes());
        tell(version, number.get());
        Ok(())
    })
}

/// Verifies a signature r ‖ s under the version that `key` names, or under any that may verify, newest first. Outputs as of `miyao_kms_verify_mac`.
///
/// MIYAO_STATUS_REJECTED when it fits no version; otherwise as `miyao_kms_sign`.
///
/// May be NULL: `version`, `compromised`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_verify(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    user_id: *const u8,
    user_id_len: usize,
    message: *const u8,
    message_len: usize,
    signature: *const u8,
    signature_len: usize,
    version: Option<&mut MaybeUninit<u32>>,
    compromised: Option<&mut MaybeUninit<u64>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).version());
        let (user_id, message) = (input!(user_id, user_id_len), input!(message, message_len));
        let signature = Signature::from_bytes(fixed!(signature, signature_len))?;
        told(&kms.with(|kms| kms.verify(&key, user_id, message, &signature))?, version, compromised);
        Ok(())
    })
}

/// The same of everything that `read` gives, read once.
///
/// May be NULL: `version`, `compromised`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_verify_stream(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    user_id: *const u8,
    user_id_len: usize,
    read: miyao_read,
    user: *mut c_void,
    signature: *const u8,
    signature_len: usize,
    version: Option<&mut MaybeUninit<u32>>,
    compromised: Option<&mut MaybeUninit<u64>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).version());
        let user_id = input!(user_id, user_id_len);
        let mut source = Source::new(read, user)?;
        let signature = Signature::from_bytes(fixed!(signature, signature_len))?;
        let found = kms.with(|kms| kms.verify_stream(&key, user_id, &mut source, &signature))?;
        told(&found, version, compromised);
        Ok(())
    })
}

/// The public half of the version that `key` names, or of the primary; `version`, where it is not NULL, gets its number.
///
/// MIYAO_STATUS_MISSING without the key or version; MIYAO_STATUS_FORBIDDEN for a key without one.
///
/// May be NULL: `version`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_public_key(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_public_key>>,
    version: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key, out) = (object!(kms), object!(key).version(), object!(out));
        let (number, public) = kms.with(|kms| kms.public_key(&key))?;
        give(miyao_sm2_public_key(public), out);
        tell(version, number.get());
        Ok(())
    })
}
