//! Sums and doubles of eight pairs of points, by the formulas of [`point`](super::super::point).
//!
//! Knows no scalars. Where a formula has an exception, the Z of that lane comes out as zero.

use core::arch::x86_64::__mmask8;

use super::field::{
    Element, difference, folded_difference, folded_less, folded_less_twice, product, square, sum, thrice,
    twice,
};

/// `(x/z², y/z³)` in each lane. These bounds are closed under everything here.
#[derive(Clone, Copy)]
pub(super) struct Jacobian {
    pub(super) x: Element<2>,
    pub(super) y: Element<2>,
    pub(super) z: Element<4>,
}

/// 2^260 modulo p.
pub(super) const ONE: [u64; 5] = [0x10, 0xffff_ffff_0000, 0, 0, 0x10_0000];

impl Jacobian {
    /// `P ← 2P`: 4 products and 4 squares.
    ///
    /// With `M = 3 (x² − z⁴)` and `S = 4 x y²`: `(M² − 2S, M (S − x') − 8 y⁴, 2 y z)`. There is no point with y = 0.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn double(&mut self) {
        let Self { x, y, z } = self;
        let zz = square::<4, 2>(z);
        let yy = square::<2, 2>(y);
        let above: Element<4> = sum(x, &zz);
        let below: Element<4> = difference(x, &zz);
        let m: Element<6> = thrice(&product::<4, 4, 2>(&above, &below));
        let yy2: Element<4> = twice(&yy);
        let z: Element<4> = twice(&product::<2, 4, 2>(y, z));
        let s: Element<4> = twice(&product::<2, 4, 2>(x, &yy2));
        self.x = folded_less_twice::<4, 4, 8>(&square::<6, 4>(&m), &s);
        let v: Element<6> = difference(&s, &self.x);
        let yyyy: Element<4> = twice(&square::<4, 2>(&yy2));
        self.y = folded_difference(&product::<6, 6, 4>(&m, &v), &yyyy);
        self.z = z;
    }

    /// `P ← P + Q`: 12 products and 4 squares. Z becomes zero where one is the identity, or Q is ±P.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn add(&mut self, other: &Self) {
        let zz = square::<4, 2>(&self.z).carried();
        let other_zz = square::<4, 2>(&other.z).carried();
        let zzz = product::<4, 2, 2>(&self.z, &zz).carried();
        let other_zzz = product::<4, 2, 2>(&other.z, &other_zz).carried();
        let u = product::<2, 2, 2>(&self.x, &other_zz).carried();
        let h: Element<4> = difference(&product::<2, 2, 2>(&other.x, &zz), &u);
        let s = product::<2, 2, 2>(&self.y, &other_zzz).carried();
        let r: Element<4> = difference(&product::<2, 2, 2>(&other.y, &zzz), &s);
        let hh = square::<4, 2>(&h).carried();
        let z = product::<4, 4, 2>(&self.z, &other.z).carried();
        self.z = product::<2, 4, 2>(&z, &h).carried().loosened();
        let hhh = product::<4, 2, 2>(&h, &hh).carried();
        let v = product::<2, 2, 2>(&u, &hh);
        self.x = folded_less::<2, 2, 2, 6>(&square::<4, 2>(&r), &hhh, &v);
        let rest: Element<4> = difference(&v, &self.x);
        self.y = folded_difference(&product::<4, 4, 2>(&r, &rest), &product::<2, 2, 2>(&s, &hhh));
    }

    /// `−P` in the lanes with a one in the mask.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn negate(&mut self, negative: __mmask8) {
        let other = folded_difference(&Element::<2>::zero(), &self.y);
        self.y = self.y.replaced(negative, &other);
    }

    pub(super) fn wipe(&mut self) {
        self.x.wipe();
        self.y.wipe();
        self.z.wipe();
    }
}
