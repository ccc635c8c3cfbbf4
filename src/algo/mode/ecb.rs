//! `SM4-ECB[key](blocks)`: GB/T 17964-2021 §5. Equal blocks stay equal: for single blocks and interoperability only.
//!
//! Knows no padding; see [`padding`](super::padding).

use super::whole_blocks;
use crate::{algo::sm4::Sm4, error::Result};

/// Encrypts whole blocks in place.
///
/// # Errors
/// [`Invalid`](crate::Kind::Invalid) when the length is no multiple of 16.
pub fn encrypt(cipher: &Sm4, buffer: &mut [u8]) -> Result<()> {
    cipher.encrypt_blocks(whole_blocks(buffer)?);
    Ok(())
}

/// Decrypts whole blocks in place.
///
/// # Errors
/// As [`encrypt`].
pub fn decrypt(cipher: &Sm4, buffer: &mut [u8]) -> Result<()> {
    cipher.decrypt_blocks(whole_blocks(buffer)?);
    Ok(())
}
