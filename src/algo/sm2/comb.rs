//! `[k]P` for a P known long before: 43 windows of 6 bits, each with a table of its own, and no doublings.
//!
//! Knows no algorithm. A table is 86 KiB; that of the generator is made once, by a test that says so when it is not what
//! the curve says, and is part of the library.

#[cfg(feature = "alloc")]
use super::point::{odd_multiples, to_entries};
use super::{
    digits::OddDigits,
    field::{Fe, Field},
    point::{Affine, Entry, Jacobian},
    scalar::Scalar,
    select::Select,
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
/// The digits are those of the odd one of k and n − k, from the highest: before a digit d of place i comes
/// `B = 64^(i+1) v`, with v odd and positive, so 64^(i+1) ≤ B, and |d| 64^i is less: as integers, B ± d 64^i is positive.
/// An exception to the sum would be B ± d 64^i = n or 2n, all being less than 3n. For i ≥ 1 the left side is even, and no
/// multiple of 4 is 2n. For i = 0 it is odd: B + d is the number itself, which is n for k = 0 only, where the formula rightly
/// gives the identity; B − d = n is the number being n + 2d, so that d is negative and the lowest 7 bits of the number,
/// which are 64 + d, are those of n + 2d: d ≡ 64 − n = 29 modulo 128 is no negative digit.
pub(super) fn mul(f: impl Field, select: Select, table: &Table, k: &Scalar) -> Jacobian {
    let (odd, negative) = k.odd();
    let digits = OddDigits::<WIDTH>::new(&odd);
    let mut sum = Jacobian::from(Affine::from(select.entry(&table[TOP], digits.at(TOP).index)));
    for place in (0..TOP).rev() {
        let digit = digits.at(place);
        let entry = Affine::from(select.entry(&table[place], digit.index)).negate_if(f, digit.negative);
        sum = sum.add_affine(f, &entry);
    }
    sum.negate_if(f, negative)
}

/// Fills the table of a public point.
#[cfg(feature = "alloc")]
pub(super) fn fill(f: impl Field, point: &Affine, table: &mut Table) {
    let mut base = Jacobian::from(*point);
    for window in table {
        to_entries(f, &odd_multiples::<ENTRIES>(f, &base), window);
        base = (0..WIDTH).fold(base, |base, _| base.double(f));
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
