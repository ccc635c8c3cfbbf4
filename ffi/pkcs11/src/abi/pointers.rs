//! Memory of the caller: bytes read, answers written.
//!
//! Knows no call. A NULL and a length that does not go with it become `CKR_ARGUMENTS_BAD`.
#![allow(unsafe_code, reason = "memory of the caller is reached by pointers only")]

use core::{ptr, slice};

use cryptoki_sys::{CK_BYTE, CK_ULONG, CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL, CKR_GENERAL_ERROR};

use crate::{
    rv::{Result, Rv, check, fail},
    session::{Answer, Room},
};

/// `len` bytes of the caller, which may be none.
///
/// # Safety
/// `data` is NULL or points to `len` readable bytes that stay as they are for `'a`.
pub(super) unsafe fn bytes<'a>(data: *const CK_BYTE, len: CK_ULONG) -> Result<&'a [u8]> {
    let len = usize::try_from(len).map_err(|_| Rv(CKR_ARGUMENTS_BAD))?;
    if len == 0 {
        return Ok(&[]);
    }
    check(!data.is_null() && isize::try_from(len).is_ok(), CKR_ARGUMENTS_BAD)?;
    // SAFETY: not NULL, and the caller of this function keeps that `len` bytes are readable there.
    Ok(unsafe { slice::from_raw_parts(data, len) })
}

/// A value of the caller, wherever it lies.
///
/// # Safety
/// `place` is NULL or points to a readable `T`, for which any bytes are a value.
pub(super) unsafe fn value<T: Copy>(place: *const T) -> Result<T> {
    check(!place.is_null(), CKR_ARGUMENTS_BAD)?;
    // SAFETY: not NULL, and the caller of this function keeps that a `T` is readable there.
    Ok(unsafe { place.read_unaligned() })
}

/// A place of the caller for one value.
pub(super) struct Place<T>(*mut T);

impl<T: Copy> Place<T> {
    /// # Safety
    /// `place` is NULL or points to room for a `T`, until the call ends.
    pub(super) unsafe fn new(place: *mut T) -> Result<Self> {
        check(!place.is_null(), CKR_ARGUMENTS_BAD)?;
        Ok(Self(place))
    }

    pub(super) fn put(&self, value: T) {
        // SAFETY: `new` found it not NULL, and its caller keeps that there is room until the call ends.
        unsafe { self.0.write_unaligned(value) }
    }
}

/// A place of the caller for so many bytes, no more and no fewer.
pub(super) struct Row {
    at: *mut CK_BYTE,
    len: usize,
}

impl Row {
    /// # Safety
    /// `at` is NULL or points to room for `len` bytes, until the call ends.
    pub(super) unsafe fn new(at: *mut CK_BYTE, len: usize) -> Result<Self> {
        check(!at.is_null(), CKR_ARGUMENTS_BAD)?;
        Ok(Self { at, len })
    }

    pub(super) fn put(&self, bytes: &[u8]) -> Result<()> {
        check(bytes.len() == self.len, CKR_GENERAL_ERROR)?;
        // SAFETY: `new` found it not NULL, and its caller keeps that there is room for as many; `bytes` is memory of ours.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.at, bytes.len()) };
        Ok(())
    }
}

/// Room of the caller for many values and for their number: the two-call pattern of §5.2.
pub(super) struct Output<T> {
    out: *mut T,
    len: Place<CK_ULONG>,
    room: Room,
}

impl<T: Copy> Output<T> {
    /// # Safety
    /// `len` is NULL or points to a number; `out` is NULL or points to room for so many `T`, until the call ends.
    pub(super) unsafe fn new(out: *mut T, len: *mut CK_ULONG) -> Result<Self> {
        // SAFETY: the caller of this function keeps that it is NULL or a readable number.
        let known = unsafe { value(len) }?;
        let room = if out.is_null() {
            Room::Query
        } else {
            Room::Bytes(usize::try_from(known).map_err(|_| Rv(CKR_ARGUMENTS_BAD))?)
        };
        // SAFETY: and a writable one.
        let len = unsafe { Place::new(len) }?;
        Ok(Self { out, len, room })
    }

    pub(super) const fn room(&self) -> Room {
        self.room
    }

    /// Gives a list: its length where that is asked, an error where there is no room for it.
    pub(super) fn list(&self, values: &[T]) -> Result<()> {
        self.len.put(values.len() as CK_ULONG);
        match self.room {
            Room::Query => Ok(()),
            Room::Bytes(room) if room < values.len() => fail(CKR_BUFFER_TOO_SMALL),
            Room::Bytes(_) => {
                // SAFETY: `new`'s caller keeps that there is room for as many as `room` says, and these are no more; `values`
                // is memory of ours. Bytes lie anywhere, so it does not matter where a caller's numbers do.
                unsafe {
                    ptr::copy_nonoverlapping(
                        values.as_ptr().cast::<u8>(),
                        self.out.cast(),
                        size_of_val(values),
                    );
                }
                Ok(())
            }
        }
    }
}

impl Output<CK_BYTE> {
    /// Gives an answer.
    pub(super) fn give(&self, answer: &Answer) -> Result<()> {
        match answer {
            Answer::Length(len) => self.len.put(*len as CK_ULONG),
            Answer::Short(len) => {
                self.len.put(*len as CK_ULONG);
                return fail(CKR_BUFFER_TOO_SMALL);
            }
            Answer::Bytes(bytes) => self.list(bytes)?,
        }
        Ok(())
    }
}
