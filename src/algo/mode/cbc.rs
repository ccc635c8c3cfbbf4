//! `SM4-CBC[key, iv](blocks)`: GB/T 17964-2021 §6. Unauthenticated; authenticate before decrypting.
//!
//! Knows no padding; see [`padding`](super::padding).

use super::{whole_blocks, xor};
use crate::{algo::sm4::Sm4, error::Result};

/// Encrypts whole blocks in place.
///
/// # Errors
/// [`Invalid`](crate::Kind::Invalid) when the length is no multiple of 16.
pub fn encrypt(cipher: &Sm4, iv: &[u8; 16], buffer: &mut [u8]) -> Result<()> {
    let mut last = *iv;
    for block in whole_blocks(buffer)? {
        xor(block, &last);
        cipher.encrypt_block(block);
        last = *block;
    }
    Ok(())
}

/// Decrypts whole blocks in place.
///
/// # Errors
/// As [`encrypt`].
pub fn decrypt(cipher: &Sm4, iv: &[u8; 16], buffer: &mut [u8]) -> Result<()> {
    let mut last = *iv;
    for chunk in whole_blocks(buffer)?.chunks_mut(16) {
        let mut previous = [[0u8; 16]; 16];
        previous[..chunk.len()].copy_from_slice(chunk);
        cipher.decrypt_blocks(chunk);
        for (block, previous) in chunk.iter_mut().zip(previous) {
            xor(block, &last);
            last = previous;
        }
    }
    Ok(())
}
