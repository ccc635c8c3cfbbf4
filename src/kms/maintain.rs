//! Everything that time makes due: rotations, staged versions, destructions, expired permits; safe to run anywhere at once.
//!
//! Each is decided anew in its own commit, so two instances that see the same thing do it once.

use alloc::vec::Vec;
use core::fmt;

use super::{
    Kms,
    import::Permit,
    reference::KeyRef,
    resident::{doom, residences},
    tx::usage_row,
};
use crate::{
    error::{Kind, Result},
    key::{Due, Key, KeyId, KeyName, Number, Usage, Version},
    policy::Action,
    store::{Name, Row, Table, each_row},
};

/// Something that [`maintain`](Kms::maintain) did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintained {
    /// To which key.
    pub key: KeyId,
    /// Its name.
    pub name: KeyName,
    /// What.
    pub what: What,
}

/// What was done to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// It has a new primary.
    Rotated(Number),
    /// A staged version became its primary.
    Activated(Number),
    /// Its destruction was seen due for the first time; a second sighting at least a day later destroys it.
    DestroySighted,
    /// It was destroyed.
    Destroyed,
    /// The same for one version: first sighting.
    VersionDestroySighted(Number),
    /// The same for one version: destroyed.
    VersionDestroyed(Number),
    /// Its key inside a device was destroyed there: that of a destroyed version, or one that was made for no version.
    DestroyedInside(Number),
    /// The key of a destroyed version was forgotten and stays inside its device: another store had it made, of whose
    /// backup this one was restored, and may still use it.
    LeftInside(Number),
    /// An import permit for it expired.
    PermitExpired,
    /// Something due could not be done.
    Failed(Kind),
}

impl Kms {
    /// Does everything that is due and says what it did. `confirm_clock` believes the clock after it stepped.
    ///
    /// # Errors
    /// [`Clock`](Kind::Clock) when the clock stepped since the store was last changed: back by more than 5 s, or ahead by
    /// more than 25 h; whatever the store returns. What fails for one key is listed and the others go on.
    pub fn maintain(&self, confirm_clock: bool) -> Result<Vec<Maintained>> {
        self.manage(Action::Maintain, None, |tx| {
            if confirm_clock {
                tx.confirm_clock();
            } else {
                tx.check_clock()?;
            }
            tx.note(Action::Maintain, None, None, if confirm_clock { "clock confirmed" } else { "" });
            Ok(())
        })?;
        let mut done = Vec::new();
        self.each(Table::Key, &[], |row| {
            let key = Key::decode(&row.body)?;
            for due in self.due(&key)? {
                let what = self.act(&key, &due).unwrap_or_else(|error| Some(What::Failed(error.kind())));
                done.extend(what.map(|what| Maintained { key: key.id, name: key.name.clone(), what }));
            }
            Ok(())
        })?;
        self.expire_permits(&mut done)?;
        for (journal, cleared) in self.clear_residents()? {
            let what = match cleared {
                Ok(()) if journal.maker == self.shared.id => What::DestroyedInside(journal.number),
                Ok(()) => What::LeftInside(journal.number),
                Err(error) => What::Failed(error.kind()),
            };
            done.push(Maintained { key: journal.key, name: journal.name, what });
        }
        Ok(done)
    }

    /// Every row of a table whose name starts with `prefix`, checked.
    pub(super) fn each(
        &self,
        table: Table,
        prefix: &[u8],
        mut visit: impl FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        each_row(&*self.shared.store, table, prefix, |row| {
            self.shared.master.check_row(&row)?;
            visit(&row)
        })
    }

    fn due(&self, key: &Key) -> Result<Vec<Due>> {
        let mut versions = Vec::new();
        self.each(Table::Version, key.id.as_bytes(), |row| {
            versions.push(Version::decode(&row.body)?);
            Ok(())
        })?;
        let used = match key.primary {
            Some(number) => self.shared.row(&usage_row(&key.id, number))?,
            None => None,
        };
        let used = used.map_or(Ok(Usage::default()), |row| Usage::decode(&row.body))?;
        Ok(key.due(&versions, used, self.shared.store.now()?))
    }

    fn act(&self, key: &Key, due: &Due) -> Result<Option<What>> {
        let reference = KeyRef::Id(key.id);
        match due {
            Due::Rotate => self.rotate(&reference, key.primary).map(|number| Some(What::Rotated(number))),
            Due::Activate(number) => {
                self.activate(&key.id, *number).map(|number| Some(What::Activated(number)))
            }
            Due::DestroyKey => self.sight_key(&reference),
            Due::DestroyVersion(number) => self.sight_version(&reference, *number),
        }
    }

    fn sight_key(&self, key: &KeyRef) -> Result<Option<What>> {
        self.manage(Action::Destroy, Some(key), |tx| {
            tx.check_clock()?;
            let mut key = tx.key(key)?;
            let mut versions = tx.versions(&key.id)?;
            if !key.due(&versions, Usage::default(), tx.now).contains(&Due::DestroyKey) {
                return Ok(None);
            }
            let inside = residences(&key, &versions)?;
            let destroyed = key.sight_destroy(&mut versions, tx.now)?;
            tx.put_key(&key)?;
            if destroyed {
                doom(tx, &key, &inside);
                for version in &versions {
                    tx.put_version(version)?;
                    tx.delete(usage_row(&key.id, version.number));
                }
            }
            tx.note(Action::Destroy, Some(key.id), None, if destroyed { "destroyed" } else { "sighted" });
            Ok(Some(if destroyed { What::Destroyed } else { What::DestroySighted }))
        })
    }

    fn sight_version(&self, key: &KeyRef, number: Number) -> Result<Option<What>> {
        self.manage(Action::Destroy, Some(key), |tx| {
            tx.check_clock()?;
            let key = tx.key(key)?;
            let mut version = tx.version(&key, number)?;
            let versions = core::slice::from_ref(&version);
            if !key.due(versions, Usage::default(), tx.now).contains(&Due::DestroyVersion(number)) {
                return Ok(None);
            }
            let inside = residences(&key, versions)?;
            let destroyed = key.sight_destroy_version(&mut version, tx.now)?;
            tx.put_version(&version)?;
            if destroyed {
                doom(tx, &key, &inside);
                tx.delete(usage_row(&key.id, number));
            }
            tx.note(
                Action::Destroy,
                Some(key.id),
                Some(number),
                if destroyed { "destroyed" } else { "sighted" },
            );
            Ok(Some(if destroyed {
                What::VersionDestroyed(number)
            } else {
                What::VersionDestroySighted(number)
            }))
        })
    }

    fn expire_permits(&self, done: &mut Vec<Maintained>) -> Result<()> {
        let mut expired = Vec::new();
        let now = self.shared.store.now()?;
        self.each(Table::Import, &[], |row| {
            let permit = Permit::decode(&row.body)?;
            expired.extend((permit.expires <= now).then(|| (row.name.name.clone(), permit.key)));
            Ok(())
        })?;
        for (name, id) in expired {
            let name = Name::new(Table::Import, name);
            let key = self.manage(Action::ImportParameters, Some(&KeyRef::Id(id)), |tx| {
                tx.check_clock()?;
                tx.delete(name.clone());
                tx.note(Action::ImportParameters, Some(id), None, "expired");
                tx.key(&KeyRef::Id(id))
            })?;
            done.push(Maintained { key: id, name: key.name, what: What::PermitExpired });
        }
        Ok(())
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rotated(number) => write!(f, "rotated to version {number}"),
            Self::Activated(number) => write!(f, "version {number} activated"),
            Self::DestroySighted => {
                f.write_str("destruction is due; destroyed at the next run a day or more from now")
            }
            Self::Destroyed => f.write_str("destroyed"),
            Self::VersionDestroySighted(number) => {
                write!(
                    f,
                    "destruction of version {number} is due; destroyed at the next run a day or more from now"
                )
            }
            Self::VersionDestroyed(number) => write!(f, "version {number} destroyed"),
            Self::DestroyedInside(number) => {
                write!(f, "the key of version {number} was destroyed inside its device")
            }
            Self::LeftInside(number) => {
                write!(f, "the key of version {number} inside its device is another store's; it stays there")
            }
            Self::PermitExpired => f.write_str("an import permit expired"),
            Self::Failed(kind) => write!(f, "could not be done: {kind:?}"),
        }
    }
}
