//! The field in words of 64 bits on any processor; their products come from what it multiplies.
//!
//! Knows no instructions. A word times p needs no multiplication, p being four powers of 2 and a one.

use super::{Fe, Field, P};
#[cfg(not(target_pointer_width = "32"))]
use crate::algo::sm2::words::mul_add;
use crate::algo::sm2::words::{self, Words, add_carry, mask, reduce_once, sub_borrow};

#[derive(Clone, Copy)]
pub(in crate::algo::sm2) struct Soft;

impl Field for Soft {
    #[inline(always)]
    fn mul(self, a: &Fe, b: &Fe) -> Fe {
        reduce(&words::mul(&a.0, &b.0))
    }

    #[inline(always)]
    fn square(self, a: &Fe) -> Fe {
        reduce(&square(&a.0))
    }

    #[inline(always)]
    fn add(self, a: &Fe, b: &Fe) -> Fe {
        let (sum, carry) = words::add(&a.0, &b.0);
        Fe(reduce_once(&sum, carry, &P))
    }

    #[inline(always)]
    fn sub(self, a: &Fe, b: &Fe) -> Fe {
        let (difference, borrow) = words::sub(&a.0, &b.0);
        Fe(words::add(&difference, &words::masked(&P, mask(borrow))).0)
    }

    #[inline(always)]
    fn half(self, a: &Fe) -> Fe {
        let is_odd = mask(a.0[0] & 1 == 1);
        let ([w0, w1, w2, w3], carry) = words::add(&a.0, &words::masked(&P, is_odd));
        Fe([w0 >> 1 | w1 << 63, w1 >> 1 | w2 << 63, w2 >> 1 | w3 << 63, w3 >> 1 | u64::from(carry) << 63])
    }
}

/// `a²` in eight words.
#[cfg(target_pointer_width = "32")]
fn square(a: &Words) -> [u64; 8] {
    words::mul(a, a)
}

/// `a²` in eight words: the products of different words once and doubled, then the squares.
#[cfg(not(target_pointer_width = "32"))]
#[inline(always)]
fn square(a: &Words) -> [u64; 8] {
    let (w1, carry) = mul_add(a[0], a[1], 0, 0);
    let (w2, carry) = mul_add(a[0], a[2], carry, 0);
    let (w3, w4) = mul_add(a[0], a[3], carry, 0);
    let (w3, carry) = mul_add(a[1], a[2], w3, 0);
    let (w4, w5) = mul_add(a[1], a[3], w4, carry);
    let (w5, w6) = mul_add(a[2], a[3], w5, 0);
    let different = [0, w1, w2, w3, w4, w5, w6, 0];
    let (mut product, mut carry, mut low) = ([0; 8], false, 0);
    for at in 0..4 {
        let (square_low, square_high) = mul_add(a[at], a[at], 0, 0);
        let doubled = [different[2 * at] << 1 | low, different[2 * at + 1] << 1 | different[2 * at] >> 63];
        low = different[2 * at + 1] >> 63;
        (product[2 * at], carry) = add_carry(doubled[0], square_low, carry);
        (product[2 * at + 1], carry) = add_carry(doubled[1], square_high, carry);
    }
    product
}

/// `product / 2^256` modulo p: four times the lowest word m goes, by adding m p, and 2^64 is divided out.
///
/// The product of two numbers below 2^256 of which one is below p gives less than 2p before the last step.
#[inline(always)]
fn reduce(product: &[u64; 8]) -> Fe {
    let [w0, w1, w2, w3, high @ ..] = *product;
    let [w1, w2, w3, w0] = step([w0, w1, w2, w3]);
    let [w2, w3, w0, w1] = step([w1, w2, w3, w0]);
    let [w3, w0, w1, w2] = step([w2, w3, w0, w1]);
    let low = step([w3, w0, w1, w2]);
    let (sum, carry) = words::add(&low, &high);
    Fe(reduce_once(&sum, carry, &P))
}

/// `(low + m p) / 2^64` with m the lowest word: −p^-1 = 1 modulo 2^64, so m itself is what makes it vanish.
///
/// (m p + m) / 2^64 = m (2^192 − 2^160 − 2^32 + 1)
#[inline(always)]
const fn step([m, w1, w2, w3]: Words) -> Words {
    let (low, high) = (m << 32, m >> 32);
    let (w1, borrow) = sub_borrow(w1, low, false);
    let (w2, borrow) = sub_borrow(w2, high, borrow);
    let (w3, borrow) = sub_borrow(w3, low, borrow);
    let (w4, _) = sub_borrow(m, high, borrow);
    let (w1, carry) = add_carry(w1, m, false);
    let (w2, carry) = add_carry(w2, 0, carry);
    let (w3, carry) = add_carry(w3, 0, carry);
    let (w4, _) = add_carry(w4, 0, carry);
    [w1, w2, w3, w4]
}
