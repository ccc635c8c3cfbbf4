//! GHASH in integer arithmetic on 64-bit words: no table, no branch, no index that depends on a secret.
//!
//! A word is split into four with holes: every fourth bit. In the integer product of two of those, the sums at the
//! places where a carry-less product has bits stay below 16 up to place 63, so their carries end in the holes, and one
//! bit of each sum is the carry-less product's. Only the lower half of a product comes that way; the upper half is the
//! lower half for the mirrored words, mirrored. Right where the processor multiplies words in constant time.

use zeroize::Zeroize;

use super::{Words, lengths, padded};

/// `x H`, low word first.
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))))]
pub(super) const WORDS: usize = 2;

pub(super) fn derive(h: u128, words: &mut Words) {
    [words[0], words[1]] = [h as u64, (h >> 64) as u64];
}

pub(super) fn hash(words: &Words, aad: &[u8], text: &[u8]) -> [u8; 16] {
    let mut factor = Factor::new(u128::from(words[1]) << 64 | u128::from(words[0]));
    let hash = absorb(&factor, absorb(&factor, 0, aad), text);
    let hash = times(&factor, hash ^ lengths(aad, text));
    factor.wipe();
    hash.to_be_bytes()
}

/// `value ∘ factor`
pub(super) fn product(factor: u128, value: u128) -> u128 {
    let mut factor = Factor::new(factor);
    let product = times(&factor, value);
    factor.wipe();
    product
}

fn absorb(factor: &Factor, hash: u128, part: &[u8]) -> u128 {
    let (blocks, rest) = part.as_chunks::<16>();
    let next = |hash, block: &[u8; 16]| times(factor, hash ^ u128::from_be_bytes(*block));
    let hash = blocks.iter().fold(hash, next);
    if rest.is_empty() { hash } else { next(hash, &padded(rest)) }
}

/// `value ∘ factor`
#[inline(always)]
fn times(factor: &Factor, value: u128) -> u128 {
    let value = Factor::new(value);
    let (low, high) = (factor.product(&value, 0), factor.product(&value, 1));
    // Karatsuba: (a1 y + a0)(b1 y + b0), with y = x^64.
    let middle = low ^ high ^ factor.product(&value, 2);
    reduce(low ^ middle << 64, high ^ middle >> 64)
}

/// A word in four with holes: every fourth bit, from the first, second, third or fourth on.
type Split = [u64; 4];

/// The low word, the high word and their sum; and the three mirrored.
struct Factor {
    plain: [Split; 3],
    mirrored: [Split; 3],
}

const MASKS: Split = {
    let first = 0x1111_1111_1111_1111;
    [first, first << 1, first << 2, first << 3]
};

// Written out where loops and closures would do: a compiler that does not unroll them costs a third of the speed.
impl Factor {
    #[inline(always)]
    const fn new(value: u128) -> Self {
        let (low, high) = (value as u64, (value >> 64) as u64);
        let (low_mirrored, high_mirrored) = (low.reverse_bits(), high.reverse_bits());
        Self {
            plain: [split(low), split(high), split(low ^ high)],
            mirrored: [split(low_mirrored), split(high_mirrored), split(low_mirrored ^ high_mirrored)],
        }
    }

    /// The carry-less product of the words at `at`, of 127 bits.
    #[inline(always)]
    fn product(&self, other: &Self, at: usize) -> u128 {
        let low = low_product(self.plain[at], other.plain[at]);
        let high = low_product(self.mirrored[at], other.mirrored[at]).reverse_bits() >> 1;
        u128::from(high) << 64 | u128::from(low)
    }

    fn wipe(&mut self) {
        self.plain.as_flattened_mut().zeroize();
        self.mirrored.as_flattened_mut().zeroize();
    }
}

#[inline(always)]
const fn split(word: u64) -> Split {
    [word & MASKS[0], word & MASKS[1], word & MASKS[2], word & MASKS[3]]
}

/// The lower 64 bits of a carry-less product.
#[inline(always)]
fn low_product([a0, a1, a2, a3]: Split, [b0, b1, b2, b3]: Split) -> u64 {
    let mul = u64::wrapping_mul;
    (mul(a0, b0) ^ mul(a1, b3) ^ mul(a2, b2) ^ mul(a3, b1)) & MASKS[0]
        | (mul(a0, b1) ^ mul(a1, b0) ^ mul(a2, b3) ^ mul(a3, b2)) & MASKS[1]
        | (mul(a0, b2) ^ mul(a1, b1) ^ mul(a2, b0) ^ mul(a3, b3)) & MASKS[2]
        | (mul(a0, b3) ^ mul(a1, b2) ^ mul(a2, b1) ^ mul(a3, b0)) & MASKS[3]
}

/// `(high x^128 + low) x^−128`: two steps, each adding the multiple of the modulus that clears the lowest word.
#[inline(always)]
fn reduce(low: u128, high: u128) -> u128 {
    let middle = low >> 64 ^ fold(low as u64);
    high ^ middle >> 64 ^ fold(middle as u64)
}

/// `word (x^128 + x^127 + x^126 + x^121)`, divided by `x^64`.
#[inline(always)]
fn fold(word: u64) -> u128 {
    let word = u128::from(word);
    word << 64 ^ word << 63 ^ word << 62 ^ word << 57
}
