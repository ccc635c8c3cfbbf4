//! `miyao_trust`: whom one trusts, and paths from a certificate to them.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::mem::MaybeUninit;

use miyao::{
    Error, Kind, Result,
    algo::sm2::DEFAULT_USER_ID,
    pki::{
        Certificate, Crl, Moment,
        chain::{Purpose, Trust},
    },
};

use super::{certificate::miyao_certificate, crl::miyao_crl};
use crate::{
    buffer::miyao_buffer,
    desk::{give, guard, guard_telling, guard_value, input, object},
    error::miyao_error,
    status::miyao_status,
};

/// Whom one trusts, and with what help paths to them are found (RFC 5280 §6). Once it is made, many threads may verify with it.
///
/// ```c
/// miyao_trust *trust;
/// miyao_error *error = NULL;
/// miyao_trust_new(&trust);
/// miyao_trust_add_anchor(trust, root);
/// miyao_trust_add_intermediate(trust, middle);
/// if (miyao_trust_verify(trust, leaf, MIYAO_PURPOSE_SIGNING, time(NULL), NULL, &error)) {
///     fputs(miyao_error_message(error), stderr);
///     miyao_error_free(error);
/// }
/// miyao_trust_free(trust);
/// ```
pub struct miyao_trust {
    anchors: Vec<Certificate>,
    intermediates: Vec<Certificate>,
    crls: Option<Vec<Crl>>,
    user_id: Vec<u8>,
}

/// Whatever the key at the end of a path is used for; its uses are not asked for.
pub const MIYAO_PURPOSE_ANY: u32 = 1;
/// Verifying signatures with it: digitalSignature or nonRepudiation, and no critical purposes.
pub const MIYAO_PURPOSE_SIGNING: u32 = 2;
/// Encrypting to it: keyEncipherment, dataEncipherment or keyAgreement, and no critical purposes.
pub const MIYAO_PURPOSE_ENCRYPTION: u32 = 3;
/// As a server's in TLS and TLCP.
pub const MIYAO_PURPOSE_SERVER_AUTHENTICATION: u32 = 4;
/// As a client's in TLS and TLCP.
pub const MIYAO_PURPOSE_CLIENT_AUTHENTICATION: u32 = 5;
/// As an authority's that signs certificates.
pub const MIYAO_PURPOSE_AUTHORITY: u32 = 6;

fn purpose(number: u32) -> Result<Purpose> {
    match number {
        MIYAO_PURPOSE_ANY => Ok(Purpose::Any),
        MIYAO_PURPOSE_SIGNING => Ok(Purpose::Signing),
        MIYAO_PURPOSE_ENCRYPTION => Ok(Purpose::Encryption),
        MIYAO_PURPOSE_SERVER_AUTHENTICATION => Ok(Purpose::ServerAuthentication),
        MIYAO_PURPOSE_CLIENT_AUTHENTICATION => Ok(Purpose::ClientAuthentication),
        MIYAO_PURPOSE_AUTHORITY => Ok(Purpose::Authority),
        _ => Err(Error::new(Kind::Unsupported, "no purpose has this number; take a MIYAO_PURPOSE_")
            .about("purpose")),
    }
}

/// Trusts nobody yet; to be freed with `miyao_trust_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_trust_new(out: Option<&mut MaybeUninit<*mut miyao_trust>>) -> miyao_status {
    guard(|| {
        let user_id = DEFAULT_USER_ID.to_vec();
        give(
            miyao_trust { anchors: Vec::new(), intermediates: Vec::new(), crls: None, user_id },
            object!(out),
        );
        Ok(())
    })
}

/// Trusts this certificate, of which a copy is kept, whoever signed it; it holds in its time and for what it says it may do.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_trust_add_anchor(
    trust: Option<&mut miyao_trust>,
    certificate: Option<&miyao_certificate>,
) -> miyao_status {
    guard(|| {
        let (trust, certificate) = (object!(trust), object!(certificate));
        trust.anchors.push(certificate.0.clone());
        Ok(())
    })
}

/// A certificate that may stand between, in any order, of which a copy is kept; nobody has to trust it.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_trust_add_intermediate(
    trust: Option<&mut miyao_trust>,
    certificate: Option<&miyao_certificate>,
) -> miyao_status {
    guard(|| {
        let (trust, certificate) = (object!(trust), object!(certificate));
        trust.intermediates.push(certificate.0.clone());
        Ok(())
    })
}

/// Demands from now on of every certificate below the anchor that a current revocation list of its issuer does not revoke it; lists are
/// added with `miyao_trust_add_crl`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_trust_demand_crls(trust: Option<&mut miyao_trust>) -> miyao_status {
    guard(|| {
        object!(trust).crls.get_or_insert_default();
        Ok(())
    })
}

/// A revocation list to be asked, of which a copy is kept; with the first one, lists are demanded of every issuer, as
/// `miyao_trust_demand_crls` says.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_trust_add_crl(
    trust: Option<&mut miyao_trust>,
    crl: Option<&miyao_crl>,
) -> miyao_status {
    guard(|| {
        let (trust, crl) = (object!(trust), object!(crl));
        trust.crls.get_or_insert_default().push(crl.0.clone());
        Ok(())
    })
}

/// The user id that all issuers signed under, where it is not MIYAO_SM2_DEFAULT_ID; a copy is kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_trust_set_user_id(
    trust: Option<&mut miyao_trust>,
    user_id: *const u8,
    user_id_len: usize,
) -> miyao_status {
    guard(|| {
        object!(trust).user_id = input!(user_id, user_id_len).to_vec();
        Ok(())
    })
}

/// Finds a path from a certificate to an anchor that holds at `now`, in seconds since 1970-01-01T00:00:00Z, for a MIYAO_PURPOSE_. Whose
/// certificate it is, the caller compares. The path is written to `path` as PEM, from the certificate to the anchor, to be freed with
/// `miyao_buffer_free`, unless that is NULL.
///
/// Each error names what it is about. MIYAO_STATUS_FORBIDDEN: one that has expired, is not valid yet, is revoked, or may not do what it
/// does here. MIYAO_STATUS_REJECTED: a signature does not verify. MIYAO_STATUS_MISSING: no issuer, or no revocation list of an issuer, is
/// at hand. MIYAO_STATUS_STALE: a revocation list out of its time. MIYAO_STATUS_UNSUPPORTED: a critical extension that is not understood,
/// and keys and signatures of other algorithms. MIYAO_STATUS_MALFORMED: a certificate contradicts itself. MIYAO_STATUS_TOO_LARGE: more
/// than 10 certificates in a path, or 64 signatures in a search.
///
/// May be NULL: `path`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_trust_verify(
    trust: Option<&miyao_trust>,
    certificate: Option<&miyao_certificate>,
    purpose: u32,
    now: i64,
    path: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (own, certificate) = (object!(trust), object!(certificate));
        let purpose = self::purpose(purpose)?;
        let trust = Trust::new(&own.anchors).intermediates(&own.intermediates).user_id(&own.user_id);
        let trust = own.crls.as_deref().map_or(trust, |crls| trust.crls(crls));
        let found = trust.verify(&certificate.0, purpose, Moment(now))?;
        if let Some(path) = path {
            let text = found.into_iter().map(Certificate::to_pem).collect::<Result<String>>()?;
            miyao_buffer::give_vec(text.into_bytes(), path);
        }
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_trust_free(trust: Option<Box<miyao_trust>>) {
    guard_value((), || drop(trust));
}
