//! Many at once: arrays of a caller's, of objects, of byte strings and of places for objects.
//!
//! Knows no object.

use alloc::vec::Vec;
use core::mem::MaybeUninit;

use miyao::{Error, Kind, Result};

use super::{bytes, items, present};

/// Places for `count` pointers, to be written.
///
/// # Safety
/// `out` points to so many that nobody else touches while the result lives.
pub(crate) unsafe fn places_for<'a, T>(
    name: &'static str,
    out: *mut *mut T,
    count: usize,
) -> Result<&'a mut [MaybeUninit<*mut T>]> {
    if count == 0 {
        return Ok(&mut []);
    }
    if out.is_null() || !out.is_aligned() || count > isize::MAX as usize / size_of::<*mut T>() {
        return Err(Error::new(
            Kind::Invalid,
            "NULL, or more than memory has; give an array of so many pointers",
        )
        .about(name));
    }
    // SAFETY: it is not NULL, aligned and no larger than memory, and writable by the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts_mut(out.cast(), count) })
}

/// An array of objects, of which none is NULL.
///
/// # Safety
/// Rules 1 and 2 hold, for as long as the result lives.
pub(crate) unsafe fn objects_of<'a, T>(
    name: &'static str,
    data: *const Option<&'a T>,
    count: usize,
) -> Result<Vec<&'a T>> {
    // SAFETY: rule 1, passed on; any pointer is none or one to an object.
    let objects = unsafe { items(name, data, count) }?;
    objects.iter().map(|object| present(name, *object)).collect()
}

/// Byte strings: an array of pointers and one of lengths.
///
/// # Safety
/// Rule 1 holds of both and of every string, for as long as the result lives.
pub(crate) unsafe fn strings_of<'a>(
    name: &'static str,
    data: *const *const u8,
    lens: *const usize,
    count: usize,
) -> Result<Vec<&'a [u8]>> {
    // SAFETY: the caller's promise, passed on.
    let data = unsafe { items(name, data, count) }?;
    // SAFETY: the caller's promise, passed on.
    let lens = unsafe { items(name, lens, count) }?;
    // SAFETY: rule 1 for each, passed on.
    let string = |(data, len): (&*const u8, &usize)| unsafe { bytes(name, *data, *len) };
    data.iter().zip(lens).map(string).collect()
}

/// `objects!(keys, count)`: the objects of an array.
macro_rules! objects {
    ($data:ident, $count:expr) => {
        // SAFETY: the caller promises an array of that many objects of rule 2, until the function returns.
        unsafe { $crate::desk::list::objects_of(stringify!($data), $data, $count) }?
    };
}

/// `strings!(messages, message_lens, count)`: the byte strings of two arrays.
macro_rules! strings {
    ($data:ident, $lens:ident, $count:expr) => {
        // SAFETY: the caller promises arrays of that many, and rule 1 for each string, until the function returns.
        unsafe { $crate::desk::list::strings_of(stringify!($data), $data, $lens, $count) }?
    };
}

/// `places!(keys, count)`: room for so many objects.
macro_rules! places {
    ($out:ident, $count:expr) => {
        // SAFETY: the caller promises an array of that many that nobody else touches meanwhile.
        unsafe { $crate::desk::list::places_for(stringify!($out), $out, $count) }?
    };
}

pub(crate) use {objects, places, strings};
