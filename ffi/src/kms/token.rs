//! Small values under `sm4` keys: tokens made, opened, made anew.

use core::mem::MaybeUninit;

use miyao::{
    Result,
    envelope::{
        Context, Suite,
        token::{self, TokenHeader},
    },
    kms::{Kms, Opened},
};

use super::miyao_kms;
use crate::{
    context::miyao_context,
    desk::{guard_secret_telling, guard_telling, input, object, output, tell, wanted, wiping},
    error::miyao_error,
    key_ref::miyao_key_ref,
    status::miyao_status,
};

/// The bytes of a key's id.
pub const MIYAO_KEY_ID_LEN: usize = 16;

/// `encrypt[key](context, plaintext)`: writes the token, `miyao_token_len(plaintext_len)` bytes. `key` is an `sm4` key, used in its primary
/// version; the plaintext has at most MIYAO_TOKEN_PLAINTEXT_MAX bytes.
///
/// MIYAO_STATUS_MISSING without the key; MIYAO_STATUS_FORBIDDEN by its state or purpose; MIYAO_STATUS_EXHAUSTED past a limit of it;
/// MIYAO_STATUS_TOO_LARGE for a longer plaintext.
///
/// May be NULL: `context`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_encrypt(
    kms: Option<&miyao_kms>,
    key: Option<&miyao_key_ref>,
    context: Option<&miyao_context>,
    plaintext: *const u8,
    plaintext_len: usize,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let (kms, key) = (object!(kms), object!(key).key()?);
        let plaintext = input!(plaintext, plaintext_len);
        let out_len = object!(out_len);
        let needed = token::len(Suite::CtrHmac, plaintext.len().min(token::MAX_PLAINTEXT));
        let out = output!(out, out_cap, needed);
        let token =
            miyao_context::or_none(context, |context| kms.with(|kms| kms.encrypt(key, context, plaintext)))?;
        out.copy_from_slice(&token);
        out_len.write(token.len());
        Ok(())
    })
}

/// `decrypt(context, token)`: writes the plaintext, by the key that the token names. `miyao_token_plaintext_max(token_len)` bytes are
/// enough. Where they are not NULL, `key_id` gets the MIYAO_KEY_ID_LEN bytes of the key's id, `version` the number of its version, and
/// `unproven` whether others know that version's secret, so that any of them may have written this.
///
/// MIYAO_STATUS_REJECTED for another context or altered bytes; MIYAO_STATUS_MISSING when the key or its version is not here;
/// MIYAO_STATUS_FORBIDDEN by its state; MIYAO_STATUS_MALFORMED, MIYAO_STATUS_UNSUPPORTED or MIYAO_STATUS_TRUNCATED for what is no token.
///
/// May be NULL: `context`, `key_id`, `version`, `unproven`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_decrypt(
    kms: Option<&miyao_kms>,
    context: Option<&miyao_context>,
    token: *const u8,
    token_len: usize,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    key_id: *mut u8,
    key_id_cap: usize,
    version: Option<&mut MaybeUninit<u32>>,
    unproven: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    wiping(|| {
        guard_telling(error, || {
            let text = (out, out_cap, out_len);
            // SAFETY: the caller keeps rules 1 and 3 of the desk, until the function returns.
            let opened = unsafe {
                opened(kms, context, (token, token_len), text, (key_id, key_id_cap), Kms::decrypt)
            }?;
            tell(version, opened.version.get());
            tell(unproven, opened.unproven);
            Ok(())
        })
    })
}

/// The same, by a compromised version too: who wrote it is then unproven.
///
/// As `miyao_kms_decrypt`.
///
/// May be NULL: `context`, `key_id`, `version`, `unproven`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_recover(
    kms: Option<&miyao_kms>,
    context: Option<&miyao_context>,
    token: *const u8,
    token_len: usize,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    key_id: *mut u8,
    key_id_cap: usize,
    version: Option<&mut MaybeUninit<u32>>,
    unproven: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    wiping(|| {
        guard_telling(error, || {
            let text = (out, out_cap, out_len);
            // SAFETY: the caller keeps rules 1 and 3 of the desk, until the function returns.
            let opened = unsafe {
                opened(kms, context, (token, token_len), text, (key_id, key_id_cap), Kms::recover)
            }?;
            tell(version, opened.version.get());
            tell(unproven, opened.unproven);
            Ok(())
        })
    })
}

/// Writes the same value in a new token under its key's primary version; `token_len` bytes are enough.
///
/// As `miyao_kms_decrypt` and `miyao_kms_encrypt`.
///
/// May be NULL: `context`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_kms_reencrypt(
    kms: Option<&miyao_kms>,
    context: Option<&miyao_context>,
    token: *const u8,
    token_len: usize,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (kms, token) = (object!(kms), input!(token, token_len));
        let out_len = object!(out_len);
        let text_len = TokenHeader::parse(token)?.plaintext_len(token.len());
        let out = output!(out, out_cap, token::len(Suite::CtrHmac, text_len));
        let token = open(kms, context, token, Kms::reencrypt)?;
        out.copy_from_slice(&token);
        out_len.write(token.len());
        Ok(())
    })
}

fn open<T>(
    kms: &miyao_kms,
    context: Option<&miyao_context>,
    token: &[u8],
    work: impl FnOnce(&Kms, &Context, &[u8]) -> Result<T>,
) -> Result<T> {
    miyao_context::or_none(context, |context| kms.with(|kms| work(kms, context, token)))
}

/// Opens a token by one of the two ways, and writes its plaintext and the id of its key.
///
/// # Safety
/// Rules 1 and 3 of the desk hold.
unsafe fn opened(
    kms: Option<&miyao_kms>,
    context: Option<&miyao_context>,
    (token, token_len): (*const u8, usize),
    (out, out_cap, out_len): (*mut u8, usize, Option<&mut MaybeUninit<usize>>),
    (key_id, key_id_cap): (*mut u8, usize),
    work: impl FnOnce(&Kms, &Context, &[u8]) -> Result<Opened>,
) -> Result<Opened> {
    let (kms, token) = (object!(kms), input!(token, token_len));
    let out_len = object!(out_len);
    let out = output!(out, out_cap, TokenHeader::parse(token)?.plaintext_len(token.len()));
    let key_id = wanted!(key_id, key_id_cap, MIYAO_KEY_ID_LEN);
    let opened = open(kms, context, token, work)?;
    out.copy_from_slice(opened.text.expose());
    out_len.write(out.len());
    if let Some(key_id) = key_id {
        key_id.copy_from_slice(opened.key.as_bytes());
    }
    Ok(opened)
}
