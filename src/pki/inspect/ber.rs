//! BER (ITU-T X.690) read with every liberty that is met in the field, each of them noted.
//!
//! Knows no type of ours. Depth and number of elements are bounded; what has no end inside its parent is `None`.

use alloc::vec::Vec;

use super::Oddity;

pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const BITS: u8 = 0x03;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OID: u8 = 0x06;
pub(super) const NULL: u8 = 0x05;

/// One element: its tag, its content, and all of it as it stands.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

/// The deepest nesting in which an indefinite length is followed.
const DEEPEST: u8 = 16;
/// More elements beside each other than in anything that is told here.
const MOST: usize = 64;

impl<'a> Element<'a> {
    /// The first element and what follows it.
    pub(super) fn first(bytes: &'a [u8], notes: &mut Vec<Oddity>) -> Option<(Self, &'a [u8])> {
        Self::nested(bytes, notes, DEEPEST)
    }

    /// The one element that `bytes` are.
    pub(super) fn only(bytes: &'a [u8], notes: &mut Vec<Oddity>) -> Option<Self> {
        let (element, rest) = Self::first(bytes, notes)?;
        if !rest.is_empty() {
            note(notes, Oddity::Trailing(rest.len()));
        }
        Some(element)
    }

    /// All elements of its content, one after the other.
    pub(super) fn inside(&self, notes: &mut Vec<Oddity>) -> Option<Vec<Self>> {
        let (mut found, mut rest) = (Vec::new(), self.content);
        while !rest.is_empty() {
            let (element, after) = Self::first(rest, notes)?;
            if found.len() == MOST {
                return None;
            }
            found.push(element);
            rest = after;
        }
        Some(found)
    }

    fn nested(bytes: &'a [u8], notes: &mut Vec<Oddity>, depth: u8) -> Option<(Self, &'a [u8])> {
        let (&[tag, first], rest) = bytes.split_first_chunk()?;
        // Tags of more than one byte occur in nothing of ours.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (content, rest) = match first {
            0..=0x7f => rest.split_at_checked(usize::from(first))?,
            0x80 if tag & 0x20 != 0 => indefinite(rest, notes, depth.checked_sub(1)?)?,
            0x81..=0x88 => {
                let (len, rest) = long(first, rest, notes)?;
                rest.split_at_checked(len)?
            }
            _ => return None,
        };
        Some((Self { tag, content, whole: &bytes[..bytes.len() - rest.len()] }, rest))
    }
}

/// How many bytes a SEQUENCE that begins here lacks.
pub(super) fn missing(bytes: &[u8]) -> Option<usize> {
    let (&[SEQUENCE, first], rest) = bytes.split_first_chunk()? else { return None };
    let (len, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => long(first, rest, &mut Vec::new())?,
        _ => return None,
    };
    len.checked_sub(rest.len()).filter(|missing| *missing > 0)
}

pub(super) fn tags(elements: &[Element<'_>]) -> Vec<u8> {
    elements.iter().map(|element| element.tag).collect()
}

/// An unsigned INTEGER of at most `N` bytes, in the width of `N`.
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

/// A small INTEGER, such as a version.
pub(super) fn small(content: &[u8], notes: &mut Vec<Oddity>) -> Option<u64> {
    integer(content, notes).map(u64::from_be_bytes)
}

/// The bytes of a BIT STRING; bits that are said to be unused are taken all the same.
pub(super) fn bits<'a>(content: &'a [u8], notes: &mut Vec<Oddity>) -> Option<&'a [u8]> {
    let (unused, bytes) = content.split_first()?;
    if *unused != 0 {
        note(notes, Oddity::UnusedBits);
    }
    Some(bytes)
}

pub(super) fn note(notes: &mut Vec<Oddity>, oddity: Oddity) {
    if !notes.contains(&oddity) {
        notes.push(oddity);
    }
}

fn long<'a>(first: u8, rest: &'a [u8], notes: &mut Vec<Oddity>) -> Option<(usize, &'a [u8])> {
    let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    let len = digits.iter().fold(0u64, |len, digit| (len << 8) | u64::from(*digit));
    if digits.first() == Some(&0) || len < 0x80 {
        note(notes, Oddity::LongLength);
    }
    Some((usize::try_from(len).ok()?, rest))
}

/// The content up to its own end mark, and what follows that.
fn indefinite<'a>(content: &'a [u8], notes: &mut Vec<Oddity>, depth: u8) -> Option<(&'a [u8], &'a [u8])> {
    note(notes, Oddity::IndefiniteLength);
    let mut rest = content;
    loop {
        let (element, after) = Element::nested(rest, notes, depth)?;
        if element.tag == 0 && element.content.is_empty() {
            return Some((&content[..content.len() - rest.len()], after));
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_liberty_is_taken_and_noted() {
        let read = |bytes: &[u8]| {
            let mut notes = Vec::new();
            let read = Element::only(bytes, &mut notes).map(|element| element.content.to_vec());
            (read, notes)
        };
        assert_eq!(read(&[4, 1, 7]), (Some(alloc::vec![7]), alloc::vec![]));
        assert_eq!(read(&[4, 0x81, 1, 7]), (Some(alloc::vec![7]), alloc::vec![Oddity::LongLength]));
        assert_eq!(read(&[4, 0x88, 0, 0, 0, 0, 0, 0, 0, 1, 7]).0, Some(alloc::vec![7]));
        assert_eq!(read(&[0x24, 0x80, 4, 1, 7, 0, 0]).1, [Oddity::IndefiniteLength]);
        assert_eq!(read(&[4, 1, 7, 9]).1, [Oddity::Trailing(1)]);
        for bad in [
            &[][..],
            &[4],
            &[4, 2, 7],
            &[4, 0x80, 0, 0],
            &[4, 0x89, 1],
            &[0x1f, 1, 1],
            &[0x24, 0x80, 4, 1, 7],
        ] {
            assert_eq!(read(bad).0, None, "{bad:x?}");
        }
        assert_eq!(read(&[4, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).0, None);
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let nested = |depth: usize| [[0x30, 0x80].repeat(depth), [0, 0].repeat(depth)].concat();
        let deep = |depth| Element::first(&nested(depth), &mut Vec::new()).is_some();
        assert!(deep(16) && !deep(17) && !deep(100_000));
        let wide = |count: usize| {
            Element { tag: SEQUENCE, content: &[5, 0].repeat(count), whole: &[] }
                .inside(&mut Vec::new())
                .map(|found| found.len())
        };
        assert_eq!((wide(64), wide(65)), (Some(64), None));
    }

    #[test]
    fn what_a_sequence_lacks_is_counted() {
        assert_eq!(missing(&[0x30, 5, 1, 2]), Some(3));
        assert_eq!(missing(&[0x30, 0x82, 1, 0]), Some(256));
        assert_eq!(missing(&[0x30, 2, 1, 2]), None);
        assert_eq!(missing(&[4, 5]), None);
    }
}
