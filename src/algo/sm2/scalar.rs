//! Numbers modulo n, the order of the SM2 curve (GB/T 32918.5-2017 §2).
//!
//! Knows no curve. Nothing branches on a scalar; whether one is zero is a mask.

use zeroize::Zeroize;

use super::{
    inverse::{Modulus, invert},
    words::{self, Words, add_carry, mask, mul_add, reduce_once},
};

/// A number below n.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(super) struct Scalar(Words);

/// A scalar times 2^256, ready to multiply by with one reduction.
#[derive(Clone, Copy)]
pub(super) struct Factor(pub(super) Words);

pub(super) const N: Words = [0x53bb_f409_39d5_4123, 0x7203_df6b_21c6_052b, u64::MAX, 0xffff_fffe_ffff_ffff];

/// −n^-1 modulo 2^64.
const N_INVERSE: u64 = 0x327f_9e88_7235_0975;

/// 2^512 modulo n.
const R2: Words =
    [0x9011_92af_7c11_4f20, 0x3464_504a_de6f_a2fa, 0x620f_c84c_3aff_e0d4, 0x1eb5_e412_a22b_3d3b];

static MODULUS: Modulus = Modulus::new(&N);

impl Scalar {
    pub(super) const ONE: Self = Self([1, 0, 0, 0]);

    /// The number of 32 bytes modulo n, the highest byte first.
    pub(super) fn reduce(bytes: &[u8; 32]) -> Self {
        Self::reduce_words(&words::from_bytes(bytes))
    }

    /// A number below 2^256 modulo n, which is less than 2n.
    pub(super) fn reduce_words(number: &Words) -> Self {
        Self(reduce_once(number, false, &N))
    }

    /// `high · 2^256 + low` modulo n.
    pub(super) fn reduce_wide(high: &[u8; 32], low: &[u8; 32]) -> Self {
        Self::reduce(high).times(&Factor(R2)).plus(&Self::reduce(low))
    }

    /// The number of 32 bytes if it is below n, and zero otherwise.
    pub(super) fn parse(bytes: &[u8; 32]) -> Self {
        let number = words::from_bytes(bytes);
        Self(words::masked(&number, mask(words::sub(&number, &N).1)))
    }

    pub(super) fn to_bytes(self) -> [u8; 32] {
        words::to_bytes(&self.0)
    }

    pub(super) const fn words(&self) -> &Words {
        &self.0
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let (sum, carry) = words::add(&self.0, &other.0);
        Self(reduce_once(&sum, carry, &N))
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        let (difference, borrow) = words::sub(&self.0, &other.0);
        Self(words::add(&difference, &words::masked(&N, mask(borrow))).0)
    }

    pub(super) fn times(&self, factor: &Factor) -> Self {
        Self(montgomery(&self.0, &factor.0))
    }

    pub(super) fn to_factor(self) -> Factor {
        Factor(montgomery(&self.0, &R2))
    }

    /// `1/a`; zero for zero.
    pub(super) fn invert(&self) -> Self {
        Self(invert(&self.0, &MODULUS))
    }

    /// All ones when it is zero.
    pub(super) fn is_zero(&self) -> u64 {
        words::is_zero(&self.0)
    }

    /// The odd one of a and n − a, where zero gives n; the mask says whether it is the second.
    pub(super) fn odd(&self) -> (Words, u64) {
        let is_even = mask(self.0[0] & 1 == 0);
        (words::select(is_even, &words::sub(&N, &self.0).0, &self.0), is_even)
    }
}

impl Zeroize for Scalar {
    fn zeroize(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl Zeroize for Factor {
    fn zeroize(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// `a b / 2^256` modulo n, for a below 2^256 and b below n: below 2n before the last step.
fn montgomery(a: &Words, b: &Words) -> Words {
    let (mut sum, mut high) = ([0; 4], 0);
    for a in a {
        let mut carry = 0;
        for (sum, b) in sum.iter_mut().zip(b) {
            (*sum, carry) = mul_add(*a, *b, *sum, carry);
        }
        let (top, beyond) = add_carry(high, carry, false);
        // m n makes the lowest word vanish.
        let m = sum[0].wrapping_mul(N_INVERSE);
        (_, carry) = mul_add(m, N[0], sum[0], 0);
        for at in 1..4 {
            (sum[at - 1], carry) = mul_add(m, N[at], sum[at], carry);
        }
        let (word, again) = add_carry(top, carry, false);
        sum[3] = word;
        high = u64::from(beyond) + u64::from(again);
    }
    reduce_once(&sum, high != 0, &N)
}
