//! GF(p), the field of the SM2 curve: p = 2^256 − 2^224 − 2^96 + 2^64 − 1 (GB/T 32918.5-2017 §2).
//!
//! Knows no points. An element is kept in Montgomery form; what multiplies is a backend, of which every one gives the
//! same words. Nothing here branches on an element but the functions whose name says so.

#[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
mod adx;
mod soft;
#[cfg(test)]
pub(super) mod tests;

pub(super) use soft::Soft;

use super::{
    inverse::{Modulus, invert},
    words::{self, Words},
};
use crate::secret::unmark;

/// An element `a` as `a · 2^256 mod p`, always below p, so that equal elements have equal words.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
#[repr(C, align(32))]
pub(super) struct Fe(Words);

pub(super) const P: Words = [u64::MAX, 0xffff_ffff_0000_0000, u64::MAX, 0xffff_fffe_ffff_ffff];

/// 2^512 and 2^768 modulo p.
const R2: Words =
    [0x0000_0002_0000_0003, 0x0000_0002_ffff_ffff, 0x0000_0001_0000_0001, 0x0000_0004_0000_0002];
const R3: Words =
    [0x0000_0012_0000_0016, 0x0000_000e_ffff_fff8, 0x0000_000a_0000_000c, 0x0000_001b_0000_0009];

static MODULUS: Modulus = Modulus::new(&P);

impl Fe {
    pub(super) const ZERO: Self = Self([0; 4]);
    /// 2^256 modulo p.
    pub(super) const ONE: Self = Self([1, 0xffff_ffff, 0, 1 << 32]);

    /// From its Montgomery form, which has to be below p.
    pub(super) const fn from_montgomery(words: Words) -> Self {
        Self(words)
    }

    #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
    pub(super) const fn montgomery(&self) -> &Words {
        &self.0
    }

    /// All ones when it is zero.
    #[inline(always)]
    pub(super) fn is_zero(&self) -> u64 {
        words::is_zero(&self.0)
    }

    /// Whether a public element is zero.
    #[inline(always)]
    pub(super) fn vartime_is_zero(&self) -> bool {
        self.0 == [0; 4]
    }

    /// Whether two public elements are the same.
    pub(super) fn vartime_equals(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// `a` under a mask of ones, `b` otherwise.
    #[inline(always)]
    pub(super) fn select(mask: u64, a: &Self, b: &Self) -> Self {
        Self(words::select(mask, &a.0, &b.0))
    }

    #[inline(always)]
    pub(super) fn masked(&self, mask: u64) -> Self {
        Self(words::masked(&self.0, mask))
    }

    #[inline(always)]
    pub(super) fn or(&self, other: &Self) -> Self {
        Self([0, 1, 2, 3].map(|at| self.0[at] | other.0[at]))
    }

    /// The same element, which everybody may know.
    pub(super) fn unmarked(self) -> Self {
        Self(self.0.map(|word| {
            let mut bytes = word.to_ne_bytes();
            unmark(&mut bytes);
            u64::from_ne_bytes(bytes)
        }))
    }

    pub(super) fn wipe(&mut self) {
        zeroize::Zeroize::zeroize(self.0.as_mut_slice());
    }
}

/// What a backend does, and what follows from it. Operands and results are below p, but for the first of `mul`.
pub(super) trait Field: Copy {
    fn mul(self, a: &Fe, b: &Fe) -> Fe;
    fn square(self, a: &Fe) -> Fe;
    fn add(self, a: &Fe, b: &Fe) -> Fe;
    fn sub(self, a: &Fe, b: &Fe) -> Fe;
    /// `a/2`
    fn half(self, a: &Fe) -> Fe;

    #[inline(always)]
    fn double(self, a: &Fe) -> Fe {
        self.add(a, a)
    }

    /// `−a` under a mask of ones, `a` otherwise.
    #[inline(always)]
    fn negate_if(self, mask: u64, a: &Fe) -> Fe {
        Fe::select(mask, &self.sub(&Fe::ZERO, a), a)
    }

    /// The element of a number below 2^256.
    #[inline]
    fn encode(self, number: &Words) -> Fe {
        self.mul(&Fe(*number), &Fe(R2))
    }

    /// The number below p that an element is.
    #[inline]
    fn decode(self, a: &Fe) -> Words {
        self.mul(a, &Fe([1, 0, 0, 0])).0
    }

    /// The element of 32 bytes, if they are a number below p.
    fn parse(self, bytes: &[u8; 32]) -> Option<Fe> {
        let number = words::from_bytes(bytes);
        words::sub(&number, &P).1.then(|| self.encode(&number))
    }

    fn to_bytes(self, a: &Fe) -> [u8; 32] {
        words::to_bytes(&self.decode(a))
    }

    /// `1/a`; zero for zero.
    fn invert(self, a: &Fe) -> Fe {
        // The inverse of a·2^256 lacks 2^512, and `mul` takes away 2^256 more.
        self.mul(&Fe(invert(&a.0, &MODULUS)), &Fe(R3))
    }

    /// `a^(2^count)`
    fn squares(self, a: &Fe, count: usize) -> Fe {
        (0..count).fold(*a, |power, _| self.square(&power))
    }

    /// `a^(2^count − 1)`
    fn ones(self, a: &Fe, count: usize) -> Fe {
        let half = count / 2;
        match count {
            0 | 1 => *a,
            _ if count % 2 == 1 => self.mul(&self.square(&self.ones(a, count - 1)), a),
            _ => {
                let ones = self.ones(a, half);
                self.mul(&self.squares(&ones, half), &ones)
            }
        }
    }

    /// `a^((p + 1)/4)`: a root of an element that has one, since p ≡ 3 modulo 4.
    fn root(self, a: &Fe) -> Fe {
        // (p + 1)/4 = 2^62 (2^32 − 1) (2^160 − 1)
        self.squares(&self.ones(&self.ones(a, 32), 160), 62)
    }

    /// A root of a public element, if there is one.
    fn vartime_root(self, a: &Fe) -> Option<Fe> {
        let root = self.root(a);
        self.square(&root).vartime_equals(a).then_some(root)
    }
}
