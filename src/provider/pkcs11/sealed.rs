//! A master secret sealed by a device, as bytes (integers big-endian):
//!
//! `3 ‖ suite u8 ‖ length u8 ‖ profile ‖ root id 16 ‖ version u32 ‖ fingerprint 32 ‖ length u16 ‖ blob ‖ salt 16 ‖ wrapped 32 ‖ tag 32`
//!
//! The device hides 32 fresh bytes in the blob, and those hide the master secret by [`wrap`]: so every suite has the same
//! integrity, which is ours, over all that stands before the salt and over the binding. Knows no device.

use alloc::vec::Vec;

use super::Suite;
use crate::{
    algo::wrap::{self, Wrapped},
    error::{Error, Kind, Result},
    label,
    provider::seal::{SealKind, malformed},
    secret::Secret,
};

/// What a seal says of itself before it is opened; unverified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) suite: Suite,
    pub(super) profile: Vec<u8>,
    pub(super) root: [u8; 16],
    pub(super) version: u32,
    pub(super) fingerprint: [u8; 32],
}

/// A seal taken apart.
pub(super) struct Sealed<'a> {
    pub(super) claims: Claims,
    pub(super) blob: &'a [u8],
    header: &'a [u8],
    wrapped: Wrapped,
}

/// More than any profile's name has.
const LONGEST_PROFILE: usize = 40;
/// More than any suite makes.
const LONGEST_BLOB: usize = 1024;

impl Claims {
    /// What stands before the blob, and what a device's AEAD binds with it.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>> {
        let length =
            u8::try_from(self.profile.len()).ok().filter(|length| usize::from(*length) <= LONGEST_PROFILE);
        let length = length.ok_or(Error::new(Kind::Internal, "a profile's name is too long"))?;
        let mut bytes = alloc::vec![SealKind::Device as u8, self.suite.number(), length];
        bytes.extend_from_slice(&self.profile);
        bytes.extend_from_slice(&self.root);
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(&self.fingerprint);
        Ok(bytes)
    }
}

/// Puts a seal together: `secret` is what the device hid in `blob`.
pub(super) fn assemble(
    claims: &Claims,
    blob: &[u8],
    secret: &Secret<32>,
    (master, binding): (&Secret<32>, &[u8]),
    salt: &[u8; 16],
) -> Result<Vec<u8>> {
    let length = u16::try_from(blob.len()).ok().filter(|length| usize::from(*length) <= LONGEST_BLOB);
    let length = length.ok_or(Error::new(Kind::Internal, "a device's blob is too long"))?;
    let mut seal = claims.to_bytes()?;
    seal.extend_from_slice(&length.to_be_bytes());
    seal.extend_from_slice(blob);
    let wrapped = wrap::wrap_with_salt(secret, label::MASTER_SEAL, salt, &[binding, &seal], master)?;
    seal.extend_from_slice(&wrapped.to_bytes());
    Ok(seal)
}

impl<'a> Sealed<'a> {
    /// Takes a seal apart.
    ///
    /// # Errors
    /// [`Rejected`](Kind::Rejected) for the seal of another kind of root, [`Unsupported`](Kind::Unsupported) for an unknown kind or
    /// suite, [`Malformed`](Kind::Malformed) for other bytes.
    pub(super) fn parse(seal: &'a [u8]) -> Result<Self> {
        let rest = SealKind::Device.strip(seal)?;
        let ([suite, length], rest) = rest.split_first_chunk().ok_or_else(malformed)?;
        let profile =
            rest.split_at_checked(usize::from(*length)).filter(|(name, _)| name.len() <= LONGEST_PROFILE);
        let (profile, rest) = profile.ok_or_else(malformed)?;
        let (root, rest) = rest.split_first_chunk().ok_or_else(malformed)?;
        let (version, rest) = rest.split_first_chunk().ok_or_else(malformed)?;
        let (fingerprint, rest) = rest.split_first_chunk().ok_or_else(malformed)?;
        let (length, rest) = rest.split_first_chunk().ok_or_else(malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (blob, rest) = rest.split_at_checked(length).ok_or_else(malformed)?;
        let wrapped = Wrapped::from_bytes(rest.try_into().map_err(|_| malformed())?);
        if length > LONGEST_BLOB {
            return Err(malformed());
        }
        let suite = Suite::from_number(*suite).ok_or_else(|| {
            Error::new(
                Kind::Unsupported,
                "this release does not know the suite of the device's seal; use a newer one",
            )
            .about(suite)
        })?;
        let claims = Claims {
            suite,
            profile: profile.into(),
            root: *root,
            version: u32::from_be_bytes(*version),
            fingerprint: *fingerprint,
        };
        let header = seal.get(..seal.len() - Wrapped::LEN).ok_or_else(malformed)?;
        Ok(Self { claims, blob, header, wrapped })
    }

    /// Opens it with what the device found in the blob.
    ///
    /// # Errors
    /// [`Rejected`](Kind::Rejected).
    pub(super) fn open(&self, secret: &Secret<32>, binding: &[u8]) -> Result<Secret<32>> {
        Ok(wrap::unwrap(secret, label::MASTER_SEAL, &[binding, self.header], &self.wrapped)?)
    }
}
