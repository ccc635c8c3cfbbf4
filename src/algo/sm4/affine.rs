//! `S(x) = P · inv(T · x ⊕ t) ⊕ p`: SM4's S-box by inversion in the field of AES, and what the kernels make of it.
//!
//! Knows no instruction: matrices are in the form that `gf2p8affineqb` takes, so that byte 7 − i is the row of bit `i`.
//!
//! The kernels keep the state as `T · X`, so that no round begins with a matrix. The linear layer works within words: with
//! z the rotation by one byte, `L = (M0 + M3 z)(1 + z + z²)`, where `M0 = I ⊕ (≪ 2)` and `M3 = I ⊕ (≫ 6)` are matrices of
//! bytes. So with `a = A · inv(u) ⊕ a0` and `c = C · inv(u)` a round is `d = a ⊕ z c`, `X ← X ⊕ d ⊕ z d ⊕ z² d`, which is
//! also `a ⊕ z b ⊕ z² b ⊕ z³ c` with `b = a ⊕ c` less its constant.

use super::CK;

/// A bit matrix on bytes.
pub(super) type Matrix = u64;

/// From SM4's field to that of AES, the affine step into the inversion with it: one of 2,040 pairs that fit.
pub(super) const T: Matrix = 0x4c28_7db9_1a22_505d;
/// `t`, which the round keys take over.
const IN: u8 = 0x3e;
/// Back again.
const P: Matrix = 0xf3ab_34a9_74a6_b589;
const OUT: u8 = 0xd3;
/// Out of the kernels' domain.
pub(super) const T_INVERSE: Matrix = 0xb3a4_f586_3284_728b;
const _: () = assert!(product(T, T_INVERSE) == I, "the matrices do not belong together");

/// The round: `A`, `B = A ⊕ C`, `C`, and `a0`.
pub(super) const A: Matrix = within(I ^ shifted_left(2));
pub(super) const B: Matrix = A ^ C;
pub(super) const C: Matrix = within(I ^ shifted_right(6));
pub(super) const A0: u8 = apply(T, OUT.rotate_left(2));

/// The key schedule: `L'(s) = E0 s ⊕ z E1 s ⊕ z² E2 s ⊕ z³ E3 s`, being `s ⊕ (s ≪ 13) ⊕ (s ≪ 23)`; and its constant.
pub(super) const E: [Matrix; 4] = [
    within(I),
    within(shifted_left(5)),
    within(shifted_right(3) ^ shifted_left(7)),
    within(shifted_right(1)),
];
pub(super) const E0: u8 = apply(T, OUT ^ OUT.rotate_left(5) ^ OUT.rotate_left(7));

/// `t` in every byte of a word: what turns `T · rk` into what is added before an inversion.
pub(super) const IN_WORD: u32 = u32::from_ne_bytes([IN; 4]);

/// `T · CK ⊕ t`, the constants of the key schedule.
pub(super) const CK_IN: [u32; 32] = {
    let mut all = CK;
    let mut at = 0;
    while at < 32 {
        let [a, b, c, d] = all[at].to_le_bytes();
        all[at] = IN_WORD ^ u32::from_le_bytes([apply(T, a), apply(T, b), apply(T, c), apply(T, d)]);
        at += 1;
    }
    all
};

/// A matrix by table: `matrix · x ⊕ constant` is `low[x & 15] ⊕ high[x >> 4]`.
pub(super) struct Nibbles {
    pub(super) low: [u8; 16],
    pub(super) high: [u8; 16],
}

impl Nibbles {
    pub(super) const fn of(matrix: Matrix, constant: u8) -> Self {
        let (mut low, mut high) = ([0; 16], [0; 16]);
        let mut nibble = 0;
        while nibble < 16 {
            low[nibble] = apply(matrix, nibble as u8) ^ constant;
            high[nibble] = apply(matrix, (nibble as u8) << 4);
            nibble += 1;
        }
        Self { low, high }
    }

    /// `matrix · inv(u) ⊕ constant` from what AES makes of `u`, which is `affine · inv(u) ⊕ 0x63`.
    pub(super) const fn after_aes(matrix: Matrix, constant: u8) -> Self {
        let matrix = product(matrix, AES_INVERSE);
        Self::of(matrix, constant ^ apply(matrix, 0x63))
    }
}

/// The inverse of the matrix of AES's S-box: bit `i` is the sum of bits `i + 2`, `i + 5` and `i + 7` (FIPS 197 §5.3.2).
const AES_INVERSE: Matrix = {
    let mut matrix = 0;
    let mut bit = 0;
    while bit < 8 {
        matrix |= (0b1010_0100u8.rotate_left(bit) as u64) << (8 * (7 - bit));
        bit += 1;
    }
    matrix
};

/// What a matrix on bytes of the cipher is between an inversion and the kernels' domain.
const fn within(matrix: Matrix) -> Matrix {
    product(T, product(matrix, P))
}

const I: Matrix = shifted_left(0);

/// `x ≪ n` within a byte.
const fn shifted_left(n: u32) -> Matrix {
    let mut matrix = 0;
    let mut bit = n;
    while bit < 8 {
        matrix |= 1 << (bit - n) << (8 * (7 - bit));
        bit += 1;
    }
    matrix
}

/// `x ≫ n` within a byte.
const fn shifted_right(n: u32) -> Matrix {
    let mut matrix = 0;
    let mut bit = 0;
    while bit + n < 8 {
        matrix |= 1 << (bit + n) << (8 * (7 - bit));
        bit += 1;
    }
    matrix
}

const fn row(matrix: Matrix, bit: u32) -> u8 {
    (matrix >> (8 * (7 - bit))) as u8
}

const fn apply(matrix: Matrix, byte: u8) -> u8 {
    let mut result = 0;
    let mut bit = 0;
    while bit < 8 {
        result |= ((row(matrix, bit) & byte).count_ones() as u8 & 1) << bit;
        bit += 1;
    }
    result
}

/// First `inner`, then `outer`.
const fn product(outer: Matrix, inner: Matrix) -> Matrix {
    let mut result = 0;
    let mut bit = 0;
    while bit < 8 {
        let (mut sum, mut from) = (0, 0);
        while from < 8 {
            if row(outer, bit) >> from & 1 == 1 {
                sum ^= row(inner, from);
            }
            from += 1;
        }
        result |= (sum as u64) << (8 * (7 - bit));
        bit += 1;
    }
    result
}

const _: () = assert!(
    A == 0x040d_b891_e9a4_81b7 && C == 0x280f_bcb4_ff84_c11a && A0 == 0x63,
    "not the matrices that were verified"
);
