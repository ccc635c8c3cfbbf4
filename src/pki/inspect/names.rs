//! What the object identifiers of keys, curves, signatures and messages are called in a sentence.
//!
//! Knows names and numbers only; those of key files are in `oid`.

use alloc::{format, string::String};

use crate::pki::oid;

const NAMES: [(&str, &str); 49] = [
    ("1.2.840.10045.2.1", "id-ecPublicKey"),
    ("1.3.132.1.12", "id-ecDH"),
    ("1.3.132.1.13", "id-ecMQV"),
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.112", "Ed25519"),
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
    ("1.2.156.10197.1.501", "SM2 with SM3"),
    ("1.2.156.10197.1.502", "SM2 with SHA-1"),
    ("1.2.156.10197.1.503", "SM2 with SHA-256"),
    ("1.2.156.10197.1.504", "RSA with SM3"),
    ("1.2.840.10045.4.1", "ECDSA with SHA-1"),
    ("1.2.840.10045.4.3.2", "ECDSA with SHA-256"),
    ("1.2.840.10045.4.3.3", "ECDSA with SHA-384"),
    ("1.2.840.113549.1.1.5", "RSA with SHA-1"),
    ("1.2.840.113549.1.1.11", "RSA with SHA-256"),
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

/// The name of an object identifier with its number, or its number alone.
pub(super) fn name(id: &[u8]) -> String {
    let number = oid::dotted(id);
    match NAMES.iter().find(|(known, _)| *known == number) {
        Some((_, name)) => format!("{name} ({number})"),
        None => oid::name(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_number_and_none_stands_twice() {
        assert_eq!(name(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]), "P-256 (1.2.840.10045.3.1.7)");
        assert_eq!(name(oid::SM4_ECB), "SM4-ECB (1.2.156.10197.1.104.1)");
        assert_eq!(name(&[0x2a, 3]), "1.2.3");
        for (at, (number, _)) in NAMES.iter().enumerate() {
            assert!(NAMES[..at].iter().all(|(other, _)| other != number), "{number}");
        }
    }
}
