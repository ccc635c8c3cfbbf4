//! GHASH of eight blocks to a reduction, by instructions that multiply two words of 64 bits.
//!
//! Knows no instruction. A macro, because what a function may use of the processor is written at the function: each kernel
//! says that, what a `Vector` is, and how two are `added` and multiplied (`products`, `low_product`); the other functions of
//! its file move bytes and words.

/// The most blocks to a reduction, and the number of powers: `(x H)^8 … (x H)^1`, the low word of each first.
pub(super) const WIDE: usize = 8;

macro_rules! kernel {
    ($features:literal) => {
        use super::{Words, blocks, eight::WIDE, lengths, padded};

        #[target_feature(enable = $features)]
        fn powers(h: u128, words: &mut Words) {
            let h1 = number(h);
            let h2 = product(h1, h1);
            let (h3, h4) = (product(h2, h1), product(h2, h2));
            let (h5, h6, h7, h8) = (product(h4, h1), product(h4, h2), product(h4, h3), product(h4, h4));
            for (words, power) in words.as_chunks_mut().0.iter_mut().zip([h8, h7, h6, h5, h4, h3, h2, h1]) {
                store_power(words, power);
            }
        }

        #[target_feature(enable = $features)]
        fn run(words: &Words, aad: &[u8], text: &[u8]) -> [u8; 16] {
            let mut run = Run::new(words, blocks(aad, text));
            run.absorb(aad);
            run.absorb(text);
            run.finish(lengths(aad, text))
        }

        /// A hash under way: the number of blocks left is known, so the first group is the short one and all others are full.
        struct Run<'a> {
            words: &'a Words,
            /// The hash of all groups before this one, until this one's first block has taken it in.
            hash: Vector,
            /// This group's products so far, and the blocks that it waits for.
            sum: Sum,
            left: usize,
        }

        impl<'a> Run<'a> {
            #[target_feature(enable = $features)]
            fn new(words: &'a Words, blocks: usize) -> Self {
                Self { words, hash: zero(), sum: Sum::zero(), left: (blocks - 1) % WIDE + 1 }
            }

            #[target_feature(enable = $features)]
            fn absorb(&mut self, part: &[u8]) {
                let mut rest = part;
                while !rest.is_empty() {
                    if self.left == WIDE {
                        let (groups, few) = rest.as_chunks::<{ 16 * WIDE }>();
                        self.absorb_groups(groups);
                        rest = few;
                    }
                    let (now, later) = rest.split_at(rest.len().min(16 * self.left));
                    self.absorb_few(now);
                    rest = later;
                }
            }

            #[target_feature(enable = $features)]
            fn absorb_groups(&mut self, groups: &[[u8; 16 * WIDE]]) {
                for group in groups {
                    let mut sum = Sum::zero();
                    for (block, power) in group.as_chunks().0.iter().zip(self.words.as_chunks().0) {
                        sum = sum.plus(added(swapped(load(block)), self.hash), load_power(power));
                        self.hash = zero();
                    }
                    self.hash = sum.reduced();
                }
            }

            /// At most as many blocks as the group waits for.
            #[target_feature(enable = $features)]
            fn absorb_few(&mut self, bytes: &[u8]) {
                let (blocks, rest) = bytes.as_chunks();
                for block in blocks {
                    self.absorb_block(swapped(load(block)));
                }
                if !rest.is_empty() {
                    self.absorb_block(swapped(load(&padded(rest))));
                }
            }

            #[target_feature(enable = $features)]
            fn absorb_block(&mut self, block: Vector) {
                let power = &self.words.as_chunks().0[WIDE - self.left];
                self.sum = self.sum.plus(added(block, self.hash), load_power(power));
                self.hash = zero();
                self.left -= 1;
                if self.left == 0 {
                    self.hash = self.sum.reduced();
                    (self.sum, self.left) = (Sum::zero(), WIDE);
                }
            }

            /// The block of lengths is the one that the last group still waits for.
            #[target_feature(enable = $features)]
            fn finish(mut self, lengths: u128) -> [u8; 16] {
                self.absorb_block(number(lengths));
                bytes(swapped(self.hash))
            }
        }

        /// A sum of products, not yet reduced: `low + middle x^64 + high x^128`.
        #[derive(Clone, Copy)]
        struct Sum {
            low: Vector,
            middle: Vector,
            high: Vector,
        }

        impl Sum {
            #[inline]
            #[target_feature(enable = $features)]
            fn zero() -> Self {
                Self { low: zero(), middle: zero(), high: zero() }
            }

            #[inline]
            #[target_feature(enable = $features)]
            fn plus(self, a: Vector, b: Vector) -> Self {
                let [low, middle, high] = products(a, b);
                Self {
                    low: added(self.low, low),
                    middle: added(self.middle, middle),
                    high: added(self.high, high),
                }
            }

            /// The sum times `x^−128`: two steps, each adding the multiple of the modulus that clears the lowest word.
            #[inline]
            #[target_feature(enable = $features)]
            fn reduced(self) -> Vector {
                fold(fold(self.low, self.middle), self.high)
            }
        }

        /// `(value + next x^64) x^−64`, the lowest word of `value` cleared.
        #[inline]
        #[target_feature(enable = $features)]
        fn fold(value: Vector, next: Vector) -> Vector {
            // x^63 + x^62 + x^57: the modulus without its ends, divided by x^64.
            let modulus = number(0xc200_0000_0000_0000);
            added(next, added(exchanged(value), low_product(value, modulus)))
        }

        /// `a ∘ b`
        #[inline]
        #[target_feature(enable = $features)]
        fn product(a: Vector, b: Vector) -> Vector {
            Sum::zero().plus(a, b).reduced()
        }

        #[inline]
        #[target_feature(enable = $features)]
        fn load_power(words: &[u64; 2]) -> Vector {
            number(u128::from(words[1]) << 64 | u128::from(words[0]))
        }

        #[inline]
        #[target_feature(enable = $features)]
        fn store_power(words: &mut [u64; 2], power: Vector) {
            let power = u128::from_le_bytes(bytes(power));
            *words = [power as u64, (power >> 64) as u64];
        }
    };
}

pub(super) use kernel;
