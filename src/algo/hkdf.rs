//! `HKDF-SM3`: extract and expand of RFC 5869 with HMAC-SM3.
//!
//! Knows no labels; what a derived key is for is the caller's `info`.

use zeroize::Zeroize;

use super::hmac::{self, Keyed};
use crate::{
    error::{Error, Kind, Result},
    secret::Secret,
};

/// The most bytes one [`expand`] gives: 255 blocks (RFC 5869 §2.3).
pub const MAX: usize = 255 * 32;

/// `HKDF-Extract(salt, ikm) → PRK` (RFC 5869 §2.2).
#[must_use]
pub fn extract(salt: &[u8], ikm: &[u8]) -> Secret<32> {
    Secret::take(&mut hmac::mac(salt, &[ikm]))
}

/// `HKDF-Expand(prk, info[0] ‖ info[1] ‖ …) → out` (RFC 5869 §2.3).
///
/// # Errors
/// [`Invalid`](Kind::Invalid) when more than [`MAX`] bytes are asked for.
pub fn expand(prk: &Secret<32>, info: &[&[u8]], out: &mut [u8]) -> Result<()> {
    expand_bytes(prk.expose(), info, out)
}

/// [`expand`] for a pseudorandom key of any length of at least 32 bytes.
///
/// # Errors
/// As [`expand`].
pub fn expand_bytes(prk: &[u8], info: &[&[u8]], out: &mut [u8]) -> Result<()> {
    if out.len() > MAX {
        return Err(Error::new(
            Kind::Invalid,
            "HKDF gives at most 8,160 bytes; derive several outputs under several labels",
        ));
    }
    let keyed = Keyed::new(prk);
    let mut block = [0u8; 32];
    for (index, chunk) in (1u8..=255).zip(out.chunks_mut(32)) {
        let mut hmac = keyed.start();
        if index > 1 {
            hmac.update(&block);
        }
        for part in info {
            hmac.update(part);
        }
        hmac.update(&[index]);
        block = hmac.finalize();
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
    block.zeroize();
    Ok(())
}
