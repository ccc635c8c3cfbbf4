//! AES-GCM and AES key wrap, of tokens that have no SM4.
//!
//! Knows the published answers only; AES is none of our algorithms.

use super::{
    Bench, Candidates, Found,
    authenticated::{self, Example, GENERIC},
    keys::{self, Use},
    parameters::{Material, lend},
    sm3::plain,
    sm4::try_habits,
};
use crate::provider::pkcs11::{
    profile::{KeyType, Mechanism, Operation, Parameter},
    raw::{Bound, Object},
};

/// `CKK_AES`
const AES: u64 = 0x1f;

pub(super) fn try_all(bench: &mut Bench, candidates: &Candidates, found: &mut Found) {
    let mut types = candidates.types(|keys| keys.aes);
    if !types.contains(&AES) {
        types.push(AES);
    }
    for kind in types {
        try_gcm(bench, candidates, kind, found);
        try_gcm_wraps(bench, candidates, kind, found);
        try_wraps(bench, candidates, kind, found);
        let operations =
            [Operation::AesGcm, Operation::AesGcmWrap, Operation::AesKeyWrap, Operation::AesKeyWrapPad];
        if operations.into_iter().any(|operation| found.first(operation).is_some()) {
            try_keys(bench, candidates, kind, found);
            break;
        }
    }
}

fn try_gcm(bench: &mut Bench, candidates: &Candidates, kind: u64, found: &mut Found) {
    let codes = candidates.of(Operation::AesGcm);
    if codes.is_empty() {
        return;
    }
    let Ok(key) = keys::import(bench, kind, &gcm::KEY, Use::Encrypting) else { return };
    found.quirks.check_value |= keys::has_check_value(bench, key);
    let material = Material { iv: &gcm::IV, aad: &gcm::AAD, ..Material::default() };
    for code in codes {
        let mut last = None;
        let shapes = [Parameter::Gcm, Parameter::GcmKoal, Parameter::GcmShort];
        let fits = shapes.into_iter().find(|shape| {
            let made = lend(code, *shape, &material, |how| bench.encrypt(how, key, &gcm::TEXT));
            last = made.as_ref().err().copied();
            made.is_ok_and(|made| made.strip_prefix(&gcm::CIPHERTEXT[..]) == Some(&gcm::TAG[..]))
        });
        let Some(shape) = fits else {
            found.miss(Operation::AesGcm, code, last);
            continue;
        };
        let entry = Mechanism { parameter: Some(shape), ..Mechanism::new(Operation::AesGcm, code) };
        try_habits(bench, &entry, key, found);
        found.cipher.get_or_insert_with(|| (entry.clone(), key));
        found.add(entry);
    }
}

fn try_gcm_wraps(bench: &mut Bench, candidates: &Candidates, kind: u64, found: &mut Found) {
    let operation = Operation::AesGcmWrap;
    let codes = authenticated::numbers(bench, candidates, (operation, Operation::AesGcm), found);
    if codes.is_empty() {
        return;
    }
    let Ok(wrapping) = keys::import(bench, kind, &gcm::KEY, Use::Wrapping) else { return };
    let wrapped = [&gcm::CIPHERTEXT[..], &gcm::TAG].concat();
    let bound = Bound { iv: &gcm::IV, aad: &gcm::AAD };
    let example = Example { bound, secret: &gcm::TEXT, wrapped: &wrapped };
    authenticated::try_all(bench, (operation, &codes), wrapping, &example, found);
}

fn try_wraps(bench: &mut Bench, candidates: &Candidates, kind: u64, found: &mut Found) {
    for (operation, expected) in
        [(Operation::AesKeyWrap, wrap::PLAIN), (Operation::AesKeyWrapPad, wrap::PADDED)]
    {
        let codes = candidates.of(operation);
        if codes.is_empty() {
            continue;
        }
        let (Ok(kek), Ok(secret)) = (
            keys::import(bench, kind, &wrap::KEY, Use::Wrapping),
            keys::import(bench, GENERIC, &wrap::SECRET, Use::Nothing),
        ) else {
            continue;
        };
        for code in codes {
            match lend(code, Parameter::None, &Material::default(), |how| bench.wrap(how, kek, secret)) {
                Ok(made) if made == expected => {
                    found.add(plain(operation, code));
                    try_refusal(bench, code, kek, &made, found);
                    found.quirks.wrap_pads_with_zeros |= pads_with_zeros(bench, operation, code, kek);
                }
                answer => found.miss(operation, code, answer.err()),
            }
        }
    }
}

/// What the token says of a wrapped key that is not genuine, where it unwraps one that is.
fn try_refusal(bench: &mut Bench, code: u64, kek: Object, wrapped: &[u8], found: &mut Found) {
    let mut unwrap = |wrapped: &[u8]| {
        lend(code, Parameter::None, &Material::default(), |how| {
            keys::unwrap(bench, how, kek, GENERIC, wrapped)
        })
    };
    let mut altered = wrapped.to_vec();
    if let (Ok(_), Some(last)) = (unwrap(wrapped), altered.last_mut()) {
        *last ^= 1;
        if let Err(rv) = unwrap(&altered) {
            found.rejects(rv);
        }
    }
}

/// Whether a secret of 15 bytes comes out as long as one of 16 without the length of 15 in it: key wrap should refuse it.
fn pads_with_zeros(bench: &mut Bench, operation: Operation, code: u64, kek: Object) -> bool {
    let Ok(short) = keys::import(bench, GENERIC, &wrap::SECRET[..15], Use::Nothing) else { return false };
    operation == Operation::AesKeyWrap
        && lend(code, Parameter::None, &Material::default(), |how| bench.wrap(how, kek, short)).is_ok()
}

fn try_keys(bench: &mut Bench, candidates: &Candidates, kind: u64, found: &mut Found) {
    let key_type = |length| KeyType { code: kind, params: None, point: None, length, verified: true };
    found.keys.aes = Some(key_type(true));
    for maker in candidates.of(Operation::AesKey) {
        match keys::generate(bench, maker, kind, 32, Use::Encrypting) {
            Ok((_, length)) => {
                found.add(plain(Operation::AesKey, maker));
                found.keys.aes = Some(key_type(length));
            }
            Err(rv) => found.miss(Operation::AesKey, maker, Some(rv)),
        }
    }
}

/// Test case 4 of the specification of GCM.
mod gcm {
    pub(super) const KEY: [u8; 16] =
        [0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08];
    pub(super) const IV: [u8; 12] = [0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88];
    pub(super) const AAD: [u8; 20] = [
        0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xab,
        0xad, 0xda, 0xd2,
    ];
    pub(super) const TEXT: [u8; 60] = [
        0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf, 0xf5, 0x26, 0x9a, 0x86,
        0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c, 0x30, 0x3d, 0x8a, 0x31, 0x8a, 0x72, 0x1c, 0x3c,
        0x0c, 0x95, 0x95, 0x68, 0x09, 0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49, 0xa6, 0xb5, 0x25, 0xb1, 0x6a, 0xed,
        0xf5, 0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39,
    ];
    pub(super) const CIPHERTEXT: [u8; 60] = [
        0x42, 0x83, 0x1e, 0xc2, 0x21, 0x77, 0x74, 0x24, 0x4b, 0x72, 0x21, 0xb7, 0x84, 0xd0, 0xd4, 0x9c, 0xe3,
        0xaa, 0x21, 0x2f, 0x2c, 0x02, 0xa4, 0xe0, 0x35, 0xc1, 0x7e, 0x23, 0x29, 0xac, 0xa1, 0x2e, 0x21, 0xd5,
        0x14, 0xb2, 0x54, 0x66, 0x93, 0x1c, 0x7d, 0x8f, 0x6a, 0x5a, 0xac, 0x84, 0xaa, 0x05, 0x1b, 0xa3, 0x0b,
        0x39, 0x6a, 0x0a, 0xac, 0x97, 0x3d, 0x58, 0xe0, 0x91,
    ];
    pub(super) const TAG: [u8; 16] =
        [0x5b, 0xc9, 0x4f, 0xbc, 0x32, 0x21, 0xa5, 0xdb, 0x94, 0xfa, 0xe9, 0x5a, 0xe7, 0x12, 0x1a, 0x47];
}

/// RFC 3394 §4.1, and the same secret and key under RFC 5649.
mod wrap {
    pub(super) const KEY: [u8; 16] =
        [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f];
    pub(super) const SECRET: [u8; 16] =
        [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];
    pub(super) const PLAIN: [u8; 24] = [
        0x1f, 0xa6, 0x8b, 0x0a, 0x81, 0x12, 0xb4, 0x47, 0xae, 0xf3, 0x4b, 0xd8, 0xfb, 0x5a, 0x7b, 0x82, 0x9d,
        0x3e, 0x86, 0x23, 0x71, 0xd2, 0xcf, 0xe5,
    ];
    pub(super) const PADDED: [u8; 24] = [
        0x2c, 0xef, 0x0c, 0x9e, 0x30, 0xde, 0x26, 0x01, 0x6c, 0x23, 0x0c, 0xb7, 0x8b, 0xc6, 0x0d, 0x51, 0xb1,
        0xfe, 0x08, 0x3b, 0xa0, 0xc7, 0x9c, 0xd5,
    ];
}
