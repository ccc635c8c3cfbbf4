//! `miyao_hmac`: HMAC-SM3 (GB/T 15852.2, RFC 2104).

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::algo::hmac::{self, HmacSm3};

use crate::{
    desk::{give, guard_secret, guard_value, input, object, output},
    status::miyao_status,
};

/// A running HMAC-SM3 (带密钥的杂凑) under its key.
pub struct miyao_hmac {
    /// Has the key and nothing of a message.
    keyed: HmacSm3,
    running: HmacSm3,
}

/// The bytes of a tag of HMAC-SM3.
pub const MIYAO_HMAC_LEN: usize = 32;

/// `HMAC-SM3[key](data)`: writes the 32 bytes of the tag to `out`. A key has any length; 32 bytes are the rule.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_hmac_mac(
    key: *const u8,
    key_len: usize,
    data: *const u8,
    data_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let (key, data) = (input!(key, key_len), input!(data, data_len));
        let out = output!(out, out_cap, MIYAO_HMAC_LEN);
        out.copy_from_slice(&hmac::mac(key, &[data]));
        Ok(())
    })
}

/// Takes a key, of any length, for messages that come in pieces; to be freed with `miyao_hmac_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_hmac_new(
    key: *const u8,
    key_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_hmac>>,
) -> miyao_status {
    guard_secret(|| {
        let key = input!(key, key_len);
        let out = object!(out);
        let keyed = HmacSm3::new(key);
        give(miyao_hmac { running: keyed.clone(), keyed }, out);
        Ok(())
    })
}

/// Adds bytes to the message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_hmac_update(
    hmac: Option<&mut miyao_hmac>,
    data: *const u8,
    data_len: usize,
) -> miyao_status {
    guard_secret(|| {
        let hmac = object!(hmac);
        hmac.running.update(input!(data, data_len));
        Ok(())
    })
}

/// Writes the tag of what was added so far to `out`, 32 bytes; more can be added afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_hmac_finish(
    hmac: Option<&miyao_hmac>,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let hmac = object!(hmac);
        let out = output!(out, out_cap, MIYAO_HMAC_LEN);
        out.copy_from_slice(&hmac.running.clone().finalize());
        Ok(())
    })
}

/// Compares the tag of what was added so far with `tag`, in constant time; use this, not `memcmp`.
///
/// MIYAO_STATUS_REJECTED: it is another, or not 32 bytes long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_hmac_verify(
    hmac: Option<&miyao_hmac>,
    tag: *const u8,
    tag_len: usize,
) -> miyao_status {
    guard_secret(|| {
        let hmac = object!(hmac);
        let tag = input!(tag, tag_len);
        Ok(hmac.running.clone().verify(tag)?)
    })
}

/// A copy that goes on by itself, to be freed too.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_hmac_clone(
    hmac: Option<&miyao_hmac>,
    out: Option<&mut MaybeUninit<*mut miyao_hmac>>,
) -> miyao_status {
    guard_secret(|| {
        let hmac = object!(hmac);
        let out = object!(out);
        give(miyao_hmac { keyed: hmac.keyed.clone(), running: hmac.running.clone() }, out);
        Ok(())
    })
}

/// Starts the next message under the same key.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_hmac_reset(hmac: Option<&mut miyao_hmac>) -> miyao_status {
    guard_secret(|| {
        let hmac = object!(hmac);
        hmac.running = hmac.keyed.clone();
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_hmac_free(hmac: Option<Box<miyao_hmac>>) {
    guard_value((), || drop(hmac));
}
