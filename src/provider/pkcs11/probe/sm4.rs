//! SM4 in its modes, under the key of the standard's example.
//!
//! Knows what each mode answers; which number is which mode is what is looked for.

use alloc::{vec, vec::Vec};

use super::{
    Bench, Candidates, Found,
    authenticated::{self, Example},
    keys::{self, Use},
    parameters::{Material, lend},
    sm3::plain,
};
use crate::{
    algo::{
        mode::{cbc, cmac::Cmac, ctr, ecb, gcm::Gcm, padding},
        sm4::Sm4,
    },
    error::Result as Worked,
    provider::pkcs11::{
        profile::{KeyType, Mechanism, Operation, Parameter},
        raw::{Bound, Object, Rv},
    },
};

/// GB/T 32907-2016, A.1: the key, and the plaintext.
const KEY: [u8; 16] =
    [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10];
/// The ciphertext of the key under itself, likewise.
const OF_KEY: [u8; 16] =
    [0x68, 0x1e, 0xdf, 0x34, 0xd2, 0x06, 0x96, 0x5e, 0x86, 0xb3, 0xe9, 0x4f, 0x53, 0x6e, 0x42, 0x46];
const IV: [u8; 16] = [0xa5; 16];
const AAD: [u8; 20] = [0xad; 20];
/// A text of whole blocks: the key three times, so that a mode that forgets its chain is seen.
const BLOCKS: usize = 48;

/// The modes, and the shapes of parameter that each may have.
const MODES: [(Operation, &[Parameter]); 6] = [
    (Operation::Sm4Ecb, &[Parameter::None]),
    (Operation::Sm4Cbc, &[Parameter::Iv16]),
    (Operation::Sm4CbcPad, &[Parameter::Iv16]),
    (Operation::Sm4Ctr, &[Parameter::Iv16, Parameter::Ctr]),
    (Operation::Sm4Gcm, &[Parameter::Gcm, Parameter::GcmKoal, Parameter::GcmShort]),
    (Operation::Sm4Cmac, &[Parameter::None]),
];

pub(super) fn try_all(bench: &mut Bench, candidates: &Candidates, found: &mut Found) {
    if MODES.iter().all(|(operation, _)| candidates.of(*operation).is_empty()) {
        return;
    }
    for kind in candidates.types(|keys| keys.sm4) {
        let Some(known) = Known::new(bench, candidates, kind) else { continue };
        try_modes(bench, candidates, &known, found);
        try_wraps(bench, candidates, kind, found);
        if let Some(mode) = any_mode(found) {
            found.keys.sm4 =
                Some(KeyType { code: kind, params: None, point: None, length: true, verified: true });
            found.quirks.check_value |= keys::has_check_value(bench, known.encrypting);
            found.cipher = Some((mode, known.encrypting));
            break;
        }
    }
    try_keys(bench, candidates, found);
}

/// One of the modes that were found.
fn any_mode(found: &Found) -> Option<Mechanism> {
    let modes = [Operation::Sm4Ecb, Operation::Sm4Cbc, Operation::Sm4Gcm];
    modes.into_iter().find_map(|mode| found.first(mode).cloned())
}

/// Keys in the token whose value is known here.
struct Known {
    value: [u8; 16],
    encrypting: Object,
    macing: Option<Object>,
}

impl Known {
    /// As many as the token lets be had.
    fn new(bench: &mut Bench, candidates: &Candidates, kind: u64) -> Option<Self> {
        let (encrypting, value) = known_key(bench, candidates, kind, Use::Encrypting)?;
        let macing = keys::import(bench, kind, &value, Use::Macing).ok();
        Some(Self { value, encrypting, macing })
    }
}

/// A key that is brought in, or else one that is made and may be read, and its value.
fn known_key(
    bench: &mut Bench,
    candidates: &Candidates,
    kind: u64,
    purpose: Use,
) -> Option<(Object, [u8; 16])> {
    if let Ok(key) = keys::import(bench, kind, &KEY, purpose) {
        return Some((key, KEY));
    }
    candidates.of(Operation::Sm4Key).into_iter().find_map(|maker| {
        let (key, _) = keys::generate(bench, maker, kind, KEY.len(), purpose).ok()?;
        let value = bench.attribute(key, cryptoki_sys::CKA_VALUE).ok()?.try_into().ok()?;
        Some((key, value))
    })
}

fn try_modes(bench: &mut Bench, candidates: &Candidates, known: &Known, found: &mut Found) {
    for (operation, shapes) in MODES {
        let Ok(Some(expected)) = expected(operation, &known.value) else { continue };
        for code in candidates.of(operation) {
            let mut last = None;
            let fits = shapes.iter().find(|shape| match answer(bench, operation, code, **shape, known) {
                Ok(answer) => answer == expected,
                Err(rv) => {
                    last = Some(rv);
                    false
                }
            });
            match fits {
                Some(shape) => {
                    found.add(Mechanism { parameter: Some(*shape), ..Mechanism::new(operation, code) })
                }
                None => found.miss(operation, code, last),
            }
        }
    }
    if let Some(gcm) = found.first(Operation::Sm4Gcm).cloned() {
        try_habits(bench, &gcm, known.encrypting, found);
    }
}

/// GCM as what wraps a key; a wrapping key whose value is known here is brought in, or made and read.
fn try_wraps(bench: &mut Bench, candidates: &Candidates, kind: u64, found: &mut Found) {
    let operation = Operation::Sm4GcmWrap;
    let codes = authenticated::numbers(bench, candidates, (operation, Operation::Sm4Gcm), found);
    if codes.is_empty() {
        return;
    }
    let Some((wrapping, value)) = known_key(bench, candidates, kind, Use::Wrapping) else { return };
    let Ok(Some(wrapped)) = expected(Operation::Sm4Gcm, &value) else { return };
    let bound = Bound { iv: &IV[..12], aad: &AAD };
    let example = Example { bound, secret: &text(Operation::Sm4Gcm), wrapped: &wrapped };
    authenticated::try_all(bench, (operation, &codes), wrapping, &example, found);
}

/// What the mode gives for the text, all of it.
fn expected(operation: Operation, key: &[u8; 16]) -> Worked<Option<Vec<u8>>> {
    let cipher = Sm4::new(key);
    let mut buffer = text(operation);
    match operation {
        Operation::Sm4Ecb => {
            ecb::encrypt(&cipher, &mut buffer)?;
            // The published answer, so that this test does not rest on our own cipher.
            if *key == KEY && buffer[..16] != OF_KEY {
                return Ok(None);
            }
        }
        Operation::Sm4Cbc => cbc::encrypt(&cipher, &IV, &mut buffer)?,
        Operation::Sm4CbcPad => {
            padding::pad(&mut buffer);
            cbc::encrypt(&cipher, &IV, &mut buffer)?;
        }
        Operation::Sm4Ctr => ctr::apply(&cipher, &IV, &mut buffer),
        Operation::Sm4Gcm => {
            let tag = Gcm::<16>::new(key).encrypt(&IV[..12], &AAD, &mut buffer)?;
            buffer.extend(tag);
        }
        Operation::Sm4Cmac => {
            let mut mac = Cmac::new(key);
            mac.update(&buffer);
            buffer = mac.finalize().to_vec();
        }
        _ => return Ok(None),
    }
    Ok(Some(buffer))
}

/// The text of each mode: whole blocks where it needs them, else not, so that padding is seen.
fn text(operation: Operation) -> Vec<u8> {
    let text = KEY.repeat(BLOCKS / KEY.len());
    match operation {
        Operation::Sm4Ecb | Operation::Sm4Cbc => text,
        _ => text[..BLOCKS - 5].to_vec(),
    }
}

fn material(operation: Operation) -> Material<'static> {
    let iv = if operation == Operation::Sm4Gcm { &IV[..12] } else { &IV[..] };
    Material { iv, aad: &AAD, ..Material::default() }
}

/// What the token gives; of an encryption also that it decrypts again.
fn answer(
    bench: &mut Bench,
    operation: Operation,
    code: u64,
    shape: Parameter,
    known: &Known,
) -> Result<Vec<u8>, Rv> {
    let text = text(operation);
    lend(code, shape, &material(operation), |how| {
        if operation == Operation::Sm4Cmac {
            return bench.sign(how, known.macing.unwrap_or(known.encrypting), &text);
        }
        let made = bench.encrypt(how, known.encrypting, &text)?;
        let back = bench.decrypt(how, known.encrypting, &made)?;
        Ok(if back == text { made } else { Vec::new() })
    })
}

/// What GCM does without an initialisation vector, and what it says to a wrong tag.
pub(super) fn try_habits(bench: &mut Bench, gcm: &Mechanism, key: Object, found: &mut Found) {
    let Some(shape) = gcm.parameter else { return };
    let material = Material { iv: &IV[..12], aad: &AAD, ..Material::default() };
    if let Ok(mut sealed) = lend(gcm.code, shape, &material, |how| bench.encrypt(how, key, &KEY)) {
        if let Some(last) = sealed.last_mut() {
            *last ^= 1;
        }
        if let Err(rv) = lend(gcm.code, shape, &material, |how| bench.decrypt(how, key, &sealed)) {
            found.rejects(rv);
        }
    }
    let empty = Material { iv: &[], aad: &AAD, ..Material::default() };
    found.quirks.empty_iv |= lend(gcm.code, shape, &empty, |how| bench.encrypt(how, key, &KEY)).is_ok();
}

/// A key that the token makes has to serve a mode that was found.
fn try_keys(bench: &mut Bench, candidates: &Candidates, found: &mut Found) {
    let Some(kind) = found.keys.sm4 else { return };
    let Some(mode) = any_mode(found) else { return };
    let Some(shape) = mode.parameter else { return };
    for maker in candidates.of(Operation::Sm4Key) {
        let tried =
            keys::generate(bench, maker, kind.code, KEY.len(), Use::Encrypting).and_then(|(key, length)| {
                let text = vec![0; BLOCKS];
                let (made, back) = lend(mode.code, shape, &material(mode.operation), |how| {
                    let made = bench.encrypt(how, key, &text)?;
                    let back = bench.decrypt(how, key, &made)?;
                    Ok::<_, Rv>((made, back))
                })?;
                Ok((back == text && made != text, length))
            });
        match tried {
            Ok((true, length)) => {
                found.add(plain(Operation::Sm4Key, maker));
                found.keys.sm4 = Some(KeyType { length, ..kind });
            }
            tried => found.miss(Operation::Sm4Key, maker, tried.err()),
        }
    }
}
