//! Signatures and SM2 decryption by keys of the store.
//!
//! What verifies names its version, or is tried against every version that may verify, newest first.

use alloc::{sync::Arc, vec::Vec};
use std::io::Read;

use zeroize::Zeroizing;

use super::{
    Kms,
    cache::{HeldVersion, Warm},
    data::{How, Opened, permission},
    inside::Place,
    public::Public,
    reference::{KeyRef, VersionRef},
    rng,
};
use crate::{
    algo::sm2::{Encoding, MessageDigest, PublicKey, Signature},
    error::{Error, Kind, Rejected, Result},
    key::{Number, Spec, Time, Usage},
    policy::Action,
};

/// What a verification found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The version that made it.
    pub version: Number,
    /// When that version's compromise was learnt: what was signed after it proves nothing.
    pub compromised: Option<Time>,
}

/// Bytes hashed at a time.
const CHUNK: usize = 1 << 16;

impl Kms {
    /// Signs a message under a user id (GB/T 32918.2) with the primary; gives its number and the signature.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing), [`Forbidden`](Kind::Forbidden), [`Exhausted`](Kind::Exhausted) as
    /// [`encrypt`](Self::encrypt).
    pub fn sign(&self, key: &KeyRef, user_id: &[u8], message: &[u8]) -> Result<(Number, Signature)> {
        self.sign_stream(key, user_id, &mut &*message)
    }

    /// [`sign`](Self::sign) of everything that `input` gives.
    ///
    /// # Errors
    /// As [`sign`](Self::sign), and whatever `input` returns.
    pub fn sign_stream(
        &self,
        key: &KeyRef,
        user_id: &[u8],
        input: &mut dyn Read,
    ) -> Result<(Number, Signature)> {
        self.data(Action::Sign, key, |warm| {
            let version = warm.held.primary()?;
            warm.held.key.signing(&version.record, Usage::default(), warm.now)?;
            let mut digest = MessageDigest::new(public(version)?, user_id)?;
            let bytes = feed(input, |chunk| digest.update(chunk))?;
            self.sign_now(warm, version, &digest.finalize(), bytes)
        })
    }

    /// Signs `e`, the digest of a [`MessageDigest`] made with the primary's public key; with `version`, only if that is
    /// the primary still.
    ///
    /// # Errors
    /// As [`sign`](Self::sign); [`Conflict`](Kind::Conflict) when the key was rotated since the digest was made.
    pub fn sign_digest(
        &self,
        key: &KeyRef,
        version: Option<Number>,
        digest: &[u8; 32],
    ) -> Result<(Number, Signature)> {
        self.data(Action::Sign, key, |warm| {
            let primary = warm.held.primary()?;
            if version.is_some_and(|version| version != primary.record.number) {
                return Err(Error::new(
                    Kind::Conflict,
                    "the key was rotated; make the digest with the new primary's public key",
                ));
            }
            self.sign_now(warm, primary, digest, 32)
        })
    }

    /// Verifies a signature of a message.
    ///
    /// # Errors
    /// [`Rejected`](Kind::Rejected) when it fits no version; [`Missing`](Kind::Missing) or
    /// [`Forbidden`](Kind::Forbidden) as [`sign`](Self::sign).
    pub fn verify(
        &self,
        key: &VersionRef,
        user_id: &[u8],
        message: &[u8],
        signature: &Signature,
    ) -> Result<Verified> {
        self.verify_stream(key, user_id, &mut &*message, signature)
    }

    /// [`verify`](Self::verify) of everything that `input` gives, read once.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), and whatever `input` returns.
    pub fn verify_stream(
        &self,
        key: &VersionRef,
        user_id: &[u8],
        input: &mut dyn Read,
        signature: &Signature,
    ) -> Result<Verified> {
        self.data(Action::Verify, &key.key, |warm| {
            check_spec(warm, Spec::Sm2Sign)?;
            let mut candidates = Vec::new();
            for version in self.candidates(warm, key.version)? {
                candidates.push((MessageDigest::new(public(&version)?, user_id)?, version));
            }
            feed(input, |chunk| candidates.iter_mut().for_each(|(digest, _)| digest.update(chunk)))?;
            let fits = |(digest, version): (MessageDigest, Arc<HeldVersion>)| {
                let public = version.public.as_ref()?;
                public.verify_digest(&digest.finalize(), signature).ok().map(|()| verified(&version))
            };
            candidates.into_iter().find_map(fits).ok_or_else(|| Rejected.into())
        })
    }

    /// The public half of a version: of the primary, where none is named.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) without the key or version; [`Forbidden`](Kind::Forbidden) for a key without one.
    pub fn public_key(&self, key: &VersionRef) -> Result<(Number, PublicKey)> {
        self.data(Action::Verify, &key.key, |warm| {
            let number = match key.version {
                Some(number) => number,
                None => warm.held.primary()?.record.number,
            };
            let version = self.shared.version(warm, number)?;
            Ok((number, public(&version)?.clone()))
        })
    }

    /// Decrypts what was encrypted to the public half of an `sm2-encrypt` key; without a version, to its primary's.
    ///
    /// # Errors
    /// [`Rejected`](Kind::Rejected) for another key or altered bytes; [`Missing`](Kind::Missing) or
    /// [`Forbidden`](Kind::Forbidden) as [`decrypt`](Self::decrypt).
    pub fn sm2_decrypt(&self, key: &VersionRef, ciphertext: &[u8], encoding: Encoding) -> Result<Opened> {
        self.data(Action::Decrypt, &key.key, |warm| {
            let number = match key.version {
                Some(number) => number,
                None => warm.held.primary()?.record.number,
            };
            let version = self.shared.version(warm, number)?;
            let permit = permission(warm, &version, How::Open)?;
            let text = match version.to_decrypt(&permit, &self.shared.devices)? {
                Place::Here(private) => private.decrypt(ciphertext, encoding)?,
                Place::Inside(inside) => inside.decrypt(&permit, ciphertext, encoding)?,
            };
            Ok(Opened { text, key: warm.held.key.id, version: number, unproven: permit.is_unproven() })
        })
    }

    fn sign_now(
        &self,
        warm: &Warm,
        version: &HeldVersion,
        e: &[u8; 32],
        bytes: u64,
    ) -> Result<(Number, Signature)> {
        let permit = warm.held.key.signing(&version.record, Usage::default(), warm.now)?;
        self.spend(warm, version, bytes)?;
        let signature = match version.to_sign(&permit, &self.shared.devices)? {
            Place::Here(private) => private.sign_digest(e, &mut rng()?),
            Place::Inside(inside) => fitting(version, e, inside.sign(&permit, e)?)?,
        };
        Ok((version.record.number, signature))
    }

    /// The versions that may verify: the one named, or all of them, newest first.
    pub(super) fn candidates(&self, warm: &Warm, named: Option<Number>) -> Result<Vec<Arc<HeldVersion>>> {
        if let Some(number) = named {
            let version = self.shared.version(warm, number)?;
            warm.held.key.verifying(&version.record)?;
            return Ok(alloc::vec![version]);
        }
        // One version in all, as mostly, needs no look into the store.
        if warm.held.key.newest == Some(Number::FIRST)
            && let Some(version) = warm.held.version(Number::FIRST)
        {
            warm.held.key.verifying(&version.record)?;
            return Ok(alloc::vec![Arc::clone(version)]);
        }
        let mut versions = self.shared.versions(warm)?;
        versions.retain(|version| warm.held.key.verifying(&version.record).is_ok());
        if versions.is_empty() {
            warm.held.key.verifying(&warm.held.primary()?.record)?;
        }
        Ok(versions)
    }
}

pub(super) fn verified(version: &HeldVersion) -> Verified {
    Verified { version: version.record.number, compromised: version.record.compromised }
}

pub(super) fn check_spec(warm: &Warm, spec: Spec) -> Result<()> {
    if warm.held.key.spec == spec {
        return Ok(());
    }
    Err(Error::new(Kind::Forbidden, "the key is for another purpose; name one that signs or MACs")
        .about(&warm.held.key.name))
}

/// What a device signed, if the version's public half says so: nobody is handed a fault of the device.
fn fitting(version: &HeldVersion, e: &[u8; 32], signature: Signature) -> Result<Signature> {
    public(version)?.verify_digest(e, &signature).map(|()| signature).map_err(|Rejected| {
        Error::new(
            Kind::Corrupt,
            "the device made a signature that its key's public half does not verify; check the device and its profile",
        )
    })
}

fn public(version: &HeldVersion) -> Result<&PublicKey> {
    let public = version.public.as_deref().map(Public::key);
    public.ok_or(Error::new(Kind::Forbidden, "the key has no public half; name an SM2 key"))
}

/// Hands `input` to `take` chunk by chunk; gives the number of bytes. What fits the stack allocates nothing.
pub(super) fn feed(input: &mut dyn Read, mut take: impl FnMut(&[u8])) -> Result<u64> {
    let mut small = Zeroizing::new([0; 512]);
    let bytes = feed_through(&mut *small, input, &mut take, 512)?;
    if bytes < 512 {
        return Ok(bytes);
    }
    let mut large = Zeroizing::new(alloc::vec![0; CHUNK]);
    Ok(bytes + feed_through(&mut large, input, &mut take, u64::MAX)?)
}

/// The same through one buffer, until so many bytes were handed on or the input ends.
fn feed_through(
    buffer: &mut [u8],
    input: &mut dyn Read,
    take: &mut impl FnMut(&[u8]),
    most: u64,
) -> Result<u64> {
    let mut bytes = 0;
    while bytes < most {
        let room = buffer.len().min(usize::try_from(most - bytes).unwrap_or(usize::MAX));
        match input.read(&mut buffer[..room]) {
            Ok(0) => break,
            Ok(read) => {
                take(&buffer[..read]);
                bytes += read as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(bytes)
}
