//! The rounds of one block by GFNI, whatever else the processor has.
//!
//! Knows matrices and inversion. A macro as [`block`](super::block) is: each kernel says what it may use, and how sums of
//! words are `changed` into a round's.

macro_rules! matrices {
    ($features:literal) => {
        use core::arch::x86_64::{
            _mm_gf2p8affine_epi64_epi8, _mm_gf2p8affineinv_epi64_epi8, _mm_set1_epi64x,
        };

        use crate::algo::sm4::{
            affine::{A, A0, B, C, E, E0, T, T_INVERSE},
            avx2::store_block,
            xmm::{added, first, gathered, key_words, one_word, spread, swapped, words_of, zero},
        };

        /// What is inverted: inversion comes along with each matrix.
        #[inline]
        #[target_feature(enable = $features)]
        fn substituted(early: Vector, change: Change) -> Vector {
            sum(early, change)
        }

        /// `a ⊕ z b ⊕ z² b ⊕ z³ c`: more matrices than elsewhere, and fewer steps one after another.
        #[inline]
        #[target_feature(enable = $features)]
        fn mixed(u: Vector) -> Change {
            let [a, b, c] = [A, B, C].map(|matrix| _mm_set1_epi64x(matrix as i64));
            let b = _mm_gf2p8affineinv_epi64_epi8::<0>(u, b);
            changed(
                _mm_gf2p8affineinv_epi64_epi8::<{ A0 as i32 }>(u, a),
                b,
                b,
                _mm_gf2p8affineinv_epi64_epi8::<0>(u, c),
            )
        }

        /// `L'` as four matrices.
        #[inline]
        #[target_feature(enable = $features)]
        fn expanded(u: Vector) -> Change {
            let [e0, e1, e2, e3] = E.map(|matrix| _mm_set1_epi64x(matrix as i64));
            changed(
                _mm_gf2p8affineinv_epi64_epi8::<{ E0 as i32 }>(u, e0),
                _mm_gf2p8affineinv_epi64_epi8::<0>(u, e1),
                _mm_gf2p8affineinv_epi64_epi8::<0>(u, e2),
                _mm_gf2p8affineinv_epi64_epi8::<0>(u, e3),
            )
        }

        /// `T · X` of the words of a block.
        #[inline]
        #[target_feature(enable = $features)]
        fn entered(block: &[u8; 16]) -> Words {
            spread(times(words_of(block), T))
        }

        /// The words of a key that round keys are made from.
        #[inline]
        #[target_feature(enable = $features)]
        fn keyed(key: &[u8; 16]) -> Words {
            spread(times(key_words(key), T))
        }

        /// The block that stands in four words.
        #[inline]
        #[target_feature(enable = $features)]
        fn left(words: Words) -> Vector {
            swapped(times(gathered(words), T_INVERSE))
        }

        #[inline]
        #[target_feature(enable = $features)]
        fn times(words: Vector, matrix: u64) -> Vector {
            _mm_gf2p8affine_epi64_epi8::<0>(words, _mm_set1_epi64x(matrix as i64))
        }
    };
}

pub(super) use matrices;
