//! What the operations do to a key's records: pure, so that one commit can carry all of it.
//!
//! Knows the two tables and time; making material is its caller's work.

use alloc::vec::Vec;

use super::{
    Key, KeyEvent, KeyState, Number, Origin, Span, Time, Usage, Version, VersionEvent, VersionState,
};
use crate::error::{Error, Kind, Result};

/// The shortest wait before a destruction.
pub const MIN_WAIT: Span = Span::days(7);
/// The wait where none is given.
pub const DEFAULT_WAIT: Span = Span::days(30);
/// The longest wait.
pub const MAX_WAIT: Span = Span::days(366);
/// Destruction needs two sightings at least so far apart.
const BETWEEN_SIGHTINGS: Span = Span::DAY;

/// What is to be done for a key now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Its primary is too old or half used up.
    Rotate,
    /// A staged version waits to become primary.
    Activate(Number),
    /// A first sighting is to be noted, or the key destroyed.
    DestroyKey,
    /// The same for one version.
    DestroyVersion(Number),
}

impl Version {
    /// A staged version: its material is remembered before it is used.
    #[must_use]
    pub const fn staged(key: super::KeyId, number: Number, now: Time) -> Self {
        Self {
            key,
            number,
            state: VersionState::PreActive,
            created: now,
            activated: None,
            deactivated: None,
            compromised: None,
            destroy_at: None,
            due_seen: None,
            destroyed: None,
            check_value: [0; 8],
            public: None,
            material: None,
            newer: false,
        }
    }

    fn erase(&mut self, now: Time) -> Result<()> {
        self.state = self.state.after(VersionEvent::Destroy)?;
        self.material = None;
        self.destroyed = Some(now);
        (self.destroy_at, self.due_seen) = (None, None);
        Ok(())
    }
}

impl Key {
    /// The number of the next version; no number is ever handed out twice.
    ///
    /// # Errors
    /// [`Exhausted`](Kind::Exhausted) after 2^32 − 1 versions.
    pub fn next_number(&self) -> Result<Number> {
        self.newest.map_or(Ok(Number::FIRST), Number::next)
    }

    /// Checks that a new version may be made for it.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) by state; for an imported key unless `imports`.
    pub fn check_can_rotate(&self, imports: bool) -> Result<()> {
        let state = matches!(self.state, KeyState::Enabled)
            || (self.state == KeyState::PendingImport && (imports || self.origin == Origin::Generated));
        if !state {
            return Err(Error::new(Kind::Forbidden, self.state.forbids()).about(&self.name));
        }
        if (self.origin == Origin::Imported) != imports {
            return Err(Error::new(
                Kind::Forbidden,
                "the key's material is imported; bring the next version's with `key import`",
            )
            .about(&self.name));
        }
        Ok(())
    }

    /// Makes `next` the primary; the former one is deactivated in the same commit.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) when the tables forbid it.
    pub fn activate(&mut self, former: Option<&mut Version>, next: &mut Version, now: Time) -> Result<()> {
        if let Some(former) = former
            && former.state == VersionState::Active
        {
            former.state = former.state.after(VersionEvent::Deactivate)?;
            former.deactivated = Some(now);
        }
        next.state = next.state.after(VersionEvent::Activate)?;
        next.activated = Some(now);
        if self.state == KeyState::PendingImport {
            self.state = self.state.after(KeyEvent::Import)?;
        }
        self.primary = Some(next.number);
        self.newest = self.newest.max(Some(next.number));
        Ok(())
    }

    /// Applies an operator's event to the key.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) when the table forbids it, or deletion protection is on.
    pub fn apply(&mut self, event: KeyEvent, now: Time, wait: Option<Span>) -> Result<()> {
        if event == KeyEvent::ScheduleDestroy && self.deletion_protection {
            return Err(Error::new(
                Kind::Forbidden,
                "the key has deletion protection; take it off with `key update` first",
            )
            .about(&self.name));
        }
        let state = self.state.after(event).map_err(|error| error.about(&self.name))?;
        self.destroy_at = match event {
            KeyEvent::ScheduleDestroy => Some(now.plus(checked_wait(wait)?)),
            _ => None,
        };
        self.due_seen = None;
        self.state = state;
        Ok(())
    }

    /// Applies an operator's event to one of its versions; the primary is only stopped when the caller has rotated the
    /// key or disabled it in the same commit.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) when the table forbids it, or deletion protection is on.
    pub fn apply_to(
        &self,
        version: &mut Version,
        event: VersionEvent,
        now: Time,
        wait: Option<Span>,
    ) -> Result<()> {
        if event == VersionEvent::ScheduleDestroy && self.deletion_protection {
            return Err(Error::new(
                Kind::Forbidden,
                "the key has deletion protection; take it off with `key update` first",
            )
            .about(&self.name));
        }
        let state = version.state.after(event)?;
        version.destroy_at = match event {
            VersionEvent::ScheduleDestroy => Some(now.plus(checked_wait(wait)?)),
            VersionEvent::Compromise if state == VersionState::DestroyScheduledCompromised => {
                version.destroy_at
            }
            _ => None,
        };
        if event == VersionEvent::Compromise {
            version.compromised = Some(now);
        }
        if version.deactivated.is_none() && matches!(version.state, VersionState::Active) {
            version.deactivated = Some(now);
        }
        version.due_seen = None;
        version.state = state;
        Ok(())
    }

    /// A sighting of a due destruction: the first is noted, a second at least a day later destroys key and versions.
    /// Gives whether it was destroyed.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) when nothing is scheduled.
    pub fn sight_destroy(&mut self, versions: &mut [Version], now: Time) -> Result<bool> {
        if !sighted_twice(self.destroy_at, &mut self.due_seen, now) {
            return Ok(false);
        }
        self.apply(KeyEvent::Destroy, now, None)?;
        self.primary = None;
        for version in versions.iter_mut().filter(|version| !version.state.is_destroyed()) {
            // The key's own schedule covers every version, whatever state it was left in.
            version.state = if version.state.is_compromised() {
                VersionState::DestroyScheduledCompromised
            } else {
                VersionState::DestroyScheduled
            };
            version.erase(now)?;
        }
        Ok(true)
    }

    /// The same for one version.
    ///
    /// # Errors
    /// As [`sight_destroy`](Self::sight_destroy).
    pub fn sight_destroy_version(&self, version: &mut Version, now: Time) -> Result<bool> {
        if !sighted_twice(version.destroy_at, &mut version.due_seen, now) {
            return Ok(false);
        }
        version.erase(now)?;
        Ok(true)
    }

    /// What `maintain` has to do for it now, given its versions and the primary's use.
    #[must_use]
    pub fn due(&self, versions: &[Version], used: Usage, now: Time) -> Vec<Due> {
        let is_due = |at: Option<Time>, seen: Option<Time>| {
            at.is_some_and(|at| now >= at) && seen.is_none_or(|seen| now.since(seen) >= BETWEEN_SIGHTINGS)
        };
        let mut due = Vec::new();
        if is_due(self.destroy_at, self.due_seen) {
            due.push(Due::DestroyKey);
        }
        for version in versions {
            if is_due(version.destroy_at, version.due_seen) {
                due.push(Due::DestroyVersion(version.number));
            }
            let staged = version.state == VersionState::PreActive
                && Some(version.number) > self.primary
                && Some(version.number) == self.newest;
            if staged && self.state == KeyState::Enabled {
                due.push(Due::Activate(version.number));
            }
        }
        if self.state != KeyState::Enabled || self.origin != Origin::Generated {
            return due;
        }
        if self.primary.is_none() && due.is_empty() {
            // A key inside a device is restored so: its next version takes the device.
            due.push(Due::Rotate);
        }
        if let Some(primary) = versions.iter().find(|version| Some(version.number) == self.primary) {
            let age = now.since(primary.activated.unwrap_or(primary.created));
            let old = self.rotate_every.is_some_and(|every| age >= every);
            if old || self.past_soft_limit(primary, used, now) {
                due.push(Due::Rotate);
            }
        }
        due
    }
}

fn checked_wait(wait: Option<Span>) -> Result<Span> {
    let wait = wait.unwrap_or(DEFAULT_WAIT);
    if (MIN_WAIT..=MAX_WAIT).contains(&wait) {
        return Ok(wait);
    }
    Err(Error::new(Kind::Invalid, "the wait before a destruction is 7 to 366 days; give such a span"))
}

/// Whether a destruction due at `at` has now been sighted twice, a day apart; notes the first sighting.
fn sighted_twice(at: Option<Time>, seen: &mut Option<Time>, now: Time) -> bool {
    if at.is_none_or(|at| now < at) {
        return false;
    }
    match seen {
        Some(first) => now.since(*first) >= BETWEEN_SIGHTINGS,
        None => {
            *seen = Some(now);
            false
        }
    }
}
