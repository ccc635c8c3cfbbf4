//! `SM4-CTR[key, counter](bytes)`: GB/T 17964-2021 §9, the whole block counting big-endian modulo 2^128.
//!
//! Unauthenticated: a flipped bit of input is a flipped bit of output.

use zeroize::Zeroize;

use super::xor;
use crate::algo::sm4::Sm4;

/// Blocks of key stream made at a time.
const WIDE: usize = 16;

/// Encrypts or decrypts in place; `counter` is the first counter block.
pub fn apply(cipher: &Sm4, counter: &[u8; 16], buffer: &mut [u8]) {
    let mut counter = u128::from_be_bytes(*counter);
    stream(cipher, buffer, || {
        let block = counter.to_be_bytes();
        counter = counter.wrapping_add(1);
        block
    });
}

/// As [`apply`], only the last 32 bits counting, as GCM does (`inc32` of GB/T 36624-2018).
pub(super) fn apply32(cipher: &Sm4, counter: &[u8; 16], buffer: &mut [u8]) {
    let mut block = *counter;
    let [.., a, b, c, d] = block;
    let mut low = u32::from_be_bytes([a, b, c, d]);
    stream(cipher, buffer, || {
        block[12..].copy_from_slice(&low.to_be_bytes());
        low = low.wrapping_add(1);
        block
    });
}

fn stream(cipher: &Sm4, buffer: &mut [u8], mut next: impl FnMut() -> [u8; 16]) {
    let mut keys = [[0u8; 16]; WIDE];
    for chunk in buffer.chunks_mut(16 * WIDE) {
        let keys = &mut keys[..chunk.len().div_ceil(16)];
        keys.fill_with(&mut next);
        cipher.encrypt_blocks(keys);
        xor(chunk, keys.as_flattened());
    }
    keys.zeroize();
}
