//! Private keys in files: PKCS#8, SEC1, and PKCS#8 under a passphrase; as DER and as PEM.

use core::mem::MaybeUninit;

use miyao::{
    Error, Kind, Result,
    algo::sm2::PrivateKey,
    kms,
    pki::pkcs8::{self, Encryption},
};

use super::{private_key::miyao_sm2_private_key, public_key::of, seal::miyao_pkcs8_options};
use crate::{
    buffer::miyao_buffer,
    desk::{guard_secret, guard_secret_telling, input, object},
    error::miyao_error,
    status::miyao_status,
};

/// Reads a private-key file as the standards write them, whichever it is: PKCS#8 (RFC 5958), SEC1 (RFC 5915), or PKCS#8 under a passphrase
/// (PBES2 of RFC 8018 and GM/T 0091-2020); in PEM or strict DER. The passphrase is for the last alone, and NULL with 0 where there is
/// none. To be freed with `miyao_sm2_private_key_free`. What is written less strictly `miyao_inspection_new` reads.
///
/// MIYAO_STATUS_MISSING: the key is under a passphrase, and none was given. MIYAO_STATUS_REJECTED: the passphrase does not open it.
/// MIYAO_STATUS_MALFORMED: no SM2 key in these forms. MIYAO_STATUS_UNSUPPORTED: encrypted with what is not read.
/// MIYAO_STATUS_TOO_LARGE: more than MIYAO_PKCS8_MAX_ITERATIONS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_private_key_parse(
    file: *const u8,
    file_len: usize,
    passphrase: *const u8,
    passphrase_len: usize,
    out: Option<&mut MaybeUninit<*mut miyao_sm2_private_key>>,
    error: Option<&mut MaybeUninit<*mut miyao_error>>,
) -> miyao_status {
    guard_secret_telling(error, || {
        let (file, passphrase) = (input!(file, file_len), input!(passphrase, passphrase_len));
        miyao_sm2_private_key::give(out, || read(file, passphrase))
    })
}

fn read(file: &[u8], passphrase: &[u8]) -> Result<PrivateKey> {
    let read = PrivateKey::from_pem(file).or_else(|text| {
        let der = PrivateKey::from_pkcs8_der(file)
            .or_else(|error| PrivateKey::from_sec1_der(file).map_err(|_| error));
        der.map_err(|der| of(file, text, der))
    });
    let decrypt: fn(&[u8], &[u8]) -> Result<PrivateKey> = match read {
        Err(error) if error.kind() == Kind::Unsupported && is_labelled(file) => pkcs8::decrypt_pem,
        Err(_) if is_encrypted(file) => pkcs8::decrypt,
        read => return read,
    };
    if passphrase.is_empty() {
        return Err(Error::new(Kind::Missing, "the private key is under a passphrase; give it"));
    }
    decrypt(file, passphrase)
}

/// Whether PEM holds a key under a passphrase, and not one under headers of its own.
fn is_labelled(text: &[u8]) -> bool {
    let begin = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";
    text.windows(begin.len()).any(|window| window == begin)
}

/// Whether DER is a key under a passphrase, be it one that is not read.
fn is_encrypted(der: &[u8]) -> bool {
    pkcs8::describe(der).map_or_else(|error| error.kind() != Kind::Malformed, |_| true)
}

/// Writes PKCS#8 in DER, unencrypted and with the public half inside, to be freed with `miyao_buffer_free`, which wipes it.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_private_key_to_pkcs8_der(
    key: Option<&miyao_sm2_private_key>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard_secret(|| {
        let (key, out) = (object!(key), object!(out));
        miyao_buffer::give(key.0.to_pkcs8_der(), out);
        Ok(())
    })
}

/// Writes PKCS#8 as PEM, `PRIVATE KEY`, unencrypted, to be freed with `miyao_buffer_free`, which wipes it.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_private_key_to_pkcs8_pem(
    key: Option<&miyao_sm2_private_key>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard_secret(|| {
        let (key, out) = (object!(key), object!(out));
        miyao_buffer::give(key.0.to_pkcs8_pem()?, out);
        Ok(())
    })
}

/// Writes ECPrivateKey of SEC1 in DER, unencrypted, with the curve's name and the public half, to be freed with `miyao_buffer_free`,
/// which wipes it.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_sm2_private_key_to_sec1_der(
    key: Option<&miyao_sm2_private_key>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard_secret(|| {
        let (key, out) = (object!(key), object!(out));
        miyao_buffer::give(key.0.to_sec1_der(), out);
        Ok(())
    })
}

/// Writes PKCS#8 under a passphrase in DER, as the options say; of NULL they are the usual ones. To be freed with `miyao_buffer_free`.
///
/// MIYAO_STATUS_INVALID: an empty passphrase. MIYAO_STATUS_ENTROPY: the system gave no randomness.
///
/// May be NULL: `options`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_private_key_encrypt_der(
    key: Option<&miyao_sm2_private_key>,
    passphrase: *const u8,
    passphrase_len: usize,
    options: Option<&miyao_pkcs8_options>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard_secret(|| {
        let (key, passphrase) = (object!(key), input!(passphrase, passphrase_len));
        let out = object!(out);
        miyao_buffer::give_vec(chosen(options).encrypt(&key.0, passphrase, &mut kms::rng()?)?, out);
        Ok(())
    })
}

/// Likewise as PEM, `ENCRYPTED PRIVATE KEY`.
///
/// MIYAO_STATUS_INVALID: an empty passphrase. MIYAO_STATUS_ENTROPY: the system gave no randomness.
///
/// May be NULL: `options`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_sm2_private_key_encrypt_pem(
    key: Option<&miyao_sm2_private_key>,
    passphrase: *const u8,
    passphrase_len: usize,
    options: Option<&miyao_pkcs8_options>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard_secret(|| {
        let (key, passphrase) = (object!(key), input!(passphrase, passphrase_len));
        let out = object!(out);
        let text = chosen(options).encrypt_pem(&key.0, passphrase, &mut kms::rng()?)?;
        miyao_buffer::give_vec(text.into_bytes(), out);
        Ok(())
    })
}

fn chosen(options: Option<&miyao_pkcs8_options>) -> Encryption {
    options.map_or_else(Encryption::new, |options| options.0)
}
