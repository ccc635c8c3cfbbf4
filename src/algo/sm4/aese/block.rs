//! One block with NEON and AESE.
//!
//! Knows the matrices as tables; the rest is in [`block`](super::super::block).

use core::arch::aarch64::{
    uint8x16_t, vaeseq_u8, vdupq_laneq_u32, vdupq_n_u32, vgetq_lane_u32, vreinterpretq_u8_u32,
    vreinterpretq_u32_u8, vrev32q_u8,
};

use super::{
    super::{
        FK,
        block::kernel,
        neon::{added, load_block, store_block, turn_words, zero},
        tables::{BOTH, ENTER, KEY, LEAVE, NEXT, OWN, unshifted},
    },
    moved, nibbles, product,
};

type Vector = uint8x16_t;

kernel!("neon,aes");

/// What AES makes of each byte, its rows shifted; AESE adds before.
#[inline]
#[target_feature(enable = "neon,aes")]
fn substituted(early: uint8x16_t, [a, b]: Change) -> uint8x16_t {
    vaeseq_u8(added(early, a), b)
}

/// `a ⊕ z b ⊕ z² b ⊕ z³ c`: more matrices than elsewhere, and fewer steps one after another.
#[inline]
#[target_feature(enable = "neon,aes")]
fn mixed(substituted: uint8x16_t) -> Change {
    let halves = nibbles(substituted);
    let b = product(&BOTH, halves);
    changed([product(&OWN, halves), b, b, product(&NEXT, halves)])
}

/// `L'` as four matrices.
#[inline]
#[target_feature(enable = "neon,aes")]
fn expanded(substituted: uint8x16_t) -> Change {
    let halves = nibbles(substituted);
    let [zero, one, two, three] = &KEY;
    changed([product(zero, halves), product(one, halves), product(two, halves), product(three, halves)])
}

/// AES's shift of rows undone, each rotated by a byte more than the one before.
#[inline]
#[target_feature(enable = "neon")]
fn changed([zero, one, two, three]: [uint8x16_t; 4]) -> Change {
    let (zero, one) = (moved(zero, const { &unshifted(0) }), moved(one, const { &unshifted(1) }));
    let (two, three) = (moved(two, const { &unshifted(2) }), moved(three, const { &unshifted(3) }));
    [added(zero, three), added(one, two)]
}

/// A word with its change, or any other sum of three.
#[inline]
#[target_feature(enable = "neon")]
fn sum(word: uint8x16_t, [a, b]: Change) -> uint8x16_t {
    added(added(word, a), b)
}

/// `T · X` of the words of a block.
#[inline]
#[target_feature(enable = "neon")]
fn entered(block: &[u8; 16]) -> Words {
    let words = vreinterpretq_u32_u8(product(&ENTER, nibbles(vrev32q_u8(load_block(block)))));
    let spread =
        [words, vdupq_laneq_u32::<1>(words), vdupq_laneq_u32::<2>(words), vdupq_laneq_u32::<3>(words)];
    spread.map(|word| vreinterpretq_u8_u32(word))
}

/// The words of a key that round keys are made from.
#[inline]
#[target_feature(enable = "neon")]
fn keyed(key: &[u8; 16]) -> Words {
    let [a, b, c, d] = entered(key);
    let [fa, fb, fc, fd] = FK.map(|word| product(&ENTER, nibbles(one_word(word))));
    [added(a, fa), added(b, fb), added(c, fc), added(d, fd)]
}

/// The block that stands in four words.
#[inline]
#[target_feature(enable = "neon")]
fn left(words: Words) -> uint8x16_t {
    let [block, ..] = turn_words(words.map(|word| vreinterpretq_u32_u8(word)));
    vrev32q_u8(product(&LEAVE, nibbles(vreinterpretq_u8_u32(block))))
}

/// The word in every place.
#[inline]
#[target_feature(enable = "neon")]
fn one_word(word: u32) -> uint8x16_t {
    vreinterpretq_u8_u32(vdupq_n_u32(word))
}

#[inline]
#[target_feature(enable = "neon")]
fn first(word: uint8x16_t) -> u32 {
    vgetq_lane_u32::<0>(vreinterpretq_u32_u8(word))
}
