//! Messages as streams: [`Encryptor`] over a writer, [`Decryptor`] over a reader.
//!
//! Single-pass: no append, no resume (M66). Memory is bounded whatever the length.

use alloc::vec::Vec;
use core::mem;
use std::io::{self, Read, Write};

use rand_core::CryptoRng;

use super::{
    Header, HeaderDigest, Opener, Options, Signed,
    batch::{Batch, Plan, Task},
    body::{check_limits, layout},
    crew::Crew,
    header,
    signed::{self, Leaves},
    slot, start,
};
use crate::{
    algo::{
        drbg::Drbg,
        sm2::{PrivateKey, PublicKey},
    },
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
    key: &'a PrivateKey,
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
        let signing = options.signer.map(|key| Signing {
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

    /// Encrypts everything that `input` gives; gives the number of bytes.
    ///
    /// # Errors
    /// Whatever reader or writer return; [`TooLarge`](Kind::TooLarge) past the limits of the format.
    pub fn copy_from(&mut self, input: &mut impl Read) -> Result<u64> {
        let before = self.bytes;
        loop {
            if self.room == 0 {
                // Only a byte more makes sure that the full frame is not the last.
                let mut probe = [0];
                if read_full(input, &mut probe)? == 0 {
                    return Ok(self.bytes - before);
                }
                self.write_all(&probe)?;
            }
            self.check_usable()?;
            let at = self.batch.data.len();
            self.batch.data.resize(at + self.room, 0);
            let read = read_full(input, &mut self.batch.data[at..]);
            let got = *read.as_ref().unwrap_or(&0);
            self.batch.data.truncate(at + got);
            self.room -= got;
            self.bytes += got as u64;
            read?;
            if self.room > 0 {
                return Ok(self.bytes - before);
            }
        }
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
        self.crew.submit(batch);
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
        self.close_frame();
        self.room = self.crew.plan().frame_len;
        let plan = self.crew.plan();
        let frames = self.batch.data.len() / plan.whole();
        if frames < plan.frames_per_batch() {
            return Ok(());
        }
        let next = self.batch.first + frames as u64;
        check_limits(next + 1, self.bytes)?;
        let fresh = self.crew.blank(next);
        let full = mem::replace(&mut self.batch, fresh);
        self.crew.submit(full);
        while !self.crew.has_room() {
            self.write_oldest()?;
        }
        Ok(())
    }

    fn close_frame(&mut self) {
        let len = self.batch.data.len() + self.crew.plan().tag_len;
        self.batch.data.resize(len, 0);
    }

    fn write_oldest(&mut self) -> Result<()> {
        let Some(batch) = self.crew.oldest() else { return Ok(()) };
        self.failed = true;
        let batch = batch?;
        if let Some(signing) = &mut self.signing {
            let plan = self.crew.plan();
            for (leaf, frame) in batch.leaves.iter().zip(batch.data.chunks(plan.whole())) {
                signing.leaves.push(*leaf, frame.len() - plan.tag_len);
            }
        }
        self.out.write_all(&batch.data)?;
        self.failed = false;
        self.crew.put_back(batch);
        Ok(())
    }

    fn check_usable(&self) -> Result<()> {
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
        let mut rest = data;
        while !rest.is_empty() {
            self.open_frame()?;
            let (now, after) = rest.split_at(rest.len().min(self.room));
            self.batch.data.extend_from_slice(now);
            self.room -= now.len();
            self.bytes += now.len() as u64;
            rest = after;
        }
        Ok(data.len())
    }

    /// Flushes the writer; a frame is only written when it is full or the message finished.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Decrypts what it reads; bytes come out only after their frame was authenticated.
///
/// Reading to the end proves that the message is whole. [`finish`](Self::finish) says what is known of the signature;
/// until then the output of a signed message counts as unsigned.
pub struct Decryptor<'a, R: Read> {
    source: R,
    crew: Crew,
    header: Header,
    signer: Option<&'a PublicKey>,
    leaves: Leaves,
    /// Bytes read ahead: at most a trailer and one byte.
    ahead: Vec<u8>,
    next: u64,
    trailer: Option<Vec<u8>>,
    current: Batch,
    /// Frame within the current batch, and byte within that frame.
    at: (usize, usize),
    failed: bool,
}

impl<'a, R: Read> Decryptor<'a, R> {
    /// Reads the header and the recipients, opens one entry, and compares the commitment.
    ///
    /// # Errors
    /// As [`decrypt`](super::decrypt), and whatever the reader returns.
    pub fn new(mut source: R, opener: &Opener<'a>) -> Result<Self> {
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
            signer: opener.signer,
            leaves: Leaves::default(),
            ahead: Vec::new(),
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

    /// What is known of the signature; only after everything was read.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) before the end, [`Rejected`](Kind::Rejected) when a demanded signature does not fit.
    pub fn finish(mut self) -> Result<Signed> {
        if self.failed || self.advance()? {
            return Err(Error::new(Kind::Invalid, "read the message to its end before finishing it"));
        }
        let (Some(signer), Some(trailer)) = (self.signer, &self.trailer) else {
            return Ok(start::unread_signature(&self.header));
        };
        self.leaves.verify(&self.header.digest(), signer, trailer)?;
        Ok(Signed::Verified(signer.key_identifier()))
    }

    /// Plaintext of the current frame that was not handed out yet.
    fn text(&self) -> &[u8] {
        let plan = self.crew.plan();
        self.current
            .data
            .chunks(plan.whole())
            .nth(self.at.0)
            .map_or(&[], |frame| &frame[self.at.1..frame.len() - plan.tag_len])
    }

    /// Moves to the next byte of plaintext; `false` at the end of the message.
    fn advance(&mut self) -> Result<bool> {
        if self.failed {
            return Err(crate::error::Rejected.into());
        }
        self.failed = true;
        let more = self.try_advance();
        self.failed = more.is_err();
        more
    }

    fn try_advance(&mut self) -> Result<bool> {
        loop {
            let frames = self.current.data.len().div_ceil(self.crew.plan().whole());
            while self.at.0 < frames {
                if !self.text().is_empty() {
                    return Ok(true);
                }
                self.at = (self.at.0 + 1, 0);
            }
            while self.trailer.is_none() && self.crew.has_room() {
                self.read_batch()?;
            }
            let Some(batch) = self.crew.oldest() else { return Ok(false) };
            self.take(batch?);
        }
    }

    fn take(&mut self, batch: Batch) {
        let plan = self.crew.plan();
        for (leaf, frame) in batch.leaves.iter().zip(batch.data.chunks(plan.whole())) {
            self.leaves.push(*leaf, frame.len() - plan.tag_len);
        }
        let old = mem::replace(&mut self.current, batch);
        self.at = (0, 0);
        self.crew.put_back(old);
    }

    /// Reads one batch, and one byte and a trailer more: only so is it known whether its last frame ends the message.
    fn read_batch(&mut self) -> Result<()> {
        let trailer_len = if self.header.signer.is_some() { signed::LEN } else { 0 };
        let mut batch = self.crew.blank(self.next);
        let plan = self.crew.plan();
        let len = plan.frames_per_batch() * plan.whole();
        batch.data.append(&mut self.ahead);
        let had = batch.data.len();
        batch.data.resize(len + trailer_len + 1, 0);
        let got = had + read_full(&mut self.source, &mut batch.data[had..])?;
        let mut frames = plan.frames_per_batch() as u64;
        if got > len + trailer_len {
            self.ahead.extend_from_slice(&batch.data[len..]);
            batch.data.truncate(len);
        } else {
            let end = got
                .checked_sub(trailer_len)
                .ok_or(Error::new(Kind::Truncated, "the message ends before its signature"))?;
            self.trailer = Some(batch.data[end..got].to_vec());
            batch.data.truncate(end);
            batch.last = true;
            let last;
            (frames, last) = layout(end as u64, plan.frame_len, plan.tag_len)?;
            if last == plan.tag_len && self.next > 0 {
                return Err(Error::new(Kind::Truncated, "the message has lost its end; get a whole copy"));
            }
        }
        self.next += frames;
        // M65; every frame but the last is full, and the last holds a byte or is the only one.
        check_limits(self.next, (self.next - 1) * self.crew.plan().frame_len as u64)?;
        self.crew.submit(batch);
        Ok(())
    }
}

impl<R: Read> Read for Decryptor<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || !self.advance()? {
            return Ok(0);
        }
        let text = self.text();
        let len = text.len().min(out.len());
        out[..len].copy_from_slice(&text[..len]);
        self.at.1 += len;
        Ok(len)
    }
}

/// Reads H and R: the header, its length, both slots and the length of one.
pub(super) fn read_start(source: &mut impl Read) -> Result<(Header, usize, Vec<u8>, usize)> {
    let ends = || Error::new(Kind::Truncated, "the message ends inside its header");
    let mut bytes = Vec::with_capacity(512);
    bytes.resize(header::FIXED, 0);
    let got = read_full(source, &mut bytes)?;
    bytes.truncate(got);
    let len = match bytes.first_chunk() {
        Some(fixed) => Header::len(fixed)?,
        None => return Header::parse(&bytes).and(Err(ends())),
    };
    bytes.resize(len + 2, 0);
    if read_full(source, &mut bytes[header::FIXED..])? < len + 2 - header::FIXED {
        return Err(ends());
    }
    let slot_len = slot::checked_len([bytes[len], bytes[len + 1]])?;
    let (header, _) = Header::parse(&bytes[..len])?;
    let mut slots = alloc::vec![0; 2 * slot_len];
    if read_full(source, &mut slots)? < slots.len() {
        return Err(Error::new(Kind::Truncated, "the message ends inside its recipients"));
    }
    Ok((header, len, slots, slot_len))
}

/// Reads until `out` is full or the input ends; gives the number of bytes.
fn read_full(input: &mut impl Read, out: &mut [u8]) -> Result<usize> {
    let mut got = 0;
    while got < out.len() {
        match input.read(&mut out[got..]) {
            Ok(0) => break,
            Ok(read) => got += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(got)
}
