//! Keys in PKCS#8, SEC1 and SubjectPublicKeyInfo, read loosely.
//!
//! The public half of a private key is computed; what stands in the file is only compared with it.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{
    Found, Oddity, PrivateForm, PublicForm,
    loose::{Element, bits, element, elements, note},
};
use crate::{
    algo::sm2::{PrivateKey, PublicKey},
    pki::oid,
};

const FOREIGN: Found = Found::Other("a key of another algorithm or curve, which is not read here");
const EXPLICIT: Found = Found::Other(
    "a key whose curve is given by its numbers: refused, for they may hide another generator; write it anew with the named curve",
);

/// Whether an AlgorithmIdentifier is of SM2; the curve may stand elsewhere.
pub(super) enum Algorithm {
    Sm2,
    Unnamed,
    Explicit,
    Foreign,
}

pub(super) fn pkcs8(parts: &[Element<'_>], notes: &mut Vec<Oddity>) -> Option<Found> {
    let [_, (_, algorithm), (_, inner), rest @ ..] = parts else { return None };
    let algorithm = match read_algorithm(algorithm, notes)? {
        Algorithm::Foreign => return Some(FOREIGN),
        Algorithm::Explicit => return Some(EXPLICIT),
        known => known,
    };
    let ((0x30, content), trailing) = element(inner, notes)? else { return None };
    if !trailing.is_empty() {
        note(notes, Oddity::Trailing(trailing.len()));
    }
    let found = sec1(&elements(content, notes)?, Some(&algorithm), notes)?;
    let outside = rest.iter().find(|(tag, _)| *tag == 0x81);
    if let (Found::PrivateKey { key, .. }, Some((_, public))) = (&found, outside) {
        compare(bits(public), key, notes);
    }
    Some(found)
}

/// ECPrivateKey; `around` is the algorithm of the PKCS#8 that it stands in.
pub(super) fn sec1(
    parts: &[Element<'_>],
    around: Option<&Algorithm>,
    notes: &mut Vec<Oddity>,
) -> Option<Found> {
    let [(0x02, [1]), (0x04, scalar), rest @ ..] = parts else { return None };
    let mut named = matches!(around, Some(Algorithm::Sm2));
    let mut public = None;
    for (tag, content) in rest {
        match tag {
            0xa0 => match element(content, notes)? {
                ((0x06, oid::SM2_CURVE), []) => named = true,
                ((0x30, _), _) => return Some(EXPLICIT),
                _ => return Some(FOREIGN),
            },
            0xa1 => public = Some(element(content, notes)?.0.1),
            _ => return None,
        }
    }
    if !named {
        note(notes, Oddity::NoCurve);
    }
    let form = if around.is_some() { PrivateForm::Pkcs8 } else { PrivateForm::Sec1 };
    let key = read_scalar(scalar, notes)?;
    if let Some(public) = public {
        compare(bits(public), &key, notes);
    }
    Some(Found::PrivateKey { form, key })
}

pub(super) fn spki(parts: &[Element<'_>], notes: &mut Vec<Oddity>) -> Option<Found> {
    let [(_, algorithm), (_, public)] = parts else { return None };
    match read_algorithm(algorithm, notes)? {
        Algorithm::Foreign => return Some(FOREIGN),
        Algorithm::Explicit => return Some(EXPLICIT),
        Algorithm::Unnamed => note(notes, Oddity::NoCurve),
        Algorithm::Sm2 => {}
    }
    Some(match PublicKey::from_bytes(bits(public)?) {
        Ok(key) => Found::PublicKey { form: PublicForm::Spki, key },
        Err(_) => Found::Other("a public key by its shape, but its point is not on the SM2 curve"),
    })
}

fn read_algorithm(content: &[u8], notes: &mut Vec<Oddity>) -> Option<Algorithm> {
    let parts = elements(content, notes)?;
    let (name, parameters) = match parts.as_slice() {
        [(0x06, name)] => (*name, None),
        [(0x06, name), parameters] => (*name, Some(*parameters)),
        _ => return None,
    };
    if name != oid::EC_PUBLIC_KEY {
        // The arc of SM2 in GM/T 0006-2012: the curve itself, or 1, 2 or 3 below it.
        if !matches!(name.strip_prefix(oid::SM2_CURVE), Some([] | [1..=3])) {
            return Some(Algorithm::Foreign);
        }
        note(notes, Oddity::AlgorithmName);
    }
    Some(match parameters {
        Some((0x06, oid::SM2_CURVE)) => Algorithm::Sm2,
        None | Some((0x05, [])) => Algorithm::Unnamed,
        Some((0x30, _)) => Algorithm::Explicit,
        Some(_) => Algorithm::Foreign,
    })
}

/// A scalar of any length whose number fits into 32 bytes: tools forget zeros in front, or write one more.
fn read_scalar(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<PrivateKey> {
    if bytes.len() != 32 {
        note(notes, Oddity::ScalarLength(bytes.len()));
    }
    let mut scalar = Zeroizing::new([0; 32]);
    let extra = bytes.len().saturating_sub(32);
    let (zeros, digits) = bytes.split_at(extra);
    if zeros.iter().any(|byte| *byte != 0) {
        return None;
    }
    scalar[32 - digits.len()..].copy_from_slice(digits);
    PrivateKey::from_bytes(&scalar).ok()
}

fn compare(found: Option<&[u8]>, key: &PrivateKey, notes: &mut Vec<Oddity>) {
    let belongs = found
        .and_then(|point| PublicKey::from_bytes(point).ok())
        .is_some_and(|public| public == *key.public_key());
    if !belongs {
        note(notes, Oddity::PublicMismatch);
    }
}
