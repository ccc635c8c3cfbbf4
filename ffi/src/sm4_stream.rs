//! `miyao_sm4_stream`: one text through a mode of SM4 in pieces of any size.

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::{
    Error, Kind, Result,
    algo::mode::stream::{Direction, Stream},
};

use crate::{
    desk::{Place, fixed, give, guard_secret, guard_value, input, object, output, place},
    sm4::{MIYAO_SM4_LEN, iv_of, mode_of},
    status::miyao_status,
};

/// A text on its way through a mode of SM4, under its own key.
pub struct miyao_sm4_stream(Stream);

/// From plaintext to ciphertext.
pub const MIYAO_SM4_ENCRYPT: u32 = 1;
/// From ciphertext to plaintext.
pub const MIYAO_SM4_DECRYPT: u32 = 2;

/// Begins a text: `mode` is one of MIYAO_SM4_MODE_…, `direction` MIYAO_SM4_ENCRYPT or MIYAO_SM4_DECRYPT; the key has 16 bytes, the IV 16, and none in
/// ECB. To be freed with `miyao_sm4_stream_free`.
///
/// MIYAO_STATUS_UNSUPPORTED: there is no such mode or direction.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm4_stream_new(
    key: *const u8,
    key_len: usize,
    mode: u32,
    direction: u32,
    iv: *const u8,
    iv_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_sm4_stream>>,
) -> miyao_status {
    guard_secret(|| {
        let key = fixed!(key, key_len);
        let (mode, direction) = (mode_of(mode)?, direction_of(direction)?);
        let iv = iv_of(mode, input!(iv, iv_len))?;
        let out = object!(out);
        give(miyao_sm4_stream(Stream::new(key, mode, direction, &iv)), out);
        Ok(())
    })
}

/// How many bytes the next `miyao_sm4_stream_update` with `data_len` bytes writes: as many, and in ECB and CBC what is whole blocks by then,
/// at most 15 more than go in. 0 for NULL, SIZE_MAX past what a length can say.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm4_stream_update_len(stream: Option<&miyao_sm4_stream>, data_len: usize) -> usize {
    guard_value(usize::MAX, || stream.map_or(0, |stream| stream.0.update_len(data_len).unwrap_or(usize::MAX)))
}

/// Takes the next bytes, any number, writes what they make to `out` and the number of its bytes to `out_len`. `out` has room for
/// `miyao_sm4_stream_update_len(stream, data_len)` bytes; in CFB, CFB8, OFB and CTR it may be `data` itself.
///
/// What comes out of a decryption is not authentic.
///
/// MIYAO_STATUS_INVALID: the text has ended, or `out` is `data` in ECB or CBC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm4_stream_update(
    stream: Option<&mut miyao_sm4_stream>,
    data: *const u8,
    data_len: usize,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> miyao_status {
    guard_secret(|| {
        let stream = &mut object!(stream).0;
        let out_len = object!(out_len);
        let needed = stream.update_len(data_len).unwrap_or(usize::MAX);
        if stream.mode().has_blocks() {
            apart(data, out, data_len, needed)?;
            let data = input!(data, data_len);
            out_len.write(stream.update(data, output!(out, out_cap, needed))?);
            return Ok(());
        }
        match place!((data, data_len), (out, out_cap), needed) {
            Place::Same(text) => stream.update_in_place(text)?,
            Place::Apart(text, out) => drop(stream.update(text, out)?),
        }
        out_len.write(needed);
        Ok(())
    })
}

/// Ends the text, writes the rest to `out` and the number of its bytes to `out_len`: with padding, 16 in encryption and at most 15 in
/// decryption, for which `out` has room for 16; without, none, and `out` may be NULL.
///
/// MIYAO_STATUS_INVALID: the last block is not whole and is not to be padded; or the text has ended before.
/// MIYAO_STATUS_REJECTED: the padding is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm4_stream_finish(
    stream: Option<&mut miyao_sm4_stream>,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> miyao_status {
    guard_secret(|| {
        let stream = &mut object!(stream).0;
        let out_len = object!(out_len);
        let needed = if stream.mode().is_padded() { MIYAO_SM4_LEN } else { 0 };
        let out = output!(out, out_cap, needed);
        let mut last = [0; 16];
        let len = stream.finish(&mut last)?;
        out[..len].copy_from_slice(&last[..len]);
        out_len.write(len);
        Ok(())
    })
}

/// Begins another text under the same key, in the same mode and direction.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm4_stream_reset(
    stream: Option<&mut miyao_sm4_stream>,
    iv: *const u8,
    iv_len: usize,
) -> miyao_status {
    guard_secret(|| {
        let stream = &mut object!(stream).0;
        stream.restart(&iv_of(stream.mode(), input!(iv, iv_len))?);
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm4_stream_free(stream: Option<Box<miyao_sm4_stream>>) {
    guard_value((), || drop(stream));
}

fn direction_of(number: u32) -> Result<Direction> {
    match number {
        MIYAO_SM4_ENCRYPT => Ok(Direction::Encrypt),
        MIYAO_SM4_DECRYPT => Ok(Direction::Decrypt),
        _ => Err(Error::new(Kind::Unsupported, "no direction has this number; encrypt or decrypt")),
    }
}

/// Output that comes later than its input would overwrite what was not read yet.
fn apart(data: *const u8, out: *mut u8, data_len: usize, needed: usize) -> Result<()> {
    let (from, to) = (data.addr(), out.addr());
    if needed > 0 && from < to.saturating_add(needed) && to < from.saturating_add(data_len) {
        return Err(Error::new(
            Kind::Invalid,
            "the output of ECB and CBC comes later than its input; give it another place",
        ));
    }
    Ok(())
}
