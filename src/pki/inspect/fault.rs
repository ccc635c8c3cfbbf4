//! Why what has the shape of a key, signature or ciphertext is none that can be used.
//!
//! Knows no bytes.

use alloc::string::String;
use core::fmt;

/// What is wrong beyond repair.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The point does not lie on SM2's curve.
    OffCurve,
    /// The point is the one at infinity, or all zeros.
    Infinity,
    /// The private scalar lies outside [1, n − 2].
    ScalarRange,
    /// r or s of a signature lies outside [1, n − 1].
    SignatureRange,
    /// r and s add up to n, so that no key verifies it.
    SignatureSum,
    /// The algorithm is this one.
    Algorithm(String),
    /// The curve is this one.
    Curve(String),
    /// The curve is given by its numbers, and they are not SM2's.
    ForeignCurve,
    /// The curve is given by its numbers, and only the generator is not SM2's: the trick of CVE-2020-0601.
    ForeignGenerator,
    /// Neither octet string has the 32 bytes of C3.
    NoDigest,
    /// Nothing was encrypted: C2 is empty.
    NoText,
    /// The private key is encrypted by PEM itself, as tools did before PKCS#8.
    OldEncryption,
    /// An enveloped key with something in it that GM/T 0009 does not have.
    Enveloped,
}

impl Fault {
    /// The word for programs; it stays the same from release to release.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::OffCurve => "off-curve",
            Self::Infinity => "infinity",
            Self::ScalarRange => "scalar-range",
            Self::SignatureRange => "signature-range",
            Self::SignatureSum => "signature-sum",
            Self::Algorithm(_) => "algorithm",
            Self::Curve(_) => "curve",
            Self::ForeignCurve => "foreign-curve",
            Self::ForeignGenerator => "foreign-generator",
            Self::NoDigest => "no-digest",
            Self::NoText => "no-text",
            Self::OldEncryption => "old-encryption",
            Self::Enveloped => "enveloped",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm(name) => return write!(f, "it is of another algorithm, {name}"),
            Self::Curve(name) => return write!(f, "it is of another curve, {name}"),
            Self::OffCurve => "its point does not lie on the SM2 curve",
            Self::Infinity => "its point is the one at infinity, which nobody has for a key",
            Self::ScalarRange => "its number lies outside 1 to n - 2, so it is no SM2 key",
            Self::SignatureRange => "r or s lies outside 1 to n - 1, so it never verifies",
            Self::SignatureSum => "r and s add up to n, so it never verifies",
            Self::ForeignCurve => "its curve is given by numbers that are not SM2's",
            Self::ForeignGenerator => {
                "its curve is given by SM2's numbers with another generator, so that whoever chose it knows a private \
                 key for any public key (CVE-2020-0601): do not use it"
            }
            Self::NoDigest => "neither of its octet strings has the 32 bytes of C3",
            Self::NoText => "nothing was encrypted, for C2 is empty",
            Self::OldEncryption => {
                "it is encrypted in the old way of PEM; renew it with `openssl pkcs8 -topk8 -v2 sm4-cbc`"
            }
            Self::Enveloped => "it has not the parts that GM/T 0009 gives an enveloped key",
        })
    }
}
