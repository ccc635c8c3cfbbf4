//! Data keys (数据密钥): to encrypt with at the caller's, each with the token that brings it back.

use core::mem::MaybeUninit;

use miyao::envelope::{Suite, token};

use super::miyao_kms;
use crate::{
    context::miyao_context,
    desk::{guard_secret_telling, guard_telling, object, output},
    error::miyao_error,
    key_ref::miyao_key_ref,
    status::miyao_status,
};

/// A fresh data key of `len` bytes, 16 to 64, written to `data_key`; 16 are an SM4 key. `token`, of `miyao_token_len(len)` bytes, brings it
/// back by `miyao_kms_decrypt`.
///
/// MIYAO_STATUS_INVALID for another length; otherwise as `miyao_kms_encrypt`.
///
/// May be NULL: `context`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_generate_data_key(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    context: Option<&miyao_context>,
    len: usize,
    data_key: *mut u8,
    data_key_cap: usize,
    token: *mut u8,
    token_cap: usize,
    token_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let token_len = object!(token_len);
        let data_key = output!(data_key, data_key_cap, len);
        let token = output!(token, token_cap, token::len(Suite::CtrHmac, len));
        let made = miyao_context::or_none(context, |context| {
            kms.with(|kms| kms.generate_data_key(key, context, len))
        })?;
        data_key.copy_from_slice(made.plaintext.expose());
        token.copy_from_slice(&made.wrapped);
        token_len.write(made.wrapped.len());
        Ok(())
    })
}

/// The same for a later use: the token alone.
///
/// As `miyao_kms_generate_data_key`.
///
/// May be NULL: `context`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_generate_data_key_without_plaintext(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    context: Option<&miyao_context>,
    len: usize,
    token: *mut u8,
    token_cap: usize,
    token_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let token_len = object!(token_len);
        let token = output!(token, token_cap, token::len(Suite::CtrHmac, len));
        let made = miyao_context::or_none(context, |context| {
            kms.with(|kms| kms.generate_data_key_without_plaintext(key, context, len))
        })?;
        token.copy_from_slice(&made);
        token_len.write(made.len());
        Ok(())
    })
}
