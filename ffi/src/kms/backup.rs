//! Backups of a store as messages, and stores made from them.

use alloc::sync::Arc;
use core::{
    ffi::{c_char, c_void},
    mem::MaybeUninit,
};

use miyao::{
    key::Principal,
    kms::{self, BackupReport},
    store::sqlite::Sqlite,
};

use super::miyao_kms;
use crate::{
    buffer::miyao_buffer,
    callbacks::{Sink, Source, miyao_read, miyao_write},
    desk::{guard_secret_telling, object, path_of, words},
    error::miyao_error,
    opener::miyao_opener,
    options::miyao_options,
    root::miyao_root,
    status::miyao_status,
};

/// Writes a backup of the store as it is now, as a message to the recipients of `options`, who should be no keys of this store: it cannot open the backup
/// once it is lost. Whoever opens it has every key. `record`, where it is not NULL, gets what it holds.
///
/// MIYAO_STATUS_IO when `write` fails: what was written until then is no backup.
///
/// May be NULL: `record`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_backup(
    kms: Option<&miyao_kms>,
    options: Option<&miyao_options>,
    write: miyao_write,
    user: *mut c_void,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, options) = (object!(kms), object!(options).options()?);
        let mut sink = Sink::new(write, user)?;
        give(&kms.with(|kms| kms.backup(&mut sink, &options))?, record);
        Ok(())
    })
}

/// Proves that the backup that `read` gives is whole: opens it, checks every MAC and the audit chain, and every secret by its check value. Writes nothing.
/// `record`, where it is not NULL, gets what it holds.
///
/// As `miyao_message_decrypt`; MIYAO_STATUS_MALFORMED for a message that is no backup; MIYAO_STATUS_CORRUPT when its parts contradict each other.
///
/// May be NULL: `record`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_backup_verify(
    opener: Option<&miyao_opener>,
    read: miyao_read,
    user: *mut c_void,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let opener = object!(opener).0.opener()?;
        let mut source = Source::new(read, user)?;
        give(&kms::verify_backup(&mut source, &opener)?, record);
        Ok(())
    })
}

/// Makes a new store in a new file at `path` from the backup that `read` gives, under `root`, and opens it, as `miyao_kms_init`. A root in a device has to
/// be named by its id. `record`, where it is not NULL, gets what was made. A restore that fails leaves no store.
///
/// As `miyao_backup_verify`; MIYAO_STATUS_EXISTS when a store is there.
///
/// May be NULL: `record`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_restore(
    path: *const c_char,
    path_len: usize,
    root: Option<&miyao_root>,
    principal: *const c_char,
    principal_len: usize,
    opener: Option<&miyao_opener>,
    read: miyao_read,
    user: *mut c_void,
    out: Option<&mut MaybeUninit<*mut miyao_kms>>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (path, root, out) = (path_of!(path, path_len), object!(root), object!(out));
        let principal = Principal::parse(words!(principal, principal_len))?;
        let opener = object!(opener).0.opener()?;
        let mut source = Source::new(read, user)?;
        let root = root.for_new(false)?;
        let store = Arc::new(Sqlite::create(path)?);
        let (kms, report) = kms::restore(&mut source, &opener, store, root.provider(), principal)
            .inspect_err(|_| Sqlite::discard(path))?;
        miyao_kms::give(root.attach(kms), out);
        if let Some(record) = record {
            miyao_buffer::give_json(&miyao_records::restored(&report), record);
        }
        Ok(())
    })
}

fn give(report: &BackupReport, record: Option<&mut MaybeUninit<*mut miyao_buffer>>) {
    if let Some(record) = record {
        miyao_buffer::give_json(&miyao_records::backup(report), record);
    }
}
