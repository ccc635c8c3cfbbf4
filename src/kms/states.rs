//! What operators do to keys and versions: the events of the two tables, each in a commit of its own.
//!
//! The tables decide what is allowed; here the primary of an enabled key is never left without a successor.

use super::{
    Kms,
    reference::KeyRef,
    rotate::{succeed, successor},
    tx::Tx,
};
use crate::{
    error::Result,
    key::{
        DEFAULT_WAIT, Key, KeyEvent, KeyState, Number, Origin, Span, Time, Version, VersionEvent,
        VersionState,
    },
    policy::Action,
};

impl Kms {
    /// Stops a key: it verifies only.
    ///
    /// # Errors
    /// [`Forbidden`](crate::Kind::Forbidden) when the table has no such line, as for all of these.
    pub fn disable(&self, key: &KeyRef) -> Result<()> {
        self.key_event(Action::Disable, key, KeyEvent::Disable, None).map(|_| ())
    }

    /// Starts a disabled key again. Where its primary was stopped meanwhile, a key made here gets a successor in the same
    /// commit.
    ///
    /// # Errors
    /// As [`disable`](Self::disable).
    pub fn enable(&self, key: &KeyRef) -> Result<()> {
        self.manage(Action::Enable, Some(key), |tx| {
            let mut key = tx.key(key)?;
            key.apply(KeyEvent::Enable, tx.now, None)?;
            let is_stopped = |primary: Version| primary.state != VersionState::Active;
            if key.origin == Origin::Generated && tx.primary(&key)?.is_none_or(is_stopped) {
                replace(tx, &mut key)?;
            }
            tx.put_key(&key)?;
            tx.note(Action::Enable, Some(key.id), None, "");
            Ok(())
        })
    }

    /// Schedules the destruction of a disabled key with all its versions after 7 to 366 days, 30 by default; gives when
    /// it is due. It takes two calls of [`maintain`](Self::maintain) at least a day apart from then on.
    ///
    /// # Errors
    /// As [`disable`](Self::disable); [`Invalid`](crate::Kind::Invalid) for another wait.
    pub fn schedule_destroy(&self, key: &KeyRef, wait: Option<Span>) -> Result<Time> {
        let key = self.key_event(Action::ScheduleDestroy, key, KeyEvent::ScheduleDestroy, wait)?;
        Ok(key.destroy_at.unwrap_or_default())
    }

    /// Calls a scheduled destruction off; the key is disabled then.
    ///
    /// # Errors
    /// As [`disable`](Self::disable).
    pub fn cancel_destroy(&self, key: &KeyRef) -> Result<()> {
        self.key_event(Action::CancelDestroy, key, KeyEvent::CancelDestroy, None).map(|_| ())
    }

    /// Stops a version: it opens nothing until it is resumed. The primary of a key made here is succeeded in the same
    /// commit; a key with imported material is disabled instead.
    ///
    /// # Errors
    /// As [`disable`](Self::disable).
    pub fn suspend(&self, key: &KeyRef, version: Number) -> Result<()> {
        self.stop(Action::Suspend, key, version, VersionEvent::Suspend)
    }

    /// Lets a suspended version open data again.
    ///
    /// # Errors
    /// As [`disable`](Self::disable).
    pub fn resume(&self, key: &KeyRef, version: Number) -> Result<()> {
        self.version_event(Action::Resume, key, version, VersionEvent::Resume, None).map(|_| ())
    }

    /// Takes the primary out of use for new data; a successor takes its place as in [`suspend`](Self::suspend).
    ///
    /// # Errors
    /// As [`disable`](Self::disable).
    pub fn deactivate(&self, key: &KeyRef, version: Number) -> Result<()> {
        self.stop(Action::Deactivate, key, version, VersionEvent::Deactivate)
    }

    /// Writes down that others know a version's secret: from now on it opens only for a recovery.
    ///
    /// # Errors
    /// As [`disable`](Self::disable).
    pub fn compromise(&self, key: &KeyRef, version: Number) -> Result<()> {
        self.stop(Action::Compromise, key, version, VersionEvent::Compromise)
    }

    /// Schedules the destruction of one version, as [`schedule_destroy`](Self::schedule_destroy) does of a key.
    ///
    /// # Errors
    /// As there.
    pub fn schedule_destroy_version(
        &self,
        key: &KeyRef,
        version: Number,
        wait: Option<Span>,
    ) -> Result<Time> {
        let event = VersionEvent::ScheduleDestroy;
        let wait = Some(wait.unwrap_or(DEFAULT_WAIT));
        let version = self.version_event(Action::ScheduleDestroy, key, version, event, wait)?;
        Ok(version.destroy_at.unwrap_or_default())
    }

    /// Calls the destruction of a version off; it is suspended then, or compromised if it was.
    ///
    /// # Errors
    /// As [`disable`](Self::disable).
    pub fn cancel_destroy_version(&self, key: &KeyRef, version: Number) -> Result<()> {
        self.version_event(Action::CancelDestroy, key, version, VersionEvent::CancelDestroy, None).map(|_| ())
    }

    fn key_event(&self, action: Action, key: &KeyRef, event: KeyEvent, wait: Option<Span>) -> Result<Key> {
        self.manage(action, Some(key), |tx| {
            let mut key = tx.key(key)?;
            key.apply(event, tx.now, wait)?;
            tx.put_key(&key)?;
            let due = key.destroy_at.map(|at| alloc::format!("due {at}"));
            tx.note(action, Some(key.id), None, due.unwrap_or_default());
            Ok(key)
        })
    }

    fn version_event(
        &self,
        action: Action,
        key: &KeyRef,
        number: Number,
        event: VersionEvent,
        wait: Option<Span>,
    ) -> Result<Version> {
        self.manage(action, Some(key), |tx| {
            let key = tx.key(key)?;
            let mut version = tx.version(&key, number)?;
            key.apply_to(&mut version, event, tx.now, wait)?;
            tx.put_version(&version)?;
            let due = version.destroy_at.map(|at| alloc::format!("due {at}"));
            tx.note(action, Some(key.id), Some(number), due.unwrap_or_default());
            Ok(version)
        })
    }

    fn stop(&self, action: Action, key: &KeyRef, number: Number, event: VersionEvent) -> Result<()> {
        self.manage(action, Some(key), |tx| {
            let mut key = tx.key(key)?;
            let mut version = tx.version(&key, number)?;
            version.state.after(event)?;
            let former = match key.primary == Some(number) && key.state == KeyState::Enabled {
                true => replace(tx, &mut key)?,
                false => None,
            };
            // A former primary was deactivated by its successor.
            let is_done = former.is_some() && event == VersionEvent::Deactivate;
            version = former.unwrap_or(version);
            if !is_done {
                key.apply_to(&mut version, event, tx.now, None)?;
            }
            tx.put_version(&version)?;
            tx.note(action, Some(key.id), Some(number), "");
            Ok(())
        })
    }
}

/// Sees to it that an enabled key has another primary than now, or is disabled; gives the former.
fn replace(tx: &mut Tx<'_>, key: &mut Key) -> Result<Option<Version>> {
    if key.origin == Origin::Imported {
        key.apply(KeyEvent::Disable, tx.now, None)?;
        tx.put_key(key)?;
        tx.note(Action::Disable, Some(key.id), None, "its primary was stopped");
        return Ok(None);
    }
    let next = successor(tx, key)?;
    let number = next.number;
    let former = succeed(tx, key, next)?;
    tx.put_key(key)?;
    tx.note(Action::Activate, Some(key.id), Some(number), "its predecessor was stopped");
    Ok(former)
}
