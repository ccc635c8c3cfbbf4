//! 16 blocks a group with AVX-512 and GFNI, for what is too short for planes. Of two groups the one's instructions fill the
//! time in which the other's wait for each other.
//!
//! Knows the matrices; the rest is in [`words`](super::super::words).

use core::arch::x86_64::{
    __m512i, _mm512_gf2p8affine_epi64_epi8, _mm512_gf2p8affineinv_epi64_epi8, _mm512_rol_epi32,
    _mm512_set1_epi64,
};

use super::{
    super::{
        affine::{A, A0, C, T, T_INVERSE},
        words::kernel,
    },
    lanes::{added, counted, every, load, store, sum, swapped, turn_words, zero},
};

type Vector = __m512i;

kernel!("avx512f,avx512bw,avx512vl,avx512dq,gfni");

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn entered(words: __m512i) -> __m512i {
    _mm512_gf2p8affine_epi64_epi8::<0>(words, _mm512_set1_epi64(T as i64))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn left(words: __m512i) -> __m512i {
    _mm512_gf2p8affine_epi64_epi8::<0>(words, _mm512_set1_epi64(T_INVERSE as i64))
}

/// One round, which writes word `W` of every group.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn round<const N: usize, const W: usize>(groups: &mut Groups<N>, key: u32) {
    let (a, c) = (_mm512_set1_epi64(A as i64), _mm512_set1_epi64(C as i64));
    let key = every(key);
    for words in groups {
        let early = sum(words[(W + 1) % 4], words[(W + 2) % 4], key);
        let u = added(words[(W + 3) % 4], early);
        let own = _mm512_gf2p8affineinv_epi64_epi8::<{ A0 as i32 }>(u, a);
        let next = _mm512_gf2p8affineinv_epi64_epi8::<0>(u, c);
        let d = added(own, _mm512_rol_epi32::<8>(next));
        let shifted = sum(d, _mm512_rol_epi32::<8>(d), _mm512_rol_epi32::<16>(d));
        words[W] = added(words[W], shifted);
    }
}
