//! `miyao_sm2_private_key`: what only its holder can do.

use alloc::boxed::Box;
use core::{hint::black_box, mem::MaybeUninit};

use miyao::{Result, algo::sm2::PrivateKey, kms};

use super::{
    MIYAO_SM2_DIGEST_LEN, MIYAO_SM2_PRIVATE_KEY_LEN, MIYAO_SM2_SIGNATURE_LEN, ciphertext::encoding,
    public_key::miyao_sm2_public_key,
};
use crate::{
    desk::{self, fixed, guard_secret, guard_value, input, object, output, places},
    status::miyao_status,
};

/// A private key (私钥) d in [1, n − 2], with its public half.
///
/// ```c
/// miyao_sm2_private_key *key;
/// uint8_t signature[MIYAO_SM2_SIGNATURE_LEN];
/// const uint8_t *id = (const uint8_t *)MIYAO_SM2_DEFAULT_ID;
/// if (miyao_sm2_private_key_random(&key) != MIYAO_STATUS_OK) return 1;
/// if (miyao_sm2_private_key_sign(key, id, MIYAO_SM2_DEFAULT_ID_LEN, message, message_len, signature, sizeof signature)) return 1;
/// miyao_sm2_private_key_free(key);
/// ```
pub struct miyao_sm2_private_key(pub(crate) PrivateKey);

impl miyao_sm2_private_key {
    /// A key for the caller, made by `make`, written to `out`.
    pub(crate) fn give(
        out: Option<&mut MaybeUninit<*mut Self>>,
        make: impl FnOnce() -> Result<PrivateKey>,
    ) -> Result<()> {
        let out = object!(out);
        desk::give(Self(make()?), out);
        Ok(())
    }
}

/// A fresh key (GB/T 32918.1 §6.1), to be freed with `miyao_sm2_private_key_free`.
///
/// MIYAO_STATUS_ENTROPY: the system gave no randomness.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_private_key_random(
    out: Option<&mut MaybeUninit<*mut miyao_sm2_private_key>>,
) -> miyao_status {
    guard_secret(|| {
        miyao_sm2_private_key::give(out, || {
            let mut rng = kms::rng()?;
            Ok(PrivateKey::random(&mut rng))
        })
    })
}

/// Fresh keys, to be freed one by one: writes `count` pointers to `out`. From eight on it takes a fraction of the time that as many
/// single ones take.
///
/// MIYAO_STATUS_ENTROPY: the system gave no randomness.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_private_key_random_batch(
    out: *mut *mut miyao_sm2_private_key,
    count: usize,
) -> miyao_status {
    guard_secret(|| {
        let out = places!(out, count);
        let mut rng = kms::rng()?;
        let mut keys = PrivateKey::random_batch(count, &mut rng);
        for place in out {
            // There are as many as there are places.
            if let Some(key) = keys.pop() {
                desk::give(miyao_sm2_private_key(key), place);
            }
        }
        // Where they were in the vector, their bytes still are.
        keys.spare_capacity_mut().fill_with(MaybeUninit::zeroed);
        black_box(keys.as_mut_ptr());
        Ok(())
    })
}

/// The key of 32 bytes, big-endian, to be freed with `miyao_sm2_private_key_free`.
///
/// MIYAO_STATUS_INVALID: another length, or outside of [1, n − 2].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_private_key_from_bytes(
    bytes: *const u8,
    bytes_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_private_key>>,
) -> miyao_status {
    guard_secret(|| miyao_sm2_private_key::give(out, || PrivateKey::from_bytes(fixed!(bytes, bytes_len))))
}

/// Writes the key itself to `out`, 32 bytes, big-endian, for the caller to wipe.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_private_key_expose(
    key: Option<&miyao_sm2_private_key>,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let key = object!(key);
        let out = output!(out, out_cap, MIYAO_SM2_PRIVATE_KEY_LEN);
        out.copy_from_slice(key.0.expose().expose());
        Ok(())
    })
}

/// `[d]G`: a copy of the public half, to be freed with `miyao_sm2_public_key_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_private_key_public_key(
    key: Option<&miyao_sm2_private_key>,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_public_key>>,
) -> miyao_status {
    desk::guard(|| {
        let key = object!(key);
        desk::give(miyao_sm2_public_key(key.0.public_key().clone()), object!(out));
        Ok(())
    })
}

/// `SM2.sign[d, user id](message)` (GB/T 32918.2 §6): writes r ‖ s to `out`, 64 bytes; `miyao_sm2_signature_to_der` makes DER of it. The
/// user id is MIYAO_SM2_DEFAULT_ID unless another was agreed on.
///
/// MIYAO_STATUS_INVALID: a user id of more than MIYAO_SM2_ID_MAX bytes. MIYAO_STATUS_ENTROPY: the system gave no randomness.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_private_key_sign(
    key: Option<&miyao_sm2_private_key>,
    user_id: *const u8,
    user_id_len: usize,
    message: *const u8,
    message_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let key = object!(key);
        let (user_id, message) = (input!(user_id, user_id_len), input!(message, message_len));
        let out = output!(out, out_cap, MIYAO_SM2_SIGNATURE_LEN);
        out.copy_from_slice(&key.0.sign(user_id, message, &mut kms::rng()?)?.to_bytes());
        Ok(())
    })
}

/// Signs e, the 32 bytes that `miyao_sm2_digest_finish` gives; writes r ‖ s to `out`, 64 bytes.
///
/// MIYAO_STATUS_ENTROPY: the system gave no randomness.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_private_key_sign_digest(
    key: Option<&miyao_sm2_private_key>,
    digest: *const u8,
    digest_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let key = object!(key);
        let digest = fixed!(digest, digest_len);
        let out = output!(out, out_cap, MIYAO_SM2_SIGNATURE_LEN);
        out.copy_from_slice(&key.0.sign_digest(digest, &mut kms::rng()?).to_bytes());
        Ok(())
    })
}

/// `SM2.decrypt[d](ciphertext)` (GB/T 32918.4 §7), in a MIYAO_SM2_ENCODING_: writes the plaintext to `out` and its length to `out_len`.
/// It is shorter than the ciphertext, so `ciphertext_len` is always room enough.
///
/// MIYAO_STATUS_REJECTED: another key, altered or malformed bytes. MIYAO_STATUS_INVALID: too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_private_key_decrypt(
    key: Option<&miyao_sm2_private_key>,
    ciphertext: *const u8,
    ciphertext_len: usize,
    encoding: u32,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> miyao_status {
    guard_secret(|| {
        let key = object!(key);
        let ciphertext = input!(ciphertext, ciphertext_len);
        let encoding = self::encoding(encoding)?;
        let out_len = object!(out_len);
        let text = key.0.decrypt(ciphertext, encoding)?;
        output!(out, out_cap, text.len()).copy_from_slice(text.expose());
        out_len.write(text.len());
        Ok(())
    })
}

/// `x([d]P)`: writes the raw Diffie–Hellman value to `out`, 32 bytes. Derive keys from it, never use it as one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_private_key_shared_x(
    key: Option<&miyao_sm2_private_key>,
    peer: Option<&miyao_sm2_public_key>,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let (key, peer) = (object!(key), object!(peer));
        let out = output!(out, out_cap, MIYAO_SM2_DIGEST_LEN);
        out.copy_from_slice(key.0.shared_x(&peer.0).expose());
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_private_key_free(key: Option<Box<miyao_sm2_private_key>>) {
    guard_value((), || drop(key));
}
