//! Which numbers are tried for what.
//!
//! Knows what profiles and the token claim, and believes neither.

use alloc::{collections::BTreeMap, vec::Vec};

use cryptoki_sys as ck;

use crate::provider::pkcs11::{
    MechanismInfo, SlotId,
    module::Call,
    profile::{KeyType, Keys, Operation, Params, Profile},
};

/// Where the numbers of vendors begin.
const VENDOR: u64 = 0x8000_0000;

pub(super) struct Candidates {
    /// What the token says it has, and `CKF_…` of each.
    offered: BTreeMap<u64, u64>,
    /// What profiles say, the likeliest first.
    claimed: Vec<(Operation, u64)>,
    /// Their types of keys, likewise.
    keys: Vec<Keys>,
    /// Whether numbers that no profile knows are tried by their flags.
    widely: bool,
}

impl Candidates {
    pub(super) fn new(
        call: &Call,
        slot: SlotId,
        listed: Vec<MechanismInfo>,
        profiles: &[&Profile],
        widely: bool,
    ) -> Self {
        let entries = profiles.iter().flat_map(|profile| &profile.mechanisms);
        let claimed: Vec<_> = entries.map(|entry| (entry.operation, entry.code)).collect();
        let mut offered: BTreeMap<_, _> = listed.into_iter().map(|info| (info.code, info.flags)).collect();
        // Some lists leave vendors' numbers away.
        for (_, code) in &claimed {
            if !offered.contains_key(code)
                && let Ok(info) = call.mechanism_info(slot.0, *code)
            {
                offered.insert(*code, info.flags);
            }
        }
        Self { offered, claimed, keys: profiles.iter().map(|profile| profile.keys).collect(), widely }
    }

    pub(super) fn is_offered(&self, code: u64) -> bool {
        self.offered.contains_key(&code)
    }

    /// The numbers to try for this, the likeliest first.
    pub(super) fn of(&self, operation: Operation) -> Vec<u64> {
        let claimed = self.claimed.iter().filter(|claim| claim.0 == operation).map(|claim| claim.1);
        let flag = flag(operation);
        let by_flags =
            self.offered.iter().filter(|(code, flags)| self.widely && **code >= VENDOR && *flags & flag != 0);
        once(claimed.filter(|code| self.is_offered(*code)).chain(by_flags.map(|(code, _)| *code)))
    }

    /// The types that a key may have, the likeliest first.
    pub(super) fn types(&self, pick: impl Fn(&Keys) -> Option<KeyType>) -> Vec<u64> {
        once(self.keys.iter().filter_map(pick).map(|key| key.code))
    }

    /// The types of SM2 keys, each with the forms in which its curve may be named.
    pub(super) fn pairs(&self) -> Vec<(u64, Params)> {
        let known = self.keys.iter().filter_map(|keys| Some((keys.sm2?.code, keys.sm2?.params?)));
        let types = self.types(|keys| keys.sm2);
        let all = types.iter().flat_map(|code| Params::ALL.iter().map(|params| (*code, *params)));
        once(known.chain(all))
    }
}

/// Each once, where it stands first.
fn once<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

/// The flag of a mechanism that may do this; 0 where a flag is not enough to try a number for it.
pub(super) const fn flag(operation: Operation) -> u64 {
    match operation {
        Operation::Sm2KeyPair => ck::CKF_GENERATE_KEY_PAIR,
        Operation::HmacKey | Operation::Sm4Key => ck::CKF_GENERATE,
        Operation::Sm2Sign | Operation::HmacSm3 | Operation::Sm4Cmac => ck::CKF_SIGN,
        Operation::Sm3 | Operation::Sm3WithZ => ck::CKF_DIGEST,
        Operation::Sm2Encrypt
        | Operation::Sm4Ecb
        | Operation::Sm4Cbc
        | Operation::Sm4CbcPad
        | Operation::Sm4Ctr
        | Operation::Sm4Gcm => ck::CKF_ENCRYPT,
        Operation::Sm2Ecdh => ck::CKF_DERIVE,
        // AES has the standard's numbers, and of the others nothing says what they should answer.
        _ => 0,
    }
}
