//! `miyao_sm4`: the block cipher SM4 (GB/T 32907) in the modes of GB/T 17964 that do not authenticate.

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::{
    Error, Kind, Result,
    algo::{
        mode::{
            cbc, cfb, ctr, ecb, ofb, padding,
            stream::{Direction, Mode},
        },
        sm4::Sm4,
    },
};

use crate::{
    desk::{fixed, give, guard_secret, guard_value, input, object, or_zeros, place, sized},
    status::miyao_status,
};

/// A key of SM4 (分组密码) that is expanded once for many calls.
pub struct miyao_sm4(Sm4);

/// The bytes of a key, a block and an IV of SM4.
pub const MIYAO_SM4_LEN: usize = 16;

/// ECB: whole blocks, each by itself; no IV. Equal blocks stay equal.
pub const MIYAO_SM4_MODE_ECB: u32 = 1;
/// ECB after PKCS#7 padding.
pub const MIYAO_SM4_MODE_ECB_PKCS7: u32 = 2;
/// CBC: whole blocks in a chain.
pub const MIYAO_SM4_MODE_CBC: u32 = 3;
/// CBC after PKCS#7 padding. Whoever may ask whether a padding is right learns the plaintext: authenticate before decrypting.
pub const MIYAO_SM4_MODE_CBC_PKCS7: u32 = 4;
/// CFB with feedback of whole blocks.
pub const MIYAO_SM4_MODE_CFB: u32 = 5;
/// CFB with feedback of single bytes.
pub const MIYAO_SM4_MODE_CFB8: u32 = 6;
/// OFB.
pub const MIYAO_SM4_MODE_OFB: u32 = 7;
/// CTR: the IV is the first counter block, which counts big-endian modulo 2^128.
pub const MIYAO_SM4_MODE_CTR: u32 = 8;

/// Takes a key of 16 bytes; to be freed with `miyao_sm4_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm4_new(
    key: *const u8,
    key_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_sm4>>,
) -> miyao_status {
    guard_secret(|| {
        let key = fixed!(key, key_len);
        let out = object!(out);
        give(miyao_sm4(Sm4::new(key)), out);
        Ok(())
    })
}

/// How many bytes PKCS#7 makes of `len`: the next multiple of 16; SIZE_MAX where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm4_padded_len(len: usize) -> usize {
    len.saturating_add(16 - len % 16)
}

/// `SM4-mode[key, iv](data)`: encrypts `data` to `out` and writes the number of its bytes to `out_len`. `mode` is one of MIYAO_SM4_MODE_…;
/// the IV has 16 bytes, and none in ECB. `out` has room for `data_len` bytes, with padding for `miyao_sm4_padded_len(data_len)`, and may
/// be `data` itself.
///
/// Nothing authenticates: take GCM or CCM unless another system asks for this.
///
/// MIYAO_STATUS_INVALID: in ECB and CBC without padding, the bytes are not whole blocks of 16.
/// MIYAO_STATUS_UNSUPPORTED: there is no such mode.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm4_encrypt(
    sm4: Option<&miyao_sm4>,
    mode: u32,
    iv: *const u8,
    iv_len: usize,
    data: *const u8,
    data_len: usize,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> miyao_status {
    guard_secret(|| {
        let cipher = &object!(sm4).0;
        let mode = mode_of(mode)?;
        let iv = iv_of(mode, input!(iv, iv_len))?;
        let out_len = object!(out_len);
        let needed = if mode.is_padded() { miyao_sm4_padded_len(data_len) } else { data_len };
        fits(mode, needed)?;
        let out = place!((data, data_len), (out, out_cap), needed).copied();
        // PKCS#7: as many bytes as each of them says; a text in whole blocks has none to fill but in a padded mode.
        out[data_len..].fill((needed - data_len) as u8);
        crypt(cipher, mode, Direction::Encrypt, &iv, out)?;
        out_len.write(needed);
        Ok(())
    })
}

/// Undoes `miyao_sm4_encrypt`: decrypts `data` to `out`, which has room for `data_len` bytes and may be `data` itself, and writes the number
/// of bytes of the plaintext to `out_len`.
///
/// MIYAO_STATUS_INVALID: in ECB and CBC, the bytes are not whole blocks of 16.
/// MIYAO_STATUS_UNSUPPORTED: there is no such mode.
/// MIYAO_STATUS_REJECTED: the padding is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm4_decrypt(
    sm4: Option<&miyao_sm4>,
    mode: u32,
    iv: *const u8,
    iv_len: usize,
    data: *const u8,
    data_len: usize,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> miyao_status {
    guard_secret(|| {
        let cipher = &object!(sm4).0;
        let mode = mode_of(mode)?;
        let iv = iv_of(mode, input!(iv, iv_len))?;
        let out_len = object!(out_len);
        fits(mode, data_len)?;
        let out = place!((data, data_len), (out, out_cap), data_len).copied();
        let len = or_zeros(out, |out| {
            crypt(cipher, mode, Direction::Decrypt, &iv, out)?;
            let len = if mode.is_padded() { padding::unpadded_len(out)? } else { out.len() };
            out[len..].fill(0);
            Ok(len)
        })?;
        out_len.write(len);
        Ok(())
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm4_free(sm4: Option<Box<miyao_sm4>>) {
    guard_value((), || drop(sm4));
}

pub(crate) fn mode_of(number: u32) -> Result<Mode> {
    match number {
        MIYAO_SM4_MODE_ECB => Ok(Mode::Ecb),
        MIYAO_SM4_MODE_ECB_PKCS7 => Ok(Mode::EcbPkcs7),
        MIYAO_SM4_MODE_CBC => Ok(Mode::Cbc),
        MIYAO_SM4_MODE_CBC_PKCS7 => Ok(Mode::CbcPkcs7),
        MIYAO_SM4_MODE_CFB => Ok(Mode::Cfb),
        MIYAO_SM4_MODE_CFB8 => Ok(Mode::Cfb8),
        MIYAO_SM4_MODE_OFB => Ok(Mode::Ofb),
        MIYAO_SM4_MODE_CTR => Ok(Mode::Ctr),
        _ => Err(Error::new(Kind::Unsupported, "no mode has this number; take one of MIYAO_SM4_MODE_…")),
    }
}

/// The IV that the mode takes; of zeros where it takes none.
pub(crate) fn iv_of(mode: Mode, iv: &[u8]) -> Result<[u8; 16]> {
    if !matches!(mode, Mode::Ecb | Mode::EcbPkcs7) {
        return sized("iv", iv).copied();
    }
    if iv.is_empty() {
        return Ok([0; 16]);
    }
    Err(Error::new(Kind::Invalid, "ECB takes no IV; give none, or take another mode"))
}

/// Before anything is copied: blocks are whole.
fn fits(mode: Mode, len: usize) -> Result<()> {
    if mode.has_blocks() && !len.is_multiple_of(MIYAO_SM4_LEN) {
        return Err(Error::new(
            Kind::Invalid,
            "this mode works on whole 16-byte blocks; pad the input first",
        ));
    }
    Ok(())
}

fn crypt(cipher: &Sm4, mode: Mode, direction: Direction, iv: &[u8; 16], text: &mut [u8]) -> Result<()> {
    match (mode, direction) {
        (Mode::Ecb | Mode::EcbPkcs7, Direction::Encrypt) => ecb::encrypt(cipher, text)?,
        (Mode::Ecb | Mode::EcbPkcs7, Direction::Decrypt) => ecb::decrypt(cipher, text)?,
        (Mode::Cbc | Mode::CbcPkcs7, Direction::Encrypt) => cbc::encrypt(cipher, iv, text)?,
        (Mode::Cbc | Mode::CbcPkcs7, Direction::Decrypt) => cbc::decrypt(cipher, iv, text)?,
        (Mode::Cfb, Direction::Encrypt) => cfb::encrypt(cipher, iv, text),
        (Mode::Cfb, Direction::Decrypt) => cfb::decrypt(cipher, iv, text),
        (Mode::Cfb8, Direction::Encrypt) => cfb::encrypt_bytewise(cipher, iv, text),
        (Mode::Cfb8, Direction::Decrypt) => cfb::decrypt_bytewise(cipher, iv, text),
        (Mode::Ofb, _) => ofb::apply(cipher, iv, text),
        (Mode::Ctr, _) => ctr::apply(cipher, iv, text),
    }
    Ok(())
}
