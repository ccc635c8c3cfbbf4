//! SM3 with NEON: four messages at once. One alone is sooner done in integers.
//!
//! A rotation is a shift and a shift that inserts here; by 8 bits it is one look-up of bytes. Knows no lengths.
#![allow(
    unsafe_code,
    reason = "loads and stores of vectors, and the step from the token into what it proves"
)]

use core::arch::aarch64::{
    uint32x4_t, vaddq_u32, vbslq_u32, vcombine_u8, vcreate_u8, vdupq_n_u32, veorq_u32, vld1q_u8, vld1q_u32,
    vqtbl1q_u8, vreinterpretq_u8_u32, vreinterpretq_u32_u8, vreinterpretq_u32_u64, vreinterpretq_u64_u32,
    vrev32q_u8, vshlq_n_u32, vsriq_n_u32, vst1q_u32, vtrn1q_u32, vtrn1q_u64, vtrn2q_u32, vtrn2q_u64,
};

use super::{
    Block, ROUND, State,
    wide::{compress, round, rounds},
};
use crate::algo::cpu::Neon;

/// How many messages go side by side.
pub(super) const LANES: usize = 4;

/// Takes each run of blocks into its state; where one is shorter, all stop.
pub(super) fn compress_many(_: Neon, states: &mut [State; LANES], runs: &[&[Block]; LANES]) {
    // SAFETY: a `Neon` exists only where NEON does.
    unsafe { many(states, runs) }
}

#[target_feature(enable = "neon")]
fn many(states: &mut [State; LANES], runs: &[&[Block]; LANES]) {
    let half = |at: usize| transpose(states.each_ref().map(|state| load_state(state, at)));
    let ([a, b, c, d], [e, f, g, h]) = (half(0), half(1));
    let mut v = [a, b, c, d, e, f, g, h];
    let count = runs.iter().map(|run| run.len()).min().unwrap_or(0);
    for at in 0..count {
        let quarter = |quarter: usize| transpose(runs.map(|run| load(&run[at], quarter)));
        let ([w0, w1, w2, w3], [w4, w5, w6, w7]) = (quarter(0), quarter(1));
        let ([w8, w9, w10, w11], [w12, w13, w14, w15]) = (quarter(2), quarter(3));
        let w = [w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15];
        v = compress!(v, w);
    }
    let [a, b, c, d, e, f, g, h] = v;
    let rows = transpose([a, b, c, d]).into_iter().zip(transpose([e, f, g, h]));
    for (state, (low, high)) in states.iter_mut().zip(rows) {
        store_state(state, 0, low);
        store_state(state, 1, high);
    }
}

/// Word `i` of row `j` becomes word `j` of row `i`.
#[inline]
#[target_feature(enable = "neon")]
fn transpose([a, b, c, d]: [uint32x4_t; 4]) -> [uint32x4_t; 4] {
    let pairs =
        |even, odd| [vtrn1q_u32(even, odd), vtrn2q_u32(even, odd)].map(|pair| vreinterpretq_u64_u32(pair));
    let ([ab, ab_odd], [cd, cd_odd]) = (pairs(a, b), pairs(c, d));
    [vtrn1q_u64(ab, cd), vtrn1q_u64(ab_odd, cd_odd), vtrn2q_u64(ab, cd), vtrn2q_u64(ab_odd, cd_odd)]
        .map(|row| vreinterpretq_u32_u64(row))
}

/// Four words of a block.
#[inline]
#[target_feature(enable = "neon")]
fn load(block: &Block, quarter: usize) -> uint32x4_t {
    let bytes = &block.as_chunks::<16>().0[quarter];
    // SAFETY: 16 bytes are read from a borrowed array of 16.
    let words = unsafe { vld1q_u8(bytes.as_ptr()) };
    vreinterpretq_u32_u8(vrev32q_u8(words))
}

#[inline]
#[target_feature(enable = "neon")]
fn load_state(state: &State, half: usize) -> uint32x4_t {
    let words = &state.as_chunks::<4>().0[half];
    // SAFETY: four words are read from a borrowed array of four.
    unsafe { vld1q_u32(words.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn store_state(state: &mut State, half: usize, row: uint32x4_t) {
    let words = &mut state.as_chunks_mut::<4>().0[half];
    // SAFETY: four words are written to a borrowed array of four.
    unsafe { vst1q_u32(words.as_mut_ptr(), row) }
}

#[inline]
#[target_feature(enable = "neon")]
fn add(x: uint32x4_t, y: uint32x4_t) -> uint32x4_t {
    vaddq_u32(x, y)
}

#[inline]
#[target_feature(enable = "neon")]
fn xor(x: uint32x4_t, y: uint32x4_t) -> uint32x4_t {
    veorq_u32(x, y)
}

#[inline]
#[target_feature(enable = "neon")]
fn rotate<const N: i32>(x: uint32x4_t) -> uint32x4_t {
    // By macro, for `32 - N` is no argument that a generic function could give on.
    macro_rules! by {
        ($($left:literal)*) => {
            const { assert!(matches!(N, $($left)|*), "a rotation that SM3 does not have") };
            $( if N == $left {
                return vsriq_n_u32::<{ 32 - $left }>(vshlq_n_u32::<$left>(x), x);
            } )*
        };
    }
    by!(7 9 12 15 19);
    x
}

#[inline]
#[target_feature(enable = "neon")]
fn parity(x: uint32x4_t, y: uint32x4_t, z: uint32x4_t) -> uint32x4_t {
    xor(xor(x, y), z)
}

/// `Y` where `X` and `Y` agree, and what `Z` says where they differ.
#[inline]
#[target_feature(enable = "neon")]
fn majority(x: uint32x4_t, y: uint32x4_t, z: uint32x4_t) -> uint32x4_t {
    vbslq_u32(xor(x, y), z, y)
}

#[inline]
#[target_feature(enable = "neon")]
fn choose(x: uint32x4_t, y: uint32x4_t, z: uint32x4_t) -> uint32x4_t {
    vbslq_u32(x, y, z)
}

/// `x ⊕ x ⋘ 9 ⊕ x ⋘ 17`, the second rotation made of the first.
#[inline]
#[target_feature(enable = "neon")]
fn p0(x: uint32x4_t) -> uint32x4_t {
    xor(x, rotate::<9>(xor(x, turned_by_8(x))))
}

/// `x ⊕ x ⋘ 15 ⊕ x ⋘ 23`, likewise.
#[inline]
#[target_feature(enable = "neon")]
fn p1(x: uint32x4_t) -> uint32x4_t {
    xor(x, rotate::<15>(xor(x, turned_by_8(x))))
}

/// Words rotated by 8 bits.
#[inline]
#[target_feature(enable = "neon")]
fn turned_by_8(x: uint32x4_t) -> uint32x4_t {
    let places = vcombine_u8(vcreate_u8(0x0605_0407_0201_0003), vcreate_u8(0x0e0d_0c0f_0a09_080b));
    vreinterpretq_u32_u8(vqtbl1q_u8(vreinterpretq_u8_u32(x), places))
}

#[inline]
#[target_feature(enable = "neon")]
fn constant(word: u32) -> uint32x4_t {
    vdupq_n_u32(word)
}
