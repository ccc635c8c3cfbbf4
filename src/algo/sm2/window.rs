//! `[k]P` for a P that comes along: 52 windows of 5 bits.
//!
//! Knows no algorithm. Nothing shows of k.

use super::{
    digits::OddDigits,
    field::Field,
    point::{Affine, Jacobian, odd_multiples},
    scalar::Scalar,
    select::Select,
};

const WIDTH: usize = 5;
const ENTRIES: usize = 1 << (WIDTH - 1);
const TOP: usize = OddDigits::<WIDTH>::PLACES - 1;

/// `[k]P`; the identity for k = 0.
///
/// The digits are those of the odd one of k and n − k. Before a digit d of place i comes `B = 32 v`, with v odd and positive,
/// so 32 ≤ B, and |d| is less: B ± d is positive. For i ≥ 1 it is below n as well, so no sum is exceptional. The last one is
/// where B + d = n, that is k = 0, and where B − d = n, that is d = −3 and k = ±6: a digit added to itself. So the last
/// sum is complete.
pub(super) fn mul(f: impl Field, select: Select, point: &Affine, k: &Scalar) -> Jacobian {
    let (odd, negative) = k.odd();
    let digits = OddDigits::<WIDTH>::new(&odd);
    let table = odd_multiples::<ENTRIES>(f, &Jacobian::from(*point)).map(|Jacobian { x, y, z }| [x, y, z]);
    let entry = |place| {
        let digit = digits.at(place);
        let [x, y, z] = select.entry(&table, digit.index);
        Jacobian { x, y, z }.negate_if(f, digit.negative)
    };
    // The highest digit is 1, whatever k is: nothing is left above bit 255.
    let mut sum = Jacobian::from(*point);
    for place in (1..TOP).rev() {
        sum = shifted(f, sum).add(f, &entry(place));
    }
    shifted(f, sum).add_complete(f, &entry(0)).negate_if(f, negative)
}

/// `32 P`
#[inline(always)]
fn shifted(f: impl Field, point: Jacobian) -> Jacobian {
    (0..WIDTH).fold(point, |point, _| point.double(f))
}
