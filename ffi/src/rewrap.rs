//! Messages wrapped anew for another recipient, by whoever can open them.

use core::{ffi::c_char, mem::MaybeUninit};

use miyao::{
    Error, Kind, Result,
    envelope::{self, Unwrap, Wrap},
    kms,
};

use crate::{
    buffer::miyao_buffer,
    desk::{guard_secret_telling, input, object, path_of, tell},
    error::miyao_error,
    kms::rewrapped_number,
    opener::{Demands, miyao_opener},
    options::miyao_options,
    status::miyao_status,
};

/// Wraps the message in the file at `path` anew, in place: the entry of a recipient that the opener can open is replaced by one for the only recipient of
/// `options`. Where that one is a recipient already, its own entry is replaced instead, as after a rotation. Header, body, signature and everybody
/// else's entries do not change, so the cost does not depend on the size; what else the opener demands and the options say is not looked at. Where it is
/// not NULL, `rewrapped` gets one of MIYAO_REWRAPPED_….
///
/// The file key stays the same: who has it, or a copy of the message as it was, can still open it.
///
/// MIYAO_STATUS_INVALID when `options` have not one recipient; MIYAO_STATUS_MISSING when no identity of the opener is a recipient; MIYAO_STATUS_REJECTED when an
/// entry was altered; MIYAO_STATUS_BUSY when another process rewraps it. The message stays readable after every failure, and when power fails.
///
/// May be NULL: `rewrapped`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_message_rewrap_file(
    opener: Option<&miyao_opener>,
    options: Option<&miyao_options>,
    path: *const c_char,
    path_len: usize,
    rewrapped: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (opener, options) = (object!(opener), object!(options));
        let path = path_of!(path, path_len);
        let done = first(&opener.0, options, |identity, recipient| {
            envelope::rewrap(path, identity, recipient, &mut kms::rng()?)
        })?;
        tell(rewrapped, rewrapped_number(done));
        Ok(())
    })
}

/// Likewise of a message in memory: gives it as it is then.
///
/// As `miyao_message_rewrap_file`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_message_rewrap(
    opener: Option<&miyao_opener>,
    options: Option<&miyao_options>,
    message: *const u8,
    message_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (opener, options, out) = (object!(opener), object!(options), object!(out));
        let message = input!(message, message_len);
        let fresh = first(&opener.0, options, |identity, recipient| {
            envelope::rewrapped(message, identity, recipient, &mut kms::rng()?)
        })?;
        miyao_buffer::give_vec(fresh, out);
        Ok(())
    })
}

/// By the first identity that is a recipient.
fn first<T>(
    demands: &Demands,
    options: &miyao_options,
    rewrap: impl Fn(&dyn Unwrap, &dyn Wrap) -> Result<T>,
) -> Result<T> {
    let recipient = options.only_recipient()?;
    for identity in demands.identities()? {
        match rewrap(&**identity, &**recipient) {
            Err(error) if error.kind() == Kind::Missing => {}
            done => return done,
        }
    }
    Err(Error::new(
        Kind::Missing,
        "no identity of the opener is a recipient of the message; add the one that is",
    ))
}
