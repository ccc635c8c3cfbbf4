//! Two buffers are apart, or one; everything between is refused.

use miyao::Kind;

use super::{Place, items, or_zeros, same_or_apart, sized};

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
