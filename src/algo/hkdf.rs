//! `HKDF-SM3`: extract and expand of RFC 5869 with HMAC-SM3.
//!
//! Knows no labels; what a derived key is for is the caller's `info`.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use zeroize::Zeroize;

use super::hmac::{self, Keyed};
use crate::{
    error::{Error, Kind, Rejected, Result},
    secret::Secret,
};

/// The most bytes one [`expand`] gives: 255 blocks (RFC 5869 §2.3).
pub const MAX: usize = 255 * 32;

/// A pseudorandom key that expands, wherever it is kept: in memory, or inside an encryption machine.
pub trait Prk {
    /// Why it did not: a device has reasons of its own.
    type Failure: From<Rejected>;

    /// `HKDF-Expand(this key, info[0] ‖ info[1] ‖ …) → out`.
    ///
    /// # Errors
    /// For more than [`MAX`] bytes; whatever holds the key.
    fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Result<(), Self::Failure>;
}

impl Prk for Secret<32> {
    type Failure = Rejected;

    #[inline]
    fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Result<(), Rejected> {
        expand(self, info, out).map_err(|_| Rejected)
    }
}

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
    check(out)?;
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

/// [`expand`] by a key that only computes MACs, of the parts joined: the key need not be here.
///
/// # Errors
/// As [`expand`], and whatever `mac` returns; what was written is wiped.
#[cfg(feature = "alloc")]
pub fn expand_with(
    mut mac: impl FnMut(&[&[u8]]) -> Result<Secret<32>>,
    info: &[&[u8]],
    out: &mut [u8],
) -> Result<()> {
    check(out)?;
    let mut block: Option<Secret<32>> = None;
    for (index, start) in (1u8..=255).zip((0..out.len()).step_by(32)) {
        let last = [index];
        let mut parts: Vec<&[u8]> = Vec::with_capacity(info.len() + 2);
        parts.extend(block.as_ref().map(|block| block.expose().as_slice()));
        parts.extend_from_slice(info);
        parts.push(&last);
        let next = match mac(&parts) {
            Ok(next) => next,
            Err(error) => {
                out.zeroize();
                return Err(error);
            }
        };
        let chunk = out.len().min(start + 32) - start;
        out[start..start + chunk].copy_from_slice(&next.expose()[..chunk]);
        block = Some(next);
    }
    Ok(())
}

fn check(out: &[u8]) -> Result<()> {
    if out.len() <= MAX {
        return Ok(());
    }
    Err(Error::new(
        Kind::Invalid,
        "HKDF gives at most 8,160 bytes; derive several outputs under several labels",
    ))
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_only_computes_macs_expands_alike() {
        let prk = Secret::<32>::take(&mut [7; 32]);
        let mac = |parts: &[&[u8]]| Ok(Secret::take(&mut hmac::mac(&[7; 32], parts)));
        for len in [0, 1, 31, 32, 33, 60, 64, 255, MAX] {
            let (mut here, mut there) = (alloc::vec![0; len], alloc::vec![1; len]);
            expand(&prk, &[b"label\0", b"info"], &mut here).unwrap();
            expand_with(mac, &[b"label\0", b"info"], &mut there).unwrap();
            assert_eq!(here, there, "{len}");
        }
        assert_eq!(expand_with(mac, &[], &mut [0; MAX + 1]).unwrap_err().kind(), Kind::Invalid);
        let (mut out, mut left) = ([1; 60], 1);
        let breaks = |parts: &[&[u8]]| {
            left -= 1;
            if left < 0 { Err(Error::new(Kind::Unavailable, "gone")) } else { mac(parts) }
        };
        assert_eq!(expand_with(breaks, &[], &mut out).unwrap_err().kind(), Kind::Unavailable);
        assert_eq!(out, [0; 60], "nothing of a derivation that failed stays");
    }
}
