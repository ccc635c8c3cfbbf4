//! `miyao_sm3`: the hash function SM3 (GB/T 32905).

use alloc::{boxed::Box, vec::Vec};
use core::mem::MaybeUninit;

use miyao::{
    Result,
    algo::sm3::{self, Sm3},
};

use crate::{
    desk::{bytes, give, guard, guard_secret, guard_value, input, items, object, output},
    status::miyao_status,
};

/// A running SM3 hash (杂凑).
pub struct miyao_sm3(Sm3);

/// The bytes of an SM3 digest.
pub const MIYAO_SM3_LEN: usize = 32;

/// `SM3(data)`: writes the 32 bytes of the digest to `out`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm3_digest(
    data: *const u8,
    data_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard(|| {
        let data = input!(data, data_len);
        let out = output!(out, out_cap, MIYAO_SM3_LEN);
        out.copy_from_slice(&sm3::digest(data));
        Ok(())
    })
}

/// `SM3` of each of `count` messages, side by side: writes 32 bytes for each to `out`, in their order. Message `i` is the `lens[i]` bytes
/// at `messages[i]`. For many short messages this takes a fraction of the time of one by one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm3_digest_many(
    messages: *const *const u8,
    lens: *const usize,
    count: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard(|| {
        // SAFETY: the caller promises that many pointers, until the function returns.
        let messages = unsafe { items("messages", messages, count) }?;
        // SAFETY: likewise lengths.
        let lens = unsafe { items("lens", lens, count) }?;
        let out = output!(out, out_cap, count.saturating_mul(MIYAO_SM3_LEN));
        let messages = messages.iter().zip(lens).map(|(message, len)| {
            // SAFETY: the caller keeps rule 1 of the desk for each, until the function returns.
            unsafe { bytes("messages", *message, *len) }
        });
        let messages = messages.collect::<Result<Vec<_>>>()?;
        out.copy_from_slice(sm3::digest_many(&messages).as_flattened());
        Ok(())
    })
}

/// A hash of no bytes yet, to be freed with `miyao_sm3_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm3_new(out: Option<&mut MaybeUninit<*mut miyao_sm3>>) -> miyao_status {
    guard(|| {
        let out = object!(out);
        give(miyao_sm3(Sm3::new()), out);
        Ok(())
    })
}

/// Adds bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm3_update(
    sm3: Option<&mut miyao_sm3>,
    data: *const u8,
    data_len: usize,
) -> miyao_status {
    guard(|| {
        let sm3 = object!(sm3);
        sm3.0.update(input!(data, data_len));
        Ok(())
    })
}

/// Writes the digest of what was added so far to `out`, 32 bytes; more can be added afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm3_finish(
    sm3: Option<&miyao_sm3>,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let sm3 = object!(sm3);
        let out = output!(out, out_cap, MIYAO_SM3_LEN);
        out.copy_from_slice(&sm3.0.clone().finalize());
        Ok(())
    })
}

/// A copy that goes on by itself, to be freed too.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm3_clone(
    sm3: Option<&miyao_sm3>,
    out: Option<&mut MaybeUninit<*mut miyao_sm3>>,
) -> miyao_status {
    guard_secret(|| {
        let sm3 = object!(sm3);
        let out = object!(out);
        give(miyao_sm3(sm3.0.clone()), out);
        Ok(())
    })
}

/// Starts again from no bytes.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm3_reset(sm3: Option<&mut miyao_sm3>) -> miyao_status {
    guard_secret(|| {
        object!(sm3).0 = Sm3::new();
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm3_free(sm3: Option<Box<miyao_sm3>>) {
    guard_value((), || drop(sm3));
}
