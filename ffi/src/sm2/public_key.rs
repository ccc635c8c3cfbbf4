//! `miyao_sm2_public_key`: a point of the curve, checked when it was made.

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::{
    Error,
    algo::sm2::{PublicKey, Signature},
    kms,
};

use super::{
    MIYAO_SM2_COMPRESSED_KEY_LEN, MIYAO_SM2_COORDINATES_LEN, MIYAO_SM2_DIGEST_LEN, MIYAO_SM2_PUBLIC_KEY_LEN,
    MIYAO_SM2_SPKI_LEN, ciphertext,
};
use crate::{
    buffer::miyao_buffer,
    desk::{self, filled, fixed, guard, guard_secret, guard_telling, guard_value, input, object, output},
    error::miyao_error,
    status::miyao_status,
};

/// A public key (公钥): a point that is not the identity.
pub struct miyao_sm2_public_key(pub(crate) PublicKey);

/// The key of the bytes 04 ‖ x ‖ y, or 02 ‖ x or 03 ‖ x (GB/T 32918.1 §4.2.9), to be freed with `miyao_sm2_public_key_free`.
///
/// MIYAO_STATUS_INVALID: any other bytes, a point off the curve and the identity.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_public_key_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_public_key>>,
) -> miyao_status {
    guard(|| {
        let (bytes, out) = (input!(bytes, bytes_len), object!(out));
        desk::give(miyao_sm2_public_key(PublicKey::from_bytes(bytes)?), out);
        Ok(())
    })
}

/// The key of the coordinates x ‖ y, 64 bytes, as devices and bare forms have them.
///
/// MIYAO_STATUS_INVALID: another length, and a point off the curve.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_public_key_from_coordinates(
    coordinates: *const u8,
    coordinates_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_public_key>>,
) -> miyao_status {
    guard(|| {
        let coordinates: &[u8; MIYAO_SM2_COORDINATES_LEN] = fixed!(coordinates, coordinates_len);
        let out = object!(out);
        let mut bytes = [4; MIYAO_SM2_PUBLIC_KEY_LEN];
        bytes[1..].copy_from_slice(coordinates);
        desk::give(miyao_sm2_public_key(PublicKey::from_bytes(&bytes)?), out);
        Ok(())
    })
}

/// Reads a key file: SubjectPublicKeyInfo, `PUBLIC KEY` in PEM or strict DER.
///
/// MIYAO_STATUS_MALFORMED: anything else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_public_key_parse(
    file: *const u8,
    file_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_public_key>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (file, out) = (input!(file, file_len), object!(out));
        let key = PublicKey::from_pem(file)
            .or_else(|error| PublicKey::from_spki_der(file).map_err(|other| of(file, error, other)))?;
        desk::give(miyao_sm2_public_key(key), out);
        Ok(())
    })
}

/// Of two readings that failed, the one of the form that the file begins as.
pub(super) fn of(file: &[u8], text: Error, der: Error) -> Error {
    if file.first() == Some(&0x30) { der } else { text }
}

/// Writes 04 ‖ x ‖ y to `out`, 65 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_public_key_to_bytes(
    key: Option<&miyao_sm2_public_key>,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard(|| {
        let key = object!(key);
        let out = output!(out, out_cap, MIYAO_SM2_PUBLIC_KEY_LEN);
        out.copy_from_slice(&key.0.to_bytes());
        Ok(())
    })
}

/// Writes 02 ‖ x or 03 ‖ x to `out`, 33 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_public_key_to_compressed(
    key: Option<&miyao_sm2_public_key>,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard(|| {
        let bytes = object!(key).0.to_bytes();
        let out = output!(out, out_cap, MIYAO_SM2_COMPRESSED_KEY_LEN);
        out.copy_from_slice(&bytes[..MIYAO_SM2_COMPRESSED_KEY_LEN]);
        out[0] = 2 | bytes[64] & 1;
        Ok(())
    })
}

/// Writes SubjectPublicKeyInfo in DER to `out`, 91 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_public_key_to_spki(
    key: Option<&miyao_sm2_public_key>,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard(|| {
        let key = object!(key);
        let out = output!(out, out_cap, MIYAO_SM2_SPKI_LEN);
        out.copy_from_slice(&key.0.spki());
        Ok(())
    })
}

/// Writes SubjectPublicKeyInfo as PEM, `PUBLIC KEY`, to be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_public_key_to_pem(
    key: Option<&miyao_sm2_public_key>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (key, out) = (object!(key), object!(out));
        miyao_buffer::give_vec(key.0.to_pem()?.into_bytes(), out);
        Ok(())
    })
}

/// Whether both are the same key; false where one is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_public_key_equal(
    key: Option<&miyao_sm2_public_key>,
    other: Option<&miyao_sm2_public_key>,
) -> bool {
    guard_value(false, || matches!((key, other), (Some(key), Some(other)) if key.0 == other.0))
}

/// `SM3(SubjectPublicKeyInfo)`: writes the key identifier to `out`, 32 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_public_key_identifier(
    key: Option<&miyao_sm2_public_key>,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard(|| {
        let key = object!(key);
        output!(out, out_cap, MIYAO_SM2_DIGEST_LEN).copy_from_slice(&key.0.key_identifier());
        Ok(())
    })
}

/// `ZA = SM3(ENTLA ‖ IDA ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA)` (GB/T 32918.2 §5.5): writes 32 bytes to `out`.
///
/// MIYAO_STATUS_INVALID: a user id of more than MIYAO_SM2_ID_MAX bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_public_key_za(
    key: Option<&miyao_sm2_public_key>,
    user_id: *const u8,
    user_id_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard(|| {
        let (key, user_id) = (object!(key), input!(user_id, user_id_len));
        output!(out, out_cap, MIYAO_SM2_DIGEST_LEN).copy_from_slice(&key.0.za(user_id)?);
        Ok(())
    })
}

/// Verifies a signature r ‖ s of 64 bytes of a message (GB/T 32918.2 §7).
///
/// MIYAO_STATUS_REJECTED: another key, user id, message or signature. MIYAO_STATUS_INVALID: a signature of another length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_public_key_verify(
    key: Option<&miyao_sm2_public_key>,
    user_id: *const u8,
    user_id_len: usize,
    message: *const u8,
    message_len: usize,
    signature: *const u8,
    signature_len: usize,
) -> miyao_status {
    guard(|| {
        let key = object!(key);
        let (user_id, message) = (input!(user_id, user_id_len), input!(message, message_len));
        let signature = Signature::from_bytes(fixed!(signature, signature_len))?;
        Ok(key.0.verify(user_id, message, &signature)?)
    })
}

/// Verifies a signature of e, the 32 bytes that `miyao_sm2_digest_finish` gives.
///
/// MIYAO_STATUS_REJECTED: another key, digest or signature. MIYAO_STATUS_INVALID: a signature or digest of another length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_public_key_verify_digest(
    key: Option<&miyao_sm2_public_key>,
    digest: *const u8,
    digest_len: usize,
    signature: *const u8,
    signature_len: usize,
) -> miyao_status {
    guard(|| {
        let key = object!(key);
        let digest = fixed!(digest, digest_len);
        let signature = Signature::from_bytes(fixed!(signature, signature_len))?;
        Ok(key.0.verify_digest(digest, &signature)?)
    })
}

/// `SM2.encrypt[P](plaintext)` (GB/T 32918.4 §6), 1 byte to 2^30 bytes, in a MIYAO_SM2_ENCODING_: writes the ciphertext to `out` and its
/// length to `out_len`; there has to be room for `miyao_sm2_ciphertext_max` bytes.
///
/// MIYAO_STATUS_INVALID: an empty plaintext, or too little room. MIYAO_STATUS_TOO_LARGE: too long a plaintext.
/// MIYAO_STATUS_ENTROPY: the system gave no randomness.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_public_key_encrypt(
    key: Option<&miyao_sm2_public_key>,
    plaintext: *const u8,
    plaintext_len: usize,
    encoding: u32,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> miyao_status {
    guard_secret(|| {
        let key = object!(key);
        let plaintext = input!(plaintext, plaintext_len);
        let encoding = ciphertext::encoding(encoding)?;
        let out = output!(out, out_cap, ciphertext::most(plaintext_len, encoding));
        let out_len = object!(out_len);
        let text = key.0.encrypt(plaintext, encoding, &mut kms::rng()?)?;
        out_len.write(filled(out, &text)?);
        Ok(())
    })
}

/// Frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_public_key_free(key: Option<Box<miyao_sm2_public_key>>) {
    guard_value((), || drop(key));
}
