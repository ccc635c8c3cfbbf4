//! One block with AES-NI.
//!
//! Knows the matrices as tables; the rest is in [`block`](super::super::block).

use core::arch::x86_64::{
    __m128i, _mm_aesenclast_si128, _mm_and_si128, _mm_set1_epi8, _mm_shuffle_epi8, _mm_srli_epi32,
};

use super::super::{
    affine::Nibbles,
    avx2::{load_block, store_block},
    block::kernel,
    tables::{BOTH, ENTER, KEY, LEAVE, NEXT, OWN, unshifted},
    xmm::{added, first, gathered, key_words, one_word, spread, swapped, words_of, zero},
};

type Vector = __m128i;

kernel!("avx2,aes");

/// What AES makes of each byte, its rows shifted.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn substituted(early: __m128i, change: Change) -> __m128i {
    _mm_aesenclast_si128(sum(early, change), zero())
}

/// `a ⊕ z b ⊕ z² b ⊕ z³ c`: more matrices than elsewhere, and fewer steps one after another.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn mixed(substituted: __m128i) -> Change {
    let halves = nibbles(substituted);
    let b = product(&BOTH, halves);
    changed(product(&OWN, halves), b, b, product(&NEXT, halves))
}

/// `L'` as four matrices.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn expanded(substituted: __m128i) -> Change {
    let halves = nibbles(substituted);
    let [zero, one, two, three] = &KEY;
    changed(product(zero, halves), product(one, halves), product(two, halves), product(three, halves))
}

/// Each rotated by a byte more than the one before.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn changed(zero: __m128i, one: __m128i, two: __m128i, three: __m128i) -> Change {
    [added(straight::<0>(zero), straight::<3>(three)), added(straight::<1>(one), straight::<2>(two))]
}

/// A word with its change, or any other sum of three.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn sum(word: __m128i, [a, b]: Change) -> __m128i {
    added(added(word, a), b)
}

/// `T · X` of the words of a block.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn entered(block: &[u8; 16]) -> Words {
    spread(product(&ENTER, nibbles(words_of(block))))
}

/// The words of a key that round keys are made from.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn keyed(key: &[u8; 16]) -> Words {
    spread(product(&ENTER, nibbles(key_words(key))))
}

/// The block that stands in four words.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn left(words: Words) -> __m128i {
    swapped(product(&LEAVE, nibbles(gathered(words))))
}

/// Each byte's low and high half.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn nibbles(bytes: __m128i) -> [__m128i; 2] {
    let half = _mm_set1_epi8(0x0f);
    [_mm_and_si128(bytes, half), _mm_and_si128(_mm_srli_epi32::<4>(bytes), half)]
}

#[inline]
#[target_feature(enable = "avx2,aes")]
fn product(table: &Nibbles, [low, high]: [__m128i; 2]) -> __m128i {
    let low = _mm_shuffle_epi8(load_block(&table.low), low);
    added(low, _mm_shuffle_epi8(load_block(&table.high), high))
}

/// Undoes AES's shift of rows, and rotates words by bytes with it.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn straight<const BYTES: usize>(bytes: __m128i) -> __m128i {
    _mm_shuffle_epi8(bytes, load_block(const { &unshifted(BYTES) }))
}
