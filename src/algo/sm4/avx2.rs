//! What the kernels of 256 bits share: bytes in and out of registers, and the ways blocks stand in them.
//!
//! Knows no S-box.
#![allow(
    unsafe_code,
    reason = "loads and stores of registers; every other file of 256 bits goes through these"
)]

use core::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm_storeu_si128, _mm256_add_epi32, _mm256_broadcastsi128_si256,
    _mm256_loadu_si256, _mm256_set1_epi32, _mm256_setr_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_storeu_si256, _mm256_unpackhi_epi8, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64,
    _mm256_unpacklo_epi8, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64, _mm256_xor_si256,
};

use zeroize::Zeroize;

pub(super) use super::tables::rotated;

/// A block.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_block(block: &[u8; 16]) -> __m128i {
    // SAFETY: the reference is to 16 bytes, and the load asks for no alignment.
    unsafe { _mm_loadu_si128(block.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn store_block(block: &mut [u8; 16], value: __m128i) {
    // SAFETY: the reference is to 16 bytes of the caller's own, and the store asks for no alignment.
    unsafe { _mm_storeu_si128(block.as_mut_ptr().cast(), value) }
}

/// Up to 32 bytes from `at` on, and zeros where there are none.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load(bytes: &[u8], at: usize) -> __m256i {
    let bytes = bytes.get(at..).unwrap_or(&[]);
    if let Some(whole) = bytes.first_chunk::<32>() {
        // SAFETY: the reference is to 32 bytes, and the load asks for no alignment.
        return unsafe { _mm256_loadu_si256(whole.as_ptr().cast()) };
    }
    if bytes.is_empty() { _mm256_setzero_si256() } else { load_some(bytes) }
}

/// Writes as many of 32 bytes as there are places from `at` on.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn store(bytes: &mut [u8], at: usize, value: __m256i) {
    let bytes = bytes.get_mut(at..).unwrap_or(&mut []);
    if let Some(whole) = bytes.first_chunk_mut::<32>() {
        // SAFETY: the reference is to 32 bytes of the caller's own, and the store asks for no alignment.
        unsafe { _mm256_storeu_si256(whole.as_mut_ptr().cast(), value) };
        return;
    }
    if !bytes.is_empty() {
        store_some(bytes, value);
    }
}

#[inline(never)]
#[target_feature(enable = "avx2")]
fn load_some(bytes: &[u8]) -> __m256i {
    let mut whole = [0; 32];
    whole[..bytes.len()].copy_from_slice(bytes);
    let value = load(&whole, 0);
    whole.zeroize();
    value
}

#[inline(never)]
#[target_feature(enable = "avx2")]
fn store_some(bytes: &mut [u8], value: __m256i) {
    let mut whole = [0; 32];
    store(&mut whole, 0, value);
    bytes.copy_from_slice(&whole[..bytes.len()]);
    whole.zeroize();
}

/// The same 16 bytes in both halves.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn both(half: &[u8; 16]) -> __m256i {
    _mm256_broadcastsi128_si256(load_block(half))
}

/// Places of the bytes of four words, each word the other way round.
pub(super) const SWAPPED: [u8; 16] = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn zero() -> __m256i {
    _mm256_setzero_si256()
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn added(a: __m256i, b: __m256i) -> __m256i {
    _mm256_xor_si256(a, b)
}

/// The word in every place.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn every(word: u32) -> __m256i {
    _mm256_set1_epi32(word as i32)
}

/// Each word the other way round.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn swapped(words: __m256i) -> __m256i {
    _mm256_shuffle_epi8(words, both(&SWAPPED))
}

/// The counts of 8 blocks from `low` on, where their words stand after [`turn_words`].
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn counted(low: u32) -> __m256i {
    // Half L of row j holds block 2 j + L.
    _mm256_add_epi32(every(low), _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7))
}

/// In each half, the words of four registers as rows become columns.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn turn_words([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let (ab, cd) = (_mm256_unpacklo_epi32(a, b), _mm256_unpacklo_epi32(c, d));
    let (ab_high, cd_high) = (_mm256_unpackhi_epi32(a, b), _mm256_unpackhi_epi32(c, d));
    [
        _mm256_unpacklo_epi64(ab, cd),
        _mm256_unpackhi_epi64(ab, cd),
        _mm256_unpacklo_epi64(ab_high, cd_high),
        _mm256_unpackhi_epi64(ab_high, cd_high),
    ]
}

/// In each half, the bytes of sixteen registers as rows become columns: a perfect shuffle, four times.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn turn_bytes(rows: &mut [__m256i; 16]) {
    // By macro: as loops these are not always unrolled, and then the rows go through memory.
    macro_rules! shuffle {
        ($($at:literal)*) => {
            let from = *rows;
            $(
                rows[2 * $at] = _mm256_unpacklo_epi8(from[$at], from[$at + 8]);
                rows[2 * $at + 1] = _mm256_unpackhi_epi8(from[$at], from[$at + 8]);
            )*
        };
    }
    shuffle!(0 1 2 3 4 5 6 7);
    shuffle!(0 1 2 3 4 5 6 7);
    shuffle!(0 1 2 3 4 5 6 7);
    shuffle!(0 1 2 3 4 5 6 7);
}
