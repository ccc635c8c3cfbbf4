//! Instructions on eight words of 64 bits, among them the products of 52 bits, with masks that may be secret.

use core::array::from_fn;

use super::*;
use crate::secret::barrier;

pub type __mmask8 = u8;

const LOW: u64 = (1 << 52) - 1;

/// All ones in the lanes with a one in the mask.
fn spread(mask: u8) -> __m512i {
    Vector(from_fn(|lane| barrier(u64::from(mask >> lane & 1)).wrapping_neg()))
}

/// `b` in the lanes with a one in the mask, `a` elsewhere.
fn chosen(mask: u8, a: __m512i, b: __m512i) -> __m512i {
    let mask = spread(mask);
    Vector(from_fn(|lane| a.0[lane] & !mask.0[lane] | b.0[lane] & mask.0[lane]))
}

/// A one for each lane that is zero.
fn zeros(a: __m512i) -> u8 {
    let is_zero = |word: u64| barrier((word | word.wrapping_neg()) >> 63) ^ 1;
    (0..8).fold(0, |found, lane| found | (is_zero(a.0[lane]) as u8) << lane)
}

fn product(a: u64, b: u64) -> u128 {
    u128::from(a & LOW) * u128::from(b & LOW)
}

/// A shift by a number that is public, of which 64 leaves nothing.
fn shifted(a: u64, count: u64, shift: impl Fn(u64, u32) -> Option<u64>) -> u64 {
    u32::try_from(count).ok().and_then(|count| shift(a, count)).unwrap_or(0)
}

pub fn _mm512_madd52lo_epu64(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    Vector(from_fn(|lane| sum.0[lane].wrapping_add(product(a.0[lane], b.0[lane]) as u64 & LOW)))
}

pub fn _mm512_madd52hi_epu64(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    Vector(from_fn(|lane| sum.0[lane].wrapping_add((product(a.0[lane], b.0[lane]) >> 52) as u64)))
}

pub fn _mm512_add_epi64(a: __m512i, b: __m512i) -> __m512i {
    a.with(b, u64::wrapping_add)
}

pub fn _mm512_sub_epi64(a: __m512i, b: __m512i) -> __m512i {
    a.with(b, u64::wrapping_sub)
}

pub fn _mm512_andnot_si512(a: __m512i, b: __m512i) -> __m512i {
    a.with(b, |a, b| !a & b)
}

pub fn _mm512_slli_epi64<const I: u32>(a: __m512i) -> __m512i {
    a.words(|a| a << I)
}

pub fn _mm512_srli_epi64<const I: u32>(a: __m512i) -> __m512i {
    a.words(|a| a >> I)
}

pub fn _mm512_srai_epi64<const I: u32>(a: __m512i) -> __m512i {
    a.words(|a| (a as i64 >> I) as u64)
}

pub fn _mm512_sllv_epi64(a: __m512i, counts: __m512i) -> __m512i {
    a.with(counts, |a, count| shifted(a, count, u64::checked_shl))
}

pub fn _mm512_srlv_epi64(a: __m512i, counts: __m512i) -> __m512i {
    a.with(counts, |a, count| shifted(a, count, u64::checked_shr))
}

pub fn _mm512_mask_mov_epi64(a: __m512i, mask: __mmask8, b: __m512i) -> __m512i {
    chosen(mask, a, b)
}

pub fn _mm512_mask_sub_epi64(otherwise: __m512i, mask: __mmask8, a: __m512i, b: __m512i) -> __m512i {
    chosen(mask, otherwise, _mm512_sub_epi64(a, b))
}

pub fn _mm512_mask_xor_epi64(otherwise: __m512i, mask: __mmask8, a: __m512i, b: __m512i) -> __m512i {
    chosen(mask, otherwise, a.with(b, |a, b| a ^ b))
}

pub fn _mm512_cmpeq_epi64_mask(a: __m512i, b: __m512i) -> __mmask8 {
    zeros(a.with(b, |a, b| a ^ b))
}

pub fn _mm512_testn_epi64_mask(a: __m512i, b: __m512i) -> __mmask8 {
    zeros(a.with(b, |a, b| a & b))
}

/// Words of two vectors by the lowest four bits of others, by looking at all of them.
pub fn _mm512_permutex2var_epi64(a: __m512i, places: __m512i, b: __m512i) -> __m512i {
    places.words(|place| {
        (0..16).fold(0, |found, at| {
            let differs = barrier((place ^ at as u64) & 15);
            let here = barrier(differs.wrapping_sub(1) >> 63).wrapping_neg();
            found | here & if at < 8 { a.0[at] } else { b.0[at - 8] }
        })
    })
}

pub fn _mm512_permutex_epi64<const I: i32>(a: __m512i) -> __m512i {
    Vector(from_fn(|at| a.0[at / 4 * 4 + (I >> (2 * (at % 4)) & 3) as usize]))
}

pub fn _mm512_shuffle_i64x2<const I: i32>(a: __m512i, b: __m512i) -> __m512i {
    _mm512_shuffle_i32x4::<I>(a, b)
}
