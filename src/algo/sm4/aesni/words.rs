//! 8 blocks a group with AVX2 and AES-NI, word by word: a register holds one word of eight blocks.
//!
//! Knows no mode but counting.

use core::arch::x86_64::{
    __m256i, _mm_aesenclast_si128, _mm_setzero_si128, _mm256_add_epi32, _mm256_and_si256,
    _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_set_m128i, _mm256_set1_epi8, _mm256_set1_epi32,
    _mm256_setr_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi32, _mm256_xor_si256,
};

use super::{
    super::{
        Counter, Keys,
        affine::Nibbles,
        avx2::{SWAPPED, both, load, store, turn_words},
        tables::{ENTER, LEAVE, NEXT, OWN, rotated, unshifted},
    },
    WORDS,
};

/// `N` groups, each four words of eight blocks.
type Groups<const N: usize> = [[__m256i; 4]; N];

/// Up to 8 × `N` blocks, and what is XORed to them before and after.
#[inline(never)]
#[target_feature(enable = "avx2,aes")]
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
#[target_feature(enable = "avx2,aes")]
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
#[target_feature(enable = "avx2,aes")]
fn rounds<const N: usize>(keys: &Keys, groups: &mut Groups<N>) {
    for word in groups.as_flattened_mut() {
        *word = product(&ENTER, nibbles(*word));
    }
    for keys in keys.as_chunks::<4>().0 {
        round::<N, 0>(groups, keys[0]);
        round::<N, 1>(groups, keys[1]);
        round::<N, 2>(groups, keys[2]);
        round::<N, 3>(groups, keys[3]);
    }
    for group in groups {
        let [a, b, c, d] = *group;
        *group = turn_words([d, c, b, a]);
        for row in group {
            *row = _mm256_shuffle_epi8(product(&LEAVE, nibbles(*row)), both(&SWAPPED));
        }
    }
}

/// One round, which writes word `W` of every group.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn round<const N: usize, const W: usize>(groups: &mut Groups<N>, key: u32) {
    let (zero, one) = (both(const { &unshifted(0) }), both(const { &unshifted(1) }));
    let (first, second) = (both(const { &rotated(1) }), both(const { &rotated(2) }));
    let key = _mm256_set1_epi32(key as i32);
    for words in groups {
        let [x1, x2, x3] = [words[(W + 1) % 4], words[(W + 2) % 4], words[(W + 3) % 4]];
        let u = _mm256_xor_si256(_mm256_xor_si256(x1, key), _mm256_xor_si256(x2, x3));
        let halves = nibbles(substituted(u));
        let own = _mm256_shuffle_epi8(product(&OWN, halves), zero);
        let d = _mm256_xor_si256(own, _mm256_shuffle_epi8(product(&NEXT, halves), one));
        let shifted = _mm256_xor_si256(_mm256_shuffle_epi8(d, first), _mm256_shuffle_epi8(d, second));
        words[W] = _mm256_xor_si256(_mm256_xor_si256(words[W], d), shifted);
    }
}

/// What AES makes of each byte, its rows shifted.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn substituted(bytes: __m256i) -> __m256i {
    let zero = _mm_setzero_si128();
    let low = _mm_aesenclast_si128(_mm256_castsi256_si128(bytes), zero);
    let high = _mm_aesenclast_si128(_mm256_extracti128_si256::<1>(bytes), zero);
    _mm256_set_m128i(high, low)
}

/// Each byte's low and high half.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn nibbles(bytes: __m256i) -> [__m256i; 2] {
    let half = _mm256_set1_epi8(0x0f);
    [_mm256_and_si256(bytes, half), _mm256_and_si256(_mm256_srli_epi32::<4>(bytes), half)]
}

#[inline]
#[target_feature(enable = "avx2,aes")]
fn product(table: &Nibbles, [low, high]: [__m256i; 2]) -> __m256i {
    let low = _mm256_shuffle_epi8(both(&table.low), low);
    _mm256_xor_si256(low, _mm256_shuffle_epi8(both(&table.high), high))
}
