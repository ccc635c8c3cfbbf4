//! 32 blocks with AVX-512 and GFNI, word by word: a register holds one word of sixteen of them.
//!
//! Knows no mode but counting. For what is too short for planes.

use core::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_gf2p8affine_epi64_epi8, _mm512_gf2p8affineinv_epi64_epi8,
    _mm512_rol_epi32, _mm512_set1_epi32, _mm512_set1_epi64, _mm512_setr_epi32, _mm512_setzero_si512,
    _mm512_shuffle_epi8, _mm512_xor_si512,
};

use super::{
    super::{
        Counter, Keys,
        affine::{A, A0, C, T, T_INVERSE},
        avx2::SWAPPED,
    },
    lanes::{all, load, store, sum, turn_words},
};

/// Four words of sixteen blocks, twice: the one's instructions fill the time in which the other's wait for each other.
type Groups = [[__m512i; 4]; 2];

/// Bytes that sixteen blocks have.
const GROUP: usize = 256;

/// Up to 32 blocks, and what is XORed to them before and after.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
pub(super) fn blocks(keys: &Keys, data: &mut [u8], [before, after]: [&[u8]; 2]) {
    let mut groups = [[_mm512_setzero_si512(); 4]; 2];
    for (group, words) in groups.iter_mut().enumerate() {
        for (row, words) in words.iter_mut().enumerate() {
            let at = GROUP * group + 64 * row;
            let block = _mm512_xor_si512(load(data, at), load(before, at));
            *words = _mm512_shuffle_epi8(block, all(&SWAPPED));
        }
        *words = turn_words(*words);
    }
    rounds(keys, &mut groups);
    for (group, rows) in groups.into_iter().enumerate() {
        for (row, block) in rows.into_iter().enumerate() {
            let at = GROUP * group + 64 * row;
            store(data, at, _mm512_xor_si512(block, load(after, at)));
        }
    }
}

/// Up to 32 blocks of a key stream.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
pub(super) fn count(keys: &Keys, counter: &Counter, data: &mut [u8]) {
    // Lane L of row j holds block 4 j + L.
    let places = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let [a, b, c] = counter.fixed.map(|word| _mm512_set1_epi32(word as i32));
    let mut groups = [[_mm512_setzero_si512(); 4]; 2];
    for (group, words) in groups.iter_mut().enumerate() {
        let low = counter.low.wrapping_add(16 * group as u32);
        *words = [a, b, c, _mm512_add_epi32(_mm512_set1_epi32(low as i32), places)];
    }
    rounds(keys, &mut groups);
    for (group, rows) in groups.into_iter().enumerate() {
        for (row, block) in rows.into_iter().enumerate() {
            let at = GROUP * group + 64 * row;
            store(data, at, _mm512_xor_si512(block, load(data, at)));
        }
    }
}

/// From words of input to rows of output: blocks again.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn rounds(keys: &Keys, groups: &mut Groups) {
    let enter = _mm512_set1_epi64(T as i64);
    for word in groups.as_flattened_mut() {
        *word = _mm512_gf2p8affine_epi64_epi8::<0>(*word, enter);
    }
    for keys in keys.as_chunks::<4>().0 {
        round::<0>(groups, keys[0]);
        round::<1>(groups, keys[1]);
        round::<2>(groups, keys[2]);
        round::<3>(groups, keys[3]);
    }
    let (leave, swap) = (_mm512_set1_epi64(T_INVERSE as i64), all(&SWAPPED));
    for group in groups {
        let [a, b, c, d] = *group;
        *group = turn_words([d, c, b, a]);
        for row in group {
            *row = _mm512_shuffle_epi8(_mm512_gf2p8affine_epi64_epi8::<0>(*row, leave), swap);
        }
    }
}

/// One round, which writes word `W` of every group.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn round<const W: usize>(groups: &mut Groups, key: u32) {
    let (a, c) = (_mm512_set1_epi64(A as i64), _mm512_set1_epi64(C as i64));
    let key = _mm512_set1_epi32(key as i32);
    for words in groups {
        let early = sum(words[(W + 1) % 4], words[(W + 2) % 4], key);
        let u = _mm512_xor_si512(words[(W + 3) % 4], early);
        let own = _mm512_gf2p8affineinv_epi64_epi8::<{ A0 as i32 }>(u, a);
        let next = _mm512_gf2p8affineinv_epi64_epi8::<0>(u, c);
        let d = _mm512_xor_si512(own, _mm512_rol_epi32::<8>(next));
        let shifted = sum(d, _mm512_rol_epi32::<8>(d), _mm512_rol_epi32::<16>(d));
        words[W] = _mm512_xor_si512(words[W], shifted);
    }
}
