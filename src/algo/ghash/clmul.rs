//! GHASH by PCLMULQDQ: eight blocks to a reduction.
//!
//! Needs SSSE3 beside it, to turn the bytes of a block around. Knows no mode.
#![allow(
    unsafe_code,
    reason = "the step from a CPU token into functions of its features, and 16-byte loads and stores"
)]

use core::arch::x86_64::{
    __m128i, _mm_clmulepi64_si128, _mm_loadu_si128, _mm_set_epi64x, _mm_setzero_si128, _mm_shuffle_epi8,
    _mm_shuffle_epi32, _mm_storeu_si128, _mm_xor_si128,
};

use super::{Words, blocks, lengths, padded};
use crate::algo::cpu::Clmul;

/// The most blocks to a reduction, and the number of powers: `(x H)^8 … (x H)^1`, the low word of each first.
const WIDE: usize = 8;

pub(super) fn derive(_: Clmul, h: u128, words: &mut Words) {
    // SAFETY: a `Clmul` exists only where PCLMULQDQ and SSSE3 do.
    unsafe { powers(h, words) }
}

pub(super) fn hash(_: Clmul, words: &Words, aad: &[u8], text: &[u8]) -> [u8; 16] {
    // SAFETY: a `Clmul` exists only where PCLMULQDQ and SSSE3 do.
    unsafe { run(words, aad, text) }
}

#[target_feature(enable = "pclmulqdq,ssse3")]
fn powers(h: u128, words: &mut Words) {
    let h1 = number(h);
    let h2 = product(h1, h1);
    let (h3, h4) = (product(h2, h1), product(h2, h2));
    let (h5, h6, h7, h8) = (product(h4, h1), product(h4, h2), product(h4, h3), product(h4, h4));
    for (words, power) in words.as_chunks_mut().0.iter_mut().zip([h8, h7, h6, h5, h4, h3, h2, h1]) {
        store_power(words, power);
    }
}

#[target_feature(enable = "pclmulqdq,ssse3")]
fn run(words: &Words, aad: &[u8], text: &[u8]) -> [u8; 16] {
    let mut run = Run::new(words, blocks(aad, text));
    run.absorb(aad);
    run.absorb(text);
    run.finish(lengths(aad, text))
}

/// A hash under way: the number of blocks left is known, so the first group is the short one and all others are full.
struct Run<'a> {
    words: &'a Words,
    /// The hash of all groups before this one, until this one's first block has taken it in.
    hash: __m128i,
    /// This group's products so far, and the blocks that it waits for.
    sum: Sum,
    left: usize,
}

impl<'a> Run<'a> {
    #[target_feature(enable = "pclmulqdq,ssse3")]
    fn new(words: &'a Words, blocks: usize) -> Self {
        Self { words, hash: _mm_setzero_si128(), sum: Sum::zero(), left: (blocks - 1) % WIDE + 1 }
    }

    #[target_feature(enable = "pclmulqdq,ssse3")]
    fn absorb(&mut self, part: &[u8]) {
        let mut rest = part;
        while !rest.is_empty() {
            if self.left == WIDE {
                let (groups, few) = rest.as_chunks::<{ 16 * WIDE }>();
                self.absorb_groups(groups);
                rest = few;
            }
            let (now, later) = rest.split_at(rest.len().min(16 * self.left));
            self.absorb_few(now);
            rest = later;
        }
    }

    #[target_feature(enable = "pclmulqdq,ssse3")]
    fn absorb_groups(&mut self, groups: &[[u8; 16 * WIDE]]) {
        for group in groups {
            let mut sum = Sum::zero();
            for (block, power) in group.as_chunks().0.iter().zip(self.words.as_chunks().0) {
                sum = sum.plus(_mm_xor_si128(swapped(load(block)), self.hash), load_power(power));
                self.hash = _mm_setzero_si128();
            }
            self.hash = sum.reduced();
        }
    }

    /// At most as many blocks as the group waits for.
    #[target_feature(enable = "pclmulqdq,ssse3")]
    fn absorb_few(&mut self, bytes: &[u8]) {
        let (blocks, rest) = bytes.as_chunks();
        for block in blocks {
            self.absorb_block(swapped(load(block)));
        }
        if !rest.is_empty() {
            self.absorb_block(swapped(load(&padded(rest))));
        }
    }

    #[target_feature(enable = "pclmulqdq,ssse3")]
    fn absorb_block(&mut self, block: __m128i) {
        let power = &self.words.as_chunks().0[WIDE - self.left];
        self.sum = self.sum.plus(_mm_xor_si128(block, self.hash), load_power(power));
        self.hash = _mm_setzero_si128();
        self.left -= 1;
        if self.left == 0 {
            self.hash = self.sum.reduced();
            (self.sum, self.left) = (Sum::zero(), WIDE);
        }
    }

    /// The block of lengths is the one that the last group still waits for.
    #[target_feature(enable = "pclmulqdq,ssse3")]
    fn finish(mut self, lengths: u128) -> [u8; 16] {
        self.absorb_block(number(lengths));
        bytes(swapped(self.hash))
    }
}

/// A sum of products, not yet reduced: `low + middle x^64 + high x^128`.
#[derive(Clone, Copy)]
struct Sum {
    low: __m128i,
    middle: __m128i,
    high: __m128i,
}

impl Sum {
    #[target_feature(enable = "pclmulqdq,ssse3")]
    fn zero() -> Self {
        let zero = _mm_setzero_si128();
        Self { low: zero, middle: zero, high: zero }
    }

    #[target_feature(enable = "pclmulqdq,ssse3")]
    fn plus(self, a: __m128i, b: __m128i) -> Self {
        let across = _mm_xor_si128(_mm_clmulepi64_si128::<0x01>(a, b), _mm_clmulepi64_si128::<0x10>(a, b));
        Self {
            low: _mm_xor_si128(self.low, _mm_clmulepi64_si128::<0x00>(a, b)),
            middle: _mm_xor_si128(self.middle, across),
            high: _mm_xor_si128(self.high, _mm_clmulepi64_si128::<0x11>(a, b)),
        }
    }

    /// The sum times `x^−128`: two steps, each adding the multiple of the modulus that clears the lowest word.
    #[target_feature(enable = "pclmulqdq,ssse3")]
    fn reduced(self) -> __m128i {
        fold(fold(self.low, self.middle), self.high)
    }
}

/// `(value + next x^64) x^−64`, the lowest word of `value` cleared.
#[target_feature(enable = "pclmulqdq,ssse3")]
fn fold(value: __m128i, next: __m128i) -> __m128i {
    // x^63 + x^62 + x^57: the modulus without its ends, divided by x^64.
    let modulus = _mm_set_epi64x(0, 0xc200_0000_0000_0000_u64.cast_signed());
    let cleared =
        _mm_xor_si128(_mm_shuffle_epi32::<0x4e>(value), _mm_clmulepi64_si128::<0x00>(value, modulus));
    _mm_xor_si128(next, cleared)
}

/// `a ∘ b`
#[target_feature(enable = "pclmulqdq,ssse3")]
fn product(a: __m128i, b: __m128i) -> __m128i {
    Sum::zero().plus(a, b).reduced()
}

/// A block as a number, or a number as a block.
#[target_feature(enable = "ssse3")]
fn swapped(block: __m128i) -> __m128i {
    let around = _mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f);
    _mm_shuffle_epi8(block, around)
}

#[target_feature(enable = "ssse3")]
fn number(number: u128) -> __m128i {
    _mm_set_epi64x(((number >> 64) as u64).cast_signed(), (number as u64).cast_signed())
}

#[target_feature(enable = "ssse3")]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes are there to be read, at whatever address.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "ssse3")]
fn load_power(words: &[u64; 2]) -> __m128i {
    number(u128::from(words[1]) << 64 | u128::from(words[0]))
}

#[target_feature(enable = "ssse3")]
fn store_power(words: &mut [u64; 2], power: __m128i) {
    let power = u128::from_le_bytes(bytes(power));
    *words = [power as u64, (power >> 64) as u64];
}

#[target_feature(enable = "ssse3")]
fn bytes(value: __m128i) -> [u8; 16] {
    let mut bytes = [0; 16];
    // SAFETY: 16 bytes are there to be written, at whatever address.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), value) }
    bytes
}
