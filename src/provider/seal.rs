//! The kinds of seals over a master secret: one number for each, never reused, and what to say where another kind is met.
//!
//! Knows no layout behind the first byte.

use crate::error::{Error, Kind, Result};

/// The kinds of seal.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::provider) enum SealKind {
    Passphrase = 1,
    KeyFile = 2,
    Device = 3,
}

impl SealKind {
    const ALL: [Self; 3] = [Self::Passphrase, Self::KeyFile, Self::Device];

    /// What follows the kind's byte, when the seal is of this kind.
    pub(in crate::provider) fn strip(self, sealed: &[u8]) -> Result<&[u8]> {
        let (kind, rest) = sealed.split_first().ok_or_else(malformed)?;
        match Self::ALL.into_iter().find(|known| *kind == *known as u8) {
            Some(known) if known == self => Ok(rest),
            Some(known) => Err(Error::new(Kind::Rejected, known.wanted())),
            None => Err(Error::new(
                Kind::Unsupported,
                "this release does not know how the master secret is sealed; use a newer one",
            )),
        }
    }

    /// What to give instead.
    const fn wanted(self) -> &'static str {
        match self {
            Self::Passphrase => "a passphrase seals this key store's master secret; give the passphrase",
            Self::KeyFile => "a key file seals this key store's master secret; give the key file",
            Self::Device => "a device seals this key store's master secret; give --root pkcs11:…",
        }
    }
}

pub(in crate::provider) const fn malformed() -> Error {
    Error::new(
        Kind::Malformed,
        "the sealed master secret is no such thing; restore the key store from a backup",
    )
}
