//! Keys inside devices: which devices are attached, what the store remembers of a key in one, and its use there.
//!
//! A version's material is a residence then: 1 manufacturer, 2 model, 3 serial number, 4 label of the device, 5 the
//! key's id there, 6 the reference by which the device finds it, 7 the store that had it made: none but that one has it
//! destroyed. Knows no state: whoever uses a key shows a permission.

use alloc::{sync::Arc, vec::Vec};

use arc_swap::ArcSwap;

use super::StoreId;
use crate::{
    algo::{
        hkdf::{self, Prk},
        hmac,
        sm2::{Ciphertext, Encoding, Signature},
    },
    error::{Error, Kind, Result},
    field::{Reader, Writer},
    key::{Opening, Signing, Spec},
    label,
    provider::{Device, Identity, Permission, ResidentId},
    secret::{Secret, SecretBytes},
};

/// Where a key lives.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Residence {
    pub(super) device: Identity,
    pub(super) id: ResidentId,
    pub(super) reference: Vec<u8>,
    /// The store that had it made; a store that was restored from its backup is another.
    pub(super) maker: StoreId,
}

/// The devices that are attached to a store in this process.
pub(super) struct Devices(ArcSwap<Vec<(Identity, Arc<dyn Device>)>>);

/// A key inside a device that is attached.
pub(super) struct Inside<'a> {
    device: Arc<dyn Device>,
    reference: &'a [u8],
}

/// A key inside a device that expands under a permission, by MACs.
pub(super) struct Expanding<'a> {
    inside: Inside<'a>,
    permission: Permission<'a>,
}

/// Where what a permission is for is done: here with `T`, or inside a device.
pub(super) enum Place<'a, T> {
    Here(&'a T),
    Inside(Inside<'a>),
}

/// The longest reference of a device to a key.
const MAX_REFERENCE: usize = 256;

impl Residence {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        put_identity(&mut out, 1, &self.device);
        out.bytes(5, &self.id.0);
        out.bytes(6, &self.reference);
        out.bytes(7, self.maker.as_bytes());
        out.finish()
    }

    pub(super) fn decode(material: &[u8]) -> Result<Self> {
        let mut from = Reader::new(material);
        let residence = Self {
            device: read_identity(&mut from, 1)?,
            id: ResidentId(from.array(5)?),
            reference: from.bytes(6)?.to_vec(),
            maker: StoreId::from_bytes(from.array(7)?),
        };
        from.finish()?;
        Ok(residence)
    }

    /// By which a record of a key in a device is recognised: `HMAC-SM3[label](spec ‖ id ‖ public half)`, 8 bytes.
    pub(super) fn check_value(&self, spec: Spec, public: Option<&[u8; 65]>) -> [u8; 8] {
        let public = public.map_or(&[][..], |public| public);
        let mut value = [0; 8];
        value.copy_from_slice(&hmac::mac(label::CHECK_VALUE, &[&[spec as u8], &self.id.0, public])[..8]);
        value
    }

    pub(super) const fn is_short(reference: &[u8]) -> bool {
        !reference.is_empty() && reference.len() <= MAX_REFERENCE
    }
}

impl Devices {
    pub(super) fn new() -> Self {
        Self(ArcSwap::default())
    }

    /// Adds a device; one of the same identity is replaced.
    pub(super) fn attach(&self, identity: &Identity, device: &Arc<dyn Device>) {
        self.0.rcu(|devices| {
            let mut devices = Vec::clone(devices);
            devices.retain(|(known, _)| !known.is_same(identity));
            devices.push((identity.clone(), Arc::clone(device)));
            devices
        });
    }

    pub(super) fn identities(&self) -> Vec<Identity> {
        self.0.load().iter().map(|(identity, _)| identity.clone()).collect()
    }

    pub(super) fn find(&self, wanted: &Identity) -> Option<Arc<dyn Device>> {
        let devices = self.0.load();
        let itself = devices.iter().find(|(identity, _)| identity.is_same(wanted));
        // Of several with the same keys, whichever answered when they were attached.
        let found = itself.or_else(|| devices.iter().find(|(_, device)| device.stands_in_for(wanted)));
        found.map(|(_, device)| Arc::clone(device))
    }

    pub(super) fn get(&self, wanted: &Identity) -> Result<Arc<dyn Device>> {
        self.find(wanted).ok_or_else(|| {
            Error::new(
                Kind::Unavailable,
                "the key lives in a device that is not attached; attach it and try again",
            )
            .about(wanted)
        })
    }

    /// The one attached device that keys of this spec are to be made in: the one called so, by its label or serial
    /// number, or else the only one that offers them.
    pub(super) fn for_new(&self, spec: Spec, called: Option<&str>) -> Result<(Identity, Arc<dyn Device>)> {
        let devices = self.0.load();
        let is_called =
            |identity: &Identity| called.is_none_or(|name| identity.label == name || identity.serial == name);
        let called: Vec<_> = devices.iter().filter(|(identity, _)| is_called(identity)).collect();
        if called.is_empty() {
            return Err(Error::new(
                Kind::Unavailable,
                "no such device is attached; attach the one that the key is to live in",
            ));
        }
        let mut offering = called.into_iter().filter(|(_, device)| device.offers(spec));
        match (offering.next(), offering.next()) {
            (Some(one), None) => Ok(one.clone()),
            (None, _) => {
                // One that does not answer offers nothing either.
                devices.iter().try_for_each(|(_, device)| device.check_health())?;
                Err(unsupported().about(spec))
            }
            _ => Err(Error::new(Kind::Invalid, "several devices offer such keys; name one of them")),
        }
    }
}

pub(super) fn unsupported() -> Error {
    Error::new(
        Kind::Unsupported,
        "the device offers no keys of this spec; choose another spec, another device or software protection",
    )
}

impl<'a> Inside<'a> {
    pub(super) fn new(residence: &'a Residence, devices: &Devices) -> Result<Self> {
        Ok(Self { device: devices.get(&residence.device)?, reference: &residence.reference })
    }

    pub(super) const fn expanding(self, permission: Permission<'a>) -> Expanding<'a> {
        Expanding { inside: self, permission }
    }

    /// Whatever the device gives is no signature until it was verified.
    pub(super) fn sign(&self, permission: &Signing<'_>, e: &[u8; 32]) -> Result<Signature> {
        let signature = self.device.sign(permission, self.reference, e)?;
        Ok(Signature::from_bytes(&signature)?)
    }

    pub(super) fn decrypt(
        &self,
        permission: &Opening<'_>,
        ciphertext: &[u8],
        encoding: Encoding,
    ) -> Result<SecretBytes> {
        // Whatever is no ciphertext, or holds no point of the curve, does not get into the device.
        let ciphertext = Ciphertext::parse(ciphertext, encoding)?.to_bytes(Encoding::C1C3C2);
        self.device.decrypt(permission, self.reference, &ciphertext)
    }

    pub(super) fn mac(&self, permission: Permission<'_>, parts: &[&[u8]]) -> Result<Secret<32>> {
        self.device.mac(permission, self.reference, parts)
    }
}

impl Prk for Expanding<'_> {
    type Failure = Error;

    fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Result<()> {
        hkdf::expand_with(|parts| self.inside.mac(self.permission, parts), info, out)
    }
}

/// Four fields from `first` on; how a device is talked to is not remembered.
pub(super) fn put_identity(out: &mut Writer, first: u8, identity: &Identity) {
    let Identity { manufacturer, model, serial, label, .. } = identity;
    for (tag, text) in (first..).zip([manufacturer, model, serial, label]) {
        out.bytes(tag, text.as_bytes());
    }
}

pub(super) fn read_identity(from: &mut Reader<'_>, first: u8) -> Result<Identity> {
    Ok(Identity {
        manufacturer: from.text(first)?,
        model: from.text(first + 1)?,
        serial: from.text(first + 2)?,
        label: from.text(first + 3)?,
        profile: alloc::string::String::new(),
    })
}
