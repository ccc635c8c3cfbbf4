//! Points as a long sum of affine points without a doubling wants them: `(x/zz, y/zzz)` with zz³ = zzz².
//!
//! Knows no scalars. A sum takes a square less than that of `point`, whose exceptions are the same: equal and opposite points
//! and the identity, where zz and zzz come out as zero.

use core::array::from_fn;

use super::{
    field::{Fe, Field},
    point::{Affine, Jacobian},
};

/// The point `(x/zz, y/zzz)`; the identity when zz is zero.
#[derive(Clone, Copy)]
pub(super) struct Xyzz {
    x: Fe,
    y: Fe,
    zz: Fe,
    zzz: Fe,
}

impl Xyzz {
    /// `P ← P + Q` for an affine Q, as [`add_each`].
    #[inline]
    pub(super) fn add(&mut self, f: impl Field, other: &Affine) {
        add_each(f, [self], [other]);
    }

    /// The same point, with zz for z.
    pub(super) fn to_jacobian(self, f: impl Field) -> Jacobian {
        Jacobian { x: f.mul(&self.x, &self.zz), y: f.mul(&self.y, &self.zzz), z: self.zz }
    }

    pub(super) fn wipe(&mut self) {
        [&mut self.x, &mut self.y, &mut self.zz, &mut self.zzz].into_iter().for_each(Fe::wipe);
    }
}

impl From<Affine> for Xyzz {
    fn from(Affine { x, y }: Affine) -> Self {
        Self { x, y, zz: Fe::ONE, zzz: Fe::ONE }
    }
}

/// `P ← P + Q` for several pairs with affine Q side by side, what one waits for another fills: 8 products and 2 squares each.
/// zz and zzz become zero where P is the identity, Q or −Q.
#[inline]
pub(super) fn add_each<const N: usize>(f: impl Field, sums: [&mut Xyzz; N], others: [&Affine; N]) {
    let u: [Fe; N] = from_fn(|at| f.mul(&others[at].x, &sums[at].zz));
    let s: [Fe; N] = from_fn(|at| f.mul(&others[at].y, &sums[at].zzz));
    let h: [Fe; N] = from_fn(|at| f.sub(&u[at], &sums[at].x));
    let r: [Fe; N] = from_fn(|at| f.sub(&s[at], &sums[at].y));
    let hh: [Fe; N] = from_fn(|at| f.square(&h[at]));
    let rr: [Fe; N] = from_fn(|at| f.square(&r[at]));
    let hhh: [Fe; N] = from_fn(|at| f.mul(&h[at], &hh[at]));
    let v: [Fe; N] = from_fn(|at| f.mul(&sums[at].x, &hh[at]));
    let zz: [Fe; N] = from_fn(|at| f.mul(&sums[at].zz, &hh[at]));
    let product: [Fe; N] = from_fn(|at| f.mul(&sums[at].y, &hhh[at]));
    let zzz: [Fe; N] = from_fn(|at| f.mul(&sums[at].zzz, &hhh[at]));
    let x: [Fe; N] = from_fn(|at| f.sub(&f.sub(&rr[at], &hhh[at]), &f.double(&v[at])));
    let y: [Fe; N] = from_fn(|at| f.mul(&r[at], &f.sub(&v[at], &x[at])));
    for (at, sum) in sums.into_iter().enumerate() {
        *sum = Xyzz { x: x[at], y: f.sub(&y[at], &product[at]), zz: zz[at], zzz: zzz[at] };
    }
}
