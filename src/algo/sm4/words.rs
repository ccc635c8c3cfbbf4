//! Groups of blocks word by word: a register holds one word of as many blocks as it has room for.
//!
//! Knows no mode but counting, and no instruction. A macro, because what a function may use of the processor is written at
//! the function: each kernel says that, how words come into its domain (`entered`) and out of it (`left`), and what a
//! `round` is. What moves bytes and words in a `Vector` it takes from the file that its processor's kernels share.

macro_rules! kernel {
    ($features:literal) => {
        use crate::algo::sm4::{Counter, Keys};

        /// `N` groups, each four words of its blocks.
        type Groups<const N: usize> = [[Vector; 4]; N];

        /// Bytes that a register holds.
        const ROW: usize = size_of::<Vector>();

        /// Up to so many groups of blocks, and what is XORed to them before and after.
        #[inline(never)]
        #[target_feature(enable = $features)]
        pub(super) fn blocks<const N: usize>(keys: &Keys, data: &mut [u8], [before, after]: [&[u8]; 2]) {
            let mut groups = [[zero(); 4]; N];
            for (group, words) in groups.iter_mut().enumerate() {
                for (row, words) in words.iter_mut().enumerate() {
                    let at = ROW * (4 * group + row);
                    *words = swapped(added(load(data, at), load(before, at)));
                }
                *words = turn_words(*words);
            }
            rounds(keys, &mut groups);
            for (group, rows) in groups.into_iter().enumerate() {
                for (row, block) in rows.into_iter().enumerate() {
                    let at = ROW * (4 * group + row);
                    store(data, at, added(block, load(after, at)));
                }
            }
        }

        /// Up to so many groups of blocks of a key stream.
        #[inline(never)]
        #[target_feature(enable = $features)]
        pub(super) fn count<const N: usize>(keys: &Keys, counter: &Counter, data: &mut [u8]) {
            let [a, b, c] = counter.fixed.map(|word| every(word));
            let mut groups = [[zero(); 4]; N];
            for (group, words) in groups.iter_mut().enumerate() {
                let low = counter.low.wrapping_add((ROW / 4 * group) as u32);
                *words = [a, b, c, counted(low)];
            }
            rounds(keys, &mut groups);
            for (group, rows) in groups.into_iter().enumerate() {
                for (row, block) in rows.into_iter().enumerate() {
                    let at = ROW * (4 * group + row);
                    store(data, at, added(block, load(data, at)));
                }
            }
        }

        /// From words of input to rows of output: blocks again.
        #[inline]
        #[target_feature(enable = $features)]
        fn rounds<const N: usize>(keys: &Keys, groups: &mut Groups<N>) {
            for word in groups.as_flattened_mut() {
                *word = entered(*word);
            }
            for keys in keys.as_chunks::<4>().0 {
                round::<N, 0>(groups, keys[0]);
                round::<N, 1>(groups, keys[1]);
                round::<N, 2>(groups, keys[2]);
                round::<N, 3>(groups, keys[3]);
            }
            for group in groups {
                let [a, b, c, d] = *group;
                *group = turn_words([d, c, b, a]);
                for row in group {
                    *row = swapped(left(*row));
                }
            }
        }
    };
}

pub(super) use kernel;
