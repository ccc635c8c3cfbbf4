//! S, the trailer of a signed message: what is hashed, signed and verified.
//!
//! Format M70–M75. It covers what was written, not the recipients. Keeps 32 bytes a frame until the end.

use alloc::{vec, vec::Vec};
use core::slice::Chunks;

use super::HeaderDigest;
use crate::{
    algo::{
        sm2::{DEFAULT_USER_ID, MessageDigest, PublicKey, Signature},
        sm3::{self, Backend, Sm3},
    },
    error::{Rejected, Result},
    label,
};

/// The number of bytes of a trailer.
pub(super) const LEN: usize = Signature::LEN;

/// `SM3(00 ‖ i u64 ‖ ciphertext_i ‖ tag_i)` of consecutive frames, the first being number `first`; side by side.
pub(super) fn leaves(first: u64, frames: Chunks<'_, u8>) -> Vec<[u8; 32]> {
    let mut leaves = vec![[0; 32]; frames.len()];
    let jobs = frames.zip(first..).map(|(frame, index)| {
        let mut hash = Sm3::new();
        hash.update(&[0]);
        hash.update(&index.to_be_bytes());
        (hash, frame)
    });
    sm3::finish_each(Backend::best(), jobs, |place, leaf| leaves[place] = leaf);
    leaves
}

/// The leaves so far.
#[derive(Default)]
pub(super) struct Leaves {
    leaves: Vec<[u8; 32]>,
    bytes: u64,
}

impl Leaves {
    /// Those of all frames of a message.
    pub(super) fn of(frames: Chunks<'_, u8>, tag_len: usize) -> Self {
        let bytes = frames.clone().map(|frame| (frame.len() - tag_len) as u64).sum();
        Self { leaves: leaves(0, frames), bytes }
    }

    #[cfg(feature = "std")]
    pub(super) fn push(&mut self, leaf: [u8; 32], plaintext_len: usize) {
        self.leaves.push(leaf);
        self.bytes += plaintext_len as u64;
    }

    /// `e` of the signature over `"miyao v1 signature\0" ‖ SM3(H) ‖ plaintext length u64 ‖ root` (M71–M73).
    pub(super) fn digest(&self, header: &HeaderDigest, signer: &PublicKey) -> Result<[u8; 32]> {
        let root =
            sm3::digest_parts(&[&[1], &(self.leaves.len() as u64).to_be_bytes(), self.leaves.as_flattened()]);
        let mut digest = MessageDigest::new(signer, DEFAULT_USER_ID)?;
        for part in [label::SIGNATURE, &header.0, &self.bytes.to_be_bytes(), &root] {
            digest.update(part);
        }
        Ok(digest.finalize())
    }

    pub(super) fn verify(&self, header: &HeaderDigest, signer: &PublicKey, trailer: &[u8]) -> Result<()> {
        let raw = trailer.try_into().map_err(|_| Rejected)?;
        let signature = Signature::from_bytes(raw)?;
        Ok(signer.verify_digest(&self.digest(header, signer)?, &signature)?)
    }
}
