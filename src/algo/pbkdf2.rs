//! `PBKDF2-HMAC-SM3(password, salt, iterations) → key`: GM/T 0091-2020 §5 and RFC 8018 §5.2.
//!
//! Knows no policy about the cost; callers hold their floor and ceiling before they call.

use core::num::NonZeroU32;

use zeroize::Zeroize;

use super::{
    hmac::{Keyed, last_block},
    sm3::{Backend, State, to_bytes},
};
use crate::error::{Error, Kind, Result};

/// Fills `out` with the derived key.
///
/// # Errors
/// [`Invalid`](Kind::Invalid) when `out` is empty or longer than 2^32 − 1 blocks of 32 bytes.
pub fn derive(password: &[u8], salt: &[u8], iterations: NonZeroU32, out: &mut [u8]) -> Result<()> {
    if out.is_empty() {
        return Err(Error::new(Kind::Invalid, "PBKDF2 derives at least one byte"));
    }
    if u32::try_from(out.len().div_ceil(32)).is_err() {
        return Err(Error::new(Kind::Invalid, "PBKDF2 gives at most 2^32 - 1 blocks; ask for less"));
    }
    let keyed = Keyed::new(password);
    let mut first = 1u32;
    for chunk in out.chunks_mut(32 * Backend::MOST) {
        iterate(&keyed, salt, iterations, first, chunk);
        first = first.wrapping_add(Backend::MOST as u32);
    }
    Ok(())
}

/// `T_i = U_1 ⊕ U_2 ⊕ … ⊕ U_c` from number `first`, as many as `out` holds, side by side.
///
/// Every `U` but the first is two blocks, one after each half of the key, so neither buffer nor length is kept.
fn iterate(keyed: &Keyed, salt: &[u8], iterations: NonZeroU32, first: u32, out: &mut [u8]) {
    let backend = Backend::best();
    let count = out.len().div_ceil(32);
    let mut blocks = [[0; 64]; Backend::MOST];
    let mut sums = [[0; 32]; Backend::MOST];
    let mut states: [State; Backend::MOST] = [[0; 8]; Backend::MOST];
    let (blocks, sums, states) = (&mut blocks[..count], &mut sums[..count], &mut states[..count]);
    for (at, (block, sum)) in blocks.iter_mut().zip(&mut *sums).enumerate() {
        let mut hmac = keyed.start();
        hmac.update(salt);
        hmac.update(&first.wrapping_add(at as u32).to_be_bytes());
        *sum = hmac.finalize();
        *block = last_block(sum);
    }
    for _ in 1..iterations.get() {
        for half in [&keyed.inner, &keyed.outer] {
            states.fill(*half);
            backend.compress_each(states, blocks);
            for (block, state) in blocks.iter_mut().zip(&*states) {
                block[..32].copy_from_slice(&to_bytes(state));
            }
        }
        for (sum, block) in sums.iter_mut().zip(&*blocks) {
            sum.iter_mut().zip(block).for_each(|(sum, u)| *sum ^= u);
        }
    }
    out.copy_from_slice(&sums.as_flattened()[..out.len()]);
    blocks.as_flattened_mut().zeroize();
    sums.as_flattened_mut().zeroize();
    states.as_flattened_mut().zeroize();
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use alloc::vec;

    use super::{NonZeroU32, derive};
    use crate::algo::hmac::mac;

    #[test]
    fn every_block_is_the_sum_of_its_macs_however_many_go_side_by_side() {
        let (password, salt) = (b"a password", [7; 70]);
        for len in [1, 32, 33, 64, 65, 96, 255, 256, 257, 288, 512, 513, 600, 1100] {
            for iterations in [1, 2, 5] {
                let mut out = vec![0; len];
                derive(password, &salt, NonZeroU32::new(iterations).unwrap(), &mut out).unwrap();
                for (number, found) in (1u32..).zip(out.chunks(32)) {
                    let mut u = mac(password, &[&salt, &number.to_be_bytes()]);
                    let mut sum = u;
                    for _ in 1..iterations {
                        u = mac(password, &[&u]);
                        sum.iter_mut().zip(u).for_each(|(sum, byte)| *sum ^= byte);
                    }
                    assert_eq!(found, &sum[..found.len()], "block {number} of {len} bytes");
                }
            }
        }
    }
}
