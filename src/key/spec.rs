//! What a key is for. One purpose a key: a key that encrypts never signs, one that MACs never wraps.

use core::fmt;

use crate::error::{Error, Kind, Result};

/// The algorithm and the purpose of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Spec {
    /// Tokens, data keys and messages' file keys, by SM4 and HMAC-SM3 under derived keys.
    Sm4 = 1,
    /// HMAC-SM3 over messages.
    HmacSm3 = 2,
    /// SM2 signatures.
    Sm2Sign = 3,
    /// SM2 decryption.
    Sm2Encrypt = 4,
}

/// Where a key's material came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    /// Made here.
    Generated = 1,
    /// Brought by its owner; every next version is brought too.
    Imported = 2,
}

/// Where a key's material is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Protection {
    /// In this process, wrapped under the store's master secret when at rest.
    Software = 1,
    /// Inside an encryption machine.
    Hardware = 2,
}

/// How data operations of a key are audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AuditMode {
    /// Counted by principal, key and operation, and written every second.
    Counted = 1,
    /// One by one, durable before the result is returned.
    Each = 2,
}

impl Spec {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sm4, Self::HmacSm3, Self::Sm2Sign, Self::Sm2Encrypt];

    /// Whether the key has a public half.
    #[must_use]
    pub const fn is_sm2(self) -> bool {
        matches!(self, Self::Sm2Sign | Self::Sm2Encrypt)
    }

    /// The name in commands and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sm4 => "sm4",
            Self::HmacSm3 => "hmac-sm3",
            Self::Sm2Sign => "sm2-sign",
            Self::Sm2Encrypt => "sm2-encrypt",
        }
    }

    /// Reads a name.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for an unknown one.
    pub fn parse(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|spec| spec.as_str() == text)
            .ok_or(Error::new(Kind::Invalid, "no such spec; choose sm4, hmac-sm3, sm2-sign or sm2-encrypt"))
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
