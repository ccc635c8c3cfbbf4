//! `PBKDF2-HMAC-SM3(password, salt, iterations) → key`: GM/T 0091-2020 §5 and RFC 8018 §5.2.
//!
//! Knows no policy about the cost; callers hold their floor and ceiling before they call.

use core::num::NonZeroU32;

use zeroize::Zeroize;

use super::hmac::HmacSm3;
use crate::error::{Error, Kind, Result};

/// Fills `out` with the derived key.
///
/// # Errors
/// [`Invalid`](Kind::Invalid) when `out` is empty or longer than 2^32 − 1 blocks of 32 bytes.
pub fn derive(password: &[u8], salt: &[u8], iterations: NonZeroU32, out: &mut [u8]) -> Result<()> {
    if out.is_empty() {
        return Err(Error::new(Kind::Invalid, "PBKDF2 derives at least one byte"));
    }
    let keyed = HmacSm3::new(password);
    for (index, chunk) in out.chunks_mut(32).enumerate() {
        let index = u32::try_from(index + 1)
            .map_err(|_| Error::new(Kind::Invalid, "PBKDF2 gives at most 2^32 - 1 blocks; ask for less"))?;
        let mut block = iterate(&keyed, salt, iterations, index);
        chunk.copy_from_slice(&block[..chunk.len()]);
        block.zeroize();
    }
    Ok(())
}

/// `T_i = U_1 ⊕ U_2 ⊕ … ⊕ U_c`
fn iterate(keyed: &HmacSm3, salt: &[u8], iterations: NonZeroU32, index: u32) -> [u8; 32] {
    let mut hmac = keyed.clone();
    hmac.update(salt);
    hmac.update(&index.to_be_bytes());
    let mut last = hmac.finalize();
    let mut sum = last;
    for _ in 1..iterations.get() {
        let mut hmac = keyed.clone();
        hmac.update(&last);
        last = hmac.finalize();
        for (sum, byte) in sum.iter_mut().zip(&last) {
            *sum ^= byte;
        }
    }
    last.zeroize();
    sum
}
