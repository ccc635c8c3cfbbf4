//! [`Decryptor`]: the plaintext of a message as it is read, each frame only after it was authenticated.
//!
//! Single-pass. Memory is bounded whatever the length.

use alloc::vec::Vec;
use core::mem;
use std::io::{self, Read, Write};

use super::{
    Header, Opener, Signed,
    batch::{Batch, Plan, Task},
    body::{check_limits, layout},
    crew::Crew,
    signed::{self, Leaves},
    slot, start,
    stream::read_start,
};
use crate::{
    algo::sm2::PublicKey,
    error::{Error, Kind, Rejected, Result},
};

/// Decrypts what it reads; bytes come out only after their frame was authenticated.
///
/// Of a source that has nothing yet ([`WouldBlock`](io::ErrorKind::WouldBlock)) reading says the same and goes on later; the start
/// of the message, up to its first frame, must be there at once.
///
/// Reading to the end proves that the message is whole. [`finish`](Self::finish) says what is known of the signature;
/// until then the output of a signed message counts as unsigned.
///
/// After a fork one of the two processes goes on with it; with several threads that is the parent, and in the child it is
/// [`Unavailable`](Kind::Unavailable).
pub struct Decryptor<R: Read> {
    source: R,
    crew: Crew,
    header: Header,
    signer: Option<PublicKey>,
    leaves: Leaves,
    /// Bytes read ahead: at most a trailer and one byte.
    ahead: Vec<u8>,
    /// A batch whose source had nothing more yet.
    begun: Option<Batch>,
    next: u64,
    trailer: Option<Vec<u8>>,
    current: Batch,
    /// Frame within the current batch, and byte within that frame.
    at: (usize, usize),
    failed: bool,
}

impl<R: Read> Decryptor<R> {
    /// Reads the header and the recipients, opens one entry, and compares the commitment.
    ///
    /// # Errors
    /// As [`decrypt`](super::decrypt), and whatever the reader returns.
    pub fn new(mut source: R, opener: &Opener<'_>) -> Result<Self> {
        let (header, _, slots, slot_len) = read_start(&mut source)?;
        let body = start::enter(&header, &slot::newest(&slots, slot_len)?.0, opener)?;
        let plan = Plan {
            task: Task::Open,
            body,
            frame_len: header.frame_len(),
            tag_len: header.suite.tag_len(),
            hashes_leaves: opener.signer.is_some(),
        };
        Ok(Self {
            source,
            crew: Crew::new(plan, opener.threads)?,
            header,
            signer: opener.signer.cloned(),
            leaves: Leaves::default(),
            ahead: Vec::new(),
            begun: None,
            next: 0,
            trailer: None,
            current: Batch::default(),
            at: (0, 0),
            failed: false,
        })
    }

    /// The header; its context is authenticated.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// What the message is read from.
    pub const fn source_mut(&mut self) -> &mut R {
        &mut self.source
    }

    /// Refuses what has its threads in another process, as reading would; so that nobody gathers what will never be read.
    ///
    /// # Errors
    /// [`Unavailable`](Kind::Unavailable) in a child of fork; [`Internal`](Kind::Internal) after a call that panicked.
    pub fn check_present(&self) -> Result<()> {
        self.crew.check_present()
    }

    /// Writes all of the plaintext to `out`, frame by frame; gives the number of bytes.
    ///
    /// # Errors
    /// As [`decrypt`](super::decrypt), and whatever reader or writer return.
    pub fn copy_to(&mut self, out: &mut impl Write) -> Result<u64> {
        let mut bytes = 0;
        while self.advance()? {
            let text = self.text();
            out.write_all(text)?;
            let len = text.len();
            self.at.1 += len;
            bytes += len as u64;
        }
        Ok(bytes)
    }

    /// Whether all of the plaintext was read, so that the message can be finished.
    ///
    /// # Errors
    /// As reading.
    pub fn is_read(&mut self) -> Result<bool> {
        Ok(!self.advance()?)
    }

    /// What is known of the signature; only after everything was read.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) before the end, [`Rejected`](Kind::Rejected) when a demanded signature does not fit.
    pub fn finish(mut self) -> Result<Signed> {
        if self.failed || self.advance()? {
            return Err(Error::new(Kind::Invalid, "read the message to its end before finishing it"));
        }
        let (Some(signer), Some(trailer)) = (&self.signer, &self.trailer) else {
            return Ok(start::unread_signature(&self.header));
        };
        self.leaves.verify(&self.header.digest(), signer, trailer)?;
        Ok(Signed::Verified(signer.key_identifier()))
    }

    /// Plaintext of the current frame that was not handed out yet.
    fn text(&self) -> &[u8] {
        let plan = self.crew.plan();
        self.current
            .data()
            .chunks(plan.whole())
            .nth(self.at.0)
            .map_or(&[], |frame| &frame[self.at.1..frame.len() - plan.tag_len])
    }

    /// Moves to the next byte of plaintext; `false` at the end of the message.
    fn advance(&mut self) -> Result<bool> {
        Ok(self.advance_or_wait()?)
    }

    /// The same, where the source may have nothing yet: that alone is no failure of the message.
    fn advance_or_wait(&mut self) -> io::Result<bool> {
        self.crew.check_present()?;
        if self.failed {
            return Err(Error::from(Rejected).into());
        }
        self.failed = true;
        let more = self.try_advance();
        self.failed = more.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock);
        more
    }

    fn try_advance(&mut self) -> io::Result<bool> {
        loop {
            let frames = self.current.len().div_ceil(self.crew.plan().whole());
            while self.at.0 < frames {
                if !self.text().is_empty() {
                    return Ok(true);
                }
                self.at = (self.at.0 + 1, 0);
            }
            while self.trailer.is_none() && self.crew.has_room() {
                match self.read_batch() {
                    // What is here already comes first.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock && !self.crew.is_idle() => break,
                    read => read?,
                }
            }
            let Some(batch) = self.crew.oldest() else { return Ok(false) };
            self.take(batch?);
        }
    }

    fn take(&mut self, batch: Batch) {
        let plan = self.crew.plan();
        for (leaf, frame) in batch.leaves.iter().zip(batch.data().chunks(plan.whole())) {
            self.leaves.push(*leaf, frame.len() - plan.tag_len);
        }
        let old = mem::replace(&mut self.current, batch);
        self.at = (0, 0);
        self.crew.put_back(old);
    }

    /// Reads one batch, and one byte and a trailer more: only so is it known whether its last frame ends the message.
    fn read_batch(&mut self) -> io::Result<()> {
        let trailer_len = if self.header.signer.is_some() { signed::LEN } else { 0 };
        let mut batch = self.begun.take().unwrap_or_else(|| {
            let mut batch = self.crew.blank(self.next);
            batch.rest()[..self.ahead.len()].copy_from_slice(&self.ahead);
            batch.fill(self.ahead.len());
            self.ahead.clear();
            batch
        });
        let plan = self.crew.plan();
        let len = plan.frames_per_batch() * plan.whole();
        let wanted = len + trailer_len + 1;
        while batch.len() < wanted {
            let missing = wanted - batch.len();
            match self.source.read(&mut batch.rest()[..missing]) {
                Ok(0) => break,
                Ok(read) => batch.fill(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.begun = Some(batch);
                    return Err(error);
                }
            }
        }
        let got = batch.len();
        let mut frames = plan.frames_per_batch() as u64;
        if got > len + trailer_len {
            self.ahead.extend_from_slice(&batch.data()[len..]);
            batch.truncate(len);
        } else {
            let end = got.checked_sub(trailer_len).ok_or(Error::new(
                Kind::Truncated,
                "the message ends before its signature; get a whole copy",
            ))?;
            self.trailer = Some(batch.data()[end..].to_vec());
            batch.truncate(end);
            batch.last = true;
            let last;
            (frames, last) = layout(end as u64, plan.frame_len, plan.tag_len)?;
            if last == plan.tag_len && self.next > 0 {
                return Err(
                    Error::new(Kind::Truncated, "the message has lost its end; get a whole copy").into()
                );
            }
        }
        self.next += frames;
        // M65; every frame but the last is full, and the last holds a byte or is the only one.
        check_limits(self.next, (self.next - 1) * self.crew.plan().frame_len as u64)?;
        Ok(self.crew.submit(batch)?)
    }
}

impl<R: Read> Read for Decryptor<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || !self.advance_or_wait()? {
            return Ok(0);
        }
        let text = self.text();
        let len = text.len().min(out.len());
        out[..len].copy_from_slice(&text[..len]);
        self.at.1 += len;
        Ok(len)
    }
}
