//! `SM4-CTR[key, counter](bytes)`: GB/T 17964-2021 §9, the whole block counting big-endian modulo 2^128.
//!
//! Unauthenticated: a flipped bit of input is a flipped bit of output.

use crate::algo::sm4::Sm4;

/// Encrypts or decrypts in place; `counter` is the first counter block.
pub fn apply(cipher: &Sm4, counter: &[u8; 16], buffer: &mut [u8]) {
    cipher.ctr128(counter, buffer);
}

/// As [`apply`], only the last 32 bits counting, as GCM does (`inc32` of GB/T 36624-2018).
pub(super) fn apply32(cipher: &Sm4, counter: &[u8; 16], buffer: &mut [u8]) {
    cipher.ctr32(counter, buffer);
}
