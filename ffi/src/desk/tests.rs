//! Two buffers are apart, or one; everything between is refused. No panic leaves.
#![allow(clippy::panic, reason = "panics are what is tried")]

use alloc::{boxed::Box, string::String};
use core::{ffi::CStr, fmt, mem::MaybeUninit};

use miyao::{Error, Kind};

use super::{Place, defect, guard_telling, items, or_zeros, same_or_apart, sized};
use crate::{
    error::{miyao_error, miyao_error_free, miyao_error_message},
    status::miyao_status,
};

/// A text of 8 bytes at `from` of a memory of 32, and room for as many at `to`.
fn placed(from: usize, to: usize, needed: usize) -> Result<(bool, usize), Kind> {
    let mut memory = [7u8; 32];
    let start = memory.as_mut_ptr();
    let (data, out) = (start.wrapping_add(from), start.wrapping_add(to));
    // SAFETY: both lie within the memory, which nobody else uses.
    let place = unsafe { same_or_apart(("data", data, 8), ("out", out, 32 - to), needed) };
    place.map(|place| (matches!(place, Place::Same(_)), place.copied().len())).map_err(|error| error.kind())
}

#[test]
fn a_text_and_its_output_are_one_place_or_apart() {
    assert_eq!(placed(0, 0, 8), Ok((true, 8)));
    assert_eq!(placed(0, 0, 16), Ok((true, 16)));
    assert_eq!(placed(0, 8, 8), Ok((false, 8)));
    assert_eq!(placed(8, 0, 8), Ok((false, 8)));
    assert_eq!(placed(0, 16, 0), Ok((false, 8)), "no less than the text");
    for (from, to, needed) in [(0, 1, 8), (1, 0, 8), (0, 7, 8), (7, 0, 8), (8, 0, 9), (0, 32, 8), (0, 24, 9)]
    {
        assert_eq!(placed(from, to, needed), Err(Kind::Invalid), "{from} {to} {needed}");
    }
}

#[test]
fn a_text_of_no_bytes_overlaps_nothing() {
    let mut memory = [7u8; 32];
    let start = memory.as_mut_ptr();
    // SAFETY: both lie within the memory, which nobody else uses.
    let place = unsafe { same_or_apart(("data", start.wrapping_add(5), 0), ("out", start, 32), 16) };
    assert_eq!(place.map(|place| place.copied().len()).map_err(|error| error.kind()), Ok(16));
}

#[test]
fn a_failure_leaves_zeros_and_a_success_what_it_wrote() {
    let mut out = [7; 4];
    assert!(or_zeros(&mut out, |_| Ok(())).is_ok());
    assert_eq!(out, [7; 4]);
    assert!(or_zeros(&mut out, |_| sized::<2>("key", &[0; 3])).is_err());
    assert_eq!(out, [0; 4]);
}

#[test]
fn many_pointers_come_aligned_or_not_at_all() {
    let lengths = [1usize, 2, 3];
    // SAFETY: these are three lengths.
    let three = unsafe { items("lens", lengths.as_ptr(), 3) };
    assert_eq!(three.map_err(|error| error.kind()), Ok(&lengths[..]));
    let crooked = lengths.as_ptr().wrapping_byte_add(1);
    for (data, len) in [(crooked, 1), (core::ptr::null(), 1), (lengths.as_ptr(), usize::MAX / 8)] {
        // SAFETY: each is refused before it is read.
        let refused = unsafe { items("lens", data, len) };
        assert_eq!(refused.map_err(|error| error.kind()), Err(Kind::Invalid));
    }
}

/// A cause that has a defect of its own.
#[derive(Debug)]
struct Speechless;

impl core::error::Error for Speechless {}

impl fmt::Display for Speechless {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("without words")
    }
}

/// The text that a failure is told by.
fn told(work: impl FnOnce() -> miyao::Result<()>) -> (miyao_status, String) {
    let mut place = MaybeUninit::<*mut miyao_error>::uninit();
    let status = guard_telling(Some(&mut place), work);
    // SAFETY: the work fails, so it was written.
    let error = unsafe { place.assume_init() };
    // SAFETY: it is a box's, and this is its only owner.
    let error = unsafe { Box::from_raw(error) };
    // SAFETY: a text that ends with a NUL, for as long as its error lives.
    let text = unsafe { CStr::from_ptr(miyao_error_message(Some(&error))) }.to_string_lossy().into_owned();
    miyao_error_free(Some(error));
    (status, text)
}

#[test]
fn a_panic_is_told_and_so_is_one_in_the_words_of_a_cause() {
    let expected = defect().to_string();
    let (status, text) = told(|| panic!("a defect"));
    assert!(status == miyao_status::Internal && text == expected, "{text}");
    let (status, text) = told(|| Err(Error::new(Kind::Missing, "no file").caused_by(Speechless)));
    assert!(status == miyao_status::Missing && text == expected, "{text}");
}
