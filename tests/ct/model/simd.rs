//! The vector instructions that the kernels use, in integer arithmetic: what Valgrind cannot run, it can follow so.
//!
//! `tests/ct/run` puts this in the place of `core::arch::x86_64` in a copy of the library, whose kernels are otherwise the
//! same, word for word. Names, arguments and results are those of Intel's guide to intrinsics. Branches and addresses depend
//! on immediates and on masks of bytes only; what each instruction does to a secret is arithmetic.
#![allow(non_camel_case_types, clippy::wildcard_imports, reason = "the names are those of the intrinsics")]
#![allow(dead_code, missing_docs, unreachable_pub, reason = "not everything is used")]

mod instructions;
mod lanewise;
mod memory;
mod words;

pub use core::arch::x86_64::{__cpuid_count, _xgetbv, CpuidResult};
use core::array::from_fn;

pub use instructions::*;
pub use lanewise::*;
pub use memory::*;
pub use words::*;

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
