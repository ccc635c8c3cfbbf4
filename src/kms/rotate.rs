//! Rotation: a successor is staged, then activated, each by compare-and-swap, so that no race and no crash makes two.
//!
//! Knows one key at a time; when a rotation is due is decided elsewhere.

use super::{
    Kms,
    manage::make,
    reference::KeyRef,
    tx::{Tx, version_row},
};
use crate::{
    error::{Error, Kind, Result},
    key::{Key, KeyId, Number, Version, VersionState},
    policy::Action,
};

/// What staging found or did.
enum Staged {
    /// Somebody else rotated it since; this is the primary.
    Already(Number),
    /// This version waits to become primary.
    Waiting(KeyId, Number),
}

impl Kms {
    /// Gives a key a new primary version; gives its number. With `expected`, the primary that the caller saw, it is
    /// idempotent: however many ask for the successor of version 3, there is one version 4.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) by the key's state, or for an imported key, whose next version is brought;
    /// [`Conflict`](Kind::Conflict) when `expected` is no version that was primary.
    pub fn rotate(&self, key: &KeyRef, expected: Option<Number>) -> Result<Number> {
        let staged = self.manage(Action::Rotate, Some(key), |tx| {
            let mut key = tx.key(key)?;
            stage(tx, &mut key, expected)
        })?;
        match staged {
            Staged::Already(number) => Ok(number),
            Staged::Waiting(id, number) => self.activate(&id, number),
        }
    }

    /// Makes a staged version the primary, unless a later one is.
    pub(super) fn activate(&self, id: &KeyId, number: Number) -> Result<Number> {
        self.manage(Action::Activate, Some(&KeyRef::Id(*id)), |tx| {
            let mut key = tx.key(&KeyRef::Id(*id))?;
            if let Some(primary) = key.primary.filter(|primary| *primary >= number) {
                return Ok(primary);
            }
            key.check_can_rotate(false)?;
            let next = tx.version(&key, number)?;
            succeed(tx, &mut key, next)?;
            tx.put_key(&key)?;
            tx.note(Action::Activate, Some(key.id), Some(number), "");
            Ok(number)
        })
    }
}

fn stage(tx: &mut Tx<'_>, key: &mut Key, expected: Option<Number>) -> Result<Staged> {
    if let (Some(expected), Some(primary)) = (expected, key.primary) {
        if primary > expected {
            return Ok(Staged::Already(primary));
        }
        if primary < expected {
            return Err(Error::new(
                Kind::Conflict,
                "the version expected was never primary; read the key again",
            )
            .about(format_args!("{}:{expected}", key.name)));
        }
    }
    key.check_can_rotate(false)?;
    if let Some(version) = staged(tx, key)? {
        return Ok(Staged::Waiting(key.id, version.number));
    }
    let version = make(tx, key, key.next_number()?, None)?;
    key.newest = Some(version.number);
    tx.put_version(&version)?;
    tx.put_key(key)?;
    tx.note(Action::Rotate, Some(key.id), Some(version.number), "staged");
    Ok(Staged::Waiting(key.id, version.number))
}

/// The version that waits to become primary, where there is one.
fn staged(tx: &mut Tx<'_>, key: &Key) -> Result<Option<Version>> {
    let Some(newest) = key.newest.filter(|newest| Some(*newest) > key.primary) else { return Ok(None) };
    // A restore leaves a key inside a device without its newest.
    let Some(version) = tx.read(&version_row(&key.id, newest))?.map(Version::decode).transpose()? else {
        return Ok(None);
    };
    Ok((version.state == VersionState::PreActive).then_some(version))
}

/// Makes `next` the primary and deactivates the former in the same commit; gives the former. The key's record is left
/// to the caller to put.
pub(super) fn succeed(tx: &mut Tx<'_>, key: &mut Key, mut next: Version) -> Result<Option<Version>> {
    let mut former = tx.primary(key)?;
    key.activate(former.as_mut(), &mut next, tx.now)?;
    tx.put_version(&next)?;
    if let Some(former) = &former {
        tx.put_version(former)?;
    }
    Ok(former)
}

/// The successor that an operation needs in its own commit: the staged one, or one made now.
pub(super) fn successor(tx: &mut Tx<'_>, key: &Key) -> Result<Version> {
    match staged(tx, key)? {
        Some(version) => Ok(version),
        None => make(tx, key, key.next_number()?, None),
    }
}
