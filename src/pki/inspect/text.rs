//! Text that stands for bytes: marks before it, characters of 16 bits, hexadecimal and base64.
//!
//! Knows digits and letters; a private key may be among them, so what is decoded is wiped and digits decide no branch.

use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};
use zeroize::Zeroizing;

use super::{Oddity, ber::note};
use crate::pki::hexadecimal::digit;

pub(super) type Bytes = Zeroizing<Vec<u8>>;

/// Whether everything may be typed; every byte is looked at in the same way.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |all, byte| all & (byte.is_ascii_graphic() | byte.is_ascii_whitespace()))
}

/// The text without a mark before it, one byte a character.
pub(super) fn plain(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Bytes> {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        note(notes, Oddity::ByteOrderMark);
        return Some(Zeroizing::new(rest.to_vec()));
    }
    let (units, is_little) = match bytes {
        [0xff, 0xfe, units @ ..] => (units, true),
        [0xfe, 0xff, units @ ..] => (units, false),
        _ => return None,
    };
    let (pairs, []) = units.as_chunks::<2>() else { return None };
    let order = |[first, second]: [u8; 2]| if is_little { (second, first) } else { (first, second) };
    let mut text = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for (high, low) in pairs.iter().map(|pair| order(*pair)) {
        if high != 0 {
            return None;
        }
        text.push(low);
    }
    note(notes, Oddity::Utf16);
    Some(text)
}

/// The bytes of hexadecimal text, with whatever people put before and between its digits.
pub(super) fn hexadecimal(text: &[u8], notes: &mut Vec<Oddity>) -> Option<Bytes> {
    let mut own = Vec::new();
    let mut digits = Zeroizing::new(Vec::with_capacity(text.len() + 1));
    // An odd number of digits is known only at the end, so one place is left in front.
    digits.push(0);
    let mut before = 0;
    for byte in text {
        // Digits go no further: which one it is decides nothing.
        match digit(*byte) {
            value @ 0..16 => digits.push(value),
            _ => sign(before, *byte, &mut digits, &mut own)?,
        }
        before = *byte;
    }
    if digits.len() == 1 {
        return None;
    }
    let is_odd = digits.len().is_multiple_of(2);
    let pairs = digits[usize::from(!is_odd)..].as_chunks::<2>().0;
    if is_odd {
        note(&mut own, Oddity::OddDigits);
    }
    let mut out = Zeroizing::new(Vec::with_capacity(pairs.len()));
    out.extend(pairs.iter().map(|[high, low]| high << 4 | low));
    notes.append(&mut own);
    Some(out)
}

/// Takes what is no digit, if people put it there.
fn sign(before: u8, byte: u8, digits: &mut Vec<u8>, notes: &mut Vec<Oddity>) -> Option<()> {
    match byte {
        b'\\' => note(notes, Oddity::HexPrefix),
        b'x' | b'X' if before == b'\\' => {}
        b'x' | b'X' => {
            // The zero of 0x is no digit; the first place is none either.
            if digits.len() == 1 || digits.pop() != Some(0) {
                return None;
            }
            note(notes, Oddity::HexPrefix);
        }
        b':' | b',' | b'-' | b';' | b'{' | b'}' | b'[' | b']' | b'(' | b')' | b'\'' | b'"' => {
            note(notes, Oddity::HexSeparators);
        }
        byte => return byte.is_ascii_whitespace().then_some(()),
    }
    Some(())
}

/// The bytes of base64 text in either alphabet, padded or not.
pub(super) fn base64(text: &[u8], notes: &mut Vec<Oddity>) -> Option<Bytes> {
    let mut own = Vec::new();
    let mut letters = Zeroizing::new(Vec::with_capacity(text.len() + 3));
    let mut padding = 0usize;
    let is_sign = |byte: &u8| byte.is_ascii_whitespace() | matches!(byte, b'"' | b'\'' | b',');
    for byte in text.iter().filter(|byte| !is_sign(byte)) {
        match byte {
            b'=' => padding += 1,
            _ if padding > 0 => return None,
            byte => letters.push(standard(*byte)),
        }
    }
    if text.iter().fold(false, |any, byte| any | (standard(*byte) != *byte)) {
        note(&mut own, Oddity::UrlAlphabet);
    }
    let needed = (4 - letters.len() % 4) % 4;
    if letters.is_empty() || needed == 3 {
        return None;
    }
    if needed != padding {
        note(&mut own, Oddity::Padding);
    }
    letters.extend(core::iter::repeat_n(b'=', needed));
    let mut out = Zeroizing::new(alloc::vec![0; letters.len() / 4 * 3]);
    let len = Base64::decode(letters.as_slice(), &mut out).ok()?.len();
    out.truncate(len);
    notes.append(&mut own);
    Some(out)
}

/// The letter of the standard alphabet for one of the alphabet for URLs.
const fn standard(letter: u8) -> u8 {
    // All ones where both are the same.
    const fn same(one: u8, other: u8) -> u8 {
        (((one ^ other) as i16 - 1) >> 8) as u8
    }
    letter ^ (same(letter, b'-') & (b'-' ^ b'+')) ^ (same(letter, b'_') & (b'_' ^ b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(
        read: fn(&[u8], &mut Vec<Oddity>) -> Option<Bytes>,
        text: &str,
    ) -> (Option<Vec<u8>>, Vec<Oddity>) {
        let mut notes = Vec::new();
        let found = read(text.as_bytes(), &mut notes);
        (found.map(|bytes| bytes.to_vec()), notes)
    }

    #[test]
    fn hexadecimal_is_read_as_people_have_it() {
        let bytes = Some(alloc::vec![0x30, 0x0a, 0x00, 0xff]);
        for (text, oddities) in [
            ("300a00ff", &[][..]),
            ("300A 00FF\r\n", &[]),
            ("0x300a00ff", &[Oddity::HexPrefix]),
            ("30:0a:00:ff", &[Oddity::HexSeparators]),
            ("{0x30, 0x0a, 0x00, 0xff};", &[Oddity::HexSeparators, Oddity::HexPrefix]),
            ("\\x30\\x0a\\x00\\xff", &[Oddity::HexPrefix]),
            ("'300a00ff'", &[Oddity::HexSeparators]),
        ] {
            assert_eq!(told(hexadecimal, text), (bytes.clone(), oddities.to_vec()), "{text}");
        }
        assert_eq!(
            told(hexadecimal, "a00ff"),
            (Some(alloc::vec![0x0a, 0, 0xff]), alloc::vec![Oddity::OddDigits])
        );
        for text in ["", "0x", "3g", "MIIB", "12x4", "..", "0xg", "x30"] {
            assert_eq!(told(hexadecimal, text), (None, alloc::vec![]), "{text}");
        }
    }

    #[test]
    fn base64_is_read_in_both_alphabets() {
        for (text, bytes, oddities) in [
            ("+/8A", &[0xfb, 0xff, 0][..], &[][..]),
            ("-_8A", &[0xfb, 0xff, 0], &[Oddity::UrlAlphabet]),
            ("+/\r\n8=\n", &[0xfb, 0xff], &[]),
            ("+/8", &[0xfb, 0xff], &[Oddity::Padding]),
            ("+w=", &[0xfb], &[Oddity::Padding]),
            ("\"+w==\",", &[0xfb], &[]),
        ] {
            assert_eq!(told(base64, text), (Some(bytes.to_vec()), oddities.to_vec()), "{text}");
        }
        for text in ["", "=", "A", "AAAAA", "A=A=", "AA!A", "+x=="] {
            assert_eq!(told(base64, text), (None, alloc::vec![]), "{text}");
        }
    }

    #[test]
    fn marks_and_wide_characters_are_taken_away() {
        let read = |bytes: &[u8]| plain(bytes, &mut Vec::new()).map(|text| text.to_vec());
        assert_eq!(read(b"\xef\xbb\xbfab"), Some(b"ab".to_vec()));
        assert_eq!(read(b"\xff\xfea\0b\0"), Some(b"ab".to_vec()));
        assert_eq!(read(b"\xfe\xff\0a\0b"), Some(b"ab".to_vec()));
        for other in [&b"ab"[..], b"\xff\xfea", b"\xff\xfe\0a", b""] {
            assert_eq!(read(other), None);
        }
    }
}
