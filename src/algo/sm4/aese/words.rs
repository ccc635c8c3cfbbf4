//! 4 blocks a group with NEON and AESE.
//!
//! Knows the matrices as tables; the rest is in [`words`](super::super::words).

use core::arch::aarch64::{
    uint8x16_t, vaddq_u32, vaeseq_u8, vdupq_n_u32, veorq_u8, vreinterpretq_u8_u16, vreinterpretq_u8_u32,
    vreinterpretq_u16_u8, vreinterpretq_u32_u8, vrev32q_u8, vrev32q_u16, vsetq_lane_u32,
};

use super::{
    super::{
        neon::{self, added, load, store, zero},
        tables::{ENTER, LEAVE, NEXT, OWN, rotated, unshifted},
        words::kernel,
    },
    moved, nibbles, product,
};

type Vector = uint8x16_t;

kernel!("neon,aes");

#[inline]
#[target_feature(enable = "neon")]
fn entered(words: uint8x16_t) -> uint8x16_t {
    product(&ENTER, nibbles(words))
}

#[inline]
#[target_feature(enable = "neon")]
fn left(words: uint8x16_t) -> uint8x16_t {
    product(&LEAVE, nibbles(words))
}

/// One round, which writes word `W` of every group.
#[inline]
#[target_feature(enable = "neon,aes")]
fn round<const N: usize, const W: usize>(groups: &mut Groups<N>, key: u32) {
    let key = every(key);
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
fn turn_words(rows: [uint8x16_t; 4]) -> [uint8x16_t; 4] {
    neon::turn_words(rows.map(|row| vreinterpretq_u32_u8(row))).map(|row| vreinterpretq_u8_u32(row))
}

/// Each word the other way round.
#[inline]
#[target_feature(enable = "neon")]
fn swapped(words: uint8x16_t) -> uint8x16_t {
    vrev32q_u8(words)
}

/// The word in every place.
#[inline]
#[target_feature(enable = "neon")]
fn every(word: u32) -> uint8x16_t {
    vreinterpretq_u8_u32(vdupq_n_u32(word))
}

/// The counts of a group from `low` on.
#[inline]
#[target_feature(enable = "neon")]
fn counted(low: u32) -> uint8x16_t {
    let places = vsetq_lane_u32::<1>(1, vdupq_n_u32(0));
    let places = vsetq_lane_u32::<3>(3, vsetq_lane_u32::<2>(2, places));
    vreinterpretq_u8_u32(vaddq_u32(vdupq_n_u32(low), places))
}
