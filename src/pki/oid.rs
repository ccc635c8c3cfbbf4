//! Object identifiers as DER has them, and what to call them in a sentence.
//!
//! Knows names and numbers only: GM/T 0006-2012, RFC 8018 appendix C, and what else is met in keys, certificates and messages.

use alloc::{format, string::String};

/// SM4 without a mode, 1.2.156.10197.1.104.
pub(super) const SM4: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68];
/// 1.2.156.10197.1.104.1
pub(super) const SM4_ECB: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68, 0x01];
/// 1.2.156.10197.1.104.2
pub(super) const SM4_CBC: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68, 0x02];
/// 2.16.840.1.101.3.4.1.2
pub(super) const AES_128_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02];
/// 2.16.840.1.101.3.4.1.22
pub(super) const AES_192_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x16];
/// 2.16.840.1.101.3.4.1.42
pub(super) const AES_256_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];
/// 1.2.156.10197.1.401.2
pub(super) const HMAC_SM3: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x11, 0x02];
/// 1.2.156.10197.1.401.3.1
pub(super) const HMAC_SM3_OTHER: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x11, 0x03, 0x01];
/// 1.2.840.113549.1.5.13
pub(super) const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
/// 1.2.840.113549.1.5.12
pub(super) const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
/// 1.2.840.113549.2.7
pub(super) const HMAC_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x07];
/// 1.2.840.113549.2.9
pub(super) const HMAC_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09];
/// 1.2.840.113549.2.11
pub(super) const HMAC_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x0b];

/// 1.2.156.10197.6.4.1.5.2, PBES of GM/T 0091-2020
pub(super) const GM_PBES: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x06, 0x04, 0x01, 0x05, 0x02];
/// 1.2.156.10197.6.4.1.5.1, PBKDF of GM/T 0091-2020
pub(super) const GM_PBKDF: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x06, 0x04, 0x01, 0x05, 0x01];

/// SM2 with SM3, 1.2.156.10197.1.501
pub(super) const SM2_WITH_SM3: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75];
/// 2.5.29.14
pub(super) const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x0e];
/// 2.5.29.15
pub(super) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
/// 2.5.29.17
pub(super) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// 2.5.29.19
pub(super) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// 2.5.29.30
pub(super) const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
/// 2.5.29.35
pub(super) const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x23];
/// 2.5.29.37
pub(super) const EXT_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// 2.5.29.20
pub(super) const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 0x14];
/// 2.5.29.21
pub(super) const REASON: &[u8] = &[0x55, 0x1d, 0x15];
/// 2.5.29.27
pub(super) const DELTA_CRL: &[u8] = &[0x55, 0x1d, 0x1b];
/// 2.5.29.28
pub(super) const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 0x1c];
/// 1.2.840.113549.1.9.14
pub(super) const EXTENSION_REQUEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x0e];

/// What is met in keys, certificates and messages, read or not, by its number.
const NAMES: [(&str, &str); 73] = [
    ("1.2.840.113549.1.5.3", "PBES1 with MD5 and DES"),
    ("1.2.840.113549.1.5.10", "PBES1 with SHA-1 and DES"),
    ("1.2.840.113549.1.12.1.1", "PKCS#12 with RC4"),
    ("1.2.840.113549.1.12.1.3", "PKCS#12 with Triple DES"),
    ("1.2.840.113549.1.12.1.6", "PKCS#12 with RC2"),
    ("1.3.6.1.4.1.11591.4.11", "scrypt"),
    ("1.2.840.113549.2.7", "HMAC-SHA1"),
    ("1.2.840.113549.2.8", "HMAC-SHA224"),
    ("1.2.840.113549.2.10", "HMAC-SHA384"),
    ("1.2.840.113549.2.11", "HMAC-SHA512"),
    ("2.16.840.1.101.3.4.1.2", "AES-128-CBC"),
    ("2.16.840.1.101.3.4.1.22", "AES-192-CBC"),
    ("2.16.840.1.101.3.4.1.42", "AES-256-CBC"),
    ("1.2.840.113549.3.7", "Triple DES"),
    ("1.3.14.3.2.7", "DES"),
    ("1.2.156.10197.1.104.1", "SM4-ECB"),
    ("1.2.156.10197.1.104.8", "SM4-GCM"),
    ("1.2.840.10045.2.1", "id-ecPublicKey"),
    ("1.2.156.10197.1.501", "SM2 with SM3"),
    ("1.2.840.10045.4.3.2", "ECDSA with SHA-256"),
    ("1.2.840.10045.4.3.3", "ECDSA with SHA-384"),
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.113549.1.1.5", "RSA with SHA-1"),
    ("1.2.840.113549.1.1.11", "RSA with SHA-256"),
    ("1.3.101.112", "Ed25519"),
    ("2.5.29.27", "delta CRL"),
    ("2.5.29.28", "issuing distribution point"),
    ("2.5.29.29", "certificate issuer"),
    ("2.5.29.30", "name constraints"),
    ("2.5.29.32", "certificate policies"),
    ("2.5.29.36", "policy constraints"),
    ("2.5.29.54", "inhibit any policy"),
    ("1.3.132.1.12", "id-ecDH"),
    ("1.3.132.1.13", "id-ecMQV"),
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.113", "Ed448"),
    ("1.2.156.10197.1.301", "sm2p256v1"),
    ("1.2.156.10197.1.301.1", "SM2 signatures of GM/T 0006"),
    ("1.2.156.10197.1.301.2", "SM2 key exchange of GM/T 0006"),
    ("1.2.156.10197.1.301.3", "SM2 encryption of GM/T 0006"),
    ("1.2.156.10197.1.302", "SM9"),
    ("1.2.840.10045.3.1.7", "P-256"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.132.0.33", "P-224"),
    ("1.3.132.0.34", "P-384"),
    ("1.3.132.0.35", "P-521"),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
    ("1.2.156.11235.1.1.2.1", "the curve of WAPI"),
    ("1.2.156.10197.1.502", "SM2 with SHA-1"),
    ("1.2.156.10197.1.503", "SM2 with SHA-256"),
    ("1.2.156.10197.1.504", "RSA with SM3"),
    ("1.2.840.10045.4.1", "ECDSA with SHA-1"),
    ("1.2.156.10197.1.401", "SM3"),
    ("1.2.156.10197.1.401.2", "HMAC-SM3"),
    ("1.2.156.10197.1.401.3.1", "HMAC-SM3"),
    ("1.2.840.113549.2.9", "HMAC-SHA256"),
    ("1.2.156.10197.1.104", "SM4"),
    ("1.2.156.10197.1.104.2", "SM4-CBC"),
    ("1.2.840.113549.1.5.12", "PBKDF2"),
    ("1.2.840.113549.1.5.13", "PBES2"),
    ("1.2.156.10197.6.4.1.5.1", "PBKDF of GM/T 0091"),
    ("1.2.156.10197.6.4.1.5.2", "PBES of GM/T 0091"),
    ("1.2.840.113549.1.7.1", "data of PKCS#7"),
    ("1.2.840.113549.1.7.2", "signed data of PKCS#7"),
    ("1.2.840.113549.1.7.3", "enveloped data of PKCS#7"),
    ("1.2.840.113549.1.7.6", "encrypted data of PKCS#7"),
    ("1.2.156.10197.6.1.4.2.1", "data of GM/T 0010"),
    ("1.2.156.10197.6.1.4.2.2", "signed data of GM/T 0010"),
    ("1.2.156.10197.6.1.4.2.3", "enveloped data of GM/T 0010"),
    ("1.2.156.10197.6.1.4.2.4", "signed and enveloped data of GM/T 0010"),
    ("1.2.156.10197.6.1.4.2.5", "encrypted data of GM/T 0010"),
];

/// The name of an object identifier, or its number.
pub(super) fn name(id: &[u8]) -> String {
    let number = dotted(id);
    match NAMES.iter().find(|(known, _)| *known == number) {
        Some((_, name)) => format!("{name} ({number})"),
        None => number,
    }
}

/// The numbers of an identifier; where they cannot be told whole, `#` and its bytes in hexadecimal, so that none is
/// called by the number of another.
pub(super) fn dotted(id: &[u8]) -> String {
    numbers(id).unwrap_or_else(|| {
        let mut text: String = id.iter().take(LONGEST).map(|byte| format!("{byte:02x}")).collect();
        text.insert(0, '#');
        if id.len() > LONGEST {
            text.push('…');
        }
        text
    })
}

fn numbers(id: &[u8]) -> Option<String> {
    if id.len() > LONGEST || id.last().is_some_and(|last| *last >= 0x80) {
        return None;
    }
    // As wide as a UUID below 2.25 (ITU-T X.667).
    let (mut text, mut arc) = (String::new(), 0u128);
    for byte in id {
        arc = arc.checked_mul(0x80)? | u128::from(byte & 0x7f);
        if *byte < 0x80 {
            text = match text.is_empty() {
                true => format!("{}.{}", (arc / 40).min(2), arc - (arc / 40).min(2) * 40),
                false => format!("{text}.{arc}"),
            };
            arc = 0;
        }
    }
    Some(text)
}

/// So much of an identifier is told; a file cannot make a sentence long.
const LONGEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_told_by_name_or_number() {
        for (id, number) in [
            (SM4_CBC, "1.2.156.10197.1.104.2"),
            (HMAC_SM3, "1.2.156.10197.1.401.2"),
            (HMAC_SM3_OTHER, "1.2.156.10197.1.401.3.1"),
            (PBES2, "1.2.840.113549.1.5.13"),
            (PBKDF2, "1.2.840.113549.1.5.12"),
            (HMAC_SHA256, "1.2.840.113549.2.9"),
            (SM4, "1.2.156.10197.1.104"),
            (GM_PBES, "1.2.156.10197.6.4.1.5.2"),
            (GM_PBKDF, "1.2.156.10197.6.4.1.5.1"),
            (&[], ""),
        ] {
            assert_eq!(dotted(id), number);
        }
        assert_eq!(name(SM4_ECB), "SM4-ECB (1.2.156.10197.1.104.1)");
        assert_eq!(name(AES_256_CBC), "AES-256-CBC (2.16.840.1.101.3.4.1.42)");
        assert_eq!(name(AES_192_CBC), "AES-192-CBC (2.16.840.1.101.3.4.1.22)");
        assert_eq!(name(AES_128_CBC), "AES-128-CBC (2.16.840.1.101.3.4.1.2)");
        assert_eq!(name(HMAC_SHA1), "HMAC-SHA1 (1.2.840.113549.2.7)");
        assert_eq!(name(HMAC_SHA512), "HMAC-SHA512 (1.2.840.113549.2.11)");
        assert!(name(&[0xff; 100]).len() < 80);
    }

    #[test]
    fn what_is_read_has_a_name_too_and_no_number_stands_twice() {
        assert_eq!(name(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]), "P-256 (1.2.840.10045.3.1.7)");
        assert_eq!(name(SM4_CBC), "SM4-CBC (1.2.156.10197.1.104.2)");
        assert_eq!(name(&[0x2a, 3]), "1.2.3");
        for (at, (number, _)) in NAMES.iter().enumerate() {
            assert!(NAMES[..at].iter().all(|(other, _)| other != number), "{number}");
        }
    }

    #[test]
    fn no_identifier_is_called_by_the_number_of_another() {
        let under = |arc: &[u8]| dotted(&[&SM2_WITH_SM3[..6], arc].concat());
        let wrapped = [&[0x82], &[0x80; 7][..], &[0x83, 0x75]].concat();
        assert_eq!(under(&wrapped), "1.2.156.10197.1.18446744073709552117");
        let wider = [&[0x82], &[0x80; 17][..], &[0x83, 0x75]].concat();
        assert_eq!(under(&wider), format!("#2a811ccf550182{}8375", "80".repeat(17)));
        assert_eq!(dotted(&SM2_WITH_SM3[..7]), "#2a811ccf550183");
        assert_eq!(dotted(&[1; 33]), format!("#{}…", "01".repeat(32)));
    }
}
