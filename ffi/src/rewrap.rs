//! Messages wrapped anew for another recipient, by whoever can open them.

use alloc::sync::Arc;
use core::{ffi::c_char, mem::MaybeUninit};

use miyao::{
    Result,
    envelope::{self, Entry, FileKey, HeaderDigest, Unwrap},
    kms,
};

use crate::{
    buffer::miyao_buffer,
    desk::{guard_secret_telling, input, object, path_of, tell},
    error::miyao_error,
    kms::rewrapped_number,
    opener::miyao_opener,
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
        let (recipient, identities) = (options.only_recipient()?, Any(opener.0.identities()?));
        let done = envelope::rewrap(path, &identities, &**recipient, &mut kms::rng()?)?;
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
        let (recipient, identities) = (options.only_recipient()?, Any(opener.0.identities()?));
        let fresh = envelope::rewrapped(message, &identities, &**recipient, &mut kms::rng()?)?;
        miyao_buffer::give_vec(fresh, out);
        Ok(())
    })
}

/// All identities of an opener as one. As in decryption, one that cannot open an entry does not hide the next.
struct Any<'a>(&'a [Arc<dyn Unwrap + Send + Sync>]);

impl Unwrap for Any<'_> {
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<Result<FileKey>> {
        let mut failure = None;
        for identity in self.0 {
            match identity.unwrap(entry, header) {
                Some(Err(error)) => failure = failure.or(Some(Err(error))),
                Some(opened) => return Some(opened),
                None => {}
            }
        }
        failure
    }
}
