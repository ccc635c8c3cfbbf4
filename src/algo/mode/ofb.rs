//! `SM4-OFB[key, iv](bytes)`: GB/T 17964-2021 §8. Unauthenticated; encryption and decryption are one.
//!
//! Any length is taken.

use zeroize::Zeroize;

use super::xor;
use crate::algo::sm4::Sm4;

/// Encrypts or decrypts in place.
pub fn apply(cipher: &Sm4, iv: &[u8; 16], buffer: &mut [u8]) {
    let mut state = *iv;
    for chunk in buffer.chunks_mut(16) {
        cipher.encrypt_block(&mut state);
        xor(chunk, &state);
    }
    state.zeroize();
}
