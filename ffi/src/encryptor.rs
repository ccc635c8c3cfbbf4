//! `miyao_encryptor`: a message from whatever is written to it, for callers that fetch it themselves.

use alloc::{boxed::Box, vec::Vec};
use core::{mem, mem::MaybeUninit};
use std::io::Write;

use miyao::{Error, Kind, Result, envelope::Encryptor, kms};

use crate::{
    desk::{give, guard_secret_telling, guard_telling, guard_value, input, object, output},
    error::miyao_error,
    options::miyao_options,
    status::miyao_status,
};

/// A message that is being made, without a function of the caller's: plaintext is written to it, and what is ready of the message is taken from it.
/// **A message without its end, which `miyao_encryptor_finish` makes, is accepted by no reader.**
pub struct miyao_encryptor {
    /// None once it was finished, or failed.
    open: Option<Encryptor<'static, Vec<u8>>>,
    /// Whether a call is at work with it, or panicked at that: nobody knows how far it came, and another would wait for what never comes.
    at_work: bool,
    ready: Vec<u8>,
    /// How many of the bytes that are ready were taken.
    taken: usize,
}

impl miyao_encryptor {
    /// For a call that says when its work is done.
    fn begin(&mut self) -> Result<&mut Encryptor<'static, Vec<u8>>> {
        match &mut self.open {
            Some(open) if !self.at_work => {
                self.at_work = true;
                Ok(open)
            }
            _ => Err(Error::new(
                Kind::Invalid,
                "the message is finished, or an earlier call failed; make another encryptor for another message",
            )),
        }
    }

    /// Puts what came out where it is taken from.
    fn put(&mut self, mut out: Vec<u8>) {
        if self.taken == self.ready.len() {
            (self.ready, self.taken) = (out, 0);
            return;
        }
        // Not with every block, so that what waits is not moved again and again.
        if self.taken > self.ready.len() / 2 {
            self.ready.drain(..self.taken);
            self.taken = 0;
        }
        self.ready.append(&mut out);
    }
}

/// Begins a message: its header and recipients are ready to be taken. `options` may be freed meanwhile. To be freed with
/// `miyao_encryptor_free`.
///
/// As `miyao_message_encrypt`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_encryptor_new(
    options: Option<&miyao_options>,
    out: Option<&mut MaybeUninit<*mut miyao_encryptor>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (options, out) = (object!(options).options()?, object!(out));
        let mut encryptor = Encryptor::new(Vec::new(), &options, &mut kms::rng()?)?;
        let ready = mem::take(encryptor.out_mut());
        give(miyao_encryptor { open: Some(encryptor), at_work: false, ready, taken: 0 }, out);
        Ok(())
    })
}

/// Encrypts all of `data`. Some of the message may be ready then: whole frames, when there are enough.
///
/// MIYAO_STATUS_TOO_LARGE past the limits of the format; MIYAO_STATUS_INVALID after the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_encryptor_write(
    encryptor: Option<&mut miyao_encryptor>,
    data: *const u8,
    data_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (encryptor, data) = (object!(encryptor), input!(data, data_len));
        let open = encryptor.begin()?;
        let written = open.write_all(data);
        let out = mem::take(open.out_mut());
        if let Err(failed) = written {
            // What is missing in the middle cannot be made good.
            encryptor.open = None;
            return Err(failed.into());
        }
        encryptor.at_work = false;
        encryptor.put(out);
        Ok(())
    })
}

/// Ends the message: the rest of it, with the signature where the options sign, is ready then.
///
/// MIYAO_STATUS_INVALID after the end.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_encryptor_finish(
    encryptor: Option<&mut miyao_encryptor>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let encryptor = object!(encryptor);
        encryptor.begin()?;
        if let Some(open) = encryptor.open.take() {
            let out = open.finish()?;
            encryptor.put(out);
        }
        Ok(())
    })
}

/// How many bytes of the message are ready; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_encryptor_ready(encryptor: Option<&miyao_encryptor>) -> usize {
    encryptor.map_or(0, |encryptor| encryptor.ready.len() - encryptor.taken)
}

/// Moves what is ready of the message to `out`, at most `out_cap` bytes; `out_len` gets how many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_encryptor_take(
    encryptor: Option<&mut miyao_encryptor>,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (encryptor, out_len) = (object!(encryptor), object!(out_len));
        let ready = encryptor.ready.get(encryptor.taken..).unwrap_or_default();
        let len = ready.len().min(out_cap);
        output!(out, out_cap, len).copy_from_slice(&ready[..len]);
        encryptor.taken += len;
        if encryptor.taken == encryptor.ready.len() {
            encryptor.ready.clear();
            encryptor.taken = 0;
        }
        out_len.write(len);
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_encryptor_free(encryptor: Option<Box<miyao_encryptor>>) {
    guard_value((), || drop(encryptor));
}
