//! What a token offers by its profile and its list of mechanisms: suites for a store's root, and keys that stay inside.
//!
//! Knows what each needs; proves nothing, that is `selftest`'s.

use miyao::provider::pkcs11::{
    MechanismInfo, Suite,
    profile::{Input, Mechanism, Operation, Profile},
};
use serde_json::{Value, json};

/// What a thing needs: a mechanism of each, in the order of preference where several would do.
type Needs = &'static [&'static [Operation]];

const SUITES: [(&str, Needs); 6] = [
    (Suite::Sm4GcmDevice.name(), &[&[Operation::Sm4Key], &[Operation::Sm4Gcm]]),
    (Suite::Sm2PkeDevice.name(), &[&[Operation::Sm2KeyPair], &[Operation::Sm2Encrypt]]),
    (Suite::Sm2EcRaw.name(), &[&[Operation::Sm2KeyPair], &[Operation::Sm2Ecdh]]),
    (Suite::Sm4CbcEtmDevice.name(), &[&[Operation::Sm4Key], &[Operation::Sm4Cbc]]),
    (Suite::AesGcmDevice.name(), &[&[Operation::AesKey], &[Operation::AesGcm]]),
    (Suite::AesKwDevice.name(), &[&[Operation::AesKey], &[Operation::AesKeyWrap]]),
];

const KEYS: [(&str, Needs); 4] = [
    ("sm4", &[&[Operation::HmacKey], &[Operation::HmacSm3]]),
    ("hmac-sm3", &[&[Operation::HmacKey], &[Operation::HmacSm3]]),
    ("sm2-sign", &[&[Operation::Sm2KeyPair], &[Operation::Sm2Sign]]),
    ("sm2-encrypt", &[&[Operation::Sm2KeyPair], &[Operation::Sm2Encrypt, Operation::Sm2Ecdh]]),
];

/// Whether each is offered, and if so whether a probe saw all of it work.
pub(super) struct Offers {
    suites: Vec<(&'static str, Option<bool>)>,
    keys: Vec<(&'static str, Option<bool>)>,
}

impl Offers {
    pub(super) fn new(profile: &Profile, listed: &[MechanismInfo]) -> Self {
        let of = |all: &[(&'static str, Needs)], is_usable: &dyn Fn(Operation) -> bool| -> Vec<_> {
            all.iter().map(|(name, needs)| (*name, offered(profile, listed, needs, is_usable))).collect()
        };
        // What a key of a store's own decrypts is checked by nobody else; a root's is, by the seal around it.
        let is_checked = |operation| operation != Operation::Sm2Encrypt || !profile.quirks.unchecked_c3;
        Self { suites: of(&SUITES, &|_| true), keys: of(&KEYS, &is_checked) }
    }

    pub(super) fn record(&self) -> Value {
        let of = |all: &[(&str, Option<bool>)]| -> Value {
            all.iter()
                .map(|(name, offered)| ((*name).to_owned(), json!(word(*offered))))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        json!({ "suites": of(&self.suites), "keys": of(&self.keys) })
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let of = |what: &str, all: &[(&str, Option<bool>)]| -> Vec<String> {
            let of_one = |(name, offered): &(&str, Option<bool>)| {
                let is_other = Suite::from_name(name).is_some_and(|suite| !suite.is_gm());
                let mark = if is_other { " (not 国密)" } else { "" };
                format!("{what:<8} {name:<18} {}{mark}", word(*offered))
            };
            all.iter().map(of_one).collect()
        };
        [of("root", &self.suites), of("key", &self.keys)].concat()
    }
}

const fn word(offered: Option<bool>) -> &'static str {
    match offered {
        Some(true) => "offered",
        Some(false) => "offered, not verified",
        None => "not offered",
    }
}

fn offered(
    profile: &Profile,
    listed: &[MechanismInfo],
    needs: Needs,
    is_usable: &dyn Fn(Operation) -> bool,
) -> Option<bool> {
    let mut verified = true;
    for alternatives in needs {
        let mut alternatives = alternatives.iter().filter(|operation| is_usable(**operation));
        let found = alternatives.find_map(|operation| usable(profile, listed, *operation))?;
        verified &= found.verified;
    }
    Some(verified)
}

/// An entry that is complete and whose number the token lists; a signature has to take a digest.
fn usable<'a>(profile: &'a Profile, listed: &[MechanismInfo], operation: Operation) -> Option<&'a Mechanism> {
    profile.all(operation).find(|entry| {
        entry.is_complete()
            && listed.iter().any(|info| info.code == entry.code)
            && (operation != Operation::Sm2Sign || entry.input == Some(Input::Digest))
    })
}
