//! The field in lanes against fiat-crypto's, which is verified formally; products against the scalar ones.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it could not do"
)]

use alloc::vec::Vec;
use core::array::from_fn;
use std::println;

use fiat_crypto::sm2_64 as fiat;
use proptest::prelude::*;

use super::{
    Claim, LANES, ONE, base, base_x,
    field::{
        Element, Number, difference, difference_of_signed, folded_difference, folded_less, folded_less_twice,
        product, square, sum, thrice, twice,
    },
    inverse, on_lanes, to_words, vartime_has_x,
    words::load_vector,
};
use crate::algo::{
    cpu::Ifma,
    sm2::{
        curve::{self, Multiples},
        field::{Fe, Field, P, Soft},
        point::Affine,
        scalar::Scalar,
        sum::vartime_second,
        tests::{edges, scalar, small},
        words::{self, Words},
    },
};

/// The token, or the news that nothing can be tried.
fn token() -> Option<Ifma> {
    let token = Ifma::get();
    if token.is_none() {
        println!("SKIP: this processor does not run SM2 in lanes");
    }
    token
}

/// A number below 16 p as what it is modulo p and how many p are on top of that.
#[derive(Clone, Copy, Debug)]
struct Above(Words, u64);

impl Above {
    /// In limbs of 52 bits.
    fn limbs(&self) -> [u64; 5] {
        let (mut carry, mut all) = (0, [0; 5]);
        for at in 0..4 {
            let wide = u128::from(self.1) * u128::from(P[at]) + u128::from(self.0[at]) + carry;
            (all[at], carry) = (wide as u64, wide >> 64);
        }
        all[4] = carry as u64;
        let low = (1 << 52) - 1;
        let [w0, w1, w2, w3, w4] = all;
        [
            w0 & low,
            (w0 >> 52 | w1 << 12) & low,
            (w1 >> 40 | w2 << 24) & low,
            (w2 >> 28 | w3 << 36) & low,
            w3 >> 16 | w4 << 48,
        ]
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn element<const B: u32>(numbers: &[Above; LANES]) -> Element<B> {
    assert!(numbers.iter().all(|number| number.1 < u64::from(B)));
    let limbs = numbers.map(|number| number.limbs());
    let vector = |at: usize| load_vector(&from_fn(|lane| limbs[lane][at]));
    Element::from_limbs([vector(0), vector(1), vector(2), vector(3), vector(4)])
}

/// What an operation gives, brought below p.
#[target_feature(enable = "avx512f,avx512ifma")]
fn result<const B: u32>(number: &impl Number<B>) -> [Words; LANES] {
    let below = folded_difference::<B, 0>(number, &Element::<0>::from_limbs(*Element::<1>::zero().limbs()));
    to_words(&below, &ONE)
}

/// Operands below 4 p or, of the second kind, 16 p.
type Pair = ([Above; LANES], [Above; LANES], [Above; LANES]);

/// Every operation on a and b, and on c: first the products, then the sums.
#[target_feature(enable = "avx512f,avx512ifma")]
fn operations((a, b, c): &Pair) -> Vec<[Words; LANES]> {
    let (a, b, c) = (element::<4>(a), element::<4>(b), element::<16>(c));
    let one = Element::<1>::every(&ONE);
    let ab = product::<4, 4, 2>(&a, &b);
    [
        result(&ab),
        result(&ab.carried()),
        result(&square::<4, 2>(&a)),
        result(&product::<4, 16, 5>(&a, &c)),
        result(&square::<4, 2>(&b)),
        result(&product::<16, 1, 2>(&c, &one)),
        result(&sum::<4, 4, 8>(&a, &b)),
        result(&difference::<4, 4, 8>(&a, &b)),
        result(&folded_difference::<4, 4>(&a, &b)),
        result(&folded_difference::<2, 4>(&ab, &b)),
        result(&twice::<4, 8>(&a)),
        result(&thrice::<4, 12>(&a)),
        result(&folded_less_twice::<4, 4, 8>(&a, &b)),
        result(&folded_less::<4, 4, 4, 12>(&a, &b, &a)),
        result(&difference_of_signed::<2, 4, 8, 6>(&ab.negated(0), &b)),
        result(&difference_of_signed::<2, 4, 8, 6>(&ab.negated(0xff), &b)),
    ]
    .to_vec()
}

fn oracle(work: impl FnOnce(&mut fiat::fiat_sm2_montgomery_domain_field_element)) -> Words {
    let mut out = fiat::fiat_sm2_montgomery_domain_field_element([0; 4]);
    work(&mut out);
    out.0
}

fn add(a: &Words, b: &Words) -> Words {
    let (a, b) = (&montgomery(a), &montgomery(b));
    oracle(|out| fiat::fiat_sm2_add(out, a, b))
}

fn sub(a: &Words, b: &Words) -> Words {
    let (a, b) = (&montgomery(a), &montgomery(b));
    oracle(|out| fiat::fiat_sm2_sub(out, a, b))
}

/// `a b / 2^256`
fn mul(a: &Words, b: &Words) -> Words {
    let (a, b) = (&montgomery(a), &montgomery(b));
    oracle(|out| fiat::fiat_sm2_mul(out, a, b))
}

const fn montgomery(a: &Words) -> fiat::fiat_sm2_montgomery_domain_field_element {
    fiat::fiat_sm2_montgomery_domain_field_element(*a)
}

fn sixteen_times(a: &Words) -> Words {
    (0..4).fold(*a, |a, _| add(&a, &a))
}

fn agree(cpu: Ifma, operands: &Pair) {
    let found = on_lanes(cpu, operations, operands);
    for lane in 0..LANES {
        let [a, b, c] = [operands.0[lane].0, operands.1[lane].0, operands.2[lane].0];
        let found: Vec<Words> = found.iter().map(|all| all[lane]).collect();
        let (products, sums) = found.split_at(6);
        let expected = [mul(&a, &b), mul(&a, &b), mul(&a, &a), mul(&a, &c), mul(&b, &b)];
        for (at, expected) in expected.iter().enumerate() {
            // Ours is divided by 2^260.
            assert_eq!(sixteen_times(&products[at]), *expected, "product {at} of {operands:x?}");
        }
        assert_eq!(products[5], c, "{operands:x?}");
        let ab = products[0];
        let (two_a, two_b) = (add(&a, &a), add(&b, &b));
        let expected = [
            add(&a, &b),
            sub(&a, &b),
            sub(&a, &b),
            sub(&ab, &b),
            two_a,
            add(&two_a, &a),
            sub(&a, &two_b),
            sub(&sub(&a, &b), &two_a),
            sub(&ab, &b),
            sub(&sub(&[0; 4], &ab), &b),
        ];
        assert_eq!(sums, expected, "{operands:x?}");
    }
}

fn below_p(words: Words) -> Words {
    words::reduce_once(&words, false, &P)
}

/// Numbers at the edges of limbs and of p, and all ones and zeros above.
fn edge_numbers() -> Vec<Words> {
    let mut edges = Vec::new();
    for bit in (0..256).step_by(4) {
        let mut power = [0; 4];
        power[bit / 64] = 1 << (bit % 64);
        let power = below_p(power);
        let less = words::sub(&power, &[1, 0, 0, 0]).0;
        edges.extend([power, below_p(less), words::sub(&P, &power).0, sub(&[0; 4], &less)].map(below_p));
    }
    edges.extend([[0; 4], words::sub(&P, &[1, 0, 0, 0]).0, words::sub(&P, &[2, 0, 0, 0]).0]);
    edges
}

#[test]
fn the_field_computes_at_the_edges_as_fiat_crypto() {
    let Some(cpu) = token() else { return };
    let edges = edge_numbers();
    for (at, a) in edges.iter().enumerate() {
        for others in edges.chunks(LANES) {
            let b = from_fn(|lane| Above(others[lane % others.len()], (at + lane) as u64 % 4));
            let c = from_fn(|lane| Above(b[lane].0, if at.is_multiple_of(2) { 15 } else { at as u64 % 16 }));
            agree(cpu, &([Above(*a, at as u64 % 4); LANES], b, c));
            agree(cpu, &([Above(*a, 3); LANES], b.map(|Above(b, _)| Above(b, 3)), c));
        }
    }
}

/// Rare carries show in long chains: each result goes into the next.
#[target_feature(enable = "avx512f,avx512ifma")]
fn chain((a, b, steps): &([Above; LANES], [Above; LANES], usize)) -> ([Words; LANES], [Words; LANES]) {
    let (mut a, mut b) = (element::<2>(a), element::<2>(b));
    for _ in 0..*steps {
        let next = folded_less::<2, 2, 2, 6>(&square::<2, 2>(&a), &b, &a);
        (a, b) = (product::<2, 2, 2>(&a, &b).carried(), next);
    }
    (to_words(&a, &ONE), to_words(&b, &ONE))
}

#[test]
fn the_field_computes_long_chains_as_fiat_crypto() {
    let Some(cpu) = token() else { return };
    let edges = edge_numbers();
    let number = |at: usize| Above(edges[at * 13 % edges.len()], at as u64 % 2);
    let (a, b): ([Above; LANES], [Above; LANES]) =
        (from_fn(|lane| number(lane + 3)), from_fn(|lane| number(2 * lane + 1)));
    let mut expected: [_; LANES] = from_fn(|lane| (a[lane].0, b[lane].0));
    // 1/16
    let sixteenth = Soft.invert(&Fe::from_montgomery(sixteen_times(Fe::ONE.montgomery())));
    for steps in 1..=10_000 {
        for (a, b) in &mut expected {
            let divided = |a: &Words, b: &Words| mul(&mul(a, b), sixteenth.montgomery());
            (*a, *b) = (divided(a, b), sub(&sub(&divided(a, a), b), &add(a, a)));
        }
        if steps % 500 == 0 || steps < 20 {
            let (a, b) = on_lanes(cpu, chain, &(a, b, steps));
            assert_eq!(from_fn(|lane| (a[lane], b[lane])), expected, "{steps} steps");
        }
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn inverses(numbers: &[Above; LANES]) -> [Words; LANES] {
    to_words(&inverse::invert(&element::<2>(numbers)), &ONE)
}

fn inverts(cpu: Ifma, numbers: &[Above; LANES]) {
    let found = on_lanes(cpu, inverses, numbers);
    for (number, found) in numbers.iter().zip(found) {
        // `a 2^260` and `2^260 / a`: 2^520 in all, and `mul` takes 2^256 away.
        let expected = sixteen_times(&sixteen_times(Fe::ONE.montgomery()));
        assert_eq!(mul(&number.0, &found), expected, "{number:x?}");
    }
}

#[test]
fn inverses_of_all_lanes_are_found_with_one() {
    let Some(cpu) = token() else { return };
    let edges: Vec<Words> = edge_numbers().into_iter().filter(|edge| *edge != [0; 4]).collect();
    for some in edges.chunks(LANES) {
        inverts(cpu, &from_fn(|lane| Above(some[lane % some.len()], lane as u64 % 2)));
    }
}

fn multiples(cpu: Ifma, numbers: &[Scalar; LANES]) {
    let (points, xs) = (base(cpu, numbers).unwrap(), base_x(cpu, numbers).unwrap());
    for ((number, point), x) in numbers.iter().zip(points).zip(xs) {
        assert_eq!(point, curve::base(number), "{number:x?}");
        assert_eq!(x, curve::base_x(number), "{number:x?}");
    }
}

#[test]
fn multiples_of_the_generator_are_the_scalar_ones_at_the_edges() {
    let Some(cpu) = token() else { return };
    let edges: Vec<Scalar> = edges().into_iter().filter(|k| k.is_zero() == 0).collect();
    for some in edges.chunks(LANES) {
        multiples(cpu, &from_fn(|lane| some[lane % some.len()]));
    }
    for lane in 0..LANES {
        let mut numbers = [edges[lane]; LANES];
        numbers[lane] = small(0);
        assert!(base(cpu, &numbers).is_none() && base_x(cpu, &numbers).is_none(), "zero in lane {lane}");
    }
}

fn claims(cpu: Ifma, d: &Scalar, pairs: &[(Scalar, Scalar); LANES]) {
    let point: Affine = curve::base(d);
    let is_six = |t: &Scalar| [small(6), small(0).minus(&small(6)), small(0)].contains(t);
    // `[s + t d]G`, and `[s − t d]G`, which is the identity where the two products are the same.
    let of = |s: &Scalar, t: &Scalar| {
        let product = t.times(&d.to_factor());
        (s.plus(&product), s.minus(&product))
    };
    for wrong in [0, 1] {
        let claims = pairs.map(|(s, t)| {
            let x = Scalar::reduce_words(&curve::base_x(&of(&s, &t).0));
            (Claim { s, t, x1: x.plus(&small(wrong)) }, &point)
        });
        for ((claim, _), found) in claims.iter().zip(vartime_has_x(cpu, &claims)) {
            let Claim { s, t, x1 } = claim;
            let expected = curve::vartime_has_x(s, t, Multiples::Point(&point), x1);
            let (both, other) = of(s, t);
            let is_rare = [*s, both, other].iter().any(|k| k.is_zero() != 0) || is_six(t);
            match found {
                Some(found) => assert_eq!(found, expected, "{s:x?} {t:x?}"),
                None => assert!(is_rare || vartime_second(x1).is_some(), "{s:x?} {t:x?}"),
            }
        }
    }
}

#[test]
fn claims_are_told_from_wrong_ones_at_the_edges() {
    let Some(cpu) = token() else { return };
    let (d, edges) = (scalar(&[3, 1, 4, 1]), edges());
    let mut pairs: Vec<_> = edges.iter().copied().zip(edges.iter().rev().copied()).collect();
    // sG = tP, sG = −tP, and their neighbours.
    for t in edges.iter().step_by(23) {
        let s = t.times(&d.to_factor());
        pairs.extend([s, s.plus(&small(1)), small(0).minus(&s)].map(|s| (s, *t)));
    }
    for some in pairs.chunks(LANES) {
        claims(cpu, &d, &from_fn(|lane| some[lane % some.len()]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lanes_compute_as_their_oracles(numbers: [[Words; LANES]; 3], tops: [[u8; LANES]; 3], d: Words) {
        if let Some(cpu) = token() {
            let operand = |which: usize, bound: u8| {
                from_fn(|lane| Above(below_p(numbers[which][lane]), u64::from(tops[which][lane] % bound)))
            };
            agree(cpu, &(operand(0, 4), operand(1, 4), operand(2, 16)));
            inverts(cpu, &operand(0, 2));
            let scalars = numbers.map(|numbers| numbers.map(|number| scalar(&number)));
            multiples(cpu, &scalars[0]);
            claims(cpu, &scalar(&d), &from_fn(|lane| (scalars[1][lane], scalars[2][lane])));
        }
    }
}
