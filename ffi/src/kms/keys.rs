//! Keys as records: made, described, listed, changed, rotated, and the names that point to them.

use core::{ffi::c_char, mem::MaybeUninit};

use miyao::key::{KeyName, Number};
use serde_json::Value;

use super::miyao_kms;
use crate::{
    buffer::miyao_buffer,
    desk::{guard_secret_telling, guard_telling, object, tell, words},
    error::miyao_error,
    key_options::miyao_key_options,
    key_ref::miyao_key_ref,
    key_update::miyao_key_update,
    status::miyao_status,
};

/// Makes a key with its first version; one with imported material waits for it. Where `record` is not NULL, it gets what
/// `miyao_kms_describe` gives.
///
/// MIYAO_STATUS_EXISTS when the name is taken; MIYAO_STATUS_INVALID or MIYAO_STATUS_TOO_LARGE for what cannot be; MIYAO_STATUS_UNAVAILABLE or
/// MIYAO_STATUS_UNSUPPORTED of the device.
///
/// May be NULL: `record`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_create(
    kms: Option<&miyao_kms>,
    options: Option<&miyao_key_options>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, options) = (object!(kms), object!(options));
        let made = kms.with(|kms| kms.create(options.0.clone()))?;
        give(&miyao_records::described(&made), record);
        Ok(())
    })
}

/// Everything that is remembered of a key, as a record in JSON.
///
/// MIYAO_STATUS_MISSING when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_describe(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key, record) = (object!(kms), object!(key).key()?, object!(record));
        let found = kms.with(|kms| kms.describe(key))?;
        miyao_buffer::give_json(&miyao_records::described(&found), record);
        Ok(())
    })
}

/// Keys in the order of their names, from after the name `after` (all for an empty one), at most `limit`: an array of records in JSON, without
/// versions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_list(
    kms: Option<&miyao_kms>,
    after: *const c_char,
    after_len: usize,
    limit: usize,
    records: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, records) = (object!(kms), object!(records));
        let after = words!(after, after_len);
        let after = if after.is_empty() { None } else { Some(KeyName::parse(after)?) };
        let keys = kms.with(|kms| kms.list(after.as_ref(), limit))?;
        miyao_buffer::give_json(&keys.iter().map(miyao_records::key).collect::<Value>(), records);
        Ok(())
    })
}

/// Changes what is remembered of a key. Where `record` is not NULL, it gets what `miyao_kms_describe` gives then.
///
/// MIYAO_STATUS_MISSING when there is no such key or tag; MIYAO_STATUS_INVALID or MIYAO_STATUS_TOO_LARGE for what cannot be.
///
/// May be NULL: `record`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_update(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    update: Option<&miyao_key_update>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key, update) = (object!(kms), object!(key).key()?, object!(update));
        let changed = kms.with(|kms| kms.update(key, update.0.clone()))?;
        give(&miyao_records::described(&changed), record);
        Ok(())
    })
}

/// Gives a key a new primary version; `version`, where it is not NULL, gets its number. With `expected`, the primary that the caller saw, or 0 for
/// none, it can be repeated: however many ask for the successor of version 3, there is one version 4.
///
/// MIYAO_STATUS_FORBIDDEN by the key's state, or for an imported key, whose next version is brought; MIYAO_STATUS_CONFLICT when `expected` is no
/// version that was primary.
///
/// May be NULL: `version`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_rotate(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    expected: u32,
    version: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let made = kms.with(|kms| kms.rotate(key, Number::new(expected)))?;
        tell(version, made.get());
        Ok(())
    })
}

/// Lets another name point to a key.
///
/// MIYAO_STATUS_EXISTS when the name is taken; `miyao_kms_move_alias` points it elsewhere.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_add_alias(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    alias: *const c_char,
    alias_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let alias = KeyName::parse(words!(alias, alias_len))?;
        kms.with(|kms| kms.add_alias(key, &alias))
    })
}

/// Points an alias to another key; a key's own name stays with it.
///
/// MIYAO_STATUS_MISSING without the alias; MIYAO_STATUS_FORBIDDEN for a key's own name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_move_alias(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    alias: *const c_char,
    alias_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let alias = KeyName::parse(words!(alias, alias_len))?;
        kms.with(|kms| kms.move_alias(key, &alias))
    })
}

/// Removes an alias.
///
/// As `miyao_kms_move_alias`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_remove_alias(
    kms: Option<&miyao_kms>,
    alias: *const c_char,
    alias_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let kms = object!(kms);
        let alias = KeyName::parse(words!(alias, alias_len))?;
        kms.with(|kms| kms.remove_alias(&alias))
    })
}

/// A record to whoever wants it.
fn give(record: &Value, out: Option<&mut MaybeUninit<*mut miyao_buffer>>) {
    if let Some(out) = out {
        miyao_buffer::give_json(record, out);
    }
}
