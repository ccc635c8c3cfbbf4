//! Hexadecimal that may be a private key: no digit is an index or decides a branch.
//!
//! Knows digits only; what stands between them is the reader's.

use alloc::vec::Vec;

/// The value of a digit, or above 15 for any other byte.
pub(super) const fn digit(byte: u8) -> u8 {
    let byte = byte as i16;
    let lower = byte | 0x20;
    // Each mask is all ones where the byte lies between the two ends.
    let decimal = ((0x2f - byte) & (byte - 0x3a)) >> 8;
    let letter = ((0x60 - lower) & (lower - 0x67)) >> 8;
    let value = (decimal & (byte - 0x30)) | (letter & (lower - 0x57));
    (value | (!(decimal | letter) & 0x10)) as u8
}

/// Two lower-case digits a byte and a line end, in one buffer.
pub(super) fn line(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(2 * bytes.len() + 1);
    for byte in bytes {
        text.extend([byte >> 4, byte & 15].map(character));
    }
    text.push(b'\n');
    text
}

const fn character(digit: u8) -> u8 {
    let digit = digit as i16;
    // 0x27 lies between what follows 9 and a.
    (0x30 + digit + (((9 - digit) >> 8) & 0x27)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_the_digit_that_it_is() {
        for byte in 0..=u8::MAX {
            let expected = char::from(byte).to_digit(16);
            assert_eq!(Some(digit(byte)).filter(|digit| *digit < 16).map(u32::from), expected, "{byte:#x}");
        }
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let text = line(&all);
        for (pair, byte) in text.as_chunks().0.iter().zip(&all) {
            let [high, low] = pair.map(digit);
            assert_eq!(high << 4 | low, *byte);
            assert!(!pair.iter().any(u8::is_ascii_uppercase));
        }
    }
}
