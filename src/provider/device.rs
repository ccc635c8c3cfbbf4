//! What an encryption machine (密码机) does with keys that never leave it.
//!
//! Knows neither stores nor messages. Whoever asks for the use of a key shows the permission that the key's state gave.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;

use super::Provider;
use crate::{
    error::{Error, Kind, Result},
    key::{Macing, Opening, Sealing, Signing, Spec, Verifying},
    secret::{Secret, SecretBytes},
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

impl Identity {
    /// Whether this is the same device, however it is talked to now: all but the profile is equal.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.manufacturer == other.manufacturer
            && self.model == other.model
            && self.serial == other.serial
            && self.label == other.label
    }
}

/// What people call it: its label and its serial number.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { manufacturer, model, serial, label, .. } = self;
        write!(f, "{label} (serial {serial}, {manufacturer} {model})")
    }
}

/// What a key is called inside a device: 16 random bytes, chosen before it is made, so that whoever was interrupted
/// finds it again. No two keys of any store have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResidentId(pub [u8; 16]);

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

/// An encryption machine (密码机), whatever it is used for.
pub trait Machine: Send + Sync {
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
}

/// An encryption machine that keeps keys and uses them inside.
///
/// A reference is what [`generate`](Self::generate) gave. Where an operation finds no key by it, or several, it fails with
/// [`Missing`](crate::Kind::Missing) or [`Corrupt`](crate::Kind::Corrupt), and nothing is ever made because of that. A device
/// that does not answer is [`Unavailable`](crate::Kind::Unavailable); what it does not offer is
/// [`Unsupported`](crate::Kind::Unsupported).
pub trait Device: Machine {
    /// Whether this is several devices with the same keys, and the one that is named is of them: its keys are found here though
    /// another of them answers. What is used is still the key of a reference, or none.
    fn stands_in_for(&self, device: &Identity) -> bool {
        let _ = device;
        false
    }

    /// Whether keys of this spec can be made and used inside. [`Spec::Sm4`] and [`Spec::HmacSm3`] need HMAC-SM3.
    fn offers(&self, spec: Spec) -> bool;

    /// Makes a key of this id inside: never extractable, for this one purpose. `label` is what people see of it there.
    ///
    /// # Errors
    /// [`Exists`](crate::Kind::Exists) when there is one of this id already.
    fn generate(&self, spec: Spec, id: &ResidentId, label: &str) -> Result<Resident>;

    /// Finds the key that [`generate`](Self::generate) made under this id; `None` when a device that answers has none.
    ///
    /// # Errors
    /// [`Corrupt`](crate::Kind::Corrupt) for several; [`Unavailable`](crate::Kind::Unavailable) when the device does not
    /// answer.
    fn find(&self, spec: Spec, id: &ResidentId) -> Result<Option<Resident>>;

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

    /// HMAC-SM3 of the parts joined; it may derive keys.
    ///
    /// # Errors
    /// As the trait says; [`TooLarge`](crate::Kind::TooLarge) for more than the device takes in one call.
    fn mac(&self, permission: Permission<'_>, reference: &[u8], parts: &[&[u8]]) -> Result<Secret<32>>;

    /// Destroys the key; that none is there any more is success.
    ///
    /// # Errors
    /// As the trait says, but for [`Missing`](crate::Kind::Missing).
    fn destroy(&self, reference: &[u8]) -> Result<()>;

    /// Destroys what an interrupted destruction left of a key that [`find`](Self::find) finds no more, as a public half. A key that
    /// is there stays.
    ///
    /// # Errors
    /// As the trait says, but for [`Missing`](crate::Kind::Missing).
    fn sweep(&self, spec: Spec, id: &ResidentId) -> Result<()>;
}

/// By which a root key is found in a device: 16 random bytes, its identifier there.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RootId(pub [u8; 16]);

impl RootId {
    /// A fresh id.
    pub fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

impl fmt::Display for RootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootId({self})")
    }
}

/// An encryption machine that makes root keys. Only who means to make one calls [`create`](Self::create).
pub trait Roots: Machine {
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

/// A root key in a device, with its place: what a store is made and opened with.
pub struct DeviceRoot {
    inner: Box<dyn Provider>,
    id: RootId,
    device: Identity,
    /// Whether it was made here, for a store that is about to be made.
    made: bool,
}

impl DeviceRoot {
    /// Makes a root key under a fresh id, for a store that is about to be made.
    ///
    /// # Errors
    /// As [`Roots::create`]; they name a key that may have been made all the same.
    pub fn create(roots: &dyn Roots, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Self> {
        let (device, id) = (roots.identity()?, RootId::random(rng));
        match roots.create(&id) {
            Ok(inner) => Ok(Self { inner, id, device, made: true }),
            Err(error) => {
                let may_be_there = match error.kind() {
                    Kind::Unavailable => true,
                    // Looking would be another login with the PIN that was refused.
                    Kind::Denied => false,
                    _ => roots.find(&id).is_ok_and(|found| found.is_some()),
                };
                Err(if may_be_there { kept(&id, &device, "may be", error) } else { error })
            }
        }
    }

    /// The root key for a store that is to be under one: the one that was named, or a new one where `makes` says that this is meant.
    /// `open` gives the device, and is not asked in vain.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) where none is named and none may be made; as [`create`](Self::create) and [`find`](Self::find).
    pub fn for_new<E: From<Error>>(
        named: Option<&RootId>,
        makes: bool,
        rng: &mut (impl CryptoRng + ?Sized),
        open: impl FnOnce() -> Result<Arc<dyn Roots>, E>,
    ) -> Result<Self, E> {
        Ok(match named {
            Some(id) => Self::find(&*open()?, id)?,
            None if makes => Self::create(&*open()?, rng)?,
            None => Err(Error::new(
                Kind::Invalid,
                "only `init`, `root rotate` and `root migrate` make a root key in a device; use one of them, or name one that is there by its id",
            ))?,
        })
    }

    /// Refuses a store's root key `id` where another is named.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid).
    pub fn check_named(id: &RootId, named: Option<&RootId>) -> Result<()> {
        if named.is_some_and(|named| named != id) {
            return Err(Error::new(
                Kind::Invalid,
                "the URI names another root key than the store's; leave its id away, or name the right store",
            ));
        }
        Ok(())
    }

    /// Finds the root key of a store, in the device that made it or in another that has it too. None is ever made.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) when the device has no such key; as [`Roots::find`].
    pub fn find(roots: &dyn Roots, id: &RootId) -> Result<Self> {
        let device = roots.identity()?;
        match roots.find(id)? {
            Some(inner) => Ok(Self { inner, id: *id, device, made: false }),
            None => Err(Error::new(
                Kind::Missing,
                "the device has no such root key, and none is made because of that; name the device that has it",
            )
            .about(format_args!("{id} in {device}"))),
        }
    }
}

impl Provider for DeviceRoot {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn place(&self) -> Result<Option<(RootId, Identity)>> {
        Ok(Some((self.id, self.device.clone())))
    }

    fn seal(&self, master: &Secret<32>, binding: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>> {
        self.inner.seal(master, binding, rng)
    }

    fn open(&self, sealed: &[u8], binding: &[u8]) -> Result<Secret<32>> {
        self.inner.open(sealed, binding)
    }

    fn kept_after(&self, error: Error) -> Error {
        if self.made { kept(&self.id, &self.device, "stays", error) } else { error }
    }
}

/// It is never destroyed because of a failure: somebody else may have found it meanwhile and sealed with it.
fn kept(id: &RootId, device: &Identity, is: &str, error: Error) -> Error {
    let what = "make the store with this key, named by its id, or destroy the key with the device's own tool";
    Error::new(error.kind(), what)
        .about(format_args!("{error}; the root key {id}, which was made for the store, {is} in {device}"))
        .caused_by(error)
}
