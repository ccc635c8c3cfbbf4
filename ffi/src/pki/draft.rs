//! `miyao_request_draft`: what a request for a certificate shall say.

use alloc::{boxed::Box, vec::Vec};
use core::{ffi::c_char, mem::MaybeUninit};

use miyao::{
    Error, Kind, Result, kms,
    pki::{
        extension::{ExtendedKeyUsage, GeneralName, KeyUsage},
        request::Draft,
    },
};

use super::{certificate_fields::uses, request::miyao_certificate_request, template::name};
use crate::{
    desk::{give, guard_secret_telling, guard_telling, guard_value, input, object, words},
    error::miyao_error,
    sm2::miyao_sm2_private_key,
    status::miyao_status,
};

/// What a request shall say, before it is signed.
pub struct miyao_request_draft(Draft);

/// Asks for a certificate of this name, as RFC 4514 writes it, `CN=host,O=Example,C=CN`, which may be empty; to be freed with
/// `miyao_request_draft_free`.
///
/// MIYAO_STATUS_INVALID: no name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_request_draft_new(
    subject: *const c_char,
    subject_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_request_draft>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (subject, out) = (words!(subject, subject_len), object!(out));
        give(miyao_request_draft(Draft::new(name(subject)?)), out);
        Ok(())
    })
}

/// Asks for these uses of the key: bits MIYAO_KEY_USAGE_, at least one.
///
/// MIYAO_STATUS_UNSUPPORTED: a bit that is none.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_request_draft_set_key_usage(
    draft: Option<&mut miyao_request_draft>,
    usage: u32,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let draft = object!(draft);
        draft.0 = draft.0.clone().key_usage(key_usage(usage)?);
        Ok(())
    })
}

/// The uses of these bits, at least one.
pub(super) fn key_usage(bits: u32) -> Result<KeyUsage> {
    uses(bits).ok_or_else(|| {
        Error::new(Kind::Unsupported, "no use has this bit, or none is named; take bits MIYAO_KEY_USAGE_")
    })
}

/// Asks for these purposes of the key: the words of `miyao_certificate_purposes` with commas between.
///
/// MIYAO_STATUS_UNSUPPORTED: another word.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_request_draft_set_purposes(
    draft: Option<&mut miyao_request_draft>,
    purposes: *const c_char,
    purposes_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (draft, words) = (object!(draft), words!(purposes, purposes_len));
        draft.0 = draft.0.clone().purposes(&self::purposes(words)?);
        Ok(())
    })
}

/// The purposes of these words, with commas between.
pub(super) fn purposes(words: &str) -> Result<Vec<ExtendedKeyUsage>> {
    words.split(',').map(purpose).collect()
}

fn purpose(word: &str) -> Result<ExtendedKeyUsage> {
    use ExtendedKeyUsage::{
        Any, ClientAuthentication, CodeSigning, EmailProtection, OcspSigning, ServerAuthentication,
        TimeStamping,
    };
    let known = [
        ServerAuthentication,
        ClientAuthentication,
        CodeSigning,
        EmailProtection,
        TimeStamping,
        OcspSigning,
        Any,
    ];
    known.into_iter().find(|known| alloc::format!("{known}") == word).ok_or_else(|| {
        Error::new(
            Kind::Unsupported,
            "a purpose is serverAuth, clientAuth, codeSigning, emailProtection, timeStamping, OCSPSigning or \
             anyExtendedKeyUsage",
        )
    })
}

/// Asks for further names of the subject, `dns:host`, `ip:10.0.0.1`, email or uri, with line ends (\n) between, as
/// `miyao_certificate_alternative_names` writes them.
///
/// MIYAO_STATUS_INVALID: other text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_request_draft_set_alternative_names(
    draft: Option<&mut miyao_request_draft>,
    names: *const c_char,
    names_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (draft, names) = (object!(draft), words!(names, names_len));
        draft.0 = draft.0.clone().alternative_names(&alternative_names(names)?);
        Ok(())
    })
}

/// Names, one a line.
pub(super) fn alternative_names(lines: &str) -> Result<Vec<GeneralName>> {
    lines.lines().map(GeneralName::parse).collect()
}

/// Signs the request with the key that it is for, under this user id, MIYAO_SM2_DEFAULT_ID as a rule; to be freed with
/// `miyao_certificate_request_free`.
///
/// MIYAO_STATUS_INVALID: no name of the subject at all, and a user id of more than MIYAO_SM2_ID_MAX bytes.
/// MIYAO_STATUS_ENTROPY: the system gave no randomness.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_request_draft_sign(
    draft: Option<&miyao_request_draft>,
    key: Option<&miyao_sm2_private_key>,
    user_id: *const u8,
    user_id_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_certificate_request>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (draft, key) = (object!(draft), object!(key));
        let (user_id, out) = (input!(user_id, user_id_len), object!(out));
        let request = draft.0.sign(&key.0, user_id, &mut kms::rng()?)?;
        give(miyao_certificate_request(request), out);
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_request_draft_free(draft: Option<Box<miyao_request_draft>>) {
    guard_value((), || drop(draft));
}
