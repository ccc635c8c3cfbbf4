//! The caller's functions that give and take bytes, as readers and writers.
//!
//! Knows no format. What such functions promise stands in the words of their types, which the header has.

use core::ffi::c_void;
use std::io::{self, Read, Seek, SeekFrom, Write};

use miyao::{Error, Kind, Result};

use crate::desk::present;

/// Puts up to `cap` bytes, `cap` being 1 at least, into `out` and returns how many; 0 at the end. A negative number is a failure, best a
/// negative errno: the call that reads ends with MIYAO_STATUS_IO then, and reads no more. It must not throw or longjmp, nor use a stream
/// that is calling it; it is called by the thread of that call alone.
pub type miyao_read = Option<unsafe extern "C" fn(user: *mut c_void, out: *mut u8, cap: usize) -> i64>;

/// Takes up to `data_len` bytes, which is 1 at least, and returns how many; 0 and negative numbers are failures. Otherwise as `miyao_read`.
pub type miyao_write =
    Option<unsafe extern "C" fn(user: *mut c_void, data: *const u8, data_len: usize) -> i64>;

/// Puts up to `cap` of the bytes from `offset` on into `out`, as pread(2) does. Otherwise as `miyao_read`.
pub type miyao_read_at =
    Option<unsafe extern "C" fn(user: *mut c_void, offset: u64, out: *mut u8, cap: usize) -> i64>;

/// Bytes that the caller's function gives.
pub(crate) struct Source {
    read: unsafe extern "C" fn(*mut c_void, *mut u8, usize) -> i64,
    user: *mut c_void,
}

/// Bytes that the caller's function takes.
pub(crate) struct Sink {
    write: unsafe extern "C" fn(*mut c_void, *const u8, usize) -> i64,
    user: *mut c_void,
}

/// Bytes that the caller's function gives from any place, `len` of them.
pub(crate) struct Place {
    read_at: unsafe extern "C" fn(*mut c_void, u64, *mut u8, usize) -> i64,
    user: *mut c_void,
    len: u64,
    position: u64,
}

// SAFETY: a function of the caller's is called by whichever thread calls ours, one at a time, as the words of `miyao_read` say.
unsafe impl Send for Place {}
// SAFETY: nothing is done with one that is shared: to read and to seek is to have it alone.
unsafe impl Sync for Place {}

impl Source {
    pub(crate) fn new(read: miyao_read, user: *mut c_void) -> Result<Self> {
        Ok(Self { read: present("read", read)?, user })
    }
}

impl Sink {
    pub(crate) fn new(write: miyao_write, user: *mut c_void) -> Result<Self> {
        Ok(Self { write: present("write", write)?, user })
    }
}

impl Place {
    pub(crate) fn new(read_at: miyao_read_at, user: *mut c_void, len: u64) -> Result<Self> {
        Ok(Self { read_at: present("read_at", read_at)?, user, len, position: 0 })
    }
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        // SAFETY: the caller gave a function of this type with what it is to be called with, and room is for what is said.
        let answer = unsafe { (self.read)(self.user, out.as_mut_ptr(), out.len()) };
        counted(answer, out.len())
    }
}

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if data.is_empty() {
            return Ok(0);
        }
        // SAFETY: the caller gave a function of this type with what it is to be called with, and so many bytes are there.
        let answer = unsafe { (self.write)(self.user, data.as_ptr(), data.len()) };
        counted(answer, data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Place {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let cap = out.len().min(left);
        if cap == 0 {
            return Ok(0);
        }
        // SAFETY: the caller gave a function of this type with what it is to be called with, and room is for what is said.
        let answer = unsafe { (self.read_at)(self.user, self.position, out.as_mut_ptr(), cap) };
        let read = counted(answer, cap)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Place {
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

/// The number of bytes that a function of the caller's says, where it can be.
fn counted(answer: i64, most: usize) -> io::Result<usize> {
    if answer < 0 {
        let cause = io::Error::from_raw_os_error(i32::try_from(-answer.max(-i64::MAX)).unwrap_or(i32::MAX));
        let failed = Error::new(Kind::Io, "the caller's function that gives or takes bytes failed");
        return Err(failed.caused_by(cause).into());
    }
    usize::try_from(answer).ok().filter(|bytes| *bytes <= most).ok_or_else(|| {
        Error::new(
            Kind::Invalid,
            "a function of the caller's says that it moved more bytes than it was asked to",
        )
        .into()
    })
}
