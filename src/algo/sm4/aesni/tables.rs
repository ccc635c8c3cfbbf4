//! Matrices as tables, after what AES makes of a byte, and the way back from its shift of rows.
//!
//! Knows no instruction.

use super::super::{
    affine::{A, A0, C, Nibbles, T, T_INVERSE},
    avx2::rotated,
};

/// Into the kernels' domain, and out of it.
pub(super) static ENTER: Nibbles = Nibbles::of(T, 0);
pub(super) static LEAVE: Nibbles = Nibbles::of(T_INVERSE, 0);
/// `a` and `c`, which a byte gives to its own place and to the next.
pub(super) static OWN: Nibbles = Nibbles::after_aes(A, A0);
pub(super) static NEXT: Nibbles = Nibbles::after_aes(C, 0);

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
