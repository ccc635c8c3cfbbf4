//! Random access to a message: any range of plaintext, each frame authenticated before a byte of it leaves.
//!
//! The last frame is authenticated first, so truncation is seen (M98). A ranged read claims no signature.

use alloc::vec::Vec;
use core::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use zeroize::Zeroizing;

use super::{
    Header, Opener,
    body::{Body, layout},
    signed, slot, start,
    stream::read_start,
};
use crate::error::{Error, Kind, Result};

/// The plaintext of a message as a `Read + Seek`; keeps one decrypted frame.
pub struct Reader<R: Read + Seek> {
    source: R,
    header: Header,
    body: Body,
    body_at: u64,
    frames: u64,
    last_len: usize,
    len: u64,
    position: u64,
    cached: Option<u64>,
    frame: Zeroizing<Vec<u8>>,
}

impl<R: Read + Seek> Reader<R> {
    /// Opens the message that starts at the beginning of `source` and fills it to its end.
    ///
    /// # Errors
    /// As [`decrypt`](super::decrypt), and whatever `source` returns; [`Invalid`](Kind::Invalid) for an opener that
    /// demands a signature, which only a reading from end to end can verify (M75).
    pub fn new(mut source: R, opener: &Opener<'_>) -> Result<Self> {
        if opener.signer.is_some() {
            return Err(Error::new(
                Kind::Invalid,
                "ranges of a message carry no signature; decrypt all of it to verify who signed",
            ));
        }
        source.seek(SeekFrom::Start(0))?;
        let (header, _, slots, slot_len) = read_start(&mut source)?;
        let body = start::enter(&header, &slot::newest(&slots, slot_len)?.0, opener)?;
        let body_at = source.stream_position()?;
        let trailer_len = if header.signer.is_some() { signed::LEN as u64 } else { 0 };
        let body_len = source
            .seek(SeekFrom::End(0))?
            .checked_sub(body_at + trailer_len)
            .ok_or(Error::new(Kind::Truncated, "the message has lost its end; get a whole copy"))?;
        let tag_len = header.suite.tag_len();
        let (frames, last_len) = layout(body_len, header.frame_len(), tag_len)?;
        let whole = header.frame_len() + tag_len;
        let room = usize::try_from(body_len).map_or(whole, |len| len.min(whole));
        let mut reader = Self {
            source,
            body,
            body_at,
            frames,
            last_len,
            len: body_len - frames * tag_len as u64,
            position: 0,
            cached: None,
            // Room for any frame at once: a vector that grows leaves plaintext where it stood.
            frame: Zeroizing::new(Vec::with_capacity(room)),
            header,
        };
        reader.load(frames - 1)?;
        Ok(reader)
    }

    /// The header; its context is authenticated.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The number of bytes of plaintext.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Decrypts frame `index` into the cache.
    fn load(&mut self, index: u64) -> Result<()> {
        if self.cached == Some(index) {
            return Ok(());
        }
        self.cached = None;
        let whole = self.header.frame_len() + self.header.suite.tag_len();
        let last = index + 1 == self.frames;
        self.source.seek(SeekFrom::Start(self.body_at + index * whole as u64))?;
        self.frame.resize(if last { self.last_len } else { whole }, 0);
        self.source.read_exact(&mut self.frame)?;
        let text = self.body.open(index, last, &mut self.frame)?.len();
        self.frame.truncate(text);
        self.cached = Some(index);
        Ok(())
    }
}

impl<R: Read + Seek> Read for Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || self.position >= self.len {
            return Ok(0);
        }
        let frame_len = self.header.frame_len() as u64;
        self.load(self.position / frame_len)?;
        let text = &self.frame[(self.position % frame_len) as usize..];
        let len = text.len().min(out.len());
        out[..len].copy_from_slice(&text[..len]);
        self.position += len as u64;
        Ok(len)
    }
}

impl<R: Read + Seek> Seek for Reader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl<R: Read + Seek> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader({} bytes)", self.len)
    }
}
