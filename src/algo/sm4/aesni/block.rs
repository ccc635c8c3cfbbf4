//! One block with AES-NI, for its latency: encryption in a chain, and the key schedule.
//!
//! Knows no mode but chaining. Each word is first in a register of its own; what else is in there is never looked at.

use core::arch::x86_64::{
    __m128i, _mm_aesenclast_si128, _mm_and_si128, _mm_cvtsi32_si128, _mm_cvtsi128_si32, _mm_set_epi32,
    _mm_set1_epi8, _mm_setzero_si128, _mm_shuffle_epi8, _mm_shuffle_epi32, _mm_srli_epi32,
    _mm_unpacklo_epi32, _mm_unpacklo_epi64, _mm_xor_si128,
};

use super::super::{
    FK, Keys,
    affine::{CK_IN, IN_WORD, Nibbles},
    avx2::{SWAPPED, load_block, store_block},
    tables::{BOTH, ENTER, KEY, LEAVE, NEXT, OWN, unshifted},
};

/// What a round adds to its word, in two parts. The next round waits for them, so it takes them one by one into its sum
/// instead of the word that they make, which is made at leisure.
type Change = [__m128i; 2];

#[target_feature(enable = "avx2,aes")]
pub(super) fn schedule(key: &[u8; 16]) -> Keys {
    let [a, b, c, d] = FK.map(|word| word as i32);
    let key = _mm_shuffle_epi8(load_block(key), load_block(&SWAPPED));
    let mut words = spread(entered(_mm_xor_si128(key, _mm_set_epi32(d, c, b, a))));
    let mut change = [_mm_setzero_si128(); 2];
    let mut keys = [0; 32];
    for (keys, constants) in keys.as_chunks_mut::<4>().0.iter_mut().zip(CK_IN.as_chunks::<4>().0) {
        change = expanded(input::<0>(&mut words, change, constants[0]));
        change = expanded(input::<1>(&mut words, change, constants[1]));
        change = expanded(input::<2>(&mut words, change, constants[2]));
        change = expanded(input::<3>(&mut words, change, constants[3]));
        let [a, b, c, d] = words;
        *keys = [a, b, c, sum(d, change)].map(|word| _mm_cvtsi128_si32(word) as u32 ^ IN_WORD);
    }
    keys
}

#[target_feature(enable = "avx2,aes")]
pub(super) fn links(keys: &Keys, last: &mut [u8; 16], blocks: &mut [[u8; 16]]) {
    let mut words = spread(entered(_mm_shuffle_epi8(load_block(last), load_block(&SWAPPED))));
    for block in blocks {
        words = link(keys, words, block);
        store_block(block, left(words));
    }
    store_block(last, left(words));
}

/// As [`links`], of which only the last block is asked for.
#[target_feature(enable = "avx2,aes")]
pub(super) fn last_link(keys: &Keys, last: &mut [u8; 16], blocks: &[[u8; 16]]) {
    let mut words = spread(entered(_mm_shuffle_epi8(load_block(last), load_block(&SWAPPED))));
    for block in blocks {
        words = link(keys, words, block);
    }
    store_block(last, left(words));
}

/// One block.
#[target_feature(enable = "avx2,aes")]
pub(super) fn one(keys: &Keys, block: &mut [u8; 16]) {
    let words = link(keys, [_mm_setzero_si128(); 4], block);
    store_block(block, left(words));
}

/// The rounds over one block added to what stands in the words, each in a register of its own.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn link(keys: &Keys, before: [__m128i; 4], block: &[u8; 16]) -> [__m128i; 4] {
    let [a, b, c, d] = spread(entered(_mm_shuffle_epi8(load_block(block), load_block(&SWAPPED))));
    let mut words = [
        _mm_xor_si128(before[0], a),
        _mm_xor_si128(before[1], b),
        _mm_xor_si128(before[2], c),
        _mm_xor_si128(before[3], d),
    ];
    let mut change = [_mm_setzero_si128(); 2];
    for keys in keys.as_chunks::<4>().0 {
        change = mixed(input::<0>(&mut words, change, keys[0]));
        change = mixed(input::<1>(&mut words, change, keys[1]));
        change = mixed(input::<2>(&mut words, change, keys[2]));
        change = mixed(input::<3>(&mut words, change, keys[3]));
    }
    words[3] = sum(words[3], change);
    words.reverse();
    words
}

/// What round `W` inverts; the word of the round before gets its change.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn input<const W: usize>(words: &mut [__m128i; 4], change: Change, key: u32) -> __m128i {
    let old = words[(W + 3) % 4];
    let key = _mm_xor_si128(old, _mm_cvtsi32_si128(key as i32));
    let early = sum(key, [words[(W + 1) % 4], words[(W + 2) % 4]]);
    words[(W + 3) % 4] = sum(old, change);
    sum(early, change)
}

/// `a ⊕ z b ⊕ z² b ⊕ z³ c`: more matrices than elsewhere, and fewer steps one after another.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn mixed(u: __m128i) -> Change {
    let (low, high) = nibbles(_mm_aesenclast_si128(u, _mm_setzero_si128()));
    let b = product(&BOTH, low, high);
    changed(product(&OWN, low, high), b, b, product(&NEXT, low, high))
}

/// `L'` as four matrices.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn expanded(u: __m128i) -> Change {
    let (low, high) = nibbles(_mm_aesenclast_si128(u, _mm_setzero_si128()));
    let [zero, one, two, three] = &KEY;
    changed(
        product(zero, low, high),
        product(one, low, high),
        product(two, low, high),
        product(three, low, high),
    )
}

/// Each rotated by a byte more than the one before.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn changed(zero: __m128i, one: __m128i, two: __m128i, three: __m128i) -> Change {
    [
        _mm_xor_si128(straight::<0>(zero), straight::<3>(three)),
        _mm_xor_si128(straight::<1>(one), straight::<2>(two)),
    ]
}

/// A word with its change, or any other sum of three.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn sum(word: __m128i, [a, b]: Change) -> __m128i {
    _mm_xor_si128(_mm_xor_si128(word, a), b)
}

/// `T · X` of four words.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn entered(words: __m128i) -> __m128i {
    let (low, high) = nibbles(words);
    product(&ENTER, low, high)
}

/// The block that stands in four words.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn left([a, b, c, d]: [__m128i; 4]) -> __m128i {
    let words = _mm_unpacklo_epi64(_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d));
    let (low, high) = nibbles(words);
    _mm_shuffle_epi8(product(&LEAVE, low, high), load_block(&SWAPPED))
}

/// Each byte's low and high half.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn nibbles(bytes: __m128i) -> (__m128i, __m128i) {
    let half = _mm_set1_epi8(0x0f);
    (_mm_and_si128(bytes, half), _mm_and_si128(_mm_srli_epi32::<4>(bytes), half))
}

#[inline]
#[target_feature(enable = "avx2,aes")]
fn product(table: &Nibbles, low: __m128i, high: __m128i) -> __m128i {
    let low = _mm_shuffle_epi8(load_block(&table.low), low);
    _mm_xor_si128(low, _mm_shuffle_epi8(load_block(&table.high), high))
}

/// Undoes AES's shift of rows, and rotates words by bytes with it.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn straight<const BYTES: usize>(bytes: __m128i) -> __m128i {
    _mm_shuffle_epi8(bytes, load_block(const { &unshifted(BYTES) }))
}

/// Four words, each first in a register of its own.
#[inline]
#[target_feature(enable = "avx2,aes")]
fn spread(words: __m128i) -> [__m128i; 4] {
    [
        words,
        _mm_shuffle_epi32::<0x55>(words),
        _mm_shuffle_epi32::<0xaa>(words),
        _mm_shuffle_epi32::<0xff>(words),
    ]
}
