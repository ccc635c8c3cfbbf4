//! `miyao_xts`: SM4-XTS for sectors of storage (IEEE 1619, GB/T 17964 §10).

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::{
    Error, Kind, Result,
    algo::mode::xts::{Xts, XtsGb},
};

use crate::{
    desk::{fixed, give, guard_secret, guard_value, object, place},
    status::miyao_status,
};

/// A key of SM4-XTS. Many threads may use it at once.
pub struct miyao_xts(Order);

enum Order {
    Ieee(Xts),
    Gb(XtsGb),
}

/// The bytes of a key of XTS: that of the data, then that of the tweak.
pub const MIYAO_XTS_KEY_LEN: usize = 32;
/// The fewest bytes of a sector.
pub const MIYAO_XTS_MIN: usize = 16;
/// The most bytes of a sector.
pub const MIYAO_XTS_MAX: usize = 1 << 24;
/// The order of bits of IEEE 1619.
pub const MIYAO_XTS_IEEE: u32 = 1;
/// The order of bits of GB/T 17964-2021. The ciphertexts of the two differ from the second block on.
pub const MIYAO_XTS_GB: u32 = 2;

/// Takes a key of 32 bytes for an order of bits, MIYAO_XTS_IEEE or MIYAO_XTS_GB; to be freed with `miyao_xts_free`.
///
/// MIYAO_STATUS_INVALID: the key is not 32 bytes long, or both halves of it are equal, which IEEE 1619 forbids.
/// MIYAO_STATUS_UNSUPPORTED: there is no such order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_xts_new(
    key: *const u8,
    key_len: usize,
    order: u32,
    out: Option<&mut MaybeUninit<*mut miyao_xts>>,
) -> miyao_status {
    guard_secret(|| {
        let key = fixed!(key, key_len);
        let out = object!(out);
        give(miyao_xts(Order::new(key, order)?), out);
        Ok(())
    })
}

/// `SM4-XTS[key, tweak](data)`: encrypts a sector of MIYAO_XTS_MIN to MIYAO_XTS_MAX bytes to `out`, which has room for `data_len` bytes and may be
/// `data` itself. The tweak has 16 bytes: the number of the sector, little-endian.
///
/// Nothing authenticates, and equal sectors at one place stay equal: for storage that has no room for a tag.
///
/// MIYAO_STATUS_INVALID: there are fewer bytes, or the tweak is not 16 bytes long.
/// MIYAO_STATUS_TOO_LARGE: there are more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_xts_encrypt(
    xts: Option<&miyao_xts>,
    tweak: *const u8,
    tweak_len: usize,
    data: *const u8,
    data_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let xts = object!(xts);
        let tweak = fixed!(tweak, tweak_len);
        is_sector(data_len)?;
        let out = place!((data, data_len), (out, out_cap), data_len).copied();
        match &xts.0 {
            Order::Ieee(xts) => xts.encrypt(tweak, out),
            Order::Gb(xts) => xts.encrypt(tweak, out),
        }
    })
}

/// Undoes `miyao_xts_encrypt`, with the same arguments and statuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_xts_decrypt(
    xts: Option<&miyao_xts>,
    tweak: *const u8,
    tweak_len: usize,
    data: *const u8,
    data_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let xts = object!(xts);
        let tweak = fixed!(tweak, tweak_len);
        is_sector(data_len)?;
        let out = place!((data, data_len), (out, out_cap), data_len).copied();
        match &xts.0 {
            Order::Ieee(xts) => xts.decrypt(tweak, out),
            Order::Gb(xts) => xts.decrypt(tweak, out),
        }
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_xts_free(xts: Option<Box<miyao_xts>>) {
    guard_value((), || drop(xts));
}

impl Order {
    fn new(key: &[u8; 32], order: u32) -> Result<Self> {
        match order {
            MIYAO_XTS_IEEE => Xts::new(key).map(Self::Ieee),
            MIYAO_XTS_GB => XtsGb::new(key).map(Self::Gb),
            _ => Err(Error::new(Kind::Unsupported, "no order of bits has this number; take IEEE or GB")),
        }
    }
}

/// Before anything is copied.
fn is_sector(len: usize) -> Result<()> {
    if len < MIYAO_XTS_MIN {
        return Err(Error::new(Kind::Invalid, "XTS needs at least 16 bytes"));
    }
    if len > MIYAO_XTS_MAX {
        return Err(Error::new(Kind::TooLarge, "XTS takes sectors of at most 2^20 blocks; use more sectors"));
    }
    Ok(())
}
