//! `miyao_kms`: a key store, opened, acting as one principal (密钥管理服务).

mod backup;
mod data_key;
mod keys;
mod mac;
mod material;
mod message;
mod root;
mod sign;
mod states;
mod store;
mod token;

use alloc::{boxed::Box, sync::Arc};
use core::{ffi::c_char, mem::MaybeUninit};

use arc_swap::ArcSwapOption;
pub(crate) use message::rewrapped_number;
use miyao::{Error, Kind, Result, key::Principal, kms::Kms, store::sqlite::Sqlite};
use serde_json::Value;

use crate::{
    buffer::miyao_buffer,
    desk::{give, guard_secret_telling, guard_telling, guard_value, object, path_of, words},
    device::miyao_device,
    error::miyao_error,
    root::miyao_root,
    status::miyao_status,
};

/// An open key store, acting as one principal. Many threads may use one at once, also while another closes it. A warm encryption,
/// decryption or signature takes no lock, makes no system call and touches no file.
///
/// Open it after forking: a child of a process that had a store open can use and open none, MIYAO_STATUS_UNAVAILABLE, until it runs another program;
/// what it has of its parent is still to be freed.
pub struct miyao_kms(ArcSwapOption<Kms>);

impl miyao_kms {
    /// Hands one to the caller.
    pub(crate) fn give(kms: Kms, out: &mut MaybeUninit<*mut Self>) {
        give(Self(ArcSwapOption::from_pointee(kms)), out);
    }

    /// Works with the store unless it was closed.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Kms) -> Result<T>) -> Result<T> {
        match &*self.0.load() {
            Some(kms) => work(kms),
            None => Err(Error::new(Kind::Invalid, "the key store was closed; open it again")),
        }
    }
}

/// Makes a key store in a new file at `path`, mode 0600, under `root`, and opens it. Directories are not made. `principal` is who acts, as
/// it will stand in the audit log: 1 to 128 visible ASCII characters, such as `service:orders`. What fails leaves no store.
///
/// MIYAO_STATUS_EXISTS when a store is there; MIYAO_STATUS_INVALID on a network file system, or for an empty passphrase.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_init(
    path: *const c_char,
    path_len: usize,
    root: Option<&miyao_root>,
    principal: *const c_char,
    principal_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_kms>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (root, out) = (object!(root), object!(out));
        let principal = Principal::parse(words!(principal, principal_len))?;
        let path = path_of!(path, path_len);
        let store = Arc::new(Sqlite::create(path)?);
        let kms = root
            .for_new(true)
            .and_then(|root| Ok(root.attach(Kms::init(store, root.provider(), principal)?)))
            .inspect_err(|_| Sqlite::discard(path))?;
        miyao_kms::give(kms, out);
        Ok(())
    })
}

/// Opens the key store in the file at `path`.
///
/// MIYAO_STATUS_MISSING when there is none; MIYAO_STATUS_REJECTED for a wrong root; MIYAO_STATUS_CORRUPT when its records contradict
/// their MACs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_open(
    path: *const c_char,
    path_len: usize,
    root: Option<&miyao_root>,
    principal: *const c_char,
    principal_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_kms>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (root, out) = (object!(root), object!(out));
        let principal = Principal::parse(words!(principal, principal_len))?;
        let store = Arc::new(Sqlite::open(path_of!(path, path_len))?);
        let root = root.of_store(&*store)?;
        miyao_kms::give(root.attach(Kms::open(store, root.provider(), principal)?), out);
        Ok(())
    })
}

/// Lets the store's keys with hardware protection use a device, and new ones be made in it. A device is recognised by who it says it is; one that was
/// attached before is replaced. The device that holds the store's root is attached already.
///
/// MIYAO_STATUS_UNAVAILABLE when it does not answer.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_attach(
    kms: Option<&miyao_kms>,
    device: Option<&miyao_device>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, device) = (object!(kms), object!(device));
        kms.with(|kms| kms.attach(Arc::clone(&device.device)).map(drop))
    })
}

/// The devices that are attached: an array of records in JSON.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_devices(
    kms: Option<&miyao_kms>,
    records: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, records) = (object!(kms), object!(records));
        let devices = kms.with(|kms| Ok(kms.devices()))?;
        miyao_buffer::give_json(&devices.iter().map(miyao_records::device).collect::<Value>(), records);
        Ok(())
    })
}

/// The same store, acting as somebody else: an object of its own, cheap, to be closed and freed too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_acting_as(
    kms: Option<&miyao_kms>,
    principal: *const c_char,
    principal_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_kms>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, out) = (object!(kms), object!(out));
        let principal = Principal::parse(words!(principal, principal_len))?;
        miyao_kms::give(kms.with(|kms| Ok(kms.acting_as(principal)))?, out);
        Ok(())
    })
}

/// Writes what was counted to the audit log now. It is written every second too, and by `miyao_kms_close`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_flush(
    kms: Option<&miyao_kms>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || object!(kms).with(Kms::flush))
}

/// Writes what was counted to the audit log and ends the use of this object, which is to be freed still: what uses it from now on is
/// MIYAO_STATUS_INVALID, and its keys are wiped when the last call, and the last object made of it, has ended. On failure the counts are lost
/// with it, so whoever must not lose them calls `miyao_kms_flush` before. Closing twice is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_close(
    kms: Option<&miyao_kms>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || match object!(kms).0.swap(None) {
        Some(kms) => kms.flush(),
        None => Ok(()),
    })
}

/// Closes and frees it; what could not be written is not told. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_free(kms: Option<Box<miyao_kms>>) {
    guard_value((), || drop(kms));
}
