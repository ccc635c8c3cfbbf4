//! `miyao_certificate`: read, written, and held against who issued it.

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::{Error, Kind, pki::Certificate};

use crate::{
    buffer::miyao_buffer,
    desk::{give, guard, guard_telling, guard_value, input, object, places},
    error::miyao_error,
    sm2::miyao_sm2_public_key,
    status::miyao_status,
};

/// A certificate (证书): X.509 v3 of RFC 5280 and GM/T 0015, as it was read, byte for byte.
pub struct miyao_certificate(pub(super) Certificate);

/// Reads the one certificate of PEM or DER, to be freed with `miyao_certificate_free`. Of another algorithm than SM2 it is read too, and
/// not verified.
///
/// MIYAO_STATUS_MALFORMED: anything else, and several; the error names the part.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_parse(
    file: *const u8,
    file_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_certificate>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (file, out) = (input!(file, file_len), object!(out));
        give(miyao_certificate(Certificate::parse(file)?), out);
        Ok(())
    })
}

/// Reads every certificate of PEM in its order, or the one of DER; writes a pointer to each to `out`, at most `out_cap`, and to `out_count`
/// how many they are. Each is to be freed. A file has at most one certificate for every 200 bytes.
///
/// MIYAO_STATUS_MALFORMED: none, or one that is none. MIYAO_STATUS_TOO_LARGE: more than `out_cap`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_parse_all(
    file: *const u8,
    file_len: usize,
    out: *mut *mut miyao_certificate,
    out_cap: usize,
    out_count: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (file, out_count) = (input!(file, file_len), object!(out_count));
        let out = places!(out, out_cap);
        let all = Certificate::parse_all(file)?;
        if all.len() > out.len() {
            return Err(Error::new(
                Kind::TooLarge,
                "the file has more certificates than there is room for; give more",
            ));
        }
        out_count.write(all.len());
        all.into_iter().zip(out).for_each(|(one, place)| give(miyao_certificate(one), place));
        Ok(())
    })
}

/// Writes it in DER, byte for byte as it was read, to be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_to_der(
    certificate: Option<&miyao_certificate>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (certificate, out) = (object!(certificate), object!(out));
        miyao_buffer::give_vec(certificate.0.as_der().to_vec(), out);
        Ok(())
    })
}

/// Writes it as PEM, `CERTIFICATE`, to be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_to_pem(
    certificate: Option<&miyao_certificate>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (certificate, out) = (object!(certificate), object!(out));
        miyao_buffer::give_vec(certificate.0.to_pem()?.into_bytes(), out);
        Ok(())
    })
}

/// Its public key, to be freed with `miyao_sm2_public_key_free`.
///
/// MIYAO_STATUS_UNSUPPORTED: a key of another algorithm or on another curve.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_public_key(
    certificate: Option<&miyao_certificate>,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_public_key>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (certificate, out) = (object!(certificate), object!(out));
        give(miyao_sm2_public_key(certificate.0.public_key()?.clone()), out);
        Ok(())
    })
}

/// Verifies that the holder of `issuer` signed it under this user id, MIYAO_SM2_DEFAULT_ID as a rule. Nothing else is asked, not the time
/// and not what the issuer may: `miyao_trust_verify` does.
///
/// MIYAO_STATUS_REJECTED: the signature does not verify. MIYAO_STATUS_MALFORMED: it names two algorithms.
/// MIYAO_STATUS_UNSUPPORTED: another algorithm than SM2 with SM3.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_verify_signature(
    certificate: Option<&miyao_certificate>,
    issuer: Option<&miyao_sm2_public_key>,
    user_id: *const u8,
    user_id_len: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (certificate, issuer) = (object!(certificate), object!(issuer));
        certificate.0.verify_signature(&issuer.0, input!(user_id, user_id_len))
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_free(certificate: Option<Box<miyao_certificate>>) {
    guard_value((), || drop(certificate));
}
