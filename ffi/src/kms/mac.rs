//! MACs by `hmac-sm3` keys of the store.

use core::{ffi::c_void, mem::MaybeUninit};

use miyao::kms::Verified;

use super::miyao_kms;
use crate::{
    callbacks::{Source, miyao_read},
    desk::{guard_telling, input, object, output, tell},
    error::miyao_error,
    key_ref::miyao_key_ref,
    status::miyao_status,
};

/// The bytes of a MAC of `miyao_kms_mac`.
pub const MIYAO_KMS_MAC_LEN: usize = 32;

/// `HMAC-SM3[key](message)` with the primary version of an `hmac-sm3` key: writes MIYAO_KMS_MAC_LEN bytes; `version`, where it is not NULL, gets
/// its number. Of a key inside a device the message has at most 16 MiB.
///
/// MIYAO_STATUS_MISSING, MIYAO_STATUS_FORBIDDEN, MIYAO_STATUS_EXHAUSTED as `miyao_kms_encrypt`.
///
/// May be NULL: `version`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_mac(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    message: *const u8,
    message_len: usize,
    out: *mut u8,
    out_cap: usize,
    version: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let message = input!(message, message_len);
        let out = output!(out, out_cap, MIYAO_KMS_MAC_LEN);
        let (number, mac) = kms.with(|kms| kms.mac(key, message))?;
        out.copy_from_slice(&mac);
        tell(version, number.get());
        Ok(())
    })
}

/// The same of everything that `read` gives.
///
/// May be NULL: `version`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_mac_stream(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    read: miyao_read,
    user: *mut c_void,
    out: *mut u8,
    out_cap: usize,
    version: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let mut source = Source::new(read, user)?;
        let out = output!(out, out_cap, MIYAO_KMS_MAC_LEN);
        let (number, mac) = kms.with(|kms| kms.mac_stream(key, &mut source))?;
        out.copy_from_slice(&mac);
        tell(version, number.get());
        Ok(())
    })
}

/// Verifies a MAC under the version that `key` names, or under any that may verify, newest first. Where they are not NULL, `version` gets the number
/// of the version that made it, and `compromised` when that version's compromise was learnt, in milliseconds since 1970, or 0: what was made after
/// it proves nothing.
///
/// MIYAO_STATUS_REJECTED when it fits no version; otherwise as `miyao_kms_mac`.
///
/// May be NULL: `version`, `compromised`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_verify_mac(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    message: *const u8,
    message_len: usize,
    mac: *const u8,
    mac_len: usize,
    version: Option<&mut MaybeUninit<u32>>,
    compromised: Option<&mut MaybeUninit<u64>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).version());
        let (message, mac) = (input!(message, message_len), input!(mac, mac_len));
        told(&kms.with(|kms| kms.verify_mac(&key, message, mac))?, version, compromised);
        Ok(())
    })
}

/// The same of everything that `read` gives, read once.
///
/// May be NULL: `version`, `compromised`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_verify_mac_stream(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    read: miyao_read,
    user: *mut c_void,
    mac: *const u8,
    mac_len: usize,
    version: Option<&mut MaybeUninit<u32>>,
    compromised: Option<&mut MaybeUninit<u64>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).version());
        let (mut source, mac) = (Source::new(read, user)?, input!(mac, mac_len));
        told(&kms.with(|kms| kms.verify_mac_stream(&key, &mut source, mac))?, version, compromised);
        Ok(())
    })
}

pub(super) fn told(
    found: &Verified,
    version: Option<&mut MaybeUninit<u32>>,
    compromised: Option<&mut MaybeUninit<u64>>,
) {
    tell(version, found.version.get());
    tell(compromised, found.compromised.map_or(0, |time| time.0));
}
