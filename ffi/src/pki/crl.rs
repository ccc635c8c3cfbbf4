//! `miyao_crl`: a revocation list.

use alloc::{boxed::Box, string::ToString};
use core::mem::MaybeUninit;

use miyao::pki::{Crl, Moment};

use super::certificate::miyao_certificate;
use crate::{
    buffer::miyao_buffer,
    desk::{give, guard, guard_telling, guard_value, input, object, tell},
    error::miyao_error,
    status::miyao_status,
};

/// A revocation list (证书撤销列表) of RFC 5280 §5, as it was read, byte for byte.
pub struct miyao_crl(pub(super) Crl);

/// Reads the one list of PEM or DER, to be freed with `miyao_crl_free`; nothing is verified yet.
///
/// MIYAO_STATUS_MALFORMED: anything else, and several.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_crl_parse(
    file: *const u8,
    file_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_crl>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (file, out) = (input!(file, file_len), object!(out));
        give(miyao_crl(Crl::parse(file)?), out);
        Ok(())
    })
}

/// The name of its issuer as RFC 4514 writes it, as the list says, to be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_crl_issuer(
    crl: Option<&miyao_crl>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (crl, out) = (object!(crl), object!(out));
        miyao_buffer::give_vec(crl.0.issuer().to_string().into_bytes(), out);
        Ok(())
    })
}

/// When it was made and when the next comes at the latest, as the list says, in seconds since 1970-01-01T00:00:00Z; `next_update` is INT64_MAX
/// where it does not say.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_crl_updates(
    crl: Option<&miyao_crl>,
    this_update: Option<&mut MaybeUninit<i64>>,
    next_update: Option<&mut MaybeUninit<i64>>,
) -> miyao_status {
    guard(|| {
        let crl = object!(crl);
        let (this_update, next_update) = (object!(this_update), object!(next_update));
        this_update.write(crl.0.this_update().0);
        next_update.write(crl.0.next_update().map_or(i64::MAX, |next| next.0));
        Ok(())
    })
}

/// Writes it in DER, byte for byte as it was read, to be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_crl_to_der(
    crl: Option<&miyao_crl>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (crl, out) = (object!(crl), object!(out));
        miyao_buffer::give_vec(crl.0.as_der().to_vec(), out);
        Ok(())
    })
}

/// Writes it as PEM, `X509 CRL`, to be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_crl_to_pem(
    crl: Option<&miyao_crl>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (crl, out) = (object!(crl), object!(out));
        miyao_buffer::give_vec(crl.0.to_pem()?.into_bytes(), out);
        Ok(())
    })
}

/// Verifies that this issuer signed the list under the user id, MIYAO_SM2_DEFAULT_ID as a rule, that it is current at `now`, and that it is
/// of everything that the issuer revoked.
///
/// MIYAO_STATUS_REJECTED: another issuer, or the signature does not verify. MIYAO_STATUS_FORBIDDEN: an issuer who may not sign lists.
/// MIYAO_STATUS_STALE: before or after its time. MIYAO_STATUS_UNSUPPORTED: a critical extension that is not understood, and lists of a
/// part. MIYAO_STATUS_MALFORMED: it names two algorithms.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_crl_verify(
    crl: Option<&miyao_crl>,
    issuer: Option<&miyao_certificate>,
    user_id: *const u8,
    user_id_len: usize,
    now: i64,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (crl, issuer) = (object!(crl), object!(issuer));
        crl.0.verify(&issuer.0, input!(user_id, user_id_len), Moment(now)).map(|_| ())
    })
}

/// Verifies the list likewise, and asks it for a certificate of its issuer: `revoked` says whether that is revoked. If it is, `when` says
/// when, in seconds since 1970-01-01T00:00:00Z, and `reason` why, the number of RFC 5280 §5.3.1 (0 where it does not say); both may be NULL,
/// and are left as they are for a certificate that is not revoked.
///
/// Statuses as `miyao_crl_verify`; MIYAO_STATUS_INVALID: a certificate of another issuer.
///
/// May be NULL: `when`, `reason`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_crl_find(
    crl: Option<&miyao_crl>,
    issuer: Option<&miyao_certificate>,
    user_id: *const u8,
    user_id_len: usize,
    now: i64,
    certificate: Option<&miyao_certificate>,
    revoked: Option<&mut MaybeUninit<bool>>,
    when: Option<&mut MaybeUninit<i64>>,
    reason: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (crl, issuer) = (object!(crl), object!(issuer));
        let certificate = object!(certificate);
        let user_id = input!(user_id, user_id_len);
        let revoked = object!(revoked);
        let current = crl.0.verify(&issuer.0, user_id, Moment(now))?;
        if certificate.0.issuer() != issuer.0.subject() {
            return Err(miyao::Error::new(
                miyao::Kind::Invalid,
                "the certificate is of another issuer, of which this list says nothing; take that one's list",
            ));
        }
        let found = current.find(certificate.0.serial());
        revoked.write(found.is_some());
        if let Some(found) = found {
            tell(when, found.when().0);
            tell(reason, found.reason().map_or(0, |reason| reason as u32));
        }
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_crl_free(crl: Option<Box<miyao_crl>>) {
    guard_value((), || drop(crl));
}
