//! One text through a mode in pieces of any size: what [`ecb`], [`cbc`], [`cfb`], [`ofb`](super::ofb) and [`ctr`] make of the whole.
//!
//! Knows no tag: none of these modes authenticates, and what comes out of a decryption is whatever somebody sent.

use core::{fmt, mem};

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{cbc, cfb, ctr, cut, ecb, padding, xor};
use crate::{
    algo::sm4::Sm4,
    error::{Error, Kind, Rejected, Result},
};

/// A mode of operation that takes any number of bytes piece by piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Whole blocks, each by itself.
    Ecb,
    /// Likewise after PKCS#7 padding.
    EcbPkcs7,
    /// Whole blocks in a chain.
    Cbc,
    /// Likewise after PKCS#7 padding.
    CbcPkcs7,
    /// Feedback of whole blocks.
    Cfb,
    /// Feedback of single bytes.
    Cfb8,
    /// Feedback of the key stream.
    Ofb,
    /// A counter of 128 bits.
    Ctr,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From plaintext to ciphertext.
    Encrypt,
    /// And back.
    Decrypt,
}

/// A text on its way through a mode; key, chain and what waits are wiped on drop.
///
/// ```
/// use miyao::algo::mode::stream::{Direction, Mode, Stream};
/// let mut stream = Stream::new(&[7; 16], Mode::CbcPkcs7, Direction::Encrypt, &[1; 16]);
/// let (mut out, mut last) = ([0; 16], [0; 16]);
/// assert_eq!(stream.update(b"not yet", &mut out)?, 0);
/// assert_eq!(stream.update(b" a block, now it is", &mut out)?, 16);
/// assert_eq!(stream.finish(&mut last)?, 16);
/// # Ok::<(), miyao::Error>(())
/// ```
pub struct Stream {
    cipher: Sm4,
    mode: Mode,
    direction: Direction,
    /// The block before, or the counter of the next.
    chain: Zeroizing<[u8; 16]>,
    /// Input that is no block yet, or the key stream of the block that was begun.
    held: Zeroizing<[u8; 16]>,
    /// How much of it there is, or is used.
    filled: usize,
    ended: bool,
}

impl Mode {
    /// Whether output comes in whole blocks, and so later than its input.
    #[must_use]
    pub const fn has_blocks(self) -> bool {
        matches!(self, Self::Ecb | Self::EcbPkcs7 | Self::Cbc | Self::CbcPkcs7)
    }

    /// Whether a text is padded to whole blocks.
    #[must_use]
    pub const fn is_padded(self) -> bool {
        matches!(self, Self::EcbPkcs7 | Self::CbcPkcs7)
    }
}

impl Stream {
    /// Begins a text; in CTR the IV is the first counter block, and ECB does not read it.
    #[must_use]
    pub fn new(key: &[u8; 16], mode: Mode, direction: Direction, iv: &[u8; 16]) -> Self {
        Self {
            cipher: Sm4::new(key),
            mode,
            direction,
            chain: Zeroizing::new(*iv),
            held: Zeroizing::new([0; 16]),
            filled: 0,
            ended: false,
        }
    }

    /// Begins another text under the same key.
    pub fn restart(&mut self, iv: &[u8; 16]) {
        *self.chain = *iv;
        self.held.zeroize();
        (self.filled, self.ended) = (0, false);
    }

    /// The mode.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// How many bytes come out when as many go in now; `None` past what a length can say.
    #[must_use]
    pub fn update_len(&self, len: usize) -> Option<usize> {
        if !self.mode.has_blocks() {
            return Some(len);
        }
        let whole = self.filled.checked_add(len)?;
        Some(if self.holds_back() { whole.saturating_sub(1) } else { whole } / 16 * 16)
    }

    /// Takes the next bytes, writes to the beginning of `out` what they make, and says how many bytes that is:
    /// [`update_len`](Self::update_len).
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) when `out` is shorter than that, and after [`finish`](Self::finish).
    pub fn update(&mut self, data: &[u8], out: &mut [u8]) -> Result<usize> {
        self.is_open()?;
        let len = self.update_len(data.len()).filter(|len| *len <= out.len()).ok_or_else(no_room)?;
        let out = &mut out[..len];
        if self.mode.has_blocks() {
            self.blocks(data, out)?;
        } else {
            out.copy_from_slice(data);
            self.bytes(out);
        }
        Ok(len)
    }

    /// As [`update`](Self::update), in place, in modes whose output comes at once.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) in ECB and CBC, and after [`finish`](Self::finish).
    pub fn update_in_place(&mut self, buffer: &mut [u8]) -> Result<()> {
        self.is_open()?;
        if self.mode.has_blocks() {
            return Err(Error::new(
                Kind::Invalid,
                "the output of ECB and CBC comes later than its input; give it another place",
            ));
        }
        self.bytes(buffer);
        Ok(())
    }

    /// Ends the text, writes the rest to the beginning of `out`, and says how many bytes that is: 16 when padding was put on, at
    /// most 15 when it was taken off, otherwise none.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) when the last block is not whole and is not to be padded, and when this was called before;
    /// [`Rejected`](Kind::Rejected) when there is no right padding to take off.
    pub fn finish(&mut self, out: &mut [u8; 16]) -> Result<usize> {
        self.is_open()?;
        let pads = self.mode.is_padded() && self.direction == Direction::Encrypt;
        if self.mode.has_blocks() && !pads && !self.filled.is_multiple_of(16) {
            return Err(Error::new(
                Kind::Invalid,
                "this mode works on whole 16-byte blocks; pad the input first",
            ));
        }
        self.ended = true;
        if !self.mode.is_padded() {
            return Ok(0);
        }
        if pads {
            let fill = 16 - self.filled;
            self.held[self.filled..].fill(fill as u8);
            *out = *self.held;
            self.through(out)?;
            return Ok(16);
        }
        if self.filled == 0 {
            return Err(Rejected.into());
        }
        let mut block = self.held.clone();
        self.through(&mut block)?;
        let len = padding::unpadded_len(&*block)?;
        out[..len].copy_from_slice(&block[..len]);
        Ok(len)
    }

    fn is_open(&self) -> Result<()> {
        if self.ended {
            return Err(Error::new(Kind::Invalid, "the text has ended; restart for another one"));
        }
        Ok(())
    }

    /// Whether the last block waits for what may be the end.
    fn holds_back(&self) -> bool {
        self.mode.is_padded() && self.direction == Direction::Decrypt
    }

    /// `out` is as long as what comes.
    fn blocks(&mut self, mut data: &[u8], mut out: &mut [u8]) -> Result<()> {
        if self.filled > 0 && !out.is_empty() {
            let (head, rest) = data.split_at(16 - self.filled);
            self.held[self.filled..].copy_from_slice(head);
            if let Some((first, later)) = mem::take(&mut out).split_first_chunk_mut() {
                *first = *self.held;
                self.through(first)?;
                (self.filled, data, out) = (0, rest, later);
            }
        }
        let (whole, rest) = data.split_at(out.len());
        if let Some(last) = whole.last_chunk::<16>() {
            out.copy_from_slice(whole);
            self.crypt(out)?;
            let cipher_text =
                if self.direction == Direction::Encrypt { out.last_chunk() } else { Some(last) };
            if let Some(block) = cipher_text {
                *self.chain = *block;
            }
        }
        self.held[self.filled..self.filled + rest.len()].copy_from_slice(rest);
        self.filled += rest.len();
        Ok(())
    }

    /// One block in place, and the chain after it.
    fn through(&mut self, block: &mut [u8; 16]) -> Result<()> {
        let before = Zeroizing::new(*block);
        self.crypt(block)?;
        *self.chain = if self.direction == Direction::Encrypt { *block } else { *before };
        Ok(())
    }

    fn crypt(&self, blocks: &mut [u8]) -> Result<()> {
        match (self.mode, self.direction) {
            (Mode::Ecb | Mode::EcbPkcs7, Direction::Encrypt) => ecb::encrypt(&self.cipher, blocks),
            (Mode::Ecb | Mode::EcbPkcs7, Direction::Decrypt) => ecb::decrypt(&self.cipher, blocks),
            (_, Direction::Encrypt) => cbc::encrypt(&self.cipher, &self.chain, blocks),
            (_, Direction::Decrypt) => cbc::decrypt(&self.cipher, &self.chain, blocks),
        }
    }

    /// The rest of the block that was begun, whole blocks, and the beginning of another.
    fn bytes(&mut self, buffer: &mut [u8]) {
        if self.mode == Mode::Cfb8 {
            return self.bytewise(buffer);
        }
        let [end, whole, beginning] = cut(self.filled, buffer);
        self.part(end);
        self.whole(whole);
        if !beginning.is_empty() {
            self.next_key_stream();
            self.part(beginning);
        }
    }

    /// Bytes within one block, whose key stream is there.
    fn part(&mut self, bytes: &mut [u8]) {
        let range = self.filled..self.filled + bytes.len();
        if self.mode == Mode::Cfb && self.direction == Direction::Decrypt {
            self.chain[range.clone()].copy_from_slice(bytes);
        }
        xor(bytes, &self.held[range.clone()]);
        if self.mode == Mode::Cfb && self.direction == Direction::Encrypt {
            self.chain[range.clone()].copy_from_slice(bytes);
        }
        self.filled = range.end % 16;
    }

    fn next_key_stream(&mut self) {
        *self.held = *self.chain;
        self.cipher.encrypt_block(&mut self.held);
        match self.mode {
            Mode::Ofb => *self.chain = *self.held,
            Mode::Ctr => self.count(1),
            _ => {}
        }
    }

    fn whole(&mut self, buffer: &mut [u8]) {
        match (self.mode, self.direction) {
            (Mode::Ctr, _) => {
                ctr::apply(&self.cipher, &self.chain, buffer);
                self.count(buffer.len() / 16);
            }
            (Mode::Cfb, Direction::Encrypt) => {
                cfb::encrypt(&self.cipher, &self.chain, buffer);
                if let Some(last) = buffer.last_chunk() {
                    *self.chain = *last;
                }
            }
            (Mode::Cfb, Direction::Decrypt) => {
                let last = buffer.last_chunk().copied();
                cfb::decrypt(&self.cipher, &self.chain, buffer);
                if let Some(last) = last {
                    *self.chain = last;
                }
            }
            _ => {
                for block in buffer.chunks_mut(16) {
                    self.cipher.encrypt_block(&mut self.chain);
                    xor(block, &*self.chain);
                }
            }
        }
    }

    fn count(&mut self, blocks: usize) {
        *self.chain = u128::from_be_bytes(*self.chain).wrapping_add(blocks as u128).to_be_bytes();
    }

    /// In runs of a block at most, so that the chain is what the run leaves.
    fn bytewise(&mut self, buffer: &mut [u8]) {
        for run in buffer.chunks_mut(16) {
            let mut next = Zeroizing::new([0; 16]);
            next[..16 - run.len()].copy_from_slice(&self.chain[run.len()..]);
            let place = 16 - run.len();
            if self.direction == Direction::Decrypt {
                next[place..].copy_from_slice(run);
                cfb::decrypt_bytewise(&self.cipher, &self.chain, run);
            } else {
                cfb::encrypt_bytewise(&self.cipher, &self.chain, run);
                next[place..].copy_from_slice(run);
            }
            *self.chain = *next;
        }
    }
}

fn no_room() -> Error {
    Error::new(Kind::Invalid, "the buffer is shorter than the output; ask how long it will be")
}

impl ZeroizeOnDrop for Stream {}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({:?}, {:?})", self.mode, self.direction)
    }
}

#[cfg(all(test, feature = "std"))]
mod tests;
