//! The counter block of CTR and GCM: 96 bits that stay and 32 that count.
//!
//! Knows neither keys nor modes.

/// A counter block: the first 96 bits stay.
#[derive(Clone, Copy)]
pub(super) struct Counter {
    pub(super) fixed: [u32; 3],
    pub(super) low: u32,
}

impl Counter {
    pub(super) fn from(block: &[u8; 16]) -> Self {
        let (words, _) = block.as_chunks::<4>();
        let word = |at: usize| u32::from_be_bytes(words[at]);
        Self { fixed: [word(0), word(1), word(2)], low: word(3) }
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn fixed_bytes(&self) -> [u8; 12] {
        let block = self.block();
        core::array::from_fn(|at| block[at])
    }

    pub(super) fn block(&self) -> [u8; 16] {
        let [a, b, c] = self.fixed;
        u128::to_be_bytes(
            [a, b, c, self.low].into_iter().fold(0, |block, word| block << 32 | u128::from(word)),
        )
    }
}
