//! 32 blocks with AVX2 and GFNI, byte by byte: plane `p` holds byte `p` of all blocks.
//!
//! Knows no mode but counting. Rotating a word by bytes is taking another plane, so a round is matrices and sums only.

use core::arch::x86_64::{
    __m256i, _mm256_add_epi8, _mm256_blendv_epi8, _mm256_cmpeq_epi8, _mm256_gf2p8affine_epi64_epi8,
    _mm256_gf2p8affineinv_epi64_epi8, _mm256_max_epu8, _mm256_set1_epi8, _mm256_set1_epi32,
    _mm256_set1_epi64x, _mm256_setr_epi8, _mm256_setzero_si256, _mm256_xor_si256,
};

use super::{
    super::{
        Counter,
        affine::{A, A0, C, T, T_INVERSE},
        avx2::{both, load, store, turn_bytes},
        offsets::Offsets,
    },
    SLICED,
};

/// Every row of sixteen, by macro: as loops these are not always unrolled, and then the rows go through memory.
macro_rules! each {
    ($row:ident => $value:expr) => {
        each!($row => $value; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    ($row:ident => $value:expr; $($at:literal)*) => { [$({ const $row: usize = $at; $value }),*] };
}

/// From planes of input, but for the last word's offset, to rows of output: blocks again. A macro, because as a function
/// it would be given the state in memory.
macro_rules! rounds {
    ($keys:ident, $state:ident) => {
        for byte in 0..4 {
            let first = _mm256_set1_epi32($keys.first[byte] as i32);
            $state[12 + byte] = _mm256_xor_si256($state[12 + byte], first);
        }
        for keys in $keys.rounds.as_chunks::<4>().0 {
            round::<0>(&mut $state, &keys[0]);
            round::<1>(&mut $state, &keys[1]);
            round::<2>(&mut $state, &keys[2]);
            round::<3>(&mut $state, &keys[3]);
        }
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = $state;
        $state = [m, n, o, p, i, j, k, l, e, f, g, h, a, b, c, d];
        turn_bytes(&mut $state);
        let leave = _mm256_set1_epi64x(T_INVERSE as i64);
        let last = _mm256_gf2p8affine_epi64_epi8::<0>(both(&$keys.last), leave);
        $state = each!(ROW => _mm256_xor_si256(_mm256_gf2p8affine_epi64_epi8::<0>($state[ROW], leave), last));
    };
}

/// 32 blocks, and what is XORed to them before and after.
#[inline(never)]
#[target_feature(enable = "avx2,gfni")]
pub(super) fn blocks(keys: &Offsets, data: &mut [u8; SLICED], [before, after]: [Option<&[u8; SLICED]>; 2]) {
    let mut state = rows(data);
    if let Some(mask) = before {
        add(&mut state, &rows(mask));
    }
    enter(&mut state);
    turn_bytes(&mut state);
    rounds!(keys, state);
    if let Some(mask) = after {
        add(&mut state, &rows(mask));
    }
    put(data, &state);
}

/// 32 blocks of a key stream.
#[inline(never)]
#[target_feature(enable = "avx2,gfni")]
pub(super) fn count(keys: &Offsets, fixed: &[__m256i; 12], low: u32, data: &mut [u8; SLICED]) {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *fixed;
    let [m, n, o, p] = low_planes(low);
    let mut state = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
    rounds!(keys, state);
    add(&mut state, &rows(data));
    put(data, &state);
}

#[inline]
#[target_feature(enable = "avx2,gfni")]
fn rows(bytes: &[u8; SLICED]) -> [__m256i; 16] {
    each!(ROW => load(bytes, 32 * ROW))
}

#[inline]
#[target_feature(enable = "avx2,gfni")]
fn put(bytes: &mut [u8; SLICED], rows: &[__m256i; 16]) {
    each!(ROW => store(bytes, 32 * ROW, rows[ROW]));
}

#[inline]
#[target_feature(enable = "avx2,gfni")]
fn add(rows: &mut [__m256i; 16], others: &[__m256i; 16]) {
    *rows = each!(ROW => _mm256_xor_si256(rows[ROW], others[ROW]));
}

#[inline]
#[target_feature(enable = "avx2,gfni")]
fn enter(rows: &mut [__m256i; 16]) {
    let matrix = _mm256_set1_epi64x(T as i64);
    *rows = each!(ROW => _mm256_gf2p8affine_epi64_epi8::<0>(rows[ROW], matrix));
}

/// The planes of a counter's upper 96 bits, the same for all blocks.
#[target_feature(enable = "avx2,gfni")]
pub(super) fn fixed_planes(counter: &Counter) -> [__m256i; 12] {
    let enter = _mm256_set1_epi64x(T as i64);
    let mut planes = [_mm256_setzero_si256(); 12];
    for (plane, byte) in planes.iter_mut().zip(counter.fixed_bytes()) {
        *plane = _mm256_gf2p8affine_epi64_epi8::<0>(_mm256_set1_epi8(byte as i8), enter);
    }
    planes
}

/// The planes of 32 counts from `low` on: the low byte, and upper ones with its carry.
#[inline]
#[target_feature(enable = "avx2,gfni")]
fn low_planes(low: u32) -> [__m256i; 4] {
    // Half L of row j holds block 2 j + L.
    let places = _mm256_setr_epi8(
        0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23,
        25, 27, 29, 31,
    );
    let enter = _mm256_set1_epi64x(T as i64);
    let base = _mm256_set1_epi8(low as i8);
    let lowest = _mm256_add_epi8(base, places);
    let kept = _mm256_cmpeq_epi8(_mm256_max_epu8(lowest, base), lowest);
    let (now, next) = (low.to_be_bytes(), low.wrapping_add(0x100).to_be_bytes());
    let upper = |byte: usize| {
        let (now, next) = (_mm256_set1_epi8(now[byte] as i8), _mm256_set1_epi8(next[byte] as i8));
        _mm256_gf2p8affine_epi64_epi8::<0>(_mm256_blendv_epi8(next, now, kept), enter)
    };
    [upper(0), upper(1), upper(2), _mm256_gf2p8affine_epi64_epi8::<0>(lowest, enter)]
}

/// One round, which writes the four planes of word `W`.
#[inline]
#[target_feature(enable = "avx2,gfni")]
fn round<const W: usize>(state: &mut [__m256i; 16], key: &[u32; 4]) {
    let (a, c) = (_mm256_set1_epi64x(A as i64), _mm256_set1_epi64x(C as i64));
    let zero = _mm256_setzero_si256();
    let (mut own, mut next, mut d) = ([zero; 4], [zero; 4], [zero; 4]);
    for byte in 0..4 {
        let of = |word: usize| state[(W + word) % 4 * 4 + byte];
        let u = _mm256_xor_si256(_mm256_xor_si256(of(1), of(2)), of(3));
        own[byte] = _mm256_gf2p8affineinv_epi64_epi8::<{ A0 as i32 }>(u, a);
        next[byte] = _mm256_gf2p8affineinv_epi64_epi8::<0>(u, c);
    }
    for byte in 0..4 {
        let kappa = _mm256_set1_epi32(key[byte] as i32);
        d[byte] = _mm256_xor_si256(_mm256_xor_si256(own[byte], kappa), next[(byte + 1) % 4]);
    }
    let pairs = [_mm256_xor_si256(d[0], d[1]), _mm256_xor_si256(d[2], d[3])];
    // d ⊕ z d ⊕ z² d
    let sums = [(pairs[0], d[2]), (pairs[1], d[1]), (pairs[1], d[0]), (pairs[0], d[3])];
    for byte in 0..4 {
        let (pair, third) = sums[byte];
        state[4 * W + byte] = _mm256_xor_si256(state[4 * W + byte], _mm256_xor_si256(pair, third));
    }
}
