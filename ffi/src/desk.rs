//! The desk where foreign values cross (边界): pointers become slices, panics and errors become statuses.
//!
//! Knows no algorithm and no object. The rules, which the header promises in a caller's words:
//!
//! 1. A pointer with a length points to that many bytes that nobody writes meanwhile; NULL only where the length is 0.
//! 2. A pointer to an object came from this library and has not been freed. One at a time uses it, but for those that say so.
//! 3. An output is written at the end, when nothing can fail any more. What a failed decryption has written is zeros.
//! 4. No panic leaves: it is `MIYAO_STATUS_INTERNAL`.

pub(crate) mod list;

use alloc::boxed::Box;
use core::{hint::black_box, mem::MaybeUninit, panic::AssertUnwindSafe};
use std::{ffi::OsStr, os::unix::ffi::OsStrExt, panic::catch_unwind, path::Path};

use miyao::{Error, Kind, Result};

pub(crate) use self::list::{objects, places, strings};
use crate::{error::miyao_error, status::miyao_status};

/// Runs the work of a function whose failures have nothing to add to their status.
pub(crate) fn guard(work: impl FnOnce() -> Result<()>) -> miyao_status {
    match run(work) {
        Ok(()) => miyao_status::Ok,
        Err(error) => error.kind().into(),
    }
}

/// Runs the work of a function whose failures are told in words, to whoever gave a place for them.
pub(crate) fn guard_telling(
    place: Option<&mut MaybeUninit<*mut miyao_error>>,
    work: impl FnOnce() -> Result<()>,
) -> miyao_status {
    let Err(error) = run(work) else { return miyao_status::Ok };
    let status = error.kind().into();
    if let Some(place) = place {
        // It tells of causes in the words of others, whose defect is no reason to end the process either.
        let told = guard_value(None, || Some(miyao_error::new(&error)));
        give(told.unwrap_or_else(|| miyao_error::new(&defect())), place);
    }
    status
}

/// As [`guard`], of work on secrets: what a move, a call or a full set of registers leaves on the stack is wiped.
pub(crate) fn guard_secret(work: impl FnOnce() -> Result<()>) -> miyao_status {
    wiping(|| guard(work))
}

/// As [`guard_telling`], of work on secrets in files and messages, which may go deep.
pub(crate) fn guard_secret_telling(
    place: Option<&mut MaybeUninit<*mut miyao_error>>,
    work: impl FnOnce() -> Result<()>,
) -> miyao_status {
    wiping_deep(|| guard_telling(place, work))
}

/// Runs work on secrets, and wipes the stack that it had.
pub(crate) fn wiping<T>(work: impl FnOnce() -> T) -> T {
    let done = below(work);
    wipe_below();
    done
}

/// Likewise work that reads files, layer within layer.
pub(crate) fn wiping_deep<T>(work: impl FnOnce() -> T) -> T {
    let done = below(work);
    wipe_far_below();
    done
}

#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Deeper than the algorithms go with an object on its way to its box, which a compiler lays out anew in each release.
#[inline(never)]
fn wipe_below() {
    black_box(&mut [0u8; 16384]);
}

#[inline(never)]
fn wipe_far_below() {
    black_box(&mut [0u8; 65536]);
}

/// Runs what cannot fail, and gives `otherwise` if it does nevertheless.
pub(crate) fn guard_value<T>(otherwise: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(otherwise)
}

fn run(work: impl FnOnce() -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(defect()))
}

fn defect() -> Error {
    Error::new(
        Kind::Internal,
        "miyao met a defect of its own and stopped the call; please report it with what was called",
    )
}

/// An object that has to be there.
pub(crate) fn present<T>(name: &'static str, object: Option<T>) -> Result<T> {
    object.ok_or_else(|| null(name))
}

/// Hands an object to the caller, who frees it.
pub(crate) fn give<T>(object: T, out: &mut MaybeUninit<*mut T>) {
    out.write(Box::into_raw(Box::new(object)));
}

fn null(name: &'static str) -> Error {
    Error::new(Kind::Invalid, "the argument is NULL; give the object or the place for it").about(name)
}

/// The bytes of rule 1.
///
/// # Safety
/// Rule 1 holds, for as long as the result lives.
pub(crate) unsafe fn bytes<'a>(name: &'static str, data: *const u8, len: usize) -> Result<&'a [u8]> {
    // SAFETY: rule 1, passed on.
    unsafe { items(name, data, len) }
}

/// Rule 1 for what is longer than a byte: pointers and lengths of many.
///
/// # Safety
/// Rule 1 holds, for as long as the result lives, and any bytes are a `T`.
pub(crate) unsafe fn items<'a, T>(name: &'static str, data: *const T, len: usize) -> Result<&'a [T]> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() || !data.is_aligned() || len > isize::MAX as usize / size_of::<T>().max(1) {
        return Err(Error::new(
            Kind::Invalid,
            "NULL with a length, or a length that no memory has; give both",
        )
        .about(name));
    }
    // SAFETY: it is not NULL, aligned, no longer than memory, and readable by rule 1.
    Ok(unsafe { core::slice::from_raw_parts(data, len) })
}

/// Bytes of a size that a standard says: a key, an IV.
pub(crate) fn sized<'a, const N: usize>(name: &'static str, data: &'a [u8]) -> Result<&'a [u8; N]> {
    data.try_into().map_err(|_| {
        Error::new(Kind::Invalid, "the argument has another length; the header says which").about(name)
    })
}

/// Writes an output that the caller may leave out.
pub(crate) fn tell<T>(place: Option<&mut MaybeUninit<T>>, value: T) {
    if let Some(place) = place {
        place.write(value);
    }
}

/// Room for exactly `needed` bytes in a caller's buffer of `cap`.
///
/// What was in it is not read: the slice is the caller's memory, whose bytes have some value for the compiler.
///
/// # Safety
/// `out` may be written for `cap` bytes and nobody else touches them while the result lives.
pub(crate) unsafe fn room<'a>(
    name: &'static str,
    out: *mut u8,
    cap: usize,
    needed: usize,
) -> Result<&'a mut [u8]> {
    if cap < needed {
        return Err(Error::new(
            Kind::Invalid,
            "the buffer is shorter than the output; the header says what is needed",
        )
        .about(name));
    }
    if needed == 0 {
        return Ok(&mut []);
    }
    if out.is_null() || cap > isize::MAX as usize {
        return Err(null(name));
    }
    // SAFETY: it is not NULL, `needed` is at most `cap`, and writable by the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts_mut(out, needed) })
}

/// A text and where to put what is made of it.
pub(crate) enum Place<'a> {
    /// In place: the output, which begins with the text.
    Same(&'a mut [u8]),
    /// Two that do not touch.
    Apart(&'a [u8], &'a mut [u8]),
}

impl<'a> Place<'a> {
    /// The output, which begins with the text from now on.
    pub(crate) fn copied(self) -> &'a mut [u8] {
        match self {
            Self::Same(out) => out,
            Self::Apart(text, out) => {
                out[..text.len()].copy_from_slice(text);
                out
            }
        }
    }
}

/// The text of rule 1 and room for `needed` bytes, or for as many as the text has if those are more: apart, or both at one start.
///
/// # Safety
/// Rule 1 holds of the text, and `out` may be written for `cap` bytes that nobody else touches, while the result lives.
pub(crate) unsafe fn same_or_apart<'a>(
    (name, data, len): (&'static str, *const u8, usize),
    (out_name, out, cap): (&'static str, *mut u8, usize),
    needed: usize,
) -> Result<Place<'a>> {
    let needed = needed.max(len);
    let (from, to) = (data.addr(), out.addr());
    let same = from == to;
    let overlap = len > 0 && from < to.saturating_add(needed) && to < from.saturating_add(len);
    if overlap && !same {
        return Err(Error::new(
            Kind::Invalid,
            "input and output overlap; give the same start, or two buffers",
        )
        .about(out_name));
    }
    // SAFETY: as the caller promises.
    let room = unsafe { room(out_name, out, cap, needed) }?;
    if same {
        return Ok(Place::Same(room));
    }
    // SAFETY: rule 1, and the room is elsewhere.
    Ok(Place::Apart(unsafe { bytes(name, data, len) }?, room))
}

/// What a decryption that fails leaves: zeros.
pub(crate) fn or_zeros<T>(out: &mut [u8], work: impl FnOnce(&mut [u8]) -> Result<T>) -> Result<T> {
    let done = work(out);
    if done.is_err() {
        out.fill(0);
    }
    done
}

/// Writes to the beginning of the room that was asked for; gives the number of bytes.
pub(crate) fn filled(out: &mut [u8], bytes: &[u8]) -> Result<usize> {
    let room = out.get_mut(..bytes.len()).ok_or_else(|| {
        Error::new(
            Kind::Internal,
            "an output is longer than its bound; please report it with what was called",
        )
    })?;
    room.copy_from_slice(bytes);
    Ok(bytes.len())
}

/// A file's name of rule 1: whatever bytes the system takes.
///
/// # Safety
/// Rule 1 holds, for as long as the result lives.
pub(crate) unsafe fn file_name<'a>(name: &'static str, data: *const u8, len: usize) -> Result<&'a Path> {
    // SAFETY: rule 1, passed on.
    let bytes = unsafe { bytes(name, data, len) }?;
    if bytes.is_empty() || bytes.contains(&0) {
        return Err(
            Error::new(Kind::Invalid, "a path has one byte at least and no NUL; name the file").about(name)
        );
    }
    Ok(Path::new(OsStr::from_bytes(bytes)))
}

/// A text of rule 1: a name, a URI.
///
/// # Safety
/// Rule 1 holds, for as long as the result lives.
pub(crate) unsafe fn text<'a>(name: &'static str, data: *const u8, len: usize) -> Result<&'a str> {
    // SAFETY: rule 1, passed on.
    let bytes = unsafe { bytes(name, data, len) }?;
    utf8(name, bytes)
}

/// Bytes that have to be a text.
pub(crate) fn utf8<'a>(name: &'static str, bytes: &'a [u8]) -> Result<&'a str> {
    core::str::from_utf8(bytes)
        .map_err(|_| Error::new(Kind::Invalid, "the text is not UTF-8; encode it so").about(name))
}

/// `input!(data, data_len)`: the bytes of two arguments, or the function ends with `MIYAO_STATUS_INVALID`.
macro_rules! input {
    ($data:ident, $len:ident) => {
        // SAFETY: the caller keeps rule 1 of the desk, until the function returns.
        unsafe { $crate::desk::bytes(stringify!($data), $data, $len) }?
    };
}

/// `fixed!(key, key_len)`: likewise of a size that the type of the result says.
macro_rules! fixed {
    ($data:ident, $len:ident) => {
        $crate::desk::sized(stringify!($data), $crate::desk::input!($data, $len))?
    };
}

/// `place!((data, data_len), (out, out_cap), needed)`: a text and where its output goes, which may be the same.
macro_rules! place {
    (($data:ident, $len:ident), ($out:ident, $cap:ident), $needed:expr) => {{
        let (from, to) = ((stringify!($data), $data, $len), (stringify!($out), $out, $cap));
        let needed = $needed;
        // SAFETY: the caller keeps rules 1 and 3 of the desk, until the function returns.
        unsafe { $crate::desk::same_or_apart(from, to, needed) }?
    }};
}

/// `words!(name, name_len)`: likewise a text.
macro_rules! words {
    ($data:ident, $len:ident) => {
        // SAFETY: the caller keeps rule 1 of the desk, until the function returns.
        unsafe { $crate::desk::text(stringify!($data), $data.cast(), $len) }?
    };
}

/// `path_of!(path, path_len)`: likewise a file's name.
macro_rules! path_of {
    ($data:ident, $len:ident) => {
        // SAFETY: the caller keeps rule 1 of the desk, until the function returns.
        unsafe { $crate::desk::file_name(stringify!($data), $data.cast(), $len) }?
    };
}

/// `output!(out, out_cap, needed)`: the first bytes of a caller's buffer.
macro_rules! output {
    ($out:ident, $cap:ident, $needed:expr) => {
        // SAFETY: the caller promises a buffer of that capacity that nobody else touches meanwhile, rules 1 and 3.
        unsafe { $crate::desk::room(stringify!($out), $out, $cap, $needed) }?
    };
}

/// `wanted!(out, out_cap, needed)`: likewise of a buffer that may be NULL, which nobody wants filled then.
macro_rules! wanted {
    ($out:ident, $cap:ident, $needed:expr) => {
        if $out.is_null() { None } else { Some($crate::desk::output!($out, $cap, $needed)) }
    };
}

/// `object!(sm3)`: an object, or a place for an output, that has to be there.
macro_rules! object {
    ($object:ident) => {
        $crate::desk::present(stringify!($object), $object)?
    };
}

pub(crate) use {fixed, input, object, output, path_of, place, wanted, words};

#[cfg(test)]
mod tests;
