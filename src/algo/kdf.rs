//! `KDF(Z, klen)`: the derivation of GB/T 32918.4-2016 §5.4.3 (X9.63 with SM3).
//!
//! Knows nothing of curves; `Z` is bytes.

use super::{
    cpu,
    sm3::{self, Backend, Sm3},
};
use crate::error::{Error, Kind, Result};

/// Fills `out` with `SM3(Z ‖ 1) ‖ SM3(Z ‖ 2) ‖ …`, `Z` being the parts joined.
///
/// # Errors
/// [`Invalid`](Kind::Invalid) when `out` is empty or longer than 2^32 − 1 blocks of 32 bytes.
pub fn derive(z: &[&[u8]], out: &mut [u8]) -> Result<()> {
    if out.is_empty() {
        return Err(Error::new(Kind::Invalid, "the KDF derives at least one byte"));
    }
    if u32::try_from(out.len().div_ceil(32)).is_err() {
        return Err(Error::new(Kind::Invalid, "the KDF gives at most 2^32 - 1 blocks; ask for less"));
    }
    let mut prefix = Sm3::new();
    for part in z {
        prefix.update(part);
    }
    sm3::finish_counted(Backend::best(), &prefix, 1, out);
    cpu::wipe_registers();
    Ok(())
}
