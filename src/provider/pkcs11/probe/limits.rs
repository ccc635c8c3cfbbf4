//! How many sessions and how many bytes a token takes.
//!
//! Knows no habit of a device: it asks for more until the token refuses, up to what is enough for anybody.

use super::{
    Bench, Found,
    parameters::{Material, lend},
};
use crate::provider::pkcs11::{
    profile::{Mechanism, Operation},
    raw::Object,
};

/// Sessions that are enough: more are not asked for, as others may need them.
const SESSIONS: usize = 64;
/// Bytes that are enough for one call.
const DATA: usize = 1 << 20;
/// Bytes that every token takes.
const LEAST: usize = 64;
const IV: [u8; 16] = [0x1f; 16];

pub(super) fn try_all(bench: &mut Bench, found: &mut Found) {
    let (count, refused) = bench.count_sessions(SESSIONS);
    if let Some(rv) = refused {
        found.limits.sessions = Some(count as u64);
        if rv.0 != cryptoki_sys::CKR_SESSION_COUNT {
            found.quirks.full.push(rv.0);
        }
    }
    if let Some((mode, key)) = found.cipher.take() {
        try_data(bench, &mode, key, found);
    }
}

/// The largest power of two in one call, where it is less than enough.
fn try_data(bench: &mut Bench, mode: &Mechanism, key: Object, found: &mut Found) {
    let Some(shape) = mode.parameter else { return };
    let iv =
        if matches!(mode.operation, Operation::Sm4Gcm | Operation::AesGcm) { &IV[..12] } else { &IV[..] };
    let material = Material { iv, aad: b"miyao probe", ..Material::default() };
    let mut size = DATA;
    let text = alloc::vec![0; DATA];
    while size >= LEAST
        && lend(mode.code, shape, &material, |how| bench.encrypt(how, key, &text[..size])).is_err()
    {
        size /= 2;
    }
    if size < DATA {
        found.limits.data = Some(size as u64);
    }
}
