//! Every backend against fiat-crypto's field, which is verified formally, word for word.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it could not do"
)]

use alloc::vec::Vec;

use fiat_crypto::sm2_64 as fiat;
use proptest::prelude::*;

use super::{Fe, Field, P, R2, Soft};
use crate::algo::sm2::words::{self, Words};

type Oracle = fiat::fiat_sm2_montgomery_domain_field_element;

/// Calls a generic function for every backend of this processor.
macro_rules! for_each_backend {
    ($check:ident($($argument:expr),*)) => {{
        $check($crate::algo::sm2::field::Soft, $($argument),*);
        #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
        match $crate::algo::cpu::Adx::get() {
            Some(adx) => $check(adx, $($argument),*),
            None => std::println!("SKIP: this processor does not run SM2's field with ADX"),
        }
    }};
}
pub(in crate::algo::sm2) use for_each_backend;

fn below_p(words: Words) -> Fe {
    Fe(words::reduce_once(&words, false, &P))
}

/// Numbers at the edges of words, of p and of 2^256.
fn edges() -> Vec<Fe> {
    let words = [0, 1, 2, 1 << 32, (1 << 32) - 1, 1 << 63, u64::MAX - 1, u64::MAX, P[1], P[3]];
    let mut edges: Vec<Fe> = Vec::new();
    for word in words {
        for at in 0..4 {
            let (mut alone, mut others) = ([0; 4], P);
            (alone[at], others[at]) = (word, others[at].wrapping_sub(word));
            edges.extend([alone, others, [word; 4]].map(below_p));
        }
        edges.push(Fe(words::sub(&P, &[word.max(1), 0, 0, 0]).0));
    }
    edges.extend([Fe::ONE, Fe(R2), below_p([u64::MAX; 4])]);
    edges
}

fn oracle(work: impl FnOnce(&mut Oracle)) -> Fe {
    let mut out = fiat::fiat_sm2_montgomery_domain_field_element([0; 4]);
    work(&mut out);
    Fe(out.0)
}

fn agree(f: impl Field, a: &Fe, b: &Fe) {
    let (x, y) = (
        &fiat::fiat_sm2_montgomery_domain_field_element(a.0),
        &fiat::fiat_sm2_montgomery_domain_field_element(b.0),
    );
    assert_eq!(f.mul(a, b), oracle(|out| fiat::fiat_sm2_mul(out, x, y)), "{a:x?} {b:x?}");
    assert_eq!(f.square(a), oracle(|out| fiat::fiat_sm2_square(out, x)), "{a:x?}");
    assert_eq!(f.add(a, b), oracle(|out| fiat::fiat_sm2_add(out, x, y)), "{a:x?} {b:x?}");
    assert_eq!(f.sub(a, b), oracle(|out| fiat::fiat_sm2_sub(out, x, y)), "{a:x?} {b:x?}");
    assert_eq!(f.double(&f.half(a)), *a, "{a:x?}");
    assert_eq!(f.negate_if(u64::MAX, a), oracle(|out| fiat::fiat_sm2_opp(out, x)), "{a:x?}");
    assert_eq!(f.negate_if(0, a), *a);
    let mut plain = fiat::fiat_sm2_non_montgomery_domain_field_element([0; 4]);
    fiat::fiat_sm2_from_montgomery(&mut plain, x);
    assert_eq!(f.decode(a), plain.0, "{a:x?}");
    assert_eq!(f.encode(&plain.0), *a, "{a:x?}");
    assert_eq!(f.parse(&f.to_bytes(a)), Some(*a), "{a:x?}");
}

fn inverse(f: impl Field, a: &Fe) {
    let inverse = f.invert(a);
    let product = if a.vartime_is_zero() { Fe::ZERO } else { Fe::ONE };
    assert_eq!(f.mul(a, &inverse), product, "{a:x?}");
    // Fermat: a^(p − 2)
    let mut power = Fe::ONE;
    let exponent = words::sub(&P, &[2, 0, 0, 0]).0;
    for bit in (0..256).rev() {
        power = f.square(&power);
        if exponent[bit / 64] >> (bit % 64) & 1 == 1 {
            power = f.mul(&power, a);
        }
    }
    assert_eq!(inverse, power, "{a:x?}");
}

fn root(f: impl Field, a: &Fe) {
    let square = f.square(a);
    let root = f.vartime_root(&square).unwrap();
    assert!(root == *a || f.negate_if(u64::MAX, &root) == *a, "{a:x?}");
    // p ≡ 3 modulo 4, so the negative of a square is none.
    let none = f.negate_if(u64::MAX, &square);
    assert_eq!(f.vartime_root(&none).is_none(), !a.vartime_is_zero(), "{a:x?}");
}

/// `a b` for an a that is not below p, as `encode` takes it.
fn unreduced(f: impl Field, a: &Words, b: &Fe) {
    assert_eq!(f.mul(&Fe(*a), b), f.mul(&below_p(*a), b), "{a:x?} {b:x?}");
}

#[test]
fn every_backend_computes_at_the_edges_as_fiat_crypto() {
    let edges = edges();
    for a in &edges {
        for b in &edges {
            for_each_backend!(agree(a, b));
        }
        for_each_backend!(inverse(a));
        for_each_backend!(root(a));
        for_each_backend!(unreduced(&[u64::MAX; 4], a));
        for_each_backend!(unreduced(&P, a));
    }
}

#[test]
fn a_number_beyond_p_is_no_element() {
    for small in [0, 1, 2, 1 << 40] {
        let (beyond, carry) = words::add(&P, &[small, 0, 0, 0]);
        assert!(!carry && Soft.parse(&words::to_bytes(&beyond)).is_none());
    }
    assert!(Soft.parse(&[0xff; 32]).is_none());
    assert!(Soft.parse(&words::to_bytes(&words::sub(&P, &[1, 0, 0, 0]).0)).is_some());
}

/// Rare carries show in long chains: each result goes into the next.
#[test]
fn every_backend_computes_long_chains_as_fiat_crypto() {
    let (mut a, mut b) = (Fe(R2), below_p([7, u64::MAX, 3, u64::MAX]));
    for _ in 0..20_000 {
        for_each_backend!(agree(&a, &b));
        (a, b) = (Soft.mul(&a, &b), Soft.sub(&Soft.square(&a), &b));
    }
}

proptest! {
    #[test]
    fn every_backend_computes_as_fiat_crypto(a: Words, b: Words) {
        for_each_backend!(agree(&below_p(a), &below_p(b)));
        for_each_backend!(unreduced(&a, &below_p(b)));
        for_each_backend!(inverse(&below_p(a)));
        for_each_backend!(root(&below_p(a)));
    }
}
