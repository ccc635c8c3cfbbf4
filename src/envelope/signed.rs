//! S, the trailer of a signed message: what is hashed, signed and verified.
//!
//! Format M70–M75. It covers what was written, not the recipients. Keeps 32 bytes a frame until the end.

use alloc::vec::Vec;

use super::HeaderDigest;
use crate::{
    algo::{
        sm2::{DEFAULT_USER_ID, MessageDigest, PublicKey, Signature},
        sm3,
    },
    error::{Rejected, Result},
    label,
};

/// The number of bytes of a trailer.
pub(super) const LEN: usize = Signature::LEN;

/// `SM3(00 ‖ i u64 ‖ ciphertext_i ‖ tag_i)`
pub(super) fn leaf(index: u64, frame: &[u8]) -> [u8; 32] {
    sm3::digest_parts(&[&[0], &index.to_be_bytes(), frame])
}

/// The leaves so far.
#[derive(Default)]
pub(super) struct Leaves {
    leaves: Vec<[u8; 32]>,
    bytes: u64,
}

impl Leaves {
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
