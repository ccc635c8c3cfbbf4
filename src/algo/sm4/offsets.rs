//! The round keys of a kernel that works byte by byte on planes, each plane holding one byte of many blocks.
//!
//! Knows no instruction: what is here is inlined into a kernel, and compiled for its processor there.
//!
//! Adding a key before the inversion would cost an instruction a plane. So each word `X_i` is kept with an offset `d_i`,
//! chosen so that `d_{r+1} ⊕ d_{r+2} ⊕ d_{r+3}` is the key of round `r`: the sum that the inversion takes has its key in
//! it already. What a round writes must then have `d_{r+4}` instead of `d_r`: their difference δ goes into
//! `d = a ⊕ z c ⊕ κ`, which has a free input. Since a round adds `d ⊕ z d ⊕ z² d`, κ is `z (δ ⊕ σ)`, where σ is the sum of
//! the four bytes of δ, in each of them.

use zeroize::Zeroize;

use super::Keys;

/// Every byte of it is in four bytes of a word, so that one word fills a plane.
#[repr(C, align(64))]
pub(super) struct Offsets {
    /// κ of each round, from the first byte of a word to the last.
    pub(super) rounds: [[u32; 4]; 32],
    /// What the last word starts with; the others start with nothing.
    pub(super) first: [u32; 4],
    /// What the output ends with, as a block.
    pub(super) last: [u8; 16],
}

impl Offsets {
    /// From keys as the kernels use them, `T · rk ⊕ t`, in the order of their use.
    #[inline(always)]
    pub(super) fn new(keys: &Keys) -> Self {
        let mut offsets = [0u32; 36];
        for (round, key) in keys.iter().enumerate() {
            offsets[round + 3] = key ^ offsets[round + 1] ^ offsets[round + 2];
        }
        let mut made = Self { rounds: [[0; 4]; 32], first: filled(offsets[3]), last: [0; 16] };
        for (round, kappa) in made.rounds.iter_mut().enumerate() {
            let delta = offsets[round] ^ offsets[round + 4];
            let sum = delta ^ delta.rotate_left(8);
            let sum = sum ^ sum.rotate_left(16);
            *kappa = filled((delta ^ sum).rotate_left(8));
        }
        for (bytes, word) in made.last.as_chunks_mut::<4>().0.iter_mut().zip(offsets[32..].iter().rev()) {
            *bytes = word.to_be_bytes();
        }
        offsets.as_mut_slice().zeroize();
        made
    }
}

/// Each byte of a word, first the highest, in all bytes of a word.
#[inline(always)]
fn filled(word: u32) -> [u32; 4] {
    word.to_be_bytes().map(|byte| u32::from_ne_bytes([byte; 4]))
}

impl Drop for Offsets {
    fn drop(&mut self) {
        self.rounds.as_flattened_mut().zeroize();
        self.first.as_mut_slice().zeroize();
        self.last.as_mut_slice().zeroize();
    }
}
