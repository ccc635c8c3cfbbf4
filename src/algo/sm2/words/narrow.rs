//! Products where a register has 32 bits: of half words, each of which fits two registers, and none of 128 bits.
//!
//! Knows no modulus, and gives what the products of whole words give.

use core::array::from_fn;

use super::Words;

/// `a b + c + d`, its low and its high word; it cannot overflow.
#[inline]
pub(in crate::algo::sm2) const fn mul_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    const LOW: u64 = u32::MAX as u64;
    let (a0, a1, b0, b1) = (a & LOW, a >> 32, b & LOW, b >> 32);
    // Each sum is at most (2^32 − 1)² + 2 (2^32 − 1) = 2^64 − 1.
    let w0 = a0 * b0 + (c & LOW) + (d & LOW);
    let w1 = a1 * b0 + (c >> 32) + (w0 >> 32);
    let v1 = a0 * b1 + (d >> 32) + (w1 & LOW);
    let high = a1 * b1 + (w1 >> 32) + (v1 >> 32);
    (w0 & LOW | v1 << 32, high)
}

/// `a b` in eight words.
pub(in crate::algo::sm2) fn mul(a: &Words, b: &Words) -> [u64; 8] {
    let half = |words: &Words, at: usize| words[at / 2] >> (at % 2 * 32) & u64::from(u32::MAX);
    let (a, b): ([u64; 8], [u64; 8]) = (from_fn(|at| half(a, at)), from_fn(|at| half(b, at)));
    let mut halves = [0u32; 16];
    for (i, a) in a.into_iter().enumerate() {
        let mut carry = 0;
        for (j, b) in b.into_iter().enumerate() {
            let sum = a * b + u64::from(halves[i + j]) + carry;
            (halves[i + j], carry) = (sum as u32, sum >> 32);
        }
        halves[i + 8] = carry as u32;
    }
    from_fn(|at| u64::from(halves[2 * at]) | u64::from(halves[2 * at + 1]) << 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EDGES: [u64; 7] = [0, 1, u32::MAX as u64, 1 << 32, 0xffff_ffff_0000_0000, u64::MAX - 1, u64::MAX];

    fn word() -> impl Strategy<Value = u64> {
        prop_oneof![proptest::sample::select(&EDGES[..]), any::<u64>()]
    }

    /// By products of 128 bits, which every processor has somehow.
    fn wide(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
        let wide = u128::from(a) * u128::from(b) + u128::from(c) + u128::from(d);
        (wide as u64, (wide >> 64) as u64)
    }

    proptest! {
        #[test]
        fn products_of_half_words_are_those_of_words(
            a in [word(), word(), word(), word()],
            b in [word(), word(), word(), word()],
        ) {
            prop_assert_eq!(mul_add(a[0], b[0], a[1], b[1]), wide(a[0], b[0], a[1], b[1]));
            let mut product = [0; 8];
            for (i, a) in a.into_iter().enumerate() {
                let mut carry = 0;
                for (j, b) in b.into_iter().enumerate() {
                    (product[i + j], carry) = wide(a, b, product[i + j], carry);
                }
                product[i + 4] = carry;
            }
            prop_assert_eq!(mul(&a, &b), product);
        }
    }
}
