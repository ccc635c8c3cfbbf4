//! Keys in PKCS#8, SEC1 and SubjectPublicKeyInfo, read loosely.
//!
//! The public half of a private key is computed; what stands in the file is only compared with it.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{
    Fault, Form, Found, Inner, Oddity,
    algorithm::{self, Curve, settled},
    ber::{self, BITS, Element, INTEGER, OCTETS, SEQUENCE, note},
    point,
};
use crate::algo::sm2::{PrivateKey, PublicKey};

const PARAMETERS: u8 = 0xa0;
const PUBLIC: u8 = 0xa1;
/// [1] IMPLICIT BIT STRING of RFC 5958, as it should be and as some write it.
const BESIDE: [u8; 2] = [0x81, 0xa1];

/// What was read of a private key before its curve is judged.
struct Parts<'a> {
    scalar: &'a [u8],
    curve: Option<Curve>,
    public: Option<&'a [u8]>,
    inner: Inner,
}

/// PrivateKeyInfo and OneAsymmetricKey.
pub(super) fn pkcs8(parts: &[Element<'_>], notes: &mut Vec<Oddity>) -> Option<Found> {
    let [version, algorithm, inner, rest @ ..] = parts else { return None };
    let version = ber::small(version.content, notes)?;
    let curve = match algorithm::read(algorithm, notes)? {
        Ok(curve) => curve,
        Err(fault) => return Some(Found::Unusable(Form::Pkcs8, fault)),
    };
    let mut found = match bare(inner.content, notes)? {
        Ok(scalar) => Parts { scalar, curve: None, public: None, inner: Inner::default() },
        Err(sequence) => match sec1_parts(&sequence.inside(notes)?, notes)? {
            Ok(parts) => parts,
            Err(fault) => return Some(Found::Unusable(Form::Pkcs8, fault)),
        },
    };
    let beside = rest.iter().find(|element| BESIDE.contains(&element.tag));
    // RFC 5958 §2: the version is 1 exactly when the public key stands here.
    if version != u64::from(beside.is_some()) {
        note(notes, Oddity::Version(version));
    }
    if let Some(beside) = beside {
        let beside = ber::bits(beside.content, notes)?;
        if found.public.is_some_and(|inside| inside != beside) {
            note(notes, Oddity::PublicMismatch);
        }
        found.public = Some(beside);
    }
    found.inner.names_curve = found.curve.is_some();
    // The curve outside is the one that counts; a different one inside is a fault of its own.
    let curve = match (curve, found.curve.take()) {
        (Curve::Unnamed | Curve::Sm2, Some(inside)) => inside,
        (outside, _) => outside,
    };
    Some(judged(Form::Pkcs8, Parts { curve: Some(curve), ..found }, notes))
}

/// ECPrivateKey of its own.
pub(super) fn sec1(parts: &[Element<'_>], notes: &mut Vec<Oddity>) -> Option<Found> {
    Some(match sec1_parts(parts, notes)? {
        Ok(mut found) => {
            found.inner.names_curve = found.curve.is_some();
            judged(Form::Sec1, found, notes)
        }
        Err(fault) => Found::Unusable(Form::Sec1, fault),
    })
}

/// SubjectPublicKeyInfo.
pub(super) fn spki(parts: &[Element<'_>], notes: &mut Vec<Oddity>) -> Option<Found> {
    let [algorithm, public] = parts else { return None };
    let read = algorithm::read(algorithm, notes)?.and_then(|curve| {
        let bits = ber::bits(public.content, notes).unwrap_or_default();
        let point = point::read(bits, notes).unwrap_or(Err(Fault::OffCurve));
        settled(curve, point.is_ok(), notes)?;
        point
    });
    Some(match read {
        Ok((_, key)) => Found::PublicKey(Form::Spki, key),
        Err(fault) => Found::Unusable(Form::Spki, fault),
    })
}

/// A private scalar of any length whose number fits into 32 bytes: tools forget zeros in front, or write one more.
pub(super) fn scalar(bytes: &[u8], notes: &mut Vec<Oddity>) -> Result<PrivateKey, Fault> {
    if bytes.len() != 32 {
        note(notes, Oddity::ScalarLength(bytes.len()));
    }
    let (extra, digits) = bytes.split_at(bytes.len().saturating_sub(32));
    // One `or` over all of them: which of a scalar's bytes is zero is nobody's business.
    if extra.iter().fold(0, |any, byte| any | byte) != 0 {
        return Err(Fault::ScalarRange);
    }
    let mut scalar = Zeroizing::new([0; 32]);
    scalar[32 - digits.len()..].copy_from_slice(digits);
    PrivateKey::from_bytes(&scalar).map_err(|_| Fault::ScalarRange)
}

/// The scalar, where the key inside PKCS#8 is no SEQUENCE: an OCTET STRING, an INTEGER or bare bytes.
fn bare<'a>(inner: &'a [u8], notes: &mut Vec<Oddity>) -> Option<Result<&'a [u8], Element<'a>>> {
    let mut own = Vec::new();
    let found = match Element::only(inner, &mut own) {
        Some(element @ Element { tag: SEQUENCE, .. }) => Err(element),
        Some(Element { tag: OCTETS | INTEGER, content, .. }) if (31..=33).contains(&content.len()) => {
            Ok(content)
        }
        _ if inner.len() == 32 => {
            own.clear();
            Ok(inner)
        }
        _ => return None,
    };
    notes.append(&mut own);
    if found.is_ok() {
        note(notes, Oddity::InnerShape);
    }
    Some(found)
}

fn sec1_parts<'a>(parts: &[Element<'a>], notes: &mut Vec<Oddity>) -> Option<Result<Parts<'a>, Fault>> {
    let [version, scalar, rest @ ..] = parts else { return None };
    if (version.tag, scalar.tag) != (INTEGER, OCTETS) {
        return None;
    }
    match ber::small(version.content, notes)? {
        1 => {}
        other => note(notes, Oddity::Version(other)),
    }
    let inner = Inner { is_ec_private_key: true, ..Inner::default() };
    let mut found = Parts { scalar: scalar.content, curve: None, public: None, inner };
    for element in rest {
        match element.tag {
            PARAMETERS => match algorithm::domain(&Element::only(element.content, notes)?, notes)? {
                Ok(curve) => found.curve = Some(curve),
                Err(fault) => return Some(Err(fault)),
            },
            PUBLIC => {
                let bits = Element::only(element.content, notes).filter(|bits| bits.tag == BITS)?;
                found.public = Some(ber::bits(bits.content, notes)?);
            }
            _ => return None,
        }
    }
    found.inner.has_public = found.public.is_some();
    Some(Ok(found))
}

/// Makes the key, compares the public half, and lets it decide about the name of the curve.
fn judged(form: Form, mut parts: Parts<'_>, notes: &mut Vec<Oddity>) -> Found {
    let key = match scalar(parts.scalar, notes) {
        Ok(key) => key,
        Err(fault) => return Found::Unusable(form, fault),
    };
    let belongs = parts.public.map(|public| belongs(public, &key, notes));
    let curve = parts.curve.take().unwrap_or(Curve::Unnamed);
    if let Err(fault) = settled(curve, belongs == Some(true), notes) {
        return Found::Unusable(form, fault);
    }
    if belongs == Some(false) {
        note(notes, Oddity::PublicMismatch);
    }
    parts.inner.has_public |= belongs.is_some();
    Found::PrivateKey(form, parts.inner, key)
}

fn belongs(public: &[u8], key: &PrivateKey, notes: &mut Vec<Oddity>) -> bool {
    let is_own = |public: &PublicKey| public == key.public_key();
    matches!(point::read(public, notes), Some(Ok((_, found))) if is_own(&found))
}
