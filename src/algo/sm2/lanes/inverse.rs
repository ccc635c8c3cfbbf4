//! `1/a` in eight lanes, by one inversion of the product of all.
//!
//! Knows no points. Nothing shows of the elements.

use core::arch::x86_64::{_mm512_permutex_epi64, _mm512_setzero_si512, _mm512_shuffle_i64x2};

use zeroize::Zeroize;

use super::{
    LANES,
    field::{Element, Number, product},
    words::{load_element, store_element},
};
use crate::algo::sm2::field::{Fe, Field, Soft};

/// 2^268 modulo p.
const TO_INVERSE: [u64; 5] = [0x1000, 0xf_ffff_ff00_0000, 0xf, 0, 0x1000_0000];

/// `1/a` in each lane, for elements of which none is zero: if one is, all results are.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn invert(a: &Element<2>) -> Element<2> {
    // The products of pairs and of fours, each in every lane that has a part in it; beside them what is missing to the next.
    let neighbour = swapped::<1>(a);
    let pair = product::<2, 2, 2>(a, &neighbour).carried();
    let other_pair = swapped::<2>(&pair);
    let four = product::<2, 2, 2>(&pair, &other_pair).carried();
    let other_four = swapped::<4>(&four);
    let mut inverse = inverted(&product::<2, 2, 2>(&four, &other_four).carried());
    for other in [other_four, other_pair, neighbour] {
        inverse = product::<2, 2, 2>(&inverse, &other).carried();
    }
    inverse
}

/// `1/a` of an element that is the same in all lanes.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn inverted(a: &Element<2>) -> Element<2> {
    let mut numbers = [[0; 4]; LANES];
    store_element(&a.reduced(), &mut numbers);
    // Times 2^260 it is, as `Fe` has it, 16 a, and its inverse 2^252 / a.
    let mut inverse = Soft.invert(&Fe::from_montgomery(numbers[0]));
    numbers.fill(*inverse.montgomery());
    let element = load_element::<1>(&numbers);
    inverse.wipe();
    numbers.as_flattened_mut().zeroize();
    product::<1, 1, 2>(&element, &Element::every(&TO_INVERSE)).carried()
}

/// Lane i as lane i ⊕ BIT.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn swapped<const BIT: usize>(a: &Element<2>) -> Element<2> {
    let mut limbs = [_mm512_setzero_si512(); 5];
    for (limb, from) in limbs.iter_mut().zip(a.limbs()) {
        *limb = match BIT {
            1 => _mm512_permutex_epi64::<0b10_11_00_01>(*from),
            2 => _mm512_permutex_epi64::<0b01_00_11_10>(*from),
            _ => _mm512_shuffle_i64x2::<0b01_00_11_10>(*from, *from),
        };
    }
    Element::from_limbs(limbs)
}
