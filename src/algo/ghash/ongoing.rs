//! A hash that goes on from piece to piece, by kernels that know whole messages only.
//!
//! What they make of blocks `X_1 … X_n` is `(Y ⊕ L) H`: `Y` is the hash of the blocks, `L` the block of their lengths. So what is
//! kept is `Y H`: it stands in the hash of more blocks where `X_2` does, and `L H` is one product. No kernel has to know.
//!
//! Knows no cipher.

use zeroize::Zeroizing;

use super::{GhashKey, lengths_of, soft};
use crate::algo::{cpu, mode::xor};

/// `Y H`; wiped on drop, for with the blocks it tells what `H` is.
pub(in crate::algo) struct Ongoing(Zeroizing<u128>);

impl Ongoing {
    /// After associated data.
    pub(in crate::algo) fn after(key: &GhashKey, aad: &[u8]) -> Self {
        let mut ongoing = Self(Zeroizing::new(0));
        ongoing.take(key, key.hash(aad, &[]), (aad.len(), 0));
        ongoing
    }

    /// After one block more.
    pub(in crate::algo) fn absorb(&mut self, key: &GhashKey, block: &[u8; 16]) {
        *self.0 = key.times_h(*self.0 ^ key.times_h(u128::from_be_bytes(*block)));
    }

    /// After two blocks and the rest of a piece, which is whole blocks; `hash` gives the hash of what it gets, as associated data,
    /// and of the rest.
    pub(in crate::algo) fn absorb_piece(
        &mut self,
        key: &GhashKey,
        two: &[u8; 32],
        rest: usize,
        hash: impl FnOnce(&[u8; 32]) -> [u8; 16],
    ) {
        let mut head = Zeroizing::new(*two);
        xor(&mut head[16..], &self.0.to_be_bytes());
        let hash = hash(&head);
        self.take(key, hash, (head.len(), rest));
    }

    /// The hash of a message whose parts have so many bytes.
    pub(in crate::algo) fn finish(&self, key: &GhashKey, aad: u64, text: u64) -> [u8; 16] {
        (*self.0 ^ key.times_h(lengths_of(aad, text))).to_be_bytes()
    }

    /// What is kept of the hash of parts of so many bytes.
    fn take(&mut self, key: &GhashKey, hash: [u8; 16], (aad, text): (usize, usize)) {
        *self.0 = u128::from_be_bytes(hash) ^ key.times_h(lengths_of(aad as u64, text as u64));
    }
}

impl GhashKey {
    /// `value H`, by integers whatever the kernel is.
    fn times_h(&self, value: u128) -> u128 {
        let product = soft::product(self.first_power(), value);
        // Of the words of a key integers leave as much in registers as kernels do.
        cpu::wipe_registers();
        product
    }
}
