//! `SM4-CFB[key, iv](bytes)` with 128-bit and 8-bit feedback: GB/T 17964-2021 §7. Unauthenticated.
//!
//! Any length is taken; the last segment may be short.

use super::xor;
use crate::algo::sm4::Sm4;

/// Encrypts in place, feeding back whole blocks.
pub fn encrypt(cipher: &Sm4, iv: &[u8; 16], buffer: &mut [u8]) {
    let mut state = *iv;
    for chunk in buffer.chunks_mut(16) {
        cipher.encrypt_block(&mut state);
        xor(chunk, &state);
        state[..chunk.len()].copy_from_slice(chunk);
    }
}

/// Decrypts in place, feeding back whole blocks.
pub fn decrypt(cipher: &Sm4, iv: &[u8; 16], buffer: &mut [u8]) {
    let mut state = *iv;
    for chunk in buffer.chunks_mut(16) {
        cipher.encrypt_block(&mut state);
        let mut next = [0u8; 16];
        next[..chunk.len()].copy_from_slice(chunk);
        xor(chunk, &state);
        state = next;
    }
}

/// Encrypts in place, feeding back single bytes (CFB8).
pub fn encrypt_bytewise(cipher: &Sm4, iv: &[u8; 16], buffer: &mut [u8]) {
    bytewise(cipher, iv, buffer, |_, output| output);
}

/// Decrypts in place, feeding back single bytes (CFB8).
pub fn decrypt_bytewise(cipher: &Sm4, iv: &[u8; 16], buffer: &mut [u8]) {
    bytewise(cipher, iv, buffer, |input, _| input);
}

/// `ciphertext` picks the ciphertext byte out of (input, output).
fn bytewise(cipher: &Sm4, iv: &[u8; 16], buffer: &mut [u8], ciphertext: impl Fn(u8, u8) -> u8) {
    let mut state = *iv;
    for byte in buffer {
        let mut block = state;
        cipher.encrypt_block(&mut block);
        let input = *byte;
        *byte ^= block[0];
        state.rotate_left(1);
        state[15] = ciphertext(input, *byte);
    }
}
