//! One block with AVX-512 and GFNI.
//!
//! Knows how words are rotated and added; the rest is in [`block`](super::super::block) and in
//! [`matrices`](super::super::matrices).

use core::arch::x86_64::{__m128i, _mm_rol_epi32, _mm_ternarylogic_epi32};

use super::super::{
    block::{kernel, with_zero},
    matrices::matrices,
};

type Vector = __m128i;

kernel!("avx512f,avx512bw,avx512vl,avx512dq,gfni");
with_zero!("avx512f,avx512bw,avx512vl,avx512dq,gfni");
matrices!("avx512f,avx512bw,avx512vl,avx512dq,gfni");

/// Each rotated by a byte more than the one before.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn changed(zero: __m128i, one: __m128i, two: __m128i, three: __m128i) -> Change {
    let (one, two, three) = (_mm_rol_epi32::<8>(one), _mm_rol_epi32::<16>(two), _mm_rol_epi32::<24>(three));
    // The third is ready last.
    [sum(zero, [one, two]), three]
}

/// A word with its change, or any other sum of three.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn sum(word: __m128i, [a, b]: Change) -> __m128i {
    _mm_ternarylogic_epi32::<0x96>(word, a, b)
}
