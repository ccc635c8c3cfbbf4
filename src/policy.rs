//! Who may do what: (principal, action, key) → permit or deny. Pure; knows no store and no transport.
//!
//! A store without roles has owners: whoever holds its root key may do all, and the audit says who did. Roles come
//! with the governance release; until then a store that demands them denies everything but reading.

use core::fmt;

use crate::{
    error::{Error, Kind, Result},
    key::{KeyId, Principal},
};

/// Everything that can be asked of a key store; the numbers stand in audit records and are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the operation of the same name")]
#[repr(u8)]
pub enum Action {
    Init = 1,
    Create = 2,
    Describe = 3,
    List = 4,
    Update = 5,
    Alias = 6,
    Rotate = 7,
    Activate = 8,
    Suspend = 9,
    Resume = 10,
    Disable = 11,
    Enable = 12,
    Deactivate = 13,
    Compromise = 14,
    ScheduleDestroy = 15,
    CancelDestroy = 16,
    Destroy = 17,
    ImportParameters = 18,
    Import = 19,
    Export = 20,
    Encrypt = 32,
    Decrypt = 33,
    GenerateDataKey = 34,
    GenerateDataKeyPair = 35,
    Wrap = 36,
    Unwrap = 37,
    Rewrap = 38,
    Recover = 39,
    Sign = 40,
    Verify = 41,
    Mac = 42,
    VerifyMac = 43,
    Random = 44,
    Tripwire = 45,
    Reserve = 46,
    Maintain = 64,
    ChangeRoot = 65,
    Backup = 66,
    Restore = 67,
    ReadAudit = 68,
    Doctor = 69,
    Upgrade = 70,
}

/// Whether a store has owners or roles; it goes one way only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// Whoever holds the root key may do all.
    Owner = 1,
    /// Only what a role grants; the default is deny.
    Roles = 2,
}

/// What a policy says, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Permit,
    /// Stop; the text says what is missing.
    Deny(&'static str),
}

/// The rules in force.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    mode: Mode,
}

impl Policy {
    /// The rules of a store in this mode.
    #[must_use]
    pub const fn new(mode: Mode) -> Self {
        Self { mode }
    }

    /// Decides.
    #[must_use]
    pub const fn decide(&self, _principal: &Principal, action: Action, _key: Option<&KeyId>) -> Decision {
        match (self.mode, action) {
            (Mode::Owner, _) | (Mode::Roles, Action::Verify | Action::VerifyMac) => Decision::Permit,
            (Mode::Roles, _) => Decision::Deny("no role grants this; ask the security administrator"),
        }
    }

    /// [`decide`](Self::decide) as a result.
    ///
    /// # Errors
    /// [`Denied`](Kind::Denied).
    pub fn check(&self, principal: &Principal, action: Action, key: Option<&KeyId>) -> Result<()> {
        match self.decide(principal, action, key) {
            Decision::Permit => Ok(()),
            Decision::Deny(why) => Err(Error::new(Kind::Denied, why).about(principal)),
        }
    }
}

impl Mode {
    /// The mode of a number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Owner),
            2 => Some(Self::Roles),
            _ => None,
        }
    }
}

impl Action {
    /// All of them with their names, in the order of their numbers.
    pub const ALL: [(Self, &'static str); 42] = [
        (Self::Init, "init"),
        (Self::Create, "create"),
        (Self::Describe, "describe"),
        (Self::List, "list"),
        (Self::Update, "update"),
        (Self::Alias, "alias"),
        (Self::Rotate, "rotate"),
        (Self::Activate, "activate"),
        (Self::Suspend, "suspend"),
        (Self::Resume, "resume"),
        (Self::Disable, "disable"),
        (Self::Enable, "enable"),
        (Self::Deactivate, "deactivate"),
        (Self::Compromise, "compromise"),
        (Self::ScheduleDestroy, "schedule-destroy"),
        (Self::CancelDestroy, "cancel-destroy"),
        (Self::Destroy, "destroy"),
        (Self::ImportParameters, "import-params"),
        (Self::Import, "import"),
        (Self::Export, "export"),
        (Self::Encrypt, "encrypt"),
        (Self::Decrypt, "decrypt"),
        (Self::GenerateDataKey, "generate-data-key"),
        (Self::GenerateDataKeyPair, "generate-data-key-pair"),
        (Self::Wrap, "wrap"),
        (Self::Unwrap, "unwrap"),
        (Self::Rewrap, "rewrap"),
        (Self::Recover, "recover"),
        (Self::Sign, "sign"),
        (Self::Verify, "verify"),
        (Self::Mac, "mac"),
        (Self::VerifyMac, "verify-mac"),
        (Self::Random, "random"),
        (Self::Tripwire, "tripwire"),
        (Self::Reserve, "reserve"),
        (Self::Maintain, "maintain"),
        (Self::ChangeRoot, "change-root"),
        (Self::Backup, "backup"),
        (Self::Restore, "restore"),
        (Self::ReadAudit, "read-audit"),
        (Self::Doctor, "doctor"),
        (Self::Upgrade, "upgrade"),
    ];

    /// The number in audit records.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The action of a number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().map(|(action, _)| action).find(|action| action.number() == number)
    }

    /// The name in commands and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(action, _)| *action == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
