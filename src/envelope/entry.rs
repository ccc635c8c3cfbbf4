//! One recipient's entry: who can find the file key, and the file key hidden for them.
//!
//! Format M30–M39. Knows bytes; wrapping is done by whoever implements [`Wrap`](super::Wrap).

use alloc::vec::Vec;

use crate::error::{Error, Kind, Result};

/// A recipient's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// Type 1: a version of a KMS key.
    Kms {
        /// The id of the key.
        key: [u8; 16],
        /// The number of the version.
        version: u32,
        /// What makes the wrap keys unique.
        salt: [u8; 16],
        /// The wrapped file key.
        wrapped: [u8; 32],
        /// The tag over the rest and the header.
        tag: [u8; 32],
    },
    /// Type 2: an SM2 public key.
    Sm2 {
        /// SM3 of the SubjectPublicKeyInfo.
        key: [u8; 32],
        /// SM2 ciphertext in DER of FK ‖ SM3(02 ‖ key ‖ SM3(H)).
        ciphertext: Vec<u8>,
    },
    /// Type 3: a passphrase.
    Passphrase {
        /// PBKDF2 iterations, 600,000 to 10,000,000.
        iterations: u32,
        /// PBKDF2 salt; the wrap keys use it too.
        salt: [u8; 16],
        /// The wrapped file key.
        wrapped: [u8; 32],
        /// The tag over the rest and the header.
        tag: [u8; 32],
    },
    /// Type 4: a key that lives in a device.
    Device {
        /// The number of the provider.
        provider: u16,
        /// The id of the key.
        key: [u8; 16],
        /// The number of the version.
        version: u32,
        /// The device's way of wrapping.
        suite: u16,
        /// What the device made.
        blob: Vec<u8>,
    },
    /// A type this build does not know: carried, never opened.
    Unknown {
        /// The type's number.
        kind: u8,
        /// Its bytes.
        body: Vec<u8>,
    },
}

/// The iterations a passphrase entry may ask for; checked before any work is done (M36).
pub(super) const ITERATIONS: core::ops::RangeInclusive<u32> = 600_000..=10_000_000;

impl Entry {
    /// The type's number.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Kms { .. } => 1,
            Self::Sm2 { .. } => 2,
            Self::Passphrase { .. } => 3,
            Self::Device { .. } => 4,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// `type ‖ u16 len ‖ body`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = self.prefix();
        match self {
            Self::Kms { wrapped, tag, .. } | Self::Passphrase { wrapped, tag, .. } => {
                out.extend_from_slice(wrapped);
                out.extend_from_slice(tag);
            }
            Self::Sm2 { ciphertext, .. } => out.extend_from_slice(ciphertext),
            Self::Device { blob, .. } => {
                out.extend_from_slice(&(blob.len() as u16).to_be_bytes());
                out.extend_from_slice(blob);
            }
            Self::Unknown { body, .. } => out.extend_from_slice(body),
        }
        out
    }

    /// All bytes of the entry before what hides the file key: its authenticated part (M51).
    #[must_use]
    pub fn prefix(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.push(self.kind());
        out.extend_from_slice(&(self.body_len() as u16).to_be_bytes());
        match self {
            Self::Kms { key, version, salt, .. } => {
                out.extend_from_slice(key);
                out.extend_from_slice(&version.to_be_bytes());
                out.extend_from_slice(salt);
            }
            Self::Sm2 { key, .. } => out.extend_from_slice(key),
            Self::Passphrase { iterations, salt, .. } => {
                out.extend_from_slice(&iterations.to_be_bytes());
                out.extend_from_slice(salt);
            }
            Self::Device { provider, key, version, suite, .. } => {
                out.extend_from_slice(&provider.to_be_bytes());
                out.extend_from_slice(key);
                out.extend_from_slice(&version.to_be_bytes());
                out.extend_from_slice(&suite.to_be_bytes());
            }
            Self::Unknown { .. } => {}
        }
        out
    }

    fn body_len(&self) -> usize {
        match self {
            Self::Kms { .. } => 100,
            Self::Sm2 { ciphertext, .. } => 32 + ciphertext.len(),
            Self::Passphrase { .. } => 84,
            Self::Device { blob, .. } => 26 + blob.len(),
            Self::Unknown { body, .. } => body.len(),
        }
    }

    /// Reads one entry from the start of `bytes`; gives it and what follows.
    pub(super) fn parse(bytes: &[u8]) -> Result<(Self, &[u8])> {
        let malformed =
            || Error::new(Kind::Malformed, "a recipient entry is malformed; this is no intact message");
        let (&[kind, high, low], rest) = bytes.split_first_chunk().ok_or_else(malformed)?;
        let (body, rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes([high, low]))).ok_or_else(malformed)?;
        let entry = Self::parse_body(kind, body).ok_or_else(malformed)?;
        Ok((entry, rest))
    }

    fn parse_body(kind: u8, body: &[u8]) -> Option<Self> {
        let mut fields = Fields(body);
        let entry = match kind {
            1 => Self::Kms {
                key: fields.array()?,
                version: fields.u32().filter(|version| *version > 0)?,
                salt: fields.array()?,
                wrapped: fields.array()?,
                tag: fields.array()?,
            },
            2 => Self::Sm2 { key: fields.array()?, ciphertext: fields.rest() },
            3 => Self::Passphrase {
                iterations: fields.u32().filter(|iterations| ITERATIONS.contains(iterations))?,
                salt: fields.array()?,
                wrapped: fields.array()?,
                tag: fields.array()?,
            },
            4 => Self::Device {
                provider: fields.u16()?,
                key: fields.array()?,
                version: fields.u32()?,
                suite: fields.u16()?,
                blob: fields
                    .u16()
                    .filter(|len| usize::from(*len) == fields.0.len())
                    .map(|_| fields.rest())?,
            },
            _ => Self::Unknown { kind, body: fields.rest() },
        };
        fields.0.is_empty().then_some(entry)
    }

    /// Whose it is, whatever the version: (type, key); a passphrase has no key.
    #[cfg(feature = "std")]
    pub(super) fn holder(&self) -> Option<(u8, &[u8])> {
        self.name().map(|(kind, key, _)| (kind, key))
    }

    /// What may stand only once in a message: (type, key, version); a passphrase has neither (M34).
    pub(super) fn name(&self) -> Option<(u8, &[u8], u32)> {
        match self {
            Self::Kms { key, version, .. } => Some((1, key, *version)),
            Self::Sm2 { key, .. } => Some((2, key, 0)),
            Self::Passphrase { .. } => Some((3, &[], 0)),
            Self::Device { key, version, .. } => Some((4, key, *version)),
            Self::Unknown { .. } => None,
        }
    }
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn rest(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.0).to_vec()
    }
}
