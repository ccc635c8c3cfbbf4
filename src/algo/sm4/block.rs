//! One block with GFNI, for its latency: encryption in a chain, and the key schedule.
//!
//! Knows no mode but chaining. Each word is first in a register of its own; what else is in there is never looked at. A
//! macro, because what a function may use of the processor is written at the function: each kernel says that, how it
//! rotates words (`changed`) and how it adds three (`sum`).

macro_rules! kernel {
    ($features:literal) => {
        use core::arch::x86_64::{
            _mm_cvtsi32_si128, _mm_cvtsi128_si32, _mm_gf2p8affine_epi64_epi8, _mm_gf2p8affineinv_epi64_epi8,
            _mm_set_epi32, _mm_set1_epi64x, _mm_setzero_si128, _mm_shuffle_epi32, _mm_unpacklo_epi32,
            _mm_unpacklo_epi64,
        };

        use crate::algo::sm4::{
            FK, Keys,
            affine::{A, A0, B, C, CK_IN, E, E0, IN_WORD, T, T_INVERSE},
            avx2::{SWAPPED, store_block},
        };

        /// What a round adds to its word, in two parts. The next round waits for them, so it takes them one by one into its sum
        /// instead of the word that they make, which is made at leisure.
        type Change = [__m128i; 2];

        #[target_feature(enable = $features)]
        pub(super) fn schedule(key: &[u8; 16]) -> Keys {
            let mut words = keyed(key);
            let mut change = [_mm_setzero_si128(); 2];
            let mut keys = [0; 32];
            for (keys, constants) in keys.as_chunks_mut::<4>().0.iter_mut().zip(CK_IN.as_chunks::<4>().0) {
                change = expanded(input::<0>(&mut words, change, constants[0]));
                change = expanded(input::<1>(&mut words, change, constants[1]));
                change = expanded(input::<2>(&mut words, change, constants[2]));
                change = expanded(input::<3>(&mut words, change, constants[3]));
                let [a, b, c, d] = words;
                *keys = [a, b, c, sum(d, change)].map(|word| _mm_cvtsi128_si32(word) as u32 ^ IN_WORD);
            }
            keys
        }

        /// As [`schedule`], and what the zero block is encrypted to: its rounds fill the time in which keys wait for each other.
        #[target_feature(enable = $features)]
        pub(super) fn schedule_and_zero(key: &[u8; 16], zero: &mut [u8; 16]) -> Keys {
            let (mut words, mut change) = (keyed(key), [_mm_setzero_si128(); 2]);
            let (mut state, mut added) = ([_mm_setzero_si128(); 4], [_mm_setzero_si128(); 2]);
            let mut keys = [0; 32];
            for (keys, constants) in keys.as_chunks_mut::<4>().0.iter_mut().zip(CK_IN.as_chunks::<4>().0) {
                change = expanded(input::<0>(&mut words, change, constants[0]));
                added = mixed(input_of::<0>(&mut state, added, made(words[0], change, &mut keys[0])));
                change = expanded(input::<1>(&mut words, change, constants[1]));
                added = mixed(input_of::<1>(&mut state, added, made(words[1], change, &mut keys[1])));
                change = expanded(input::<2>(&mut words, change, constants[2]));
                added = mixed(input_of::<2>(&mut state, added, made(words[2], change, &mut keys[2])));
                change = expanded(input::<3>(&mut words, change, constants[3]));
                added = mixed(input_of::<3>(&mut state, added, made(words[3], change, &mut keys[3])));
            }
            let [a, b, c, d] = state;
            store_block(zero, left([sum(d, added), c, b, a]));
            keys
        }

        /// The key that a word with its change is, in a register and among the others.
        #[inline]
        #[target_feature(enable = $features)]
        fn made(word: __m128i, change: Change, key: &mut u32) -> __m128i {
            let made = _mm_xor_si128(sum(word, change), one_word(IN_WORD));
            *key = _mm_cvtsi128_si32(made) as u32;
            made
        }

        /// The words of a key that round keys are made from.
        #[inline]
        #[target_feature(enable = $features)]
        fn keyed(key: &[u8; 16]) -> [__m128i; 4] {
            let [a, b, c, d] = FK.map(|word| word as i32);
            let key = _mm_shuffle_epi8(load_block(key), load_block(&SWAPPED));
            spread(entered(_mm_xor_si128(key, _mm_set_epi32(d, c, b, a))))
        }

        #[target_feature(enable = $features)]
        pub(super) fn links(keys: &Keys, last: &mut [u8; 16], blocks: &mut [[u8; 16]]) {
            let mut words = spread(entered(_mm_shuffle_epi8(load_block(last), load_block(&SWAPPED))));
            for block in blocks {
                words = link(keys, words, block);
                store_block(block, left(words));
            }
            store_block(last, left(words));
        }

        /// As [`links`], of which only the last block is asked for.
        #[target_feature(enable = $features)]
        pub(super) fn last_link(keys: &Keys, last: &mut [u8; 16], blocks: &[[u8; 16]]) {
            let mut words = spread(entered(_mm_shuffle_epi8(load_block(last), load_block(&SWAPPED))));
            for block in blocks {
                words = link(keys, words, block);
            }
            store_block(last, left(words));
        }

        /// One block.
        #[target_feature(enable = $features)]
        pub(super) fn one(keys: &Keys, block: &mut [u8; 16]) {
            let words = link(keys, [_mm_setzero_si128(); 4], block);
            store_block(block, left(words));
        }

        /// The rounds over one block added to what stands in the words, each in a register of its own.
        #[inline]
        #[target_feature(enable = $features)]
        fn link(keys: &Keys, before: [__m128i; 4], block: &[u8; 16]) -> [__m128i; 4] {
            let [a, b, c, d] = spread(entered(_mm_shuffle_epi8(load_block(block), load_block(&SWAPPED))));
            let mut words = [
                _mm_xor_si128(before[0], a),
                _mm_xor_si128(before[1], b),
                _mm_xor_si128(before[2], c),
                _mm_xor_si128(before[3], d),
            ];
            let mut change = [_mm_setzero_si128(); 2];
            for keys in keys.as_chunks::<4>().0 {
                change = mixed(input::<0>(&mut words, change, keys[0]));
                change = mixed(input::<1>(&mut words, change, keys[1]));
                change = mixed(input::<2>(&mut words, change, keys[2]));
                change = mixed(input::<3>(&mut words, change, keys[3]));
            }
            words[3] = sum(words[3], change);
            words.reverse();
            words
        }

        /// What round `W` inverts; the word of the round before gets its change.
        #[inline]
        #[target_feature(enable = $features)]
        fn input<const W: usize>(words: &mut [__m128i; 4], change: Change, key: u32) -> __m128i {
            input_of::<W>(words, change, one_word(key))
        }

        /// As [`input`], with a key that is in a register.
        #[inline]
        #[target_feature(enable = $features)]
        fn input_of<const W: usize>(words: &mut [__m128i; 4], change: Change, key: __m128i) -> __m128i {
            let old = words[(W + 3) % 4];
            let early = sum(_mm_xor_si128(old, key), [words[(W + 1) % 4], words[(W + 2) % 4]]);
            words[(W + 3) % 4] = sum(old, change);
            sum(early, change)
        }

        #[inline]
        #[target_feature(enable = $features)]
        fn one_word(word: u32) -> __m128i {
            _mm_cvtsi32_si128(word as i32)
        }

        /// `a ⊕ z b ⊕ z² b ⊕ z³ c`: more matrices than elsewhere, and fewer steps one after another.
        #[inline]
        #[target_feature(enable = $features)]
        fn mixed(u: __m128i) -> Change {
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
        fn expanded(u: __m128i) -> Change {
            let [e0, e1, e2, e3] = E.map(|matrix| _mm_set1_epi64x(matrix as i64));
            changed(
                _mm_gf2p8affineinv_epi64_epi8::<{ E0 as i32 }>(u, e0),
                _mm_gf2p8affineinv_epi64_epi8::<0>(u, e1),
                _mm_gf2p8affineinv_epi64_epi8::<0>(u, e2),
                _mm_gf2p8affineinv_epi64_epi8::<0>(u, e3),
            )
        }

        /// `T · X` of four words.
        #[inline]
        #[target_feature(enable = $features)]
        fn entered(words: __m128i) -> __m128i {
            _mm_gf2p8affine_epi64_epi8::<0>(words, _mm_set1_epi64x(T as i64))
        }

        /// The block that stands in four words.
        #[inline]
        #[target_feature(enable = $features)]
        fn left([a, b, c, d]: [__m128i; 4]) -> __m128i {
            let words = _mm_unpacklo_epi64(_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d));
            let words = _mm_gf2p8affine_epi64_epi8::<0>(words, _mm_set1_epi64x(T_INVERSE as i64));
            _mm_shuffle_epi8(words, load_block(&SWAPPED))
        }

        /// Four words, each first in a register of its own.
        #[inline]
        #[target_feature(enable = $features)]
        fn spread(words: __m128i) -> [__m128i; 4] {
            [
                words,
                _mm_shuffle_epi32::<0x55>(words),
                _mm_shuffle_epi32::<0xaa>(words),
                _mm_shuffle_epi32::<0xff>(words),
            ]
        }
    };
}

pub(super) use kernel;
