//! Whether a token does what its profile says.
//!
//! Knows two profiles, the one that is used and what was found; asks no token.

use alloc::{string::String, vec::Vec};

use super::{Candidates, Found};
use crate::provider::pkcs11::{
    Rv,
    profile::{KeyType, Mechanism, Operation, Profile},
};

/// How one entry of a profile fared.
#[derive(Clone, Debug)]
pub enum Check {
    /// The known answers came, in the forms that the profile says.
    Passed,
    /// It works otherwise than the profile says; so it was found to.
    Differs(Mechanism),
    /// The token has no mechanism of this number.
    NotOffered,
    /// The answer was none of the known ones, or this failure.
    Failed(Option<Rv>),
    /// The profile does not say how it is used, or of what type its keys are, so it is not used either; or there is no known
    /// answer for it.
    NotTested,
}

/// How a profile fared.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Each entry of the profile, in its order.
    pub checks: Vec<(Mechanism, Check)>,
    /// Types of keys that differ: the name, and what was found instead, if anything.
    pub keys: Vec<(&'static str, Option<KeyType>)>,
    /// Habits of the token that make it unsafe and that the profile does not tell, by their names there.
    pub habits: Vec<&'static str>,
    /// What was made and could not be destroyed, by its label and number.
    pub left: Vec<String>,
}

impl Verdict {
    /// Whether everything that could be tested is as the profile says, and something could.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        let sound = |check: &Check| matches!(check, Check::Passed | Check::NotTested);
        self.keys.is_empty()
            && self.habits.is_empty()
            && self.checks.iter().all(|(_, check)| sound(check))
            && self.checks.iter().any(|(_, check)| matches!(check, Check::Passed))
    }
}

pub(super) fn judge(profile: &Profile, found: &Found, candidates: &Candidates, left: Vec<String>) -> Verdict {
    let checks =
        profile.mechanisms.iter().map(|entry| (entry.clone(), check(entry, profile, found, candidates)));
    let keys = profile.keys.named().into_iter().zip(found.keys.named());
    let differing = keys.filter_map(|((name, said), (_, seen))| {
        let differs = said.is_some_and(|said| !seen.is_some_and(|seen| is_alike(said, seen)));
        (differs && is_asked_for(name, profile)).then(|| (name, seen.copied()))
    });
    let untold = [("unchecked-c3", profile.quirks.unchecked_c3, found.quirks.unchecked_c3)];
    let habits = untold.into_iter().filter(|(_, told, seen)| *seen && !told).map(|(name, ..)| name).collect();
    Verdict { checks: checks.collect(), keys: differing.collect(), habits, left }
}

fn check(entry: &Mechanism, profile: &Profile, found: &Found, candidates: &Candidates) -> Check {
    if !entry.is_complete() || !is_testable(entry.operation) || !has_keys(entry.operation, profile) {
        return Check::NotTested;
    }
    if !candidates.is_offered(entry.code) {
        return Check::NotOffered;
    }
    let same = |other: &&Mechanism| (other.operation, other.code) == (entry.operation, entry.code);
    if found.mechanisms.iter().any(|other| other.is_used_as(entry)) {
        return Check::Passed;
    }
    if let Some(other) = found.mechanisms.iter().find(same) {
        return Check::Differs(other.clone());
    }
    let missed = found
        .unshown
        .iter()
        .find(|unshown| (unshown.operation, unshown.code) == (entry.operation, entry.code));
    Check::Failed(missed.and_then(|unshown| unshown.answer))
}

/// Whether there is a known answer for it.
const fn is_testable(operation: Operation) -> bool {
    !matches!(operation, Operation::Sm2Wrap | Operation::Sm2Unwrap | Operation::Sm2Agree | Operation::Sm4Mac)
}

/// Whether the profile says of what type the keys for it are; keys of HMAC and AES have a type of the standard.
const fn has_keys(operation: Operation, profile: &Profile) -> bool {
    match operation {
        Operation::Sm2KeyPair | Operation::Sm2Sign | Operation::Sm2Encrypt | Operation::Sm2Ecdh => {
            profile.keys.sm2.is_some()
        }
        Operation::Sm4Key
        | Operation::Sm4Ecb
        | Operation::Sm4Cbc
        | Operation::Sm4CbcPad
        | Operation::Sm4Ctr
        | Operation::Sm4Gcm
        | Operation::Sm4GcmWrap
        | Operation::Sm4Cmac => profile.keys.sm4.is_some(),
        _ => true,
    }
}

/// Both make the same templates; a form that the profile leaves open is not held against the token.
fn is_alike(said: &KeyType, seen: &KeyType) -> bool {
    said.code == seen.code
        && said.length == seen.length
        && said.params.is_none_or(|params| seen.params == Some(params))
        && said.point.is_none_or(|point| seen.point == Some(point))
}

/// Whether the profile has an entry that would have shown such a key.
fn is_asked_for(name: &str, profile: &Profile) -> bool {
    let makes = |operation| profile.mechanism(operation).is_some();
    match name {
        "sm2" => makes(Operation::Sm2KeyPair),
        "sm4" => [Operation::Sm4Ecb, Operation::Sm4Cbc, Operation::Sm4Gcm].into_iter().any(makes),
        "hmac" => makes(Operation::HmacSm3),
        _ => [Operation::AesGcm, Operation::AesKeyWrap, Operation::AesKeyWrapPad].into_iter().any(makes),
    }
}
