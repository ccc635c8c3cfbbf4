//! SM3, SM3 that begins with Z, and HMAC-SM3 against our own.
//!
//! Knows the published answer of GB/T 32905-2016, annex A; everything else is computed here.

use super::{
    Bench, Candidates, Found,
    keys::{self, Use},
    parameters::{Material, lend},
    sm2,
};
use crate::{
    algo::{
        hmac,
        sm2::{DEFAULT_USER_ID, PublicKey},
        sm3,
    },
    provider::pkcs11::{
        profile::{KeyType, Mechanism, Operation, Parameter},
        raw::{Object, Rv},
    },
};

/// GB/T 32905-2016, A.1: of `abc`.
const OF_ABC: [u8; 32] = [
    0x66, 0xc7, 0xf0, 0xf4, 0x62, 0xee, 0xed, 0xd9, 0xd1, 0xf2, 0xd4, 0x6b, 0xdc, 0x10, 0xe4, 0xe2, 0x41,
    0x67, 0xc4, 0x87, 0x5c, 0xf2, 0xf7, 0xa2, 0x29, 0x7d, 0xa0, 0x2b, 0x8f, 0x4b, 0xa8, 0xe0,
];
/// More than one block.
const LONG: [u8; 150] = [0x5a; 150];
const KEY: [u8; 32] = [0x6b; 32];
/// `CKK_GENERIC_SECRET`
const GENERIC: u64 = 0x10;

pub(super) fn try_digests(bench: &mut Bench, candidates: &Candidates, found: &mut Found) {
    for code in candidates.of(Operation::Sm3) {
        let mut digest =
            |input: &[u8]| lend(code, Parameter::None, &Material::default(), |how| bench.digest(how, input));
        match digest(b"abc") {
            Ok(answer)
                if answer == OF_ABC && digest(&LONG).is_ok_and(|answer| answer == sm3::digest(&LONG)) =>
            {
                found.add(plain(Operation::Sm3, code));
            }
            answer => found.miss(Operation::Sm3, code, answer.err()),
        }
    }
    try_with_z(bench, candidates, found);
}

/// Z needs some public key: the base point is one.
fn try_with_z(bench: &mut Bench, candidates: &Candidates, found: &mut Found) {
    let Ok(public) = PublicKey::from_bytes(&sm2::base_point()) else { return };
    let Ok(z) = public.za(DEFAULT_USER_ID) else { return };
    let e = sm3::digest_parts(&[&z, b"abc"]);
    let bytes = public.to_bytes();
    let material = Material { id: DEFAULT_USER_ID, public: &bytes[1..], ..Material::default() };
    for code in candidates.of(Operation::Sm3WithZ) {
        match lend(code, Parameter::IdAndKey, &material, |how| bench.digest(how, b"abc")) {
            Ok(answer) if answer == e => {
                let entry = Mechanism::new(Operation::Sm3WithZ, code);
                found.add(Mechanism { parameter: Some(Parameter::IdAndKey), ..entry });
            }
            answer => found.miss(Operation::Sm3WithZ, code, answer.err()),
        }
    }
}

pub(super) fn try_macs(bench: &mut Bench, candidates: &Candidates, found: &mut Found) {
    let mut types = candidates.types(|keys| keys.hmac);
    if !types.contains(&GENERIC) {
        types.push(GENERIC);
    }
    let codes = candidates.of(Operation::HmacSm3);
    if codes.is_empty() {
        return;
    }
    for kind in types {
        let Ok(key) = keys::import(bench, kind, &KEY, Use::Macing) else { continue };
        for code in &codes {
            let tried = try_mac(bench, *code, key);
            if let Ok(parameter) = tried {
                let entry = Mechanism::new(Operation::HmacSm3, *code);
                found.add(Mechanism { parameter: Some(parameter), ..entry });
                found.keys.hmac = Some(hmac_key(kind, true));
            } else if let Err(rv) = tried {
                found.miss(Operation::HmacSm3, *code, rv);
            }
        }
        if found.keys.hmac.is_some() {
            break;
        }
    }
    try_keys(bench, candidates, found);
}

const fn hmac_key(code: u64, length: bool) -> KeyType {
    KeyType { code, params: None, point: None, length, verified: true }
}

/// The shape of the parameter with which it is HMAC-SM3 under the known key.
fn try_mac(bench: &mut Bench, code: u64, key: Object) -> Result<Parameter, Option<Rv>> {
    let expected = hmac::mac(&KEY, &[&LONG]);
    let material = Material { key: Some(key), ..Material::default() };
    let mut last = None;
    for parameter in [Parameter::None, Parameter::KeyHandle] {
        match lend(code, parameter, &material, |how| bench.sign(how, key, &LONG)) {
            Ok(mac) if mac == expected => return Ok(parameter),
            answer => last = answer.err(),
        }
    }
    Err(last)
}

/// A key that the token makes has to serve the mechanism that was found: twice the same MAC, of 32 bytes.
fn try_keys(bench: &mut Bench, candidates: &Candidates, found: &mut Found) {
    let Some(kind) = found.keys.hmac else { return };
    let Some((code, parameter)) =
        found.first(Operation::HmacSm3).and_then(|mac| Some((mac.code, mac.parameter?)))
    else {
        return;
    };
    for maker in candidates.of(Operation::HmacKey) {
        let made = keys::generate(bench, maker, kind.code, KEY.len(), Use::Macing);
        let (key, length) = match made {
            Ok(made) => made,
            Err(rv) => {
                found.miss(Operation::HmacKey, maker, Some(rv));
                continue;
            }
        };
        let material = Material { key: Some(key), ..Material::default() };
        let mut mac = || lend(code, parameter, &material, |how| bench.sign(how, key, &LONG));
        match (mac(), mac()) {
            (Ok(one), Ok(other)) if one == other && one.len() == KEY.len() => {
                found.add(plain(Operation::HmacKey, maker));
                found.keys.hmac = Some(hmac_key(kind.code, length));
            }
            (one, _) => found.miss(Operation::HmacKey, maker, one.err()),
        }
    }
}

pub(super) fn plain(operation: Operation, code: u64) -> Mechanism {
    Mechanism { parameter: Some(Parameter::None), ..Mechanism::new(operation, code) }
}
