//! `miyao_decryptor`: the plaintext of a message that is written to it, for callers that read themselves.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{mem, mem::MaybeUninit};
use std::io::{self, Read};

use miyao::{
    Error, Kind, Result,
    envelope::{self, Decryptor, Header, Signed},
};

use crate::{
    buffer::miyao_buffer,
    desk::{give, guard_secret_telling, guard_telling, guard_value, input, object, output, wanted},
    error::miyao_error,
    message::{MIYAO_SIGNER_LEN, tell_signed},
    opener::{Demands, miyao_opener},
    status::miyao_status,
};

/// A message that is being opened, without a function of the caller's: the message is written to it, and what is authenticated of the plaintext is
/// read from it. What is written is kept until it was read, so write pieces and read in turn.
pub struct miyao_decryptor {
    state: State,
    /// Once it was opened.
    header: Option<Header>,
}

enum State {
    Start(Start),
    Open(Box<Decryptor<Queue>>),
    /// Finished, or failed.
    Over,
}

/// What there is of the header and the recipients, and who may open them: keys, passphrases and stores, which are let go of then.
struct Start {
    bytes: Vec<u8>,
    /// How many bytes have to be there before it is worth looking at them again, so that small pieces are not looked at for each.
    needed: usize,
    demands: Arc<Demands>,
}

/// What was written and not read.
struct Queue {
    bytes: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Read for Queue {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.is_empty() && !self.ended && !out.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = rest.len().min(out.len());
        out[..len].copy_from_slice(&rest[..len]);
        self.at += len;
        Ok(len)
    }
}

impl Queue {
    fn put(&mut self, data: &[u8]) -> Result<()> {
        if self.ended {
            return Err(over());
        }
        // Not with every block, so that what waits is not moved again and again.
        if self.at > self.bytes.len() / 2 {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }
}

impl Start {
    /// Takes more; whether the whole of it is there.
    fn put(&mut self, data: &[u8]) -> Result<bool> {
        self.bytes.extend_from_slice(data);
        if self.bytes.len() >= self.needed {
            self.needed = envelope::start_len(&self.bytes)?;
        }
        Ok(self.bytes.len() >= self.needed)
    }
}

impl miyao_decryptor {
    fn new(demands: Arc<Demands>) -> Self {
        Self { state: State::Start(Start { bytes: Vec::new(), needed: 0, demands }), header: None }
    }

    fn write(&mut self, data: &[u8]) -> Result<()> {
        match &mut self.state {
            State::Open(open) => {
                open.check_present()?;
                open.source_mut().put(data)
            }
            State::Start(start) => match start.put(data) {
                Ok(true) => self.begin(false),
                Ok(false) => Ok(()),
                Err(error) => {
                    self.state = State::Over;
                    Err(error)
                }
            },
            State::Over => Err(over()),
        }
    }

    fn end(&mut self) -> Result<()> {
        match &mut self.state {
            State::Start(_) => self.begin(true),
            State::Open(open) => {
                open.check_present()?;
                open.source_mut().ended = true;
                Ok(())
            }
            State::Over => Err(over()),
        }
    }

    /// Opens the message, whose header and recipients are there, or will never be.
    fn begin(&mut self, ended: bool) -> Result<()> {
        if let State::Start(Start { bytes, demands, .. }) = mem::replace(&mut self.state, State::Over) {
            let queue = Queue { bytes, at: 0, ended };
            let open = Decryptor::new(queue, &demands.opener()?)?;
            self.header = Some(open.header().clone());
            self.state = State::Open(Box::new(open));
        }
        Ok(())
    }

    /// What was read stays, and what was not can be, where this comes too early.
    fn finish(&mut self) -> Result<Signed> {
        match &mut self.state {
            State::Start(_) => return Err(unread()),
            State::Open(open) => {
                if !open.source_mut().ended || !open.is_read()? {
                    return Err(unread());
                }
            }
            State::Over => {}
        }
        match mem::replace(&mut self.state, State::Over) {
            State::Open(open) => open.finish(),
            State::Start(_) | State::Over => Err(over()),
        }
    }

    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        match &mut self.state {
            State::Start(_) => Ok(0),
            State::Open(open) => match open.read(out) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
                read => Ok(read?),
            },
            State::Over => Err(over()),
        }
    }
}

fn unread() -> Error {
    Error::new(Kind::Invalid, "end the message and read all of its plaintext before finishing it")
}

fn over() -> Error {
    Error::new(
        Kind::Invalid,
        "the message was ended or finished, or an earlier call failed; make another decryptor for another message",
    )
}

/// Of no bytes yet. `opener` may be freed meanwhile. To be freed with `miyao_decryptor_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_decryptor_new(
    opener: Option<&miyao_opener>,
    out: Option<&mut MaybeUninit<*mut miyao_decryptor>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let demands = Arc::clone(&object!(opener).0);
        give(miyao_decryptor::new(demands), object!(out));
        Ok(())
    })
}

/// Takes more of the message. With the last byte of its recipients it is opened, which may ask a device or derive from a passphrase.
///
/// As `miyao_message_decrypt`; MIYAO_STATUS_INVALID after the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_decryptor_write(
    decryptor: Option<&mut miyao_decryptor>,
    data: *const u8,
    data_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || object!(decryptor).write(input!(data, data_len)))
}

/// What the message says of itself, as a record in JSON, once it was opened: its suite, its context and who signs are authenticated then, as the message's
/// keys are bound to them. Whether the plaintext is whole, and the signature genuine, is known at the end alone.
///
/// MIYAO_STATUS_INVALID before the last byte of its recipients was written, and where it was not opened.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_decryptor_record(
    decryptor: Option<&miyao_decryptor>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (decryptor, record) = (object!(decryptor), object!(record));
        let header = decryptor.header.as_ref().ok_or(Error::new(
            Kind::Invalid,
            "the message is not open yet; write all of its header and recipients first",
        ))?;
        miyao_buffer::give_json(&miyao_records::opened(header), record);
        Ok(())
    })
}

/// Says that nothing of the message comes any more: what is left of the plaintext can be read then.
///
/// MIYAO_STATUS_TRUNCATED when it has not even its recipients.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_decryptor_end(
    decryptor: Option<&mut miyao_decryptor>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || object!(decryptor).end())
}

/// Reads plaintext whose frame was authenticated into `out`, at most `out_cap` bytes; `out_len` gets how many. 0 means that more of the message has
/// to be written, and after `miyao_decryptor_end` that all of the plaintext was read.
///
/// MIYAO_STATUS_REJECTED for altered bytes; MIYAO_STATUS_TRUNCATED for a message without its end. Nothing more can be read then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_decryptor_read(
    decryptor: Option<&mut miyao_decryptor>,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (decryptor, out_len) = (object!(decryptor), object!(out_len));
        out_len.write(decryptor.read(output!(out, out_cap, out_cap))?);
        Ok(())
    })
}

/// What is known of the signature, once all of the plaintext was read; until then that of a signed message counts as unsigned. Outputs as
/// of `miyao_message_decrypt`. The decryptor is of no further use then, and is still to be freed.
///
/// MIYAO_STATUS_INVALID before `miyao_decryptor_end` and while there is plaintext to be read, which can be done still; MIYAO_STATUS_REJECTED when a demanded signature does not fit.
///
/// May be NULL: `signed_`, `signer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_decryptor_finish(
    decryptor: Option<&mut miyao_decryptor>,
    signed: Option<&mut MaybeUninit<u32>>,
    signer: *mut u8,
    signer_cap: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let decryptor = object!(decryptor);
        let signer = wanted!(signer, signer_cap, MIYAO_SIGNER_LEN);
        tell_signed(decryptor.finish()?, signed, signer);
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_decryptor_free(decryptor: Option<Box<miyao_decryptor>>) {
    guard_value((), || drop(decryptor));
}

#[cfg(test)]
mod tests;
