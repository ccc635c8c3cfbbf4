//! Derivations of keys with SM3: HKDF, the KDF of SM2, PBKDF2.

use core::num::NonZeroU32;

use miyao::{
    Error, Kind, Result,
    algo::{hkdf, kdf, pbkdf2},
};

use crate::{
    desk::{guard_secret, input, output},
    status::miyao_status,
};

/// The bytes of a pseudorandom key of HKDF-SM3.
pub const MIYAO_HKDF_PRK_LEN: usize = 32;

/// The most bytes that HKDF-SM3 derives at a time: 255 digests.
pub const MIYAO_HKDF_MAX: usize = 8160;

/// `HKDF-SM3(salt, ikm, info)` (RFC 5869): fills `out` with `out_cap` bytes, at most MIYAO_HKDF_MAX. Extract and expand in one
/// call.
///
/// MIYAO_STATUS_INVALID: more were asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_hkdf_derive(
    salt: *const u8,
    salt_len: usize,
    ikm: *const u8,
    ikm_len: usize,
    info: *const u8,
    info_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let (salt, ikm, info) = (input!(salt, salt_len), input!(ikm, ikm_len), input!(info, info_len));
        let out = output!(out, out_cap, out_cap);
        hkdf::expand(&hkdf::extract(salt, ikm), &[info], out)
    })
}

/// `HKDF-Extract(salt, ikm)` (RFC 5869 §2.2) with HMAC-SM3: writes the 32 bytes of the pseudorandom key to `out`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_hkdf_extract(
    salt: *const u8,
    salt_len: usize,
    ikm: *const u8,
    ikm_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let (salt, ikm) = (input!(salt, salt_len), input!(ikm, ikm_len));
        let out = output!(out, out_cap, MIYAO_HKDF_PRK_LEN);
        out.copy_from_slice(hkdf::extract(salt, ikm).expose());
        Ok(())
    })
}

/// `HKDF-Expand(prk, info)` (RFC 5869 §2.3) with HMAC-SM3: fills `out` with `out_cap` bytes, at most MIYAO_HKDF_MAX. The
/// pseudorandom key has 32 bytes or more.
///
/// MIYAO_STATUS_INVALID: it has fewer, or more bytes were asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_hkdf_expand(
    prk: *const u8,
    prk_len: usize,
    info: *const u8,
    info_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let (prk, info) = (input!(prk, prk_len), input!(info, info_len));
        if prk.len() < MIYAO_HKDF_PRK_LEN {
            return Err(Error::new(
                Kind::Invalid,
                "HKDF expands a pseudorandom key of at least 32 bytes; extract one",
            ));
        }
        let out = output!(out, out_cap, out_cap);
        hkdf::expand_bytes(prk, &[info], out)
    })
}

/// `KDF(z, out_cap)` of GB/T 32918.4 §5.4.3, which is that of X9.63 with SM3: fills `out` with `out_cap` bytes, at least one. What X9.63
/// calls SharedInfo is the end of `z`.
///
/// MIYAO_STATUS_INVALID: none were asked for, or more than 2^32 − 1 digests.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kdf_derive(
    z: *const u8,
    z_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let z = input!(z, z_len);
        let out = output!(out, out_cap, out_cap);
        kdf::derive(&[z], out)
    })
}

/// `PBKDF2-HMAC-SM3(password, salt, iterations)` (GM/T 0091 §5, RFC 8018 §5.2): fills `out` with `out_cap` bytes, at least one. GM/T 0091
/// wants at least 1,024 iterations and a salt of 8 bytes; a password asks for far more. That is the caller's policy.
///
/// MIYAO_STATUS_INVALID: no iterations, no bytes, or more than 2^32 − 1 digests.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_pbkdf2_derive(
    password: *const u8,
    password_len: usize,
    salt: *const u8,
    salt_len: usize,
    iterations: u32,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let (password, salt) = (input!(password, password_len), input!(salt, salt_len));
        let iterations = iterations_of(iterations)?;
        let out = output!(out, out_cap, out_cap);
        pbkdf2::derive(password, salt, iterations, out)
    })
}

fn iterations_of(count: u32) -> Result<NonZeroU32> {
    NonZeroU32::new(count)
        .ok_or_else(|| Error::new(Kind::Invalid, "PBKDF2 iterates at least once; GM/T 0091 wants 1,024"))
}
