//! GHASH by PCLMULQDQ, the carry-less multiplication of x86-64.
//!
//! Knows one product; the rest is in [`eight`](super::eight).
#![allow(
    unsafe_code,
    reason = "the step from a CPU token into functions of its features, and 16-byte loads and stores"
)]

use core::arch::x86_64::{
    __m128i, _mm_clmulepi64_si128, _mm_loadu_si128, _mm_set_epi64x, _mm_setzero_si128, _mm_shuffle_epi8,
    _mm_shuffle_epi32, _mm_storeu_si128, _mm_xor_si128,
};

use super::eight::kernel;
use crate::algo::cpu::Clmul;

type Vector = __m128i;

pub(super) fn derive(_: Clmul, h: u128, words: &mut Words) {
    // SAFETY: a `Clmul` exists only where PCLMULQDQ and SSSE3 do.
    unsafe { powers(h, words) }
}

pub(super) fn hash(_: Clmul, words: &Words, aad: &[u8], text: &[u8]) -> [u8; 16] {
    // SAFETY: a `Clmul` exists only where PCLMULQDQ and SSSE3 do.
    unsafe { run(words, aad, text) }
}

kernel!("pclmulqdq,ssse3");

/// The products of the low words, across, and of the high words.
#[inline]
#[target_feature(enable = "pclmulqdq,ssse3")]
fn products(a: __m128i, b: __m128i) -> [__m128i; 3] {
    let across = added(_mm_clmulepi64_si128::<0x01>(a, b), _mm_clmulepi64_si128::<0x10>(a, b));
    [low_product(a, b), across, _mm_clmulepi64_si128::<0x11>(a, b)]
}

#[inline]
#[target_feature(enable = "pclmulqdq,ssse3")]
fn low_product(a: __m128i, b: __m128i) -> __m128i {
    _mm_clmulepi64_si128::<0x00>(a, b)
}

#[inline]
#[target_feature(enable = "ssse3")]
fn zero() -> __m128i {
    _mm_setzero_si128()
}

#[inline]
#[target_feature(enable = "ssse3")]
fn added(a: __m128i, b: __m128i) -> __m128i {
    _mm_xor_si128(a, b)
}

/// Low and high word in each other's place.
#[inline]
#[target_feature(enable = "ssse3")]
fn exchanged(words: __m128i) -> __m128i {
    _mm_shuffle_epi32::<0x4e>(words)
}

#[inline]
#[target_feature(enable = "ssse3")]
fn number(number: u128) -> __m128i {
    _mm_set_epi64x(((number >> 64) as u64).cast_signed(), (number as u64).cast_signed())
}

/// A block as a number, or a number as a block.
#[inline]
#[target_feature(enable = "ssse3")]
fn swapped(block: __m128i) -> __m128i {
    let around = _mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f);
    _mm_shuffle_epi8(block, around)
}

#[inline]
#[target_feature(enable = "ssse3")]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes are there to be read, at whatever address.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "ssse3")]
fn bytes(value: __m128i) -> [u8; 16] {
    let mut bytes = [0; 16];
    // SAFETY: 16 bytes are there to be written, at whatever address.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), value) }
    bytes
}
