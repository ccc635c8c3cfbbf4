//! Bytes in and out of registers of 512 bits, and the ways blocks stand in them.
//!
//! Knows no S-box.
#![allow(
    unsafe_code,
    reason = "loads and stores of registers; every other file of 512 bits goes through these"
)]

use core::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_broadcast_i32x4, _mm512_loadu_si512, _mm512_mask_storeu_epi8,
    _mm512_maskz_loadu_epi8, _mm512_set1_epi32, _mm512_setr_epi32, _mm512_setzero_si512, _mm512_shuffle_epi8,
    _mm512_storeu_si512, _mm512_ternarylogic_epi32, _mm512_unpackhi_epi8, _mm512_unpackhi_epi32,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi8, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
    _mm512_xor_si512,
};

use super::super::avx2::{SWAPPED, load_block};

/// Up to 64 bytes from `at` on, and zeros where there are none.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn load(bytes: &[u8], at: usize) -> __m512i {
    let bytes = bytes.get(at..).unwrap_or(&[]);
    if let Some(whole) = bytes.first_chunk::<64>() {
        // SAFETY: the reference is to 64 bytes, and the load asks for no alignment.
        return unsafe { _mm512_loadu_si512(whole.as_ptr().cast()) };
    }
    if bytes.is_empty() {
        // A load of nothing from an address of nothing is allowed, and takes hundreds of cycles.
        return _mm512_setzero_si512();
    }
    // SAFETY: the mask has as many bits as there are bytes, and the load touches no byte without one.
    unsafe { _mm512_maskz_loadu_epi8(mask(bytes.len()), bytes.as_ptr().cast()) }
}

/// Writes as many of 64 bytes as there are places from `at` on.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn store(bytes: &mut [u8], at: usize, value: __m512i) {
    let bytes = bytes.get_mut(at..).unwrap_or(&mut []);
    if let Some(whole) = bytes.first_chunk_mut::<64>() {
        // SAFETY: the reference is to 64 bytes of the caller's own, and the store asks for no alignment.
        unsafe { _mm512_storeu_si512(whole.as_mut_ptr().cast(), value) };
        return;
    }
    if !bytes.is_empty() {
        // SAFETY: the mask has as many bits as there are bytes, and the store touches no byte without one.
        unsafe { _mm512_mask_storeu_epi8(bytes.as_mut_ptr().cast(), mask(bytes.len()), value) };
    }
}

/// A one for each byte there is from `at` on, of 64 at the most.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn few(bytes: &[u8], at: usize) -> u64 {
    match bytes.len().saturating_sub(at) {
        64.. => u64::MAX,
        few => mask(few),
    }
}

/// A one for each of fewer than 64 bytes.
const fn mask(bytes: usize) -> u64 {
    (1 << bytes) - 1
}

/// The same 16 bytes in every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn all(lane: &[u8; 16]) -> __m512i {
    _mm512_broadcast_i32x4(load_block(lane))
}

/// The sum of three.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn sum(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0x96>(a, b, c)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn zero() -> __m512i {
    _mm512_setzero_si512()
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn added(a: __m512i, b: __m512i) -> __m512i {
    _mm512_xor_si512(a, b)
}

/// The word in every place.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn every(word: u32) -> __m512i {
    _mm512_set1_epi32(word as i32)
}

/// Each word the other way round.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn swapped(words: __m512i) -> __m512i {
    _mm512_shuffle_epi8(words, all(&SWAPPED))
}

/// The counts of 16 blocks from `low` on, where their words stand after [`turn_words`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn counted(low: u32) -> __m512i {
    // Lane L of row j holds block 4 j + L.
    _mm512_add_epi32(every(low), _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15))
}

/// In each lane, the words of four registers as rows become columns.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn turn_words([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let (ab, cd) = (_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d));
    let (ab_high, cd_high) = (_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d));
    [
        _mm512_unpacklo_epi64(ab, cd),
        _mm512_unpackhi_epi64(ab, cd),
        _mm512_unpacklo_epi64(ab_high, cd_high),
        _mm512_unpackhi_epi64(ab_high, cd_high),
    ]
}

/// In each lane, the bytes of sixteen registers as rows become columns: a perfect shuffle, four times.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn turn_bytes(rows: &mut [__m512i; 16]) {
    // By macro: as loops these are not always unrolled, and then the rows go through memory.
    macro_rules! shuffle {
        ($($at:literal)*) => {
            let from = *rows;
            $(
                rows[2 * $at] = _mm512_unpacklo_epi8(from[$at], from[$at + 8]);
                rows[2 * $at + 1] = _mm512_unpackhi_epi8(from[$at], from[$at + 8]);
            )*
        };
    }
    shuffle!(0 1 2 3 4 5 6 7);
    shuffle!(0 1 2 3 4 5 6 7);
    shuffle!(0 1 2 3 4 5 6 7);
    shuffle!(0 1 2 3 4 5 6 7);
}
