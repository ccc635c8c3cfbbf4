//! SM4 with AVX2 and GFNI: 32 blocks byte by byte, up to 16 word by word, one block for its latency.
//!
//! Knows no mode but counting and chaining. The algebra is in [`affine`](super::affine) and [`offsets`](super::offsets):
//! the state is `T · X` throughout, and keys are `T · rk ⊕ t`.
#![allow(unsafe_code, reason = "the steps from the token to what the processor can")]

mod block;
mod sliced;
mod words;

use super::{Counter, Keys, Masks, offsets::Offsets};
use crate::algo::cpu::Gfni;

/// Round keys from a key, each `T · rk ⊕ t`.
pub(super) fn expand(_: Gfni, key: &[u8; 16]) -> Keys {
    // SAFETY: a `Gfni` exists only where AVX2 and GFNI do.
    unsafe { block::schedule(key) }
}

/// As [`expand`], and what the zero block is encrypted to.
pub(super) fn expand_and_zero(_: Gfni, key: &[u8; 16], zero: &mut [u8; 16]) -> Keys {
    // SAFETY: a `Gfni` exists only where AVX2 and GFNI do.
    unsafe { block::schedule_and_zero(key, zero) }
}

/// One block; `keys` are in the order of their use.
pub(super) fn one(_: Gfni, keys: &Keys, block: &mut [u8; 16]) {
    // SAFETY: a `Gfni` exists only where AVX2 and GFNI do.
    unsafe { block::one(keys, block) }
}

/// Runs the rounds over independent blocks.
pub(super) fn crypt(_: Gfni, keys: &Keys, blocks: &mut [[u8; 16]], masks: &mut impl Masks) {
    // SAFETY: a `Gfni` exists only where AVX2 and GFNI do.
    unsafe { wide(keys, blocks.as_flattened_mut(), masks) }
}

/// XORs the key stream of a counter whose last 32 bits count.
pub(super) fn ctr32(_: Gfni, keys: &Keys, counter: &Counter, buffer: &mut [u8]) {
    // SAFETY: a `Gfni` exists only where AVX2 and GFNI do.
    unsafe { count(keys, *counter, buffer) }
}

/// CBC encryption: each block with the output before it, which `state` is before the first and after the last.
pub(super) fn chain(_: Gfni, keys: &Keys, state: &mut [u8; 16], blocks: &mut [[u8; 16]]) {
    // SAFETY: a `Gfni` exists only where AVX2 and GFNI do.
    unsafe { block::links(keys, state, blocks) }
}

/// CBC-MAC: as [`chain`], of which only `state` is asked for.
pub(super) fn absorb(_: Gfni, keys: &Keys, state: &mut [u8; 16], blocks: &[[u8; 16]]) {
    // SAFETY: a `Gfni` exists only where AVX2 and GFNI do.
    unsafe { block::last_link(keys, state, blocks) }
}

/// Bytes that 32 blocks and 8 blocks have.
const SLICED: usize = 512;
const WORDS: usize = 128;

#[target_feature(enable = "avx2,gfni")]
fn wide(keys: &Keys, data: &mut [u8], masks: &mut impl Masks) {
    let (chunks, rest) = data.as_chunks_mut::<SLICED>();
    if !chunks.is_empty() {
        let offsets = Offsets::new(keys);
        for chunk in chunks {
            let masks = masks.next(chunk).map(|mask| mask.first_chunk());
            sliced::blocks(&offsets, chunk, masks);
        }
    }
    for chunk in rest.chunks_mut(2 * WORDS) {
        let masks = masks.next(chunk);
        match chunk.len().div_ceil(WORDS) {
            1 => words::blocks::<1>(keys, chunk, masks),
            _ => words::blocks::<2>(keys, chunk, masks),
        }
    }
}

#[target_feature(enable = "avx2,gfni")]
fn count(keys: &Keys, mut counter: Counter, data: &mut [u8]) {
    let (chunks, rest) = data.as_chunks_mut::<SLICED>();
    if !chunks.is_empty() {
        let (offsets, fixed) = (Offsets::new(keys), sliced::fixed_planes(&counter));
        for chunk in chunks {
            sliced::count(&offsets, &fixed, counter.low, chunk);
            counter.low = counter.low.wrapping_add(32);
        }
    }
    for chunk in rest.chunks_mut(2 * WORDS) {
        match chunk.len().div_ceil(WORDS) {
            1 => words::count::<1>(keys, &counter, chunk),
            _ => words::count::<2>(keys, &counter, chunk),
        }
        counter.low = counter.low.wrapping_add(16);
    }
}
