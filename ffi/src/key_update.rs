//! `miyao_key_update`: what to change of a key.

use alloc::{borrow::ToOwned, boxed::Box};
use core::{ffi::c_char, mem::MaybeUninit};

use miyao::{
    Error, Kind, Result,
    key::{Limits, Number},
    kms::KeyUpdate,
};

use crate::{
    desk::{give, guard_telling, guard_value, object, words},
    error::miyao_error,
    key_options::{AUDIT_MODES, known, span},
    status::miyao_status,
};

/// Changes of a key, for `miyao_kms_update`: what is not set stays as it is.
#[derive(Default)]
pub struct miyao_key_update(pub(crate) KeyUpdate);

/// No change yet; to be freed with `miyao_key_update_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_update_new(out: Option<&mut MaybeUninit<*mut miyao_key_update>>) -> miyao_status {
    guard_telling(None, || {
        give(miyao_key_update::default(), object!(out));
        Ok(())
    })
}

/// Free text, at most 4,096 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_key_update_set_description(
    update: Option<&mut miyao_key_update>,
    description: *const c_char,
    description_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(update).0.description = Some(words!(description, description_len).to_owned());
        Ok(())
    })
}

/// How its data operations are audited, MIYAO_AUDIT_….
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_update_set_audit(
    update: Option<&mut miyao_key_update>,
    audit: u32,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(update).0.audit = Some(known(audit, &AUDIT_MODES)?);
        Ok(())
    })
}

/// Whether destruction is refused.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_update_set_deletion_protection(
    update: Option<&mut miyao_key_update>,
    protected: bool,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(update).0.deletion_protection = Some(protected);
        Ok(())
    })
}

/// The age at which `miyao_kms_maintain` rotates it; 0 for never.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_update_set_rotate_every(
    update: Option<&mut miyao_key_update>,
    seconds: u64,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(update).0.rotate_every = Some(span(seconds));
        Ok(())
    })
}

/// What each version may be used for: seconds after activation that it protects data and opens data, and how many messages and bytes it
/// protects; 0 for no limit. All four are replaced.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_update_set_limits(
    update: Option<&mut miyao_key_update>,
    originator_seconds: u64,
    recipient_seconds: u64,
    messages: u64,
    bytes: u64,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(update).0.limits = Some(Limits {
            originator_period: span(originator_seconds),
            recipient_period: span(recipient_seconds),
            messages: (messages > 0).then_some(messages),
            bytes: (bytes > 0).then_some(bytes),
        });
        Ok(())
    })
}

/// Versions below open nothing from now on.
///
/// MIYAO_STATUS_INVALID for 0.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_update_set_min_decrypt(
    update: Option<&mut miyao_key_update>,
    version: u32,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(update).0.min_decrypt = Some(number(version)?);
        Ok(())
    })
}

/// Versions below protect nothing from now on; not less than the least that decrypts.
///
/// MIYAO_STATUS_INVALID for 0.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_update_set_min_encrypt(
    update: Option<&mut miyao_key_update>,
    version: u32,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(update).0.min_encrypt = Some(number(version)?);
        Ok(())
    })
}

/// Adds or replaces a tag.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_key_update_set_tag(
    update: Option<&mut miyao_key_update>,
    name: *const c_char,
    name_len: usize,
    value: *const c_char,
    value_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (name, value) = (words!(name, name_len), words!(value, value_len));
        object!(update).0.set_tags.push((name.to_owned(), value.to_owned()));
        Ok(())
    })
}

/// Removes a tag; `miyao_kms_update` is MIYAO_STATUS_MISSING where the key has none of this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_key_update_remove_tag(
    update: Option<&mut miyao_key_update>,
    name: *const c_char,
    name_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let name = words!(name, name_len);
        object!(update).0.remove_tags.push(name.to_owned());
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_update_free(update: Option<Box<miyao_key_update>>) {
    guard_value((), || drop(update));
}

fn number(version: u32) -> Result<Number> {
    Number::new(version).ok_or(Error::new(Kind::Invalid, "versions are numbered from 1; give such a number"))
}
