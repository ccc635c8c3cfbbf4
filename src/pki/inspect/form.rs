//! The forms that keys, signatures and ciphertexts are written in.
//!
//! Knows names only.

use core::fmt;

/// How something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// A private key in PKCS#8 (RFC 5958).
    Pkcs8,
    /// A private key as ECPrivateKey of SEC1 (RFC 5915).
    Sec1,
    /// A private key as 32 bytes.
    Scalar,
    /// A private key as ECCrefPrivateKey of GM/T 0018: bits, then 64 bytes.
    DeviceScalar,
    /// A private key in PKCS#8 under a passphrase.
    Encrypted,
    /// A private key as SM2EnvelopedKey of GM/T 0009 and GB/T 35276.
    Enveloped,
    /// A private key encrypted by the headers of PEM (RFC 1421).
    OldPem,
    /// A public key as SubjectPublicKeyInfo (RFC 5480).
    Spki,
    /// A public key as 04, x, y.
    Point,
    /// A public key as 02 or 03, x.
    Compressed,
    /// A public key as x, y.
    Coordinates,
    /// A public key as ECCrefPublicKey of GM/T 0018: bits, then 64 bytes for each coordinate.
    DevicePoint,
    /// A signature as SEQUENCE { r, s } (GM/T 0009-2012 §7.3).
    DerSignature,
    /// A signature as r, s: 64 bytes.
    RawSignature,
    /// A signature as ECCSignature of GM/T 0018: 64 bytes for each number.
    DeviceSignature,
    /// A ciphertext as SEQUENCE { x, y, C3, C2 } (GM/T 0009-2012 §7.2).
    DerCiphertext,
    /// A ciphertext as 04, x, y, and the rest.
    RawCiphertext,
    /// A ciphertext as x, y, and the rest.
    BareCiphertext,
    /// A ciphertext as 02 or 03, x, and the rest.
    CompressedCiphertext,
    /// A ciphertext as ECCCipher of GM/T 0018.
    DeviceCiphertext,
}

/// What something is, whatever its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sort {
    /// A private key, readable or not.
    PrivateKey,
    /// A public key.
    PublicKey,
    /// A signature.
    Signature,
    /// A ciphertext.
    Ciphertext,
}

impl Form {
    /// What is written so.
    #[must_use]
    pub const fn sort(self) -> Sort {
        match self {
            Self::Pkcs8
            | Self::Sec1
            | Self::Scalar
            | Self::DeviceScalar
            | Self::Encrypted
            | Self::Enveloped
            | Self::OldPem => Sort::PrivateKey,
            Self::Spki | Self::Point | Self::Compressed | Self::Coordinates | Self::DevicePoint => {
                Sort::PublicKey
            }
            Self::DerSignature | Self::RawSignature | Self::DeviceSignature => Sort::Signature,
            Self::DerCiphertext
            | Self::RawCiphertext
            | Self::BareCiphertext
            | Self::CompressedCiphertext
            | Self::DeviceCiphertext => Sort::Ciphertext,
        }
    }

    /// The word for programs; it stays the same from release to release.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pkcs8 => "pkcs8",
            Self::Sec1 => "sec1",
            Self::Scalar => "scalar",
            Self::DeviceScalar => "device-scalar",
            Self::Encrypted => "encrypted",
            Self::Enveloped => "enveloped",
            Self::OldPem => "old-pem",
            Self::Spki => "spki",
            Self::Point => "point",
            Self::Compressed => "compressed",
            Self::Coordinates => "coordinates",
            Self::DevicePoint => "device-point",
            Self::DerSignature | Self::DerCiphertext => "der",
            Self::RawSignature | Self::RawCiphertext => "raw",
            Self::DeviceSignature | Self::DeviceCiphertext => "device",
            Self::BareCiphertext => "bare",
            Self::CompressedCiphertext => "compressed-point",
        }
    }
}

impl Sort {
    /// Whether it is a key.
    #[must_use]
    pub const fn is_key(self) -> bool {
        matches!(self, Self::PrivateKey | Self::PublicKey)
    }

    /// The word for programs; it stays the same from release to release.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PrivateKey => "private-key",
            Self::PublicKey => "public-key",
            Self::Signature => "signature",
            Self::Ciphertext => "ciphertext",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pkcs8 => "PKCS#8",
            Self::Sec1 => "SEC1 (ECPrivateKey)",
            Self::Scalar => "32 bytes of scalar",
            Self::DeviceScalar => "ECCrefPrivateKey of GM/T 0018",
            Self::Encrypted => "encrypted PKCS#8",
            Self::Enveloped => "SM2EnvelopedKey of GM/T 0009 and GB/T 35276",
            Self::OldPem => "PEM encrypted by its headers",
            Self::Spki => "SubjectPublicKeyInfo",
            Self::Point => "04, x, y",
            Self::Compressed => "compressed point",
            Self::Coordinates => "x, y without 04",
            Self::DevicePoint => "ECCrefPublicKey of GM/T 0018",
            Self::DerSignature => "DER (GM/T 0009)",
            Self::RawSignature => "r, s: 64 bytes",
            Self::DeviceSignature => "ECCSignature of GM/T 0018",
            Self::DerCiphertext => "DER",
            Self::RawCiphertext => "raw, C1 with 04",
            Self::BareCiphertext => "raw, C1 without 04",
            Self::CompressedCiphertext => "raw, C1 compressed",
            Self::DeviceCiphertext => "ECCCipher of GM/T 0018",
        })
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrivateKey => "private key",
            Self::PublicKey => "public key",
            Self::Signature => "signature",
            Self::Ciphertext => "ciphertext",
        })
    }
}
