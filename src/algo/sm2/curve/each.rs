//! Several products or sums at once: in lanes where the processor has them, or one after the other.
//!
//! Knows neither hashes nor keys. What lanes cannot tell, they leave to the scalar arithmetic, so that all of it is the same.

use alloc::vec::Vec;

use zeroize::Zeroize;

use super::{Multiples, base, base_x, vartime_has_x};
use crate::algo::sm2::{point::Affine, scalar::Scalar, sign::Claim, words::Words};
#[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
use crate::algo::{
    cpu::{Ifma, wipe_registers},
    sm2::lanes,
};

const LANES: usize = 8;

/// The name of the arithmetic, for benches.
pub(in crate::algo::sm2) fn backend() -> &'static str {
    #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
    if Ifma::get().is_some() {
        return "ifma";
    }
    super::backend()
}

/// `[k]G` for each k other than 0.
pub(in crate::algo::sm2) fn base_each(numbers: &[Scalar]) -> Vec<Affine> {
    let mut points = Vec::with_capacity(numbers.len());
    for chunk in numbers.chunks(LANES) {
        match in_lanes::base(chunk) {
            Some(mut found) => {
                points.extend_from_slice(&found[..chunk.len()]);
                found.iter_mut().for_each(Affine::wipe);
            }
            None => points.extend(chunk.iter().map(base)),
        }
    }
    points
}

/// `x([k]G)` as a number for each k.
pub(in crate::algo::sm2) fn base_x_each(numbers: &[Scalar]) -> Vec<Words> {
    let mut xs = Vec::with_capacity(numbers.len());
    for chunk in numbers.chunks(LANES) {
        match in_lanes::base_x(chunk) {
            Some(mut found) => {
                xs.extend_from_slice(&found[..chunk.len()]);
                found.as_flattened_mut().zeroize();
            }
            None => xs.extend(chunk.iter().map(base_x)),
        }
    }
    xs
}

/// Whether each claim holds of its point.
pub(in crate::algo::sm2) fn vartime_claims(claims: &[(Claim, &Affine)]) -> Vec<bool> {
    let mut hold = Vec::with_capacity(claims.len());
    for chunk in claims.chunks(LANES) {
        let found = in_lanes::vartime_claims(chunk);
        hold.extend(chunk.iter().zip(found).map(|(claim, found)| found.unwrap_or_else(|| alone(claim))));
    }
    hold
}

fn alone((Claim { s, t, x1 }, point): &(Claim, &Affine)) -> bool {
    vartime_has_x(s, t, Multiples::Point(point), x1)
}

/// With eight lanes; nothing where there are none, too few items for them, or a case that they do not know.
#[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
mod in_lanes {
    use super::{Affine, Claim, Ifma, LANES, Scalar, Words, Zeroize, lanes, wipe_registers};

    /// Fewer than this are sooner done one after the other.
    const WORTHWHILE: usize = 2;

    pub(super) fn base(numbers: &[Scalar]) -> Option<[Affine; LANES]> {
        with_numbers(numbers, lanes::base)
    }

    pub(super) fn base_x(numbers: &[Scalar]) -> Option<[Words; LANES]> {
        with_numbers(numbers, lanes::base_x)
    }

    pub(super) fn vartime_claims(claims: &[(Claim, &Affine)]) -> [Option<bool>; LANES] {
        match (Ifma::get(), filled_up(claims)) {
            (Some(cpu), Some(all)) => lanes::vartime_has_x(cpu, &all),
            _ => [None; LANES],
        }
    }

    fn with_numbers<R>(numbers: &[Scalar], work: impl Fn(Ifma, &[Scalar; LANES]) -> Option<R>) -> Option<R> {
        let cpu = Ifma::get()?;
        let mut all = filled_up(numbers)?;
        let made = work(cpu, &all);
        all.iter_mut().for_each(Zeroize::zeroize);
        wipe_registers();
        made
    }

    /// Lanes that nobody needs do what the first one does.
    fn filled_up<T: Copy>(items: &[T]) -> Option<[T; LANES]> {
        let first = items.first()?;
        let all = core::array::from_fn(|lane| *items.get(lane).unwrap_or(first));
        (items.len() >= WORTHWHILE).then_some(all)
    }
}

#[cfg(not(all(target_arch = "x86_64", not(miyao_backend = "soft"))))]
mod in_lanes {
    use super::{Affine, Claim, LANES, Scalar, Words};

    pub(super) const fn base(_: &[Scalar]) -> Option<[Affine; LANES]> {
        None
    }

    pub(super) const fn base_x(_: &[Scalar]) -> Option<[Words; LANES]> {
        None
    }

    pub(super) const fn vartime_claims(_: &[(Claim, &Affine)]) -> [Option<bool>; LANES] {
        [None; LANES]
    }
}
