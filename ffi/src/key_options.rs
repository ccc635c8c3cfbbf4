//! `miyao_key_options`: what a key is made from.

use alloc::{borrow::ToOwned, boxed::Box};
use core::{ffi::c_char, mem::MaybeUninit};

use miyao::{
    Error, Kind, Result,
    key::{AuditMode, KeyName, NewKey, Origin, Protection, Span, Spec},
};

use crate::{
    desk::{give, guard_telling, guard_value, object, words},
    error::miyao_error,
    status::miyao_status,
};

/// `sm4`: tokens, data keys and messages.
pub const MIYAO_SPEC_SM4: u32 = 1;
/// `hmac-sm3`: MACs over messages.
pub const MIYAO_SPEC_HMAC_SM3: u32 = 2;
/// `sm2-sign`: SM2 signatures.
pub const MIYAO_SPEC_SM2_SIGN: u32 = 3;
/// `sm2-encrypt`: SM2 decryption, and messages to its public half.
pub const MIYAO_SPEC_SM2_ENCRYPT: u32 = 4;

/// Material made by the library or its device.
pub const MIYAO_ORIGIN_GENERATED: u32 = 1;
/// Material brought by its owner, for every version.
pub const MIYAO_ORIGIN_IMPORTED: u32 = 2;

/// Used in this process, wrapped under the store's master secret at rest.
pub const MIYAO_PROTECTION_SOFTWARE: u32 = 1;
/// Used inside an encryption machine, which it never leaves.
pub const MIYAO_PROTECTION_HARDWARE: u32 = 2;

/// Data operations counted by principal, key and operation, and written every second.
pub const MIYAO_AUDIT_COUNTED: u32 = 1;
/// Written one by one, durable before the result is returned.
pub const MIYAO_AUDIT_EACH: u32 = 2;

// The numbers of the header are those of the library.
const _: () = assert!(MIYAO_SPEC_SM4 == Spec::Sm4 as u32 && MIYAO_SPEC_HMAC_SM3 == Spec::HmacSm3 as u32);
const _: () =
    assert!(MIYAO_SPEC_SM2_SIGN == Spec::Sm2Sign as u32 && MIYAO_SPEC_SM2_ENCRYPT == Spec::Sm2Encrypt as u32);

/// What a key is to be, for `miyao_kms_create`.
pub struct miyao_key_options(pub(crate) NewKey);

/// The value of a number that came in.
pub(crate) fn known<T: Copy>(number: u32, all: &[(u32, T)]) -> Result<T> {
    all.iter().find(|(known, _)| *known == number).map(|(_, value)| *value).ok_or(Error::new(
        Kind::Unsupported,
        "no such constant in this build; take one of the header that it came with",
    ))
}

pub(crate) const AUDIT_MODES: [(u32, AuditMode); 2] =
    [(MIYAO_AUDIT_COUNTED, AuditMode::Counted), (MIYAO_AUDIT_EACH, AuditMode::Each)];

/// A span that came in as seconds; none for 0.
pub(crate) fn span(seconds: u64) -> Option<Span> {
    (seconds > 0).then_some(Span(seconds.saturating_mul(1000)))
}

/// For a key of this name, 1 to 128 of `A-Z a-z 0-9 . _ / -`, and of one of MIYAO_SPEC_…: made here, in software, audited by counts, without
/// limits. To be freed with `miyao_key_options_free`.
///
/// MIYAO_STATUS_INVALID for a name that breaks the rule; MIYAO_STATUS_UNSUPPORTED for another spec.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_key_options_new(
    name: *const c_char,
    name_len: usize,
    spec: u32,
    out: Option<&mut MaybeUninit<*mut miyao_key_options>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let spec = known(spec, &Spec::ALL.map(|spec| (spec as u32, spec)))?;
        let name = KeyName::parse(words!(name, name_len))?;
        give(miyao_key_options(NewKey::new(name, spec)), object!(out));
        Ok(())
    })
}

/// Where its material comes from, MIYAO_ORIGIN_…; only `sm4` keys take imported material.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_options_set_origin(
    options: Option<&mut miyao_key_options>,
    origin: u32,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let all = [(MIYAO_ORIGIN_GENERATED, Origin::Generated), (MIYAO_ORIGIN_IMPORTED, Origin::Imported)];
        object!(options).0.origin = known(origin, &all)?;
        Ok(())
    })
}

/// Where its material is used, MIYAO_PROTECTION_….
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_options_set_protection(
    options: Option<&mut miyao_key_options>,
    protection: u32,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let all = [
            (MIYAO_PROTECTION_SOFTWARE, Protection::Software),
            (MIYAO_PROTECTION_HARDWARE, Protection::Hardware),
        ];
        object!(options).0.protection = known(protection, &all)?;
        Ok(())
    })
}

/// The attached device that a key with hardware protection is to live in, by its label or serial number. Without it, the only one that
/// offers such keys.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_key_options_set_device(
    options: Option<&mut miyao_key_options>,
    device: *const c_char,
    device_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(options).0.device = Some(words!(device, device_len).to_owned());
        Ok(())
    })
}

/// How its data operations are audited, MIYAO_AUDIT_….
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_options_set_audit(
    options: Option<&mut miyao_key_options>,
    audit: u32,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(options).0.audit = known(audit, &AUDIT_MODES)?;
        Ok(())
    })
}

/// Free text, at most 4,096 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_key_options_set_description(
    options: Option<&mut miyao_key_options>,
    description: *const c_char,
    description_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(options).0.description = words!(description, description_len).to_owned();
        Ok(())
    })
}

/// Adds or replaces a tag; a key has at most 64, names of 1 to 128 and values of up to 256 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_key_options_set_tag(
    options: Option<&mut miyao_key_options>,
    name: *const c_char,
    name_len: usize,
    value: *const c_char,
    value_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (name, value) = (words!(name, name_len), words!(value, value_len));
        object!(options).0.tags.insert(name.to_owned(), value.to_owned());
        Ok(())
    })
}

/// How long after activation a version protects data (originator-usage period); 0 for ever, as without this.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_options_set_originator_period(
    options: Option<&mut miyao_key_options>,
    seconds: u64,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(options).0.limits.originator_period = span(seconds);
        Ok(())
    })
}

/// How long after activation a version opens data (recipient-usage period); 0 for ever, as without this.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_options_set_recipient_period(
    options: Option<&mut miyao_key_options>,
    seconds: u64,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(options).0.limits.recipient_period = span(seconds);
        Ok(())
    })
}

/// How many tokens, messages, signatures or MACs a version makes at most; 0 for any number, as without this.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_options_set_max_messages(
    options: Option<&mut miyao_key_options>,
    messages: u64,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(options).0.limits.messages = (messages > 0).then_some(messages);
        Ok(())
    })
}

/// How many bytes a version protects at most; 0 for any number, as without this.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_options_set_max_bytes(
    options: Option<&mut miyao_key_options>,
    bytes: u64,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(options).0.limits.bytes = (bytes > 0).then_some(bytes);
        Ok(())
    })
}

/// The age at which `miyao_kms_maintain` rotates it; 0 for never, as without this.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_options_set_rotate_every(
    options: Option<&mut miyao_key_options>,
    seconds: u64,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(options).0.rotate_every = span(seconds);
        Ok(())
    })
}

/// Whether destruction is refused; without this it is not.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_options_set_deletion_protection(
    options: Option<&mut miyao_key_options>,
    protected: bool,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        object!(options).0.deletion_protection = protected;
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_key_options_free(options: Option<Box<miyao_key_options>>) {
    guard_value((), || drop(options));
}
