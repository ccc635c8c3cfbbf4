//! `SM3(message) → 32 bytes`: the hash of GB/T 32905-2016 (密码杂凑算法).
//!
//! Knows blocks and lengths only. The compression function is the `sm3` crate's until our own stands here.

use core::fmt;

use digest::{
    FixedOutput, FixedOutputReset, HashMarker, Output, OutputSizeUser, Reset, Update,
    array::typenum::{U32, U64},
    block_api::BlockSizeUser,
};

/// An SM3 computation in progress; its state is wiped on drop.
///
/// ```
/// use miyao::algo::sm3::{Sm3, digest};
/// let mut hash = Sm3::new();
/// hash.update(b"ab");
/// hash.update(b"c");
/// assert_eq!(hash.finalize(), digest(b"abc"));
/// ```
#[derive(Clone, Default)]
pub struct Sm3(::sm3::Sm3);

impl Sm3 {
    /// The number of bytes of a digest.
    pub const LEN: usize = 32;

    /// Starts an empty message.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends bytes to the message.
    pub fn update(&mut self, data: &[u8]) {
        Update::update(&mut self.0, data);
    }

    /// The digest of everything appended.
    #[must_use]
    pub fn finalize(mut self) -> [u8; 32] {
        self.finalize_in_place()
    }

    /// The digest, the state staying where it is: a state that moves leaves a copy behind that nobody wipes.
    pub(super) fn finalize_in_place(&mut self) -> [u8; 32] {
        let mut out = [0; 32];
        self.0.finalize_into_reset((&mut out).into());
        out
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
        Update::update(&mut self.0, data);
    }
}

impl FixedOutput for Sm3 {
    fn finalize_into(mut self, out: &mut Output<Self>) {
        self.0.finalize_into_reset(out);
    }
}

impl Reset for Sm3 {
    fn reset(&mut self) {
        Reset::reset(&mut self.0);
    }
}

impl FixedOutputReset for Sm3 {
    fn finalize_into_reset(&mut self, out: &mut Output<Self>) {
        self.0.finalize_into_reset(out);
    }
}
