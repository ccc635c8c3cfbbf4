//! One message that is encrypted piece by piece: the bytes and the tag are those of [`Gcm::encrypt`].
//!
//! Only this way: what a decryption in pieces gives out, nobody has verified yet.

#[cfg(all(test, feature = "std"))]
mod tests;

use core::{borrow::Borrow, fmt};

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{Gcm, after, too_long};
use crate::{
    algo::{
        ghash::Ongoing,
        mode::{ctr, cut, ended, xor},
    },
    error::{Error, Kind, Result},
};

/// A message on its way through GCM, under a key that is borrowed, shared or its own; all of it is wiped on drop.
///
/// ```
/// use miyao::algo::mode::gcm::{Encryptor, Gcm};
/// let gcm: Gcm = Gcm::new(&[7; 16]);
/// let (mut one, mut two) = (*b"a text ", *b"in pieces");
/// let mut encryptor = Encryptor::new(&gcm, &[1; 12], b"context")?;
/// encryptor.update(&mut one)?;
/// encryptor.update(&mut two)?;
/// let tag = encryptor.finish()?;
/// let mut whole = [&one[..], &two].concat();
/// gcm.decrypt(&[1; 12], b"context", &mut whole, &tag)?;
/// assert_eq!(whole, b"a text in pieces");
/// # Ok::<(), miyao::Error>(())
/// ```
///
/// After a fork one of the two processes goes on with it: if both did, two texts would be under one nonce.
pub struct Encryptor<G, const TAG: usize = 16> {
    gcm: G,
    hash: Ongoing,
    first: Zeroizing<[u8; 16]>,
    /// The counter block of the next whole block.
    counter: Zeroizing<[u8; 16]>,
    /// The key stream of the block that was begun, and what came of that block.
    key_stream: Zeroizing<[u8; 16]>,
    block: Zeroizing<[u8; 16]>,
    aad: u64,
    /// The bytes of text so far; none once it has ended.
    text: Option<u64>,
}

impl<G: Borrow<Gcm<TAG>>, const TAG: usize> Encryptor<G, TAG> {
    /// Begins a message. The nonce must never meet the same key twice, in one piece or in many.
    ///
    /// # Errors
    /// [`Invalid`](crate::Kind::Invalid) for an empty nonce.
    pub fn new(gcm: G, nonce: &[u8], aad: &[u8]) -> Result<Self> {
        Gcm::<TAG>::check(nonce, &[])?;
        let first = gcm.borrow().first_counter(nonce);
        let hash = Ongoing::after(&gcm.borrow().hash, aad);
        Ok(Self {
            gcm,
            hash,
            first: first.into(),
            counter: after(first, 1).into(),
            key_stream: [0; 16].into(),
            block: [0; 16].into(),
            aad: aad.len() as u64,
            text: Some(0),
        })
    }

    /// Encrypts the next bytes in place.
    ///
    /// # Errors
    /// [`TooLarge`](crate::Kind::TooLarge) when the text gets longer than [`Gcm::MAX`], and nothing is done;
    /// [`Invalid`](crate::Kind::Invalid) after [`finish`](Self::finish).
    pub fn update(&mut self, piece: &mut [u8]) -> Result<()> {
        let begun = self.admit(piece.len())?;
        self.encrypt(begun, piece);
        Ok(())
    }

    /// As [`update`](Self::update), from one place to another of the same length, which is written on success only.
    ///
    /// # Errors
    /// As for [`update`](Self::update), and [`Invalid`](crate::Kind::Invalid) when the lengths differ.
    pub fn update_to(&mut self, piece: &[u8], out: &mut [u8]) -> Result<()> {
        if piece.len() != out.len() {
            return Err(Error::new(Kind::Invalid, "GCM's output is as long as its input; give as much room"));
        }
        let begun = self.admit(piece.len())?;
        out.copy_from_slice(piece);
        self.encrypt(begun, out);
        Ok(())
    }

    /// Ends the message and gives its tag.
    ///
    /// # Errors
    /// [`Invalid`](crate::Kind::Invalid) when this was called before.
    pub fn finish(&mut self) -> Result<[u8; TAG]> {
        let text = self.text.take().ok_or_else(ended)?;
        let begun = (text % 16) as usize;
        let Gcm { cipher, hash } = self.gcm.borrow();
        if begun > 0 {
            self.block[begun..].fill(0);
            self.hash.absorb(hash, &self.block);
        }
        let mut tag = self.first.clone();
        cipher.encrypt_block(&mut tag);
        xor(&mut *tag, &self.hash.finish(hash, self.aad, text));
        Ok(core::array::from_fn(|at| tag[at]))
    }

    /// Counts so many bytes more, and says how many there are of the block that was begun.
    fn admit(&mut self, more: usize) -> Result<usize> {
        let before = self.text.ok_or_else(ended)?;
        let now = before.checked_add(more as u64).filter(|now| *now <= Gcm::<TAG>::MAX);
        self.text = Some(now.ok_or_else(too_long)?);
        Ok((before % 16) as usize)
    }

    fn encrypt(&mut self, begun: usize, piece: &mut [u8]) {
        let [end, whole, beginning] = cut(begun, piece);
        self.part(begun, end);
        self.whole(whole);
        if !beginning.is_empty() {
            self.key_stream.copy_from_slice(&*self.counter);
            self.gcm.borrow().cipher.encrypt_block(&mut self.key_stream);
            *self.counter = after(*self.counter, 1);
            self.part(0, beginning);
        }
    }

    /// Bytes within one block, whose key stream is there.
    fn part(&mut self, begun: usize, bytes: &mut [u8]) {
        let end = begun + bytes.len();
        xor(bytes, &self.key_stream[begun..end]);
        self.block[begun..end].copy_from_slice(bytes);
        if end == 16 {
            self.hash.absorb(&self.gcm.borrow().hash, &self.block);
        }
    }

    fn whole(&mut self, text: &mut [u8]) {
        let Gcm { cipher, hash } = self.gcm.borrow();
        let counter = *self.counter;
        *self.counter = after(counter, (text.len() / 16) as u32);
        let Some((head, rest)) = text.split_first_chunk_mut::<32>() else {
            ctr::apply32(cipher, &counter, text);
            if let Some(block) = text.first_chunk() {
                self.hash.absorb(hash, block);
            }
            return;
        };
        ctr::apply32(cipher, &counter, head);
        self.hash.absorb_piece(hash, head, rest.len(), |head| {
            let counter = after(counter, 2);
            #[cfg(target_arch = "x86_64")]
            if let Some(made) = cipher.ctr32_hashed(&counter, hash, head, (None, rest)) {
                return made;
            }
            ctr::apply32(cipher, &counter, rest);
            hash.hash(head, rest)
        });
    }
}

impl<G: ZeroizeOnDrop, const TAG: usize> ZeroizeOnDrop for Encryptor<G, TAG> {}

impl<G, const TAG: usize> fmt::Debug for Encryptor<G, TAG> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("gcm::Encryptor")
    }
}
