//! Points of the curve `y² = x³ − 3x + b` (GB/T 32918.5-2017 §2): their sums and doubles.
//!
//! Knows no scalars. The formulas for sums have exceptions, equal and opposite points and the identity, where their Z
//! comes out as zero: a caller either shows that it never meets one, or takes a function that handles them.

#[cfg(feature = "alloc")]
use subtle::Choice;

use super::{
    field::{Fe, Field},
    words::Words,
};
#[cfg(feature = "alloc")]
use crate::secret::reveal;

/// A point other than the identity; (0, 0), which is not on the curve, stands for that.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(super) struct Affine {
    pub(super) x: Fe,
    pub(super) y: Fe,
}

/// The point `(x/z², y/z³)`; the identity when z is zero.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Jacobian {
    pub(super) x: Fe,
    pub(super) y: Fe,
    pub(super) z: Fe,
}

/// A point as a table has it: x and y.
pub(super) type Entry = [Fe; 2];

/// b · 2^256 mod p.
const B: Words = [0x90d2_3063_2bc0_dd42, 0x71cf_379a_e9b5_37ab, 0x5279_8150_5ea5_1c3c, 0x240f_e188_ba20_e2c8];

impl Affine {
    /// Whether a public point is on the curve.
    pub(super) fn vartime_is_on_curve(&self, f: impl Field) -> bool {
        f.square(&self.y).vartime_equals(&right_side(f, &self.x))
    }

    /// The point with this public x, and a y that is odd or not.
    pub(super) fn vartime_decompress(f: impl Field, x: Fe, is_odd: bool) -> Option<Self> {
        let y = f.vartime_root(&right_side(f, &x))?;
        let other = u64::from((f.decode(&y)[0] & 1 == 1) != is_odd).wrapping_neg();
        Some(Self { x, y: f.negate_if(other, &y) })
    }

    /// The two points with this x; only whether there are any shows.
    #[cfg(feature = "alloc")]
    pub(super) fn lift(f: impl Field, x: Fe) -> Option<[Self; 2]> {
        let mut right = right_side(f, &x);
        let y = f.root(&right);
        let mut error = f.sub(&f.square(&y), &right);
        let is_root = error.is_zero();
        right.wipe();
        error.wipe();
        let point = Self { x, y };
        reveal(Choice::from((is_root & 1) as u8)).then(|| [point, point.negate_if(f, u64::MAX)])
    }

    /// `−P` under a mask of ones, `P` otherwise.
    #[inline(always)]
    pub(super) fn negate_if(&self, f: impl Field, mask: u64) -> Self {
        Self { x: self.x, y: f.negate_if(mask, &self.y) }
    }

    pub(super) fn wipe(&mut self) {
        self.x.wipe();
        self.y.wipe();
    }
}

/// `x³ − 3x + b`
fn right_side(f: impl Field, x: &Fe) -> Fe {
    let three_x = f.add(&f.double(x), x);
    let cube = f.mul(&f.square(x), x);
    f.add(&f.sub(&cube, &three_x), &Fe::from_montgomery(B))
}

impl Jacobian {
    pub(super) const IDENTITY: Self = Self { x: Fe::ONE, y: Fe::ONE, z: Fe::ZERO };

    /// `P ← 2P`, of the identity too: 4 products and 4 squares.
    ///
    /// With `M = 3/2 (x² − z⁴)` and `S = x y²`: `(M² − 2S, M (S − x') − y⁴, y z)`. There is no point with y = 0, the order
    /// being odd.
    #[inline]
    pub(super) fn double(&mut self, f: impl Field) {
        let zz = f.square(&self.z);
        let yy = f.square(&self.y);
        let m = f.mul(&f.add(&self.x, &zz), &f.sub(&self.x, &zz));
        let s = f.mul(&self.x, &yy);
        self.z = f.mul(&self.y, &self.z);
        let m = f.add(&m, &f.half(&m));
        let square = f.square(&m);
        let yyyy = f.square(&yy);
        self.x = f.sub(&square, &f.double(&s));
        self.y = f.sub(&f.mul(&m, &f.sub(&s, &self.x)), &yyyy);
    }

    /// `P ← P + Q` for an affine Q: 8 products and 3 squares. Z becomes zero where P is the identity, Q or −Q.
    #[inline]
    pub(super) fn add_affine(&mut self, f: impl Field, other: &Affine) {
        let zz = f.square(&self.z);
        let (u, zzz) = (f.mul(&other.x, &zz), f.mul(&self.z, &zz));
        let (h, s) = (f.sub(&u, &self.x), f.mul(&other.y, &zzz));
        let (hh, r) = (f.square(&h), f.sub(&s, &self.y));
        self.z = f.mul(&self.z, &h);
        let (v, hhh, rr) = (f.mul(&self.x, &hh), f.mul(&h, &hh), f.square(&r));
        self.x = f.sub(&f.sub(&rr, &hhh), &f.double(&v));
        let product = f.mul(&self.y, &hhh);
        self.y = f.sub(&f.mul(&r, &f.sub(&v, &self.x)), &product);
    }

    /// `P ← P + Q`: 12 products and 4 squares. Z becomes zero where one is the identity, or Q is P or −P.
    #[inline]
    pub(super) fn add(&mut self, f: impl Field, other: &Self) {
        let (zz, other_zz) = (f.square(&self.z), f.square(&other.z));
        let (zzz, other_zzz) = (f.mul(&self.z, &zz), f.mul(&other.z, &other_zz));
        let (u, other_u) = (f.mul(&self.x, &other_zz), f.mul(&other.x, &zz));
        let h = f.sub(&other_u, &u);
        let (s, other_s) = (f.mul(&self.y, &other_zzz), f.mul(&other.y, &zzz));
        let (z, hh) = (f.mul(&self.z, &other.z), f.square(&h));
        let r = f.sub(&other_s, &s);
        let (v, hhh, rr) = (f.mul(&u, &hh), f.mul(&h, &hh), f.square(&r));
        self.z = f.mul(&z, &h);
        self.x = f.sub(&f.sub(&rr, &hhh), &f.double(&v));
        let product = f.mul(&s, &hhh);
        self.y = f.sub(&f.mul(&r, &f.sub(&v, &self.x)), &product);
    }

    /// `P ← P + Q` for any two points, of which nothing shows.
    pub(super) fn add_complete(&mut self, f: impl Field, other: &Self) {
        let (mut sum, mut twice) = (*self, *self);
        sum.add(f, other);
        twice.double(f);
        let (first, second) = (self.z.is_zero(), other.z.is_zero());
        // The sum is right, or its z is zero. Then the points are opposite, if y/z³ differs, which leaves the identity.
        let (zz, other_zz) = (f.square(&self.z), f.square(&other.z));
        let y = f.mul(&f.mul(&self.y, &other.z), &other_zz);
        let other_y = f.mul(&f.mul(&other.y, &self.z), &zz);
        let equal = sum.z.is_zero() & f.sub(&y, &other_y).is_zero();
        let sum = Self::select(equal, &twice, &sum);
        *self = Self::select(first, other, &Self::select(second, self, &sum));
    }

    /// `P ← P + Q` for any two public points.
    #[inline]
    pub(super) fn vartime_add(&mut self, f: impl Field, other: &Self) {
        let before = *self;
        self.add(f, other);
        if self.z.vartime_is_zero() {
            *self = before;
            self.add_complete(f, other);
        }
    }

    /// `P ← P + Q` for any two public points, of which Q is affine.
    #[inline]
    pub(super) fn vartime_add_affine(&mut self, f: impl Field, other: &Affine) {
        let before = *self;
        self.add_affine(f, other);
        if self.z.vartime_is_zero() {
            *self = before;
            self.add_complete(f, &Self::from(*other));
        }
    }

    /// `a` under a mask of ones, `b` otherwise.
    #[inline(always)]
    pub(super) fn select(mask: u64, a: &Self, b: &Self) -> Self {
        let select = |a: &Fe, b: &Fe| Fe::select(mask, a, b);
        Self { x: select(&a.x, &b.x), y: select(&a.y, &b.y), z: select(&a.z, &b.z) }
    }

    /// `P ← −P` under a mask of ones.
    #[inline(always)]
    pub(super) fn negate_if(&mut self, f: impl Field, mask: u64) {
        self.y = f.negate_if(mask, &self.y);
    }

    /// The coordinates, given `1/z`.
    pub(super) fn scaled(&self, f: impl Field, inverse: &Fe) -> Affine {
        let square = f.square(inverse);
        Affine { x: f.mul(&self.x, &square), y: f.mul(&self.y, &f.mul(&square, inverse)) }
    }

    /// The coordinates; (0, 0) for the identity.
    pub(super) fn to_affine(self, f: impl Field) -> Affine {
        self.scaled(f, &f.invert(&self.z))
    }

    pub(super) fn wipe(&mut self) {
        self.x.wipe();
        self.y.wipe();
        self.z.wipe();
    }
}

impl From<Affine> for Jacobian {
    fn from(Affine { x, y }: Affine) -> Self {
        Self { x, y, z: Fe::ONE }
    }
}

impl From<Entry> for Affine {
    #[inline(always)]
    fn from([x, y]: Entry) -> Self {
        Self { x, y }
    }
}

/// The coordinates of points, none of them the identity, with one inversion; `entries` has a place for each.
pub(super) fn to_entries(f: impl Field, points: &[Jacobian], entries: &mut [Entry]) {
    // Every place first holds the product of the z before it.
    let mut product = Fe::ONE;
    for (point, entry) in points.iter().zip(entries.iter_mut()) {
        entry[0] = product;
        product = f.mul(&product, &point.z);
    }
    let mut inverse = f.invert(&product);
    for (point, entry) in points.iter().zip(entries.iter_mut()).rev() {
        let Affine { x, y } = point.scaled(f, &f.mul(&inverse, &entry[0]));
        inverse = f.mul(&inverse, &point.z);
        *entry = [x, y];
    }
}

/// `P, 3P, 5P, …`; no sum in it is exceptional, multiples below n being different.
pub(super) fn odd_multiples<const N: usize>(f: impl Field, point: &Jacobian) -> [Jacobian; N] {
    let mut twice = *point;
    twice.double(f);
    let mut multiples = [*point; N];
    for at in 1..N {
        multiples[at] = multiples[at - 1];
        multiples[at].add(f, &twice);
    }
    multiples
}
