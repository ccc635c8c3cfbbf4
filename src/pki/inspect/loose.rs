//! BER (ITU-T X.690) read with every liberty that is met in the field, each of them noted.
//!
//! Knows no type of ours. Bounded in depth; what has no end inside its parent is `None`.

use alloc::vec::Vec;

use super::Oddity;

/// One element: its tag and its content.
pub(super) type Element<'a> = (u8, &'a [u8]);

/// The deepest nesting in which an indefinite length is followed.
const DEEPEST: u8 = 16;

/// The first element and what follows it.
pub(super) fn element<'a>(bytes: &'a [u8], notes: &mut Vec<Oddity>) -> Option<(Element<'a>, &'a [u8])> {
    nested(bytes, notes, DEEPEST)
}

/// All elements of a content, one after the other.
pub(super) fn elements<'a>(mut content: &'a [u8], notes: &mut Vec<Oddity>) -> Option<Vec<Element<'a>>> {
    let mut found = Vec::new();
    while !content.is_empty() {
        let (element, rest) = element(content, notes)?;
        found.push(element);
        content = rest;
    }
    Some(found)
}

/// An unsigned INTEGER in the width of `N` bytes.
pub(super) fn integer<const N: usize>(content: &[u8], notes: &mut Vec<Oddity>) -> Option<[u8; N]> {
    match content {
        [] => return None,
        [0, next, ..] if *next < 0x80 => note(notes, Oddity::PaddedInteger),
        [first, ..] if *first >= 0x80 => note(notes, Oddity::NegativeInteger),
        _ => {}
    }
    let zeros = content.iter().take_while(|byte| **byte == 0).count();
    let digits = &content[zeros..];
    let mut out = [0; N];
    out[N.checked_sub(digits.len())?..].copy_from_slice(digits);
    Some(out)
}

/// The whole bytes of a BIT STRING.
pub(super) fn bits(content: &[u8]) -> Option<&[u8]> {
    content.strip_prefix(&[0])
}

pub(super) fn note(notes: &mut Vec<Oddity>, oddity: Oddity) {
    if !notes.contains(&oddity) {
        notes.push(oddity);
    }
}

fn nested<'a>(bytes: &'a [u8], notes: &mut Vec<Oddity>, depth: u8) -> Option<(Element<'a>, &'a [u8])> {
    let (&[tag, first], rest) = bytes.split_first_chunk()?;
    // Tags of more than one byte occur in nothing of ours.
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (len, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x80 => return indefinite(tag, rest, notes, depth.checked_sub(1)?),
        0x81..=0x88 => long(first, rest, notes)?,
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(len)?;
    Some(((tag, content), rest))
}

fn long<'a>(first: u8, rest: &'a [u8], notes: &mut Vec<Oddity>) -> Option<(usize, &'a [u8])> {
    let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
    let wide = digits.iter().fold(0u64, |len, digit| (len << 8) | u64::from(*digit));
    if digits[0] == 0 || wide < 0x80 {
        note(notes, Oddity::LongLength);
    }
    Some((usize::try_from(wide).ok()?, rest))
}

/// The content up to its own end mark; a primitive element has none.
fn indefinite<'a>(
    tag: u8,
    content: &'a [u8],
    notes: &mut Vec<Oddity>,
    depth: u8,
) -> Option<(Element<'a>, &'a [u8])> {
    if tag & 0x20 == 0 {
        return None;
    }
    note(notes, Oddity::IndefiniteLength);
    let mut rest = content;
    loop {
        let ((mark, inner), after) = nested(rest, notes, depth)?;
        if mark == 0 && inner.is_empty() {
            return Some(((tag, &content[..content.len() - rest.len()]), after));
        }
        rest = after;
    }
}
