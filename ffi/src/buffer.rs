//! `miyao_buffer`: bytes whose number the caller could not know beforehand.

use alloc::{boxed::Box, string::ToString, vec::Vec};
use core::mem::MaybeUninit;

use miyao::SecretBytes;

use crate::desk::{give, guard_value};

/// Bytes that this library allocated: a message, a key file, a record in JSON. They do not change and are wiped when freed.
pub struct miyao_buffer(SecretBytes);

impl miyao_buffer {
    /// A buffer for the caller, written to `out`.
    pub(crate) fn give(bytes: SecretBytes, out: &mut MaybeUninit<*mut Self>) {
        give(Self(bytes), out);
    }

    /// Likewise of bytes that are no secret, or are the only copy of one.
    pub(crate) fn give_vec(bytes: Vec<u8>, out: &mut MaybeUninit<*mut Self>) {
        Self::give(SecretBytes::take(bytes), out);
    }

    /// Likewise of a record.
    pub(crate) fn give_json(record: &serde_json::Value, out: &mut MaybeUninit<*mut Self>) {
        Self::give_vec(record.to_string().into_bytes(), out);
    }
}

/// Its first byte; the bytes live until the buffer is freed. NULL for NULL, and not to be read where the length is 0.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_buffer_data(buffer: Option<&miyao_buffer>) -> *const u8 {
    buffer.map_or(core::ptr::null(), |buffer| buffer.0.expose().as_ptr())
}

/// The number of its bytes; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_buffer_len(buffer: Option<&miyao_buffer>) -> usize {
    buffer.map_or(0, |buffer| buffer.0.len())
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_buffer_free(buffer: Option<Box<miyao_buffer>>) {
    guard_value((), || drop(buffer));
}
