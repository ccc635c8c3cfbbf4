//! `[k]P` for a P that comes along: 52 windows of 5 bits.
//!
//! Knows no algorithm. Nothing shows of k.

use super::{
    digits::OddDigits,
    field::{Fe, Field},
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
    let (digits, negative) = OddDigits::<WIDTH>::of(k);
    let mut table = [[Fe::ZERO; 3]; ENTRIES];
    for (entry, multiple) in table.iter_mut().zip(&odd_multiples::<ENTRIES>(f, &Jacobian::from(*point))) {
        *entry = [multiple.x, multiple.y, multiple.z];
    }
    // The highest digit is 1, whatever k is: nothing is left above bit 255.
    let mut sum = Jacobian::from(*point);
    for place in (0..TOP).rev() {
        (0..WIDTH).for_each(|_| sum.double(f));
        let digit = digits.at(place);
        let [x, y, z] = select.entry(&table, digit.index);
        let entry = Jacobian { x, y: f.negate_if(digit.negative, &y), z };
        match place {
            0 => sum.add_complete(f, &entry),
            _ => sum.add(f, &entry),
        }
    }
    sum.negate_if(f, negative);
    sum
}
