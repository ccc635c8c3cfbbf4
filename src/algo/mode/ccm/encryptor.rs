//! One message that is encrypted piece by piece: the bytes and the tag are those of [`Ccm::encrypt`].
//!
//! Only this way: what a decryption in pieces gives out, nobody has verified yet. CCM begins with the length of the text, so
//! it has to be known.

use core::{borrow::Borrow, fmt};

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{Ccm, after, first_counter};
use crate::{
    algo::mode::{ctr, cut, ended, xor},
    error::{Error, Kind, Result},
};

/// A message on its way through CCM, under a key that is borrowed, shared or its own; all of it is wiped on drop.
///
/// ```
/// use miyao::algo::mode::ccm::{Ccm, Encryptor};
/// let ccm: Ccm = Ccm::new(&[7; 16]);
/// let (mut one, mut two) = (*b"a text ", *b"in pieces");
/// let mut encryptor = Encryptor::new(&ccm, &[1; 12], b"context", 16)?;
/// encryptor.update(&mut one)?;
/// encryptor.update(&mut two)?;
/// let tag = encryptor.finish()?;
/// let mut whole = [&one[..], &two].concat();
/// ccm.decrypt(&[1; 12], b"context", &mut whole, &tag)?;
/// assert_eq!(whole, b"a text in pieces");
/// # Ok::<(), miyao::Error>(())
/// ```
///
/// After a fork one of the two processes goes on with it: if both did, two texts would be under one nonce.
pub struct Encryptor<C, const TAG: usize = 16> {
    ccm: C,
    /// The CBC-MAC, with what there is of a block in it.
    state: Zeroizing<[u8; 16]>,
    first: Zeroizing<[u8; 16]>,
    /// The counter block of the next whole block.
    counter: Zeroizing<[u8; 16]>,
    /// The key stream of the block that was begun, and how much of it is used.
    key_stream: Zeroizing<[u8; 16]>,
    used: usize,
    /// The bytes that are still to come; none once the message has ended.
    left: Option<u64>,
}

impl<C: Borrow<Ccm<TAG>>, const TAG: usize> Encryptor<C, TAG> {
    /// Begins a message of `text_len` bytes. The nonce must never meet the same key twice, in one piece or in many.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for a nonce that is not 7 to 13 bytes long, [`TooLarge`](Kind::TooLarge) when the message's
    /// length does not fit beside this nonce.
    pub fn new(ccm: C, nonce: &[u8], aad: &[u8], text_len: u64) -> Result<Self> {
        let first = first_counter(nonce, text_len)?;
        let state = ccm.borrow().beginning(nonce, aad, text_len).into();
        Ok(Self {
            ccm,
            state,
            first: first.into(),
            counter: after(first, 1).into(),
            key_stream: [0; 16].into(),
            used: 0,
            left: Some(text_len),
        })
    }

    /// Encrypts the next bytes in place.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) when the text gets longer than was said, and nothing is done; and after
    /// [`finish`](Self::finish).
    pub fn update(&mut self, piece: &mut [u8]) -> Result<()> {
        self.admit(piece.len())?;
        self.encrypt(piece);
        Ok(())
    }

    /// As [`update`](Self::update), from one place to another of the same length, which is written on success only.
    ///
    /// # Errors
    /// As for [`update`](Self::update), and [`Invalid`](Kind::Invalid) when the lengths differ.
    pub fn update_to(&mut self, piece: &[u8], out: &mut [u8]) -> Result<()> {
        if piece.len() != out.len() {
            return Err(Error::new(Kind::Invalid, "CCM's output is as long as its input; give as much room"));
        }
        self.admit(piece.len())?;
        out.copy_from_slice(piece);
        self.encrypt(out);
        Ok(())
    }

    /// Ends the message and gives its tag.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) when the text is shorter than was said, whose rest can still come, and when this was called
    /// before.
    pub fn finish(&mut self) -> Result<[u8; TAG]> {
        if self.left.ok_or_else(ended)? > 0 {
            return Err(Error::new(
                Kind::Invalid,
                "the text is shorter than was said at its beginning; give the rest of it",
            ));
        }
        self.left = None;
        if self.used > 0 {
            self.ccm.borrow().cipher.encrypt_block(&mut self.state);
        }
        Ok(self.ccm.borrow().masked(&self.state, &self.first))
    }

    /// Counts so many bytes more.
    fn admit(&mut self, more: usize) -> Result<()> {
        let left = self.left.ok_or_else(ended)?.checked_sub(more as u64);
        self.left = Some(left.ok_or_else(|| {
            Error::new(
                Kind::Invalid,
                "the text is longer than was said; say its whole length at the beginning",
            )
        })?);
        Ok(())
    }

    fn encrypt(&mut self, piece: &mut [u8]) {
        let [end, whole, beginning] = cut(self.used, piece);
        self.part(end);
        let (blocks, _) = whole.as_chunks();
        let cipher = &self.ccm.borrow().cipher;
        cipher.absorb(&mut self.state, blocks);
        ctr::apply(cipher, &self.counter, whole);
        *self.counter = after(*self.counter, whole.len() / 16);
        if !beginning.is_empty() {
            self.key_stream.copy_from_slice(&*self.counter);
            cipher.encrypt_block(&mut self.key_stream);
            *self.counter = after(*self.counter, 1);
            self.part(beginning);
        }
    }

    /// Bytes within one block, whose key stream is there.
    fn part(&mut self, bytes: &mut [u8]) {
        let range = self.used..self.used + bytes.len();
        xor(&mut self.state[range.clone()], bytes);
        xor(bytes, &self.key_stream[range.clone()]);
        self.used = range.end % 16;
        if range.end == 16 {
            self.ccm.borrow().cipher.encrypt_block(&mut self.state);
        }
    }
}

impl<C: ZeroizeOnDrop, const TAG: usize> ZeroizeOnDrop for Encryptor<C, TAG> {}

impl<C, const TAG: usize> fmt::Debug for Encryptor<C, TAG> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ccm::Encryptor")
    }
}
