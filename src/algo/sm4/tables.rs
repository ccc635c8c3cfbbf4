//! Matrices as tables, after what AES makes of a byte, and the way back from its shift of rows.
//!
//! Knows no instruction.

use super::affine::{A, A0, B, C, E, E0, Nibbles, T, T_INVERSE};

/// Into the kernels' domain, and out of it.
pub(super) static ENTER: Nibbles = Nibbles::of(T, 0);
pub(super) static LEAVE: Nibbles = Nibbles::of(T_INVERSE, 0);
/// `a` and `c`, which a byte gives to its own place and to the next.
pub(super) static OWN: Nibbles = Nibbles::after_aes(A, A0);
pub(super) static NEXT: Nibbles = Nibbles::after_aes(C, 0);
/// `b = a ⊕ c`, less its constant.
pub(super) static BOTH: Nibbles = Nibbles::after_aes(B, 0);
/// The matrices of the key schedule.
pub(super) static KEY: [Nibbles; 4] = [
    Nibbles::after_aes(E[0], E0),
    Nibbles::after_aes(E[1], 0),
    Nibbles::after_aes(E[2], 0),
    Nibbles::after_aes(E[3], 0),
];

/// Places of bytes whose rows AES has shifted (FIPS 197 §5.1.2), words then rotated left by `bytes`.
pub(super) const fn unshifted(bytes: usize) -> [u8; 16] {
    let mut places = rotated(bytes);
    let mut at = 0;
    while at < 16 {
        // The byte of row r that belongs to column c stands in column c - r.
        let (column, row) = (places[at] / 4, places[at] % 4);
        places[at] = (column + 4 - row) % 4 * 4 + row;
        at += 1;
    }
    places
}

/// Places of the bytes of four words rotated left by `bytes`.
pub(super) const fn rotated(bytes: usize) -> [u8; 16] {
    let mut places = [0; 16];
    let mut at = 0;
    while at < 16 {
        places[at] = (at / 4 * 4 + (at + 4 - bytes) % 4) as u8;
        at += 1;
    }
    places
}
