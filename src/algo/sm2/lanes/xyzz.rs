//! Eight points as a long sum of affine points wants them, by the formulas of [`xyzz`](super::super::xyzz).
//!
//! Knows no scalars. Where a sum has an exception, zz and zzz of that lane come out as zero.

use core::arch::x86_64::__mmask8;

use super::{
    field::{Element, difference, difference_of_signed, folded_difference, folded_less, product, square},
    point::{Jacobian, ONE},
};

/// Coordinates as the table of the generator has them.
pub(super) struct Affine {
    pub(super) x: Element<16>,
    pub(super) y: Element<16>,
}

/// `(x/zz, y/zzz)` in each lane, with zz³ = zzz². These bounds are closed under `add`.
pub(super) struct Xyzz {
    x: Element<2>,
    y: Element<2>,
    zz: Element<2>,
    zzz: Element<2>,
}

impl Xyzz {
    /// The point, or its opposite in the lanes with a one in the mask.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn new(Affine { x, y }: &Affine, negative: __mmask8) -> Self {
        let one = Element::<1>::every(&ONE);
        let y = product::<16, 1, 2>(y, &one).carried();
        Self {
            x: product::<16, 1, 2>(x, &one).carried(),
            y: y.replaced(negative, &folded_difference(&Element::<2>::zero(), &y)),
            zz: one.loosened(),
            zzz: one.loosened(),
        }
    }

    /// `P ← P + Q`, or `P − Q` in the lanes with a one in the mask: 8 products and 2 squares. zz and zzz become zero where P
    /// is the identity or ±Q.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn add(&mut self, other: &Affine, negative: __mmask8) {
        let u = product::<16, 2, 3>(&other.x, &self.zz);
        let s = product::<16, 2, 3>(&other.y, &self.zzz).negated(negative);
        let h: Element<5> = difference(&u, &self.x);
        let r: Element<8> = difference_of_signed::<3, 2, 8, 5>(&s, &self.y);
        let hh = square::<5, 3>(&h).carried();
        let hhh = product::<5, 3, 2>(&h, &hh).carried();
        let v = product::<2, 3, 2>(&self.x, &hh);
        self.zz = product::<2, 3, 2>(&self.zz, &hh).carried();
        self.zzz = product::<2, 2, 2>(&self.zzz, &hhh).carried();
        self.x = folded_less::<5, 2, 2, 6>(&square::<8, 5>(&r), &hhh, &v);
        let rest: Element<4> = difference(&v, &self.x);
        self.y = folded_difference(&product::<8, 4, 3>(&r, &rest), &product::<2, 2, 2>(&self.y, &hhh));
    }

    /// The same point, with zz for z.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn to_jacobian(&self) -> Jacobian {
        Jacobian {
            x: product::<2, 2, 2>(&self.x, &self.zz).carried(),
            y: product::<2, 2, 2>(&self.y, &self.zzz).carried(),
            z: self.zz.loosened(),
        }
    }

    pub(super) fn wipe(&mut self) {
        self.x.wipe();
        self.y.wipe();
        self.zz.wipe();
        self.zzz.wipe();
    }
}
