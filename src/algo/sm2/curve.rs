//! The curve as keys, signatures and encryption use it: each operation on the best arithmetic that this processor has.
//!
//! Knows neither hashes nor encodings of keys. What is public is said by the word `vartime`.

#[cfg(feature = "alloc")]
mod each;

#[cfg(feature = "alloc")]
use alloc::{boxed::Box, vec};

#[cfg(feature = "alloc")]
pub(super) use each::{backend as batch_backend, base_each, base_x_each, vartime_claims};

use zeroize::{Zeroize, Zeroizing};

use super::{
    comb,
    field::{Field, Soft},
    point::{Affine, Jacobian},
    scalar::Scalar,
    select::Select,
    split, sum, window,
    words::Words,
};
#[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
use crate::algo::cpu::Adx;
use crate::algo::cpu::wipe_registers;

/// Secret work over the field: what was chosen from tables stays in no register.
macro_rules! secret_over_field {
    ($field:ident => $work:expr) => {{
        let result = over_field!($field => $work);
        wipe_registers();
        result
    }};
}

/// Work over the field, for any backend.
macro_rules! over_field {
    ($field:ident => $work:expr) => {{
        #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
        let result = if let Some($field) = Adx::get() {
            $work
        } else {
            let $field = Soft;
            $work
        };
        #[cfg(not(all(target_arch = "x86_64", not(miyao_backend = "soft"))))]
        let result = {
            let $field = Soft;
            $work
        };
        result
    }};
}

/// A public point, with what was computed of it before.
#[derive(Clone, Copy)]
pub(super) enum Multiples<'a> {
    Point(&'a Affine),
    Parts(&'a split::Table),
    #[cfg(feature = "alloc")]
    Windows(&'a comb::Table),
}

impl Multiples<'_> {
    /// `[k]P`
    #[cfg(feature = "alloc")]
    fn times(self, f: impl Field, k: &Scalar) -> Jacobian {
        match self {
            Self::Point(point) => window::mul(f, Select::best(), point, k),
            Self::Parts(table) => split::mul(f, Select::best(), table, k),
            #[cfg(feature = "alloc")]
            Self::Windows(table) => comb::mul(f, Select::best(), table, k),
        }
    }

    /// `[s]G + [t]P` for public numbers.
    fn vartime_sum(self, f: impl Field, s: &Scalar, t: &Scalar) -> Jacobian {
        match self {
            Self::Point(point) => sum::vartime_of_point(f, s, t, point),
            Self::Parts(table) => sum::vartime_of_parts(f, s, t, table),
            #[cfg(feature = "alloc")]
            Self::Windows(table) => sum::vartime_of_windows(f, s, t, table),
        }
    }
}

/// The name of the arithmetic, for benches.
pub(super) fn backend() -> &'static str {
    #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
    if Adx::get().is_some() {
        return "adx";
    }
    "soft"
}

/// `[k]G`, for k other than 0.
pub(super) fn base(k: &Scalar) -> Affine {
    secret_over_field!(f => affine(f, comb::mul(f, Select::best(), &comb::GENERATOR, k)))
}

/// `x([k]G)` as a number.
pub(super) fn base_x(k: &Scalar) -> Words {
    secret_over_field!(f => {
        let mut point = affine(f, comb::mul(f, Select::best(), &comb::GENERATOR, k));
        let x = f.decode(&point.x);
        point.wipe();
        x
    })
}

/// `[k]P`; nothing for the identity, which k = 0 gives.
pub(super) fn product(k: &Scalar, point: &Affine) -> Affine {
    secret_over_field!(f => affine(f, window::mul(f, Select::best(), point, k)))
}

/// `[k]G` and `[k]P` with one inversion, for k other than 0.
#[cfg(feature = "alloc")]
pub(super) fn base_and_product(k: &Scalar, point: Multiples<'_>) -> (Affine, Affine) {
    secret_over_field!(f => {
        let mut base = comb::mul(f, Select::best(), &comb::GENERATOR, k);
        let mut product = point.times(f, k);
        let mut inverse = f.invert(&f.mul(&base.z, &product.z));
        let both = (
            base.scaled(f, &f.mul(&inverse, &product.z)),
            product.scaled(f, &f.mul(&inverse, &base.z)),
        );
        base.wipe();
        product.wipe();
        inverse.wipe();
        both
    })
}

/// `Q + [k]P` for public points and a public k; nothing for the identity.
pub(super) fn vartime_mul_add(k: &Scalar, point: &Affine, other: &Affine) -> Option<Affine> {
    over_field!(f => {
        let sum = sum::vartime_mul_add(f, k, point, other);
        (!sum.z.vartime_is_zero()).then(|| sum.to_affine(f))
    })
}

/// Whether `x([s]G + [t]P)` modulo n is this number.
pub(super) fn vartime_has_x(s: &Scalar, t: &Scalar, point: Multiples<'_>, x: &Scalar) -> bool {
    over_field!(f => sum::vartime_has_x(f, &point.vartime_sum(f, s, t), x))
}

/// The point of two coordinates, if they are numbers below p and it is on the curve.
pub(super) fn vartime_parse(x: &[u8; 32], y: &[u8; 32]) -> Option<Affine> {
    over_field!(f => {
        let point = Affine { x: f.parse(x)?, y: f.parse(y)? };
        point.vartime_is_on_curve(f).then_some(point)
    })
}

/// The point of an x, and a y that is odd or not.
pub(super) fn vartime_decompress(x: &[u8; 32], is_odd: bool) -> Option<Affine> {
    over_field!(f => Affine::vartime_decompress(f, f.parse(x)?, is_odd))
}

/// x ‖ y of the two points with a secret x; only whether there are any shows.
#[cfg(feature = "alloc")]
pub(super) fn secret_lift(x: &[u8; 32]) -> Option<[Zeroizing<[u8; 64]>; 2]> {
    let points = secret_over_field!(f => f.parse(x).and_then(|x| Affine::lift(f, x)))?;
    Some(points.map(secret_bytes))
}

/// x and y, 32 bytes each.
pub(super) fn coordinates(point: &Affine) -> ([u8; 32], [u8; 32]) {
    over_field!(f => (f.to_bytes(&point.x), f.to_bytes(&point.y)))
}

/// x ‖ y of a secret point, which is wiped.
pub(super) fn secret_bytes(mut point: Affine) -> Zeroizing<[u8; 64]> {
    let (mut x, mut y) = coordinates(&point);
    let mut bytes = Zeroizing::new([0; 64]);
    bytes[..32].copy_from_slice(&x);
    bytes[32..].copy_from_slice(&y);
    point.wipe();
    x.zeroize();
    y.zeroize();
    bytes
}

pub(super) fn parts(point: &Affine) -> split::Table {
    over_field!(f => split::table(f, point))
}

#[cfg(feature = "alloc")]
pub(super) fn windows(point: &Affine) -> Box<comb::Table> {
    let mut table = vec![[[point.x, point.y]; comb::ENTRIES]; comb::WINDOWS].into_boxed_slice();
    over_field!(f => {
        comb::fill(f, point, &mut table);
        table
    })
}

/// The coordinates, after which the other form is wiped.
fn affine(f: impl Field, mut point: Jacobian) -> Affine {
    let mut inverse = f.invert(&point.z);
    let affine = point.scaled(f, &inverse);
    inverse.wipe();
    point.wipe();
    affine
}
