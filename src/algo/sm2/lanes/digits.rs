//! Odd digits of eight numbers, as [`OddDigits`](super::super::digits::OddDigits) has those of one.
//!
//! Knows neither points nor tables. Nothing branches on a number.

use core::arch::x86_64::{
    __m512i, __mmask8, _mm512_and_si512, _mm512_mask_xor_epi64, _mm512_or_si512, _mm512_setzero_si512,
    _mm512_sllv_epi64, _mm512_srli_epi64, _mm512_srlv_epi64, _mm512_testn_epi64_mask,
};

use zeroize::Zeroize;

use super::{LANES, field::every, words::load};
use crate::algo::sm2::{digits::OddDigits, scalar::Scalar, words::Words};

/// The digits of the odd one of k and n − k, negated where it is the second: their sum is k modulo n.
pub(super) struct Digits<const W: usize> {
    words: [__m512i; 5],
    is_other: __mmask8,
}

/// A digit of each number: the place of its absolute value among 1, 3, 5, …, and the lanes where it is negative.
pub(super) struct Digit {
    pub(super) index: __m512i,
    pub(super) negative: __mmask8,
}

impl<const W: usize> Digits<W> {
    pub(super) const PLACES: usize = OddDigits::<W>::PLACES;

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn new(numbers: &[Scalar; LANES]) -> Self {
        let (mut odd, mut is_other): ([Words; LANES], _) = ([[0; 4]; LANES], 0);
        for (lane, number) in numbers.iter().enumerate() {
            let (words, other) = number.odd();
            odd[lane] = words;
            is_other |= (other as __mmask8 & 1) << lane;
        }
        let [w0, w1, w2, w3] = load(&odd);
        odd.as_flattened_mut().zeroize();
        // A bit above all says that the highest digit is positive; no other digit reaches it.
        Self { words: [w0, w1, w2, w3, every(1 << (W * Self::PLACES - 256))], is_other }
    }

    /// The digits of this place.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn at(&self, place: usize) -> Digit {
        let (word, shift) = (W * place / 64, (W * place % 64) as u64);
        let high = self.words.get(word + 1).copied().unwrap_or(_mm512_setzero_si512());
        // A shift by 64 leaves nothing.
        let bits = _mm512_or_si512(
            _mm512_srlv_epi64(self.words[word], every(shift)),
            _mm512_sllv_epi64(high, every(64 - shift)),
        );
        // The bit above says that what is left of 2^w is added, not taken away.
        let negative = _mm512_testn_epi64_mask(bits, every(1 << W));
        let amount = _mm512_mask_xor_epi64(bits, negative, bits, every(u64::MAX));
        Digit {
            index: _mm512_and_si512(_mm512_srli_epi64::<1>(amount), every((1 << (W - 1)) - 1)),
            negative: negative ^ self.is_other,
        }
    }
}

impl<const W: usize> Drop for Digits<W> {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}
