//! One block with NEON and AESE, for its latency: encryption in a chain, and the key schedule.
//!
//! Knows no mode but chaining. Each word is first in a register of its own; what else is in there is never looked at.

use core::arch::aarch64::{
    uint8x16_t, uint32x4_t, vaeseq_u8, vdupq_laneq_u32, vdupq_n_u8, vdupq_n_u32, veorq_u8, vgetq_lane_u32,
    vreinterpretq_u8_u32, vreinterpretq_u32_u8, vrev32q_u8,
};

use super::{
    super::{
        FK, Keys,
        affine::{CK_IN, IN_WORD},
        neon::{load_block, store_block, turn_words},
        tables::{BOTH, ENTER, KEY, LEAVE, NEXT, OWN, unshifted},
    },
    moved, nibbles, product,
};

/// The words of a block.
type Words = [uint8x16_t; 4];

/// What a round adds to its word, in two parts. The next round waits for them, so it takes them one by one into its sum
/// instead of the word that they make, which is made at leisure.
type Change = [uint8x16_t; 2];

#[target_feature(enable = "neon,aes")]
pub(super) fn schedule(key: &[u8; 16]) -> Keys {
    let [a, b, c, d] = entered(key);
    let [fa, fb, fc, fd] = FK.map(|word| product(&ENTER, nibbles(same(word))));
    let mut words = [veorq_u8(a, fa), veorq_u8(b, fb), veorq_u8(c, fc), veorq_u8(d, fd)];
    let mut change = [vdupq_n_u8(0); 2];
    let mut keys = [0; 32];
    for (keys, constants) in keys.as_chunks_mut::<4>().0.iter_mut().zip(CK_IN.as_chunks::<4>().0) {
        change = expanded(substituted::<0>(&mut words, change, constants[0]));
        change = expanded(substituted::<1>(&mut words, change, constants[1]));
        change = expanded(substituted::<2>(&mut words, change, constants[2]));
        change = expanded(substituted::<3>(&mut words, change, constants[3]));
        let [a, b, c, d] = words;
        *keys = [a, b, c, sum(d, change)].map(|word| first(word) ^ IN_WORD);
    }
    keys
}

#[target_feature(enable = "neon,aes")]
pub(super) fn links(keys: &Keys, last: &mut [u8; 16], blocks: &mut [[u8; 16]]) {
    let mut words = entered(last);
    for block in blocks {
        words = link(keys, words, block);
        store_block(block, left(words));
    }
    store_block(last, left(words));
}

/// One block.
#[target_feature(enable = "neon,aes")]
pub(super) fn one(keys: &Keys, block: &mut [u8; 16]) {
    let words = link(keys, [vdupq_n_u8(0); 4], block);
    store_block(block, left(words));
}

/// The rounds over one block added to what stands in the words.
#[inline]
#[target_feature(enable = "neon,aes")]
fn link(keys: &Keys, before: Words, block: &[u8; 16]) -> Words {
    let mut words = entered(block);
    for (word, before) in words.iter_mut().zip(before) {
        *word = veorq_u8(*word, before);
    }
    let mut change = [vdupq_n_u8(0); 2];
    for keys in keys.as_chunks::<4>().0 {
        change = mixed(substituted::<0>(&mut words, change, keys[0]));
        change = mixed(substituted::<1>(&mut words, change, keys[1]));
        change = mixed(substituted::<2>(&mut words, change, keys[2]));
        change = mixed(substituted::<3>(&mut words, change, keys[3]));
    }
    words[3] = sum(words[3], change);
    words.reverse();
    words
}

/// What AES makes of the sum that round `W` inverts, its rows shifted; the word of the round before gets its change.
#[inline]
#[target_feature(enable = "neon,aes")]
fn substituted<const W: usize>(words: &mut Words, change: Change, key: u32) -> uint8x16_t {
    let old = words[(W + 3) % 4];
    let early = sum(veorq_u8(old, same(key)), [words[(W + 1) % 4], words[(W + 2) % 4]]);
    words[(W + 3) % 4] = sum(old, change);
    vaeseq_u8(veorq_u8(early, change[0]), change[1])
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
    [veorq_u8(zero, three), veorq_u8(one, two)]
}

/// A word with its change, or any other sum of three.
#[inline]
#[target_feature(enable = "neon")]
fn sum(word: uint8x16_t, [a, b]: Change) -> uint8x16_t {
    veorq_u8(veorq_u8(word, a), b)
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
fn same(word: u32) -> uint8x16_t {
    vreinterpretq_u8_u32(vdupq_n_u32(word))
}

#[inline]
#[target_feature(enable = "neon")]
fn first(word: uint8x16_t) -> u32 {
    let words: uint32x4_t = vreinterpretq_u32_u8(word);
    vgetq_lane_u32::<0>(words)
}
