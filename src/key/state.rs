//! The two state machines and what each state allows: one `match` each, and what is not listed is forbidden.
//!
//! `docs/lifecycle.md` carries the same tables; `tests/lifecycle.rs` reads them there and compares.

use core::fmt;

use crate::error::{Error, Kind, Result};

/// The state of a key, the named container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum KeyState {
    /// Waits for its owner's material.
    PendingImport = 1,
    /// In use.
    Enabled = 2,
    /// Verifies only.
    Disabled = 3,
    /// Waits for its destruction.
    DestroyScheduled = 4,
    /// A tombstone: id, versions, dates, check values.
    Destroyed = 5,
}

/// What happens to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEvent {
    /// Its first material arrives.
    Import,
    /// An operator or a compromise stops it.
    Disable,
    /// An operator starts it again.
    Enable,
    /// Its destruction is scheduled.
    ScheduleDestroy,
    /// The destruction is called off.
    CancelDestroy,
    /// The waiting period is over and was sighted twice.
    Destroy,
}

/// The state of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum VersionState {
    /// Made but not yet primary; another instance may already use it.
    PreActive = 1,
    /// Protects new data, within its limits.
    Active = 2,
    /// Opens old data only.
    Deactivated = 3,
    /// Opens nothing until it is resumed; use of it raises an alarm.
    Suspended = 4,
    /// Known to others: what it opens is of unproven origin.
    Compromised = 5,
    /// Waits for its destruction; use of it raises an alarm.
    DestroyScheduled = 6,
    /// The same, and compromised.
    DestroyScheduledCompromised = 7,
    /// Its material is gone.
    Destroyed = 8,
    /// Its material is gone, and it was compromised.
    DestroyedCompromised = 9,
}

/// What happens to a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionEvent {
    /// It becomes primary.
    Activate,
    /// Another becomes primary.
    Deactivate,
    /// An operator stops it.
    Suspend,
    /// An operator lets it open data again.
    Resume,
    /// Its compromise is learnt.
    Compromise,
    /// Its destruction is scheduled.
    ScheduleDestroy,
    /// The destruction is called off.
    CancelDestroy,
    /// The waiting period is over and was sighted twice.
    Destroy,
}

/// What somebody wants to do with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Encrypt, wrap, sign, MAC.
    Protect,
    /// Decrypt, unwrap.
    Open,
    /// Verify a signature or a MAC.
    Verify,
    /// Open in order to wrap anew at once.
    Rewrap,
}

/// Whether a state allows an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It does.
    Yes,
    /// Only with the explicit permission to recover.
    Recover,
    /// It does not.
    No,
    /// It does not, and who tries with a genuine ciphertext raises an alarm.
    Tripwire,
}

impl KeyState {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::PendingImport, Self::Enabled, Self::Disabled, Self::DestroyScheduled, Self::Destroyed];

    /// The state after `event`.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) when the table has no such line.
    pub fn after(self, event: KeyEvent) -> Result<Self> {
        use KeyEvent as E;
        match (self, event) {
            (Self::PendingImport, E::Import) => Ok(Self::Enabled),
            (Self::Enabled, E::Disable) => Ok(Self::Disabled),
            (Self::Disabled, E::Enable) => Ok(Self::Enabled),
            (Self::Disabled, E::ScheduleDestroy) => Ok(Self::DestroyScheduled),
            (Self::DestroyScheduled, E::CancelDestroy) => Ok(Self::Disabled),
            (Self::DestroyScheduled, E::Destroy) => Ok(Self::Destroyed),
            _ => Err(Error::new(Kind::Forbidden, self.forbids())),
        }
    }

    /// Whether a key in this state allows an operation of a version that allows it.
    #[must_use]
    pub const fn access(self, operation: Operation) -> Access {
        match (self, operation) {
            (Self::Enabled, _) | (Self::Disabled | Self::Destroyed, Operation::Verify) => Access::Yes,
            (Self::DestroyScheduled, Operation::Open) => Access::Tripwire,
            _ => Access::No,
        }
    }

    /// Why something was refused and what to do.
    pub(super) const fn forbids(self) -> &'static str {
        match self {
            Self::PendingImport => "the key waits for its material; import it first",
            Self::Enabled => "the key is enabled; disable it first",
            Self::Disabled => "the key is disabled; enable it first",
            Self::DestroyScheduled => "the key's destruction is scheduled; cancel it first",
            Self::Destroyed => "the key is destroyed; nothing brings it back",
        }
    }
}

impl VersionState {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::PreActive,
        Self::Active,
        Self::Deactivated,
        Self::Suspended,
        Self::Compromised,
        Self::DestroyScheduled,
        Self::DestroyScheduledCompromised,
        Self::Destroyed,
        Self::DestroyedCompromised,
    ];

    /// The state after `event`.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) when the table has no such line.
    pub fn after(self, event: VersionEvent) -> Result<Self> {
        use VersionEvent as E;
        match (self, event) {
            (Self::PreActive, E::Activate) => Ok(Self::Active),
            (Self::Active, E::Deactivate) | (Self::Suspended, E::Resume) => Ok(Self::Deactivated),
            (Self::Active | Self::Deactivated, E::Suspend) | (Self::DestroyScheduled, E::CancelDestroy) => {
                Ok(Self::Suspended)
            }
            (Self::PreActive | Self::Active | Self::Deactivated | Self::Suspended, E::Compromise)
            | (Self::DestroyScheduledCompromised, E::CancelDestroy) => Ok(Self::Compromised),
            (Self::PreActive | Self::Deactivated | Self::Suspended, E::ScheduleDestroy) => {
                Ok(Self::DestroyScheduled)
            }
            (Self::Compromised, E::ScheduleDestroy) | (Self::DestroyScheduled, E::Compromise) => {
                Ok(Self::DestroyScheduledCompromised)
            }
            (Self::DestroyScheduled, E::Destroy) => Ok(Self::Destroyed),
            (Self::DestroyScheduledCompromised, E::Destroy) | (Self::Destroyed, E::Compromise) => {
                Ok(Self::DestroyedCompromised)
            }
            _ => Err(Error::new(Kind::Forbidden, self.forbids())),
        }
    }

    /// Whether a version in this state allows an operation.
    #[must_use]
    pub const fn access(self, operation: Operation) -> Access {
        use Operation as O;
        match (self, operation) {
            (Self::Active, _)
            | (Self::PreActive | Self::Deactivated, O::Open | O::Verify | O::Rewrap)
            | (
                Self::Suspended | Self::Compromised | Self::Destroyed | Self::DestroyedCompromised,
                O::Verify,
            ) => Access::Yes,
            (Self::Compromised, O::Open | O::Rewrap) => Access::Recover,
            (Self::Suspended | Self::DestroyScheduled | Self::DestroyScheduledCompromised, O::Open) => {
                Access::Tripwire
            }
            _ => Access::No,
        }
    }

    /// Whether its compromise is known.
    #[must_use]
    pub const fn is_compromised(self) -> bool {
        matches!(self, Self::Compromised | Self::DestroyScheduledCompromised | Self::DestroyedCompromised)
    }

    /// Whether its material is gone.
    #[must_use]
    pub const fn is_destroyed(self) -> bool {
        matches!(self, Self::Destroyed | Self::DestroyedCompromised)
    }

    /// Why something was refused and what to do.
    pub(super) const fn forbids(self) -> &'static str {
        match self {
            Self::PreActive => "the version is not active yet; finish the rotation with `maintain`",
            Self::Active => "the version is the active one; rotate the key first",
            Self::Deactivated => {
                "the version is deactivated; it opens old data only, use the current version"
            }
            Self::Suspended => "the version is suspended; resume it first",
            Self::Compromised => "the version is compromised; only a recovery may open with it",
            Self::DestroyScheduled | Self::DestroyScheduledCompromised => {
                "the version's destruction is scheduled; cancel it first"
            }
            Self::Destroyed | Self::DestroyedCompromised => {
                "the version is destroyed; nothing brings it back"
            }
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PendingImport => "pending-import",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::DestroyScheduled => "destroy-scheduled",
            Self::Destroyed => "destroyed",
        })
    }
}

impl fmt::Display for VersionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PreActive => "pre-active",
            Self::Active => "active",
            Self::Deactivated => "deactivated",
            Self::Suspended => "suspended",
            Self::Compromised => "compromised",
            Self::DestroyScheduled => "destroy-scheduled",
            Self::DestroyScheduledCompromised => "destroy-scheduled-compromised",
            Self::Destroyed => "destroyed",
            Self::DestroyedCompromised => "destroyed-compromised",
        })
    }
}
