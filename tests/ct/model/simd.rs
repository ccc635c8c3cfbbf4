//! The vector instructions that the kernels use, in integer arithmetic: what Valgrind cannot run, it can follow so.
//!
//! `tests/ct/run` puts this in the place of `core::arch::x86_64` in a copy of the library, whose kernels are otherwise the
//! same, word for word. Names, arguments and results are those of Intel's guide to intrinsics. Branches and addresses depend
//! on immediates and on masks of bytes only; what each instruction does to a secret is arithmetic.
#![allow(non_camel_case_types, clippy::missing_safety_doc, reason = "the names are those of the intrinsics")]
#![allow(
    unsafe_code,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "loads and stores; not everything is used"
)]

pub use core::arch::x86_64::{__cpuid_count, _xgetbv, CpuidResult};
use core::array::from_fn;

/// `N` words of 64 bits, the lowest first.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub struct Vector<const N: usize>([u64; N]);

pub type __m128i = Vector<2>;
pub type __m256i = Vector<4>;
pub type __m512i = Vector<8>;

impl<const N: usize> zeroize::Zeroize for Vector<N> {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;

/// A byte in each byte of a word.
const fn splat(byte: u64) -> u64 {
    (byte & 0xff) * ONES
}

/// All ones in each byte whose lowest bit is set.
const fn filled(bits: u64) -> u64 {
    (bits & ONES) * 0xff
}

/// Lane by lane.
impl<const N: usize> Vector<N> {
    fn words(self, mut each: impl FnMut(u64) -> u64) -> Self {
        Self(self.0.map(&mut each))
    }

    fn with(self, other: Self, mut each: impl FnMut(u64, u64) -> u64) -> Self {
        Self(from_fn(|at| each(self.0[at], other.0[at])))
    }

    fn doubles(self, mut each: impl FnMut(u32) -> u32) -> Self {
        self.words(|word| u64::from(each(word as u32)) | u64::from(each((word >> 32) as u32)) << 32)
    }

    /// 32 bits by their number.
    fn double(self, at: usize) -> u32 {
        (self.0[at / 2] >> (32 * (at % 2))) as u32
    }

    fn of_doubles(mut each: impl FnMut(usize) -> u32) -> Self {
        Self(from_fn(|at| u64::from(each(2 * at)) | u64::from(each(2 * at + 1)) << 32))
    }

    fn byte(self, at: usize) -> u8 {
        (self.0[at / 8] >> (8 * (at % 8))) as u8
    }

    fn of_bytes(mut each: impl FnMut(usize) -> u8) -> Self {
        Self(from_fn(|word| u64::from_le_bytes(from_fn(|byte| each(8 * word + byte)))))
    }

    fn lane(self, at: usize) -> __m128i {
        Vector([self.0[2 * at], self.0[2 * at + 1]])
    }

    /// 128 bits by 128 bits.
    fn lanes(self, other: Self, mut each: impl FnMut(__m128i, __m128i) -> __m128i) -> Self {
        let made: [__m128i; N] = from_fn(|at| match at {
            at if at < N / 2 => each(self.lane(at), other.lane(at)),
            _ => Vector([0; 2]),
        });
        Self(from_fn(|at| made[at / 2].0[at % 2]))
    }
}

/// `2^8` elements of AES's field at a time, in the bytes of words.
fn product(mut a: u64, b: u64) -> u64 {
    let mut sum = 0;
    for bit in 0..8 {
        sum ^= a & filled(b >> bit);
        a = (a & splat(0x7f)) << 1 ^ (a >> 7 & ONES) * 0x1b;
    }
    sum
}

/// `x^254`
fn inverse(x: u64) -> u64 {
    let mut power = product(x, x);
    let mut made = power;
    for _ in 0..6 {
        power = product(power, power);
        made = product(made, power);
    }
    made
}

/// A matrix on each byte: byte `7 − i` is the row of bit `i`.
fn affine(x: u64, matrix: u64, constant: i32) -> u64 {
    (0..8).fold(splat(constant as u64), |sum, bit| {
        let row = x & splat(matrix >> (8 * (7 - bit)));
        let row = row ^ row >> 4;
        let row = row ^ row >> 2;
        sum ^ ((row ^ row >> 1) & ONES) << bit
    })
}

fn carryless(a: u64, b: u64) -> u128 {
    (0..64).fold(0, |sum, bit| {
        let mask = core::hint::black_box(b >> bit & 1).wrapping_neg();
        sum ^ u128::from(a & mask) << bit
    })
}

fn clmul<const I: i32>(a: __m128i, b: __m128i) -> __m128i {
    let made = carryless(a.0[(I & 1) as usize], b.0[(I >> 4 & 1) as usize]);
    Vector([made as u64, (made >> 64) as u64])
}

/// Sixteen bytes by the low halves of others, by looking at all of them; zeros where the highest bit is set.
fn shuffle(table: __m128i, places: __m128i) -> __m128i {
    places.words(|places| {
        let found = (0..16).fold(0, |found, at| {
            let differs = ((places ^ splat(at as u64)) & splat(0x0f)) + splat(0x0f);
            let here = filled(ONES ^ differs >> 4 & ONES);
            found | here & splat(table.byte(at).into())
        });
        found & !filled(places >> 7)
    })
}

fn ternary<const I: i32>(a: u64, b: u64, c: u64) -> u64 {
    let pick = |word: u64, set: bool| if set { word } else { !word };
    (0..8)
        .filter(|at| I >> at & 1 == 1)
        .fold(0, |sum, at| sum | pick(a, at & 4 != 0) & pick(b, at & 2 != 0) & pick(c, at & 1 != 0))
}

fn shuffle_doubles<const I: i32>(a: __m128i, _: __m128i) -> __m128i {
    Vector::of_doubles(|at| a.double((I >> (2 * at) & 3) as usize))
}

/// Pieces of `LEN` bytes of two lanes' halves, in turn; `HIGH` for the upper halves.
fn unpack<const LEN: usize, const HIGH: usize>(a: __m128i, b: __m128i) -> __m128i {
    Vector::of_bytes(|at| {
        let from = 8 * HIGH + at / (2 * LEN) * LEN + at % LEN;
        if at / LEN % 2 == 0 { a.byte(from) } else { b.byte(from) }
    })
}

fn aligned<const I: i32>(a: __m128i, b: __m128i) -> __m128i {
    Vector::of_bytes(|at| match at + I as usize {
        at @ 0..16 => b.byte(at),
        at @ 16..32 => a.byte(at - 16),
        _ => 0,
    })
}

pub fn _mm256_sub_epi32(a: __m256i, b: __m256i) -> __m256i {
    Vector::of_doubles(|at| a.double(at).wrapping_sub(b.double(at)))
}

fn splat_double<const N: usize>(value: i32) -> Vector<N> {
    Vector::of_doubles(|_| value as u32)
}

fn zero<const N: usize>() -> Vector<N> {
    Vector([0; N])
}

/// The first words, and zeros behind them.
fn resized<const N: usize, const M: usize>(a: Vector<N>) -> Vector<M> {
    Vector(from_fn(|at| if at < N { a.0[at] } else { 0 }))
}

unsafe fn load<const N: usize>(from: *const Vector<N>) -> Vector<N> {
    // SAFETY: the caller's, as for the intrinsic.
    unsafe { from.read_unaligned() }
}

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

macro_rules! memory {
    ($($load:ident $store:ident $vector:ident;)*) => {$(
        pub unsafe fn $load(from: *const $vector) -> $vector {
            // SAFETY: the caller's, as for the intrinsic.
            unsafe { load(from) }
        }

        pub unsafe fn $store(to: *mut $vector, value: $vector) {
            // SAFETY: the caller's, as for the intrinsic.
            unsafe { to.write_unaligned(value) }
        }
    )*};
}

memory! {
    _mm_loadu_si128 _mm_storeu_si128 __m128i;
    _mm256_loadu_si256 _mm256_storeu_si256 __m256i;
    _mm512_loadu_si512 _mm512_storeu_si512 __m512i;
}

/// Bytes without a one in the mask are not touched.
pub unsafe fn _mm512_maskz_loadu_epi8(mask: u64, from: *const i8) -> __m512i {
    Vector::of_bytes(|at| {
        if mask >> at & 1 == 0 {
            return 0;
        }
        // SAFETY: the caller's: there is memory where the mask has ones.
        unsafe { from.cast::<u8>().add(at).read() }
    })
}

/// Likewise.
pub unsafe fn _mm512_mask_storeu_epi8(to: *mut i8, mask: u64, value: __m512i) {
    for at in (0..64).filter(|at| mask >> at & 1 == 1) {
        // SAFETY: the caller's: there is memory where the mask has ones.
        unsafe { to.cast::<u8>().add(at).write(value.byte(at)) }
    }
}
