//! 8 blocks a group with AVX2 and GFNI, word by word: a register holds one word of eight blocks.
//!
//! Knows no mode but counting. For what is too short for planes.

use core::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_gf2p8affine_epi64_epi8, _mm256_gf2p8affineinv_epi64_epi8,
    _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_setr_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_xor_si256,
};

use super::{
    super::{
        Counter, Keys,
        affine::{A, A0, C, T, T_INVERSE},
        avx2::{SWAPPED, both, load, rotated, store, turn_words},
    },
    WORDS,
};

/// `N` groups, each four words of eight blocks.
type Groups<const N: usize> = [[__m256i; 4]; N];

/// Up to 8 × `N` blocks, and what is XORed to them before and after.
#[inline(never)]
#[target_feature(enable = "avx2,gfni")]
pub(super) fn blocks<const N: usize>(keys: &Keys, data: &mut [u8], [before, after]: [&[u8]; 2]) {
    let mut groups = [[_mm256_setzero_si256(); 4]; N];
    for (group, words) in groups.iter_mut().enumerate() {
        for (row, words) in words.iter_mut().enumerate() {
            let at = WORDS * group + 32 * row;
            let block = _mm256_xor_si256(load(data, at), load(before, at));
            *words = _mm256_shuffle_epi8(block, both(&SWAPPED));
        }
        *words = turn_words(*words);
    }
    rounds(keys, &mut groups);
    for (group, rows) in groups.into_iter().enumerate() {
        for (row, block) in rows.into_iter().enumerate() {
            let at = WORDS * group + 32 * row;
            store(data, at, _mm256_xor_si256(block, load(after, at)));
        }
    }
}

/// Up to 8 × `N` blocks of a key stream.
#[inline(never)]
#[target_feature(enable = "avx2,gfni")]
pub(super) fn count<const N: usize>(keys: &Keys, counter: &Counter, data: &mut [u8]) {
    // Half L of row j holds block 2 j + L.
    let places = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
    let [a, b, c] = counter.fixed.map(|word| _mm256_set1_epi32(word as i32));
    let mut groups = [[_mm256_setzero_si256(); 4]; N];
    for (group, words) in groups.iter_mut().enumerate() {
        let low = counter.low.wrapping_add(8 * group as u32);
        *words = [a, b, c, _mm256_add_epi32(_mm256_set1_epi32(low as i32), places)];
    }
    rounds(keys, &mut groups);
    for (group, rows) in groups.into_iter().enumerate() {
        for (row, block) in rows.into_iter().enumerate() {
            let at = WORDS * group + 32 * row;
            store(data, at, _mm256_xor_si256(block, load(data, at)));
        }
    }
}

/// From words of input to rows of output: blocks again.
#[inline]
#[target_feature(enable = "avx2,gfni")]
fn rounds<const N: usize>(keys: &Keys, groups: &mut Groups<N>) {
    let enter = _mm256_set1_epi64x(T as i64);
    for word in groups.as_flattened_mut() {
        *word = _mm256_gf2p8affine_epi64_epi8::<0>(*word, enter);
    }
    for keys in keys.as_chunks::<4>().0 {
        round::<N, 0>(groups, keys[0]);
        round::<N, 1>(groups, keys[1]);
        round::<N, 2>(groups, keys[2]);
        round::<N, 3>(groups, keys[3]);
    }
    let (leave, swap) = (_mm256_set1_epi64x(T_INVERSE as i64), both(&SWAPPED));
    for group in groups {
        let [a, b, c, d] = *group;
        *group = turn_words([d, c, b, a]);
        for row in group {
            *row = _mm256_shuffle_epi8(_mm256_gf2p8affine_epi64_epi8::<0>(*row, leave), swap);
        }
    }
}

/// One round, which writes word `W` of every group.
#[inline]
#[target_feature(enable = "avx2,gfni")]
fn round<const N: usize, const W: usize>(groups: &mut Groups<N>, key: u32) {
    let (a, c) = (_mm256_set1_epi64x(A as i64), _mm256_set1_epi64x(C as i64));
    let (one, two) = (both(&rotated(1)), both(&rotated(2)));
    let key = _mm256_set1_epi32(key as i32);
    for words in groups {
        let [x1, x2, x3] = [words[(W + 1) % 4], words[(W + 2) % 4], words[(W + 3) % 4]];
        let u = _mm256_xor_si256(_mm256_xor_si256(x1, key), _mm256_xor_si256(x2, x3));
        let own = _mm256_gf2p8affineinv_epi64_epi8::<{ A0 as i32 }>(u, a);
        let next = _mm256_gf2p8affineinv_epi64_epi8::<0>(u, c);
        let d = _mm256_xor_si256(own, _mm256_shuffle_epi8(next, one));
        let shifted = _mm256_xor_si256(_mm256_shuffle_epi8(d, one), _mm256_shuffle_epi8(d, two));
        words[W] = _mm256_xor_si256(_mm256_xor_si256(words[W], d), shifted);
    }
}
