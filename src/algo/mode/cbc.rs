//! `SM4-CBC[key, iv](blocks)`: GB/T 17964-2021 §6. Unauthenticated; authenticate before decrypting.
//!
//! Knows no padding; see [`padding`](super::padding).

use super::whole_blocks;
use crate::{
    algo::sm4::{Masks, Sm4, WIDE},
    error::Result,
};

/// Encrypts whole blocks in place.
///
/// # Errors
/// [`Invalid`](crate::Kind::Invalid) when the length is no multiple of 16.
pub fn encrypt(cipher: &Sm4, iv: &[u8; 16], buffer: &mut [u8]) -> Result<()> {
    let mut last = *iv;
    cipher.chain(&mut last, whole_blocks(buffer)?);
    Ok(())
}

/// Decrypts whole blocks in place.
///
/// # Errors
/// As [`encrypt`].
pub fn decrypt(cipher: &Sm4, iv: &[u8; 16], buffer: &mut [u8]) -> Result<()> {
    let mut previous = Previous { blocks: [0; 16 * WIDE], last: *iv };
    cipher.decrypt_masked(whole_blocks(buffer)?, &mut previous);
    Ok(())
}

/// Each block comes out of the rounds onto the one before it; whole registers are loaded from the blocks.
#[repr(C, align(64))]
struct Previous {
    blocks: [u8; 16 * WIDE],
    last: [u8; 16],
}

impl Masks for Previous {
    fn next(&mut self, blocks: &[u8]) -> [&[u8]; 2] {
        let (before, last) = blocks.split_at(blocks.len().saturating_sub(16));
        let (first, others) = self.blocks[..blocks.len()].split_at_mut(16);
        first.copy_from_slice(&self.last);
        others.copy_from_slice(before);
        self.last.copy_from_slice(last);
        [&[], &self.blocks[..blocks.len()]]
    }
    fn previous(&mut self) -> Option<&mut [u8; 16]> {
        Some(&mut self.last)
    }
}
