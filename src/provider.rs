//! The second joint: who holds root keys (L0) and seals the one master secret (L1) of a logical store.
//!
//! Knows neither stores nor the rows that L1 protects.

use alloc::{string::String, vec::Vec};

use rand_core::CryptoRng;

use crate::{
    error::{Error, Result},
    secret::Secret,
};

mod device;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
mod seal;
pub mod software;

pub use device::{Device, DeviceRoot, Identity, Machine, Permission, Resident, ResidentId, RootId, Roots};

/// Who holds a root key (根密钥提供者): software here, encryption machines in later modules.
pub trait Provider: Send + Sync {
    /// What stands in records and reports: `passphrase`, `keyfile`, a device's name; never a secret.
    fn describe(&self) -> String;

    /// By which the root key is found in a device, and in which; none for a root in software, which calls itself
    /// `passphrase` or `keyfile`. No store is made under another root without a place.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Kind::Unavailable) when the device does not say which it is; that is not to have no place.
    fn place(&self) -> Result<Option<(RootId, Identity)>> {
        Ok(None)
    }

    /// The error of whoever could not make a store under it: names a root key that was made for that store and stays in its
    /// device, since nobody else knows of it.
    fn kept_after(&self, error: Error) -> Error {
        error
    }

    /// Seals the master secret under the root key, bound to `binding` (store id and epoch).
    ///
    /// # Errors
    /// [`Unavailable`](crate::Kind::Unavailable) when the device does not answer;
    /// [`Invalid`](crate::Kind::Invalid) when the root key is none, as an empty passphrase.
    fn seal(&self, master: &Secret<32>, binding: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>>;

    /// Opens what [`seal`](Self::seal) made.
    ///
    /// # Errors
    /// [`Rejected`](crate::Kind::Rejected) for another root key, another binding or altered bytes;
    /// [`Malformed`](crate::Kind::Malformed) for bytes that are no sealed master secret,
    /// [`Unsupported`](crate::Kind::Unsupported) for a kind of seal that this build does not know.
    fn open(&self, sealed: &[u8], binding: &[u8]) -> Result<Secret<32>>;
}
