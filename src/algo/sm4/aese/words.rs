//! 4 blocks a group with NEON and AESE, word by word: a register holds one word of four blocks.
//!
//! Knows no mode but counting.

use core::arch::aarch64::{
    uint8x16_t, uint32x4_t, vaddq_u32, vaeseq_u8, vdupq_n_u8, vdupq_n_u32, veorq_u8, vreinterpretq_u8_u16,
    vreinterpretq_u8_u32, vreinterpretq_u16_u8, vreinterpretq_u32_u8, vrev32q_u8, vrev32q_u16,
    vsetq_lane_u32,
};

use super::{
    super::{
        Counter, Keys,
        neon::{load, store, turn_words},
        tables::{ENTER, LEAVE, NEXT, OWN, rotated, unshifted},
    },
    WORDS, moved, nibbles, product,
};

/// `N` groups, each four words of four blocks.
type Groups<const N: usize> = [[uint8x16_t; 4]; N];

/// Up to 4 × `N` blocks, and what is XORed to them before and after.
#[inline(never)]
#[target_feature(enable = "neon,aes")]
pub(super) fn blocks<const N: usize>(keys: &Keys, data: &mut [u8], [before, after]: [&[u8]; 2]) {
    let mut groups = [[vdupq_n_u8(0); 4]; N];
    for (group, words) in groups.iter_mut().enumerate() {
        for (row, words) in words.iter_mut().enumerate() {
            let at = WORDS * group + 16 * row;
            *words = vrev32q_u8(veorq_u8(load(data, at), load(before, at)));
        }
        *words = turned(*words);
    }
    rounds(keys, &mut groups);
    for (group, rows) in groups.into_iter().enumerate() {
        for (row, block) in rows.into_iter().enumerate() {
            let at = WORDS * group + 16 * row;
            store(data, at, veorq_u8(block, load(after, at)));
        }
    }
}

/// Up to 4 × `N` blocks of a key stream.
#[inline(never)]
#[target_feature(enable = "neon,aes")]
pub(super) fn count<const N: usize>(keys: &Keys, counter: &Counter, data: &mut [u8]) {
    let [a, b, c] = counter.fixed.map(|word| vreinterpretq_u8_u32(vdupq_n_u32(word)));
    let mut groups = [[vdupq_n_u8(0); 4]; N];
    for (group, words) in groups.iter_mut().enumerate() {
        let low = counter.low.wrapping_add(4 * group as u32);
        *words = [a, b, c, vreinterpretq_u8_u32(vaddq_u32(vdupq_n_u32(low), places()))];
    }
    rounds(keys, &mut groups);
    for (group, rows) in groups.into_iter().enumerate() {
        for (row, block) in rows.into_iter().enumerate() {
            let at = WORDS * group + 16 * row;
            store(data, at, veorq_u8(block, load(data, at)));
        }
    }
}

/// The numbers of the blocks of a group.
#[inline]
#[target_feature(enable = "neon")]
fn places() -> uint32x4_t {
    let places = vsetq_lane_u32::<1>(1, vdupq_n_u32(0));
    vsetq_lane_u32::<3>(3, vsetq_lane_u32::<2>(2, places))
}

/// From words of input to rows of output: blocks again.
#[inline]
#[target_feature(enable = "neon,aes")]
fn rounds<const N: usize>(keys: &Keys, groups: &mut Groups<N>) {
    for word in groups.as_flattened_mut() {
        *word = product(&ENTER, nibbles(*word));
    }
    for keys in keys.as_chunks::<4>().0 {
        round::<N, 0>(groups, keys[0]);
        round::<N, 1>(groups, keys[1]);
        round::<N, 2>(groups, keys[2]);
        round::<N, 3>(groups, keys[3]);
    }
    for group in groups {
        let [a, b, c, d] = *group;
        *group = turned([d, c, b, a]);
        for row in group {
            *row = vrev32q_u8(product(&LEAVE, nibbles(*row)));
        }
    }
}

/// One round, which writes word `W` of every group.
#[inline]
#[target_feature(enable = "neon,aes")]
fn round<const N: usize, const W: usize>(groups: &mut Groups<N>, key: u32) {
    let key = vreinterpretq_u8_u32(vdupq_n_u32(key));
    for words in groups {
        let [x1, x2, x3] = [words[(W + 1) % 4], words[(W + 2) % 4], words[(W + 3) % 4]];
        let substituted = vaeseq_u8(veorq_u8(x1, key), veorq_u8(x2, x3));
        let halves = nibbles(substituted);
        let own = moved(product(&OWN, halves), const { &unshifted(0) });
        let d = veorq_u8(own, moved(product(&NEXT, halves), const { &unshifted(1) }));
        let shifted = veorq_u8(moved(d, const { &rotated(1) }), turned_by_16(d));
        words[W] = veorq_u8(veorq_u8(words[W], d), shifted);
    }
}

/// Words rotated by two bytes.
#[inline]
#[target_feature(enable = "neon")]
fn turned_by_16(words: uint8x16_t) -> uint8x16_t {
    vreinterpretq_u8_u16(vrev32q_u16(vreinterpretq_u16_u8(words)))
}

#[inline]
#[target_feature(enable = "neon")]
fn turned(rows: [uint8x16_t; 4]) -> [uint8x16_t; 4] {
    turn_words(rows.map(|row| vreinterpretq_u32_u8(row))).map(|row| vreinterpretq_u8_u32(row))
}
