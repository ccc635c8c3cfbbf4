//! Keys made and destroyed inside devices, in steps that the store knows of before they are done.
//!
//! A row `resident ‖ id` in table 1 says that a key of this id is being made in a device, or has to be destroyed there.
//! It is committed first; the commit that lets a version use the key removes it. A kill in between leaves the row, and
//! `maintain` destroys what it names. Row: 1 step, 2 to 5 the device, 6 spec, 7 since, 8 key id, 9 key name, 10 version,
//! 11 the store that had the key made. A key of another store, as in a store that was restored, is forgotten instead.

use alloc::vec::Vec;

use rand_core::Rng as _;

use super::{
    Kms, StoreId,
    clock::Tick,
    inside::{Residence, put_identity, read_identity, unsupported},
    manage::identifier_row,
    rng,
    tx::{Tx, version_row},
};
use crate::{
    algo::sm2::PublicKey,
    error::{Error, Kind, Result},
    field::{Reader, Writer, malformed},
    key::{Key, KeyId, KeyName, Number, Span, Spec, Time, Version},
    policy::Action,
    provider::{Identity, Resident, ResidentId},
    store::{Name, Table},
};

/// A key inside a device that a change asks for, or has got.
#[derive(Default)]
pub(super) struct Supply {
    /// The device that new keys are to be made in, by its label or serial number.
    pub(super) called: Option<alloc::string::String>,
    made: Option<Made>,
    wanted: Option<Wanted>,
}

/// What a change wants made before it can be prepared.
#[derive(Clone, PartialEq, Eq)]
struct Wanted {
    spec: Spec,
    key: KeyId,
    name: KeyName,
    number: Number,
    /// The device of the key's other versions, where there are any.
    device: Option<Identity>,
    called: Option<alloc::string::String>,
}

/// A key that was made inside a device and belongs to no version yet.
#[derive(Clone)]
struct Made {
    wanted: Wanted,
    residence: Residence,
    public: Option<[u8; 65]>,
}

/// What the row says.
pub(super) struct Journal {
    pub(super) step: Step,
    pub(super) device: Identity,
    pub(super) spec: Spec,
    pub(super) since: Time,
    pub(super) key: KeyId,
    pub(super) name: KeyName,
    pub(super) number: Number,
    pub(super) maker: StoreId,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Step {
    Making = 1,
    Doomed = 2,
}

pub(super) const PREFIX: &[u8] = b"resident";
/// After so long nobody is making the key any more.
const GIVEN_UP: Span = Span(60 * 60 * 1000);
/// How often a key is made anew because others changed what it was made for.
const ROUNDS: u32 = 5;

impl Kms {
    /// Prepares and commits a change; where it needs a key inside a device, that is made between two tries.
    pub(super) fn transact<T>(&self, mut prepare: impl FnMut(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let mut made: Option<Made> = None;
        for _ in 0..ROUNDS {
            let mut wanted = None;
            let done = self.shared.transact(&self.principal, |tx| {
                tx.supply = Supply { made: made.clone(), ..Supply::default() };
                let value = prepare(tx);
                wanted = tx.supply.wanted.take();
                value
            });
            if let Some(made) = made.take() {
                // No row, no doubt: the change was committed with it.
                self.give_up(&made.residence.id);
            }
            match wanted {
                Some(wanted) => made = Some(self.make_inside(wanted)?),
                None => return done,
            }
        }
        self.given_up(made);
        Err(Error::new(Kind::Conflict, "others kept changing the key; try again when it is less busy"))
    }

    fn given_up(&self, made: Option<Made>) {
        made.iter().for_each(|made| self.give_up(&made.residence.id));
    }

    /// Makes a key inside a device, which the store knows of before.
    fn make_inside(&self, wanted: Wanted) -> Result<Made> {
        let devices = &self.shared.devices;
        let (device, machine) = match &wanted.device {
            Some(device) => (device.clone(), devices.get(device)?),
            None => devices.for_new(wanted.spec, wanted.called.as_deref())?,
        };
        if !machine.offers(wanted.spec) {
            machine.check_health()?;
            return Err(unsupported().about(&device));
        }
        let mut id = ResidentId([0; 16]);
        rng()?.fill_bytes(&mut id.0);
        let Wanted { spec, key, name, number, .. } = wanted.clone();
        self.shared.transact(&self.principal, |tx| {
            let journal = Journal {
                step: Step::Making,
                device: device.clone(),
                spec,
                since: tx.now,
                key,
                name: name.clone(),
                number,
                maker: self.shared.id,
            };
            tx.put(row(&id), journal.encode());
            tx.note(Action::Create, Some(key), Some(number), alloc::format!("begun inside {device}"));
            Ok(())
        })?;
        let begun = Tick::now();
        let made = machine.generate(spec, &id, &alloc::format!("miyao {name}:{number}"));
        match made.and_then(|resident| checked(spec, resident)) {
            Ok(Resident { reference, public }) => {
                if Tick::now().since(begun).0 >= GIVEN_UP.0 / 2 {
                    // Others may have given it up and looked for it in vain, so that the row is gone.
                    let destroyed = machine.destroy(&reference);
                    self.give_up(&id);
                    return Err(destroyed.err().unwrap_or_else(too_slow));
                }
                Ok(Made {
                    wanted,
                    residence: Residence { device, id, reference, maker: self.shared.id },
                    public,
                })
            }
            Err(error) if error.kind() == Kind::Unavailable => {
                // It may still be made later: the row stays, and `maintain` looks again when nobody makes it any more.
                if let Ok(Some(resident)) = machine.find(spec, &id)
                    && let Err(error) = machine.destroy(&resident.reference)
                {
                    tracing::warn!(%error, "a key that is not used is left inside a device; `maintain` destroys it");
                }
                Err(error)
            }
            Err(error) => {
                self.give_up(&id);
                Err(error)
            }
        }
    }

    /// Destroys a key that no version uses, as far as it can be done now; the rest is left to `maintain`.
    fn give_up(&self, id: &ResidentId) {
        // Doomed first: a commit whose answer was lost cannot come later then and use the key.
        let doomed = self.doom(id, None);
        let done = doomed.and_then(|doomed| doomed.map_or(Ok(()), |journal| self.clear(id, &journal)));
        if let Err(error) = done {
            tracing::warn!(%error, "a key that is not used is left inside a device; `maintain` destroys it");
        }
    }

    /// Says that a key is to be destroyed, if nobody uses it; with `older`, only what is as old as that.
    fn doom(&self, id: &ResidentId, older: Option<Span>) -> Result<Option<Journal>> {
        self.shared.transact(&self.principal, |tx| {
            let Some(mut journal) = tx.read(&row(id))?.map(Journal::decode).transpose()? else {
                return Ok(None);
            };
            if journal.step == Step::Doomed {
                return Ok(Some(journal));
            }
            if let Some(age) = older {
                if tx.now.since(journal.since) < age {
                    return Ok(None);
                }
                tx.check_clock()?;
            }
            journal.step = Step::Doomed;
            tx.put(row(id), journal.encode());
            let detail = alloc::format!("given up inside {}", journal.device);
            tx.note(Action::Destroy, Some(journal.key), Some(journal.number), detail);
            Ok(Some(journal))
        })
    }

    /// Destroys a doomed key in its device, then forgets it; one that another store had made is only forgotten.
    fn clear(&self, id: &ResidentId, journal: &Journal) -> Result<()> {
        let detail = if journal.maker == self.shared.id {
            let device = self.shared.devices.get(&journal.device)?;
            match device.find(journal.spec, id)? {
                Some(resident) => device.destroy(&resident.reference)?,
                None => device.sweep(journal.spec, id)?,
            }
            alloc::format!("destroyed inside {}", journal.device)
        } else {
            let Journal { name, number, device, .. } = journal;
            tracing::warn!(%name, %number, %device, "the key inside the device is another store's; it stays there");
            alloc::format!("another store's, left inside {device}")
        };
        self.shared.transact(&self.principal, |tx| {
            if tx.read(&row(id))?.is_some() {
                tx.delete(row(id));
                tx.note(Action::Destroy, Some(journal.key), Some(journal.number), detail.clone());
            }
            Ok(())
        })
    }

    /// Destroys what is due for it inside devices: what was destroyed here, and what nobody went on with for an hour.
    /// Gives each key with how it went.
    pub(super) fn clear_residents(&self) -> Result<Vec<(Journal, Result<()>)>> {
        let mut found = Vec::new();
        self.each(Table::Meta, PREFIX, |row| {
            let id = row.name.name.last_chunk().ok_or_else(malformed)?;
            found.push(ResidentId(*id));
            Ok(())
        })?;
        let mut done = Vec::new();
        for id in found {
            if let Some(journal) = self.doom(&id, Some(GIVEN_UP))? {
                let cleared = self.clear(&id, &journal);
                done.push((journal, cleared));
            }
        }
        Ok(done)
    }
}

/// A version's record for the key that was made inside a device for it; without one, the change says that it wants it.
pub(super) fn settle(tx: &mut Tx<'_>, key: &Key, number: Number) -> Result<Version> {
    let device = device_of(tx, key)?;
    let called = tx.supply.called.clone();
    let wanted = Wanted { spec: key.spec, key: key.id, name: key.name.clone(), number, device, called };
    let Some(made) = tx.supply.made.take().filter(|made| made.wanted == wanted) else {
        tx.supply.wanted = Some(wanted);
        return Err(Error::new(Kind::Internal, "a key inside a device was not made; please report it"));
    };
    let Made { residence, public, .. } = made;
    let making = tx.read(&row(&residence.id))?.map(Journal::decode).transpose()?;
    if making.is_none_or(|journal| journal.step != Step::Making) {
        return Err(too_slow());
    }
    tx.delete(row(&residence.id));
    let mut version = Version::staged(key.id, number, tx.now);
    version.check_value = residence.check_value(key.spec, public.as_ref());
    version.material = Some(residence.encode());
    version.public = public;
    if let Some(public) = public {
        tx.put(identifier_row(&PublicKey::from_bytes(&public)?), version_row(&key.id, number).name);
    }
    Ok(version)
}

/// In the commit that destroys versions: their keys inside devices are to follow.
pub(super) fn doom(tx: &mut Tx<'_>, key: &Key, residences: &[(Number, Residence)]) {
    for (number, residence) in residences {
        let journal = Journal {
            step: Step::Doomed,
            device: residence.device.clone(),
            spec: key.spec,
            since: tx.now,
            key: key.id,
            name: key.name.clone(),
            number: *number,
            maker: residence.maker,
        };
        tx.put(row(&residence.id), journal.encode());
    }
}

/// Where the versions of a key in a device live; none for a key in software.
pub(super) fn residences(key: &Key, versions: &[Version]) -> Result<Vec<(Number, Residence)>> {
    let inside = versions.iter().filter(|_| key.protection == crate::key::Protection::Hardware);
    inside
        .filter_map(|version| version.material.as_ref().map(|material| (version.number, material)))
        .map(|(number, material)| Ok((number, Residence::decode(material)?)))
        .collect()
}

/// The device of the newest version that has one.
fn device_of(tx: &mut Tx<'_>, key: &Key) -> Result<Option<Identity>> {
    let versions = tx.versions(&key.id)?;
    Ok(residences(key, &versions)?.pop().map(|(_, residence)| residence.device))
}

fn too_slow() -> Error {
    Error::new(
        Kind::Unavailable,
        "the device took so long to make the key that it was given up; see to the device, then try again",
    )
}

fn row(id: &ResidentId) -> Name {
    Name::new(Table::Meta, [PREFIX, &id.0].concat())
}

/// What a device gave, if it can be what was asked for.
fn checked(spec: Spec, resident: Resident) -> Result<Resident> {
    let fits = match &resident.public {
        Some(public) => spec.is_sm2() && PublicKey::from_bytes(public).is_ok(),
        None => !spec.is_sm2(),
    };
    if fits && Residence::is_short(&resident.reference) {
        return Ok(resident);
    }
    Err(Error::new(
        Kind::Corrupt,
        "the device made a key that is none of this spec; check the device's profile",
    ))
}

impl Journal {
    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.bytes(1, &[self.step as u8]);
        put_identity(&mut out, 2, &self.device);
        out.bytes(6, &[self.spec as u8]);
        out.number(7, self.since.0);
        out.bytes(8, self.key.as_bytes());
        out.bytes(9, self.name.as_str().as_bytes());
        out.number(10, self.number.get().into());
        out.bytes(11, self.maker.as_bytes());
        out.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let [step] = from.array(1)?;
        let device = read_identity(&mut from, 2)?;
        let [spec] = from.array(6)?;
        let journal = Self {
            step: [Step::Making, Step::Doomed]
                .into_iter()
                .find(|known| *known as u8 == step)
                .ok_or_else(malformed)?,
            device,
            spec: Spec::ALL.into_iter().find(|known| *known as u8 == spec).ok_or_else(malformed)?,
            since: Time(from.number(7)?),
            key: KeyId::from_bytes(from.array(8)?),
            name: KeyName::parse(&from.text(9)?)?,
            number: u32::try_from(from.number(10)?).ok().and_then(Number::new).ok_or_else(malformed)?,
            maker: StoreId::from_bytes(from.array(11)?),
        };
        from.finish()?;
        Ok(journal)
    }
}

#[cfg(test)]
mod tests;
