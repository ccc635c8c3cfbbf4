//! One block, for its latency: encryption in a chain, and the key schedule.
//!
//! Knows no mode but chaining, and no instruction. Each word is first in a register of its own; what else is in there is
//! never looked at. A macro, because what a function may use of the processor is written at the function: each kernel says
//! that, how the words of a block and of a key come into its domain (`entered`, `keyed`) and out of it (`left`), how three
//! are added (`sum`), and what a round and the key schedule make of a sum (`substituted`, then `mixed` or `expanded`).

macro_rules! kernel {
    ($features:literal) => {
        use crate::algo::sm4::{
            Keys,
            affine::{CK_IN, IN_WORD},
        };

        /// The words of a block.
        type Words = [Vector; 4];

        /// What a round adds to its word, in two parts. The next round waits for them, so it takes them one by one into its sum
        /// instead of the word that they make, which is made at leisure.
        type Change = [Vector; 2];

        #[target_feature(enable = $features)]
        pub(super) fn schedule(key: &[u8; 16]) -> Keys {
            let (mut words, mut change) = (keyed(key), [zero(); 2]);
            let mut keys = [0; 32];
            for (keys, constants) in keys.as_chunks_mut::<4>().0.iter_mut().zip(CK_IN.as_chunks::<4>().0) {
                change = expanded(input::<0>(&mut words, change, constants[0]));
                change = expanded(input::<1>(&mut words, change, constants[1]));
                change = expanded(input::<2>(&mut words, change, constants[2]));
                change = expanded(input::<3>(&mut words, change, constants[3]));
                let [a, b, c, d] = words;
                *keys = [a, b, c, sum(d, change)].map(|word| first(word) ^ IN_WORD);
            }
            keys
        }

        #[target_feature(enable = $features)]
        pub(super) fn links(keys: &Keys, last: &mut [u8; 16], blocks: &mut [[u8; 16]]) {
            let mut words = entered(last);
            for block in blocks {
                words = link(keys, words, block);
                store_block(block, left(words));
            }
            store_block(last, left(words));
        }

        /// As [`links`], of which only the last block is asked for.
        #[target_feature(enable = $features)]
        pub(super) fn last_link(keys: &Keys, last: &mut [u8; 16], blocks: &[[u8; 16]]) {
            let mut words = entered(last);
            for block in blocks {
                words = link(keys, words, block);
            }
            store_block(last, left(words));
        }

        /// One block.
        #[target_feature(enable = $features)]
        pub(super) fn one(keys: &Keys, block: &mut [u8; 16]) {
            let words = link(keys, [zero(); 4], block);
            store_block(block, left(words));
        }

        /// The rounds over one block added to what stands in the words.
        #[inline]
        #[target_feature(enable = $features)]
        fn link(keys: &Keys, before: Words, block: &[u8; 16]) -> Words {
            let [a, b, c, d] = entered(block);
            let mut words =
                [added(before[0], a), added(before[1], b), added(before[2], c), added(before[3], d)];
            let mut change = [zero(); 2];
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

        /// What the matrices of round `W` are for; the word of the round before gets its change.
        #[inline]
        #[target_feature(enable = $features)]
        fn input<const W: usize>(words: &mut Words, change: Change, key: u32) -> Vector {
            input_of::<W>(words, change, one_word(key))
        }

        /// As [`input`], with a key that is in a register.
        #[inline]
        #[target_feature(enable = $features)]
        fn input_of<const W: usize>(words: &mut Words, change: Change, key: Vector) -> Vector {
            let old = words[(W + 3) % 4];
            let early = sum(added(old, key), [words[(W + 1) % 4], words[(W + 2) % 4]]);
            words[(W + 3) % 4] = sum(old, change);
            substituted(early, change)
        }
    };
}

/// What kernels have beside that whose rounds leave time for others.
#[cfg(target_arch = "x86_64")]
macro_rules! with_zero {
    ($features:literal) => {
        /// As [`schedule`], and what the zero block is encrypted to: its rounds fill the time in which keys wait for each other.
        #[target_feature(enable = $features)]
        pub(super) fn schedule_and_zero(key: &[u8; 16], image: &mut [u8; 16]) -> Keys {
            let (mut words, mut change) = (keyed(key), [zero(); 2]);
            let (mut state, mut added) = ([zero(); 4], [zero(); 2]);
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
            store_block(image, left([sum(d, added), c, b, a]));
            keys
        }

        /// The key that a word with its change is, in a register and among the others.
        #[inline]
        #[target_feature(enable = $features)]
        fn made(word: Vector, change: Change, key: &mut u32) -> Vector {
            let made = added(sum(word, change), one_word(IN_WORD));
            *key = first(made);
            made
        }
    };
}

pub(super) use kernel;
#[cfg(target_arch = "x86_64")]
pub(super) use with_zero;
