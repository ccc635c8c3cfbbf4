//! `miyao_sm2_prepared_key`: a public key with tables, for whoever verifies or encrypts with it again and again.

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::{
    algo::sm2::{PreparedPublicKey, Signature},
    kms,
};

use super::{ciphertext, public_key::miyao_sm2_public_key};
use crate::{
    desk::{filled, fixed, give, guard, guard_secret, guard_value, input, object, output},
    status::miyao_status,
};

/// A public key prepared for use again and again (预计算公钥); many threads may use one.
pub struct miyao_sm2_prepared_key(PreparedPublicKey);

/// Prepares a key with the small table, 2 KiB: it takes about as long as one verification and pays from the second use on. To be freed
/// with `miyao_sm2_prepared_key_free`; the key may be freed before.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_prepared_key_new(
    key: Option<&miyao_sm2_public_key>,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_prepared_key>>,
) -> miyao_status {
    guard(|| {
        let (key, out) = (object!(key), object!(out));
        give(miyao_sm2_prepared_key(PreparedPublicKey::new(&key.0)), out);
        Ok(())
    })
}

/// Prepares a key with the full table, 86 KiB: it takes about ten verifications and makes each of them several times faster.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_prepared_key_full(
    key: Option<&miyao_sm2_public_key>,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_prepared_key>>,
) -> miyao_status {
    guard(|| {
        let (key, out) = (object!(key), object!(out));
        give(miyao_sm2_prepared_key(PreparedPublicKey::full(&key.0)), out);
        Ok(())
    })
}

/// A copy of the key itself, to be freed with `miyao_sm2_public_key_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_prepared_key_public_key(
    prepared: Option<&miyao_sm2_prepared_key>,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_public_key>>,
) -> miyao_status {
    guard(|| {
        let (prepared, out) = (object!(prepared), object!(out));
        give(miyao_sm2_public_key(prepared.0.public_key().clone()), out);
        Ok(())
    })
}

/// Verifies a signature of a message, as `miyao_sm2_public_key_verify` does.
///
/// MIYAO_STATUS_REJECTED: another key, user id, message or signature. MIYAO_STATUS_INVALID: a signature of another length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_prepared_key_verify(
    prepared: Option<&miyao_sm2_prepared_key>,
    user_id: *const u8,
    user_id_len: usize,
    message: *const u8,
    message_len: usize,
    signature: *const u8,
    signature_len: usize,
) -> miyao_status {
    guard(|| {
        let prepared = object!(prepared);
        let (user_id, message) = (input!(user_id, user_id_len), input!(message, message_len));
        let signature = Signature::from_bytes(fixed!(signature, signature_len))?;
        Ok(prepared.0.verify(user_id, message, &signature)?)
    })
}

/// Verifies a signature of e, as `miyao_sm2_public_key_verify_digest` does.
///
/// MIYAO_STATUS_REJECTED: another key, digest or signature. MIYAO_STATUS_INVALID: a signature or digest of another length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_prepared_key_verify_digest(
    prepared: Option<&miyao_sm2_prepared_key>,
    digest: *const u8,
    digest_len: usize,
    signature: *const u8,
    signature_len: usize,
) -> miyao_status {
    guard(|| {
        let prepared = object!(prepared);
        let digest = fixed!(digest, digest_len);
        let signature = Signature::from_bytes(fixed!(signature, signature_len))?;
        Ok(prepared.0.verify_digest(digest, &signature)?)
    })
}

/// Encrypts, as `miyao_sm2_public_key_encrypt` does.
///
/// MIYAO_STATUS_INVALID: an empty plaintext, or too little room. MIYAO_STATUS_TOO_LARGE: too long a plaintext.
/// MIYAO_STATUS_ENTROPY: the system gave no randomness.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_prepared_key_encrypt(
    prepared: Option<&miyao_sm2_prepared_key>,
    plaintext: *const u8,
    plaintext_len: usize,
    encoding: u32,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> miyao_status {
    guard_secret(|| {
        let prepared = object!(prepared);
        let plaintext = input!(plaintext, plaintext_len);
        let encoding = ciphertext::encoding(encoding)?;
        let out = output!(out, out_cap, ciphertext::most(plaintext_len, encoding));
        let out_len = object!(out_len);
        let text = prepared.0.encrypt(plaintext, encoding, &mut kms::rng()?)?;
        out_len.write(filled(out, &text)?);
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_prepared_key_free(prepared: Option<Box<miyao_sm2_prepared_key>>) {
    guard_value((), || drop(prepared));
}
