//! Instructions that do the same at each width of vectors.

use core::array::from_fn;

use super::*;

/// Instructions that do the same at each width.
macro_rules! lanewise {
    ($($vector:ident: $add8:ident $add32:ident $and:ident $or:ident $xor:ident $rol:ident $slli:ident $srli:ident $srl:ident
       $ternary:ident $shuffle:ident $affine:ident $inverted:ident $lo8:ident $hi8:ident $lo32:ident $hi32:ident $lo64:ident
       $hi64:ident $zero:ident $set8:ident $set32:ident;)*) => {$(
        pub fn $add8(a: $vector, b: $vector) -> $vector { Vector::of_bytes(|at| a.byte(at).wrapping_add(b.byte(at))) }
        pub fn $add32(a: $vector, b: $vector) -> $vector { Vector::of_doubles(|at| a.double(at).wrapping_add(b.double(at))) }
        pub fn $and(a: $vector, b: $vector) -> $vector { a.with(b, |a, b| a & b) }
        pub fn $or(a: $vector, b: $vector) -> $vector { a.with(b, |a, b| a | b) }
        pub fn $xor(a: $vector, b: $vector) -> $vector { a.with(b, |a, b| a ^ b) }
        pub fn $rol<const I: i32>(a: $vector) -> $vector { a.doubles(|a| a.rotate_left(I as u32)) }
        pub fn $slli<const I: i32>(a: $vector) -> $vector { a.doubles(|a| a << I) }
        pub fn $srli<const I: i32>(a: $vector) -> $vector { a.doubles(|a| a >> I) }
        pub fn $srl(a: $vector, count: __m128i) -> $vector { a.doubles(|a| a >> count.0[0]) }
        pub fn $ternary<const I: i32>(a: $vector, b: $vector, c: $vector) -> $vector {
            Vector(from_fn(|at| ternary::<I>(a.0[at], b.0[at], c.0[at])))
        }
        pub fn $shuffle(a: $vector, places: $vector) -> $vector { a.lanes(places, shuffle) }
        pub fn $affine<const I: i32>(a: $vector, matrix: $vector) -> $vector { a.with(matrix, |a, m| affine(a, m, I)) }
        pub fn $inverted<const I: i32>(a: $vector, matrix: $vector) -> $vector {
            a.with(matrix, |a, m| affine(inverse(a), m, I))
        }
        pub fn $lo8(a: $vector, b: $vector) -> $vector { a.lanes(b, unpack::<1, 0>) }
        pub fn $hi8(a: $vector, b: $vector) -> $vector { a.lanes(b, unpack::<1, 1>) }
        pub fn $lo32(a: $vector, b: $vector) -> $vector { a.lanes(b, unpack::<4, 0>) }
        pub fn $hi32(a: $vector, b: $vector) -> $vector { a.lanes(b, unpack::<4, 1>) }
        pub fn $lo64(a: $vector, b: $vector) -> $vector { a.lanes(b, unpack::<8, 0>) }
        pub fn $hi64(a: $vector, b: $vector) -> $vector { a.lanes(b, unpack::<8, 1>) }
        pub fn $zero() -> $vector { zero() }
        pub fn $set8(value: i8) -> $vector { Vector::of_bytes(|_| value as u8) }
        pub fn $set32(value: i32) -> $vector { splat_double(value) }
    )*};
}

lanewise! {
    __m128i: _mm_add_epi8 _mm_add_epi32 _mm_and_si128 _mm_or_si128 _mm_xor_si128 _mm_rol_epi32 _mm_slli_epi32 _mm_srli_epi32
        _mm_srl_epi32 _mm_ternarylogic_epi32 _mm_shuffle_epi8 _mm_gf2p8affine_epi64_epi8 _mm_gf2p8affineinv_epi64_epi8
        _mm_unpacklo_epi8 _mm_unpackhi_epi8 _mm_unpacklo_epi32 _mm_unpackhi_epi32 _mm_unpacklo_epi64 _mm_unpackhi_epi64
        _mm_setzero_si128 _mm_set1_epi8 _mm_set1_epi32;
    __m256i: _mm256_add_epi8 _mm256_add_epi32 _mm256_and_si256 _mm256_or_si256 _mm256_xor_si256 _mm256_rol_epi32
        _mm256_slli_epi32 _mm256_srli_epi32 _mm256_srl_epi32 _mm256_ternarylogic_epi32 _mm256_shuffle_epi8
        _mm256_gf2p8affine_epi64_epi8 _mm256_gf2p8affineinv_epi64_epi8 _mm256_unpacklo_epi8 _mm256_unpackhi_epi8
        _mm256_unpacklo_epi32 _mm256_unpackhi_epi32 _mm256_unpacklo_epi64 _mm256_unpackhi_epi64 _mm256_setzero_si256
        _mm256_set1_epi8 _mm256_set1_epi32;
    __m512i: _mm512_add_epi8 _mm512_add_epi32 _mm512_and_si512 _mm512_or_si512 _mm512_xor_si512 _mm512_rol_epi32
        _mm512_slli_epi32 _mm512_srli_epi32 _mm512_srl_epi32 _mm512_ternarylogic_epi32 _mm512_shuffle_epi8
        _mm512_gf2p8affine_epi64_epi8 _mm512_gf2p8affineinv_epi64_epi8 _mm512_unpacklo_epi8 _mm512_unpackhi_epi8
        _mm512_unpacklo_epi32 _mm512_unpackhi_epi32 _mm512_unpacklo_epi64 _mm512_unpackhi_epi64 _mm512_setzero_si512
        _mm512_set1_epi8 _mm512_set1_epi32;
}
