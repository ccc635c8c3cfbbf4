//! 64 blocks with AVX-512 and GFNI, byte by byte: plane `p` holds byte `p` of all blocks.
//!
//! Knows no mode but counting. Rotating a word by bytes is taking another plane, so a round is matrices and sums only.

use core::arch::x86_64::{
    __m512i, _mm512_add_epi8, _mm512_alignr_epi64, _mm512_cmplt_epu8_mask, _mm512_gf2p8affine_epi64_epi8,
    _mm512_gf2p8affineinv_epi64_epi8, _mm512_mask_blend_epi8, _mm512_set1_epi8, _mm512_set1_epi32,
    _mm512_set1_epi64, _mm512_setzero_si512, _mm512_xor_si512,
};

use super::{
    super::{
        Counter,
        affine::{A, A0, C, T, T_INVERSE},
        offsets::Offsets,
    },
    SLICED,
    lanes::{all, load, store, sum, turn_bytes},
};
use crate::algo::ghash::Run;

/// Every row of sixteen, by macro: as loops these are not always unrolled, and then the rows go through memory.
macro_rules! each {
    ($row:ident => $value:expr) => {
        each!($row => $value; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    ($row:ident => $value:expr; $($at:literal)*) => { [$({ const $row: usize = $at; $value }),*] };
}

/// From planes of input, but for the last word's offset, to rows of output: blocks again. A macro, because as a function
/// it would be given the state in memory. The instructions of rounds wait for each other, so there may be something else
/// to do after every two: part `$part` of sixteen, number `$quarter` of its four.
macro_rules! rounds {
    ($keys:ident, $state:ident) => {
        rounds!($keys, $state, _part, QUARTER => {
            const _: usize = QUARTER;
        })
    };
    ($keys:ident, $state:ident, $part:ident, $quarter:ident => $between:expr) => {
        for byte in 0..4 {
            let first = _mm512_set1_epi32($keys.first[byte] as i32);
            $state[12 + byte] = _mm512_xor_si512($state[12 + byte], first);
        }
        for (eight, keys) in $keys.rounds.as_chunks::<8>().0.iter().enumerate() {
            rounds!(two keys, $state, eight, 0, $part, $quarter => $between);
            rounds!(two keys, $state, eight, 1, $part, $quarter => $between);
            rounds!(two keys, $state, eight, 2, $part, $quarter => $between);
            rounds!(two keys, $state, eight, 3, $part, $quarter => $between);
        }
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = $state;
        $state = [m, n, o, p, i, j, k, l, e, f, g, h, a, b, c, d];
        turn_bytes(&mut $state);
        let leave = _mm512_set1_epi64(T_INVERSE as i64);
        let last = _mm512_gf2p8affine_epi64_epi8::<0>(all(&$keys.last), leave);
        $state = each!(ROW => _mm512_xor_si512(_mm512_gf2p8affine_epi64_epi8::<0>($state[ROW], leave), last));
    };
    (two $keys:ident, $state:ident, $eight:ident, $at:literal, $part:ident, $quarter:ident => $between:expr) => {
        round::<{ 2 * $at % 4 }>(&mut $state, &$keys[2 * $at]);
        round::<{ (2 * $at + 1) % 4 }>(&mut $state, &$keys[2 * $at + 1]);
        {
            const $quarter: usize = $at;
            let $part = 4 * $eight + $at;
            $between
        }
    };
}

/// 64 blocks, and what is XORed to them before and after.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
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

/// 64 blocks, each out of the rounds onto the one before it, which `last` is before the first and after the last.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
pub(super) fn unchained(keys: &Offsets, data: &mut [u8; SLICED], last: &mut [u8; 16]) {
    let mut state = rows(data);
    let first = _mm512_alignr_epi64::<6>(state[0], all(last));
    last.copy_from_slice(&data[SLICED - 16..]);
    enter(&mut state);
    turn_bytes(&mut state);
    rounds!(keys, state);
    // From the end on, so that the blocks before are still as they were.
    macro_rules! put {
        ($($row:literal)*) => {
            $(
                let before = load(data, 64 * $row - 16);
                store(data, 64 * $row, _mm512_xor_si512(state[$row], before));
            )*
        };
    }
    put!(15 14 13 12 11 10 9 8 7 6 5 4 3 2 1);
    store(data, 0, _mm512_xor_si512(state[0], first));
}

/// 64 blocks of a key stream onto a text, which is `data` itself unless there is another.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
pub(super) fn count(
    keys: &Offsets,
    fixed: &[__m512i; 12],
    low: u32,
    text: Option<&[u8; SLICED]>,
    data: &mut [u8; SLICED],
) {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *fixed;
    let [m, n, o, p] = low_planes(low);
    let mut state = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
    rounds!(keys, state);
    add(&mut state, &rows(text.unwrap_or(data)));
    put(data, &state);
}

/// As [`count`], and between the rounds hashes 64 other blocks.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni,vpclmulqdq")]
pub(super) fn count_hashing(
    keys: &Offsets,
    fixed: &[__m512i; 12],
    low: u32,
    (text, data): (Option<&[u8; SLICED]>, &mut [u8; SLICED]),
    (hash, others): (&mut Run<'_>, &[u8; SLICED]),
) {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *fixed;
    let [m, n, o, p] = low_planes(low);
    let mut state = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
    let (others, _) = others.as_chunks();
    rounds!(keys, state, part, QUARTER => hash.absorb_quarter::<QUARTER>(&others[part]));
    add(&mut state, &rows(text.unwrap_or(data)));
    put(data, &state);
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn rows(bytes: &[u8; SLICED]) -> [__m512i; 16] {
    each!(ROW => load(bytes, 64 * ROW))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn put(bytes: &mut [u8; SLICED], rows: &[__m512i; 16]) {
    each!(ROW => store(bytes, 64 * ROW, rows[ROW]));
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn add(rows: &mut [__m512i; 16], others: &[__m512i; 16]) {
    *rows = each!(ROW => _mm512_xor_si512(rows[ROW], others[ROW]));
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn enter(rows: &mut [__m512i; 16]) {
    let matrix = _mm512_set1_epi64(T as i64);
    *rows = each!(ROW => _mm512_gf2p8affine_epi64_epi8::<0>(rows[ROW], matrix));
}

/// The planes of a counter's upper 96 bits, the same for all blocks.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
pub(super) fn fixed_planes(counter: &Counter) -> [__m512i; 12] {
    let enter = _mm512_set1_epi64(T as i64);
    let mut planes = [_mm512_setzero_si512(); 12];
    for (plane, byte) in planes.iter_mut().zip(counter.fixed_bytes()) {
        *plane = _mm512_gf2p8affine_epi64_epi8::<0>(_mm512_set1_epi8(byte as i8), enter);
    }
    planes
}

/// The planes of 64 counts from `low` on: the low byte, and upper ones with its carry.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn low_planes(low: u32) -> [__m512i; 4] {
    let enter = _mm512_set1_epi64(T as i64);
    let base = _mm512_set1_epi8(low as i8);
    let lowest = _mm512_add_epi8(base, load(&PLACES, 0));
    let carry = _mm512_cmplt_epu8_mask(lowest, base);
    let (now, next) = (low.to_be_bytes(), low.wrapping_add(0x100).to_be_bytes());
    let upper = |byte: usize| {
        let (now, next) = (_mm512_set1_epi8(now[byte] as i8), _mm512_set1_epi8(next[byte] as i8));
        _mm512_gf2p8affine_epi64_epi8::<0>(_mm512_mask_blend_epi8(carry, now, next), enter)
    };
    [upper(0), upper(1), upper(2), _mm512_gf2p8affine_epi64_epi8::<0>(lowest, enter)]
}

/// Lane L of row j holds block 4 j + L.
static PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let mut at = 0;
    while at < 64 {
        places[at] = (4 * (at % 16) + at / 16) as u8;
        at += 1;
    }
    places
};

/// One round, which writes the four planes of word `W`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn round<const W: usize>(state: &mut [__m512i; 16], key: &[u32; 4]) {
    let (a, c) = (_mm512_set1_epi64(A as i64), _mm512_set1_epi64(C as i64));
    let zero = _mm512_setzero_si512();
    let (mut own, mut next, mut d) = ([zero; 4], [zero; 4], [zero; 4]);
    for byte in 0..4 {
        let of = |word: usize| state[(W + word) % 4 * 4 + byte];
        let u = sum(of(1), of(2), of(3));
        own[byte] = _mm512_gf2p8affineinv_epi64_epi8::<{ A0 as i32 }>(u, a);
        next[byte] = _mm512_gf2p8affineinv_epi64_epi8::<0>(u, c);
    }
    for byte in 0..4 {
        d[byte] = sum(own[byte], next[(byte + 1) % 4], _mm512_set1_epi32(key[byte] as i32));
    }
    for byte in 0..4 {
        let three = sum(d[byte], d[(byte + 1) % 4], d[(byte + 2) % 4]);
        state[4 * W + byte] = _mm512_xor_si512(state[4 * W + byte], three);
    }
}
