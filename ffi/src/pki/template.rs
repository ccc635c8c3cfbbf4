//! `miyao_certificate_template`: what a certificate shall say, and who signs it.

use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};

use miyao::{
    Result, kms,
    pki::{
        Moment, Name,
        certificate::{Authority, Template, Validity},
    },
};

use super::{
    certificate::miyao_certificate,
    draft::{alternative_names, key_usage, purposes},
};
use crate::{
    desk::{give, guard_secret_telling, guard_telling, guard_value, input, object, words},
    error::miyao_error,
    sm2::{miyao_sm2_private_key, miyao_sm2_public_key},
    status::miyao_status,
};

/// As many authorities below one as it likes.
pub const MIYAO_PATH_LEN_ANY: u32 = u32::MAX;

/// What a certificate shall say, before an authority signs it: its holder's name, its time, and what the key is for.
pub struct miyao_certificate_template(Template);

/// A certificate for an authority, which may sign others and lists: a root where it signs itself, an intermediate where another does. At most `path_len`
/// authorities may stand below it, or MIYAO_PATH_LEN_ANY. The name is as RFC 4514 writes it, `CN=root,O=Example,C=CN`; the time is in seconds since
/// 1970-01-01T00:00:00Z, both ends included. To be freed with `miyao_certificate_template_free`.
///
/// MIYAO_STATUS_INVALID: no name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_template_authority(
    subject: *const c_char,
    subject_len: usize,
    from: i64,
    until: i64,
    path_len: u32,
    out: Option<&mut MaybeUninit<*mut miyao_certificate_template>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let subject = Name::parse(words!(subject, subject_len))?;
        let path_len = Some(path_len).filter(|len| *len != MIYAO_PATH_LEN_ANY);
        let template = Template::authority(subject, validity(from, until), path_len);
        give(miyao_certificate_template(template), object!(out));
        Ok(())
    })
}

/// A signing certificate (签名证书): its key signs, and its holder shall not be able to deny it. Otherwise as
/// `miyao_certificate_template_authority`; the name may be empty where there are alternative ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_template_signing(
    subject: *const c_char,
    subject_len: usize,
    from: i64,
    until: i64,
    out: Option<&mut MaybeUninit<*mut miyao_certificate_template>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let subject = name(words!(subject, subject_len))?;
        give(miyao_certificate_template(Template::signing(subject, validity(from, until))), object!(out));
        Ok(())
    })
}

/// An encryption certificate (加密证书): its key encrypts keys and data and agrees on keys. Otherwise as `miyao_certificate_template_signing`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_template_encryption(
    subject: *const c_char,
    subject_len: usize,
    from: i64,
    until: i64,
    out: Option<&mut MaybeUninit<*mut miyao_certificate_template>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let subject = name(words!(subject, subject_len))?;
        give(miyao_certificate_template(Template::encryption(subject, validity(from, until))), object!(out));
        Ok(())
    })
}

/// Other uses of the key: bits MIYAO_KEY_USAGE_, at least one. Nobody but an authority signs certificates, which is found out when it is signed.
///
/// MIYAO_STATUS_UNSUPPORTED: a bit that is none.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_template_set_key_usage(
    wanted: Option<&mut miyao_certificate_template>,
    usage: u32,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let wanted = object!(wanted);
        wanted.0 = wanted.0.clone().key_usage(key_usage(usage)?);
        Ok(())
    })
}

/// What the key is for: the words of `miyao_certificate_purposes` with commas between.
///
/// MIYAO_STATUS_UNSUPPORTED: another word.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_template_set_purposes(
    wanted: Option<&mut miyao_certificate_template>,
    purposes: *const c_char,
    purposes_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (wanted, words) = (object!(wanted), words!(purposes, purposes_len));
        wanted.0 = wanted.0.clone().purposes(&self::purposes(words)?);
        Ok(())
    })
}

/// Further names of the subject, `dns:host`, `ip:10.0.0.1`, email or uri, with line ends (\n) between, as
/// `miyao_certificate_alternative_names` writes them.
///
/// MIYAO_STATUS_INVALID: other text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_template_set_alternative_names(
    wanted: Option<&mut miyao_certificate_template>,
    names: *const c_char,
    names_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (wanted, names) = (object!(wanted), words!(names, names_len));
        wanted.0 = wanted.0.clone().alternative_names(&alternative_names(names)?);
        Ok(())
    })
}

/// Signs it with its own key under this user id, MIYAO_SM2_DEFAULT_ID as a rule, with a serial number of 126 random bits; to be freed with
/// `miyao_certificate_free`.
///
/// MIYAO_STATUS_INVALID: a subject without any name, an end before the beginning or outside the years 0 to 9999, uses that do not fit, and a user id of more
/// than MIYAO_SM2_ID_MAX bytes. MIYAO_STATUS_ENTROPY: the system gave no randomness.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_template_self_sign(
    wanted: Option<&miyao_certificate_template>,
    key: Option<&miyao_sm2_private_key>,
    user_id: *const u8,
    user_id_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_certificate>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (wanted, key) = (object!(wanted), object!(key));
        let (user_id, out) = (input!(user_id, user_id_len), object!(out));
        give(miyao_certificate(wanted.0.self_sign(&key.0, user_id, &mut kms::rng()?)?), out);
        Ok(())
    })
}

/// Lets an authority, by its certificate and its key, sign it for `subject`, under this user id, MIYAO_SM2_DEFAULT_ID as a rule. That the holder has the
/// private half is for the caller to know: `miyao_certificate_request_verify` gives the key of a request once it is proved. To be freed with
/// `miyao_certificate_free`.
///
/// As `miyao_certificate_template_self_sign`; MIYAO_STATUS_INVALID: the key of another certificate. MIYAO_STATUS_FORBIDDEN: a certificate that is no
/// authority's, or of one that may have no other below it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_template_issue(
    wanted: Option<&miyao_certificate_template>,
    subject: Option<&miyao_sm2_public_key>,
    issuer: Option<&miyao_certificate>,
    issuer_key: Option<&miyao_sm2_private_key>,
    user_id: *const u8,
    user_id_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_certificate>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (wanted, subject) = (object!(wanted), object!(subject));
        let (issuer, issuer_key) = (object!(issuer), object!(issuer_key));
        let (user_id, out) = (input!(user_id, user_id_len), object!(out));
        let authority = Authority::new(&issuer.0, &issuer_key.0)?.user_id(user_id);
        give(miyao_certificate(wanted.0.issue(&subject.0, &authority, &mut kms::rng()?)?), out);
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_template_free(wanted: Option<Box<miyao_certificate_template>>) {
    guard_value((), || drop(wanted));
}

const fn validity(from: i64, until: i64) -> Validity {
    Validity { from: Moment(from), until: Moment(until) }
}

/// A name, or none.
pub(super) fn name(text: &str) -> Result<Name> {
    if text.is_empty() { Name::from_der(&[0x30, 0]) } else { Name::parse(text) }
}
