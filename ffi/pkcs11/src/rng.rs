//! Randomness (随机数): for each request a generator of its own, seeded by the system, so that a fork can repeat none.
//!
//! Knows no use of the numbers.

use std::process;

use cryptoki_sys::CKR_RANDOM_NO_RNG;
use miyao::{Secret, algo::drbg::Drbg};
use rand_core::Rng;

use crate::rv::{Result, Rv};

/// A generator for one request.
pub(crate) fn fresh() -> Result<Drbg> {
    seeded(&[])
}

/// As [`fresh`], with what a caller wants mixed in beside the system's entropy.
pub(crate) fn seeded(more: &[u8]) -> Result<Drbg> {
    let entropy = Secret::<32>::try_build(|out| getrandom::fill(out)).map_err(|_| Rv(CKR_RANDOM_NO_RNG))?;
    let nonce = [&process::id().to_be_bytes(), more].concat();
    Ok(Drbg::new(entropy.expose(), &nonce, b"miyao pkcs11"))
}

/// Its next `N` bytes.
pub(crate) fn array<const N: usize>(rng: &mut Drbg) -> [u8; N] {
    let mut out = [0; N];
    fill(rng, &mut out);
    out
}

/// Fills `out` with its next bytes.
pub(crate) fn fill(rng: &mut Drbg, out: &mut [u8]) {
    rng.fill_bytes(out);
}
