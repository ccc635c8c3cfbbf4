//! SM4 with AVX2 and AES-NI: up to 32 blocks word by word, one block for its latency.
//!
//! Knows no mode but counting and chaining. The algebra is in [`affine`](super::affine): the state is `T · X` throughout,
//! and keys are `T · rk ⊕ t`. The inversion is that of AES's last round, matrices are tables of sixteen bytes in registers.
#![allow(unsafe_code, reason = "the steps from the token to what the processor can")]

mod block;
mod words;

use super::{Counter, Keys, Masks};
use crate::algo::cpu::Aesni;

/// Round keys from a key, each `T · rk ⊕ t`.
pub(super) fn expand(_: Aesni, key: &[u8; 16]) -> Keys {
    // SAFETY: an `Aesni` exists only where AVX2 and AES-NI do.
    unsafe { block::schedule(key) }
}

/// One block; `keys` are in the order of their use.
pub(super) fn one(_: Aesni, keys: &Keys, block: &mut [u8; 16]) {
    // SAFETY: an `Aesni` exists only where AVX2 and AES-NI do.
    unsafe { block::one(keys, block) }
}

/// Runs the rounds over independent blocks.
pub(super) fn crypt(_: Aesni, keys: &Keys, blocks: &mut [[u8; 16]], masks: &mut impl Masks) {
    // SAFETY: an `Aesni` exists only where AVX2 and AES-NI do.
    unsafe { wide(keys, blocks.as_flattened_mut(), masks) }
}

/// XORs the key stream of a counter whose last 32 bits count.
pub(super) fn ctr32(_: Aesni, keys: &Keys, counter: &Counter, buffer: &mut [u8]) {
    // SAFETY: an `Aesni` exists only where AVX2 and AES-NI do.
    unsafe { count(keys, *counter, buffer) }
}

/// CBC encryption: each block with the output before it, which `state` is before the first and after the last.
pub(super) fn chain(_: Aesni, keys: &Keys, state: &mut [u8; 16], blocks: &mut [[u8; 16]]) {
    // SAFETY: an `Aesni` exists only where AVX2 and AES-NI do.
    unsafe { block::links(keys, state, blocks) }
}

/// CBC-MAC: as [`chain`], of which only `state` is asked for.
pub(super) fn absorb(_: Aesni, keys: &Keys, state: &mut [u8; 16], blocks: &[[u8; 16]]) {
    // SAFETY: an `Aesni` exists only where AVX2 and AES-NI do.
    unsafe { block::last_link(keys, state, blocks) }
}

/// Bytes that a group of 8 blocks has.
const WORDS: usize = 128;

#[target_feature(enable = "avx2,aes")]
fn wide(keys: &Keys, data: &mut [u8], masks: &mut impl Masks) {
    for chunk in data.chunks_mut(4 * WORDS) {
        let masks = masks.next(chunk);
        match chunk.len().div_ceil(WORDS) {
            1 => words::blocks::<1>(keys, chunk, masks),
            2 => words::blocks::<2>(keys, chunk, masks),
            _ => words::blocks::<4>(keys, chunk, masks),
        }
    }
}

#[target_feature(enable = "avx2,aes")]
fn count(keys: &Keys, mut counter: Counter, data: &mut [u8]) {
    for chunk in data.chunks_mut(4 * WORDS) {
        match chunk.len().div_ceil(WORDS) {
            1 => words::count::<1>(keys, &counter, chunk),
            2 => words::count::<2>(keys, &counter, chunk),
            _ => words::count::<4>(keys, &counter, chunk),
        }
        counter.low = counter.low.wrapping_add(32);
    }
}
