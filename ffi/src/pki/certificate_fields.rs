//! What a certificate says of itself, which nobody has to believe before it is verified.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::{fmt::Display, mem::MaybeUninit};

use miyao::pki::extension::KeyUsage;

use super::certificate::miyao_certificate;
use crate::{
    buffer::miyao_buffer,
    desk::{filled, guard, guard_value, object, output},
    status::miyao_status,
};

/// The most bytes of a serial number.
pub const MIYAO_CERTIFICATE_SERIAL_MAX: usize = 20;

/// Signatures other than those below (digitalSignature).
pub const MIYAO_KEY_USAGE_DIGITAL_SIGNATURE: u32 = 1;
/// Signatures that their maker shall not be able to deny (nonRepudiation).
pub const MIYAO_KEY_USAGE_NON_REPUDIATION: u32 = 2;
/// Encrypting keys (keyEncipherment).
pub const MIYAO_KEY_USAGE_KEY_ENCIPHERMENT: u32 = 4;
/// Encrypting data itself (dataEncipherment).
pub const MIYAO_KEY_USAGE_DATA_ENCIPHERMENT: u32 = 8;
/// Agreeing on keys (keyAgreement).
pub const MIYAO_KEY_USAGE_KEY_AGREEMENT: u32 = 16;
/// Signing certificates (keyCertSign).
pub const MIYAO_KEY_USAGE_KEY_CERT_SIGN: u32 = 32;
/// Signing revocation lists (cRLSign).
pub const MIYAO_KEY_USAGE_CRL_SIGN: u32 = 64;
/// With key agreement, only to encrypt (encipherOnly).
pub const MIYAO_KEY_USAGE_ENCIPHER_ONLY: u32 = 128;
/// With key agreement, only to decrypt (decipherOnly).
pub const MIYAO_KEY_USAGE_DECIPHER_ONLY: u32 = 256;

/// The uses by their bits.
const USES: [(u32, KeyUsage); 9] = [
    (MIYAO_KEY_USAGE_DIGITAL_SIGNATURE, KeyUsage::DIGITAL_SIGNATURE),
    (MIYAO_KEY_USAGE_NON_REPUDIATION, KeyUsage::NON_REPUDIATION),
    (MIYAO_KEY_USAGE_KEY_ENCIPHERMENT, KeyUsage::KEY_ENCIPHERMENT),
    (MIYAO_KEY_USAGE_DATA_ENCIPHERMENT, KeyUsage::DATA_ENCIPHERMENT),
    (MIYAO_KEY_USAGE_KEY_AGREEMENT, KeyUsage::KEY_AGREEMENT),
    (MIYAO_KEY_USAGE_KEY_CERT_SIGN, KeyUsage::KEY_CERT_SIGN),
    (MIYAO_KEY_USAGE_CRL_SIGN, KeyUsage::CRL_SIGN),
    (MIYAO_KEY_USAGE_ENCIPHER_ONLY, KeyUsage::ENCIPHER_ONLY),
    (MIYAO_KEY_USAGE_DECIPHER_ONLY, KeyUsage::DECIPHER_ONLY),
];

/// The uses of these bits; nothing for a bit that is none.
pub(super) fn uses(bits: u32) -> Option<KeyUsage> {
    let found: Vec<_> = USES.iter().filter(|(bit, _)| bits & bit != 0).collect();
    let all = found.iter().fold(0, |all, (bit, _)| all | bit);
    let uses: Vec<_> = found.iter().map(|(_, uses)| *uses).collect();
    (all == bits && bits != 0).then(|| KeyUsage::of(&uses))
}

/// The bits of these uses.
pub(super) fn bits(uses: Option<KeyUsage>) -> u32 {
    uses.map_or(0, |uses| {
        let stands = USES.iter().filter(|(_, one)| uses.has_any(*one));
        stands.fold(0, |bits, (bit, _)| bits | bit)
    })
}

/// All of them in one text.
pub(super) fn joined(all: &[impl Display], between: &str) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// Its version: 1, 2 or 3; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_version(certificate: Option<&miyao_certificate>) -> u32 {
    guard_value(0, || certificate.map_or(0, |certificate| certificate.0.version().into()))
}

/// Writes the serial number to `out`, big-endian two's complement, at most 20 bytes, for which there has to be room, and its length to
/// `out_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_certificate_serial(
    certificate: Option<&miyao_certificate>,
    out: *mut u8,
    out_cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
) -> miyao_status {
    guard(|| {
        let serial = object!(certificate).0.serial().as_bytes();
        let out = output!(out, out_cap, MIYAO_CERTIFICATE_SERIAL_MAX);
        let out_len = object!(out_len);
        out_len.write(filled(out, serial)?);
        Ok(())
    })
}

/// The name of its subject as RFC 4514 writes it, `CN=host,O=Example,C=CN`, to be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_subject(
    certificate: Option<&miyao_certificate>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (certificate, out) = (object!(certificate), object!(out));
        miyao_buffer::give_vec(certificate.0.subject().to_string().into_bytes(), out);
        Ok(())
    })
}

/// Likewise the name of its issuer.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_issuer(
    certificate: Option<&miyao_certificate>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (certificate, out) = (object!(certificate), object!(out));
        miyao_buffer::give_vec(certificate.0.issuer().to_string().into_bytes(), out);
        Ok(())
    })
}

/// The other names of its subject, with line ends (\n) between: `dns:host`, `ip:10.0.0.1`, email, uri, directory, or other with hexadecimal
/// digits. Empty where there are none. To be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_alternative_names(
    certificate: Option<&miyao_certificate>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (certificate, out) = (object!(certificate), object!(out));
        miyao_buffer::give_vec(joined(certificate.0.alternative_names(), "\n").into_bytes(), out);
        Ok(())
    })
}

/// From when to when it holds, both included, in seconds since 1970-01-01T00:00:00Z.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_validity(
    certificate: Option<&miyao_certificate>,
    from: Option<&mut MaybeUninit<i64>>,
    until: Option<&mut MaybeUninit<i64>>,
) -> miyao_status {
    guard(|| {
        let validity = object!(certificate).0.validity();
        let (from, until) = (object!(from), object!(until));
        from.write(validity.from.0);
        until.write(validity.until.0);
        Ok(())
    })
}

/// What its key may do: bits MIYAO_KEY_USAGE_; 0 where it does not say, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_key_usage(certificate: Option<&miyao_certificate>) -> u32 {
    guard_value(0, || bits(certificate.and_then(|certificate| certificate.0.key_usage())))
}

/// What its key is for, with commas between: serverAuth, clientAuth, codeSigning, emailProtection, timeStamping, OCSPSigning,
/// anyExtendedKeyUsage, or numbers such as 1.2.3. Empty where it does not say. To be freed with `miyao_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_purposes(
    certificate: Option<&miyao_certificate>,
    out: Option<&mut MaybeUninit<*mut miyao_buffer>>,
) -> miyao_status {
    guard(|| {
        let (certificate, out) = (object!(certificate), object!(out));
        let purposes = certificate.0.extended_key_usage().unwrap_or_default();
        miyao_buffer::give_vec(joined(purposes, ",").into_bytes(), out);
        Ok(())
    })
}

/// Whether it says that it is an authority's (the CA bit of its basic constraints); false for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_certificate_is_authority(certificate: Option<&miyao_certificate>) -> bool {
    let constraints = || certificate.and_then(|certificate| certificate.0.basic_constraints());
    guard_value(false, || constraints().is_some_and(|found| found.is_ca))
}
