//! `miyao_cmac`: SM4-CMAC (GB/T 15852.1 MAC algorithm 5, NIST SP 800-38B).

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::algo::mode::cmac::Cmac;

use crate::{
    desk::{fixed, give, guard_secret, guard_value, input, object, output},
    status::miyao_status,
};

/// A running SM4-CMAC (消息鉴别码) under its key.
pub struct miyao_cmac(Cmac);

/// The bytes of a tag of SM4-CMAC.
pub const MIYAO_CMAC_LEN: usize = 16;

/// `SM4-CMAC[key](data)`: writes the 16 bytes of the tag to `out`. The key has 16 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cmac_mac(
    key: *const u8,
    key_len: usize,
    data: *const u8,
    data_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let key = fixed!(key, key_len);
        let data = input!(data, data_len);
        let out = output!(out, out_cap, MIYAO_CMAC_LEN);
        let mut cmac = Cmac::new(key);
        cmac.update(data);
        out.copy_from_slice(&cmac.tag());
        Ok(())
    })
}

/// Takes a key of 16 bytes for messages that come in pieces; to be freed with `miyao_cmac_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cmac_new(
    key: *const u8,
    key_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_cmac>>,
) -> miyao_status {
    guard_secret(|| {
        let key = fixed!(key, key_len);
        let out = object!(out);
        give(miyao_cmac(Cmac::new(key)), out);
        Ok(())
    })
}

/// Adds bytes to the message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cmac_update(
    cmac: Option<&mut miyao_cmac>,
    data: *const u8,
    data_len: usize,
) -> miyao_status {
    guard_secret(|| {
        let cmac = object!(cmac);
        cmac.0.update(input!(data, data_len));
        Ok(())
    })
}

/// Writes the tag of what was added so far to `out`, 16 bytes; more can be added afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cmac_finish(
    cmac: Option<&miyao_cmac>,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let cmac = object!(cmac);
        let out = output!(out, out_cap, MIYAO_CMAC_LEN);
        out.copy_from_slice(&cmac.0.tag());
        Ok(())
    })
}

/// Compares the tag of what was added so far with `tag`, in constant time; use this, not `memcmp`.
///
/// MIYAO_STATUS_REJECTED: it is another, or not 16 bytes long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cmac_verify(
    cmac: Option<&miyao_cmac>,
    tag: *const u8,
    tag_len: usize,
) -> miyao_status {
    guard_secret(|| {
        let cmac = object!(cmac);
        Ok(cmac.0.verify(input!(tag, tag_len))?)
    })
}

/// Starts the next message under the same key.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_cmac_reset(cmac: Option<&mut miyao_cmac>) -> miyao_status {
    guard_secret(|| {
        object!(cmac).0.restart();
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_cmac_free(cmac: Option<Box<miyao_cmac>>) {
    guard_value((), || drop(cmac));
}
