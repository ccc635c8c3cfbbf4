//! The root key of a store: what is known of it, and how it is changed.

use core::mem::MaybeUninit;

use miyao::{
    Result,
    kms::{Kms, RootChanged},
    provider::Roots,
};

use super::miyao_kms;
use crate::{
    buffer::miyao_buffer,
    desk::{guard_secret_telling, guard_telling, object},
    device::miyao_device,
    error::miyao_error,
    root::miyao_root,
    status::miyao_status,
};

/// What is known of the root key, as a record in JSON.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_root(
    kms: Option<&miyao_kms>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, record) = (object!(kms), object!(record));
        miyao_buffer::give_json(&miyao_records::root(&kms.with(Kms::root)?), record);
        Ok(())
    })
}

/// Seals the store's master secret under another root, which is there already; nothing else is rewritten. In a device it has to be named by the id in
/// the device's URI: `miyao_kms_rotate_root` and `miyao_kms_migrate_root` make one.
///
/// MIYAO_STATUS_INVALID for a root in a device that names no key.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_change_root(
    kms: Option<&miyao_kms>,
    root: Option<&miyao_root>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, root) = (object!(kms), object!(root));
        let root = root.for_new(false)?;
        kms.with(|kms| kms.change_root(root.provider()))
    })
}

/// Makes a new root key in the device that holds the present one, and seals the master secret under it; the former is kept. Where this was begun
/// before and not finished, it is finished. `record`, where it is not NULL, gets what was done.
///
/// MIYAO_STATUS_INVALID when the root is not in this device; MIYAO_STATUS_UNAVAILABLE when the device does not answer: call it again then, or
/// `miyao_kms_resume_root`.
///
/// May be NULL: `record`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_rotate_root(
    kms: Option<&miyao_kms>,
    device: Option<&miyao_device>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || change(object!(kms), object!(device), record, Kms::rotate_root))
}

/// Makes a root key in a device that does not hold the present one, and seals the master secret under it. Otherwise as `miyao_kms_rotate_root`; one
/// begun for another device is given up.
///
/// MIYAO_STATUS_INVALID when the root is in this device already.
///
/// May be NULL: `record`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_migrate_root(
    kms: Option<&miyao_kms>,
    device: Option<&miyao_device>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || change(object!(kms), object!(device), record, Kms::migrate_root))
}

/// Finishes a change of root that was begun for this device.
///
/// MIYAO_STATUS_MISSING when none was begun; MIYAO_STATUS_INVALID when it was for another device.
///
/// May be NULL: `record`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_resume_root(
    kms: Option<&miyao_kms>,
    device: Option<&miyao_device>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || change(object!(kms), object!(device), record, Kms::resume_root))
}

fn change(
    kms: &miyao_kms,
    device: &miyao_device,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    work: impl FnOnce(&Kms, &dyn Roots) -> Result<RootChanged>,
) -> Result<()> {
    let changed = kms.with(|kms| work(kms, &*device.roots))?;
    if let Some(record) = record {
        miyao_buffer::give_json(&miyao_records::root_changed(&changed), record);
    }
    Ok(())
}
