//! `[k]P` for a P known before, with little memory: four parts of 64 bits, whose multiples go along side by side.
//!
//! Knows no algorithm. A table is 2 KiB and costs less than one product that it saves.

#[cfg(feature = "alloc")]
use super::{digits::OddDigits, scalar::Scalar, select::Select};
use super::{
    field::Field,
    point::{Affine, Entry, Jacobian, odd_multiples, to_entries},
};

/// Bits of a digit, entries for each part, parts, and digits of a part.
const WIDTH: usize = 4;
pub(super) const ENTRIES: usize = 1 << (WIDTH - 1);
pub(super) const PARTS: usize = 4;
#[cfg(feature = "alloc")]
const PLACES: usize = 64 / WIDTH;

/// `(2j + 1) 2^(64 i) P` at `[i][j]`.
pub(super) type Table = [[Entry; ENTRIES]; PARTS];

/// `[k]P`, by going through all entries of a part for each digit; the identity for k = 0.
///
/// The digits d_i are those of the odd one of k and n − k, in base 16; digit i belongs to part i / 16. Where a digit d comes
/// to part j, the sum is `V = Σ 2^(64 i) a_i`; parts above j hold odd a_i, j and those below even ones, all not zero and below
/// 2^64 in the amount, or in the first round zero. So V is no `±d 2^(64 j)`: what is below part j does not vanish modulo 2^(64 j),
/// or, in the first round, what is above it modulo 2^(64 (j + 1)); and in part 0 d is odd and a_0 even. Nor does
/// `V ± d 2^(64 j)` reach n but in the last round, where V is k less the digits of places 0, 16, … that are still to come. Then
/// `V + d 2^(64 j) = n` means `k = n + Σ d_(16 i)` for parts below j, each times 2^(64 i), and k, of which the lowest 5 bits are d_0 + 16,
/// is n + d_0 modulo 32: n is odd, so there is none, and for j = 0 k = n, that is k = 0, for which the formula rightly gives the
/// identity. `V − d 2^(64 j) = n` means the same modulo 32, and for j = 0 `k = n + 2 d_0`, so that d_0 = 16 − n = 13 modulo
/// 32 is positive, and k above n.
#[cfg(feature = "alloc")]
pub(super) fn mul(f: impl Field, select: Select, table: &Table, k: &Scalar) -> Jacobian {
    let (digits, negative) = OddDigits::<WIDTH>::of(k);
    let highest = PARTS * PLACES - 1;
    let mut sum = Jacobian::from(Affine::from(select.entry(&table[PARTS - 1], digits.at(highest).index)));
    for place in (0..PLACES).rev() {
        if place != PLACES - 1 {
            (0..WIDTH).for_each(|_| sum.double(f));
        }
        for part in (0..PARTS).rev().filter(|part| PLACES * part + place != highest) {
            let digit = digits.at(PLACES * part + place);
            let entry = Affine::from(select.entry(&table[part], digit.index));
            sum.add_affine(f, &entry.negate_if(f, digit.negative));
        }
    }
    sum.negate_if(f, negative);
    sum
}

/// The table of a public point.
pub(super) fn table(f: impl Field, point: &Affine) -> Table {
    let mut multiples = [Jacobian::IDENTITY; PARTS * ENTRIES];
    let mut base = Jacobian::from(*point);
    for part in multiples.as_chunks_mut::<ENTRIES>().0 {
        *part = odd_multiples(f, &base);
        (0..64).for_each(|_| base.double(f));
    }
    let mut entries = [[point.x, point.y]; PARTS * ENTRIES];
    to_entries(f, &multiples, &mut entries);
    let (parts, _) = entries.as_chunks::<ENTRIES>();
    core::array::from_fn(|at| parts[at])
}
