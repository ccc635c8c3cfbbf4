//! `[s]G + [t]P` for public numbers, as verification has them, and whether its x is the expected one.
//!
//! Knows no signatures. Everything here takes a time that depends on its arguments, none of which is a secret.

use super::{
    comb,
    digits::{Sparse, part, vartime_sparse},
    field::{Field, P},
    point::{Affine, Entry, Jacobian, odd_multiples},
    scalar::{N, Scalar},
    split,
    words::{self, Words},
};

/// A table of a point's odd multiples, and digits whose sum over it is wanted.
struct Term<'a, T> {
    digits: Sparse,
    multiples: &'a [T],
}

/// `[s]G + [t]P` for a P that comes along.
pub(super) fn vartime_of_point(f: impl Field, s: &Scalar, t: &Scalar, point: &Affine) -> Jacobian {
    let multiples = odd_multiples::<8>(f, &Jacobian::from(*point));
    let of_point = Term { digits: vartime_sparse(t.words(), 256, 5), multiples: &multiples };
    let of_base = Term { digits: vartime_sparse(s.words(), 256, 7), multiples: &comb::GENERATOR[0] };
    vartime_sum(f, 256, Some(&of_point), &[of_base])
}

/// The same for a P with a table of four parts.
pub(super) fn vartime_of_parts(f: impl Field, s: &Scalar, t: &Scalar, table: &split::Table) -> Jacobian {
    // Parts of 66 bits are those of the generator's table for which there are windows: 66 = 11 · 6.
    let base = |at: usize| Term {
        digits: vartime_sparse(&part(s.words(), 66 * at, 66), 66, 7),
        multiples: &comb::GENERATOR[11 * at][..],
    };
    let key = |at: usize| Term {
        digits: vartime_sparse(&part(t.words(), 64 * at, 64), 64, 5),
        multiples: &table[at][..],
    };
    let terms = [base(0), base(1), base(2), base(3), key(0), key(1), key(2), key(3)];
    vartime_sum(f, 66, None, &terms)
}

/// The same for a P with a table for each window.
#[cfg(feature = "alloc")]
pub(super) fn vartime_of_windows(f: impl Field, s: &Scalar, t: &Scalar, table: &comb::Table) -> Jacobian {
    comb::vartime_sum(f, [&comb::GENERATOR, table], [s, t])
}

/// `[k]P + Q` for a P that comes along.
pub(super) fn vartime_mul_add(f: impl Field, k: &Scalar, point: &Affine, other: &Affine) -> Jacobian {
    let multiples = odd_multiples::<8>(f, &Jacobian::from(*point));
    let term = Term { digits: vartime_sparse(k.words(), 256, 5), multiples: &multiples };
    let mut sum = vartime_sum(f, 256, Some(&term), &[]);
    sum.vartime_add_affine(f, other);
    sum
}

/// Whether the point is not the identity and its x, modulo n, is this number.
pub(super) fn vartime_has_x(f: impl Field, point: &Jacobian, x: &Scalar) -> bool {
    let zz = f.square(&point.z);
    let is = |x: &Words| f.mul(&f.encode(x), &zz).vartime_equals(&point.x);
    !point.z.vartime_is_zero() && (is(x.words()) || vartime_second(x).is_some_and(|second| is(&second)))
}

/// The other x that a number modulo n may stand for, x being below p: that number and n.
pub(super) fn vartime_second(x: &Scalar) -> Option<Words> {
    let (second, carry) = words::add(x.words(), &N);
    (!carry && words::sub(&second, &P).1).then_some(second)
}

/// The sum of all terms, whose digits end at `top`.
fn vartime_sum(
    f: impl Field,
    top: usize,
    jacobian: Option<&Term<'_, Jacobian>>,
    affine: &[Term<'_, Entry>],
) -> Jacobian {
    let mut sum = Jacobian::IDENTITY;
    for place in (0..=top).rev() {
        if !sum.z.vartime_is_zero() {
            sum.double(f);
        }
        if let Some((entry, sign)) = jacobian.and_then(|term| term.at(place)) {
            let mut entry = *entry;
            entry.negate_if(f, sign);
            sum.vartime_add(f, &entry);
        }
        for (entry, sign) in affine.iter().filter_map(|term| term.at(place)) {
            sum.vartime_add_affine(f, &Affine::from(*entry).negate_if(f, sign));
        }
    }
    sum
}

impl<T> Term<'_, T> {
    /// The multiple that the digit of this place adds, with a mask of ones if it is to be negated.
    #[inline(always)]
    fn at(&self, place: usize) -> Option<(&T, u64)> {
        let digit = self.digits[place];
        let multiple = self.multiples.get(usize::from(digit.unsigned_abs() >> 1))?;
        (digit != 0).then_some((multiple, i64::from(digit >> 7) as u64))
    }
}
