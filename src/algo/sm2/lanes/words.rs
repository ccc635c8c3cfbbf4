//! Eight numbers of four words as vectors, and as limbs of 52 bits.
//!
//! Knows no field but its limbs.
#![allow(unsafe_code, reason = "loads and stores of vectors")]

use core::arch::x86_64::{
    __m512i, _mm512_and_si512, _mm512_loadu_si512, _mm512_or_si512, _mm512_slli_epi64, _mm512_srli_epi64,
    _mm512_storeu_si512,
};

use zeroize::Zeroize;

use super::{
    LANES,
    field::{Element, Limbs, Number, every},
};
use crate::algo::sm2::words::Words;

const LOW: u64 = (1 << 52) - 1;

/// A vector of each word, the lowest first.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn load(numbers: &[Words; LANES]) -> [__m512i; 4] {
    let mut columns = [[0; LANES]; 4];
    for (lane, number) in numbers.iter().enumerate() {
        for (column, word) in columns.iter_mut().zip(number) {
            column[lane] = *word;
        }
    }
    let vectors = [
        load_vector(&columns[0]),
        load_vector(&columns[1]),
        load_vector(&columns[2]),
        load_vector(&columns[3]),
    ];
    columns.as_flattened_mut().zeroize();
    vectors
}

/// The elements that numbers below B p are.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn load_element<const B: u32>(numbers: &[Words; LANES]) -> Element<B> {
    Element::from_limbs(to_limbs(load(numbers)))
}

/// The numbers that elements are.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn store_element(element: &Element<1>, numbers: &mut [Words; LANES]) {
    let mut columns = [[0; LANES]; 4];
    let vectors = to_words(element.limbs());
    for at in 0..4 {
        store_vector(vectors[at], &mut columns[at]);
    }
    for (lane, number) in numbers.iter_mut().enumerate() {
        *number = [columns[0][lane], columns[1][lane], columns[2][lane], columns[3][lane]];
    }
    columns.as_flattened_mut().zeroize();
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn load_vector(words: &[u64; LANES]) -> __m512i {
    // SAFETY: eight words are 64 bytes, and borrowed.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn store_vector(vector: __m512i, words: &mut [u64; LANES]) {
    // SAFETY: eight words are 64 bytes, and borrowed to be written.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) }
}

/// Bits of two words, `low / 2^RIGHT + high 2^LEFT`, of which 52 stay.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn across<const RIGHT: u32, const LEFT: u32>(low: __m512i, high: __m512i) -> __m512i {
    let bits = _mm512_or_si512(_mm512_srli_epi64::<RIGHT>(low), _mm512_slli_epi64::<LEFT>(high));
    _mm512_and_si512(bits, every(LOW))
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn to_limbs([w0, w1, w2, w3]: [__m512i; 4]) -> Limbs {
    [
        _mm512_and_si512(w0, every(LOW)),
        across::<52, 12>(w0, w1),
        across::<40, 24>(w1, w2),
        across::<28, 36>(w2, w3),
        _mm512_srli_epi64::<16>(w3),
    ]
}

/// Of a number below 2^256.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn to_words([l0, l1, l2, l3, l4]: &Limbs) -> [__m512i; 4] {
    [
        _mm512_or_si512(*l0, _mm512_slli_epi64::<52>(*l1)),
        _mm512_or_si512(_mm512_srli_epi64::<12>(*l1), _mm512_slli_epi64::<40>(*l2)),
        _mm512_or_si512(_mm512_srli_epi64::<24>(*l2), _mm512_slli_epi64::<28>(*l3)),
        _mm512_or_si512(_mm512_srli_epi64::<36>(*l3), _mm512_slli_epi64::<16>(*l4)),
    ]
}
