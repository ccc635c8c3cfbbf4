//! The choice with AVX2: an element of the field is one register.
//!
//! Knows no points.
#![allow(
    unsafe_code,
    reason = "loads and stores of vectors, and the step from the token into what it proves"
)]

use core::arch::x86_64::{
    __m256i, _mm256_add_epi64, _mm256_and_si256, _mm256_cmpeq_epi64, _mm256_loadu_si256, _mm256_or_si256,
    _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_storeu_si256,
};

use crate::algo::{cpu::Avx2, sm2::field::Fe};

pub(super) fn entry<const N: usize>(_: Avx2, table: &[[Fe; N]], index: u64) -> [Fe; N] {
    // SAFETY: an `Avx2` exists only where AVX2 does.
    unsafe { scan(table, index) }
}

#[target_feature(enable = "avx2")]
fn scan<const N: usize>(table: &[[Fe; N]], index: u64) -> [Fe; N] {
    let (index, one) = (_mm256_set1_epi64x(index as i64), _mm256_set1_epi64x(1));
    let (mut at, mut found) = (_mm256_setzero_si256(), [_mm256_setzero_si256(); N]);
    for entry in table {
        let mask = _mm256_cmpeq_epi64(at, index);
        for (found, element) in found.iter_mut().zip(entry) {
            *found = _mm256_or_si256(*found, _mm256_and_si256(load(element), mask));
        }
        at = _mm256_add_epi64(at, one);
    }
    found.map(|register| store(register))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(element: &Fe) -> __m256i {
    // SAFETY: an element is 32 bytes, and borrowed.
    unsafe { _mm256_loadu_si256(element.montgomery().as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(register: __m256i) -> Fe {
    let mut words = [0; 4];
    // SAFETY: four words are 32 bytes, and ours.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), register) };
    Fe::from_montgomery(words)
}
