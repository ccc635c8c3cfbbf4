//! The few strict DER shapes of GM/T 0009-2012 that need no allocator: SEQUENCE, INTEGER, OCTET STRING.
//!
//! Knows no key and no curve. Only minimal, definite lengths are read; everything else is `Rejected`.

use crate::error::Rejected;

/// The content of the one SEQUENCE that `bytes` are.
pub(super) fn sequence(bytes: &[u8]) -> Result<&[u8], Rejected> {
    let (content, rest) = element(bytes, 0x30)?;
    if rest.is_empty() { Ok(content) } else { Err(Rejected) }
}

/// Reads an unsigned INTEGER into the fixed width of `out`; gives what follows.
pub(super) fn integer<'a>(bytes: &'a [u8], out: &mut [u8]) -> Result<&'a [u8], Rejected> {
    let (content, rest) = element(bytes, 0x02)?;
    let digits = match content {
        [] => return Err(Rejected),
        [0, next, ..] if *next < 0x80 => return Err(Rejected),
        [0, digits @ ..] => digits,
        [first, ..] if *first >= 0x80 => return Err(Rejected),
        digits => digits,
    };
    let start = out.len().checked_sub(digits.len()).ok_or(Rejected)?;
    out[..start].fill(0);
    out[start..].copy_from_slice(digits);
    Ok(rest)
}

/// Reads an OCTET STRING; gives its content and what follows.
#[cfg(feature = "alloc")]
pub(super) fn octets(bytes: &[u8]) -> Result<(&[u8], &[u8]), Rejected> {
    element(bytes, 0x04)
}

/// Writes a fixed-width unsigned number as the shortest INTEGER; gives its length.
pub(crate) fn write_integer(number: &[u8], out: &mut [u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len() - 1);
    let digits = &number[zeros..];
    let sign = usize::from(digits[0] >= 0x80);
    let len = sign + digits.len();
    out[0] = 0x02;
    out[1] = len as u8;
    out[2] = 0;
    out[2 + sign..2 + len].copy_from_slice(digits);
    2 + len
}

/// Appends a header with the shortest length.
#[cfg(feature = "alloc")]
pub(crate) fn write_header(tag: u8, len: usize, out: &mut alloc::vec::Vec<u8>) {
    out.push(tag);
    let bytes = len.to_be_bytes();
    let digits = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    if len >= 0x80 {
        out.push(0x80 | digits.len() as u8);
        out.extend_from_slice(digits);
    } else {
        out.push(len as u8);
    }
}

/// Reads one element of this tag; gives its content and what follows.
pub(crate) fn element(bytes: &[u8], tag: u8) -> Result<(&[u8], &[u8]), Rejected> {
    let (&[found, first], rest) = bytes.split_first_chunk().ok_or(Rejected)?;
    if found != tag {
        return Err(Rejected);
    }
    let (len, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80)).ok_or(Rejected)?;
            let len = digits.iter().fold(0usize, |len, digit| (len << 8) | usize::from(*digit));
            // The shortest form is the only one.
            if digits[0] == 0 || len < 0x80 {
                return Err(Rejected);
            }
            (len, rest)
        }
        _ => return Err(Rejected),
    };
    rest.split_at_checked(len).ok_or(Rejected)
}
