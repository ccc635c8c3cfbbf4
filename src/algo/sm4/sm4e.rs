//! SM4 by the instructions that aarch64 has for it: four rounds or four round keys each, eight blocks in flight.
//!
//! Knows no mode but counting and chaining. The intrinsics of these instructions are no stable part of Rust, so they are
//! assembly, one instruction each; the compiler puts them in their order.
#![allow(unsafe_code, reason = "the instructions, the steps from the token to them, and loads of keys")]

use core::{
    arch::{
        aarch64::{
            uint8x16_t, uint32x4_t, vdupq_n_u32, veorq_u8, veorq_u32, vextq_u8, vextq_u32, vld1q_u32,
            vreinterpretq_u8_u32, vreinterpretq_u32_u8, vrev32q_u8, vrev64q_u8, vrev64q_u32, vsetq_lane_u32,
            vst1q_u32,
        },
        asm,
    },
    array,
};

use super::{
    CK, Counter, FK, Keys, Masks,
    neon::{load, load_block, store, store_block},
};
use crate::algo::cpu::Sm4e;

/// The blocks in flight: one instruction may take as many cycles until its result is there.
const LANES: usize = 8;

/// Round keys from a key (GB/T 32907-2016 §7.3).
pub(super) fn expand(_: Sm4e, key: &[u8; 16]) -> Keys {
    // SAFETY: an `Sm4e` exists only where the instructions for SM4 do.
    unsafe { schedule(key) }
}

/// One block; `keys` are in the order of their use.
pub(super) fn one(_: Sm4e, keys: &Keys, block: &mut [u8; 16]) {
    // SAFETY: an `Sm4e` exists only where the instructions for SM4 do.
    unsafe { alone(keys, block) }
}

/// Runs the rounds over independent blocks.
pub(super) fn crypt(_: Sm4e, keys: &Keys, blocks: &mut [[u8; 16]], masks: &mut impl Masks) {
    // SAFETY: an `Sm4e` exists only where the instructions for SM4 do.
    unsafe { wide(keys, blocks.as_flattened_mut(), masks) }
}

/// XORs the key stream of a counter whose last 32 bits count.
pub(super) fn ctr32(_: Sm4e, keys: &Keys, counter: &Counter, buffer: &mut [u8]) {
    // SAFETY: an `Sm4e` exists only where the instructions for SM4 do.
    unsafe { count(keys, *counter, buffer) }
}

/// CBC encryption: each block with the output before it, which `state` is before the first and after the last.
pub(super) fn chain(_: Sm4e, keys: &Keys, state: &mut [u8; 16], blocks: &mut [[u8; 16]]) {
    // SAFETY: an `Sm4e` exists only where the instructions for SM4 do.
    unsafe { links(keys, state, blocks) }
}

/// Four round keys each.
type Quads = [uint32x4_t; 8];

#[target_feature(enable = "neon,sm4")]
fn schedule(key: &[u8; 16]) -> Keys {
    let mut quad = veorq_u32(words(load_block(key)), load_words(&FK));
    let mut keys = [0; 32];
    for (keys, constants) in keys.as_chunks_mut().0.iter_mut().zip(CK.as_chunks().0) {
        quad = sm4ekey(quad, load_words(constants));
        store_words(keys, quad);
    }
    keys
}

#[target_feature(enable = "neon,sm4")]
fn alone(keys: &Keys, block: &mut [u8; 16]) {
    let mut state = [words(load_block(block))];
    rounds(&quads(keys), &mut state);
    store_block(block, left(state[0]));
}

#[target_feature(enable = "neon,sm4")]
fn wide(keys: &Keys, data: &mut [u8], masks: &mut impl Masks) {
    let keys = quads(keys);
    for chunk in data.chunks_mut(16 * super::WIDE) {
        let [before, after] = masks.next(chunk);
        for at in (0..chunk.len()).step_by(16 * LANES) {
            if chunk.len() - at > 16 * LANES / 2 {
                some::<LANES>(&keys, chunk, [before, after], at);
            } else {
                some::<{ LANES / 2 }>(&keys, chunk, [before, after], at);
            }
        }
    }
}

/// Up to `N` blocks from `at` on.
#[inline]
#[target_feature(enable = "neon,sm4")]
fn some<const N: usize>(keys: &Quads, data: &mut [u8], [before, after]: [&[u8]; 2], at: usize) {
    let mut state: [_; N] = array::from_fn(|block| {
        let at = at + 16 * block;
        words(veorq_u8(load(data, at), load(before, at)))
    });
    rounds(keys, &mut state);
    for (block, state) in state.into_iter().enumerate() {
        let at = at + 16 * block;
        store(data, at, veorq_u8(left(state), load(after, at)));
    }
}

#[target_feature(enable = "neon,sm4")]
fn count(keys: &Keys, mut counter: Counter, data: &mut [u8]) {
    let keys = quads(keys);
    for chunk in data.chunks_mut(16 * LANES) {
        if chunk.len() > 16 * LANES / 2 {
            count_some::<LANES>(&keys, &counter, chunk);
        } else {
            count_some::<{ LANES / 2 }>(&keys, &counter, chunk);
        }
        counter.low = counter.low.wrapping_add(LANES as u32);
    }
}

/// Up to `N` blocks of a key stream.
#[inline]
#[target_feature(enable = "neon,sm4")]
fn count_some<const N: usize>(keys: &Quads, counter: &Counter, data: &mut [u8]) {
    let [a, b, c] = counter.fixed;
    let first = load_words(&[a, b, c, counter.low]);
    let mut state: [_; N] =
        array::from_fn(|block| vsetq_lane_u32::<3>(counter.low.wrapping_add(block as u32), first));
    rounds(keys, &mut state);
    for (block, state) in state.into_iter().enumerate() {
        store(data, 16 * block, veorq_u8(left(state), load(data, 16 * block)));
    }
}

#[target_feature(enable = "neon,sm4")]
fn links(keys: &Keys, last: &mut [u8; 16], blocks: &mut [[u8; 16]]) {
    let keys = quads(keys);
    let mut state = [words(load_block(last))];
    for block in blocks {
        state[0] = veorq_u32(state[0], words(load_block(block)));
        rounds(&keys, &mut state);
        // The last word first, as the rounds leave them.
        state[0] = vrev64q_u32(vextq_u32::<2>(state[0], state[0]));
        store_block(block, vrev32q_u8(vreinterpretq_u8_u32(state[0])));
    }
    store_block(last, vrev32q_u8(vreinterpretq_u8_u32(state[0])));
}

#[inline]
#[target_feature(enable = "neon,sm4")]
fn rounds<const N: usize>(keys: &Quads, blocks: &mut [uint32x4_t; N]) {
    for key in keys {
        for block in &mut *blocks {
            *block = sm4e(*block, *key);
        }
    }
}

/// The words of a block.
#[inline]
#[target_feature(enable = "neon")]
fn words(block: uint8x16_t) -> uint32x4_t {
    vreinterpretq_u32_u8(vrev32q_u8(block))
}

/// The block that the rounds have left, its words and their bytes the other way round.
#[inline]
#[target_feature(enable = "neon")]
fn left(words: uint32x4_t) -> uint8x16_t {
    let halves = vrev64q_u8(vreinterpretq_u8_u32(words));
    vextq_u8::<8>(halves, halves)
}

#[inline]
#[target_feature(enable = "neon")]
fn quads(keys: &Keys) -> Quads {
    let mut quads = [vdupq_n_u32(0); 8];
    for (quad, keys) in quads.iter_mut().zip(keys.as_chunks().0) {
        *quad = load_words(keys);
    }
    quads
}

#[inline]
#[target_feature(enable = "neon")]
fn load_words(words: &[u32; 4]) -> uint32x4_t {
    // SAFETY: the reference is to four words.
    unsafe { vld1q_u32(words.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn store_words(words: &mut [u32; 4], value: uint32x4_t) {
    // SAFETY: the reference is to four words of the caller's own.
    unsafe { vst1q_u32(words.as_mut_ptr(), value) }
}

/// Four rounds.
#[inline]
#[target_feature(enable = "neon,sm4")]
fn sm4e(mut state: uint32x4_t, keys: uint32x4_t) -> uint32x4_t {
    // SAFETY: the instruction is there, as the target feature says, and uses its two registers only.
    unsafe {
        asm!("sm4e {0:v}.4s, {1:v}.4s", inout(vreg) state, in(vreg) keys,
            options(pure, nomem, nostack, preserves_flags));
    }
    state
}

/// The next four round keys.
#[inline]
#[target_feature(enable = "neon,sm4")]
fn sm4ekey(last: uint32x4_t, constants: uint32x4_t) -> uint32x4_t {
    let keys;
    // SAFETY: the instruction is there, as the target feature says, and uses its three registers only.
    unsafe {
        asm!("sm4ekey {0:v}.4s, {1:v}.4s, {2:v}.4s", lateout(vreg) keys, in(vreg) last, in(vreg) constants,
            options(pure, nomem, nostack, preserves_flags));
    }
    keys
}
