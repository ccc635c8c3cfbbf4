//! [`Encryptor`]: a message from whatever is written to it.
//!
//! Single-pass: no append, no resume (M66). Memory is bounded whatever the length.

use core::mem;
use std::io::{self, Read, Write};

use rand_core::CryptoRng;

use super::{
    HeaderDigest, Options,
    batch::{Batch, Plan, Task},
    body::check_limits,
    crew::Crew,
    options::Held,
    signed::Leaves,
    start,
    stream::read_full,
};
use crate::{
    algo::{drbg::Drbg, sm2::PrivateKey},
    error::{Error, Kind, Result},
    secret::Secret,
};

/// Encrypts what is written to it.
///
/// **Call [`finish`](Self::finish): a message without its final frame is truncated, and no reader accepts it.**
///
/// ```
/// use std::io::{Read, Write};
/// use miyao::{SecretBytes, algo::drbg::Drbg, envelope::{Decryptor, Encryptor, Opener, Options, recipient::Passphrase}};
/// let mut rng = Drbg::new(&[7; 32], b"example", b"");
/// let passphrase = Passphrase::new(SecretBytes::take(b"correct horse".to_vec()));
/// let mut encryptor = Encryptor::new(Vec::new(), &Options::to(&passphrase), &mut rng)?;
/// encryptor.write_all(b"text")?;
/// let message = encryptor.finish()?;
///
/// let mut text = String::new();
/// let mut decryptor = Decryptor::new(message.as_slice(), &Opener::with(&passphrase))?;
/// decryptor.read_to_string(&mut text)?;
/// decryptor.finish()?;
/// assert_eq!(text, "text");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// After a fork one of the two processes goes on with it; with several threads that is the parent, and in the child it is
/// [`Unavailable`](Kind::Unavailable).
pub struct Encryptor<'a, W: Write> {
    out: W,
    crew: Crew,
    batch: Batch,
    /// Plaintext bytes that the current frame still takes.
    room: usize,
    bytes: u64,
    failed: bool,
    signing: Option<Signing<'a>>,
}

struct Signing<'a> {
    key: Held<'a, PrivateKey>,
    rng: Drbg,
    header: HeaderDigest,
    leaves: Leaves,
}

impl<'a, W: Write> Encryptor<'a, W> {
    /// Writes the header and the recipients.
    ///
    /// # Errors
    /// Whatever a recipient's `wrap` or the writer returns.
    pub fn new(mut out: W, options: &Options<'a>, rng: &mut dyn CryptoRng) -> Result<Self> {
        let begun = start::begin(options, rng)?;
        let signing = options.signer.clone().map(|key| Signing {
            key,
            rng: Drbg::new(Secret::<32>::random(rng).expose(), b"", b"miyao message signature"),
            header: begun.header.digest(),
            leaves: Leaves::default(),
        });
        let plan = Plan {
            task: Task::Seal,
            body: begun.body,
            frame_len: begun.header.frame_len(),
            tag_len: begun.header.suite.tag_len(),
            hashes_leaves: signing.is_some(),
        };
        let mut crew = Crew::new(plan, options.threads)?;
        out.write_all(&begun.bytes)?;
        let (batch, room) = (crew.blank(0), crew.plan().frame_len);
        Ok(Self { out, crew, batch, room, bytes: 0, failed: false, signing })
    }

    /// What the message is written to.
    pub const fn out_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// Encrypts everything that `input` gives; gives the number of bytes.
    ///
    /// # Errors
    /// Whatever reader or writer return; [`TooLarge`](Kind::TooLarge) past the limits of the format.
    pub fn copy_from(&mut self, input: &mut impl Read) -> Result<u64> {
        let before = self.bytes;
        self.check_usable()?;
        if self.room > 0 {
            let got = read_full(input, &mut self.batch.rest()[..self.room])?;
            self.take(got);
        }
        while self.room == 0 && self.read_frame(input)? {}
        Ok(self.bytes - before)
    }

    /// Reads what comes after a full frame into its place behind it; only when something comes, the full one is not the
    /// last. `false` at the end of the input.
    fn read_frame(&mut self, input: &mut impl Read) -> Result<bool> {
        let (frame_len, tag_len) = (self.crew.plan().frame_len, self.crew.plan().tag_len);
        if self.is_full() {
            let mut fresh = self.next_batch()?;
            let got = read_full(input, &mut fresh.rest()[..frame_len])?;
            if got == 0 {
                self.crew.put_back(fresh);
                return Ok(false);
            }
            self.turn_to(fresh)?;
            self.take(got);
            return Ok(true);
        }
        let got = read_full(input, &mut self.batch.rest()[tag_len..tag_len + frame_len])?;
        if got > 0 {
            self.open_frame()?;
            self.take(got);
        }
        Ok(got > 0)
    }

    /// Writes the final frame, and the signature of a signed message; gives the writer back, flushed.
    ///
    /// # Errors
    /// Whatever the writer returns.
    pub fn finish(mut self) -> Result<W> {
        self.check_usable()?;
        self.close_frame();
        self.batch.last = true;
        let batch = mem::take(&mut self.batch);
        check_limits(batch.first + 1, self.bytes)?;
        self.crew.submit(batch)?;
        while !self.crew.is_idle() {
            self.write_oldest()?;
        }
        if let Some(Signing { key, mut rng, header, leaves }) = self.signing.take() {
            let e = leaves.digest(&header, key.public_key())?;
            self.out.write_all(&key.sign_digest(&e, &mut rng).to_bytes())?;
        }
        self.out.flush()?;
        Ok(self.out)
    }

    /// Makes room in the current frame; only called when there may be more, so a full frame is not the last.
    fn open_frame(&mut self) -> Result<()> {
        self.check_usable()?;
        if self.room > 0 {
            return Ok(());
        }
        if self.is_full() {
            let fresh = self.next_batch()?;
            return self.turn_to(fresh);
        }
        self.close_frame();
        self.room = self.crew.plan().frame_len;
        Ok(())
    }

    /// Whether no frame fits behind the current one.
    fn is_full(&self) -> bool {
        let plan = self.crew.plan();
        self.batch.len() + plan.tag_len >= plan.frames_per_batch() * plan.whole()
    }

    fn next_batch(&mut self) -> Result<Batch> {
        let next = self.batch.first + self.crew.plan().frames_per_batch() as u64;
        check_limits(next + 1, self.bytes)?;
        Ok(self.crew.blank(next))
    }

    /// Hands the full batch in and goes on with a fresh one.
    fn turn_to(&mut self, fresh: Batch) -> Result<()> {
        self.close_frame();
        self.room = self.crew.plan().frame_len;
        let full = mem::replace(&mut self.batch, fresh);
        self.crew.submit(full)?;
        while !self.crew.has_room() {
            self.write_oldest()?;
        }
        Ok(())
    }

    /// Writes all of it.
    fn put(&mut self, data: &[u8]) -> Result<()> {
        let mut rest = data;
        while !rest.is_empty() {
            self.open_frame()?;
            let now = rest.split_off(..rest.len().min(self.room)).unwrap_or_default();
            // With something after it the frame is not the last.
            if rest.is_empty() || !self.seal_now(now)? {
                self.batch.rest()[..now.len()].copy_from_slice(now);
                self.take(now.len());
            }
        }
        Ok(())
    }

    /// Encrypts a whole frame on its way into the batch, which saves a copy, where nobody else could do it meanwhile.
    fn seal_now(&mut self, text: &[u8]) -> Result<bool> {
        let plan = self.crew.plan();
        let (whole, at) = (plan.whole(), self.batch.sealed);
        // Of a batch the first frames are encrypted so, or none.
        let follows = text.len() == plan.frame_len && self.batch.len() == at * whole;
        if !follows || !plan.body.seals_one_by_one() || !self.crew.is_alone() {
            return Ok(false);
        }
        plan.body.seal_from(self.batch.first + at as u64, text, &mut self.batch.rest()[..whole])?;
        self.batch.sealed += 1;
        self.take(text.len());
        Ok(true)
    }

    fn close_frame(&mut self) {
        self.batch.fill(self.crew.plan().tag_len);
    }

    /// Counts what was put into the current frame.
    const fn take(&mut self, len: usize) {
        self.batch.fill(len);
        self.room -= len;
        self.bytes += len as u64;
    }

    fn write_oldest(&mut self) -> Result<()> {
        let Some(batch) = self.crew.oldest() else { return Ok(()) };
        self.failed = true;
        let batch = batch?;
        if let Some(signing) = &mut self.signing {
            let plan = self.crew.plan();
            for (leaf, frame) in batch.leaves.iter().zip(batch.data().chunks(plan.whole())) {
                signing.leaves.push(*leaf, frame.len() - plan.tag_len);
            }
        }
        self.out.write_all(batch.data())?;
        self.failed = false;
        self.crew.put_back(batch);
        Ok(())
    }

    fn check_usable(&self) -> Result<()> {
        self.crew.check_present()?;
        if self.failed {
            return Err(Error::new(
                Kind::Io,
                "an earlier write failed; the message is incomplete, start it anew",
            ));
        }
        Ok(())
    }
}

impl<W: Write> Write for Encryptor<'_, W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let put = self.put(data);
        // What is missing in the middle cannot be made good.
        self.failed |= put.is_err();
        put?;
        Ok(data.len())
    }

    /// Flushes the writer; a frame is only written when it is full or the message finished.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
