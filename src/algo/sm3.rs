//! `SM3(message) → 32 bytes`: the hash of GB/T 32905-2016 (密码杂凑算法).
//!
//! Knows blocks and lengths only; which kernel compresses is `sm3/backend`'s choice, and every kernel gives the same.

#[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
mod avx2;
#[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
mod avx512;
mod backend;
mod many;
#[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
mod neon;
#[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
mod sm3tt;
mod soft;
#[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
mod stitched;
#[cfg(all(test, feature = "std"))]
mod tests;
#[cfg(all(
    any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")),
    not(miyao_backend = "soft")
))]
mod wide;

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::{fmt, slice};

use digest::{
    FixedOutput, FixedOutputReset, HashMarker, Output, OutputSizeUser, Reset, Update,
    array::typenum::{U32, U64},
    common::BlockSizeUser,
};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub(crate) use backend::Backend;
#[doc(hidden)]
pub use backend::Tier;
pub(crate) use many::finish_counted;
#[cfg(feature = "alloc")]
pub(crate) use many::finish_each;

/// The chaining value V: eight words.
pub(crate) type State = [u32; 8];
/// The bytes that the compression function takes at a time.
pub(crate) type Block = [u8; 64];

/// IV (GB/T 32905-2016 §4.1).
pub(super) const IV: State =
    [0x7380_166f, 0x4914_b2b9, 0x1724_42d7, 0xda8a_0600, 0xa96f_30bc, 0x1631_38aa, 0xe38d_ee4d, 0xb0fb_0e4e];
/// `T_j ⋘ (j mod 32)` (§4.2), the constant of each round.
const ROUND: [u32; 64] = {
    let mut constants = [0; 64];
    let mut at = 0;
    while at < 64 {
        let t: u32 = if at < 16 { 0x79cc_4519 } else { 0x7a87_9d8a };
        constants[at] = t.rotate_left(at as u32 % 32);
        at += 1;
    }
    constants
};
/// Where the length of the message stands in the last block.
const LENGTH: usize = 56;

/// An SM3 computation in progress; its state is wiped on drop.
///
/// ```
/// use miyao::algo::sm3::{Sm3, digest};
/// let mut hash = Sm3::new();
/// hash.update(b"ab");
/// hash.update(b"c");
/// assert_eq!(hash.finalize(), digest(b"abc"));
/// ```
#[derive(Clone)]
pub struct Sm3 {
    state: State,
    /// The bytes appended so far.
    len: u64,
    /// The last `len mod 64` of them.
    buffer: Block,
}

impl Sm3 {
    /// The number of bytes of a digest.
    pub const LEN: usize = 32;

    /// Starts an empty message.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: IV, len: 0, buffer: [0; 64] }
    }

    /// Appends bytes to the message.
    pub fn update(&mut self, mut data: &[u8]) {
        let backend = Backend::best();
        let filled = self.filled();
        self.len = self.len.wrapping_add(data.len() as u64);
        if filled > 0 {
            let taken = data.len().min(64 - filled);
            let (head, rest) = data.split_at(taken);
            self.buffer[filled..filled + taken].copy_from_slice(head);
            if filled + taken < 64 {
                return;
            }
            backend.compress(&mut self.state, slice::from_ref(&self.buffer));
            data = rest;
        }
        let (blocks, tail) = data.as_chunks();
        backend.compress(&mut self.state, blocks);
        self.buffer[..tail.len()].copy_from_slice(tail);
    }

    /// The digest of everything appended.
    #[must_use]
    pub fn finalize(mut self) -> [u8; 32] {
        self.finalize_in_place()
    }

    /// The digest, the state staying where it is: a state that moves leaves a copy behind that nobody wipes.
    pub(super) fn finalize_in_place(&mut self) -> [u8; 32] {
        let backend = Backend::best();
        let filled = self.filled();
        let bits = self.len.wrapping_mul(8).to_be_bytes();
        self.buffer[filled] = 0x80;
        self.buffer[filled + 1..].fill(0);
        if filled >= LENGTH {
            backend.compress(&mut self.state, slice::from_ref(&self.buffer));
            self.buffer.fill(0);
        }
        self.buffer[LENGTH..].copy_from_slice(&bits);
        backend.compress(&mut self.state, slice::from_ref(&self.buffer));
        let digest = to_bytes(&self.state);
        self.restart();
        digest
    }

    /// Goes on after one block that was compressed into `state`.
    pub(super) const fn after_block(state: State) -> Self {
        Self { state, len: 64, buffer: [0; 64] }
    }

    /// How many bytes wait for their block to be full.
    const fn filled(&self) -> usize {
        (self.len % 64) as usize
    }

    fn restart(&mut self) {
        // As slices: an array is wiped element by element.
        self.buffer.as_mut_slice().zeroize();
        self.state = IV;
        self.len = 0;
    }
}

/// `SM3(data)` in one call.
#[must_use]
pub fn digest(data: &[u8]) -> [u8; 32] {
    digest_parts(&[data])
}

/// `SM3(parts[0] ‖ parts[1] ‖ …)`.
#[must_use]
pub fn digest_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sm3::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize()
}

/// `SM3` of each message, in their order; as many at once as the processor has lanes.
///
/// ```
/// use miyao::algo::sm3::{digest, digest_many};
/// assert_eq!(digest_many(&[b"one", b"two"]), [digest(b"one"), digest(b"two")]);
/// ```
#[cfg(feature = "alloc")]
#[must_use]
pub fn digest_many(messages: &[&[u8]]) -> Vec<[u8; 32]> {
    many::digest_each(Backend::best(), messages)
}

/// The bytes of a chaining value as they stand in a digest.
pub(crate) fn to_bytes(state: &State) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    bytes
}

impl Default for Sm3 {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Sm3 {
    fn drop(&mut self) {
        self.state.as_mut_slice().zeroize();
        self.restart();
    }
}

impl ZeroizeOnDrop for Sm3 {}

impl fmt::Debug for Sm3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sm3")
    }
}

impl HashMarker for Sm3 {}

impl OutputSizeUser for Sm3 {
    type OutputSize = U32;
}

impl BlockSizeUser for Sm3 {
    type BlockSize = U64;
}

impl Update for Sm3 {
    fn update(&mut self, data: &[u8]) {
        self.update(data);
    }
}

impl FixedOutput for Sm3 {
    fn finalize_into(mut self, out: &mut Output<Self>) {
        self.finalize_into_reset(out);
    }
}

impl Reset for Sm3 {
    fn reset(&mut self) {
        self.restart();
    }
}

impl FixedOutputReset for Sm3 {
    fn finalize_into_reset(&mut self, out: &mut Output<Self>) {
        out.copy_from_slice(&self.finalize_in_place());
    }
}
