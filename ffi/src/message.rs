//! Messages (数字信封): in memory, and from one function of the caller's to another.

use core::{ffi::c_void, mem::MaybeUninit};

use miyao::{
    envelope::{self, Decryptor, Encryptor, Signed},
    kms,
};

use crate::{
    buffer::miyao_buffer,
    callbacks::{Sink, Source, miyao_read, miyao_write},
    desk::{guard_secret_telling, guard_telling, input, object, tell, wanted},
    error::miyao_error,
    opener::miyao_opener,
    options::miyao_options,
    status::miyao_status,
};

/// The message carries no signature.
pub const MIYAO_SIGNED_NO: u32 = 0;
/// It carries one that nobody checked, because the opener demands none.
pub const MIYAO_SIGNED_UNCHECKED: u32 = 1;
/// It was verified under the key that the opener demands.
pub const MIYAO_SIGNED_VERIFIED: u32 = 2;
/// The bytes of a signer's key identifier.
pub const MIYAO_SIGNER_LEN: usize = 32;
/// The first bytes of a message that are enough for `miyao_message_inspect_unverified`, whatever it holds.
pub const MIYAO_MESSAGE_INSPECTED: usize = 73_837;

const _: () = assert!(MIYAO_MESSAGE_INSPECTED == envelope::INSPECTED);

/// What is known of a signature, to whoever asked.
pub(crate) fn tell_signed(found: Signed, signed: Option<&mut MaybeUninit<u32>>, signer: Option<&mut [u8]>) {
    let (number, identifier) = match found {
        Signed::No => (MIYAO_SIGNED_NO, [0; MIYAO_SIGNER_LEN]),
        Signed::Unchecked(identifier) => (MIYAO_SIGNED_UNCHECKED, identifier),
        Signed::Verified(identifier) => (MIYAO_SIGNED_VERIFIED, identifier),
    };
    tell(signed, number);
    if let Some(signer) = signer {
        signer.copy_from_slice(&identifier);
    }
}

/// `encrypt(plaintext)`: a message for the recipients of `options`.
///
/// MIYAO_STATUS_INVALID without a recipient; MIYAO_STATUS_TOO_LARGE past the limits of the format; whatever keeps a recipient's key from it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_message_encrypt(
    options: Option<&miyao_options>,
    plaintext: *const u8,
    plaintext_len: usize,
    message: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (options, message) = (object!(options).options()?, object!(message));
        let plaintext = input!(plaintext, plaintext_len);
        miyao_buffer::give_vec(envelope::encrypt(plaintext, &options, &mut kms::rng()?)?, message);
        Ok(())
    })
}

/// `decrypt(message)`: the plaintext. Where they are not NULL, `signed` gets one of MIYAO_SIGNED_…, and `signer` the MIYAO_SIGNER_LEN bytes of the
/// signer's key identifier, or zeros.
///
/// MIYAO_STATUS_REJECTED for a wrong key, a wrong context or altered bytes; MIYAO_STATUS_MISSING when no identity is among the recipients;
/// MIYAO_STATUS_MALFORMED, MIYAO_STATUS_TRUNCATED, MIYAO_STATUS_UNSUPPORTED for what shows without a key.
///
/// May be NULL: `signed_`, `signer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_message_decrypt(
    opener: Option<&miyao_opener>,
    message: *const u8,
    message_len: usize,
    plaintext: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    signed: Option<&mut MaybeUninit<u32>>,
    signer: *mut u8,
    signer_cap: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (opener, plaintext) = (object!(opener).0.opener()?, object!(plaintext));
        let signer = wanted!(signer, signer_cap, MIYAO_SIGNER_LEN);
        let (text, found) = envelope::decrypt(input!(message, message_len), &opener)?;
        tell_signed(found, signed, signer);
        miyao_buffer::give(text, plaintext);
        Ok(())
    })
}

/// Encrypts everything that `read` gives into one message that `write` takes. Where it is not NULL, `bytes` gets how many were read. Memory is
/// bounded whatever the length.
///
/// As `miyao_message_encrypt`; MIYAO_STATUS_IO when a function fails. What was written until then is no message.
///
/// May be NULL: `bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_message_encrypt_stream(
    options: Option<&miyao_options>,
    read: miyao_read,
    read_user: *mut c_void,
    write: miyao_write,
    write_user: *mut c_void,
    bytes: Option<&mut MaybeUninit<u64>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let options = object!(options).options()?;
        let (mut source, sink) = (Source::new(read, read_user)?, Sink::new(write, write_user)?);
        let mut encryptor = Encryptor::new(sink, &options, &mut kms::rng()?)?;
        let copied = encryptor.copy_from(&mut source)?;
        encryptor.finish()?;
        tell(bytes, copied);
        Ok(())
    })
}

/// Decrypts the message that `read` gives, and hands its plaintext to `write`, each frame after it was authenticated. Where it is not NULL, `bytes`
/// gets how many were written. **Whoever must not use a part of a message, or one without the signature that was demanded, waits for MIYAO_STATUS_OK:
/// what was written before a failure is to be thrown away.**
///
/// As `miyao_message_decrypt`; MIYAO_STATUS_IO when a function fails.
///
/// May be NULL: `bytes`, `signed_`, `signer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_message_decrypt_stream(
    opener: Option<&miyao_opener>,
    read: miyao_read,
    read_user: *mut c_void,
    write: miyao_write,
    write_user: *mut c_void,
    bytes: Option<&mut MaybeUninit<u64>>,
    signed: Option<&mut MaybeUninit<u32>>,
    signer: *mut u8,
    signer_cap: usize,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let opener = object!(opener).0.opener()?;
        let signer = wanted!(signer, signer_cap, MIYAO_SIGNER_LEN);
        let (source, mut sink) = (Source::new(read, read_user)?, Sink::new(write, write_user)?);
        let mut decryptor = Decryptor::new(source, &opener)?;
        let copied = decryptor.copy_to(&mut sink)?;
        tell_signed(decryptor.finish()?, signed, signer);
        tell(bytes, copied);
        Ok(())
    })
}

/// What a message says of itself, as a record in JSON; nothing of it is authenticated. Of the same bytes, once `miyao_message_decrypt` opened them, suite,
/// frame_bytes, context and signer are; of a stream `miyao_decryptor_record` and `miyao_reader_record` tell them. `start` is the message, or its first
/// MIYAO_MESSAGE_INSPECTED bytes; `message_len` how long it is in all, or 0 where that is not known.
///
/// MIYAO_STATUS_MALFORMED, MIYAO_STATUS_TRUNCATED or MIYAO_STATUS_UNSUPPORTED for what is no message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_message_inspect_unverified(
    start: *const u8,
    start_len: usize,
    message_len: u64,
    record: Option<&mut MaybeUninit<*mut miyao_buffer>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_telling(error, || {
        let found = envelope::inspect(input!(start, start_len))?;
        let len = (message_len > 0).then_some(message_len);
        miyao_buffer::give_json(&miyao_records::message(&found, len), object!(record));
        Ok(())
    })
}
