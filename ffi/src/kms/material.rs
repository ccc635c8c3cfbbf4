//! Key material from outside and to the outside, SM2 ciphertexts for keys of the store, and pairs of data keys.

use core::mem::MaybeUninit;

use miyao::{Secret, key::Span};

use super::miyao_kms;
use crate::{
    buffer::miyao_buffer,
    context::miyao_context,
    desk::{fixed, give, guard_secret_telling, input, object, output, tell},
    error::miyao_error,
    key_ref::miyao_key_ref,
    sm2::{encoding, miyao_sm2_private_key, miyao_sm2_public_key},
    status::miyao_status,
};

/// The bytes of the material of a key.
pub const MIYAO_MATERIAL_LEN: usize = 32;
/// The bytes of a token that permits one import.
pub const MIYAO_IMPORT_TOKEN_LEN: usize = 76;

/// A one-time public key and a token for the next version of an imported key, valid so many seconds, at most 30 days: whoever has the material encrypts its
/// MIYAO_MATERIAL_LEN bytes to that key in MIYAO_SM2_ENCODING_DER. The token has MIYAO_IMPORT_TOKEN_LEN bytes; `expires`, where it is not NULL, gets when it
/// expires, in milliseconds since 1970.
///
/// MIYAO_STATUS_FORBIDDEN for a key whose material is made here, or by state; MIYAO_STATUS_INVALID for another time.
///
/// May be NULL: `expires`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_import_parameters(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    valid_seconds: u64,
    public: Option<&mut MaybeUninit<*mut miyao_sm2_public_key>>,
    token: *mut u8,
    token_cap: usize,
    expires: Option<&mut MaybeUninit<u64>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, key, public) = (object!(kms), object!(key).key()?, object!(public));
        let token = output!(token, token_cap, MIYAO_IMPORT_TOKEN_LEN);
        let valid = Span(valid_seconds.saturating_mul(1000));
        let made = kms.with(|kms| kms.import_parameters(key, valid))?;
        token.copy_from_slice(&made.token);
        give(miyao_sm2_public_key(made.public), public);
        tell(expires, made.expires.0);
        Ok(())
    })
}

/// Brings the next version's MIYAO_MATERIAL_LEN bytes as they are; `version`, where it is not NULL, gets its number.
///
/// As `miyao_kms_import_parameters`.
///
/// May be NULL: `version`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_import_raw(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    material: *const u8,
    material_len: usize,
    version: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let brought: &[u8; MIYAO_MATERIAL_LEN] = fixed!(material, material_len);
        let material = Secret::build(|out| out.copy_from_slice(brought));
        tell(version, kms.with(|kms| kms.import_raw(key, material))?.get());
        Ok(())
    })
}

/// Brings the next version's MIYAO_MATERIAL_LEN bytes encrypted to the public key of a token, in MIYAO_SM2_ENCODING_DER; `version`, where it is not NULL, gets its
/// number. The token is used up.
///
/// MIYAO_STATUS_REJECTED for another token, key or altered bytes; MIYAO_STATUS_MISSING for a token that was used or expired; MIYAO_STATUS_CONFLICT when the key got
/// another version meanwhile.
///
/// May be NULL: `version`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_import_wrapped(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    token: *const u8,
    token_len: usize,
    ciphertext: *const u8,
    ciphertext_len: usize,
    version: Option<&mut MaybeUninit<u32>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let (token, ciphertext) = (input!(token, token_len), input!(ciphertext, ciphertext_len));
        tell(version, kms.with(|kms| kms.import_wrapped(key, token, ciphertext))?.get());
        Ok(())
    })
}

/// Hands out the MIYAO_MATERIAL_LEN bytes of the version that `key` names, or of the primary, encrypted to an SM2 public key in MIYAO_SM2_ENCODING_DER; never in the
/// clear.
///
/// MIYAO_STATUS_FORBIDDEN by state; MIYAO_STATUS_MISSING without the key or version.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_kms_export(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    to: Option<&miyao_sm2_public_key>,
    ciphertext: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, named, to) = (object!(kms), object!(key).version(), object!(to));
        let out = object!(ciphertext);
        miyao_buffer::give_vec(kms.with(|kms| kms.export(&named.key, named.version, &to.0))?, out);
        Ok(())
    })
}

/// Decrypts what was encrypted to the public half of the version of an `sm2-encrypt` key that `key` names, or of its primary; `form` is one of
/// MIYAO_SM2_ENCODING_…. Where they are not NULL, `version` gets the version's number, and `unproven` whether others know its secret.
///
/// MIYAO_STATUS_REJECTED for another key or altered bytes; MIYAO_STATUS_MISSING or MIYAO_STATUS_FORBIDDEN as `miyao_kms_decrypt`.
///
/// May be NULL: `version`, `unproven`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_sm2_decrypt(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    ciphertext: *const u8,
    ciphertext_len: usize,
    form: u32,
    plaintext: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    version: Option<&mut MaybeUninit<u32>>,
    unproven: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, key, plaintext) = (object!(kms), object!(key).version(), object!(plaintext));
        let (ciphertext, form) = (input!(ciphertext, ciphertext_len), encoding(form)?);
        let opened = kms.with(|kms| kms.sm2_decrypt(&key, ciphertext, form))?;
        miyao_buffer::give(opened.text, plaintext);
        tell(version, opened.version.get());
        tell(unproven, opened.unproven);
        Ok(())
    })
}

/// The most bytes of a token that brings a private key back.
pub const MIYAO_KEY_PAIR_TOKEN_MAX: usize = 256;

/// A fresh SM2 key pair for the caller, and the token that brings its private half back by `miyao_kms_decrypt`, as PKCS#8 in DER; MIYAO_KEY_PAIR_TOKEN_MAX bytes are
/// enough for it. For NULL as `private_key` the private half is not handed out now.
///
/// As `miyao_kms_encrypt`.
///
/// May be NULL: `context`, `private_key`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_generate_data_key_pair(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    context: Option<&miyao_context>,
    public_key: Option<&mut MaybeUninit<*mut miyao_sm2_public_key>>,
    private_key: Option<&mut MaybeUninit<*mut miyao_sm2_private_key>>,
    token: *mut u8,
    token_cap: usize,
    token_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let (public, token_len) = (object!(public_key), object!(token_len));
        let room = output!(token, token_cap, MIYAO_KEY_PAIR_TOKEN_MAX);
        let made = miyao_context::or_none(context, |context| {
            kms.with(|kms| kms.generate_data_key_pair(key, context))
        })?;
        room[..made.wrapped.len()].copy_from_slice(&made.wrapped);
        token_len.write(made.wrapped.len());
        give(miyao_sm2_public_key(made.public), public);
        if private_key.is_some() {
            miyao_sm2_private_key::give(private_key, || Ok(made.private))?;
        }
        Ok(())
    })
}
