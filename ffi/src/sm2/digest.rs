//! `miyao_sm2_digest`: e = SM3(ZA ‖ message) of a message that comes in pieces.

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::algo::sm2::MessageDigest;

use super::{MIYAO_SM2_DIGEST_LEN, public_key::miyao_sm2_public_key};
use crate::{
    desk::{give, guard, guard_secret, guard_value, input, object, output},
    status::miyao_status,
};

/// A running digest of what is signed or verified (GB/T 32918.2 §6.1 A1 and A2), for messages that come in pieces.
pub struct miyao_sm2_digest(MessageDigest);

/// A digest that begins with ZA of this signer and has no byte of a message yet, to be freed with `miyao_sm2_digest_free`.
///
/// MIYAO_STATUS_INVALID: a user id of more than MIYAO_SM2_ID_MAX bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_digest_new(
    signer: Option<&miyao_sm2_public_key>,
    user_id: *const u8,
    user_id_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_digest>>,
) -> miyao_status {
    guard(|| {
        let (signer, user_id) = (object!(signer), input!(user_id, user_id_len));
        let out = object!(out);
        give(miyao_sm2_digest(MessageDigest::new(&signer.0, user_id)?), out);
        Ok(())
    })
}

/// Adds bytes of the message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_digest_update(
    digest: Option<&mut miyao_sm2_digest>,
    data: *const u8,
    data_len: usize,
) -> miyao_status {
    guard_secret(|| {
        let digest = object!(digest);
        digest.0.update(input!(data, data_len));
        Ok(())
    })
}

/// Writes e of what was added so far to `out`, 32 bytes, for `miyao_sm2_private_key_sign_digest` or
/// `miyao_sm2_public_key_verify_digest`; more can be added afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_digest_finish(
    digest: Option<&miyao_sm2_digest>,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let digest = object!(digest);
        output!(out, out_cap, MIYAO_SM2_DIGEST_LEN).copy_from_slice(&digest.0.clone().finalize());
        Ok(())
    })
}

/// A copy that goes on by itself, to be freed too.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_digest_clone(
    digest: Option<&miyao_sm2_digest>,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_digest>>,
) -> miyao_status {
    guard_secret(|| {
        let (digest, out) = (object!(digest), object!(out));
        give(miyao_sm2_digest(digest.0.clone()), out);
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_digest_free(digest: Option<Box<miyao_sm2_digest>>) {
    guard_value((), || drop(digest));
}
