//! `miyao_ccm`: SM4-CCM (GB/T 36624 §9, RFC 8998).

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use miyao::{
    Error, Kind, Rejected, Result,
    algo::mode::ccm::{Ccm, Encryptor},
};

use crate::{
    desk::{Place, fixed, give, guard_secret, guard_value, input, object, or_zeros, output, place},
    status::miyao_status,
    tagged::tagged,
};

/// A key of SM4-CCM (可鉴别加密) and the length of its tags. Many threads may use it at once.
pub struct miyao_ccm(Tagged);

tagged!(Ccm, begin: u64, "CCM has tags of 4, 6, 8, 10, 12, 14 and 16 bytes; take 16" {
    Four = 4, Six = 6, Eight = 8, Ten = 10, Twelve = 12, Fourteen = 14, Sixteen = 16,
});

/// The bytes of a nonce of CCM as RFC 8998 has it; 7 to 13 are taken, and a text has fewer than 2^(8 (15 − nonce_len)) bytes.
pub const MIYAO_CCM_NONCE_LEN: usize = 12;

/// The bytes of a tag of CCM as it should be.
pub const MIYAO_CCM_TAG_LEN: usize = 16;

/// Takes a key of 16 bytes, and the length of all tags under it: 16, unless another system asks for 4, 6, 8, 10, 12 or 14. It belongs to
/// the key, so that nobody gets a shorter tag accepted by sending one. To be freed with `miyao_ccm_free`.
///
/// MIYAO_STATUS_INVALID: the key is not 16 bytes long, or CCM has no such tags.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_ccm_new(
    key: *const u8,
    key_len: usize,
    tag_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_ccm>>,
) -> miyao_status {
    guard_secret(|| {
        let key = fixed!(key, key_len);
        let out = object!(out);
        give(miyao_ccm(Tagged::new(key, tag_len)?), out);
        Ok(())
    })
}

/// The bytes of its tags; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_ccm_tag_len(ccm: Option<&miyao_ccm>) -> usize {
    ccm.map_or(0, |ccm| ccm.0.len())
}

/// `SM4-CCM[key, nonce](aad, data)`: encrypts `data` to `out`, which has room for `data_len` bytes and may be `data` itself, and writes
/// the tag to `tag`. The tag stands by itself, so that a text can be encrypted where it is; for the order of RFC 5116, ciphertext and then
/// tag, give `out + data_len`.
///
/// A nonce must never meet the same key twice.
///
/// MIYAO_STATUS_INVALID: the nonce is not 7 to 13 bytes long.
/// MIYAO_STATUS_TOO_LARGE: the text is too long for a nonce of this length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_ccm_encrypt(
    ccm: Option<&miyao_ccm>,
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
        let ccm = &object!(ccm).0;
        let (nonce, aad) = (input!(nonce, nonce_len), input!(aad, aad_len));
        let place = place!((data, data_len), (out, out_cap), data_len);
        let tag = output!(tag, tag_cap, ccm.len());
        ccm.encrypt(nonce, aad, place, tag)
    })
}

/// Undoes `miyao_ccm_encrypt`: decrypts `data` to `out`, which has room for `data_len` bytes and may be `data` itself, and
/// verifies the tag. CCM has to decrypt first: nobody else may read `out` before the call returns.
///
/// MIYAO_STATUS_REJECTED: another key, nonce or associated data, altered bytes, or a tag of another length than the key's; `out` is zeros.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_ccm_decrypt(
    ccm: Option<&miyao_ccm>,
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
        let ccm = &object!(ccm).0;
        let (nonce, aad) = (input!(nonce, nonce_len), input!(aad, aad_len));
        let tag = input!(tag, tag_len);
        let out = place!((data, data_len), (out, out_cap), data_len).copied();
        or_zeros(out, |out| Ok(ccm.decrypt(nonce, aad, out, tag)?))
    })
}

/// Wipes and frees it. NULL is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_ccm_free(ccm: Option<Box<miyao_ccm>>) {
    guard_value((), || drop(ccm));
}

/// One message on its way through SM4-CCM, encrypted in pieces of any size. It has a copy of its key: the `miyao_ccm`
/// may be freed before it. After fork() one of the two processes goes on with it: if both did, two texts would be under one nonce.
pub struct miyao_ccm_encryptor(Encrypting);

/// Begins a message of `text_len` bytes, for CCM begins with the length of the text. The bytes and the tag become those of
/// `miyao_ccm_encrypt` over the pieces as one. To be freed with `miyao_ccm_encryptor_free`.
///
/// A nonce must never meet the same key twice, in one piece or in many. There is no decryption in pieces: it would give out what nobody
/// verified. A long text that is to be read in pieces is a message of this library, or many texts here.
///
/// MIYAO_STATUS_INVALID: the nonce is not 7 to 13 bytes long.
/// MIYAO_STATUS_TOO_LARGE: the text is too long for a nonce of this length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_ccm_encryptor_new(
    ccm: Option<&miyao_ccm>,
    nonce: *const u8,
    nonce_len: usize,
    aad: *const u8,
    aad_len: usize,
    text_len: u64,
    out: Option<&mut MaybeUninit<*mut miyao_ccm_encryptor>>,
) -> miyao_status {
    guard_secret(|| {
        let ccm = &object!(ccm).0;
        let (nonce, aad) = (input!(nonce, nonce_len), input!(aad, aad_len));
        let out = object!(out);
        give(miyao_ccm_encryptor(ccm.encryptor(nonce, aad, text_len)?), out);
        Ok(())
    })
}

/// Encrypts the next bytes to `out`, which has room for `data_len` bytes and may be `data` itself. What was refused has changed nothing.
///
/// MIYAO_STATUS_INVALID: the text gets longer than was said, or the message has ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_ccm_encryptor_update(
    encryptor: Option<&mut miyao_ccm_encryptor>,
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

/// Ends the message and writes its tag, of `miyao_ccm_tag_len` bytes. Without it, what was written is no message.
///
/// MIYAO_STATUS_INVALID: the text is shorter than was said, and the rest can still come; or the message has ended before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_ccm_encryptor_finish(
    encryptor: Option<&mut miyao_ccm_encryptor>,
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
pub extern "C" fn miyao_ccm_encryptor_free(encryptor: Option<Box<miyao_ccm_encryptor>>) {
    guard_value((), || drop(encryptor));
}

fn begin<const TAG: usize>(
    ccm: Ccm<TAG>,
    nonce: &[u8],
    aad: &[u8],
    text_len: u64,
) -> Result<Encryptor<Ccm<TAG>, TAG>> {
    Encryptor::new(ccm, nonce, aad, text_len)
}
