//! GHASH by VPCLMULQDQ on 512-bit registers: four blocks to an instruction, sixteen to a reduction.
//!
//! Knows no mode.
#![allow(
    unsafe_code,
    reason = "the step from a CPU token into functions of its features, and 64-byte loads and stores"
)]

use core::arch::x86_64::{
    __m128i, __m512i, _mm_set_epi64x, _mm_setzero_si128, _mm_storeu_si128, _mm_xor_si128,
    _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_xor_si256, _mm512_broadcast_i32x4,
    _mm512_castsi512_si128, _mm512_castsi512_si256, _mm512_clmulepi64_epi128, _mm512_extracti64x4_epi64,
    _mm512_loadu_si512, _mm512_mask_blend_epi64, _mm512_mask_storeu_epi8, _mm512_maskz_loadu_epi8,
    _mm512_set1_epi64, _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_shuffle_epi32, _mm512_shuffle_i32x4,
    _mm512_storeu_si512, _mm512_ternarylogic_epi64, _mm512_xor_si512, _mm512_zextsi128_si512,
};

use super::{Words, blocks, lengths};
use crate::algo::{cpu::Avx512, mode::xor};

/// The most blocks to a reduction, and the number of powers: `(x H)^16 … (x H)^1`, the low word of each first.
pub(super) const WIDE: usize = 16;

/// Behind the powers zeros, so that four can be loaded from any on.
pub(super) const WORDS: usize = 2 * (WIDE + 3);

pub(super) fn derive(_: Avx512, h: u128, words: &mut Words) {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW and VL and VPCLMULQDQ do.
    unsafe { powers(h, words) }
}

pub(super) fn hash(_: Avx512, words: &Words, aad: &[u8], text: &[u8]) -> [u8; 16] {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW and VL and VPCLMULQDQ do.
    unsafe { run(words, aad, text) }
}

pub(super) fn hash_masked(_: Avx512, words: &Words, aad: &[u8], text: &mut [u8], mask: &[u8]) -> [u8; 16] {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW and VL and VPCLMULQDQ do.
    unsafe { run_masked(words, aad, text, mask) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
fn powers(h: u128, words: &mut Words) {
    let h1 = _mm512_broadcast_i32x4(number(h));
    let h2 = product(h1, h1);
    // The powers of lanes, highest first: 2 1 2 1, then 4 3 2 1.
    let two = _mm512_mask_blend_epi64(0b1100_1100, h2, h1);
    let four = _mm512_mask_blend_epi64(0b1111_0000, product(two, h2), two);
    let h4 = _mm512_shuffle_i32x4::<0>(four, four);
    let eight = product(four, h4);
    let h8 = _mm512_shuffle_i32x4::<0>(eight, eight);
    let all = [product(eight, h8), product(four, h8), eight, four];
    for (powers, value) in words.as_chunks_mut().0.iter_mut().zip(all) {
        store_powers(powers, value);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
fn run(words: &Words, aad: &[u8], text: &[u8]) -> [u8; 16] {
    let mut run = Run::new(words, blocks(aad, text));
    run.absorb(aad);
    run.absorb(text);
    run.finish(lengths(aad, text))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
fn run_masked(words: &Words, aad: &[u8], text: &mut [u8], mask: &[u8]) -> [u8; 16] {
    if blocks(aad, text) > WIDE || mask.len() < text.len() {
        xor(text, mask);
        return run(words, aad, text);
    }
    let mut group = Group::new(words, aad, text.len());
    for (text, mask) in text.chunks_mut(64).zip(mask.chunks(64)) {
        let made = _mm512_xor_si512(load_few(text), load_few(&mask[..text.len()]));
        store_few(text, made);
        group.absorb(made);
    }
    let mut bytes = [0; 16];
    store_block(&mut bytes, group.finish());
    bytes
}

/// The number of blocks in the first group of so many, all others being full.
const fn first_group(blocks: usize) -> usize {
    (blocks - 1) % WIDE + 1
}

/// A hash under way: the number of blocks left is known, so the first group is the short one and all others are full.
pub(in crate::algo) struct Run<'a> {
    words: &'a Words,
    /// The hash of all groups before this one, until this one's first block has taken it in.
    hash: __m128i,
    /// This group's products so far, and the blocks that it waits for.
    sum: Sum,
    left: usize,
}

impl<'a> Run<'a> {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn new(words: &'a Words, blocks: usize) -> Self {
        Self { words, hash: _mm_setzero_si128(), sum: Sum::zero(), left: first_group(blocks) }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
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

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn absorb_groups(&mut self, groups: &[[u8; 16 * WIDE]]) {
        let (powers, _) = self.words.as_chunks();
        let powers = [
            load_powers(&powers[0]),
            load_powers(&powers[1]),
            load_powers(&powers[2]),
            load_powers(&powers[3]),
        ];
        let mut hash = self.hash;
        for group in groups {
            let (blocks, _) = group.as_chunks::<64>();
            let first = _mm512_xor_si512(swapped(load(&blocks[0])), _mm512_zextsi128_si512(hash));
            let sum = Sum::zero().plus(first, powers[0]);
            let sum = sum.plus(swapped(load(&blocks[1])), powers[1]);
            let sum = sum.plus(swapped(load(&blocks[2])), powers[2]);
            hash = sum.plus(swapped(load(&blocks[3])), powers[3]).reduced();
        }
        self.hash = hash;
    }

    /// At most as many blocks as the group waits for; in lanes beyond the last there is nothing to multiply.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn absorb_few(&mut self, bytes: &[u8]) {
        let (powers, _) = self.words[2 * (WIDE - self.left)..].as_chunks();
        for (blocks, powers) in bytes.chunks(64).zip(powers) {
            self.add(swapped(load_few(blocks)), powers);
        }
        self.left -= bytes.len().div_ceil(16);
        if self.left == 0 {
            self.reduce();
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn add(&mut self, blocks: __m512i, powers: &[u64; 8]) {
        let blocks = _mm512_xor_si512(blocks, _mm512_zextsi128_si512(self.hash));
        self.sum = self.sum.plus(blocks, load_powers(powers));
        self.hash = _mm_setzero_si128();
    }

    /// The hash of associated data, as it goes on with a text that comes in quarters of groups.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    pub(in crate::algo) fn after(words: &'a Words, aad: &[u8]) -> Self {
        // Without any, the first group is as full as if it had ended one.
        let mut run = Self::new(words, aad.len().div_ceil(16).max(1));
        if aad.is_empty() {
            run.left = WIDE;
        }
        run.absorb(aad);
        run
    }

    /// 64 bytes of a text; only after the fourth of a group is the group hashed.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    pub(in crate::algo) fn absorb_quarter<const QUARTER: usize>(&mut self, blocks: &[u8; 64]) {
        let (powers, _) = self.words.as_chunks();
        self.add(swapped(load(blocks)), &powers[QUARTER]);
        if QUARTER == 3 {
            self.reduce();
        }
    }

    /// Absorbs the rest of a text, and ends.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    pub(in crate::algo) fn finish_with(mut self, rest: &[u8], lengths: u128) -> [u8; 16] {
        self.left = first_group(rest.len().div_ceil(16) + 1);
        self.absorb(rest);
        self.finish(lengths)
    }

    /// Ends a group.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn reduce(&mut self) {
        self.hash = self.sum.reduced();
        (self.sum, self.left) = (Sum::zero(), WIDE);
    }

    /// The block of lengths is the one that the last group still waits for.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn finish(mut self, lengths: u128) -> [u8; 16] {
        let (last, _) = self.words[2 * (WIDE - 1)..].as_chunks();
        self.add(_mm512_zextsi128_si512(number(lengths)), &last[0]);
        let hash = swapped(_mm512_zextsi128_si512(self.sum.reduced()));
        let mut bytes = [0; 16];
        store_block(&mut bytes, _mm512_castsi512_si128(hash));
        bytes
    }
}

/// A hash whose blocks all make one group.
pub(in crate::algo) struct Group<'a> {
    /// From the power that the next block takes on.
    words: &'a [u64],
    sum: Sum,
}

impl<'a> Group<'a> {
    /// The most blocks, that of the lengths among them.
    pub(in crate::algo) const MAX: usize = WIDE;

    /// After associated data, before a text of so many bytes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    pub(in crate::algo) fn new(words: &'a Words, aad: &[u8], text: usize) -> Self {
        let lengths = _mm_set_epi64x((8 * aad.len() as u64).cast_signed(), (8 * text as u64).cast_signed());
        let (last, _) = words[2 * (WIDE - 1)..].as_chunks();
        let sum = Sum::zero().plus(_mm512_zextsi128_si512(lengths), load_powers(&last[0]));
        let blocks = aad.len().div_ceil(16) + text.div_ceil(16);
        let mut group = Self { words: &words[2 * (WIDE - 1 - blocks)..], sum };
        for blocks in aad.chunks(64) {
            group.absorb(load_few(blocks));
        }
        group.words = &words[2 * (WIDE - 1 - text.div_ceil(16))..];
        group
    }

    /// Up to 64 bytes, with zeros behind them.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    pub(in crate::algo) fn absorb(&mut self, blocks: __m512i) {
        if let Some((powers, _)) = self.words.split_first_chunk() {
            self.sum = self.sum.plus(swapped(blocks), load_powers(powers));
            self.words = &self.words[8..];
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    pub(in crate::algo) fn finish(self) -> __m128i {
        let hash = swapped(_mm512_zextsi128_si512(self.sum.reduced()));
        _mm512_castsi512_si128(hash)
    }
}

/// Sums of products, one in each lane, not yet reduced: `low + middle x^64 + high x^128`.
#[derive(Clone, Copy)]
struct Sum {
    low: __m512i,
    middle: __m512i,
    high: __m512i,
}

impl Sum {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn zero() -> Self {
        let zero = _mm512_setzero_si512();
        Self { low: zero, middle: zero, high: zero }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn plus(self, a: __m512i, b: __m512i) -> Self {
        let (low_high, high_low) =
            (_mm512_clmulepi64_epi128::<0x01>(a, b), _mm512_clmulepi64_epi128::<0x10>(a, b));
        Self {
            low: _mm512_xor_si512(self.low, _mm512_clmulepi64_epi128::<0x00>(a, b)),
            middle: xor3(self.middle, low_high, high_low),
            high: _mm512_xor_si512(self.high, _mm512_clmulepi64_epi128::<0x11>(a, b)),
        }
    }

    /// The sum over the lanes.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn reduced(self) -> __m128i {
        let lanes = self.reduced_lanes();
        let two = _mm256_xor_si256(_mm512_castsi512_si256(lanes), _mm512_extracti64x4_epi64::<1>(lanes));
        _mm_xor_si128(_mm256_castsi256_si128(two), _mm256_extracti128_si256::<1>(two))
    }

    /// Each lane times `x^−128`: two steps, each adding the multiple of the modulus that clears the lowest word.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
    fn reduced_lanes(self) -> __m512i {
        fold(fold(self.low, self.middle), self.high)
    }
}

/// `(value + next x^64) x^−64`, the lowest word of `value` cleared.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
fn fold(value: __m512i, next: __m512i) -> __m512i {
    // x^63 + x^62 + x^57: the modulus without its ends, divided by x^64.
    let modulus = _mm512_set1_epi64(0xc200_0000_0000_0000_u64.cast_signed());
    xor3(next, _mm512_shuffle_epi32::<0x4e>(value), _mm512_clmulepi64_epi128::<0x00>(value, modulus))
}

/// `a ∘ b` in each lane.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,vpclmulqdq")]
fn product(a: __m512i, b: __m512i) -> __m512i {
    Sum::zero().plus(a, b).reduced_lanes()
}

#[target_feature(enable = "avx512f")]
fn xor3(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi64::<0x96>(a, b, c)
}

/// Blocks as numbers, or numbers as blocks.
#[target_feature(enable = "avx512f,avx512bw")]
fn swapped(blocks: __m512i) -> __m512i {
    let around = _mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f);
    _mm512_shuffle_epi8(blocks, _mm512_broadcast_i32x4(around))
}

#[target_feature(enable = "avx512f")]
fn number(number: u128) -> __m128i {
    _mm_set_epi64x(((number >> 64) as u64).cast_signed(), (number as u64).cast_signed())
}

#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: 64 bytes are there to be read, at whatever address.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// At most 64 bytes, with zeros behind them.
#[target_feature(enable = "avx512f,avx512bw")]
fn load_few(bytes: &[u8]) -> __m512i {
    let mask = u64::MAX.unbounded_shr(64 - bytes.len().min(64) as u32);
    // SAFETY: a byte is read where the mask has its bit, and it has as many as there are bytes, 64 at the most.
    unsafe { _mm512_maskz_loadu_epi8(mask, bytes.as_ptr().cast()) }
}

/// As many of 64 bytes as there is room for.
#[target_feature(enable = "avx512f,avx512bw")]
fn store_few(bytes: &mut [u8], value: __m512i) {
    let mask = u64::MAX.unbounded_shr(64 - bytes.len().min(64) as u32);
    // SAFETY: a byte is written where the mask has its bit, and it has as many as there are bytes, 64 at the most.
    unsafe { _mm512_mask_storeu_epi8(bytes.as_mut_ptr().cast(), mask, value) }
}

#[target_feature(enable = "avx512f")]
fn load_powers(powers: &[u64; 8]) -> __m512i {
    // SAFETY: 64 bytes are there to be read, at whatever address; the processor is little-endian.
    unsafe { _mm512_loadu_si512(powers.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
fn store_powers(powers: &mut [u64; 8], value: __m512i) {
    // SAFETY: 64 bytes are there to be written, at whatever address, and any bytes are numbers.
    unsafe { _mm512_storeu_si512(powers.as_mut_ptr().cast(), value) }
}

#[target_feature(enable = "avx512f")]
fn store_block(bytes: &mut [u8; 16], value: __m128i) {
    // SAFETY: 16 bytes are there to be written, at whatever address.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), value) }
}
