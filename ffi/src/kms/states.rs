//! States of keys and versions: stopped, started, destroyed in time.

use core::mem::MaybeUninit;

use super::miyao_kms;
use crate::{
    desk::{guard_secret_telling, guard_telling, object, tell},
    error::miyao_error,
    key_options::span,
    key_ref::miyao_key_ref,
    status::miyao_status,
};

/// Stops a key: it verifies only.
///
/// MIYAO_STATUS_FORBIDDEN where the table of docs/lifecycle.md has no such line, as for all of these.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_disable(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        kms.with(|kms| kms.disable(key))
    })
}

/// Starts a disabled key again. Where its primary was stopped meanwhile, a key made here gets a successor in the same commit.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_enable(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        kms.with(|kms| kms.enable(key))
    })
}

/// Schedules the destruction of a disabled key with all its versions after so many seconds, 7 to 366 days; 0 for 30 days. `due`, where it is not
/// NULL, gets when, in milliseconds since 1970. It takes two calls of `miyao_kms_maintain` at least a day apart from then on.
///
/// MIYAO_STATUS_INVALID for another wait.
///
/// May be NULL: `due`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_schedule_destroy(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    wait_seconds: u64,
    due: Option<&mut MaybeUninit<u64>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        tell(due, kms.with(|kms| kms.schedule_destroy(key, span(wait_seconds)))?.0);
        Ok(())
    })
}

/// Calls a scheduled destruction off; the key is disabled then.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_cancel_destroy(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        kms.with(|kms| kms.cancel_destroy(key))
    })
}

/// Stops a version, which `key` names: it opens nothing until it is resumed. The primary of a key made here is succeeded in the same commit; a key
/// with imported material is disabled instead.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_suspend(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, (key, version)) = (object!(kms), object!(key).key_and_version()?);
        kms.with(|kms| kms.suspend(key, version))
    })
}

/// Lets a suspended version, which `key` names, open data again.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_resume(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, (key, version)) = (object!(kms), object!(key).key_and_version()?);
        kms.with(|kms| kms.resume(key, version))
    })
}

/// Takes the primary, a version that `key` names, out of use for new data; a successor takes its place as in `miyao_kms_suspend`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_deactivate(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, (key, version)) = (object!(kms), object!(key).key_and_version()?);
        kms.with(|kms| kms.deactivate(key, version))
    })
}

/// Writes down that others know the secret of a version, which `key` names: from now on it opens only for a recovery.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_compromise(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, (key, version)) = (object!(kms), object!(key).key_and_version()?);
        kms.with(|kms| kms.compromise(key, version))
    })
}

/// Schedules the destruction of one version, which `key` names, as `miyao_kms_schedule_destroy` does of a key.
///
/// May be NULL: `due`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_schedule_destroy_version(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    wait_seconds: u64,
    due: Option<&mut MaybeUninit<u64>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, (key, version)) = (object!(kms), object!(key).key_and_version()?);
        let at = kms.with(|kms| kms.schedule_destroy_version(key, version, span(wait_seconds)))?;
        tell(due, at.0);
        Ok(())
    })
}

/// Calls the destruction of a version, which `key` names, off; it is suspended then, or compromised if it was.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_cancel_destroy_version(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, (key, version)) = (object!(kms), object!(key).key_and_version()?);
        kms.with(|kms| kms.cancel_destroy_version(key, version))
    })
}
