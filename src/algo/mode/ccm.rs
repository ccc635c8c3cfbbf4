//! `SM4-CCM[key, nonce](associated data, plaintext) → (ciphertext, tag)`: GB/T 36624-2018 §9, RFC 8998 §3.
//!
//! Decryption has to decrypt before it can verify; what it wrote is wiped when the tag does not fit.

mod encryptor;
#[cfg(all(test, feature = "std"))]
mod tests;

use core::fmt;

pub use encryptor::Encryptor;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{ctr, xor};
use crate::{
    algo::sm4::{Backend, Sm4},
    error::{Error, Kind, Rejected, Result},
    secret::reveal,
};

/// SM4-CCM under one key, with tags of `TAG` bytes: 4, 6, … 16; anything else does not compile.
/// The nonce has 7 to 13 bytes; 15 less its length is the width of the message length.
#[derive(Clone)]
pub struct Ccm<const TAG: usize = 16> {
    cipher: Sm4,
}

impl<const TAG: usize> Ccm<TAG> {
    const TAG_IS_STANDARD: () =
        assert!(TAG >= 4 && TAG <= 16 && TAG.is_multiple_of(2), "not a tag length of CCM");

    /// Keys it.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        const { Self::TAG_IS_STANDARD };
        Self { cipher: Sm4::new(key) }
    }

    /// As [`new`](Self::new), for a kernel of the caller's choice; `None` where the processor cannot.
    #[doc(hidden)]
    #[must_use]
    pub fn with_backend(key: &[u8; 16], backend: Backend) -> Option<Self> {
        const { Self::TAG_IS_STANDARD };
        Sm4::with_backend(key, backend).map(|cipher| Self { cipher })
    }

    /// Encrypts `buffer` in place and gives the tag.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for a nonce that is not 7 to 13 bytes long, [`TooLarge`](Kind::TooLarge) when the
    /// message's length does not fit beside this nonce.
    pub fn encrypt(&self, nonce: &[u8], aad: &[u8], buffer: &mut [u8]) -> Result<[u8; TAG]> {
        let counter = first_counter(nonce, buffer.len() as u64)?;
        let tag = self.tag(nonce, aad, buffer, &counter);
        ctr::apply(&self.cipher, &after(counter, 1), buffer);
        Ok(tag)
    }

    /// As [`encrypt`](Self::encrypt), from one place to another of the same length, which is written on success only.
    ///
    /// # Errors
    /// As for [`encrypt`](Self::encrypt), and [`Invalid`](Kind::Invalid) when the lengths differ.
    pub fn encrypt_to(&self, nonce: &[u8], aad: &[u8], text: &[u8], out: &mut [u8]) -> Result<[u8; TAG]> {
        if text.len() != out.len() {
            return Err(Error::new(Kind::Invalid, "CCM's output is as long as its input; give as much room"));
        }
        first_counter(nonce, text.len() as u64)?;
        out.copy_from_slice(text);
        self.encrypt(nonce, aad, out)
    }

    /// Decrypts `buffer` in place, verifies, and wipes it when rejected.
    ///
    /// # Errors
    /// [`Rejected`] for another key, nonce, associated data or altered bytes.
    pub fn decrypt(
        &self,
        nonce: &[u8],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), Rejected> {
        let counter = first_counter(nonce, buffer.len() as u64).map_err(|_| Rejected)?;
        ctr::apply(&self.cipher, &after(counter, 1), buffer);
        let mut expected = self.tag(nonce, aad, buffer, &counter);
        let equal = expected.ct_eq(tag);
        expected.zeroize();
        if reveal(equal) {
            return Ok(());
        }
        buffer.zeroize();
        Err(Rejected)
    }

    /// CBC-MAC over B0, the associated data and the text, masked with the first key stream block.
    fn tag(&self, nonce: &[u8], aad: &[u8], text: &[u8], counter: &[u8; 16]) -> [u8; TAG] {
        let mut state = self.beginning(nonce, aad, text.len() as u64);
        self.absorb(&mut state, &[], text);
        self.masked(&state, counter)
    }

    /// CBC-MAC over B0 and the associated data.
    fn beginning(&self, nonce: &[u8], aad: &[u8], text: u64) -> [u8; 16] {
        let width = 15 - nonce.len();
        let mut state = [0u8; 16];
        state[0] = (u8::from(!aad.is_empty()) << 6) | (((TAG as u8 - 2) / 2) << 3) | (width as u8 - 1);
        state[1..=nonce.len()].copy_from_slice(nonce);
        xor(&mut state[16 - width.min(8)..], &text.to_be_bytes()[8 - width.min(8)..]);
        self.cipher.encrypt_block(&mut state);
        if !aad.is_empty() {
            let (prefix, used) = length_prefix(aad.len());
            self.absorb(&mut state, &prefix[..used], aad);
        }
        state
    }

    /// The tag.
    fn masked(&self, state: &[u8; 16], counter: &[u8; 16]) -> [u8; TAG] {
        let mut mask = *counter;
        self.cipher.encrypt_block(&mut mask);
        let tag = core::array::from_fn(|index| state[index] ^ mask[index]);
        mask.zeroize();
        tag
    }

    /// CBC-MAC of `prefix ‖ data ‖ 0*`; the prefix is shorter than a block.
    fn absorb(&self, state: &mut [u8; 16], prefix: &[u8], data: &[u8]) {
        let (head, rest) = data.split_at(data.len().min(16 - prefix.len()));
        if prefix.is_empty() && head.is_empty() {
            return;
        }
        xor(state, prefix);
        xor(&mut state[prefix.len()..], head);
        self.cipher.encrypt_block(state);
        let (blocks, last) = rest.as_chunks();
        self.cipher.absorb(state, blocks);
        if !last.is_empty() {
            xor(state, last);
            self.cipher.encrypt_block(state);
        }
    }
}

/// A0: the flags, the nonce, and a zero counter; refuses a nonce or a length the mode has no room for.
fn first_counter(nonce: &[u8], len: u64) -> Result<[u8; 16]> {
    if !(7..=13).contains(&nonce.len()) {
        return Err(Error::new(Kind::Invalid, "CCM takes a nonce of 7 to 13 bytes"));
    }
    let width = 15 - nonce.len();
    if width < 8 && len >= 1 << (8 * width) {
        return Err(Error::new(
            Kind::TooLarge,
            "the message is too long for this CCM nonce; use a shorter nonce",
        ));
    }
    let mut block = [0; 16];
    block[0] = width as u8 - 1;
    block[1..=nonce.len()].copy_from_slice(nonce);
    Ok(block)
}

/// The counter block so many further; the length check keeps it from running into the nonce.
fn after(counter: [u8; 16], blocks: usize) -> [u8; 16] {
    u128::from_be_bytes(counter).wrapping_add(blocks as u128).to_be_bytes()
}

/// How associated data of this length begins (RFC 3610 §2.2).
fn length_prefix(len: usize) -> ([u8; 10], usize) {
    let mut prefix = [0; 10];
    let bytes = (len as u64).to_be_bytes();
    match len as u64 {
        0..0xff00 => {
            prefix[..2].copy_from_slice(&bytes[6..]);
            (prefix, 2)
        }
        0xff00..=0xffff_ffff => {
            prefix[..2].copy_from_slice(&[0xff, 0xfe]);
            prefix[2..6].copy_from_slice(&bytes[4..]);
            (prefix, 6)
        }
        _ => {
            prefix[..2].copy_from_slice(&[0xff, 0xff]);
            prefix[2..].copy_from_slice(&bytes);
            (prefix, 10)
        }
    }
}

impl<const TAG: usize> ZeroizeOnDrop for Ccm<TAG> {}

impl<const TAG: usize> fmt::Debug for Ccm<TAG> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ccm")
    }
}
