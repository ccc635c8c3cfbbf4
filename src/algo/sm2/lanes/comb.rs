//! `[k]G` in eight lanes, over the generator's table of [`comb`](super::super::comb), the entries of a window side by side.
//!
//! Knows no algorithm. An entry is found by permutations of registers, so all of a window is read, and nothing shows of which
//! lane wanted what.

use core::arch::x86_64::{
    __m512i, _mm512_cmpeq_epi64_mask, _mm512_mask_mov_epi64, _mm512_permutex2var_epi64, _mm512_setzero_si512,
    _mm512_srli_epi64,
};

use super::{
    LANES,
    digits::{Digit, Digits},
    field::{Element, every},
    point::Jacobian,
    words::load_vector,
    xyzz::{Affine, Xyzz},
};
use crate::algo::sm2::{
    comb::{ENTRIES, GENERATOR, WIDTH, WINDOWS},
    field::Fe,
    scalar::{N, Scalar},
};

/// A limb of every entry of a window.
type Column = [u64; ENTRIES];

/// The limbs of x, then those of y.
#[repr(align(64))]
struct Window([Column; 10]);

/// Sixteen times the words of the table, not reduced: elements times 2^260.
static COLUMNS: [Window; WINDOWS] = columns();

/// `[k]G`; Z is zero in lanes where k is.
///
/// The digits are those of the odd one of k and n − k, or of n for 0. The sum goes from the highest digit, and has no other
/// exception: before a digit d of place i comes `B = 2^(w (i + 1)) v`, with v odd and positive, which is more than |d| 2^(w i), so that B
/// ± d 2^(w i) is not zero; it is less than 3n, so it would have to be n or 2n. For i ≥ 1 it is a multiple of 4, and n is odd. For
/// i = 0 it is odd, and so n; B + d is the number itself, n for k = 0 only; and B − d = n is the number being n + 2d, so that d is
/// negative, and of its lowest w + 1 bits, which are 2^w + d, n's are 2^w − d: d is 2^w − n modulo 2^(w + 1), which is that of no
/// negative digit.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn mul(numbers: &[Scalar; LANES]) -> Jacobian {
    const {
        let d = (1u64 << WIDTH).wrapping_sub(N[0]) % (1 << (WIDTH + 1));
        assert!(d < 1 << WIDTH, "B - d may be n");
    }
    let digits = Digits::<WIDTH>::new(numbers);
    let top = digits.at(WINDOWS - 1);
    let mut sum = Xyzz::new(&entry(&COLUMNS[WINDOWS - 1], &top), top.negative);
    for place in (0..WINDOWS - 1).rev() {
        let digit = digits.at(place);
        sum.add(&entry(&COLUMNS[place], &digit), digit.negative);
    }
    let point = sum.to_jacobian();
    sum.wipe();
    point
}

/// The entries of these places, without their signs.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn entry(window: &Window, digit: &Digit) -> Affine {
    let mut found = [_mm512_setzero_si512(); 10];
    for (found, column) in found.iter_mut().zip(&window.0) {
        *found = chosen(column, digit.index);
    }
    let [x0, x1, x2, x3, x4, y0, y1, y2, y3, y4] = found;
    Affine { x: Element::from_limbs([x0, x1, x2, x3, x4]), y: Element::from_limbs([y0, y1, y2, y3, y4]) }
}

/// The limbs of these places.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn chosen(column: &Column, index: __m512i) -> __m512i {
    let (eights, _) = column.as_chunks::<8>();
    let mut found = _mm512_setzero_si512();
    for (at, pair) in eights.as_chunks::<2>().0.iter().enumerate() {
        // The lowest four bits of a place count here.
        let here = _mm512_permutex2var_epi64(load_vector(&pair[0]), index, load_vector(&pair[1]));
        let is_here = _mm512_cmpeq_epi64_mask(_mm512_srli_epi64::<4>(index), every(at as u64));
        found = _mm512_mask_mov_epi64(found, is_here, here);
    }
    found
}

const fn columns() -> [Window; WINDOWS] {
    const { assert!(ENTRIES.is_multiple_of(16)) }
    let mut columns = [const { Window([[0; ENTRIES]; 10]) }; WINDOWS];
    let mut at = 0;
    while at < WINDOWS * ENTRIES {
        let (window, entry) = (at / ENTRIES, at % ENTRIES);
        let [x, y] = &GENERATOR[window][entry];
        let (x, y) = (limbs(x), limbs(y));
        let mut limb = 0;
        while limb < 5 {
            columns[window].0[limb][entry] = x[limb];
            columns[window].0[5 + limb][entry] = y[limb];
            limb += 1;
        }
        at += 1;
    }
    columns
}

/// Sixteen times its words, in limbs of 52 bits.
const fn limbs(element: &Fe) -> [u64; 5] {
    let [w0, w1, w2, w3] = *element.montgomery();
    let low = (1 << 52) - 1;
    [
        w0 << 4 & low,
        (w0 >> 48 | w1 << 16) & low,
        (w1 >> 36 | w2 << 28) & low,
        (w2 >> 24 | w3 << 40) & low,
        w3 >> 12,
    ]
}
