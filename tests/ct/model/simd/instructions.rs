//! Instructions that each width has for itself, on bytes, words of 32 bits and lanes of 128.

use core::array::from_fn;

use super::*;

pub fn _mm256_sub_epi32(a: __m256i, b: __m256i) -> __m256i {
    Vector::of_doubles(|at| a.double(at).wrapping_sub(b.double(at)))
}

/// Those that each width has for itself; a line each.
macro_rules! instructions {
    ($($name:ident $(<const $($immediate:ident)+>)? ($($argument:ident: $kind:ty),*) -> $made:ty = $value:expr;)*) => {
        $(pub fn $name $(<$(const $immediate: i32),+>)? ($($argument: $kind),*) -> $made { $value })*
    };
}

instructions! {
    _mm_alignr_epi8<const I>(a: __m128i, b: __m128i) -> __m128i = aligned::<I>(a, b);
    _mm_slli_si128<const I>(a: __m128i) -> __m128i = Vector::of_bytes(|at| if at < I as usize { 0 } else { a.byte(at - I as usize) });
    _mm_srli_si128<const I>(a: __m128i) -> __m128i = aligned::<I>(zero(), a);
    _mm_clmulepi64_si128<const I>(a: __m128i, b: __m128i) -> __m128i = clmul::<I>(a, b);
    _mm_cvtsi128_si32(a: __m128i) -> i32 = a.double(0) as i32;
    _mm_cvtsi32_si128(a: i32) -> __m128i = Vector([u64::from(a as u32), 0]);
    _mm_set1_epi64x(a: i64) -> __m128i = Vector([a as u64; 2]);
    _mm_set_epi64x(b: i64, a: i64) -> __m128i = Vector([a as u64, b as u64]);
    _mm_set_epi32(d: i32, c: i32, b: i32, a: i32) -> __m128i = Vector::of_doubles(|at| [a, b, c, d][at] as u32);
    _mm_shuffle_epi32<const I>(a: __m128i) -> __m128i = shuffle_doubles::<I>(a, a);
    _mm_shufflelo_epi16<const I>(a: __m128i) -> __m128i = Vector([
        (0..4).fold(0, |sum, at| sum | (a.0[0] >> (16 * (I >> (2 * at) & 3)) & 0xffff) << (16 * at)), a.0[1],
    ]);
    _mm_mask_cmpneq_epi8_mask(mask: u16, a: __m128i, b: __m128i) -> u16 = (0..16).fold(0, |found, at| {
        // A one when any bit differs.
        let differs = u16::from(a.byte(at) ^ b.byte(at));
        found | ((differs.wrapping_neg() | differs) >> 15) << at
    }) & mask;
    _mm_aesenclast_si128(a: __m128i, key: __m128i) -> __m128i = {
        // FIPS 197: SubBytes, of which the matrix is the one of §5.1.1, ShiftRows, AddRoundKey.
        let made = a.words(|a| affine(inverse(a), 0xf1e3_c78f_1f3e_7cf8, 0x63));
        Vector::<2>::of_bytes(|at| made.byte((at + 4 * (at % 4)) % 16)).with(key, |a, key| a ^ key)
    };
    _mm256_blendv_epi8(a: __m256i, b: __m256i, mask: __m256i) -> __m256i = Vector(from_fn(|at| {
        let mask = filled(mask.0[at] >> 7);
        a.0[at] & !mask | b.0[at] & mask
    }));
    _mm256_broadcastsi128_si256(a: __m128i) -> __m256i = Vector(from_fn(|at| a.0[at % 2]));
    _mm256_castsi256_si128(a: __m256i) -> __m128i = a.lane(0);
    _mm256_cmpeq_epi8(a: __m256i, b: __m256i) -> __m256i = Vector::of_bytes(|at| {
        let differs = u16::from(a.byte(at) ^ b.byte(at));
        !(differs.wrapping_neg() >> 8) as u8
    });
    _mm256_max_epu8(a: __m256i, b: __m256i) -> __m256i = Vector::of_bytes(|at| {
        let less = (u16::from(a.byte(at)).wrapping_sub(b.byte(at).into()) >> 8) as u8;
        a.byte(at) & !less | b.byte(at) & less
    });
    _mm256_extracti128_si256<const I>(a: __m256i) -> __m128i = a.lane(I as usize);
    _mm256_permute2x128_si256<const I>(a: __m256i, b: __m256i) -> __m256i = Vector(from_fn(|at| {
        let pick = I >> (4 * (at / 2)) & 15;
        let lane = if pick & 2 == 0 { a.lane((pick & 1) as usize) } else { b.lane((pick & 1) as usize) };
        if pick & 8 == 0 { lane.0[at % 2] } else { 0 }
    }));
    _mm256_set1_epi64x(a: i64) -> __m256i = Vector([a as u64; 4]);
    _mm256_add_epi64(a: __m256i, b: __m256i) -> __m256i = a.with(b, u64::wrapping_add);
    _mm256_cmpeq_epi64(a: __m256i, b: __m256i) -> __m256i = a.with(b, |a, b| {
        let differs = crate::secret::barrier(a ^ b);
        crate::secret::barrier(((differs | differs.wrapping_neg()) >> 63).wrapping_sub(1))
    });
    _mm256_set_m128i(b: __m128i, a: __m128i) -> __m256i = Vector([a.0[0], a.0[1], b.0[0], b.0[1]]);
    _mm512_alignr_epi64<const I>(a: __m512i, b: __m512i) -> __m512i = Vector(from_fn(|at| match at + I as usize % 8 {
        at if at < 8 => b.0[at],
        at => a.0[at - 8],
    }));
    _mm512_broadcast_i32x4(a: __m128i) -> __m512i = Vector(from_fn(|at| a.0[at % 2]));
    _mm512_castsi256_si512(a: __m256i) -> __m512i = resized(a);
    _mm512_castsi512_si128(a: __m512i) -> __m128i = resized(a);
    _mm512_castsi512_si256(a: __m512i) -> __m256i = resized(a);
    _mm512_zextsi128_si512(a: __m128i) -> __m512i = resized(a);
    _mm512_zextsi256_si512(a: __m256i) -> __m512i = resized(a);
    _mm512_clmulepi64_epi128<const I>(a: __m512i, b: __m512i) -> __m512i = a.lanes(b, clmul::<I>);
    _mm512_cmplt_epu8_mask(a: __m512i, b: __m512i) -> u64 = (0..64).fold(0, |found, at| {
        let less = u16::from(a.byte(at)).wrapping_sub(b.byte(at).into()) >> 15;
        found | u64::from(less) << at
    });
    _mm512_extracti64x4_epi64<const I>(a: __m512i) -> __m256i = Vector(from_fn(|at| a.0[4 * I as usize + at]));
    _mm512_inserti32x4<const I>(a: __m512i, b: __m128i) -> __m512i = Vector(from_fn(|at| {
        if at / 2 == I as usize { b.0[at % 2] } else { a.0[at] }
    }));
    _mm512_inserti64x4<const I>(a: __m512i, b: __m256i) -> __m512i = Vector(from_fn(|at| {
        if at / 4 == I as usize { b.0[at % 4] } else { a.0[at] }
    }));
    _mm512_mask_blend_epi64(mask: u8, a: __m512i, b: __m512i) -> __m512i = Vector(from_fn(|at| {
        if mask >> at & 1 == 1 { b.0[at] } else { a.0[at] }
    }));
    _mm512_mask_blend_epi8(mask: u64, a: __m512i, b: __m512i) -> __m512i = Vector::of_bytes(|at| {
        if mask >> at & 1 == 1 { b.byte(at) } else { a.byte(at) }
    });
    _mm512_maskz_mov_epi8(mask: u64, a: __m512i) -> __m512i = Vector::of_bytes(|at| {
        if mask >> at & 1 == 1 { a.byte(at) } else { 0 }
    });
    _mm512_set1_epi64(a: i64) -> __m512i = Vector([a as u64; 8]);
    _mm512_shuffle_epi32<const I>(a: __m512i) -> __m512i = a.lanes(a, shuffle_doubles::<I>);
    _mm512_shuffle_i32x4<const I>(a: __m512i, b: __m512i) -> __m512i = Vector(from_fn(|at| {
        let from = (I >> (at / 2 * 2) & 3) as usize;
        if at < 4 { a.lane(from).0[at % 2] } else { b.lane(from).0[at % 2] }
    }));
    _mm512_ternarylogic_epi64<const I>(a: __m512i, b: __m512i, c: __m512i) -> __m512i = _mm512_ternarylogic_epi32::<I>(a, b, c);
}

/// From the first to the last, or from the last to the first.
macro_rules! listed {
    ($($name:ident($($argument:ident)*: $kind:ty) -> $made:ty, $lanes:ident, $as:ty, $reversed:literal;)*) => {
        $(
            #[allow(clippy::too_many_arguments, reason = "as many as lanes")]
            pub fn $name($($argument: $kind),*) -> $made {
                let mut all = [$($argument),*];
                if $reversed { all.reverse(); }
                Vector::$lanes(|at| all[at] as $as)
            }
        )*
    };
}

listed! {
    _mm_set_epi8(a b c d e f g h i j k l m n o p: i8) -> __m128i, of_bytes, u8, true;
    _mm256_setr_epi8(a b c d e f g h i j k l m n o p a1 b1 c1 d1 e1 f1 g1 h1 i1 j1 k1 l1 m1 n1 o1 p1: i8) -> __m256i,
        of_bytes, u8, false;
    _mm256_setr_epi32(a b c d e f g h: i32) -> __m256i, of_doubles, u32, false;
    _mm512_setr_epi32(a b c d e f g h i j k l m n o p: i32) -> __m512i, of_doubles, u32, false;
}
