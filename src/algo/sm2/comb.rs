//! `[k]P` for a P known long before: 43 windows of 6 bits, each with a table of its own, and no doublings.
//!
//! Knows no algorithm. A table is 86 KiB; that of the generator is made once, by a test that says so when it is not what
//! the curve says, and is part of the library.

#[cfg(feature = "alloc")]
use super::point::{odd_multiples, to_entries};
use crate::secret::reveal;
use subtle::Choice;

use super::{
    digits::OddDigits,
    field::{Fe, Field},
    point::{Affine, Entry, Jacobian},
    scalar::Scalar,
    select::Select,
    xyzz::{self, Xyzz},
};

/// Bits of a window, and entries of its table.
pub(super) const WIDTH: usize = 6;
pub(super) const ENTRIES: usize = 1 << (WIDTH - 1);
pub(super) const WINDOWS: usize = OddDigits::<WIDTH>::PLACES;
const TOP: usize = WINDOWS - 1;

/// `(2j + 1) 64^i P` at `[i][j]`.
pub(super) type Table = [[Entry; ENTRIES]];

/// The generator's.
pub(super) static GENERATOR: [[Entry; ENTRIES]; WINDOWS] = decode(include_bytes!("generator.bin"));

/// `[k]P`, by going through the whole table of each window; the identity for k = 0.
///
/// The digits are those of the odd one of k and n − k. Two sums go side by side, of the even places and of the odd ones,
/// each from its highest, and neither has an exception. Before a digit d of place i comes B, a multiple of 64^(i+2) that is
/// not zero, its digits being odd, so that |B| is more than |d| 64^i: B ± d 64^i is not zero. Of the odd places all is
/// below 2^252, so it is not n or −n either. Of the even places all is less than 3n, so it would be n or 2n; but it is a
/// multiple of 4 for i ≥ 2, and n is odd, and for i = 0 it is ±d modulo 4096, while n is 291 and 2n is 582.
///
/// Their sum is exceptional where the number is n, which is k = 0, and where they are equal, which is so for one number.
pub(super) fn mul(f: impl Field, select: Select, table: &Table, k: &Scalar) -> Jacobian {
    let (digits, negative) = OddDigits::<WIDTH>::of(k);
    let entry = |place: usize| {
        let digit = digits.at(place);
        Affine::from(select.entry(&table[place], digit.index)).negate_if(f, digit.negative)
    };
    let (mut even, mut other) = (Xyzz::from(entry(TOP)), Xyzz::from(entry(TOP - 1)));
    for place in (1..TOP - 2).rev().step_by(2) {
        xyzz::add_each(f, [&mut even, &mut other], [&entry(place + 1), &entry(place)]);
    }
    even.add(f, &entry(0));
    let (mut sum, mut rest) = (even.to_jacobian(f), other.to_jacobian(f));
    even.wipe();
    other.wipe();
    let mut before = sum;
    sum.add(f, &rest);
    // True for no number that is drawn at random, so nothing shows.
    if reveal(Choice::from((sum.z.is_zero() & 1) as u8)) {
        sum = before;
        sum.add_complete(f, &rest);
    }
    before.wipe();
    rest.wipe();
    sum.negate_if(f, negative);
    sum
}

/// `[s]P + [t]Q` for public numbers.
///
/// Each product is a sum from the highest digit, and has no exception: before a digit d of place i comes `B = 64^(i+1) v`, with
/// v odd and positive, which is more than |d| 64^i. B ± d 64^i is less than 3n, so it would have to be n or 2n; for i ≥ 1 it is
/// a multiple of 4. For i = 0 it is odd; B + d is the number itself, n for 0 only, where the identity is right, and B − d = n
/// is the number being n + 2d, of which the lowest 7 bits are 64 + d: d = 64 − n = 29 modulo 128 is no negative digit.
#[cfg(feature = "alloc")]
pub(super) fn vartime_sum(f: impl Field, tables: [&Table; 2], numbers: [&Scalar; 2]) -> Jacobian {
    let odd = numbers.map(Scalar::odd);
    let digits = odd.map(|(number, _)| OddDigits::<WIDTH>::new(&number));
    let entry = |of: usize, place: usize| {
        let digit = digits[of].at(place);
        let entry = Affine::from(tables[of][place][digit.index as usize]);
        entry.negate_if(f, digit.negative ^ odd[of].1)
    };
    let (mut p, mut q) = (Xyzz::from(entry(0, TOP)), Xyzz::from(entry(1, TOP)));
    for place in (0..TOP).rev() {
        xyzz::add_each(f, [&mut p, &mut q], [&entry(0, place), &entry(1, place)]);
    }
    let mut sum = p.to_jacobian(f);
    sum.vartime_add(f, &q.to_jacobian(f));
    sum
}

/// Fills the table of a public point.
#[cfg(feature = "alloc")]
pub(super) fn fill(f: impl Field, point: &Affine, table: &mut Table) {
    let mut base = Jacobian::from(*point);
    for window in table {
        to_entries(f, &odd_multiples::<ENTRIES>(f, &base), window);
        (0..WIDTH).for_each(|_| base.double(f));
    }
}

/// The table of its words in Montgomery form, each the lowest byte first.
const fn decode(bytes: &[u8; 64 * ENTRIES * WINDOWS]) -> [[Entry; ENTRIES]; WINDOWS] {
    let (words, _) = bytes.as_chunks::<8>();
    let mut table = [[[Fe::ZERO; 2]; ENTRIES]; WINDOWS];
    let mut at = 0;
    while at < 2 * ENTRIES * WINDOWS {
        let mut element = [0; 4];
        let mut word = 0;
        while word < 4 {
            element[word] = u64::from_le_bytes(words[4 * at + word]);
            word += 1;
        }
        table[at / (2 * ENTRIES)][at / 2 % ENTRIES][at % 2] = Fe::from_montgomery(element);
        at += 1;
    }
    table
}
