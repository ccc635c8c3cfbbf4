//! `miyao_device_settings`: how an encryption machine is used.

use alloc::{borrow::ToOwned, boxed::Box, string::String, sync::Arc};
#[cfg(feature = "pkcs11")]
use core::time::Duration;
use core::{ffi::c_char, mem::MaybeUninit};
use std::path::PathBuf;

use miyao::SecretBytes;
#[cfg(feature = "pkcs11")]
use miyao::{
    Result,
    provider::pkcs11::{AskPin, Settings, Suite, TokenInfo},
};

use crate::{
    desk::{give, guard_telling, guard_value, input, object, path_of, words},
    error::miyao_error,
    status::miyao_status,
};

/// How an encryption machine is used, for `miyao_device_open`; everything has a default.
#[derive(Default)]
pub struct miyao_device_settings {
    pub(crate) profiles: Option<PathBuf>,
    pub(crate) profile: Option<String>,
    pub(crate) suite: Option<String>,
    pub(crate) gm_only: bool,
    pub(crate) sessions: Option<usize>,
    pub(crate) deadline_ms: Option<u64>,
    pub(crate) keypad_ms: Option<u64>,
    pub(crate) pin: Option<Arc<SecretBytes>>,
}

#[cfg(feature = "pkcs11")]
impl miyao_device_settings {
    /// As the library takes them.
    pub(crate) fn chosen(&self) -> Result<Settings> {
        let mut chosen = Settings::default().gm_only(self.gm_only);
        if let Some(path) = &self.profiles {
            chosen = chosen.profiles(path);
        }
        if let Some(name) = &self.profile {
            chosen = chosen.profile(name);
        }
        if let Some(name) = &self.suite {
            chosen = chosen.suite(Suite::parse(name)?);
        }
        if let Some(sessions) = self.sessions {
            chosen = chosen.sessions(sessions)?;
        }
        if let Some(deadline) = self.deadline_ms {
            chosen = chosen.deadline(Duration::from_millis(deadline))?;
        }
        if let Some(keypad) = self.keypad_ms {
            chosen = chosen.keypad(Duration::from_millis(keypad))?;
        }
        if let Some(pin) = &self.pin {
            let pin = Arc::clone(pin);
            let ask: AskPin = Arc::new(move |_: &TokenInfo| Ok(SecretBytes::take(pin.expose().to_vec())));
            chosen = chosen.ask_pin(ask);
        }
        Ok(chosen)
    }
}

/// With all defaults; to be freed with `miyao_device_settings_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_device_settings_new(
    out: Option<&mut MaybeUninit<*mut miyao_device_settings>>,
) -> miyao_status {
    guard_telling(None, || {
        give(miyao_device_settings::default(), object!(out));
        Ok(())
    })
}

/// Reads profiles from this file or directory, before those that are compiled in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_device_settings_set_profiles(
    settings: Option<&mut miyao_device_settings>,
    path: *const c_char,
    path_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(settings).profiles = Some(path_of!(path, path_len).to_owned());
        Ok(())
    })
}

/// Uses the profile of this name, whatever the device says it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_device_settings_set_profile(
    settings: Option<&mut miyao_device_settings>,
    name: *const c_char,
    name_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(settings).profile = Some(words!(name, name_len).to_owned());
        Ok(())
    })
}

/// Seals and makes root keys with the suite of this name, such as `sm4-gcm-device`, and not with the first that the device offers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_device_settings_set_suite(
    settings: Option<&mut miyao_device_settings>,
    name: *const c_char,
    name_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(settings).suite = Some(words!(name, name_len).to_owned());
        Ok(())
    })
}

/// Whether what is not 国密 is refused; without this it is not.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_device_settings_set_gm_only(
    settings: Option<&mut miyao_device_settings>,
    gm_only: bool,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(settings).gm_only = gm_only;
        Ok(())
    })
}

/// Uses at most so many sessions at once, 1 to 1,024; without this 8.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_device_settings_set_sessions(
    settings: Option<&mut miyao_device_settings>,
    sessions: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(settings).sessions = Some(sessions);
        Ok(())
    })
}

/// Waits so many milliseconds for an operation, 10 to 3,600,000; without this 10,000.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_device_settings_set_deadline(
    settings: Option<&mut miyao_device_settings>,
    milliseconds: u64,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(settings).deadline_ms = Some(milliseconds);
        Ok(())
    })
}

/// Waits so many milliseconds for a PIN that is typed at the device's own pad, 10 to 3,600,000, and never less than for anything else; without
/// this 120,000. Who needs the device meanwhile is told after his own deadline that it is MIYAO_STATUS_BUSY.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_device_settings_set_keypad(
    settings: Option<&mut miyao_device_settings>,
    milliseconds: u64,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(settings).keypad_ms = Some(milliseconds);
        Ok(())
    })
}

/// The PIN, where the URI has no `pin-source`. It is kept as long as the device is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_device_settings_set_pin(
    settings: Option<&mut miyao_device_settings>,
    pin: *const u8,
    pin_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(settings).pin = Some(Arc::new(SecretBytes::take(input!(pin, pin_len).to_vec())));
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_device_settings_free(settings: Option<Box<miyao_device_settings>>) {
    guard_value((), || drop(settings));
}
