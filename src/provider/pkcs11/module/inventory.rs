//! What a module says of itself: library, slots, tokens, mechanisms. Nothing of it is verified.
//!
//! Knows no keys.

use alloc::{string::String, vec::Vec};
use core::fmt;

use cryptoki_sys::{
    CK_TOKEN_INFO, CK_ULONG, CK_UNAVAILABLE_INFORMATION, CK_VERSION, CKF_LOGIN_REQUIRED,
    CKF_PROTECTED_AUTHENTICATION_PATH, CKF_TOKEN_INITIALIZED, CKF_USER_PIN_FINAL_TRY,
    CKF_USER_PIN_INITIALIZED, CKF_USER_PIN_LOCKED,
};

use super::Module;
use crate::{
    error::{Error, Kind, Result},
    provider::pkcs11::{fault::Fault, raw::text},
};

/// The number of a slot; of this process only, and perhaps another one tomorrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SlotId(pub(in crate::provider::pkcs11) CK_ULONG);

/// The library, as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Who made the library.
    pub manufacturer: String,
    /// What it is.
    pub description: String,
    /// Its version: major, minor.
    pub version: (u8, u8),
    /// The version of PKCS#11: major, minor.
    pub standard: (u8, u8),
}

/// A slot, and the token in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its number.
    pub id: SlotId,
    /// What it is.
    pub description: String,
    /// Who made it.
    pub manufacturer: String,
    /// The token, if there is one.
    pub token: Option<TokenInfo>,
}

/// A token, as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// Its name.
    pub label: String,
    /// Who made it.
    pub manufacturer: String,
    /// Which product.
    pub model: String,
    /// Its serial number.
    pub serial: String,
    /// The version of its firmware: major, minor.
    pub firmware: (u8, u8),
    /// Whether it was given a label and PINs.
    pub initialized: bool,
    /// Whether keys are used only after a login.
    pub login_required: bool,
    /// Whether it asks for the PIN on a path of its own.
    pub protected_path: bool,
    /// Whether the user has a PIN yet.
    pub pin_set: bool,
    /// Whether one more wrong PIN locks it.
    pub final_try: bool,
    /// Whether the PIN is locked.
    pub locked: bool,
    /// How many sessions a process may have, when it says so.
    pub max_sessions: Option<usize>,
}

/// A mechanism of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MechanismInfo {
    /// Its number, of the standard or the vendor.
    pub code: u64,
    /// The shortest key, in the mechanism's unit.
    pub min_key: u64,
    /// The longest key.
    pub max_key: u64,
    /// `CKF_…`
    pub flags: u64,
}

impl Module {
    /// What the library says of itself.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Kind::Unavailable) when it does not answer.
    pub fn about(&self) -> Result<About> {
        let info = self.enter()?.info().map_err(Fault::while_("C_GetInfo"))?;
        let version = |version: CK_VERSION| (version.major, version.minor);
        Ok(About {
            manufacturer: text(&info.manufacturerID),
            description: text(&info.libraryDescription),
            version: version(info.libraryVersion),
            standard: version(info.cryptokiVersion),
        })
    }

    /// Its slots, and what is in them.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Kind::Unavailable) when it does not answer.
    pub fn slots(&self) -> Result<Vec<Slot>> {
        let call = self.enter()?;
        let mut slots = Vec::new();
        for id in call.slots(false).map_err(Fault::while_("C_GetSlotList"))? {
            // A slot may vanish in between; the others are still there.
            let Ok(info) = call.slot_info(id) else { continue };
            slots.push(Slot {
                id: SlotId(id),
                description: text(&info.slotDescription),
                manufacturer: text(&info.manufacturerID),
                token: call.token_info(id).ok().map(|info| TokenInfo::of(&info)),
            });
        }
        Ok(slots)
    }

    /// The mechanisms of the token in a slot, vendors' among them, by their numbers.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Kind::Unavailable) when it does not answer.
    pub fn mechanisms(&self, slot: SlotId) -> Result<Vec<MechanismInfo>> {
        let call = self.enter()?;
        let mut codes = call.mechanisms(slot.0).map_err(Fault::while_("C_GetMechanismList"))?;
        codes.sort_unstable();
        codes.dedup();
        let described = codes.into_iter().map(|code| {
            // Some list what they cannot describe.
            let info = call.mechanism_info(slot.0, code).unwrap_or_default();
            MechanismInfo {
                code: code.into(),
                min_key: info.ulMinKeySize.into(),
                max_key: info.ulMaxKeySize.into(),
                flags: info.flags.into(),
            }
        });
        Ok(described.collect())
    }
}

impl TokenInfo {
    /// Refuses to try a PIN where it is locked, and where one more wrong one would lock it.
    ///
    /// # Errors
    /// [`Denied`](Kind::Denied).
    pub fn check_pin(&self) -> Result<()> {
        let denied = |what| Err(Error::new(Kind::Denied, what).about(&self.label));
        if self.locked {
            return denied("the token's PIN is locked; its officer can set another one");
        }
        if self.final_try {
            return denied(
                "one more wrong PIN would lock the token; log in once with the vendor's tool, then try again",
            );
        }
        Ok(())
    }

    /// What C says, in words.
    pub(in crate::provider::pkcs11) fn of(info: &CK_TOKEN_INFO) -> Self {
        let has = |flag| info.flags & flag != 0;
        // 0 means that there is no limit, all ones that none is told.
        let told = |limit: CK_ULONG| {
            usize::try_from(limit).ok().filter(|_| limit != 0 && limit != CK_UNAVAILABLE_INFORMATION)
        };
        let limits = [told(info.ulMaxSessionCount), told(info.ulMaxRwSessionCount)];
        Self {
            label: text(&info.label),
            manufacturer: text(&info.manufacturerID),
            model: text(&info.model),
            serial: text(&info.serialNumber),
            firmware: (info.firmwareVersion.major, info.firmwareVersion.minor),
            initialized: has(CKF_TOKEN_INITIALIZED),
            login_required: has(CKF_LOGIN_REQUIRED),
            protected_path: has(CKF_PROTECTED_AUTHENTICATION_PATH),
            pin_set: has(CKF_USER_PIN_INITIALIZED),
            final_try: has(CKF_USER_PIN_FINAL_TRY),
            locked: has(CKF_USER_PIN_LOCKED),
            max_sessions: limits.into_iter().flatten().min(),
        }
    }
}

impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
