//! `miyao_context`: the pairs that a token or a message is bound to (加密上下文).

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::{Result, envelope::Context};

use crate::{
    desk::{give, guard_telling, guard_value, input, object},
    error::miyao_error,
    status::miyao_status,
};

/// Up to 64 pairs of key and value that are authenticated with a token or a message: whoever decrypts must give the same. A const
/// one may be used by many threads at once, and as often as wanted. Where a function takes a context, NULL is one without pairs.
pub struct miyao_context(Context);

impl miyao_context {
    /// The pairs, or none where the caller gave NULL.
    pub(crate) fn or_none<T>(context: Option<&Self>, work: impl FnOnce(&Context) -> Result<T>) -> Result<T> {
        match context {
            Some(context) => work(&context.0),
            // Makes no allocation.
            None => work(&Context::new()),
        }
    }

    /// A copy, for an object that keeps it.
    pub(crate) fn copied(context: Option<&Self>) -> Context {
        context.map_or_else(Context::new, |context| context.0.clone())
    }
}

/// A context without pairs, to be freed with `miyao_context_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_context_new(out: Option<&mut MaybeUninit<*mut miyao_context>>) -> miyao_status {
    guard_telling(None, || {
        give(miyao_context(Context::new()), object!(out));
        Ok(())
    })
}

/// Adds a pair that stands in a message's header, readable without a key; tokens store no pair. Keys and values are bytes.
///
/// MIYAO_STATUS_INVALID for an empty key or one that is there; MIYAO_STATUS_TOO_LARGE past 64 pairs, 8,192 bytes stored or 65,536
/// bytes in all. The context is then as before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_context_add(
    context: Option<&mut miyao_context>,
    key: *const u8,
    key_len: usize,
    value: *const u8,
    value_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let context = object!(context);
        context.0 = context.0.clone().with(input!(key, key_len), input!(value, value_len))?;
        Ok(())
    })
}

/// Adds a pair of which a message stores the key alone: whoever decrypts has to bring the value.
///
/// As `miyao_context_add`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_context_add_hidden(
    context: Option<&mut miyao_context>,
    key: *const u8,
    key_len: usize,
    value: *const u8,
    value_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let context = object!(context);
        context.0 = context.0.clone().with_hidden(input!(key, key_len), input!(value, value_len))?;
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_context_free(context: Option<Box<miyao_context>>) {
    guard_value((), || drop(context));
}
