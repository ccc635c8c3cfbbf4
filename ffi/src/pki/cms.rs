//! Messages read: verified, opened, or both (GM/T 0010-2012, GB/T 35275-2017).

use alloc::{string::String, vec::Vec};
use core::mem::MaybeUninit;

use miyao::{
    Result, SecretBytes,
    pki::{
        Certificate,
        cms::{self, Dialect, EnvelopedData, Holder, SignedAndEnvelopedData, SignedData, Signer},
    },
};

use super::{certificate::miyao_certificate, cms_make::holders, cms_options::number};
use crate::{
    buffer::miyao_buffer,
    desk::{guard_secret_telling, guard_telling, input, object, objects, output, tell},
    error::miyao_error,
    sm2::miyao_sm2_private_key,
    status::miyao_status,
};

/// Verifies every signature of a SignedData, in PEM or DER, that brings its content, under this user id (OpenSSL's is empty, everybody
/// else's MIYAO_SM2_DEFAULT_ID): that each is by the holder of one of `count` certificates, and of nobody else. The content is to be
/// freed with `miyao_buffer_free`. Certificates that the message brings are not looked at; `miyao_cms_unverified_certificates` gives them.
///
/// `signers` has room for `count` bytes, or is NULL: a 1 stands where the holder of that certificate signed, a 0 elsewhere. Whether
/// the certificate is to be believed, `miyao_trust_verify` says. To `dialect`, unless it is NULL, a MIYAO_CMS_DIALECT_ is written;
/// signatures of MIYAO_CMS_DIALECT_GMSSL say nothing of the user id.
///
/// MIYAO_STATUS_REJECTED: a signature does not verify. MIYAO_STATUS_MISSING: nobody signed, or somebody else. MIYAO_STATUS_INVALID: the
/// content is elsewhere, or a user id of more than MIYAO_SM2_ID_MAX bytes. MIYAO_STATUS_MALFORMED: no strict DER of this syntax.
/// MIYAO_STATUS_UNSUPPORTED: another kind of message, version or algorithm. MIYAO_STATUS_TOO_LARGE: more than 64 signers.
///
/// May be NULL: `signers`, `dialect`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cms_verify(
    message: *const u8,
    message_len: usize,
    user_id: *const u8,
    user_id_len: usize,
    certificates: *const Option<&miyao_certificate>,
    count: usize,
    content: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    signers: *mut u8,
    signers_cap: usize,
    dialect: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let der = cms::from_pem(input!(message, message_len))?;
        let (user_id, known) = (input!(user_id, user_id_len), holders(&objects!(certificates, count))?);
        let content = object!(content);
        let signers = output!(signers, signers_cap, if signers.is_null() { 0 } else { count });
        let parsed = SignedData::parse(&der)?;
        let verified = parsed.verify(user_id, &known)?;
        told((verified.signers(), verified.dialect()), &known, signers, dialect);
        miyao_buffer::give_vec(verified.content().to_vec(), content);
        Ok(())
    })
}

/// Likewise a SignedData whose content is elsewhere, which is given.
///
/// Statuses as `miyao_cms_verify`; MIYAO_STATUS_INVALID for a message that brings its content.
///
/// May be NULL: `signers`, `dialect`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cms_verify_detached(
    message: *const u8,
    message_len: usize,
    content: *const u8,
    content_len: usize,
    user_id: *const u8,
    user_id_len: usize,
    certificates: *const Option<&miyao_certificate>,
    count: usize,
    signers: *mut u8,
    signers_cap: usize,
    dialect: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let der = cms::from_pem(input!(message, message_len))?;
        let (content, user_id) = (input!(content, content_len), input!(user_id, user_id_len));
        let known = holders(&objects!(certificates, count))?;
        let signers = output!(signers, signers_cap, if signers.is_null() { 0 } else { count });
        let parsed = SignedData::parse(&der)?;
        let verified = parsed.verify_detached(content, user_id, &known)?;
        told((verified.signers(), verified.dialect()), &known, signers, dialect);
        Ok(())
    })
}

/// Decrypts the content of an EnvelopedData, in PEM or DER, for the holder of this certificate and key; to be freed with
/// `miyao_buffer_free`, which wipes it.
///
/// It is not authenticated: anybody can make a message for a recipient, and whoever alters one on its way changes the text, mostly unseen.
/// Whoever learns which altered messages open learns the text byte by byte: do not answer strangers.
///
/// MIYAO_STATUS_MISSING: it is for somebody else. MIYAO_STATUS_INVALID: the key is not the one of the certificate.
/// MIYAO_STATUS_REJECTED: altered bytes that show. MIYAO_STATUS_MALFORMED: no strict DER of this syntax. MIYAO_STATUS_UNSUPPORTED: another
/// kind of message, version or algorithm.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cms_open(
    message: *const u8,
    message_len: usize,
    certificate: Option<&miyao_certificate>,
    key: Option<&miyao_sm2_private_key>,
    content: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let der = cms::from_pem(input!(message, message_len))?;
        let (certificate, key) = (object!(certificate), object!(key));
        let content = object!(content);
        let text: SecretBytes = EnvelopedData::parse(&der)?.open(&Holder::of(&certificate.0)?, &key.0)?;
        miyao_buffer::give(text, content);
        Ok(())
    })
}

/// Decrypts the content of a SignedAndEnvelopedData, in PEM or DER, for the holder of this certificate and key, and verifies every
/// signature of it, as `miyao_cms_verify` does; to be freed with `miyao_buffer_free`, which wipes it.
///
/// Statuses as `miyao_cms_open` and `miyao_cms_verify`; bad padding and a signature that does not verify are one.
///
/// May be NULL: `signers`, `dialect`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cms_open_signed(
    message: *const u8,
    message_len: usize,
    certificate: Option<&miyao_certificate>,
    key: Option<&miyao_sm2_private_key>,
    user_id: *const u8,
    user_id_len: usize,
    certificates: *const Option<&miyao_certificate>,
    count: usize,
    content: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    signers: *mut u8,
    signers_cap: usize,
    dialect: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let der = cms::from_pem(input!(message, message_len))?;
        let (certificate, key) = (object!(certificate), object!(key));
        let (user_id, known) = (input!(user_id, user_id_len), holders(&objects!(certificates, count))?);
        let content = object!(content);
        let signers = output!(signers, signers_cap, if signers.is_null() { 0 } else { count });
        let parsed = SignedAndEnvelopedData::parse(&der)?;
        let opened = parsed.open(&Holder::of(&certificate.0)?, &key.0, user_id, &known)?;
        told((opened.signers(), opened.dialect()), &known, signers, dialect);
        miyao_buffer::give(opened.into_content(), content);
        Ok(())
    })
}

/// The certificates of keys of SM2 that a SignedData brings, as PEM behind one another, empty where there are none, to be freed with
/// `miyao_buffer_free`. Anybody can bring any: whoever verifies with them asks of each afterwards whether it is to be believed.
///
/// MIYAO_STATUS_MALFORMED: no strict DER of this syntax. MIYAO_STATUS_UNSUPPORTED: another kind of message, version or algorithm.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_cms_unverified_certificates(
    message: *const u8,
    message_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let der = cms::from_pem(input!(message, message_len))?;
        let out = object!(out);
        let holders = SignedData::parse(&der)?.unverified_holders();
        let certificates = holders.iter().filter_map(Holder::certificate);
        let text = certificates.map(Certificate::to_pem).collect::<Result<String>>()?;
        miyao_buffer::give_vec(text.into_bytes(), out);
        Ok(())
    })
}

/// Says who of those who are known signed, and how the message is written.
fn told(
    (made, written): (&[Signer<'_>], Dialect),
    known: &[Holder],
    signers: &mut [u8],
    dialect: Option<&mut MaybeUninit<u32>>,
) {
    let is = |signer: &Holder, other: &Holder| {
        signer.identifier() == other.identifier() && signer.public_key() == other.public_key()
    };
    let own: Vec<_> = made.iter().filter_map(Signer::holder).collect();
    for (place, holder) in signers.iter_mut().zip(known) {
        *place = own.iter().any(|signer| is(signer, holder)).into();
    }
    tell(dialect, number(written));
}
