//! Scalars, points and products on every backend, against the `sm2` crate; and what the formulas have as exceptions.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it could not do"
)]

use alloc::{vec, vec::Vec};

use ::sm2::{
    FieldBytes, ProjectivePoint, Scalar as Number,
    elliptic_curve::{Group, PrimeField, ops::Reduce, point::AffineCoordinates},
};
use proptest::prelude::*;

use super::{
    comb,
    digits::{OddDigits, part, vartime_sparse},
    field::{Fe, Field, Soft, tests::for_each_backend},
    point::{Affine, Jacobian},
    scalar::{N, Scalar},
    select::Select,
    split, sum, window,
    words::{self, Words},
};

mod points;

pub(super) fn scalar(number: &Words) -> Scalar {
    Scalar::reduce_words(number)
}

pub(super) fn small(number: u64) -> Scalar {
    scalar(&[number, 0, 0, 0])
}

/// `−k`
fn minus(k: u64) -> Scalar {
    small(0).minus(&small(k))
}

fn number(k: &Scalar) -> Number {
    Number::from_repr(FieldBytes::from(k.to_bytes())).unwrap()
}

/// 0 to 130, both signs; powers of 2 and their neighbours; what the proofs in `comb`, `split` and `window` name.
pub(super) fn edges() -> Vec<Scalar> {
    let mut edges: Vec<Scalar> = (0..130).flat_map(|k| [small(k), minus(k)]).collect();
    for bit in (0..256).step_by(5) {
        let mut power = [0; 4];
        power[bit / 64] = 1 << (bit % 64);
        let power = scalar(&power);
        edges.extend([power, power.plus(&small(1)), power.minus(&small(1)), small(0).minus(&power)]);
    }
    // Where the sums of even and of odd places are equal: n with the odd digits of odd places negated.
    let digits = OddDigits::<{ comb::WIDTH }>::new(&N);
    edges.push((0..comb::WINDOWS).rev().fold(small(0), |total, place| {
        let (digit, total) = (digits.at(place), total.times(&small(1 << comb::WIDTH).to_factor()));
        let amount = small(2 * digit.index + 1);
        if (digit.negative == 0) == (place % 2 == 0) { total.plus(&amount) } else { total.minus(&amount) }
    }));
    // 30 · 2^252 − n, where the highest digit would be doubled if it came last.
    edges.push(scalar(&words::sub(&[0, 0, 0, 14 << 60], &N).0));
    for word in [0, 1, 1 << 63, u64::MAX] {
        edges.extend((0..4).map(|at| {
            let mut words = [word; 4];
            words[at] = !word;
            scalar(&words)
        }));
    }
    edges
}

fn oracle(k: &Scalar) -> ProjectivePoint {
    ProjectivePoint::mul_by_generator(&number(k))
}

/// A point of the oracle as ours.
fn ours(point: &ProjectivePoint) -> Affine {
    let point = point.to_affine();
    Affine { x: Soft.parse(&point.x().into()).unwrap(), y: Soft.parse(&point.y().into()).unwrap() }
}

fn assert_same(f: impl Field, found: &Jacobian, expected: &ProjectivePoint, what: &str) {
    if bool::from(expected.is_identity()) {
        assert!(found.z.vartime_is_zero(), "{what}: not the identity");
    } else {
        assert!(!found.z.vartime_is_zero(), "{what}: the identity");
        assert_eq!(found.to_affine(f), ours(expected), "{what}");
    }
}

/// The same point with another z.
fn with_z(f: impl Field, point: &Affine, z: u64) -> Jacobian {
    let z = f.encode(&[z, 7, z, 0]);
    let zz = f.square(&z);
    Jacobian { x: f.mul(&point.x, &zz), y: f.mul(&point.y, &f.mul(&z, &zz)), z }
}

fn selects() -> Vec<Select> {
    #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
    match crate::algo::cpu::Avx2::get() {
        Some(cpu) => return vec![Select::Soft, Select::Avx2(cpu)],
        None => std::println!("SKIP: this processor does not choose entries with AVX2"),
    }
    vec![Select::Soft]
}

#[test]
fn scalars_compute_as_the_oracle() {
    let edges = edges();
    for (a, b) in edges.iter().flat_map(|a| edges.iter().step_by(7).map(move |b| (a, b))) {
        let (x, y) = (number(a), number(b));
        assert_eq!(number(&a.plus(b)), x + y);
        assert_eq!(number(&a.minus(b)), x - y);
        assert_eq!(number(&a.times(&b.to_factor())), x * y);
    }
    for a in &edges {
        let expected = number(a).invert().unwrap_or(Number::ZERO);
        assert_eq!(number(&a.invert()), expected);
        assert_eq!(a.is_zero() != 0, bool::from(number(a).is_zero()));
        assert_eq!(Scalar::parse(&a.to_bytes()), *a);
    }
    for beyond in [N, words::add(&N, &[1, 0, 0, 0]).0, [u64::MAX; 4]] {
        assert_eq!(Scalar::parse(&words::to_bytes(&beyond)), small(0));
        let expected = Number::reduce(&FieldBytes::from(words::to_bytes(&beyond)));
        assert_eq!(number(&scalar(&beyond)), expected);
    }
}

#[test]
fn the_table_of_the_generator_is_what_the_curve_says() {
    let generator = ProjectivePoint::GENERATOR;
    let mut base = generator;
    for window in &comb::GENERATOR {
        let (mut multiple, twice) = (base, base.double());
        for entry in window {
            assert_eq!(Affine::from(*entry), ours(&multiple));
            multiple += twice;
        }
        base = (0..comb::WIDTH).fold(base, |base, _| base.double());
    }
    let mut table = vec![[[Fe::ZERO; 2]; comb::ENTRIES]; comb::WINDOWS];
    comb::fill(Soft, &ours(&generator), &mut table);
    assert!(table == comb::GENERATOR);
}

#[test]
fn every_entry_is_found_and_nothing_beyond() {
    let table: [[Fe; 3]; 11] =
        core::array::from_fn(|at| [1, 2, 3].map(|word| Soft.encode(&[at as u64, word, 5, word])));
    for select in selects() {
        for index in 0..20 {
            let expected = table.get(index as usize).copied().unwrap_or([Fe::ZERO; 3]);
            assert_eq!(select.entry(&table, index), expected, "{index}");
        }
        assert_eq!(select.entry(&table, 1 << 40), [Fe::ZERO; 3]);
    }
}

/// Every way to a secret product.
fn products(f: impl Field, ks: &[Scalar]) {
    let p = oracle(&scalar(&[3, 1, 4, 1]));
    let point = ours(&p);
    let parts = split::table(f, &point);
    for select in selects() {
        for k in ks {
            let (of_base, of_point) = (oracle(k), p * number(k));
            assert_same(f, &comb::mul(f, select, &comb::GENERATOR, k), &of_base, "comb");
            assert_same(f, &split::mul(f, select, &parts, k), &of_point, "parts");
            assert_same(f, &window::mul(f, select, &point, k), &of_point, "window");
        }
    }
}

/// Every way to a public sum, and what it says of the x.
fn sums(f: impl Field, pairs: &[(Scalar, Scalar)]) {
    let d = scalar(&[3, 1, 4, 1]);
    let p = oracle(&d);
    let point = ours(&p);
    let parts = split::table(f, &point);
    let mut windows = vec![[[Fe::ZERO; 2]; comb::ENTRIES]; comb::WINDOWS];
    comb::fill(f, &point, &mut windows);
    for (s, t) in pairs {
        let expected = oracle(s) + p * number(t);
        let x = Scalar::reduce(&expected.to_affine().x().into());
        for (what, found) in [
            ("point", sum::vartime_of_point(f, s, t, &point)),
            ("parts", sum::vartime_of_parts(f, s, t, &parts)),
            ("windows", sum::vartime_of_windows(f, s, t, &windows)),
        ] {
            assert_same(f, &found, &expected, what);
            let is_there = !bool::from(expected.is_identity());
            assert_eq!(sum::vartime_has_x(f, &found, &x), is_there, "{what}");
            assert!(!sum::vartime_has_x(f, &found, &x.plus(&small(1))), "{what}");
        }
        let other = ours(&ProjectivePoint::GENERATOR);
        let expected = p * number(t) + ProjectivePoint::GENERATOR;
        assert_same(f, &sum::vartime_mul_add(f, t, &point, &other), &expected, "kP + Q");
    }
}

#[test]
fn products_are_the_oracle_s_at_the_edges() {
    for_each_backend!(products(&edges()));
}

#[test]
fn sums_are_the_oracle_s_at_the_edges() {
    let edges = edges();
    let mut pairs: Vec<_> = edges.iter().copied().zip(edges.iter().rev().copied()).collect();
    // sG = tP, sG = −tP, and both in the middle of the way: s = ±(d t + small).
    let d = scalar(&[3, 1, 4, 1]).to_factor();
    for t in edges.iter().step_by(11) {
        let s = t.times(&d);
        for s in [s, s.plus(&small(1)), s.minus(&small(1))] {
            pairs.extend([(s, *t), (small(0).minus(&s), *t)]);
        }
    }
    for_each_backend!(sums(&pairs));
}

#[test]
fn an_x_beyond_n_is_found_as_its_remainder() {
    // The first x at or above n for which there is a point; sums are of Jacobian points, so any z does.
    let (x, point) = (0..100)
        .find_map(|small| {
            let x = words::add(&N, &[small, 0, 0, 0]).0;
            Some((small, Affine::vartime_decompress(Soft, Soft.parse(&words::to_bytes(&x))?, false)?))
        })
        .unwrap();
    for point in [Jacobian::from(point), with_z(Soft, &point, 77)] {
        assert!(sum::vartime_has_x(Soft, &point, &small(x)));
        assert!(!sum::vartime_has_x(Soft, &point, &small(x + 1)));
    }
    // The same remainder without n, if there is such a point, has the same x modulo n.
    let zero = Affine::vartime_decompress(Soft, Fe::ZERO, false).unwrap();
    assert!(sum::vartime_has_x(Soft, &with_z(Soft, &zero, 5), &small(0)));
    assert!(!sum::vartime_has_x(Soft, &Jacobian::IDENTITY, &small(0)));
}

fn digits_add_up<const W: usize>(k: &Scalar) {
    let (odd, is_other) = k.odd();
    let digits = OddDigits::<W>::new(&odd);
    let shift = small(1 << W).to_factor();
    let total = (0..OddDigits::<W>::PLACES).rev().fold(small(0), |total, place| {
        let digit = digits.at(place);
        assert!(digit.index < 1 << (W - 1));
        let amount = small(2 * digit.index + 1);
        let total = total.times(&shift);
        if digit.negative == 0 { total.plus(&amount) } else { total.minus(&amount) }
    });
    assert_eq!(if is_other == 0 { total } else { small(0).minus(&total) }, *k);
}

fn sparse_adds_up(k: &Scalar, width: usize) {
    let digits = vartime_sparse(k.words(), 256, width);
    let total = digits.iter().rev().fold(small(0), |total, digit| {
        let amount = small(u64::from(digit.unsigned_abs()));
        assert!(*digit == 0 || digit % 2 != 0 && u32::from(digit.unsigned_abs()) < 1 << (width - 1));
        let total = total.plus(&total);
        if *digit < 0 { total.minus(&amount) } else { total.plus(&amount) }
    });
    assert_eq!(total, *k, "{width}");
    assert!(digits.windows(width).all(|window| window.iter().filter(|digit| **digit != 0).count() <= 1));
}

#[test]
fn digits_add_up_to_their_number() {
    for k in &edges() {
        digits_add_up::<4>(k);
        digits_add_up::<5>(k);
        digits_add_up::<6>(k);
        (2..=8).for_each(|width| sparse_adds_up(k, width));
        let parts = (0..4).rev().fold(small(0), |total, at| {
            let shift = scalar(&[0, 4, 0, 0]).to_factor();
            total.times(&shift).plus(&scalar(&part(k.words(), 66 * at, 66)))
        });
        assert_eq!(parts, *k);
    }
}

proptest! {
    #[test]
    fn what_is_computed_is_the_oracle_s(k: Words, t: Words) {
        let (k, t) = (scalar(&k), scalar(&t));
        prop_assert_eq!(number(&k.times(&t.to_factor())), number(&k) * number(&t));
        prop_assert_eq!(number(&k.invert()), number(&k).invert().unwrap_or(Number::ZERO));
        let (high, low) = (FieldBytes::from(k.to_bytes()), FieldBytes::from(t.to_bytes()));
        let two_128 = Number::from(1u64 << 63).double() * Number::from(1u64 << 63).double();
        let wide = Number::reduce(&high) * two_128 * two_128 + Number::reduce(&low);
        prop_assert_eq!(number(&Scalar::reduce_wide(&k.to_bytes(), &t.to_bytes())), wide);
        digits_add_up::<6>(&k);
        sparse_adds_up(&t, 5);
        for_each_backend!(products(&[k]));
        for_each_backend!(sums(&[(k, t)]));
    }
}
