//! Numbers of 256 bits as four words of 64, the lowest first, and the masks that choose between them.
//!
//! Knows no modulus. Nothing branches on a number: what is found out about one is a mask, all ones or none, and every mask
//! has gone through the barrier that keeps the compiler from making a branch of it.

#[cfg(any(test, target_pointer_width = "32"))]
mod narrow;

use crate::secret::barrier;

pub(super) type Words = [u64; 4];

/// `a + b + carry` and what goes on to the next word.
#[inline(always)]
pub(super) const fn add_carry(a: u64, b: u64, carry: bool) -> (u64, bool) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(carry as u64);
    (sum, first | second)
}

/// `a − b − borrow` and what is owed by the next word.
#[inline(always)]
pub(super) const fn sub_borrow(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(borrow as u64);
    (difference, first | second)
}

/// `a b + c + d`, its low and its high word; it cannot overflow.
#[cfg(target_pointer_width = "32")]
pub(super) use narrow::mul_add;

/// `a b + c + d`, its low and its high word; it cannot overflow.
#[cfg(not(target_pointer_width = "32"))]
#[inline(always)]
pub(super) const fn mul_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let wide = a as u128 * b as u128 + c as u128 + d as u128;
    (wide as u64, (wide >> 64) as u64)
}

/// `a + b` modulo 2^256, and the carry.
#[inline(always)]
pub(super) const fn add(a: &Words, b: &Words) -> (Words, bool) {
    let (w0, carry) = add_carry(a[0], b[0], false);
    let (w1, carry) = add_carry(a[1], b[1], carry);
    let (w2, carry) = add_carry(a[2], b[2], carry);
    let (w3, carry) = add_carry(a[3], b[3], carry);
    ([w0, w1, w2, w3], carry)
}

/// `a − b` modulo 2^256, and the borrow.
#[inline(always)]
pub(super) const fn sub(a: &Words, b: &Words) -> (Words, bool) {
    let (w0, borrow) = sub_borrow(a[0], b[0], false);
    let (w1, borrow) = sub_borrow(a[1], b[1], borrow);
    let (w2, borrow) = sub_borrow(a[2], b[2], borrow);
    let (w3, borrow) = sub_borrow(a[3], b[3], borrow);
    ([w0, w1, w2, w3], borrow)
}

/// `a b` in eight words.
#[cfg(target_pointer_width = "32")]
pub(super) use narrow::mul;

/// `a b` in eight words.
#[cfg(not(target_pointer_width = "32"))]
#[inline(always)]
pub(super) fn mul(a: &Words, b: &Words) -> [u64; 8] {
    let mut product = [0; 8];
    for (i, a) in a.iter().enumerate() {
        let mut carry = 0;
        for (j, b) in b.iter().enumerate() {
            (product[i + j], carry) = mul_add(*a, *b, product[i + j], carry);
        }
        product[i + 4] = carry;
    }
    product
}

/// All ones for a set bit.
#[inline(always)]
pub(super) fn mask(bit: bool) -> u64 {
    barrier(u64::from(bit).wrapping_neg())
}

/// All ones when the word is zero.
#[inline(always)]
pub(super) fn zero_mask(word: u64) -> u64 {
    let word = barrier(word);
    barrier(((word | word.wrapping_neg()) >> 63).wrapping_sub(1))
}

/// All ones when the number is zero.
#[inline(always)]
pub(super) fn is_zero(a: &Words) -> u64 {
    zero_mask(a[0] | a[1] | a[2] | a[3])
}

/// `a` under a mask of ones, `b` otherwise.
#[inline(always)]
pub(super) fn select(mask: u64, a: &Words, b: &Words) -> Words {
    [0, 1, 2, 3].map(|at| b[at] ^ (mask & (a[at] ^ b[at])))
}

/// Every word under the mask.
#[inline(always)]
pub(super) fn masked(a: &Words, mask: u64) -> Words {
    a.map(|word| word & mask)
}

/// `high: sum` less `modulus` unless it is below already: it has to be below `2 modulus`.
#[inline(always)]
pub(super) fn reduce_once(sum: &Words, high: bool, modulus: &Words) -> Words {
    let (less, borrow) = sub(sum, modulus);
    let (_, is_below) = sub_borrow(u64::from(high), 0, borrow);
    select(mask(is_below), sum, &less)
}

/// The number of 32 bytes, the highest first.
pub(super) fn from_bytes(bytes: &[u8; 32]) -> Words {
    let (words, _) = bytes.as_chunks::<8>();
    [3, 2, 1, 0].map(|at| u64::from_be_bytes(words[at]))
}

/// Its 32 bytes, the highest first.
pub(super) fn to_bytes(a: &Words) -> [u8; 32] {
    let mut bytes = [0; 32];
    let (words, _) = bytes.as_chunks_mut::<8>();
    for (bytes, word) in words.iter_mut().zip(a.iter().rev()) {
        *bytes = word.to_be_bytes();
    }
    bytes
}
