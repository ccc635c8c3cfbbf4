//! Putting a backup back: into an empty store, under another id, another master secret and a new epoch, in one commit.
//!
//! Restored primaries are deactivated, since what happened after the backup is not known; new versions get numbers far
//! above, so that a token of a lost version is told from one of a new version. A key inside a device stays the key of the
//! store that had it made: the restored store uses it, and does not destroy it.

use alloc::{sync::Arc, vec::Vec};
use std::io::Read;

use super::{
    BackupReport, Kms, StoreId, backup::Backup, inside::Residence, manage::make, open::found,
    resident::residences, rng, tx::Tx,
};
use crate::{
    envelope::Opener,
    error::{Error, Kind, Result},
    key::{
        Key, KeyName, KeyState, Number, Origin, Principal, Protection, Version, VersionEvent, VersionState,
    },
    policy::Action,
    provider::{Identity, Provider},
    secret::Secret,
    store::{Name, Store, Table},
};

/// What a restore did.
#[derive(Clone, Debug)]
pub struct RestoreReport {
    /// The id of the new store.
    pub store: StoreId,
    /// What was in the backup.
    pub backup: BackupReport,
    /// Keys without a primary now: imported ones, whose next version has to be brought, and those not in use.
    pub waiting: Vec<KeyName>,
    /// The devices that keys of the backup live in: it holds no more of these keys than where they are. Attach the
    /// devices, and `maintain` has them make the next versions.
    pub devices: Vec<Identity>,
}

/// Proves that a backup is whole: opens it, checks every MAC and the chain, and every secret by its check value. Writes
/// nothing.
///
/// # Errors
/// As [`envelope::decrypt`](crate::envelope::decrypt); [`Malformed`](Kind::Malformed) for a message that is no backup;
/// [`Corrupt`](Kind::Corrupt) when its parts contradict each other.
pub fn verify_backup(backup: &mut dyn Read, opener: &Opener<'_>) -> Result<BackupReport> {
    Ok(Backup::read(backup, opener)?.report())
}

/// Makes a new store in the empty store `into` from a backup, under `root`.
///
/// # Errors
/// As [`verify_backup`]; [`Exists`](Kind::Exists) when `into` is not empty.
pub fn restore(
    backup: &mut dyn Read,
    opener: &Opener<'_>,
    into: Arc<dyn Store>,
    root: &dyn Provider,
    principal: Principal,
) -> Result<(Kms, RestoreReport)> {
    let backup = Backup::read(backup, opener)?;
    let mut rng = rng()?;
    let (id, secret) = (StoreId::random(&mut rng), Secret::random(&mut rng));
    let epoch = backup
        .head
        .epoch
        .checked_add(1)
        .ok_or(Error::new(Kind::Exhausted, "the store was restored 2^32 times; make a new one"))?;
    let (mut waiting, mut devices) = (Vec::new(), Vec::<Identity>::new());
    let kms = found(into, (id, epoch, secret), root, &principal, |tx, _| {
        tx.adopt(&backup.log, backup.head.chain, backup.head.mode);
        for (key, versions) in backup.keys()? {
            for (_, Residence { device, .. }) in residences(&key, &versions)? {
                if !devices.iter().any(|known| known.is_same(&device)) {
                    devices.push(device);
                }
            }
            waiting.extend(put_back(tx, &backup, key, versions)?);
        }
        for table in [Table::Alias, Table::Usage, Table::Identifier] {
            for row in backup.of(table) {
                tx.put(Name::new(table, row.name.name.clone()), row.body.clone());
            }
        }
        tx.note(Action::Restore, None, None, alloc::format!("from revision {}", backup.revision.0));
        Ok(())
    })?;
    Ok((kms, RestoreReport { store: id, backup: backup.report(), waiting, devices }))
}

/// One key with its versions under the new master secret; gives its name when it is left without a primary.
fn put_back(
    tx: &mut Tx<'_>,
    backup: &Backup,
    mut key: Key,
    versions: Vec<Version>,
) -> Result<Option<KeyName>> {
    for mut version in versions {
        let place = (&key.id, version.number, key.spec);
        if let Some(material) = &version.material
            && key.protection == Protection::Software
        {
            let secret = backup.master.unwrap_version(place, material)?;
            version.material = Some(tx.master.wrap_version(place, &secret, &mut rng()?)?);
        }
        if version.state == VersionState::Active {
            version.state = version.state.after(VersionEvent::Deactivate)?;
            version.deactivated = Some(tx.now);
        }
        tx.put_version(&version)?;
    }
    if key.state == KeyState::Destroyed || key.newest.is_none() {
        tx.put_key(&key)?;
        return Ok((key.state != KeyState::Destroyed).then(|| key.name.clone()));
    }
    let number = next_epoch(&key)?;
    key.primary = None;
    if key.protection == Protection::Hardware {
        // The number is kept free for the version that its device will make.
        key.newest = Number::new(number.get() - 1);
        tx.put_key(&key)?;
        return Ok(Some(key.name));
    }
    key.newest = Some(number);
    if key.origin == Origin::Generated && matches!(key.state, KeyState::Enabled | KeyState::Disabled) {
        let mut next = make(tx, &key, number, None)?;
        key.activate(None, &mut next, tx.now)?;
        tx.put_version(&next)?;
    }
    tx.put_key(&key)?;
    Ok(key.primary.is_none().then(|| key.name.clone()))
}

/// The first number of the next block of 65,536.
fn next_epoch(key: &Key) -> Result<Number> {
    let newest = key.newest.map_or(0, Number::get);
    (newest | 0xffff).checked_add(1).and_then(Number::new).ok_or(
        Error::new(Kind::Exhausted, "the key has no version numbers left for a restore; make a new key")
            .about(&key.name),
    )
}
