//! `KDF(Z, klen)`: the derivation of GB/T 32918.4-2016 §5.4.3 (X9.63 with SM3).
//!
//! Knows nothing of curves; `Z` is bytes.

use zeroize::Zeroize;

use super::sm3::Sm3;
use crate::error::{Error, Kind, Result};

/// Fills `out` with `SM3(Z ‖ 1) ‖ SM3(Z ‖ 2) ‖ …`, `Z` being the parts joined.
///
/// # Errors
/// [`Invalid`](Kind::Invalid) when `out` is empty or longer than 2^32 − 1 blocks of 32 bytes.
pub fn derive(z: &[&[u8]], out: &mut [u8]) -> Result<()> {
    if out.is_empty() {
        return Err(Error::new(Kind::Invalid, "the KDF derives at least one byte"));
    }
    let mut prefix = Sm3::new();
    for part in z {
        prefix.update(part);
    }
    for (counter, chunk) in out.chunks_mut(32).enumerate() {
        let counter = u32::try_from(counter + 1)
            .map_err(|_| Error::new(Kind::Invalid, "the KDF gives at most 2^32 - 1 blocks; ask for less"))?;
        let mut hash = prefix.clone();
        hash.update(&counter.to_be_bytes());
        let mut block = hash.finalize();
        chunk.copy_from_slice(&block[..chunk.len()]);
        block.zeroize();
    }
    Ok(())
}
