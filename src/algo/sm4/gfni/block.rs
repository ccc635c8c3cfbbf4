//! One block with AVX2 and GFNI.
//!
//! Knows how words are rotated and added; the rest is in [`block`](super::super::block) and in
//! [`matrices`](super::super::matrices).

use core::arch::x86_64::{__m128i, _mm_shuffle_epi8, _mm_shufflelo_epi16};

use super::super::{
    avx2::{load_block, rotated},
    block::{kernel, with_zero},
    matrices::matrices,
};

type Vector = __m128i;

kernel!("avx2,gfni");
with_zero!("avx2,gfni");
matrices!("avx2,gfni");

/// Each rotated by a byte more than the one before.
#[inline]
#[target_feature(enable = "avx2,gfni")]
fn changed(zero: __m128i, one: __m128i, two: __m128i, three: __m128i) -> Change {
    let one = _mm_shuffle_epi8(one, load_block(const { &rotated(1) }));
    // Only the first word of a register matters.
    let two = _mm_shufflelo_epi16::<0b1110_0001>(two);
    let three = _mm_shuffle_epi8(three, load_block(const { &rotated(3) }));
    [added(zero, one), added(two, three)]
}

/// A word with its change, or any other sum of three.
#[inline]
#[target_feature(enable = "avx2,gfni")]
fn sum(word: __m128i, [a, b]: Change) -> __m128i {
    added(added(word, a), b)
}
