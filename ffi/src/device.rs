//! `miyao_device`: an encryption machine (密码机) that holds root keys and keys.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{ffi::c_char, mem::MaybeUninit};

#[cfg(feature = "pkcs11")]
use miyao::provider::pkcs11::{Settings, Token, Uri};
use miyao::{
    Error, Kind, Result,
    provider::{Device, RootId, Roots},
};

use crate::{
    buffer::miyao_buffer,
    desk::{give, guard, guard_telling, guard_value, object, strings, utf8, words},
    device_settings::miyao_device_settings,
    error::miyao_error,
    status::miyao_status,
};

/// An encryption machine or token, or several that stand in for each other, logged in to. Many threads may use one; stores that it is attached to, and roots in it, keep it after it was freed.
#[derive(Clone)]
pub struct miyao_device {
    pub(crate) device: Arc<dyn Device>,
    pub(crate) roots: Arc<dyn Roots>,
    /// The root key that the URI names.
    pub(crate) named: Option<RootId>,
    /// The same as the first two.
    #[cfg(feature = "pkcs11")]
    token: Token,
}

/// Opens the device that a URI of PKCS#11 (RFC 7512) names, such as `pkcs11:token=kms?module-path=/usr/lib/vendor.so&pin-source=file:/etc/pin`: loads the
/// module, finds the token and logs in. An `id` in it names a root key. `settings` may be NULL, and freed afterwards.
///
/// MIYAO_STATUS_DENIED for a wrong PIN. It is not tried again by this process, since a few wrong ones lock the token: correct it, then call
/// `miyao_device_allow_logins`. MIYAO_STATUS_UNAVAILABLE when the device does not answer or has no such token; MIYAO_STATUS_MISSING without
/// the module or a file; MIYAO_STATUS_INVALID when several tokens fit; MIYAO_STATUS_MALFORMED, MIYAO_STATUS_INVALID or MIYAO_STATUS_UNSUPPORTED for what
/// is no such URI, and MIYAO_STATUS_UNSUPPORTED by a build without `pkcs11` among its features.
///
/// May be NULL: `settings`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_device_open(
    uri: *const c_char,
    uri_len: usize,
    settings: Option<&miyao_device_settings>,
    out: Option<&mut MaybeUninit<*mut miyao_device>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let uri = words!(uri, uri_len);
        let out = object!(out);
        give(open(&[uri], settings)?, out);
        Ok(())
    })
}

/// Opens several devices that hold the same keys, one for each of `count` URIs, as one: each is asked when those before it do not answer or refuse their PIN,
/// and one has to answer now. Each URI gives the `token` or the `serial` of its device, by which keys of one that is down are found in the others. Where the
/// URIs name a root key, all name the same. `settings` are for all of them; the PIN of `miyao_device_settings_set_pin`, too.
///
/// As `miyao_device_open`, of the last one; MIYAO_STATUS_INVALID for no URI, and for several root keys.
///
/// May be NULL: `settings`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_device_open_all(
    uris: *const *const c_char,
    uri_lens: *const usize,
    count: usize,
    settings: Option<&miyao_device_settings>,
    out: Option<&mut MaybeUninit<*mut miyao_device>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (uris, out) = (uris.cast(), object!(out));
        let uris = strings!(uris, uri_lens, count);
        let uris = uris.into_iter().map(|uri| utf8("uris", uri)).collect::<Result<Vec<_>>>()?;
        give(open(&uris, settings)?, out);
        Ok(())
    })
}

/// Who the device says it is, as a record in JSON.
///
/// MIYAO_STATUS_UNAVAILABLE when it does not answer.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_device_identity(
    device: Option<&miyao_device>,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let found = object!(device).device.identity()?;
        miyao_buffer::give_json(&miyao_records::device(&found), object!(record));
        Ok(())
    })
}

/// How many calls hang in devices, which are left to themselves after the deadline, and how many devices there are.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_device_hanging(
    device: Option<&miyao_device>,
    calls: Option<&mut MaybeUninit<usize>>,
    devices: Option<&mut MaybeUninit<usize>>,
) -> miyao_status {
    guard(|| {
        let (device, calls, devices) = (object!(device), object!(calls), object!(devices));
        let (hanging, all) = hanging(device);
        calls.write(hanging);
        devices.write(all);
        Ok(())
    })
}

/// The PIN was corrected, after MIYAO_STATUS_DENIED: it is asked for again, and may be tried once more. A PIN that was given by
/// `miyao_device_settings_set_pin` stays what it was: for another, open the device anew after `miyao_device_allow_logins`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_device_allow_login(
    device: Option<&miyao_device>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        allow_login(object!(device));
        Ok(())
    })
}

/// The same where no device was opened, because the PIN was wrong: a PIN may be tried once more with every token of the module that the URI names.
///
/// MIYAO_STATUS_INVALID for a URI without `module-path`; MIYAO_STATUS_MISSING without that module; otherwise as `miyao_device_open`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_device_allow_logins(
    uri: *const c_char,
    uri_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || allow_logins(words!(uri, uri_len)))
}

/// Whether it answers, and its keys can be used; of several devices, whether each does.
///
/// MIYAO_STATUS_DENIED when its PIN is wrong; MIYAO_STATUS_UNAVAILABLE, with what to do about it.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_device_check_health(
    device: Option<&miyao_device>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || object!(device).device.check_health())
}

/// Frees it; where nothing else uses the device, its sessions end. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_device_free(device: Option<Box<miyao_device>>) {
    guard_value((), || drop(device));
}

#[cfg(feature = "pkcs11")]
fn open(uris: &[&str], settings: Option<&miyao_device_settings>) -> Result<miyao_device> {
    let uris = uris.iter().map(|uri| parsed(uri)).collect::<Result<Vec<_>>>()?;
    let settings = settings.map_or_else(|| Ok(Settings::default()), miyao_device_settings::chosen)?;
    let named = uris.first().map_or(Ok(None), Uri::root)?;
    let token = Token::open_all(&uris, &settings)?;
    Ok(miyao_device { device: Arc::new(token.clone()), roots: Arc::new(token.clone()), named, token })
}

#[cfg(feature = "pkcs11")]
fn parsed(uri: &str) -> Result<Uri> {
    if !uri.starts_with("pkcs11:") {
        return Err(Error::new(Kind::Unsupported, "this build knows devices of PKCS#11; give pkcs11:…"));
    }
    Uri::parse(uri)
}

#[cfg(feature = "pkcs11")]
fn hanging(device: &miyao_device) -> (usize, usize) {
    device.token.hanging()
}

#[cfg(feature = "pkcs11")]
fn allow_login(device: &miyao_device) {
    device.token.allow_login();
}

#[cfg(feature = "pkcs11")]
fn allow_logins(uri: &str) -> Result<()> {
    Token::allow_logins(&parsed(uri)?)
}

#[cfg(not(feature = "pkcs11"))]
fn open(_: &[&str], _: Option<&miyao_device_settings>) -> Result<miyao_device> {
    Err(none())
}

#[cfg(not(feature = "pkcs11"))]
const fn hanging(_: &miyao_device) -> (usize, usize) {
    (0, 0)
}

#[cfg(not(feature = "pkcs11"))]
const fn allow_login(_: &miyao_device) {}

#[cfg(not(feature = "pkcs11"))]
fn allow_logins(_: &str) -> Result<()> {
    Err(none())
}

#[cfg(not(feature = "pkcs11"))]
fn none() -> Error {
    Error::new(Kind::Unsupported, "this build has no devices; use one with the feature pkcs11")
}
