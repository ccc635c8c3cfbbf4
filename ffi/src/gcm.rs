//! `miyao_gcm`: SM4-GCM (GB/T 36624 §12, RFC 8998).

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::{
    Error, Kind, Rejected, Result,
    algo::mode::gcm::{Encryptor, Gcm},
};

use crate::{
    desk::{Place, fixed, give, guard_secret, guard_value, input, object, or_zeros, output, place},
    status::miyao_status,
    tagged::tagged,
};

/// A key of SM4-GCM (可鉴别加密) and the length of its tags. Many threads may use it at once.
pub struct miyao_gcm(Tagged);

tagged!(Gcm, begin: (), "GCM has tags of 4, 8 and 12 to 16 bytes; take 16" {
    Four = 4, Eight = 8, Twelve = 12, Thirteen = 13, Fourteen = 14, Fifteen = 15, Sixteen = 16,
});

/// The bytes of a nonce of GCM as it should be; any other number but 0 is taken for what was made so.
pub const MIYAO_GCM_NONCE_LEN: usize = 12;

/// The bytes of a tag of GCM as it should be.
pub const MIYAO_GCM_TAG_LEN: usize = 16;

/// Takes a key of 16 bytes, and the length of all tags under it: 16, unless another system asks for 4, 8 or 12 to 15. It belongs to the
/// key, so that nobody gets a shorter tag accepted by sending one. To be freed with `miyao_gcm_free`.
///
/// MIYAO_STATUS_INVALID: the key is not 16 bytes long, or GCM has no such tags.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_gcm_new(
    key: *const u8,
    key_len: usize,
    tag_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_gcm>>,
) -> miyao_status {
    guard_secret(|| {
        let key = fixed!(key, key_len);
        let out = object!(out);
        give(miyao_gcm(Tagged::new(key, tag_len)?), out);
        Ok(())
    })
}

/// The bytes of its tags; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_gcm_tag_len(gcm: Option<&miyao_gcm>) -> usize {
    gcm.map_or(0, |gcm| gcm.0.len())
}

/// `SM4-GCM[key, nonce](aad, data)`: encrypts `data` to `out`, which has room for `data_len` bytes and may be `data` itself, and writes
/// the tag to `tag`. The tag stands by itself, so that a text can be encrypted where it is; for the order of RFC 5116, ciphertext and then
/// tag, give `out + data_len`.
///
/// A nonce must never meet the same key twice, or the key is lost.
///
/// MIYAO_STATUS_INVALID: the nonce is empty.
/// MIYAO_STATUS_TOO_LARGE: the text is longer than 2^36 − 32 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_gcm_encrypt(
    gcm: Option<&miyao_gcm>,
    nonce: *const u8,
    nonce_len: usize,
    aad: *const u8,
    aad_len: usize,
    data: *const u8,
    data_len: usize,
    out: *mut u8,
    out_cap: usize,
    tag: *mut u8,
    tag_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let gcm = &object!(gcm).0;
        let (nonce, aad) = (input!(nonce, nonce_len), input!(aad, aad_len));
        let place = place!((data, data_len), (out, out_cap), data_len);
        let tag = output!(tag, tag_cap, gcm.len());
        gcm.encrypt(nonce, aad, place, tag)
    })
}

/// Undoes `miyao_gcm_encrypt`: verifies the tag, then decrypts `data` to `out`, which has room for `data_len` bytes and may be `data` itself.
///
/// MIYAO_STATUS_REJECTED: another key, nonce or associated data, altered bytes, or a tag of another length than the key's; `out` is zeros.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_gcm_decrypt(
    gcm: Option<&miyao_gcm>,
    nonce: *const u8,
    nonce_len: usize,
    aad: *const u8,
    aad_len: usize,
    data: *const u8,
    data_len: usize,
    tag: *const u8,
    tag_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let gcm = &object!(gcm).0;
        let (nonce, aad) = (input!(nonce, nonce_len), input!(aad, aad_len));
        let tag = input!(tag, tag_len);
        let out = place!((data, data_len), (out, out_cap), data_len).copied();
        or_zeros(out, |out| Ok(gcm.decrypt(nonce, aad, out, tag)?))
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_gcm_free(gcm: Option<Box<miyao_gcm>>) {
    guard_value((), || drop(gcm));
}

/// One message on its way through SM4-GCM, encrypted in pieces of any size. It has a copy of its key: the `miyao_gcm`
/// may be freed before it. After fork() one of the two processes goes on with it: if both did, two texts would be under one nonce.
pub struct miyao_gcm_encryptor(Encrypting);

/// Begins a message. The bytes and the tag become those of `miyao_gcm_encrypt` over the pieces as one. To be freed with
/// `miyao_gcm_encryptor_free`.
///
/// A nonce must never meet the same key twice, in one piece or in many. There is no decryption in pieces: it would give out what nobody
/// verified. A long text that is to be read in pieces is a message of this library, or many texts here.
///
/// MIYAO_STATUS_INVALID: the nonce is empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_gcm_encryptor_new(
    gcm: Option<&miyao_gcm>,
    nonce: *const u8,
    nonce_len: usize,
    aad: *const u8,
    aad_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_gcm_encryptor>>,
) -> miyao_status {
    guard_secret(|| {
        let gcm = &object!(gcm).0;
        let (nonce, aad) = (input!(nonce, nonce_len), input!(aad, aad_len));
        let out = object!(out);
        give(miyao_gcm_encryptor(gcm.encryptor(nonce, aad, ())?), out);
        Ok(())
    })
}

/// Encrypts the next bytes to `out`, which has room for `data_len` bytes and may be `data` itself. What was refused has changed nothing.
///
/// MIYAO_STATUS_INVALID: the message has ended.
/// MIYAO_STATUS_TOO_LARGE: the text gets longer than 2^36 − 32 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_gcm_encryptor_update(
    encryptor: Option<&mut miyao_gcm_encryptor>,
    data: *const u8,
    data_len: usize,
    out: *mut u8,
    out_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let encryptor = &mut object!(encryptor).0;
        encryptor.update(place!((data, data_len), (out, out_cap), data_len))
    })
}

/// Ends the message and writes its tag, of `miyao_gcm_tag_len` bytes. Without it, what was written is no message.
///
/// MIYAO_STATUS_INVALID: the message has ended before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_gcm_encryptor_finish(
    encryptor: Option<&mut miyao_gcm_encryptor>,
    tag: *mut u8,
    tag_cap: usize,
) -> miyao_status {
    guard_secret(|| {
        let encryptor = &mut object!(encryptor).0;
        encryptor.finish(output!(tag, tag_cap, encryptor.tag_len()))
    })
}

/// Wipes and frees it, at its end or before. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_gcm_encryptor_free(encryptor: Option<Box<miyao_gcm_encryptor>>) {
    guard_value((), || drop(encryptor));
}

fn begin<const TAG: usize>(
    gcm: Gcm<TAG>,
    nonce: &[u8],
    aad: &[u8],
    (): (),
) -> Result<Encryptor<Gcm<TAG>, TAG>> {
    Encryptor::new(gcm, nonce, aad)
}
