//! What an encryption machine (密码机) does with keys that never leave it.
//!
//! Knows neither stores nor messages. Whoever asks for the use of a key shows the permission that the key's state gave.

use alloc::{boxed::Box, string::String, vec::Vec};

use super::Provider;
use crate::{
    error::Result,
    key::{KeyId, Macing, Number, Opening, Sealing, Signing, Spec, Verifying},
    secret::SecretBytes,
};

/// Who a device is and how it is talked to; unverified, as the device says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who made it.
    pub manufacturer: String,
    /// Which product.
    pub model: String,
    /// Its serial number.
    pub serial: String,
    /// The name of the token or of the device.
    pub label: String,
    /// The profile that says how it is talked to.
    pub profile: String,
}

/// A key that was made inside a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resident {
    /// By which this device, or another with the same key, finds it again: at most 256 bytes, no secret.
    pub reference: Vec<u8>,
    /// The public half of an SM2 key: 04 ‖ x ‖ y.
    pub public: Option<[u8; 65]>,
}

/// The permission that a MAC is made under: a key that wraps derives with MACs.
#[derive(Clone, Copy, Debug)]
pub enum Permission<'a> {
    /// To encrypt or wrap.
    Sealing(&'a Sealing<'a>),
    /// To decrypt or unwrap.
    Opening(&'a Opening<'a>),
    /// To compute a MAC.
    Macing(&'a Macing<'a>),
    /// To verify one.
    Verifying(&'a Verifying<'a>),
}

/// An encryption machine that keeps keys and uses them inside.
///
/// A reference is what [`generate`](Self::generate) gave. Where an operation finds no key by it, or several, it fails with
/// [`Missing`](crate::Kind::Missing) or [`Corrupt`](crate::Kind::Corrupt), and nothing is ever made because of that. A device
/// that does not answer is [`Unavailable`](crate::Kind::Unavailable); what it does not offer is
/// [`Unsupported`](crate::Kind::Unsupported).
pub trait Device: Send + Sync {
    /// Who it is.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Kind::Unavailable).
    fn identity(&self) -> Result<Identity>;

    /// Whether it answers, and its keys can be used.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Kind::Unavailable), with what to do about it.
    fn check_health(&self) -> Result<()>;

    /// Whether keys of this spec can be made and used inside. [`Spec::Sm4`] and [`Spec::HmacSm3`] need HMAC-SM3.
    fn offers(&self, spec: Spec) -> bool;

    /// Makes a key inside for this version: never extractable, for this one purpose.
    ///
    /// # Errors
    /// [`Exists`](crate::Kind::Exists) when there is one for this version already.
    fn generate(&self, spec: Spec, key: &KeyId, number: Number) -> Result<Resident>;

    /// SM2 signature of a digest `e = SM3(Z ‖ M)` (GB/T 32918.2-2016 §6): r ‖ s.
    ///
    /// # Errors
    /// As the trait says.
    fn sign(&self, permission: &Signing<'_>, reference: &[u8], e: &[u8; 32]) -> Result<[u8; 64]>;

    /// SM2 decryption of `04 ‖ x ‖ y ‖ C3 ‖ C2` (GB/T 32918.4-2016 §7).
    ///
    /// # Errors
    /// [`Rejected`](crate::Kind::Rejected) for a ciphertext of another key, or an altered one.
    fn decrypt(&self, permission: &Opening<'_>, reference: &[u8], ciphertext: &[u8]) -> Result<SecretBytes>;

    /// HMAC-SM3 of the parts joined; what derives keys is secret.
    ///
    /// # Errors
    /// As the trait says.
    fn mac(&self, permission: Permission<'_>, reference: &[u8], parts: &[&[u8]]) -> Result<[u8; 32]>;

    /// Destroys the key; that none is there any more is success.
    ///
    /// # Errors
    /// As the trait says, but for [`Missing`](crate::Kind::Missing).
    fn destroy(&self, reference: &[u8]) -> Result<()>;
}

/// By which a root key is found in a device: 16 random bytes, its identifier there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RootId(pub [u8; 16]);

/// An encryption machine that makes root keys. Only who means to make one calls [`create`](Self::create).
pub trait Roots: Send + Sync {
    /// Makes a root key of this identifier inside, after a look that there is none.
    ///
    /// # Errors
    /// [`Exists`](crate::Kind::Exists) when there is one; [`Unavailable`](crate::Kind::Unavailable) when the device does not
    /// answer or nobody is logged in.
    fn create(&self, id: &RootId) -> Result<Box<dyn Provider>>;

    /// Finds the root key of this identifier; `None` when a device that answers has none.
    ///
    /// # Errors
    /// [`Corrupt`](crate::Kind::Corrupt) for several; [`Unavailable`](crate::Kind::Unavailable) when the device does not answer.
    fn find(&self, id: &RootId) -> Result<Option<Box<dyn Provider>>>;
}
