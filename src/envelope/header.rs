//! H, the immutable header: what a message is, bound into every one of its keys.
//!
//! Format M1–M19. Knows lengths and limits; derives nothing.

use alloc::vec::Vec;

use super::{Context, Suite};
use crate::{
    algo::sm3,
    error::{Error, Kind, Result},
};

/// The first four bytes of messages and tokens: no UTF-8 text starts so, and base64 of any of them starts "miyao".
pub(super) const MAGIC: [u8; 4] = [0x9a, 0x2c, 0x9a, 0xa1];
const VERSION: u8 = 1;
const SIGNED: u8 = 1;
/// Up to the context.
pub(super) const FIXED: usize = 43;
/// The longest header.
pub(super) const MAX: usize = FIXED + super::context::MAX_STORED + 32 + 32;
/// The frame sizes allowed: 4 KiB to 16 MiB.
pub(super) const FRAME_LOG2: core::ops::RangeInclusive<u8> = 12..=24;

/// A parsed header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// How frames are encrypted.
    pub suite: Suite,
    /// The base-2 logarithm of the frame size, 12 to 24.
    pub frame_log2: u8,
    /// The context as stored: unverified until a frame was opened.
    pub context: Context,
    /// The key identifier of who signed, if the message says it is signed: unverified likewise.
    pub signer: Option<[u8; 32]>,
    pub(super) salt: [u8; 32],
    pub(super) commitment: [u8; 32],
}

/// `SM3(H)`, which recipients' entries are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderDigest(pub [u8; 32]);

impl Header {
    /// The number of plaintext bytes of every frame but the last.
    #[must_use]
    pub const fn frame_len(&self) -> usize {
        1 << self.frame_log2
    }

    /// `H₀`: everything before the commitment.
    pub(super) fn encode_uncommitted(&self) -> Vec<u8> {
        let context = self.context.stored();
        let mut out = Vec::with_capacity(FIXED + context.len() + 64);
        out.extend_from_slice(&MAGIC);
        out.push(VERSION);
        out.extend_from_slice(&self.suite.number().to_be_bytes());
        out.push(if self.signer.is_some() { SIGNED } else { 0 });
        out.push(self.frame_log2);
        out.extend_from_slice(&(context.len() as u16).to_be_bytes());
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&context);
        out.extend_from_slice(self.signer.as_ref().map_or(&[][..], |signer| signer));
        out
    }

    /// `H`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = self.encode_uncommitted();
        out.extend_from_slice(&self.commitment);
        out
    }

    /// `SM3(H)`.
    #[must_use]
    pub fn digest(&self) -> HeaderDigest {
        HeaderDigest(sm3::digest(&self.encode()))
    }

    /// How long H is, from its first 43 bytes; every limit is checked here, before anything is allocated (M90).
    pub(super) fn len(fixed: &[u8; FIXED]) -> Result<usize> {
        let unknown = |what| Err(Error::new(Kind::Unsupported, what));
        if fixed[..4] != MAGIC {
            return Err(Error::new(Kind::Malformed, "not a miyao message: it does not start with 9a2c9aa1"));
        }
        match fixed[4] {
            VERSION => {}
            0x81 => {
                return Err(Error::new(
                    Kind::Malformed,
                    "this is a token, not a message; decrypt it as a token",
                ));
            }
            _ => return unknown("a message version this build does not know; use a newer release"),
        }
        Suite::from_number(u16::from_be_bytes([fixed[5], fixed[6]]))?;
        if fixed[7] & !SIGNED != 0 {
            return unknown("the message has a flag this build does not know; use a newer release");
        }
        if !FRAME_LOG2.contains(&fixed[8]) {
            return Err(Error::new(
                Kind::Malformed,
                "the frame size in the header is outside 4 KiB to 16 MiB",
            ));
        }
        let context = usize::from(u16::from_be_bytes([fixed[9], fixed[10]]));
        if context > super::context::MAX_STORED {
            return Err(Error::new(Kind::Malformed, "the context in the header is longer than 8,192 bytes"));
        }
        Ok(FIXED + context + if fixed[7] & SIGNED == 0 { 0 } else { 32 } + 32)
    }

    /// Reads H from the start of `bytes`; gives it and its length.
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed), [`Unsupported`](Kind::Unsupported) or [`Truncated`](Kind::Truncated).
    pub fn parse(bytes: &[u8]) -> Result<(Self, usize)> {
        let truncated =
            || Error::new(Kind::Truncated, "the message ends inside its header; get a whole copy");
        let fixed = match bytes.first_chunk::<FIXED>() {
            Some(fixed) => fixed,
            None if bytes.len() >= 4 && bytes[..4] != MAGIC => {
                return Err(Error::new(
                    Kind::Malformed,
                    "not a miyao message: it does not start with 9a2c9aa1",
                ));
            }
            None => return Err(truncated()),
        };
        let len = Self::len(fixed)?;
        let bytes = bytes.get(..len).ok_or_else(truncated)?;
        let signed = fixed[7] & SIGNED != 0;
        let context_end = len - 32 - if signed { 32 } else { 0 };
        let header = Self {
            suite: Suite::from_number(u16::from_be_bytes([fixed[5], fixed[6]]))?,
            frame_log2: fixed[8],
            context: Context::parse(&bytes[FIXED..context_end])?,
            signer: if signed { bytes[context_end..len - 32].try_into().ok() } else { None },
            salt: bytes[11..FIXED].try_into().map_err(|_| truncated())?,
            commitment: bytes[len - 32..].try_into().map_err(|_| truncated())?,
        };
        Ok((header, len))
    }
}
