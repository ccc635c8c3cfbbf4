//! `miyao_reader`: any range of a message's plaintext.

use alloc::boxed::Box;
use core::{ffi::c_void, mem::MaybeUninit};
use std::io::{Cursor, Read, Seek, SeekFrom};

use miyao::{Result, envelope::Reader};

use crate::{
    buffer::miyao_buffer,
    callbacks::{Place, miyao_read_at},
    desk::{bytes, give, guard_secret_telling, guard_telling, guard_value, object, output},
    error::miyao_error,
    opener::miyao_opener,
    status::miyao_status,
};

/// A message that is read from any place, each frame authenticated before a byte of it leaves; one decrypted frame is kept. Nothing is said of a
/// signature: for that a message is read from its beginning to its end.
pub struct miyao_reader(Reader<Box<dyn Whole + Send + Sync>>);

/// A message, wherever it is.
trait Whole: Read + Seek {}

impl<T: Read + Seek> Whole for T {}

/// Opens the message of `message_len` bytes that `read_at` gives. `user` must last until the reader is freed.
///
/// As `miyao_message_decrypt`; MIYAO_STATUS_INVALID for an opener that demands a signature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_reader_new(
    opener: Option<&miyao_opener>,
    read_at: miyao_read_at,
    user: *mut c_void,
    message_len: u64,
    out: Option<&mut MaybeUninit<*mut miyao_reader>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (opener, out) = (object!(opener).0.opener()?, object!(out));
        let source: Box<dyn Whole + Send + Sync> = Box::new(Place::new(read_at, user, message_len)?);
        give(miyao_reader(Reader::new(source, &opener)?), out);
        Ok(())
    })
}

/// Opens a message in memory, such as a file that is mapped: **`message` is kept, and must stay as it is until the reader is freed.**
///
/// As `miyao_reader_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_reader_new_in_memory(
    opener: Option<&miyao_opener>,
    message: *const u8,
    message_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_reader>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (opener, out) = (object!(opener).0.opener()?, object!(out));
        // SAFETY: rule 1 of the desk, which the caller keeps until the reader is freed.
        let message: &'static [u8] = unsafe { bytes("message", message, message_len) }?;
        let source: Box<dyn Whole + Send + Sync> = Box::new(Cursor::new(message));
        give(miyao_reader(Reader::new(source, &opener)?), out);
        Ok(())
    })
}

/// The number of bytes of plaintext; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_reader_len(reader: Option<&miyao_reader>) -> u64 {
    reader.map_or(0, |reader| reader.0.len())
}

/// What the message says of itself, as a record in JSON: its suite, its context and who signs are authenticated, the signature is not checked.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_reader_record(
    reader: Option<&miyao_reader>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (reader, record) = (object!(reader), object!(record));
        miyao_buffer::give_json(&miyao_records::opened(reader.0.header()), record);
        Ok(())
    })
}

/// Reads plaintext from byte `offset` on until `out` is full or the plaintext ends; `out_len` gets how many bytes, 0 past the end.
///
/// MIYAO_STATUS_REJECTED for altered bytes, and MIYAO_STATUS_IO when the function fails: `out` is zeros then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_reader_read_at(
    reader: Option<&mut miyao_reader>,
    offset: u64,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (reader, out_len) = (object!(reader), object!(out_len));
        let out = output!(out, out_cap, out_cap);
        let read = read_at(&mut reader.0, offset, out);
        if read.is_err() {
            out.fill(0);
        }
        out_len.write(read?);
        Ok(())
    })
}

fn read_at(reader: &mut Reader<Box<dyn Whole + Send + Sync>>, offset: u64, out: &mut [u8]) -> Result<usize> {
    reader.seek(SeekFrom::Start(offset))?;
    let mut got = 0;
    while got < out.len() {
        match reader.read(&mut out[got..])? {
            0 => break,
            read => got += read,
        }
    }
    Ok(got)
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_reader_free(reader: Option<Box<miyao_reader>>) {
    guard_value((), || drop(reader));
}
