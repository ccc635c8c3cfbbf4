//! What the kernels for x86-64 share for one block: its words, each first in a register of its own.
//!
//! Knows no S-box.

use core::arch::x86_64::{
    __m128i, _mm_cvtsi32_si128, _mm_cvtsi128_si32, _mm_set_epi32, _mm_setzero_si128, _mm_shuffle_epi8,
    _mm_shuffle_epi32, _mm_unpacklo_epi32, _mm_unpacklo_epi64, _mm_xor_si128,
};

use super::{
    FK,
    avx2::{SWAPPED, load_block},
};

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn zero() -> __m128i {
    _mm_setzero_si128()
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn added(a: __m128i, b: __m128i) -> __m128i {
    _mm_xor_si128(a, b)
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn one_word(word: u32) -> __m128i {
    _mm_cvtsi32_si128(word as i32)
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn first(words: __m128i) -> u32 {
    _mm_cvtsi128_si32(words) as u32
}

/// Each word the other way round.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn swapped(words: __m128i) -> __m128i {
    _mm_shuffle_epi8(words, load_block(&SWAPPED))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn words_of(block: &[u8; 16]) -> __m128i {
    swapped(load_block(block))
}

/// The words of a key with those of FK.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn key_words(key: &[u8; 16]) -> __m128i {
    let [a, b, c, d] = FK.map(|word| word as i32);
    added(words_of(key), _mm_set_epi32(d, c, b, a))
}

/// Four words, each first in a register of its own.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn spread(words: __m128i) -> [__m128i; 4] {
    [
        words,
        _mm_shuffle_epi32::<0x55>(words),
        _mm_shuffle_epi32::<0xaa>(words),
        _mm_shuffle_epi32::<0xff>(words),
    ]
}

/// Undoes [`spread`].
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn gathered([a, b, c, d]: [__m128i; 4]) -> __m128i {
    _mm_unpacklo_epi64(_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d))
}
