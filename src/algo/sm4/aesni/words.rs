//! 8 blocks a group with AVX2 and AES-NI.
//!
//! Knows the matrices as tables; the rest is in [`words`](super::super::words).

use core::arch::x86_64::{
    __m256i, _mm_aesenclast_si128, _mm_setzero_si128, _mm256_and_si256, _mm256_castsi256_si128,
    _mm256_extracti128_si256, _mm256_set_m128i, _mm256_set1_epi8, _mm256_shuffle_epi8, _mm256_srli_epi32,
};

use super::super::{
    affine::Nibbles,
    avx2::{added, both, counted, every, load, store, swapped, turn_words, zero},
    tables::{ENTER, LEAVE, NEXT, OWN, rotated, unshifted},
    words::kernel,
};

type Vector = __m256i;

kernel!("avx2,aes");

#[inline]
#[target_feature(enable = "avx2,aes")]
fn entered(words: __m256i) -> __m256i {
    product(&ENTER, nibbles(words))
}

#[inline]
#[target_feature(enable = "avx2,aes")]
fn left(words: __m256i) -> __m256i {
    product(&LEAVE, nibbles(words))
}

/// One round, which writes word `W` of every group.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn round<const N: usize, const W: usize>(groups: &mut Groups<N>, key: u32) {
    let (zero, one) = (both(const { &unshifted(0) }), both(const { &unshifted(1) }));
    let (first, second) = (both(const { &rotated(1) }), both(const { &rotated(2) }));
    let key = every(key);
    for words in groups {
        let [x1, x2, x3] = [words[(W + 1) % 4], words[(W + 2) % 4], words[(W + 3) % 4]];
        let u = added(added(x1, key), added(x2, x3));
        let halves = nibbles(substituted(u));
        let own = _mm256_shuffle_epi8(product(&OWN, halves), zero);
        let d = added(own, _mm256_shuffle_epi8(product(&NEXT, halves), one));
        let shifted = added(_mm256_shuffle_epi8(d, first), _mm256_shuffle_epi8(d, second));
        words[W] = added(added(words[W], d), shifted);
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
    added(low, _mm256_shuffle_epi8(both(&table.high), high))
}
