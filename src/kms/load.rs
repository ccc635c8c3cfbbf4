//! From the store into the cache: keys, their versions, and where names point, every row checked.
//!
//! Knows what is read when; how long it is believed the cache says.

use alloc::{sync::Arc, vec::Vec};

use super::{
    cache::{HARD, Held, HeldVersion, Material, Warm},
    clock::Tick,
    inside::Residence,
    ledger::Ledger,
    public::Public,
    reference::KeyRef,
    shared::{Live, Shared},
    tx::{alias_row, key_id, key_row, missing_key, missing_version, version_row},
};
use crate::{
    algo::{
        hmac::HmacSm3,
        sm2::{PrivateKey, PublicKey},
    },
    error::{Error, Kind, Result},
    key::{Key, KeyId, Number, Protection, Spec, Version},
    store::{Name, Revision, Row, Table, each_row},
};

/// How often a key that somebody keeps changing is read again.
const READS: usize = 16;

impl Shared {
    /// The snapshot of a key, warm or read now.
    pub(super) fn warm(&self, key: &KeyRef) -> Result<Warm> {
        let live = self.live();
        let id = match key {
            KeyRef::Id(id) => *id,
            KeyRef::Name(name) => match live.cache.id(name) {
                Some(id) => id,
                None => {
                    let id = self.row(&alias_row(name))?.ok_or_else(|| missing_key(key))?;
                    let id = key_id(&id.body)?;
                    live.cache.put_name(name, id);
                    id
                }
            },
        };
        self.warm_id(&live, &id)
    }

    fn warm_id(&self, live: &Live, id: &KeyId) -> Result<Warm> {
        let now = Tick::now();
        match live.cache.get(id) {
            Some(held) if now.since(held.read_at) < HARD => Ok(Warm::at(held, now)),
            found => {
                let _turn = live.loading(id);
                // Another thread may have read it meanwhile.
                if let Some(held) = live.cache.get(id).filter(|held| now.since(held.read_at) < HARD) {
                    return Ok(Warm::at(held, Tick::now()));
                }
                let held = self.load(live, id, &[]).map_err(|error| match (found, error.kind()) {
                    (Some(_), Kind::Unavailable | Kind::Busy | Kind::Io) => Error::new(
                        Kind::Stale,
                        "what is known of the key is too old, and the store does not answer; bring it back",
                    )
                    .caused_by(error),
                    _ => error,
                })?;
                Ok(Warm::at(held, Tick::now()))
            }
        }
    }

    /// The key that a token's hint means.
    pub(super) fn hinted(&self, hint: [u8; 4]) -> Result<Option<Warm>> {
        let live = self.live();
        if let Some(held) = live.cache.hinted(hint) {
            return self.warm_id(&live, &held.key.id).map(Some);
        }
        if live.is_unknown(&hint) {
            return Ok(None);
        }
        let Some(row) = self.store.scan(Table::Key, &hint, None, 1)?.pop() else {
            live.remember_unknown(&hint);
            return Ok(None);
        };
        self.warm_id(&live, &key_id(&row.name.name)?).map(Some)
    }

    /// A version of a warm key; one that is not cached is read, at most once a second where there is none.
    pub(super) fn version(&self, warm: &Warm, number: Number) -> Result<Arc<HeldVersion>> {
        if let Some(version) = warm.held.version(number) {
            return Ok(Arc::clone(version));
        }
        let (live, id) = (self.live(), warm.held.key.id);
        let missing = || missing_version(&warm.held.key, number);
        if let Some(version) = live.cache.get(&id).as_ref().and_then(|held| held.version(number)) {
            return Ok(Arc::clone(version));
        }
        let name = version_row(&id, number);
        if live.is_unknown(&name.name) {
            return Err(missing());
        }
        if self.row(&name)?.is_none() {
            live.remember_unknown(&name.name);
            return Err(missing());
        }
        let _turn = live.loading(&id);
        self.load(&live, &id, &[number])?.version(number).map(Arc::clone).ok_or_else(missing)
    }

    /// Every version of a key, newest first.
    pub(super) fn versions(&self, warm: &Warm) -> Result<Vec<Arc<HeldVersion>>> {
        let (live, id) = (self.live(), warm.held.key.id);
        let mut numbers = Vec::new();
        each_row(&*self.store, Table::Version, id.as_bytes(), |row| {
            numbers.extend(number_of(&row));
            Ok(())
        })?;
        let _turn = live.loading(&id);
        let held = self.load(&live, &id, &numbers)?;
        Ok(held.versions.iter().rev().map(Arc::clone).collect())
    }

    /// Reads a key that is cached again.
    pub(super) fn reload(&self, live: &Live, id: &KeyId) -> Result<()> {
        let _turn = live.loading(id);
        self.load(live, id, &[]).map(|_| ())
    }

    /// Reads a key, its primary, the versions cached before and `wanted`, into the cache, while it is the key's turn.
    fn load(&self, live: &Live, id: &KeyId, wanted: &[Number]) -> Result<Arc<Held>> {
        for _ in 0..READS {
            let held = self.read(live, id, wanted)?;
            // A rotation between two reads would leave a primary that is out of use already: both are of one state, or read again.
            if self.row(&key_row(id))?.is_some_and(|row| row.revision == held.revision) {
                live.cache.put(&held);
                return Ok(held);
            }
        }
        Err(Error::new(Kind::Busy, "the key changes faster than it can be read; try again").about(id))
    }

    fn read(&self, live: &Live, id: &KeyId, wanted: &[Number]) -> Result<Arc<Held>> {
        let (read_at, store_time) = (Tick::now(), self.store.now()?);
        let old = live.cache.get(id);
        let row = self.row(&key_row(id))?.ok_or_else(|| missing_key(&KeyRef::Id(*id)))?;
        check_newer(row.revision, old.as_ref().map(|old| old.revision), id)?;
        let key = Key::decode(&row.body)?;
        let mut numbers: Vec<Number> = wanted.to_vec();
        numbers.extend(key.primary);
        numbers.extend(old.iter().flat_map(|old| &old.versions).map(|version| version.record.number));
        numbers.sort_unstable();
        numbers.dedup();
        let mut versions = Vec::with_capacity(numbers.len());
        for number in numbers {
            if let Some(row) = self.row(&version_row(id, number))? {
                let known = old.as_ref().and_then(|old| old.version(number));
                check_newer(row.revision, known.map(|known| known.revision), id)?;
                versions.push(self.held_version(&key, &row, known)?);
            }
        }
        let ledger =
            old.map_or_else(|| Arc::new(Ledger::new(*id, &live.pending)), |old| Arc::clone(&old.ledger));
        Ok(Arc::new(Held { key, revision: row.revision, versions, read_at, store_time, ledger }))
    }

    /// A version with its secret: the one unwrapped before where it is the same.
    fn held_version(
        &self,
        key: &Key,
        row: &Row,
        known: Option<&Arc<HeldVersion>>,
    ) -> Result<Arc<HeldVersion>> {
        let record = Version::decode(&row.body)?;
        if let Some(known) = known.filter(|known| known.revision == row.revision) {
            return Ok(Arc::clone(known));
        }
        let same = known.filter(|known| known.record.material == record.material);
        let material = match (&record.material, same) {
            (None, _) => None,
            (Some(_), Some(same)) => same.material.clone(),
            (Some(material), None) => Some(self.material(key, record.number, material)?),
        };
        let same_public = known.filter(|known| known.record.public == record.public);
        let public = match (record.public, same_public.and_then(|known| known.public.clone())) {
            (Some(_), Some(public)) => Some(public),
            (point, _) => {
                let key = point.map(|point| PublicKey::from_bytes(&point)).transpose()?;
                key.map(|key| Arc::new(Public::new(key)))
            }
        };
        let budget = known.map_or_else(Arc::default, |known| Arc::clone(&known.budget));
        Ok(Arc::new(HeldVersion { record, revision: row.revision, material, public, budget }))
    }

    /// A secret unwrapped; of a key inside a device, where it lives, without a question to the device.
    fn material(&self, key: &Key, number: Number, material: &[u8]) -> Result<Material> {
        if key.protection == Protection::Hardware {
            return Ok(Material::Inside(Arc::new(Residence::decode(material)?)));
        }
        let secret = self.master.unwrap_version((&key.id, number, key.spec), material)?;
        Ok(match key.spec {
            Spec::Sm4 => Material::Secret(Arc::new(secret)),
            Spec::HmacSm3 => Material::Mac(Arc::new(HmacSm3::new(secret.expose()))),
            Spec::Sm2Sign | Spec::Sm2Encrypt => {
                Material::Sm2(Arc::new(PrivateKey::from_bytes(secret.expose())?))
            }
        })
    }

    /// A row, if there is one and it is genuine.
    pub(super) fn row(&self, name: &Name) -> Result<Option<Row>> {
        let row = self.store.read(name)?;
        row.as_ref().map_or(Ok(()), |row| self.master.check_row(row))?;
        Ok(row.filter(|row| row.name == *name))
    }
}

impl Warm {
    fn at(held: Arc<Held>, tick: Tick) -> Self {
        let now = held.store_time.plus(tick.since(held.read_at));
        Self { held, now }
    }
}

/// A row that this process saw newer was put back by somebody.
fn check_newer(found: Revision, seen: Option<Revision>, id: &KeyId) -> Result<()> {
    if seen.is_some_and(|seen| found < seen) {
        return Err(Error::new(
            Kind::RolledBack,
            "a record of the key went back to an older state; find out who changed the store",
        )
        .about(id));
    }
    Ok(())
}

/// The number in the name of a version's row.
fn number_of(row: &Row) -> Option<Number> {
    row.name.name.last_chunk().map(|number| u32::from_be_bytes(*number)).and_then(Number::new)
}
