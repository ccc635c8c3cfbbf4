//! How much a device takes, its habits that need care, and where a probe saw them.
//!
//! Knows no remedy; who talks to the device acts on them.

use alloc::{string::String, vec::Vec};

/// Habits that need care.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// `CKR_DEVICE_ERROR` at the end of a search means that there are no more objects, and when a session is closed nothing.
    pub ignore_device_error: bool,
    /// A derived secret may be read: it is made with SENSITIVE false and EXTRACTABLE true.
    pub readable_secrets: bool,
    /// `CKA_CHECK_VALUE` of a secret key is offered.
    pub check_value: bool,
    /// GCM takes an initialisation vector of no bytes, and is then deterministic.
    pub empty_iv: bool,
    /// Key pairs as session objects are refused: everything is a token object.
    pub token_objects_only: bool,
    /// The library is not safe for several threads: one call at a time.
    pub one_at_a_time: bool,
    /// Key wrap pads secrets to a multiple of eight with zeros, and says nothing.
    pub wrap_pads_with_zeros: bool,
    /// SM2 decryption does not check C3: what it gives may have been altered.
    pub unchecked_c3: bool,
    /// Return values that mean "this ciphertext or tag is not genuine".
    pub rejects: Vec<u64>,
    /// Return values that mean "no more sessions", besides `CKR_SESSION_COUNT`.
    pub full: Vec<u64>,
}

/// How much a device takes; absent is not known, and for sessions what the token says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The most sessions at once.
    pub sessions: Option<u64>,
    /// The most bytes in one call.
    pub data: Option<u64>,
}

/// On what a probe verified a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// The module's path.
    pub module: String,
    /// The token's manufacturer.
    pub manufacturer: String,
    /// Its model.
    pub model: String,
    /// Its firmware.
    pub firmware: String,
}
