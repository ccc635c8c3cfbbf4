//! 8 blocks a group with AVX2 and GFNI, for what is too short for planes.
//!
//! Knows the matrices; the rest is in [`words`](super::super::words).

use core::arch::x86_64::{
    __m256i, _mm256_gf2p8affine_epi64_epi8, _mm256_gf2p8affineinv_epi64_epi8, _mm256_set1_epi64x,
    _mm256_shuffle_epi8,
};

use super::super::{
    affine::{A, A0, C, T, T_INVERSE},
    avx2::{added, both, counted, every, load, rotated, store, swapped, turn_words, zero},
    words::kernel,
};

type Vector = __m256i;

kernel!("avx2,gfni");

#[inline]
#[target_feature(enable = "avx2,gfni")]
fn entered(words: __m256i) -> __m256i {
    _mm256_gf2p8affine_epi64_epi8::<0>(words, _mm256_set1_epi64x(T as i64))
}

#[inline]
#[target_feature(enable = "avx2,gfni")]
fn left(words: __m256i) -> __m256i {
    _mm256_gf2p8affine_epi64_epi8::<0>(words, _mm256_set1_epi64x(T_INVERSE as i64))
}

/// One round, which writes word `W` of every group.
#[inline]
#[target_feature(enable = "avx2,gfni")]
fn round<const N: usize, const W: usize>(groups: &mut Groups<N>, key: u32) {
    let (a, c) = (_mm256_set1_epi64x(A as i64), _mm256_set1_epi64x(C as i64));
    let (one, two) = (both(&rotated(1)), both(&rotated(2)));
    let key = every(key);
    for words in groups {
        let [x1, x2, x3] = [words[(W + 1) % 4], words[(W + 2) % 4], words[(W + 3) % 4]];
        let u = added(added(x1, key), added(x2, x3));
        let own = _mm256_gf2p8affineinv_epi64_epi8::<{ A0 as i32 }>(u, a);
        let next = _mm256_gf2p8affineinv_epi64_epi8::<0>(u, c);
        let d = added(own, _mm256_shuffle_epi8(next, one));
        let shifted = added(_mm256_shuffle_epi8(d, one), _mm256_shuffle_epi8(d, two));
        words[W] = added(added(words[W], d), shifted);
    }
}
