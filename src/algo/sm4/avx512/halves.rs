//! 8 blocks a group with AVX-512 and GFNI, word by word, for their latency: up to 16 blocks.
//!
//! Knows no mode but counting. The rounds are those of one block; registers are of 256 bits, because of those two of
//! everything start at a time.

use core::arch::x86_64::{
    __m256i, __m512i, _mm256_add_epi32, _mm256_gf2p8affine_epi64_epi8, _mm256_gf2p8affineinv_epi64_epi8,
    _mm256_rol_epi32, _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_setr_epi32, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_sub_epi32, _mm256_ternarylogic_epi32, _mm256_xor_si256,
    _mm512_castsi256_si512, _mm512_castsi512_si256, _mm512_extracti64x4_epi64, _mm512_inserti64x4,
    _mm512_shuffle_epi8, _mm512_xor_si512,
};

use super::{
    super::{
        Counter, Keys,
        affine::{A, A0, B, C, T, T_INVERSE},
        avx2::{SWAPPED, both, turn_words},
    },
    lanes::{all, load, store},
};

use crate::secret::barrier;

/// `N` groups of eight blocks, as four words or as four rows of two blocks.
pub(super) type Groups<const N: usize> = [[__m256i; 4]; N];

/// What a round adds to its words, in two parts. The second is ready last; the next round takes it into its sum then.
type Changes<const N: usize> = [[__m256i; 2]; N];

/// Every quarter of a kilobyte that so many groups have.
macro_rules! quarters {
    ($quarter:ident => $work:expr) => {
        quarters!($quarter => $work; 0 1 2 3)
    };
    ($quarter:ident => $work:expr; $($at:literal)*) => {
        $(
            if $at < 2 * N {
                const $quarter: usize = $at;
                $work
            }
        )*
    };
}

/// From words of input, each `T` times what it was, to rows of output. A macro, because as a function it would be given
/// them in memory.
macro_rules! rounds {
    ($keys:ident, $groups:ident) => {
        let mut changes = [[_mm256_setzero_si256(); 2]; N];
        // Of a loop whose end it knows LLVM makes one long block, and puts one group's rounds after the other's.
        for keys in $keys.as_chunks::<4>().0.iter().take(barrier(8) as usize) {
            round::<N, 0>(&mut $groups, &mut changes, keys[0]);
            round::<N, 1>(&mut $groups, &mut changes, keys[1]);
            round::<N, 2>(&mut $groups, &mut changes, keys[2]);
            round::<N, 3>(&mut $groups, &mut changes, keys[3]);
        }
        for (group, change) in $groups.iter_mut().zip(changes) {
            *group = left(*group, change);
        }
    };
}

pub(super) use rounds;

/// Up to `8 N` blocks, and what is XORed to them before and after.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
pub(super) fn blocks<const N: usize>(keys: &Keys, data: &mut [u8], [before, after]: [&[u8]; 2]) {
    let mut groups = [[_mm256_setzero_si256(); 4]; N];
    quarters!(QUARTER => {
        let block = _mm512_xor_si512(load(data, 64 * QUARTER), load(before, 64 * QUARTER));
        let block = _mm512_shuffle_epi8(block, all(&SWAPPED));
        groups[QUARTER / 2][2 * QUARTER % 4] = _mm512_castsi512_si256(block);
        groups[QUARTER / 2][2 * QUARTER % 4 + 1] = _mm512_extracti64x4_epi64::<1>(block);
    });
    for words in &mut groups {
        *words = entered(turn_words(*words));
    }
    rounds!(keys, groups);
    quarters!(QUARTER => {
        let block = _mm512_xor_si512(quarter::<N, QUARTER>(&groups), load(after, 64 * QUARTER));
        store(data, 64 * QUARTER, block);
    });
}

/// Up to `8 N` blocks of a key stream.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
pub(super) fn count<const N: usize>(keys: &Keys, counter: &Counter, data: &mut [u8]) {
    let mut groups = counters::<N>(counter, 0);
    rounds!(keys, groups);
    quarters!(QUARTER => {
        let at = 64 * QUARTER;
        store(data, at, _mm512_xor_si512(load(data, at), quarter::<N, QUARTER>(&groups)));
    });
}

/// The words of counters from this one on, the last of them less so many.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
pub(super) fn counters<const N: usize>(counter: &Counter, less: u32) -> Groups<N> {
    // Half L of row j holds block 2 j + L.
    let places = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
    let [a, b, c] = counter.fixed.map(|word| _mm256_set1_epi32(word as i32));
    let mut groups = [[_mm256_setzero_si256(); 4]; N];
    for (group, words) in groups.iter_mut().enumerate() {
        let low = counter.low.wrapping_add(8 * group as u32);
        let mut d = _mm256_add_epi32(_mm256_set1_epi32(low as i32), places);
        if group == N - 1 {
            d = _mm256_sub_epi32(d, _mm256_setr_epi32(0, 0, 0, 0, 0, 0, 0, less as i32));
        }
        *words = entered([a, b, c, d]);
    }
    groups
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn entered(words: [__m256i; 4]) -> [__m256i; 4] {
    words.map(|word| _mm256_gf2p8affine_epi64_epi8::<0>(word, _mm256_set1_epi64x(T as i64)))
}

/// Round `W`, after which word `W` of every group still waits for its change; that of the round before gets its own.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
pub(super) fn round<const N: usize, const W: usize>(
    groups: &mut Groups<N>,
    changes: &mut Changes<N>,
    key: u32,
) {
    let key = _mm256_set1_epi32(key as i32);
    for (words, change) in groups.iter_mut().zip(changes) {
        let old = words[(W + 3) % 4];
        let early = sum(_mm256_xor_si256(old, key), [words[(W + 1) % 4], words[(W + 2) % 4]]);
        words[(W + 3) % 4] = sum(old, *change);
        *change = mixed(sum(early, *change));
    }
}

/// `a ⊕ z b ⊕ z² b ⊕ z³ c`
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn mixed(u: __m256i) -> [__m256i; 2] {
    let [a, b, c] = [A, B, C].map(|matrix| _mm256_set1_epi64x(matrix as i64));
    let b = _mm256_gf2p8affineinv_epi64_epi8::<0>(u, b);
    let c = _mm256_gf2p8affineinv_epi64_epi8::<0>(u, c);
    let a = _mm256_gf2p8affineinv_epi64_epi8::<{ A0 as i32 }>(u, a);
    [sum(a, [_mm256_rol_epi32::<8>(b), _mm256_rol_epi32::<16>(b)]), _mm256_rol_epi32::<24>(c)]
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn sum(a: __m256i, [b, c]: [__m256i; 2]) -> __m256i {
    _mm256_ternarylogic_epi32::<0x96>(a, b, c)
}

/// Rows of output.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
pub(super) fn left([a, b, c, d]: [__m256i; 4], change: [__m256i; 2]) -> [__m256i; 4] {
    let (leave, swap) = (_mm256_set1_epi64x(T_INVERSE as i64), both(&SWAPPED));
    turn_words([sum(d, change), c, b, a])
        .map(|row| _mm256_shuffle_epi8(_mm256_gf2p8affine_epi64_epi8::<0>(row, leave), swap))
}

/// Four blocks of output.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
pub(super) fn quarter<const N: usize, const QUARTER: usize>(groups: &Groups<N>) -> __m512i {
    let rows = groups.as_flattened();
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(rows[2 * QUARTER]), rows[2 * QUARTER + 1])
}
