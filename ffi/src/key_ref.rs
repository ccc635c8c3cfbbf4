//! `miyao_key_ref`: how callers name keys and versions, read once and used often.

use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};

use miyao::{
    Error, Kind, Result,
    key::Number,
    kms::{KeyRef, VersionRef},
};

use crate::{
    desk::{give, guard_telling, guard_value, object, words},
    error::miyao_error,
    status::miyao_status,
};

/// A key by its name, an alias or its id, perhaps with a version. Whether there is such a key is looked up when it is used; it
/// belongs to no store, and many threads may use one.
pub struct miyao_key_ref {
    key: KeyRef,
    version: Option<Number>,
}

impl miyao_key_ref {
    /// The key, where no version may be named.
    pub(crate) fn key(&self) -> Result<&KeyRef> {
        match self.version {
            None => Ok(&self.key),
            Some(_) => Err(Error::new(
                Kind::Invalid,
                "this works on a key, or with its current version; name the key without a version",
            )),
        }
    }

    /// The key and its version, which must be named.
    pub(crate) fn key_and_version(&self) -> Result<(&KeyRef, Number)> {
        let version = self.version.ok_or(Error::new(
            Kind::Invalid,
            "this works on one version of a key; name it, as NAME:VERSION",
        ))?;
        Ok((&self.key, version))
    }

    /// The key, and its version where one is named.
    pub(crate) fn version(&self) -> VersionRef {
        VersionRef { key: self.key.clone(), version: self.version }
    }
}

/// Reads `NAME`, `NAME:VERSION`, or the same with an alias or with an id of 32 hexadecimal digits; to be freed with
/// `miyao_key_ref_free`. Functions say whether they take a key, a version, or either.
///
/// MIYAO_STATUS_INVALID: no such name can exist, or the version is no number from 1 on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_key_ref_new(
    text: *const c_char,
    text_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_key_ref>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let VersionRef { key, version } = VersionRef::parse(words!(text, text_len))?;
        give(miyao_key_ref { key, version }, object!(out));
        Ok(())
    })
}

/// The same key with this version, or with none for 0; to be freed too.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_ref_with_version(
    key: Option<&miyao_key_ref>,
    version: u32,
    out: Option<&mut MaybeUninit<*mut miyao_key_ref>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let key = object!(key).key.clone();
        give(miyao_key_ref { key, version: Number::new(version) }, object!(out));
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_ref_free(key: Option<Box<miyao_key_ref>>) {
    guard_value((), || drop(key));
}
