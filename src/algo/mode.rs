//! Modes of operation of SM4 (分组密码工作模式): GB/T 17964-2021 and the authenticated ones of RFC 8998.
//!
//! Knows no nonces' origin and no message format. Prefer [`gcm`]; the unauthenticated ones are for interoperability.

pub mod cbc;
pub mod ccm;
pub mod cfb;
pub mod cmac;
pub mod ctr;
pub mod ecb;
pub mod gcm;
pub mod ofb;
#[cfg(feature = "alloc")]
pub mod padding;
#[cfg(feature = "alloc")]
pub mod stream;
pub mod xts;

use crate::error::{Error, Kind};

/// `block ^= other`
pub(crate) fn xor(block: &mut [u8], other: &[u8]) {
    for (byte, other) in block.iter_mut().zip(other) {
        *byte ^= other;
    }
}

/// The buffer as whole blocks, or the error that says it is none.
fn whole_blocks(buffer: &mut [u8]) -> Result<&mut [[u8; 16]], Error> {
    match buffer.as_chunks_mut::<16>() {
        (blocks, []) => Ok(blocks),
        _ => Err(Error::new(Kind::Invalid, "this mode works on whole 16-byte blocks; pad the input first")),
    }
}

/// What of a piece ends the block of which so many bytes are there, its whole blocks, and the beginning of another.
fn cut(begun: usize, piece: &mut [u8]) -> [&mut [u8]; 3] {
    let end = if begun > 0 { piece.len().min(16 - begun) } else { 0 };
    let (end, rest) = piece.split_at_mut(end);
    let (whole, beginning) = rest.split_at_mut(rest.len() / 16 * 16);
    [end, whole, beginning]
}

fn ended() -> Error {
    Error::new(Kind::Invalid, "the message has ended; begin another one, with another nonce")
}
