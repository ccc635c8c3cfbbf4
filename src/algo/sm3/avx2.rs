//! SM3 with AVX2: eight messages at once, or one with its schedule made ahead of its rounds.
//!
//! A rotation is two shifts and an OR here; by 8 bits it is one shuffle of bytes. Knows no lengths.
#![allow(
    unsafe_code,
    reason = "loads and stores of vectors, and the step from the token into what it proves"
)]

use core::arch::x86_64::{
    __m128i, __m256i, _mm_alignr_epi8, _mm_cvtsi32_si128, _mm_or_si128, _mm_set_epi8, _mm_setzero_si128,
    _mm_shuffle_epi8, _mm_slli_epi32, _mm_slli_si128, _mm_srl_epi32, _mm_srli_si128, _mm_xor_si128,
    _mm256_add_epi32, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_loadu_si256, _mm256_or_si256,
    _mm256_permute2x128_si256, _mm256_set1_epi32, _mm256_shuffle_epi8, _mm256_slli_epi32, _mm256_srl_epi32,
    _mm256_storeu_si256, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32,
    _mm256_unpacklo_epi64, _mm256_xor_si256,
};

use zeroize::Zeroize;

use super::{
    Block, ROUND, State,
    stitched::{self, Feed, Window, turned_words, window},
    wide::{compress, round, rounds},
};
use crate::algo::cpu::Avx2;

/// How many messages go side by side.
pub(super) const LANES: usize = 8;

/// Takes blocks into the state.
pub(super) fn compress(_: Avx2, state: &mut State, blocks: &[Block]) {
    // SAFETY: an `Avx2` exists only where AVX2 does.
    unsafe { one(state, blocks) }
}

/// Takes each run of blocks into its state; where one is shorter, all stop.
pub(super) fn compress_many(_: Avx2, states: &mut [State; LANES], runs: &[&[Block]; LANES]) {
    // SAFETY: an `Avx2` exists only where AVX2 does.
    unsafe { many(states, runs) }
}

#[target_feature(enable = "avx2")]
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
#[target_feature(enable = "avx2")]
fn next([w0, w1, w2, w3]: Window) -> __m128i {
    let xor = |x, y| _mm_xor_si128(x, y);
    // P_1(x) = x ⊕ (x ⊕ x ⋘ 8) ⋘ 15
    let p1 = |x| xor(x, turn::<15>(xor(x, _mm_shuffle_epi8(x, turned_by_8()))));
    let mixed = xor(xor(w0, _mm_alignr_epi8::<12>(w2, w1)), turn::<15>(_mm_srli_si128::<4>(w3)));
    let turned = turn::<7>(_mm_alignr_epi8::<12>(w1, w0));
    let words = xor(p1(mixed), xor(turned, _mm_alignr_epi8::<8>(w3, w2)));
    xor(words, p1(turn::<15>(_mm_slli_si128::<12>(words))))
}

/// Words rotated by `N` bits.
#[inline]
#[target_feature(enable = "avx2")]
fn turn<const N: i32>(x: __m128i) -> __m128i {
    _mm_or_si128(_mm_slli_epi32::<N>(x), _mm_srl_epi32(x, _mm_cvtsi32_si128(32 - N)))
}

/// The shuffle that rotates each word by 8 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn turned_by_8() -> __m128i {
    _mm_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3)
}

#[target_feature(enable = "avx2")]
fn many(states: &mut [State; LANES], runs: &[&[Block]; LANES]) {
    let mut v = transpose(states.each_ref().map(|state| load_state(state)));
    let count = runs.iter().map(|run| run.len()).min().unwrap_or(0);
    for at in 0..count {
        let [w0, w1, w2, w3, w4, w5, w6, w7] = words(runs, at, 0);
        let [w8, w9, w10, w11, w12, w13, w14, w15] = words(runs, at, 1);
        let w = [w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15];
        v = compress!(v, w);
    }
    for (state, row) in states.iter_mut().zip(transpose(v)) {
        store_state(state, row);
    }
}

/// The eight words of a half of each run's block, a vector a word.
///
/// Written out, as `map` is a function of its own that cannot have the target feature: unless the linker optimises, each
/// load would be a call.
#[inline]
#[target_feature(enable = "avx2")]
fn words(runs: &[&[Block]; LANES], at: usize, half: usize) -> [__m256i; 8] {
    let row = |lane: usize| load(&runs[lane][at], half);
    transpose([row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)])
}

/// Word `i` of row `j` becomes word `j` of row `i`: three steps, each of which doubles the size of what is in place.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose(rows: [__m256i; 8]) -> [__m256i; 8] {
    let (mut r, mut t) = (rows, rows);
    // A loop over vectors is not always unrolled, and then they live in memory.
    macro_rules! each {
        ($($i:literal)* => $step:expr) => { $( $step($i); )* };
    }
    each!(0 2 4 6 => |i: usize| {
        t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
    });
    each!(0 4 => |i: usize| {
        r[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
    });
    each!(0 1 2 3 => |i: usize| {
        t[i] = _mm256_permute2x128_si256::<0x20>(r[i], r[i + 4]);
        t[i + 4] = _mm256_permute2x128_si256::<0x31>(r[i], r[i + 4]);
    });
    t
}

/// Eight words of a block, of its first or of its second half.
#[inline]
#[target_feature(enable = "avx2")]
fn load(block: &Block, half: usize) -> __m256i {
    let bytes = &block.as_chunks::<32>().0[half];
    // SAFETY: 32 bytes are read from a borrowed array of 32.
    let words = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
    _mm256_shuffle_epi8(words, _mm256_broadcastsi128_si256(turned_words()))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_state(state: &State) -> __m256i {
    // SAFETY: 32 bytes are read from a borrowed array of eight words.
    unsafe { _mm256_loadu_si256(state.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_state(state: &mut State, row: __m256i) {
    // SAFETY: 32 bytes are written to a borrowed array of eight words.
    unsafe { _mm256_storeu_si256(state.as_mut_ptr().cast(), row) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn add(x: __m256i, y: __m256i) -> __m256i {
    _mm256_add_epi32(x, y)
}

#[inline]
#[target_feature(enable = "avx2")]
fn xor(x: __m256i, y: __m256i) -> __m256i {
    _mm256_xor_si256(x, y)
}

#[inline]
#[target_feature(enable = "avx2")]
fn rotate<const N: i32>(x: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_slli_epi32::<N>(x), _mm256_srl_epi32(x, _mm_cvtsi32_si128(32 - N)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn parity(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    xor(xor(x, y), z)
}

#[inline]
#[target_feature(enable = "avx2")]
fn majority(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    xor(_mm256_and_si256(xor(x, y), xor(y, z)), y)
}

#[inline]
#[target_feature(enable = "avx2")]
fn choose(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    xor(_mm256_and_si256(xor(y, z), x), z)
}

/// `x ⊕ x ⋘ 9 ⊕ x ⋘ 17`, the second rotation made of the first by a shuffle.
#[inline]
#[target_feature(enable = "avx2")]
fn p0(x: __m256i) -> __m256i {
    xor(x, rotate::<9>(xor(x, _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(turned_by_8())))))
}

/// `x ⊕ x ⋘ 15 ⊕ x ⋘ 23`, likewise.
#[inline]
#[target_feature(enable = "avx2")]
fn p1(x: __m256i) -> __m256i {
    xor(x, rotate::<15>(xor(x, _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(turned_by_8())))))
}

#[inline]
#[target_feature(enable = "avx2")]
fn constant(word: u32) -> __m256i {
    _mm256_set1_epi32(word as i32)
}
