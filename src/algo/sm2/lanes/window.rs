//! `[k]P` in eight lanes, each with a point of its own: 52 windows of 5 bits, as [`window`](super::super::window) has them.
//!
//! Knows no algorithm. Nothing shows of k.

use core::arch::x86_64::_mm512_cmpeq_epi64_mask;

use super::{
    LANES,
    digits::{Digit, Digits},
    field::every,
    point::Jacobian,
};
use crate::algo::sm2::scalar::Scalar;

const WIDTH: usize = 5;
const ENTRIES: usize = 1 << (WIDTH - 1);

/// `[k]P`; Z is zero in lanes where k is 0, 6 or −6, and wherever it has to be.
///
/// That no sum but the last is exceptional, and the last for these k only, is said in [`window`](super::super::window).
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn mul(point: &Jacobian, numbers: &[Scalar; LANES]) -> Jacobian {
    let digits = Digits::<WIDTH>::new(numbers);
    // P, 3P, 5P, …; multiples below n are different, so none of these sums is exceptional.
    let mut twice = *point;
    twice.double();
    let mut multiples = [*point; ENTRIES];
    for at in 1..ENTRIES {
        multiples[at] = multiples[at - 1];
        multiples[at].add(&twice);
    }
    let mut sum = entry(&multiples, &digits.at(Digits::<WIDTH>::PLACES - 1));
    for place in (0..Digits::<WIDTH>::PLACES - 1).rev() {
        for _ in 0..WIDTH {
            sum.double();
        }
        sum.add(&entry(&multiples, &digits.at(place)));
    }
    sum
}

/// The multiples of these digits, by going through all of them.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn entry(multiples: &[Jacobian; ENTRIES], digit: &Digit) -> Jacobian {
    let mut found = multiples[0];
    for (at, multiple) in multiples.iter().enumerate().skip(1) {
        let is_here = _mm512_cmpeq_epi64_mask(digit.index, every(at as u64));
        found.x = found.x.replaced(is_here, &multiple.x);
        found.y = found.y.replaced(is_here, &multiple.y);
        found.z = found.z.replaced(is_here, &multiple.z);
    }
    found.negate(digit.negative);
    found
}
