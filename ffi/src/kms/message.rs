//! Messages wrapped anew by keys of the store.

use core::{ffi::c_char, mem::MaybeUninit};

use miyao::envelope::Rewrapped;

use super::miyao_kms;
use crate::{
    buffer::miyao_buffer,
    desk::{guard_secret_telling, input, object, path_of, tell},
    error::miyao_error,
    key_ref::miyao_key_ref,
    status::miyao_status,
};

/// Everything was under current versions already.
pub const MIYAO_REWRAPPED_CURRENT: u32 = 0;
/// The recipients were rewritten in place.
pub const MIYAO_REWRAPPED_IN_PLACE: u32 = 1;
/// The recipients did not fit: the file was written anew and renamed.
pub const MIYAO_REWRAPPED_COPIED: u32 = 2;

/// What was done, as its number.
pub(crate) const fn rewrapped_number(done: Rewrapped) -> u32 {
    match done {
        Rewrapped::Current => MIYAO_REWRAPPED_CURRENT,
        Rewrapped::InPlace => MIYAO_REWRAPPED_IN_PLACE,
        Rewrapped::Copied => MIYAO_REWRAPPED_COPIED,
    }
}

/// Wraps the message in the file at `path` anew, in place: for the key `to`, or for NULL for each key of the store that is a recipient. Header, body,
/// signature and everybody else's entries do not change, so the cost does not depend on the size. Where it is not NULL, `rewrapped` gets one of
/// MIYAO_REWRAPPED_….
///
/// MIYAO_STATUS_MISSING when no key of the store is a recipient; MIYAO_STATUS_BUSY when another process rewraps it. The message stays readable after
/// every failure, and when power fails.
///
/// May be NULL: `to`, `rewrapped`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_rewrap_file(
    kms: Option<&miyao_kms>,
    path: *const c_char,
    path_len: usize,
    to: Option<&miyao_key_ref>,
    rewrapped: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, path) = (object!(kms), path_of!(path, path_len));
        let to = to.map(miyao_key_ref::key).transpose()?;
        tell(rewrapped, rewrapped_number(kms.with(|kms| kms.rewrap(path, to))?));
        Ok(())
    })
}

/// Likewise of a message in memory: gives it as it is then.
///
/// As `miyao_kms_rewrap_file`.
///
/// May be NULL: `to`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_rewrap(
    kms: Option<&miyao_kms>,
    message: *const u8,
    message_len: usize,
    to: Option<&miyao_key_ref>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, out) = (object!(kms), object!(out));
        let to = to.map(miyao_key_ref::key).transpose()?;
        let message = input!(message, message_len);
        miyao_buffer::give_vec(kms.with(|kms| kms.rewrapped(message, to))?, out);
        Ok(())
    })
}
