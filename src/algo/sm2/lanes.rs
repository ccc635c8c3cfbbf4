//! The curve in eight lanes, with the products of 52 bits of AVX-512 IFMA: what batches are made of.
//!
//! Knows neither hashes nor encodings. What is public is said by the word `vartime`; all else is the same work whatever the
//! numbers are.
#![allow(unsafe_code, reason = "the steps from the token to what the processor can")]

mod comb;
mod digits;
mod field;
mod inverse;
mod point;
#[cfg(all(test, feature = "std"))]
mod tests;
mod window;
mod words;
mod xyzz;

use core::array::from_fn;

use field::{Element, folded_difference, product, square};
use point::{Jacobian, ONE};
use subtle::Choice;
use words::{load_element, store_element};

use super::{field::Fe, point::Affine, scalar::Scalar, sign::Claim, sum::vartime_second, words::Words};
use crate::{algo::cpu::Ifma, secret::reveal};

/// How many go side by side.
pub(super) const LANES: usize = 8;

/// `x([k]G)` as a number for each k; nothing if one of them is 0.
pub(super) fn base_x(_: Ifma, numbers: &[Scalar; LANES]) -> Option<[Words; LANES]> {
    // SAFETY: an `Ifma` exists only where AVX-512 F and IFMA do.
    unsafe { multiples_x(numbers) }
}

/// `[k]G` for each k; nothing if one of them is 0.
pub(super) fn base(_: Ifma, numbers: &[Scalar; LANES]) -> Option<[Affine; LANES]> {
    // SAFETY: an `Ifma` exists only where AVX-512 F and IFMA do.
    unsafe { multiples(numbers) }
}

/// Whether each claim holds, where the lanes can tell: in a few cases, which hardly happen unless someone wants them to, they
/// cannot.
pub(super) fn vartime_has_x(_: Ifma, claims: &[(Claim, &Affine); LANES]) -> [Option<bool>; LANES] {
    // SAFETY: an `Ifma` exists only where AVX-512 F and IFMA do.
    unsafe { verify(claims) }
}

/// Runs a function of a test that needs no more than what an [`Ifma`] proves.
#[cfg(test)]
fn on_lanes<A, R>(_: Ifma, work: unsafe fn(&A) -> R, argument: &A) -> R {
    // SAFETY: an `Ifma` exists only where AVX-512 F and IFMA do, and every test asks for these only.
    unsafe { work(argument) }
}

/// 2^256, 2^264 and 2^520 modulo p: what leads out of the lanes to [`Fe`], from there into the lanes, and from numbers.
const TO_FE: [u64; 5] = [1, 0xfff_ffff_f000, 0, 0, 0x1_0000];
const FROM_FE: [u64; 5] = [0x100, 0xf_ffff_fff0_0000, 0, 0, 0x100_0000];
const FROM_NUMBER: [u64; 5] =
    [0x200_0000_0300, 0xf_ffff_fff0_0000, 0x1_0000_0002, 0x2000_0000_1000, 0x400_0000];
const TO_NUMBER: [u64; 5] = [1, 0, 0, 0, 0];

#[target_feature(enable = "avx512f,avx512ifma")]
fn multiples_x(numbers: &[Scalar; LANES]) -> Option<[Words; LANES]> {
    let mut sum = comb::mul(numbers);
    let Some(mut inverse) = inverse_of_z(&sum) else {
        sum.wipe();
        return None;
    };
    let zz = square::<2, 2>(&inverse).carried();
    let x = to_words(&product::<2, 2, 2>(&sum.x, &zz).carried(), &TO_NUMBER);
    sum.wipe();
    inverse.wipe();
    Some(x)
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn multiples(numbers: &[Scalar; LANES]) -> Option<[Affine; LANES]> {
    let mut sum = comb::mul(numbers);
    let Some(mut inverse) = inverse_of_z(&sum) else {
        sum.wipe();
        return None;
    };
    let zz = square::<2, 2>(&inverse).carried();
    let zzz = product::<2, 2, 2>(&inverse, &zz).carried();
    let x = to_words(&product::<2, 2, 2>(&sum.x, &zz).carried(), &TO_FE);
    let y = to_words(&product::<2, 2, 2>(&sum.y, &zzz).carried(), &TO_FE);
    sum.wipe();
    inverse.wipe();
    Some(from_fn(|lane| Affine { x: Fe::from_montgomery(x[lane]), y: Fe::from_montgomery(y[lane]) }))
}

/// `1/z`; nothing if a z is zero.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn inverse_of_z(point: &Jacobian) -> Option<Element<2>> {
    let z = product::<4, 1, 2>(&point.z, &Element::every(&ONE)).carried();
    // True for no number that is drawn at random, so nothing shows.
    if reveal(Choice::from(u8::from(z.reduced().zeros() != 0))) {
        return None;
    }
    Some(inverse::invert(&z))
}

/// The elements, times a factor and divided by 2^260, as words below p.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn to_words(element: &Element<2>, factor: &[u64; 5]) -> [Words; LANES] {
    let mut words = [[0; 4]; LANES];
    store_element(&product::<2, 1, 2>(element, &Element::every(factor)).carried().reduced(), &mut words);
    words
}

/// The elements that words below p are, times a factor and divided by 2^260.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn from_words(numbers: &[Words; LANES], factor: &[u64; 5]) -> Element<2> {
    product::<1, 1, 2>(&load_element(numbers), &Element::every(factor)).carried()
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn verify(claims: &[(Claim, &Affine); LANES]) -> [Option<bool>; LANES] {
    let point = Jacobian {
        x: from_words(&claims.each_ref().map(|(_, point)| *point.x.montgomery()), &FROM_FE),
        y: from_words(&claims.each_ref().map(|(_, point)| *point.y.montgomery()), &FROM_FE),
        z: Element::<1>::every(&ONE).loosened(),
    };
    let mut sum = window::mul(&point, &claims.each_ref().map(|(claim, _)| claim.t));
    sum.add(&comb::mul(&claims.each_ref().map(|(claim, _)| claim.s)));
    let zz = square::<4, 2>(&sum.z).carried();
    let x = from_words(&claims.each_ref().map(|(claim, _)| *claim.x1.words()), &FROM_NUMBER);
    let differences = folded_difference(&product::<2, 2, 2>(&x, &zz), &sum.x);
    let (equal, exceptional) = (differences.reduced().zeros(), zz.reduced().zeros());
    from_fn(|lane| {
        let is_in = |mask: u8| mask >> lane & 1 == 1;
        let is_certain =
            !is_in(exceptional) && (is_in(equal) || vartime_second(&claims[lane].0.x1).is_none());
        is_certain.then_some(is_in(equal))
    })
}
