//! GHASH by PMULL, the carry-less multiplication of aarch64: eight blocks to a reduction.
//!
//! Knows no mode.
#![allow(
    unsafe_code,
    reason = "the step from a CPU token into functions of its features, and 16-byte loads and stores"
)]

use core::arch::aarch64::{
    poly64x2_t, uint64x2_t, vcombine_u64, vcreate_u64, vdupq_n_u64, veorq_u64, vextq_u8, vextq_u64,
    vgetq_lane_p64, vld1q_u8, vmull_high_p64, vmull_p64, vreinterpretq_p64_u64, vreinterpretq_u8_u64,
    vreinterpretq_u64_p128, vreinterpretq_u64_u8, vrev64q_u8, vst1q_u8,
};

use super::{Words, blocks, lengths, padded};
use crate::algo::cpu::Pmull;

/// The most blocks to a reduction, and the number of powers: `(x H)^8 … (x H)^1`, the low word of each first.
const WIDE: usize = 8;
pub(super) const WORDS: usize = 2 * WIDE;

pub(super) fn derive(_: Pmull, h: u128, words: &mut Words) {
    // SAFETY: a `Pmull` exists only where PMULL does.
    unsafe { powers(h, words) }
}

pub(super) fn hash(_: Pmull, words: &Words, aad: &[u8], text: &[u8]) -> [u8; 16] {
    // SAFETY: a `Pmull` exists only where PMULL does.
    unsafe { run(words, aad, text) }
}

#[target_feature(enable = "neon,aes")]
fn powers(h: u128, words: &mut Words) {
    let h1 = number(h);
    let h2 = product(h1, h1);
    let (h3, h4) = (product(h2, h1), product(h2, h2));
    let (h5, h6, h7, h8) = (product(h4, h1), product(h4, h2), product(h4, h3), product(h4, h4));
    for (words, power) in words.as_chunks_mut().0.iter_mut().zip([h8, h7, h6, h5, h4, h3, h2, h1]) {
        store_power(words, power);
    }
}

#[target_feature(enable = "neon,aes")]
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
    hash: uint64x2_t,
    /// This group's products so far, and the blocks that it waits for.
    sum: Sum,
    left: usize,
}

impl<'a> Run<'a> {
    #[target_feature(enable = "neon,aes")]
    fn new(words: &'a Words, blocks: usize) -> Self {
        Self { words, hash: vdupq_n_u64(0), sum: Sum::zero(), left: (blocks - 1) % WIDE + 1 }
    }

    #[target_feature(enable = "neon,aes")]
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

    #[target_feature(enable = "neon,aes")]
    fn absorb_groups(&mut self, groups: &[[u8; 16 * WIDE]]) {
        for group in groups {
            let mut sum = Sum::zero();
            for (block, power) in group.as_chunks().0.iter().zip(self.words.as_chunks().0) {
                sum = sum.plus(veorq_u64(swapped(load(block)), self.hash), load_power(power));
                self.hash = vdupq_n_u64(0);
            }
            self.hash = sum.reduced();
        }
    }

    /// At most as many blocks as the group waits for.
    #[target_feature(enable = "neon,aes")]
    fn absorb_few(&mut self, bytes: &[u8]) {
        let (blocks, rest) = bytes.as_chunks();
        for block in blocks {
            self.absorb_block(swapped(load(block)));
        }
        if !rest.is_empty() {
            self.absorb_block(swapped(load(&padded(rest))));
        }
    }

    #[target_feature(enable = "neon,aes")]
    fn absorb_block(&mut self, block: uint64x2_t) {
        let power = &self.words.as_chunks().0[WIDE - self.left];
        self.sum = self.sum.plus(veorq_u64(block, self.hash), load_power(power));
        self.hash = vdupq_n_u64(0);
        self.left -= 1;
        if self.left == 0 {
            self.hash = self.sum.reduced();
            (self.sum, self.left) = (Sum::zero(), WIDE);
        }
    }

    /// The block of lengths is the one that the last group still waits for.
    #[target_feature(enable = "neon,aes")]
    fn finish(mut self, lengths: u128) -> [u8; 16] {
        self.absorb_block(number(lengths));
        bytes(swapped(self.hash))
    }
}

/// A sum of products, not yet reduced: `low + middle x^64 + high x^128`.
#[derive(Clone, Copy)]
struct Sum {
    low: uint64x2_t,
    middle: uint64x2_t,
    high: uint64x2_t,
}

impl Sum {
    #[inline]
    #[target_feature(enable = "neon,aes")]
    fn zero() -> Self {
        let zero = vdupq_n_u64(0);
        Self { low: zero, middle: zero, high: zero }
    }

    #[inline]
    #[target_feature(enable = "neon,aes")]
    fn plus(self, a: uint64x2_t, b: uint64x2_t) -> Self {
        let turned = exchanged(b);
        let across = veorq_u64(low_product(a, turned), high_product(a, turned));
        Self {
            low: veorq_u64(self.low, low_product(a, b)),
            middle: veorq_u64(self.middle, across),
            high: veorq_u64(self.high, high_product(a, b)),
        }
    }

    /// The sum times `x^−128`: two steps, each adding the multiple of the modulus that clears the lowest word.
    #[inline]
    #[target_feature(enable = "neon,aes")]
    fn reduced(self) -> uint64x2_t {
        fold(fold(self.low, self.middle), self.high)
    }
}

/// `(value + next x^64) x^−64`, the lowest word of `value` cleared.
#[inline]
#[target_feature(enable = "neon,aes")]
fn fold(value: uint64x2_t, next: uint64x2_t) -> uint64x2_t {
    // x^63 + x^62 + x^57: the modulus without its ends, divided by x^64.
    let modulus = vdupq_n_u64(0xc200_0000_0000_0000);
    veorq_u64(next, veorq_u64(exchanged(value), low_product(value, modulus)))
}

/// `a ∘ b`
#[inline]
#[target_feature(enable = "neon,aes")]
fn product(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
    Sum::zero().plus(a, b).reduced()
}

/// The carry-less product of the low words.
#[inline]
#[target_feature(enable = "neon,aes")]
fn low_product(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
    let low = |words: uint64x2_t| vgetq_lane_p64::<0>(polynomials(words));
    vreinterpretq_u64_p128(vmull_p64(low(a), low(b)))
}

/// The carry-less product of the high words.
#[inline]
#[target_feature(enable = "neon,aes")]
fn high_product(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
    vreinterpretq_u64_p128(vmull_high_p64(polynomials(a), polynomials(b)))
}

#[inline]
#[target_feature(enable = "neon")]
fn polynomials(words: uint64x2_t) -> poly64x2_t {
    vreinterpretq_p64_u64(words)
}

/// Low and high word in each other's place.
#[inline]
#[target_feature(enable = "neon")]
fn exchanged(words: uint64x2_t) -> uint64x2_t {
    vextq_u64::<1>(words, words)
}

/// A block as a number, or a number as a block.
#[inline]
#[target_feature(enable = "neon")]
fn swapped(block: uint64x2_t) -> uint64x2_t {
    let halves = vrev64q_u8(vreinterpretq_u8_u64(block));
    vreinterpretq_u64_u8(vextq_u8::<8>(halves, halves))
}

#[inline]
#[target_feature(enable = "neon")]
fn number(number: u128) -> uint64x2_t {
    vcombine_u64(vcreate_u64(number as u64), vcreate_u64((number >> 64) as u64))
}

#[inline]
#[target_feature(enable = "neon")]
fn load(bytes: &[u8; 16]) -> uint64x2_t {
    // SAFETY: 16 bytes are there to be read, at whatever address.
    vreinterpretq_u64_u8(unsafe { vld1q_u8(bytes.as_ptr()) })
}

#[inline]
#[target_feature(enable = "neon")]
fn load_power(words: &[u64; 2]) -> uint64x2_t {
    number(u128::from(words[1]) << 64 | u128::from(words[0]))
}

#[inline]
#[target_feature(enable = "neon")]
fn store_power(words: &mut [u64; 2], power: uint64x2_t) {
    let power = u128::from_le_bytes(bytes(power));
    *words = [power as u64, (power >> 64) as u64];
}

#[inline]
#[target_feature(enable = "neon")]
fn bytes(value: uint64x2_t) -> [u8; 16] {
    let (value, mut bytes) = (vreinterpretq_u8_u64(value), [0; 16]);
    // SAFETY: 16 bytes are there to be written, at whatever address.
    unsafe { vst1q_u8(bytes.as_mut_ptr(), value) }
    bytes
}
