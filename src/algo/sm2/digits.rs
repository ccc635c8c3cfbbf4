//! Numbers as signed odd digits: of all places for secrets, with zeros between for public numbers.
//!
//! Knows neither points nor tables, but that a table holds the multiples 1, 3, 5, … of a point.

use zeroize::Zeroize;

use super::{
    scalar::Scalar,
    words::{Words, mask},
};

/// An odd number as `Σ d_i 2^(w i)` with every digit odd and between −2^w and 2^w: half as many entries as digits, and no
/// zero that would be an exception to the sums.
///
/// With `v_i = ⌊k / 2^(w i)⌋ | 1`, which is what the digits from the i-th on amount to, `d_i = v_i − 2^w v_(i+1)`: the lowest
/// w + 1 bits of v_i, less 2^w. The highest is v_i itself.
pub(super) struct OddDigits<const W: usize> {
    words: [u64; 5],
}

/// A digit of a secret: the place of its absolute value among 1, 3, 5, …, and a mask of ones where it is negative.
pub(super) struct Digit {
    pub(super) index: u64,
    pub(super) negative: u64,
}

impl<const W: usize> OddDigits<W> {
    /// How many digits a number below 2^256 has.
    pub(super) const PLACES: usize = 256usize.div_ceil(W);

    /// Of an odd number.
    pub(super) const fn new(number: &Words) -> Self {
        let [w0, w1, w2, w3] = *number;
        // A bit above all says that the highest digit is positive; no other digit reaches it.
        Self { words: [w0, w1, w2, w3, 1 << (W * Self::PLACES - 256)] }
    }

    /// Of the odd one of k and n − k, which may be secret; the mask says whether it is the second.
    pub(super) fn of(k: &Scalar) -> (Self, u64) {
        let (mut odd, negative) = k.odd();
        let digits = Self::new(&odd);
        odd.as_mut_slice().zeroize();
        (digits, negative)
    }

    /// The digit of this place.
    #[inline(always)]
    pub(super) fn at(&self, place: usize) -> Digit {
        let (word, shift) = (W * place / 64, W * place % 64);
        let wide = u128::from(self.words[word]) | u128::from(self.words[word + 1]) << 64;
        let bits = (wide >> shift) as u64;
        // The bit above says that what is left of 2^w is added, not taken away.
        let negative = mask(bits >> W & 1 == 0);
        Digit { index: (bits ^ negative) >> 1 & ((1 << (W - 1)) - 1), negative }
    }
}

impl<const W: usize> Drop for OddDigits<W> {
    fn drop(&mut self) {
        self.words.as_mut_slice().zeroize();
    }
}

/// The digits of a public number, the lowest first: odd and below 2^(w − 1), or zero, with at least w − 1 zeros between.
pub(super) type Sparse = [i8; 257];

/// The width-w non-adjacent form of a number below 2^len, for w up to 8.
pub(super) fn vartime_sparse(number: &Words, len: usize, width: usize) -> Sparse {
    let mut digits = [0; 257];
    let (mut at, mut carry) = (0, 0);
    while at <= len {
        let bits = from_place(number, at);
        // Zeros, or with a carry ones, give zeros.
        let same = if carry == 0 { bits.trailing_zeros() } else { bits.trailing_ones() } as usize;
        if same > 0 {
            at += same;
            continue;
        }
        let window = (bits & ((1 << width) - 1)) + carry;
        carry = window >> (width - 1) & 1;
        digits[at] = (window as i64 - ((carry as i64) << width)) as i8;
        at += width;
    }
    digits
}

/// `len` bits of a number from a place on, 64 to 127 of them.
pub(super) fn part(number: &Words, start: usize, len: usize) -> Words {
    let high = from_place(number, start + 64) & ((1 << (len - 64)) - 1);
    [from_place(number, start), high, 0, 0]
}

/// 64 bits of a number from a place on; zeros after its end.
fn from_place(number: &Words, place: usize) -> u64 {
    let word = |at: usize| u128::from(number.get(at).copied().unwrap_or(0));
    ((word(place / 64) | word(place / 64 + 1) << 64) >> (place % 64)) as u64
}
