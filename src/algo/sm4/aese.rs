//! SM4 with NEON and the instruction AESE: up to 16 blocks word by word, one block for its latency.
//!
//! Knows no mode but counting and chaining. The algebra is in [`affine`](super::affine), as for `aesni`: the state is
//! `T · X` throughout, and keys are `T · rk ⊕ t`. AESE adds before it substitutes, which here is the last sum of a round.
#![allow(unsafe_code, reason = "the steps from the token to what the processor can")]

mod block;
mod words;

use core::arch::aarch64::{uint8x16_t, vandq_u8, vdupq_n_u8, veorq_u8, vqtbl1q_u8, vshrq_n_u8};

use super::{Counter, Keys, Masks, affine::Nibbles, neon::load_block};
use crate::algo::cpu::Aese;

/// Round keys from a key, each `T · rk ⊕ t`.
pub(super) fn expand(_: Aese, key: &[u8; 16]) -> Keys {
    // SAFETY: an `Aese` exists only where the instructions for AES do.
    unsafe { block::schedule(key) }
}

/// One block; `keys` are in the order of their use.
pub(super) fn one(_: Aese, keys: &Keys, block: &mut [u8; 16]) {
    // SAFETY: an `Aese` exists only where the instructions for AES do.
    unsafe { block::one(keys, block) }
}

/// Runs the rounds over independent blocks.
pub(super) fn crypt(_: Aese, keys: &Keys, blocks: &mut [[u8; 16]], masks: &mut impl Masks) {
    // SAFETY: an `Aese` exists only where the instructions for AES do.
    unsafe { wide(keys, blocks.as_flattened_mut(), masks) }
}

/// XORs the key stream of a counter whose last 32 bits count.
pub(super) fn ctr32(_: Aese, keys: &Keys, counter: &Counter, buffer: &mut [u8]) {
    // SAFETY: an `Aese` exists only where the instructions for AES do.
    unsafe { count(keys, *counter, buffer) }
}

/// CBC encryption: each block with the output before it, which `state` is before the first and after the last.
pub(super) fn chain(_: Aese, keys: &Keys, state: &mut [u8; 16], blocks: &mut [[u8; 16]]) {
    // SAFETY: an `Aese` exists only where the instructions for AES do.
    unsafe { block::links(keys, state, blocks) }
}

/// CBC-MAC: as [`chain`], of which only `state` is asked for.
pub(super) fn absorb(_: Aese, keys: &Keys, state: &mut [u8; 16], blocks: &[[u8; 16]]) {
    // SAFETY: an `Aese` exists only where the instructions for AES do.
    unsafe { block::last_link(keys, state, blocks) }
}

/// Bytes that a group of 4 blocks has.
const WORDS: usize = 64;

#[target_feature(enable = "neon,aes")]
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

#[target_feature(enable = "neon,aes")]
fn count(keys: &Keys, mut counter: Counter, data: &mut [u8]) {
    for chunk in data.chunks_mut(4 * WORDS) {
        match chunk.len().div_ceil(WORDS) {
            1 => words::count::<1>(keys, &counter, chunk),
            2 => words::count::<2>(keys, &counter, chunk),
            _ => words::count::<4>(keys, &counter, chunk),
        }
        counter.low = counter.low.wrapping_add(16);
    }
}

/// Each byte's low and high half.
#[inline]
#[target_feature(enable = "neon")]
fn nibbles(bytes: uint8x16_t) -> [uint8x16_t; 2] {
    [vandq_u8(bytes, vdupq_n_u8(0x0f)), vshrq_n_u8::<4>(bytes)]
}

#[inline]
#[target_feature(enable = "neon")]
fn product(table: &Nibbles, [low, high]: [uint8x16_t; 2]) -> uint8x16_t {
    let low = vqtbl1q_u8(load_block(&table.low), low);
    veorq_u8(low, vqtbl1q_u8(load_block(&table.high), high))
}

/// The bytes at these places.
#[inline]
#[target_feature(enable = "neon")]
fn moved(bytes: uint8x16_t, places: &[u8; 16]) -> uint8x16_t {
    vqtbl1q_u8(bytes, load_block(places))
}
