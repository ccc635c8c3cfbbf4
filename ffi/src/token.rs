//! Tokens (令牌) as bytes and as text, and what they say of themselves.

use alloc::vec::Vec;
use core::{ffi::c_char, mem::MaybeUninit};

use miyao::{
    Error, Kind,
    envelope::{
        Suite,
        token::{self, TokenHeader},
    },
};

use crate::{
    buffer::miyao_buffer,
    desk::{guard_telling, input, object, output},
    error::miyao_error,
    status::miyao_status,
};

/// The most bytes of plaintext in a token.
pub const MIYAO_TOKEN_PLAINTEXT_MAX: usize = 65_536;
/// How many bytes a token that `miyao_kms_encrypt` makes has more than its plaintext.
pub const MIYAO_TOKEN_OVERHEAD: usize = 63;

const _: () = assert!(MIYAO_TOKEN_PLAINTEXT_MAX == token::MAX_PLAINTEXT);
const _: () = assert!(MIYAO_TOKEN_OVERHEAD == token::len(Suite::CtrHmac, 0));

/// The bytes of a token that `miyao_kms_encrypt` makes of so many bytes of plaintext: MIYAO_TOKEN_OVERHEAD more.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_token_len(plaintext_len: usize) -> usize {
    token::len(Suite::CtrHmac, plaintext_len)
}

/// The most bytes of plaintext that a token of so many can hold.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_token_plaintext_max(token_len: usize) -> usize {
    token_len.saturating_sub(MIYAO_TOKEN_OVERHEAD)
}

/// The characters of the text of a token of so many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_token_text_len(token_len: usize) -> usize {
    token_len.saturating_mul(4).div_ceil(3)
}

/// Writes the token as text: base64url without padding, which starts with "miyao". No NUL is added; the number of characters is
/// `miyao_token_text_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_token_to_text(
    token: *const u8,
    token_len: usize,
    out: *mut c_char,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let text = token::to_text(input!(token, token_len));
        let out_len = object!(out_len);
        let out = out.cast();
        output!(out, out_cap, text.len()).copy_from_slice(text.as_bytes());
        out_len.write(text.len());
        Ok(())
    })
}

/// Reads the text of a token, with white space around it or not; `text_len` bytes of `out` are enough.
///
/// MIYAO_STATUS_MALFORMED for anything that is not base64url.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_token_from_text(
    text: *const c_char,
    text_len: usize,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let text = text.cast();
        let text = str::from_utf8(input!(text, text_len)).map_err(|_| {
            Error::new(Kind::Malformed, "the text of a token is base64url; give what miyao wrote")
        })?;
        let token: Vec<u8> = token::from_text(text)?;
        let out_len = object!(out_len);
        output!(out, out_cap, token.len()).copy_from_slice(&token);
        out_len.write(token.len());
        Ok(())
    })
}

/// What a token says of itself, as a record in JSON; nothing of it is authenticated before the token was decrypted.
///
/// MIYAO_STATUS_MALFORMED, MIYAO_STATUS_UNSUPPORTED, MIYAO_STATUS_TRUNCATED or MIYAO_STATUS_TOO_LARGE for what is no token.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_token_inspect_unverified(
    token: *const u8,
    token_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let header = TokenHeader::parse(input!(token, token_len))?;
        miyao_buffer::give_json(&miyao_records::token(&header, token_len), object!(out));
        Ok(())
    })
}
