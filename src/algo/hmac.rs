//! `HMAC-SM3[key](message) → 32 bytes`: GB/T 15852.2-2012 and RFC 2104 with SM3.
//!
//! Knows no derivation; both padded key blocks are compressed once and kept, so a clone costs no hashing.

#[cfg(feature = "alloc")]
use alloc::{vec, vec::Vec};
use core::{fmt, slice};

use digest::{
    FixedOutput, InvalidLength, Key, KeyInit, MacMarker, Output, OutputSizeUser, Update,
    array::typenum::{U32, U64},
    common::KeySizeUser,
};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    cpu,
    sm3::{self, Backend, Block, Sm3, State},
};
use crate::{error::Rejected, secret::reveal};

/// A keyed HMAC-SM3 computation; a clone of a fresh one reuses the key without hashing it again.
///
/// ```
/// use miyao::algo::hmac::{HmacSm3, mac};
/// let mut hmac = HmacSm3::new(b"key");
/// hmac.update(b"message");
/// assert!(hmac.verify(&mac(b"key", &[b"mess", b"age"])).is_ok());
/// ```
#[derive(Clone)]
pub struct HmacSm3 {
    inner: Sm3,
    outer: State,
}

/// A key as both hashes have it: the states that have compressed its padded block; wiped on drop.
pub(super) struct Keyed {
    pub(super) inner: State,
    pub(super) outer: State,
}

impl HmacSm3 {
    /// The number of bytes of a tag.
    pub const LEN: usize = 32;

    /// Keys it with any number of bytes; more than 64 are hashed first.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Keyed::new(key).start()
    }

    /// Appends bytes to the message.
    pub fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }

    /// The tag of everything appended.
    #[must_use]
    pub fn finalize(mut self) -> [u8; 32] {
        let mut inner = self.inner.finalize_in_place();
        let mut block = last_block(&inner);
        Backend::best().compress(&mut self.outer, slice::from_ref(&block));
        inner.as_mut_slice().zeroize();
        block.as_mut_slice().zeroize();
        sm3::to_bytes(&self.outer)
    }

    /// The tags of messages that begin with everything appended, each going on with bytes of its own; side by side.
    #[cfg(feature = "alloc")]
    pub(crate) fn finalize_each<'a, const N: usize>(
        &self,
        messages: impl ExactSizeIterator<Item = ([u8; N], &'a [u8])>,
    ) -> Vec<[u8; 32]> {
        let (backend, count) = (Backend::best(), messages.len());
        let mut blocks = vec![[0; 64]; count];
        let jobs = messages.map(|(head, rest)| {
            let mut inner = self.inner.clone();
            inner.update(&head);
            (inner, rest)
        });
        sm3::finish_each(backend, jobs, |place, inner| blocks[place] = last_block(&inner));
        // Not by `vec!`, which looks whether all of it is zero.
        let mut states: Vec<State> = core::iter::repeat_n(self.outer, count).collect();
        backend.compress_each(&mut states, &blocks);
        blocks.as_flattened_mut().zeroize();
        states.iter().map(sm3::to_bytes).collect()
    }

    /// Compares the tag in constant time.
    ///
    /// # Errors
    /// [`Rejected`] when it differs or is not 32 bytes long.
    pub fn verify(self, tag: &[u8]) -> Result<(), Rejected> {
        let expected = Zeroizing::new(self.finalize());
        if reveal(expected.as_slice().ct_eq(tag)) { Ok(()) } else { Err(Rejected) }
    }
}

/// The tag of each message under its key, side by side.
#[cfg(feature = "alloc")]
pub(super) fn finish_each<'a>(
    jobs: impl ExactSizeIterator<Item = (&'a Keyed, &'a [u8])> + Clone,
) -> Vec<[u8; 32]> {
    let backend = Backend::best();
    let mut blocks = vec![[0; 64]; jobs.len()];
    let mut states: Vec<State> = jobs.clone().map(|(keyed, _)| keyed.outer).collect();
    let inner = jobs.map(|(keyed, message)| (Sm3::after_block(keyed.inner), message));
    sm3::finish_each(backend, inner, |place, inner| blocks[place] = last_block(&inner));
    backend.compress_each(&mut states, &blocks);
    blocks.as_flattened_mut().zeroize();
    let tags = states.iter().map(sm3::to_bytes).collect();
    states.as_flattened_mut().zeroize();
    tags
}

/// `HMAC-SM3[key](parts[0] ‖ parts[1] ‖ …)` in one call.
#[must_use]
pub fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut hmac = HmacSm3::new(key);
    for part in parts {
        hmac.update(part);
    }
    hmac.finalize()
}

impl Keyed {
    pub(super) fn new(key: &[u8]) -> Self {
        let mut block = [0u8; 64];
        if key.len() > block.len() {
            let mut hashed = sm3::digest(key);
            block[..32].copy_from_slice(&hashed);
            hashed.zeroize();
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let mut keyed = Self { inner: sm3::IV, outer: sm3::IV };
        padded(&mut keyed.inner, &block, 0x36);
        padded(&mut keyed.outer, &block, 0x5c);
        block.as_mut_slice().zeroize();
        keyed
    }

    /// Of each key of 32 bytes, side by side.
    #[cfg(feature = "alloc")]
    pub(super) fn each<'a>(keys: impl ExactSizeIterator<Item = &'a [u8; 32]> + Clone) -> Vec<Self> {
        let count = keys.len();
        let mut blocks: Vec<Block> = Vec::with_capacity(2 * count);
        for pad in [0x36, 0x5c] {
            blocks.extend(keys.clone().map(|key| {
                let mut block = [pad; 64];
                block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
                block
            }));
        }
        let mut states: Vec<State> = core::iter::repeat_n(sm3::IV, 2 * count).collect();
        Backend::best().compress_each(&mut states, &blocks);
        blocks.as_flattened_mut().zeroize();
        let (inner, outer) = states.split_at(count);
        let keyed =
            inner.iter().zip(outer).map(|(inner, outer)| Self { inner: *inner, outer: *outer }).collect();
        states.as_flattened_mut().zeroize();
        keyed
    }

    /// A computation that has the key and nothing of the message.
    pub(super) fn start(&self) -> HmacSm3 {
        HmacSm3 { inner: Sm3::after_block(self.inner), outer: self.outer }
    }
}

impl Drop for Keyed {
    fn drop(&mut self) {
        self.inner.as_mut_slice().zeroize();
        self.outer.as_mut_slice().zeroize();
        cpu::wipe_registers();
    }
}

/// Compresses the key block xored with `pad`.
fn padded(state: &mut State, block: &Block, pad: u8) {
    let mut block = block.map(|byte| byte ^ pad);
    Backend::best().compress(state, slice::from_ref(&block));
    block.as_mut_slice().zeroize();
}

/// The block that ends a message of a key block and 32 bytes, 768 bits in all.
pub(super) fn last_block(bytes: &[u8; 32]) -> Block {
    let mut block = [0; 64];
    block[..32].copy_from_slice(bytes);
    block[32] = 0x80;
    block[62] = 3;
    block
}

impl Drop for HmacSm3 {
    fn drop(&mut self) {
        self.outer.as_mut_slice().zeroize();
        cpu::wipe_registers();
    }
}

impl ZeroizeOnDrop for HmacSm3 {}

impl fmt::Debug for HmacSm3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacSm3")
    }
}

impl MacMarker for HmacSm3 {}

impl OutputSizeUser for HmacSm3 {
    type OutputSize = U32;
}

impl KeySizeUser for HmacSm3 {
    type KeySize = U64;
}

impl KeyInit for HmacSm3 {
    fn new(key: &Key<Self>) -> Self {
        Self::new(key)
    }

    fn new_from_slice(key: &[u8]) -> Result<Self, InvalidLength> {
        Ok(Self::new(key))
    }
}

impl Update for HmacSm3 {
    fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }
}

impl FixedOutput for HmacSm3 {
    fn finalize_into(self, out: &mut Output<Self>) {
        out.copy_from_slice(&self.finalize());
    }
}
