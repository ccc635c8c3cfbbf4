//! MACs by keys of the store, over messages of any length here and of bounded length inside a device.
//!
//! What verifies names its version, or is tried against every version that may verify, newest first.

use alloc::{sync::Arc, vec::Vec};
use std::io::Read;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    Kms,
    cache::{HeldVersion, Warm},
    inside::Place,
    reference::{KeyRef, VersionRef},
    sign::{Verified, check_spec, feed, verified},
};
use crate::{
    algo::hmac::HmacSm3,
    error::{Error, Kind, Rejected, Result},
    key::{Number, Protection, Spec, Usage},
    policy::Action,
    provider::Permission,
};

/// The longest message that a device computes a MAC of: it is handed over whole.
const MAX_INSIDE: usize = 16 << 20;

impl Kms {
    /// HMAC-SM3 of a message with the primary; gives its number and the MAC. Of a key inside a device the message has at
    /// most 16 MiB.
    ///
    /// # Errors
    /// As [`sign`](Self::sign); [`TooLarge`](Kind::TooLarge) for a longer one.
    pub fn mac(&self, key: &KeyRef, message: &[u8]) -> Result<(Number, [u8; 32])> {
        self.mac_stream(key, &mut &*message)
    }

    /// [`mac`](Self::mac) of everything that `input` gives.
    ///
    /// # Errors
    /// As [`mac`](Self::mac), and whatever `input` returns.
    pub fn mac_stream(&self, key: &KeyRef, input: &mut dyn Read) -> Result<(Number, [u8; 32])> {
        self.data(Action::Mac, key, |warm| {
            let version = warm.held.primary()?;
            let permit = warm.held.key.macing(&version.record, Usage::default(), warm.now)?;
            let mac = match version.to_mac(&permit, &self.shared.devices)? {
                Place::Here(keyed) => {
                    let mut hmac = keyed.clone();
                    let bytes = feed(input, |chunk| hmac.update(chunk))?;
                    self.spend(warm, version, bytes)?;
                    hmac.finalize()
                }
                Place::Inside(inside) => {
                    let message = whole(input)?;
                    self.spend(warm, version, message.len() as u64)?;
                    *inside.mac(Permission::Macing(&permit), &[&message])?.expose()
                }
            };
            Ok((version.record.number, mac))
        })
    }

    /// Verifies a MAC of 32 bytes.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_mac(&self, key: &VersionRef, message: &[u8], mac: &[u8]) -> Result<Verified> {
        self.verify_mac_stream(key, &mut &*message, mac)
    }

    /// [`verify_mac`](Self::verify_mac) of everything that `input` gives, read once.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), and whatever `input` returns.
    pub fn verify_mac_stream(&self, key: &VersionRef, input: &mut dyn Read, mac: &[u8]) -> Result<Verified> {
        self.data(Action::VerifyMac, &key.key, |warm| {
            check_spec(warm, Spec::HmacSm3)?;
            let mut versions = self.candidates(warm, key.version)?;
            // A destroyed version verifies no MAC: that takes its secret.
            versions.retain(|version| version.material.is_some());
            if warm.held.key.protection == Protection::Hardware {
                return self.verify_inside(warm, &versions, &whole(input)?, mac);
            }
            let mut candidates: Vec<(HmacSm3, Arc<HeldVersion>)> = Vec::new();
            for version in versions {
                let permit = warm.held.key.verifying(&version.record)?;
                if let Place::Here(keyed) = version.to_verify(&permit, &self.shared.devices)? {
                    candidates.push((keyed.clone(), Arc::clone(&version)));
                }
            }
            feed(input, |chunk| candidates.iter_mut().for_each(|(hmac, _)| hmac.update(chunk)))?;
            let fits = |(hmac, version): (HmacSm3, Arc<HeldVersion>)| {
                hmac.verify(mac).ok().map(|()| verified(&version))
            };
            candidates.into_iter().find_map(fits).ok_or_else(|| Rejected.into())
        })
    }

    fn verify_inside(
        &self,
        warm: &Warm,
        versions: &[Arc<HeldVersion>],
        message: &[u8],
        mac: &[u8],
    ) -> Result<Verified> {
        for version in versions {
            let permit = warm.held.key.verifying(&version.record)?;
            if let Place::Inside(inside) = version.to_verify(&permit, &self.shared.devices)? {
                let expected = inside.mac(Permission::Verifying(&permit), &[message])?;
                if bool::from(expected.expose().as_slice().ct_eq(mac)) {
                    return Ok(verified(version));
                }
            }
        }
        Err(Rejected.into())
    }
}

/// Everything that `input` gives, for a device.
fn whole(input: &mut dyn Read) -> Result<Zeroizing<Vec<u8>>> {
    let mut message = Zeroizing::new(Vec::new());
    input.take(MAX_INSIDE as u64 + 1).read_to_end(&mut message)?;
    if message.len() > MAX_INSIDE {
        return Err(Error::new(
            Kind::TooLarge,
            "a device computes the MAC of at most 16 MiB at once; compute it of the message's SM3",
        ));
    }
    Ok(message)
}
