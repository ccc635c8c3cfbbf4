//! Messages made: signed, enveloped, or both (GM/T 0010-2012, GB/T 35275-2017).

use alloc::vec::Vec;
use core::mem::MaybeUninit;

use miyao::{
    Error, Kind, Result, kms,
    pki::cms::{Holder, Recipients, Signers},
};

use super::{certificate::miyao_certificate, cms_options::miyao_cms_options};
use crate::{
    buffer::miyao_buffer,
    desk::{guard_secret_telling, input, object, objects},
    error::miyao_error,
    sm2::miyao_sm2_private_key,
    status::miyao_status,
};

/// Signs a content for each of `count` signers, with `keys[i]` as the holder of `certificates[i]`; gives a SignedData in DER, to be freed
/// with `miyao_buffer_free`. The options are the usual ones for NULL.
///
/// MIYAO_STATUS_INVALID: no signer, a key that is not the certificate's, a user id of more than MIYAO_SM2_ID_MAX bytes, a dialect that is
/// only read, and a content that reads as signed attributes when it is to be signed without any. MIYAO_STATUS_TOO_LARGE: more than 64
/// signers. MIYAO_STATUS_UNSUPPORTED: a certificate of another algorithm.
///
/// May be NULL: `options`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cms_sign(
    content: *const u8,
    content_len: usize,
    certificates: *const Option<&miyao_certificate>,
    keys: *const Option<&miyao_sm2_private_key>,
    count: usize,
    options: Option<&miyao_cms_options>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let content = input!(content, content_len);
        let (holders, keys) = (holders(&objects!(certificates, count))?, objects!(keys, count));
        let (usual, out) = (miyao_cms_options::default(), object!(out));
        let options = options.unwrap_or(&usual);
        let message = signers(&holders, &keys, options)?.sign(content, &mut kms::rng()?)?;
        miyao_buffer::give_vec(message, out);
        Ok(())
    })
}

/// Encrypts a content for the holders of `count` certificates; gives an EnvelopedData in DER, to be freed with `miyao_buffer_free`. Of the
/// options, which are the usual ones for NULL, only the dialect counts. It is not authenticated: see `miyao_cms_open`.
///
/// MIYAO_STATUS_INVALID: no recipient, and a dialect that is only read. MIYAO_STATUS_UNSUPPORTED: a certificate of another algorithm.
///
/// May be NULL: `options`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cms_seal(
    content: *const u8,
    content_len: usize,
    recipients: *const Option<&miyao_certificate>,
    count: usize,
    options: Option<&miyao_cms_options>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let content = input!(content, content_len);
        let holders = holders(&objects!(recipients, count))?;
        let (usual, out) = (miyao_cms_options::default(), object!(out));
        let options = options.unwrap_or(&usual);
        let message = self::recipients(&holders, options)?.seal(content, &mut kms::rng()?)?;
        miyao_buffer::give_vec(message, out);
        Ok(())
    })
}

/// Signs a content as `miyao_cms_sign` does, and encrypts it for the holders of `recipients_count` certificates; gives a
/// SignedAndEnvelopedData in DER, to be freed with `miyao_buffer_free`. Who signed is for everybody to see.
///
/// Statuses as `miyao_cms_sign` and `miyao_cms_seal`; MIYAO_STATUS_INVALID for signatures that are to be detached.
///
/// May be NULL: `options`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cms_seal_signed(
    content: *const u8,
    content_len: usize,
    certificates: *const Option<&miyao_certificate>,
    keys: *const Option<&miyao_sm2_private_key>,
    count: usize,
    recipients: *const Option<&miyao_certificate>,
    recipients_count: usize,
    options: Option<&miyao_cms_options>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let content = input!(content, content_len);
        let (own, keys) = (holders(&objects!(certificates, count))?, objects!(keys, count));
        let theirs = holders(&objects!(recipients, recipients_count))?;
        let (usual, out) = (miyao_cms_options::default(), object!(out));
        let options = options.unwrap_or(&usual);
        let signers = signers(&own, &keys, options)?;
        let message = self::recipients(&theirs, options)?.seal_signed(content, &signers, &mut kms::rng()?)?;
        miyao_buffer::give_vec(message, out);
        Ok(())
    })
}

/// The holders of certificates.
pub(super) fn holders(certificates: &[&miyao_certificate]) -> Result<Vec<Holder>> {
    certificates.iter().map(|certificate| Holder::of(&certificate.0)).collect()
}

fn signers<'a>(
    holders: &'a [Holder],
    keys: &[&'a miyao_sm2_private_key],
    options: &'a miyao_cms_options,
) -> Result<Signers<'a>> {
    let mut pairs = holders.iter().zip(keys);
    let (holder, key) = pairs.next().ok_or_else(|| nobody("signer"))?;
    let first = Signers::new(holder, &key.0)?.dialect(options.dialect)?.user_id(&options.user_id);
    let mut signers = pairs.try_fold(first, |signers, (holder, key)| signers.and(holder, &key.0))?;
    signers = options.certificates.iter().fold(signers, |signers, der| signers.certificate(der));
    signers = options.lists.iter().fold(signers, |signers, der| signers.revocation_list(der));
    if options.attributes {
        signers = signers.with_attributes();
    }
    Ok(if options.detached { signers.detached() } else { signers })
}

fn recipients<'a>(holders: &'a [Holder], options: &miyao_cms_options) -> Result<Recipients<'a>> {
    let (first, others) = holders.split_first().ok_or_else(|| nobody("recipient"))?;
    others.iter().fold(Recipients::new(first), Recipients::and).dialect(options.dialect)
}

fn nobody(name: &'static str) -> Error {
    Error::new(Kind::Invalid, "a message needs one at least; give a certificate").about(name)
}
