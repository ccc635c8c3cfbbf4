//! `miyao_certificate_request`: a request that was read.

use alloc::{boxed::Box, string::ToString};
use core::mem::MaybeUninit;

use miyao::pki::Request;

use super::certificate_fields::{bits, joined};
use crate::{
    buffer::miyao_buffer,
    desk::{give, guard, guard_telling, guard_value, input, object},
    error::miyao_error,
    sm2::miyao_sm2_public_key,
    status::miyao_status,
};

/// A request for a certificate (证书请求): PKCS#10 of RFC 2986, as it was read, byte for byte.
pub struct miyao_certificate_request(pub(super) Request);

/// Reads the one request of PEM or DER, to be freed with `miyao_certificate_request_free`; nothing is verified yet.
///
/// MIYAO_STATUS_MALFORMED: anything else, and several.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_request_parse(
    file: *const u8,
    file_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_certificate_request>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (file, out) = (input!(file, file_len), object!(out));
        give(miyao_certificate_request(Request::parse(file)?), out);
        Ok(())
    })
}

/// The public key that it is for, once its holder has proved to have the private half: verifies the signature under this user id,
/// MIYAO_SM2_DEFAULT_ID as a rule. To be freed with `miyao_sm2_public_key_free`.
///
/// MIYAO_STATUS_REJECTED: it does not verify. MIYAO_STATUS_UNSUPPORTED: a key or signature of another algorithm.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_request_verify(
    request: Option<&miyao_certificate_request>,
    user_id: *const u8,
    user_id_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_public_key>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (request, user_id) = (object!(request), input!(user_id, user_id_len));
        let out = object!(out);
        give(miyao_sm2_public_key(request.0.verify(user_id)?.clone()), out);
        Ok(())
    })
}

/// The name that is asked for as RFC 4514 writes it, as anybody may have written it before the request is verified, to be freed with
/// `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_request_unverified_subject(
    request: Option<&miyao_certificate_request>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (request, out) = (object!(request), object!(out));
        miyao_buffer::give_vec(request.0.unverified_subject().to_string().into_bytes(), out);
        Ok(())
    })
}

/// The further names that are asked for, written as `miyao_certificate_alternative_names` does, as anybody may have written them before
/// the request is verified.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_request_unverified_alternative_names(
    request: Option<&miyao_certificate_request>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (request, out) = (object!(request), object!(out));
        miyao_buffer::give_vec(joined(request.0.unverified_alternative_names(), "\n").into_bytes(), out);
        Ok(())
    })
}

/// The uses of the key that are asked for, bits MIYAO_KEY_USAGE_, as anybody may have written them before the request is verified; 0 where none
/// are, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_request_unverified_key_usage(
    request: Option<&miyao_certificate_request>,
) -> u32 {
    guard_value(0, || bits(request.and_then(|request| request.0.unverified_key_usage())))
}

/// The purposes that are asked for, in the words of `miyao_certificate_purposes` with commas between, as anybody may have written them before the
/// request is verified.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_request_unverified_purposes(
    request: Option<&miyao_certificate_request>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (request, out) = (object!(request), object!(out));
        let purposes = request.0.unverified_extended_key_usage().unwrap_or_default();
        miyao_buffer::give_vec(joined(purposes, ",").into_bytes(), out);
        Ok(())
    })
}

/// Writes it in DER, byte for byte as it was read, to be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_request_to_der(
    request: Option<&miyao_certificate_request>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (request, out) = (object!(request), object!(out));
        miyao_buffer::give_vec(request.0.as_der().to_vec(), out);
        Ok(())
    })
}

/// Writes it as PEM, `CERTIFICATE REQUEST`, to be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_request_to_pem(
    request: Option<&miyao_certificate_request>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (request, out) = (object!(request), object!(out));
        miyao_buffer::give_vec(request.0.to_pem()?.into_bytes(), out);
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_request_free(request: Option<Box<miyao_certificate_request>>) {
    guard_value((), || drop(request));
}
