//! SM3 with AVX-512: sixteen messages at once, or one with its schedule made ahead of its rounds.
//!
//! A rotation is one instruction here, and so is any function of three words. Knows no lengths.
#![allow(
    unsafe_code,
    reason = "loads and stores of vectors, and the step from the token into what it proves"
)]

use core::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_alignr_epi8, _mm_loadu_si128, _mm_rol_epi32, _mm_setzero_si128,
    _mm_slli_si128, _mm_srli_si128, _mm_ternarylogic_epi32, _mm_xor_si128, _mm256_loadu_si256,
    _mm256_storeu_si256, _mm512_add_epi32, _mm512_broadcast_i32x4, _mm512_castsi512_si256,
    _mm512_inserti32x4, _mm512_rol_epi32, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_shuffle_epi8,
    _mm512_shuffle_i32x4, _mm512_ternarylogic_epi32, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64,
    _mm512_unpacklo_epi32, _mm512_unpacklo_epi64, _mm512_xor_si512, _mm512_zextsi128_si512,
    _mm512_zextsi256_si512,
};

use zeroize::Zeroize;

use super::{
    Block, ROUND, State,
    stitched::{self, Feed, Window, turned_words, window},
    wide::{compress, round, rounds},
};
use crate::algo::cpu::Avx512;

/// How many messages go side by side.
pub(super) const LANES: usize = 16;

/// The truth tables of `x ⊕ y ⊕ z`, of the majority of three, and of `y` where `x` is set, `z` elsewhere.
const PARITY: i32 = 0x96;
const MAJORITY: i32 = 0xe8;
const CHOOSE: i32 = 0xca;

/// Takes blocks into the state.
pub(super) fn compress(_: Avx512, state: &mut State, blocks: &[Block]) {
    // SAFETY: an `Avx512` exists only where F, BW and VL do.
    unsafe { one(state, blocks) }
}

/// Takes each run of blocks into its state; where one is shorter, all stop.
pub(super) fn compress_many(_: Avx512, states: &mut [State; LANES], runs: &[&[Block]; LANES]) {
    // SAFETY: an `Avx512` exists only where F, BW and VL do.
    unsafe { many(states, runs) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn one(state: &mut State, blocks: &[Block]) {
    let mut feed = Feed { w: _mm_setzero_si128(), w_prime: _mm_setzero_si128() };
    for block in blocks {
        stitched::compress(state, &mut feed, window(block), |feed, window| {
            let [w0, w1, w2, w3] = window;
            (feed.w, feed.w_prime) = (w0, _mm_xor_si128(w0, w1));
            [w1, w2, w3, next(window)]
        });
    }
    feed.zeroize();
}

/// `W_j … W_{j+3}` from the sixteen words before (GB/T 32905-2016 §5.3.2).
///
/// The last needs the first, which counts as zero until it is there: `P_1` is linear, so its part is added after.
#[inline]
#[target_feature(enable = "avx512f,avx512vl")]
fn next([w0, w1, w2, w3]: Window) -> __m128i {
    let parity = |x, y, z| _mm_ternarylogic_epi32::<PARITY>(x, y, z);
    let p1 = |x| parity(x, _mm_rol_epi32::<15>(x), _mm_rol_epi32::<23>(x));
    let mixed = parity(w0, _mm_alignr_epi8::<12>(w2, w1), _mm_rol_epi32::<15>(_mm_srli_si128::<4>(w3)));
    let turned = _mm_rol_epi32::<7>(_mm_alignr_epi8::<12>(w1, w0));
    let words = parity(p1(mixed), turned, _mm_alignr_epi8::<8>(w3, w2));
    _mm_xor_si128(words, p1(_mm_rol_epi32::<15>(_mm_slli_si128::<12>(words))))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn many(states: &mut [State; LANES], runs: &[&[Block]; LANES]) {
    let big_endian = _mm512_broadcast_i32x4(turned_words());
    let zero = _mm512_setzero_si512();
    let [a, b, c, d, e, f, g, h, ..] = transpose(states.each_ref().map(|state| load_state(state)));
    let mut v = [a, b, c, d, e, f, g, h];
    let count = runs.iter().map(|run| run.len()).min().unwrap_or(0);
    for at in 0..count {
        let [a, b, c, d] = words::<0>(runs, at, big_endian);
        let [e, f, g, h] = words::<1>(runs, at, big_endian);
        let [i, j, k, l] = words::<2>(runs, at, big_endian);
        let [m, n, o, p] = words::<3>(runs, at, big_endian);
        let w = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
        v = compress!(v, w);
    }
    let [a, b, c, d, e, f, g, h] = v;
    let rows = transpose([a, b, c, d, e, f, g, h, zero, zero, zero, zero, zero, zero, zero, zero]);
    for (state, row) in states.iter_mut().zip(rows) {
        store_state(state, _mm512_castsi512_si256(row));
    }
}

/// Word `i` of row `j` becomes word `j` of row `i`: four steps, each of which doubles the size of what is in place.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose(rows: [__m512i; 16]) -> [__m512i; 16] {
    let (mut r, mut t) = (rows, rows);
    // A loop over vectors is not always unrolled, and then they live in memory.
    macro_rules! each {
        ($($i:literal)* => $step:expr) => { $( $step($i); )* };
    }
    each!(0 2 4 6 8 10 12 14 => |i: usize| {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    });
    each!(0 4 8 12 => |i: usize| {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    });
    each!(0 1 2 3 8 9 10 11 => |i: usize| {
        t[i] = _mm512_shuffle_i32x4::<0x88>(r[i], r[i + 4]);
        t[i + 4] = _mm512_shuffle_i32x4::<0xdd>(r[i], r[i + 4]);
    });
    each!(0 1 2 3 4 5 6 7 => |i: usize| {
        r[i] = _mm512_shuffle_i32x4::<0x88>(t[i], t[i + 8]);
        r[i + 8] = _mm512_shuffle_i32x4::<0xdd>(t[i], t[i + 8]);
    });
    r
}

/// The four words of a quarter of each run's block, a vector a word.
///
/// A row takes the quarters of every fourth block, so that what is left to do stays within the lanes of 128 bits. Without
/// `map`, which is a function of its own that cannot have the target feature: unless the linker optimises, each load would
/// be a call.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn words<const QUARTER: usize>(runs: &[&[Block]; LANES], at: usize, big_endian: __m512i) -> [__m512i; 4] {
    let quarter = |lane: usize| load(&runs[lane][at].as_chunks::<16>().0[QUARTER]);
    let row = |lane: usize| {
        let row = _mm512_zextsi128_si512(quarter(lane));
        let row = _mm512_inserti32x4::<1>(row, quarter(lane + 4));
        let row = _mm512_inserti32x4::<2>(row, quarter(lane + 8));
        _mm512_shuffle_epi8(_mm512_inserti32x4::<3>(row, quarter(lane + 12)), big_endian)
    };
    let (a, b, c, d) = (row(0), row(1), row(2), row(3));
    let (ab, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let (cd, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    [
        _mm512_unpacklo_epi64(ab, cd),
        _mm512_unpackhi_epi64(ab, cd),
        _mm512_unpacklo_epi64(ab_high, cd_high),
        _mm512_unpackhi_epi64(ab_high, cd_high),
    ]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes are read from a borrowed array of 16.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// A state in the lower half.
#[inline]
#[target_feature(enable = "avx512f")]
fn load_state(state: &State) -> __m512i {
    // SAFETY: 32 bytes are read from a borrowed array of eight words.
    let words = unsafe { _mm256_loadu_si256(state.as_ptr().cast()) };
    _mm512_zextsi256_si512(words)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store_state(state: &mut State, row: __m256i) {
    // SAFETY: 32 bytes are written to a borrowed array of eight words.
    unsafe { _mm256_storeu_si256(state.as_mut_ptr().cast(), row) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add(x: __m512i, y: __m512i) -> __m512i {
    _mm512_add_epi32(x, y)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn xor(x: __m512i, y: __m512i) -> __m512i {
    _mm512_xor_si512(x, y)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn rotate<const N: i32>(x: __m512i) -> __m512i {
    _mm512_rol_epi32::<N>(x)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn parity(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<PARITY>(x, y, z)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn majority(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<MAJORITY>(x, y, z)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn choose(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<CHOOSE>(x, y, z)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn p0(x: __m512i) -> __m512i {
    parity(x, rotate::<9>(x), rotate::<17>(x))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn p1(x: __m512i) -> __m512i {
    parity(x, rotate::<15>(x), rotate::<23>(x))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn constant(word: u32) -> __m512i {
    _mm512_set1_epi32(word as i32)
}
