//! What is kept of keys in use: immutable snapshots behind atomic pointers, so that a warm key costs no lock and no I/O.
//!
//! Knows no store; whoever loads a snapshot puts it here, and its age decides how long it is believed.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};

use arc_swap::ArcSwap;

use super::{
    budget::Budget,
    clock::Tick,
    inside::{Devices, Expanding, Inside, Place, Residence},
    ledger::Ledger,
    public::Public,
    tx::missing_version,
};
use crate::{
    algo::{hmac::HmacSm3, sm2::PrivateKey},
    error::{Error, Kind, Result},
    key::{Key, KeyId, KeyName, Macing, Number, Opening, Sealing, Signing, Span, Time, Verifying, Version},
    provider::Permission,
    secret::Secret,
    store::Revision,
};

/// Past this age a snapshot is read again in the background.
pub(super) const SOFT: Span = Span(60_000);
/// Past this age it is not used.
pub(super) const HARD: Span = Span(300_000);

/// A key as it was when it was read, with the versions that were asked for.
pub(super) struct Held {
    pub(super) key: Key,
    pub(super) revision: Revision,
    /// In ascending order of number.
    pub(super) versions: Vec<Arc<HeldVersion>>,
    /// When reading began, so that age is never underrated.
    pub(super) read_at: Tick,
    pub(super) store_time: Time,
    pub(super) ledger: Arc<Ledger>,
}

/// A version with its secret unwrapped.
pub(super) struct HeldVersion {
    pub(super) record: Version,
    pub(super) revision: Revision,
    pub(super) material: Option<Material>,
    pub(super) public: Option<Arc<Public>>,
    pub(super) budget: Arc<Budget>,
}

/// A version's secret, ready for its one purpose and wiped on drop; or where it lives.
///
/// Each in memory of exactly its size: a small one in the room of a large one would bring along, and never wipe, what the stack held there.
#[derive(Clone)]
pub(super) enum Material {
    Secret(Arc<Secret<32>>),
    Mac(Arc<HmacSm3>),
    Sm2(Arc<PrivateKey>),
    Inside(Arc<Residence>),
}

/// What expands for whoever has the permission: a secret here, or a device under that permission.
pub(super) enum Expander<'a> {
    Here(&'a Secret<32>),
    Inside(Expanding<'a>),
}

/// A snapshot and the time it is used at.
pub(super) struct Warm {
    pub(super) held: Arc<Held>,
    pub(super) now: Time,
}

/// Snapshots by id, ids by name. A shard is replaced whole, so it is kept small.
pub(super) struct Cache {
    keys: Shards<KeyId, Arc<Held>>,
    names: Shards<KeyName, KeyId>,
}

type Shards<K, V> = Box<[ArcSwap<BTreeMap<K, V>>]>;

const SHARDS: usize = 256;

impl Held {
    /// The version that protects new data.
    pub(super) fn primary(&self) -> Result<&HeldVersion> {
        let number = self.key.primary.ok_or_else(|| {
            Error::new(Kind::Forbidden, "the key has no active version; import its material first")
                .about(&self.key.name)
        })?;
        Ok(self.version(number).ok_or_else(|| missing_version(&self.key, number))?)
    }

    pub(super) fn version(&self, number: Number) -> Option<&Arc<HeldVersion>> {
        let place = self.versions.binary_search_by_key(&number, |version| version.record.number);
        place.ok().map(|place| &self.versions[place])
    }
}

/// A secret is handed out to whoever holds the permission for its purpose; a device is asked with that permission.
impl HeldVersion {
    pub(super) fn to_seal<'a>(&'a self, permit: &'a Sealing<'a>, devices: &Devices) -> Result<Expander<'a>> {
        self.expander(Permission::Sealing(permit), devices)
    }

    pub(super) fn to_open<'a>(&'a self, permit: &'a Opening<'a>, devices: &Devices) -> Result<Expander<'a>> {
        self.expander(Permission::Opening(permit), devices)
    }

    pub(super) fn to_decrypt(&self, _: &Opening<'_>, devices: &Devices) -> Result<Place<'_, PrivateKey>> {
        self.sm2(devices)
    }

    pub(super) fn to_sign(&self, _: &Signing<'_>, devices: &Devices) -> Result<Place<'_, PrivateKey>> {
        self.sm2(devices)
    }

    pub(super) fn to_mac(&self, _: &Macing<'_>, devices: &Devices) -> Result<Place<'_, HmacSm3>> {
        self.mac(devices)
    }

    /// Verifying a MAC takes the same secret as making one.
    pub(super) fn to_verify(&self, _: &Verifying<'_>, devices: &Devices) -> Result<Place<'_, HmacSm3>> {
        self.mac(devices)
    }

    /// Without a permission: for the tripwire, which asks whether a ciphertext is genuine and hands nothing out. No
    /// device is asked so.
    pub(super) fn secret(&self) -> Result<&Secret<32>> {
        match &self.material {
            Some(Material::Secret(secret)) => Ok(secret),
            _ => Err(gone()),
        }
    }

    fn expander<'a>(&'a self, permission: Permission<'a>, devices: &Devices) -> Result<Expander<'a>> {
        match &self.material {
            Some(Material::Secret(secret)) => Ok(Expander::Here(secret)),
            Some(Material::Inside(residence)) => {
                Ok(Expander::Inside(Inside::new(residence, devices)?.expanding(permission)))
            }
            _ => Err(gone()),
        }
    }

    fn mac(&self, devices: &Devices) -> Result<Place<'_, HmacSm3>> {
        match &self.material {
            Some(Material::Mac(keyed)) => Ok(Place::Here(keyed)),
            Some(Material::Inside(residence)) => Ok(Place::Inside(Inside::new(residence, devices)?)),
            _ => Err(gone()),
        }
    }

    fn sm2(&self, devices: &Devices) -> Result<Place<'_, PrivateKey>> {
        match &self.material {
            Some(Material::Sm2(key)) => Ok(Place::Here(key)),
            Some(Material::Inside(residence)) => Ok(Place::Inside(Inside::new(residence, devices)?)),
            _ => Err(gone()),
        }
    }
}

impl Cache {
    pub(super) fn new() -> Self {
        Self {
            keys: (0..SHARDS).map(|_| ArcSwap::default()).collect(),
            names: (0..SHARDS).map(|_| ArcSwap::default()).collect(),
        }
    }

    pub(super) fn get(&self, id: &KeyId) -> Option<Arc<Held>> {
        self.keys(id).load().get(id).map(Arc::clone)
    }

    pub(super) fn id(&self, name: &KeyName) -> Option<KeyId> {
        self.names(name).load().get(name).copied()
    }

    /// The snapshot of the key whose id starts with `hint`; a store has one at most.
    pub(super) fn hinted(&self, hint: [u8; 4]) -> Option<Arc<Held>> {
        let mut first = [0; 16];
        first[..4].copy_from_slice(&hint);
        let first = KeyId::from_bytes(first);
        let shard = self.keys(&first).load();
        shard.range(first..).next().filter(|(id, _)| id.hint() == hint).map(|(_, held)| Arc::clone(held))
    }

    pub(super) fn put(&self, held: &Arc<Held>) {
        self.keys(&held.key.id).rcu(|keys| {
            let mut keys = BTreeMap::clone(keys);
            let newer = |old: &Arc<Held>| old.revision <= held.revision;
            if keys.get(&held.key.id).is_none_or(newer) {
                keys.insert(held.key.id, Arc::clone(held));
            }
            keys
        });
    }

    pub(super) fn put_name(&self, name: &KeyName, id: KeyId) {
        self.names(name).rcu(|names| {
            let mut names = BTreeMap::clone(names);
            names.insert(name.clone(), id);
            names
        });
    }

    pub(super) fn forget(&self, id: &KeyId) {
        if self.get(id).is_some() {
            self.keys(id).rcu(|keys| {
                let mut keys = BTreeMap::clone(keys);
                keys.remove(id);
                keys
            });
        }
    }

    pub(super) fn forget_name(&self, name: &KeyName) {
        if self.id(name).is_some() {
            self.names(name).rcu(|names| {
                let mut names = BTreeMap::clone(names);
                names.remove(name);
                names
            });
        }
    }

    pub(super) fn clear(&self) {
        self.keys.iter().for_each(|shard| shard.store(Arc::default()));
        self.names.iter().for_each(|shard| shard.store(Arc::default()));
    }

    /// Everything that is cached now.
    pub(super) fn all(&self) -> impl Iterator<Item = Arc<Held>> {
        self.keys.iter().flat_map(|shard| shard.load().values().cloned().collect::<Vec<_>>())
    }

    fn keys(&self, id: &KeyId) -> &ArcSwap<BTreeMap<KeyId, Arc<Held>>> {
        &self.keys[usize::from(id.as_bytes()[0])]
    }

    fn names(&self, name: &KeyName) -> &ArcSwap<BTreeMap<KeyName, KeyId>> {
        let mixed = name
            .as_str()
            .bytes()
            .fold(0u32, |mixed, byte| (mixed ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        &self.names[(mixed >> 8) as usize % SHARDS]
    }
}

fn gone() -> Error {
    Error::new(Kind::Forbidden, "the version's secret is gone; it was destroyed")
}
