//! SM2EnvelopedKey (GM/T 0009-2012 §7.4, GB/T 35276-2017 §7.4): a private key for the holder of another.

use core::mem::MaybeUninit;

use miyao::{kms, pki::enveloped_key};

use super::{private_key::miyao_sm2_private_key, public_key::miyao_sm2_public_key};
use crate::{
    buffer::miyao_buffer,
    desk::{give, guard_secret_telling, guard_telling, input, object},
    error::miyao_error,
    status::miyao_status,
};

/// Hides a private key for whoever holds the private half of `recipient`, as a certification authority hands out a key pair for
/// encryption: DER, to be freed with `miyao_buffer_free`.
///
/// MIYAO_STATUS_ENTROPY: the system gave no randomness.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_enveloped_key_wrap(
    key: Option<&miyao_sm2_private_key>,
    recipient: Option<&miyao_sm2_public_key>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (key, recipient) = (object!(key), object!(recipient));
        let out = object!(out);
        miyao_buffer::give_vec(enveloped_key::wrap(&key.0, &recipient.0, &mut kms::rng()?)?, out);
        Ok(())
    })
}

/// Finds the private key of an enveloped key in DER again, with one's own, to be freed with `miyao_sm2_private_key_free`.
///
/// MIYAO_STATUS_REJECTED: another key, and halves that do not belong together. MIYAO_STATUS_MALFORMED: another shape.
/// MIYAO_STATUS_UNSUPPORTED: another cipher than SM4-ECB.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_enveloped_key_unwrap(
    der: *const u8,
    der_len: usize,
    own: Option<&miyao_sm2_private_key>,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_private_key>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (der, own) = (input!(der, der_len), object!(own));
        miyao_sm2_private_key::give(out, || enveloped_key::unwrap(der, &own.0))
    })
}

/// The public half that an enveloped key in DER names, as anybody may have written it, to be freed with `miyao_sm2_public_key_free`.
///
/// MIYAO_STATUS_MALFORMED: another shape. MIYAO_STATUS_UNSUPPORTED: another cipher than SM4-ECB.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_enveloped_key_unverified_public_key(
    der: *const u8,
    der_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_public_key>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (der, out) = (input!(der, der_len), object!(out));
        give(miyao_sm2_public_key(enveloped_key::unverified_public_key(der)?), out);
        Ok(())
    })
}
