//! `1/x` modulo an odd number below 2^256, by 590 division steps of Bernstein and Yang, whatever x is.
//!
//! Knows neither p nor n. The steps are those with δ = 1/2 (Wuille), of which 590 suffice for numbers of 256 bits; they
//! are taken 59 at a time on the lowest words, as a matrix that is then applied to the whole numbers. These have five
//! words of 62 bits, the highest with its sign.

use super::words::Words;
use crate::secret::barrier;

/// Five words of 62 bits, the lowest first; the highest is signed and holds what is left.
type Long = [i64; 5];

/// A number to invert by, and its own inverse modulo 2^62.
pub(super) struct Modulus {
    number: Long,
    inverse: u64,
}

/// What 59 steps do, times 2^62: f and g become `(u f + v g) / 2^62` and `(q f + r g) / 2^62`.
struct Matrix {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

const LOW: u64 = u64::MAX >> 2;
/// Steps of one matrix, and matrices.
const STEPS: usize = 59;
const ROUNDS: usize = 10;

impl Modulus {
    pub(super) const fn new(modulus: &Words) -> Self {
        // Newton: each round doubles the number of right bits, of which an odd number has 3 to begin with.
        let mut inverse = modulus[0];
        let mut round = 0;
        while round < 5 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(modulus[0].wrapping_mul(inverse)));
            round += 1;
        }
        Self { number: split(modulus), inverse: inverse & LOW }
    }
}

/// `1/x`, for x below the modulus; zero for zero.
pub(super) fn invert(x: &Words, modulus: &Modulus) -> Words {
    // f and g end as ±1 and 0. All the while d x = f and e x = g modulo the modulus.
    let (mut d, mut e) = ([0; 5], [1, 0, 0, 0, 0]);
    let (mut f, mut g) = (modulus.number, split(x));
    let mut zeta = -1;
    for _ in 0..ROUNDS {
        let (next, matrix) = steps(zeta, f[0] as u64, g[0] as u64);
        zeta = next;
        (d, e) = apply_modulo(&matrix, &d, &e, modulus);
        (f, g) = apply(&matrix, &f, &g);
    }
    join(&normal(d, sign(f[4]), &modulus.number))
}

const fn split(x: &Words) -> Long {
    [
        (x[0] & LOW) as i64,
        ((x[0] >> 62 | x[1] << 2) & LOW) as i64,
        ((x[1] >> 60 | x[2] << 4) & LOW) as i64,
        ((x[2] >> 58 | x[3] << 6) & LOW) as i64,
        (x[3] >> 56) as i64,
    ]
}

const fn join(x: &Long) -> Words {
    let [x0, x1, x2, x3, x4] = [x[0] as u64, x[1] as u64, x[2] as u64, x[3] as u64, x[4] as u64];
    [x0 | x1 << 62, x1 >> 2 | x2 << 60, x2 >> 4 | x3 << 58, x3 >> 6 | x4 << 56]
}

/// −1 for a negative number, 0 for others.
#[inline(always)]
fn sign(word: i64) -> i64 {
    barrier((word >> 63) as u64) as i64
}

/// 59 steps on the lowest words, in two halves; ζ is −δ − 1/2.
#[inline(always)]
fn steps(zeta: i64, f: u64, g: u64) -> (i64, Matrix) {
    let (zeta, f, g, first) = half_steps::<30>(zeta, f, g);
    let (zeta, _, _, second) = half_steps::<{ STEPS - 30 }>(zeta, f, g);
    let [[u, v], [q, r]] = second.map(|[a, b]| {
        // 2^59 becomes 2^62.
        [0, 1].map(|at| (a * first[0][at] + b * first[1][at]) << 3)
    });
    (zeta, Matrix { u, v, q, r })
}

/// `COUNT` steps, up to 30, with f and g after them and the matrix times 2^COUNT. A row of it is one word, the first entry in
/// the low half: what is done to one entry is done to both.
#[inline(always)]
fn half_steps<const COUNT: usize>(mut zeta: i64, mut f: u64, mut g: u64) -> (i64, u64, u64, [[i64; 2]; 2]) {
    let (mut uv, mut qr) = (1u64, 1u64 << 32);
    for _ in 0..COUNT {
        // δ > 0, and g odd.
        let swaps = barrier((zeta >> 63) as u64);
        let odd = barrier((g & 1).wrapping_neg());
        // g ± f, where g is odd.
        let (sum, row) = (
            g.wrapping_add((f ^ swaps).wrapping_sub(swaps) & odd),
            qr.wrapping_add((uv ^ swaps).wrapping_sub(swaps) & odd),
        );
        // Where both hold, f becomes the old g.
        let swaps = swaps & odd;
        zeta = (zeta ^ swaps as i64).wrapping_sub(1);
        f ^= (f ^ g) & swaps;
        uv = (uv ^ (uv ^ qr) & swaps) << 1;
        (g, qr) = (sum >> 1, row);
    }
    let entries = |row: u64| {
        let low = i64::from(row as i32);
        [low, (row as i64).wrapping_sub(low) >> 32]
    };
    (zeta, f, g, [entries(uv), entries(qr)])
}

#[inline(always)]
fn product(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}

/// The matrix on f and g, whose lowest 62 bits become zero and go.
#[inline(always)]
fn apply(Matrix { u, v, q, r }: &Matrix, f: &Long, g: &Long) -> (Long, Long) {
    let (mut new_f, mut new_g) = ([0; 5], [0; 5]);
    let mut sum_f = (product(*u, f[0]) + product(*v, g[0])) >> 62;
    let mut sum_g = (product(*q, f[0]) + product(*r, g[0])) >> 62;
    for at in 1..5 {
        sum_f += product(*u, f[at]) + product(*v, g[at]);
        sum_g += product(*q, f[at]) + product(*r, g[at]);
        (new_f[at - 1], sum_f) = ((sum_f as u64 & LOW) as i64, sum_f >> 62);
        (new_g[at - 1], sum_g) = ((sum_g as u64 & LOW) as i64, sum_g >> 62);
    }
    (new_f[4], new_g[4]) = (sum_f as i64, sum_g as i64);
    (new_f, new_g)
}

/// The matrix on d and e, to which multiples of the modulus are added that make the lowest 62 bits zero. Both stay between
/// −2 and 1 times the modulus.
#[inline(always)]
fn apply_modulo(Matrix { u, v, q, r }: &Matrix, d: &Long, e: &Long, modulus: &Modulus) -> (Long, Long) {
    let n = &modulus.number;
    let (negative_d, negative_e) = (sign(d[4]), sign(e[4]));
    let mut sum_d = product(*u, d[0]) + product(*v, e[0]);
    let mut sum_e = product(*q, d[0]) + product(*r, e[0]);
    let multiple = |start: i64, sum: i128| {
        let low = modulus.inverse.wrapping_mul(sum as u64).wrapping_add(start as u64) & LOW;
        start.wrapping_sub(low as i64)
    };
    let of_d = multiple((u & negative_d).wrapping_add(v & negative_e), sum_d);
    let of_e = multiple((q & negative_d).wrapping_add(r & negative_e), sum_e);
    sum_d = (sum_d + product(n[0], of_d)) >> 62;
    sum_e = (sum_e + product(n[0], of_e)) >> 62;
    let (mut new_d, mut new_e) = ([0; 5], [0; 5]);
    for at in 1..5 {
        sum_d += product(*u, d[at]) + product(*v, e[at]) + product(n[at], of_d);
        sum_e += product(*q, d[at]) + product(*r, e[at]) + product(n[at], of_e);
        (new_d[at - 1], sum_d) = ((sum_d as u64 & LOW) as i64, sum_d >> 62);
        (new_e[at - 1], sum_e) = ((sum_e as u64 & LOW) as i64, sum_e >> 62);
    }
    (new_d[4], new_e[4]) = (sum_d as i64, sum_e as i64);
    (new_d, new_e)
}

/// d from between −2 and 1 times the modulus to between 0 and 1, negated where f ended as −1.
fn normal(d: Long, negative_f: i64, modulus: &Long) -> Long {
    let plus_modulus = |mut d: Long| {
        let mask = sign(d[4]);
        d.iter_mut().zip(modulus).for_each(|(d, word)| *d += word & mask);
        d
    };
    let carried = |mut d: Long| {
        for at in 0..4 {
            d[at + 1] += d[at] >> 62;
            d[at] &= LOW as i64;
        }
        d
    };
    let d = plus_modulus(d).map(|word| (word ^ negative_f) - negative_f);
    carried(plus_modulus(carried(d)))
}
