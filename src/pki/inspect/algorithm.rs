//! AlgorithmIdentifier (RFC 5480 §2) of a key, read loosely: which algorithm and which curve it claims.
//!
//! Knows no key. Whether a wrong name is a mistake or the truth is shown by the point, and decided where that is known.

use alloc::{string::String, vec::Vec};

use super::{
    Fault, Oddity,
    ber::{self, Element, INTEGER, NULL, OCTETS, OID, SEQUENCE, note},
};
use crate::{algo::sm2::PublicKey, pki::oid::name};

/// id-ecPublicKey, 1.2.840.10045.2.1
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// id-ecDH and id-ecMQV, 1.3.132.1.12 and .13
const EC_OTHER: [&[u8]; 2] = [&[0x2b, 0x81, 0x04, 0x01, 0x0c], &[0x2b, 0x81, 0x04, 0x01, 0x0d]];
/// sm2p256v1, 1.2.156.10197.1.301
pub(super) const SM2_CURVE: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d];
/// SM2 with SM3, 1.2.156.10197.1.501: how to sign, and no name of a key.
pub(super) const SM2_SM3: &[u8] = &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75];
/// prime-field, 1.2.840.10045.1.1
const PRIME_FIELD: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x01, 0x01];

/// Which curve a key claims to be on.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Curve {
    /// SM2's, by its name or by all of its numbers.
    Sm2,
    /// None is named.
    Unnamed,
    /// Another is named; the point may show that this is a mistake.
    Named(String),
}

/// Reads an AlgorithmIdentifier; what can be of no SM2 key is a fault.
pub(super) fn read(element: &Element<'_>, notes: &mut Vec<Oddity>) -> Option<Result<Curve, Fault>> {
    let parts = element.inside(notes)?;
    let (id, parameters) = parts.split_first().filter(|(id, _)| id.tag == OID)?;
    if id.content != EC_PUBLIC_KEY {
        let is_sm2 = matches!(id.content.strip_prefix(SM2_CURVE), Some([] | [1..=3]));
        if !is_sm2 && id.content != SM2_SM3 && !EC_OTHER.contains(&id.content) {
            return Some(Err(Fault::Algorithm(name(id.content))));
        }
        note(notes, Oddity::AlgorithmName(name(id.content)));
    }
    let curve = match parameters {
        [] => Ok(Curve::Unnamed),
        [curve] => domain(curve, notes)?,
        [curve, null] if null.tag == NULL => {
            note(notes, Oddity::SuperfluousNull);
            domain(curve, notes)?
        }
        _ => return None,
    };
    Some(curve)
}

/// Reads EcpkParameters: a name, NULL, or numbers.
pub(super) fn domain(element: &Element<'_>, notes: &mut Vec<Oddity>) -> Option<Result<Curve, Fault>> {
    Some(match (element.tag, element.content) {
        (OID, SM2_CURVE) => Ok(Curve::Sm2),
        (OID, other) => Ok(Curve::Named(name(other))),
        (NULL, _) => {
            note(notes, Oddity::SuperfluousNull);
            Ok(Curve::Unnamed)
        }
        (SEQUENCE, _) => numbers(element, notes)?.map(|()| {
            note(notes, Oddity::ExplicitCurve);
            Curve::Sm2
        }),
        _ => return None,
    })
}

/// Lets the point decide: one of SM2's under another name was labelled wrongly.
pub(super) fn settled(curve: Curve, lies_on_sm2: bool, notes: &mut Vec<Oddity>) -> Result<(), Fault> {
    match curve {
        Curve::Sm2 => {}
        Curve::Unnamed => note(notes, Oddity::NoCurve),
        Curve::Named(name) if lies_on_sm2 => note(notes, Oddity::CurveName(name)),
        Curve::Named(name) => return Err(Fault::Curve(name)),
    }
    Ok(())
}

/// ECParameters (RFC 3279 §2.3.5) { version, { prime-field, p }, { a, b, seed }, G, n, cofactor }, all of which are SM2's.
fn numbers(element: &Element<'_>, notes: &mut Vec<Oddity>) -> Option<Result<(), Fault>> {
    let parts = element.inside(notes)?;
    let (INTEGER, [version, field, curve, generator, order, rest @ ..]) =
        (parts.first()?.tag, parts.as_slice())
    else {
        return None;
    };
    let fields = field.inside(notes)?;
    let [kind, prime] = fields.as_slice() else { return None };
    let coefficients = curve.inside(notes)?;
    let [a, b, seed @ ..] = coefficients.as_slice() else { return None };
    let expected = [(version.tag, INTEGER), (order.tag, INTEGER), (a.tag, OCTETS), (b.tag, OCTETS)];
    if expected.iter().any(|(found, wanted)| found != wanted) {
        return None;
    }
    let unsigned = |element: &Element<'_>| ber::integer::<32>(element.content, &mut Vec::new());
    // A seed and a hash say where the numbers came from, not what they are.
    let is_curve = kind.content == PRIME_FIELD
        && seed.len() <= 1
        && rest.len() <= 2
        && unsigned(prime) == Some(P)
        && widened(a.content) == Some(A)
        && widened(b.content) == Some(B)
        && unsigned(order) == Some(N)
        && rest.iter().take(1).all(|cofactor| unsigned(cofactor) == Some(ONE));
    let base = PublicKey::from_bytes(generator.content).map(|point| point.to_bytes());
    let is_base = base.is_ok_and(|base| base[1..] == G);
    Some(match (is_curve, is_base) {
        (true, true) => Ok(()),
        (true, false) => Err(Fault::ForeignGenerator),
        (false, _) => Err(Fault::ForeignCurve),
    })
}

/// A coefficient in the width of the field; some leave out zeros in front, or write one more.
fn widened(bytes: &[u8]) -> Option<[u8; 32]> {
    let digits = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let mut out = [0; 32];
    out[32usize.checked_sub(digits.len())?..].copy_from_slice(digits);
    Some(out)
}

const ONE: [u8; 32] = {
    let mut one = [0; 32];
    one[31] = 1;
    one
};

// GB/T 32918.5-2017 §2: p, a, b, n and xG ‖ yG.
const P: [u8; 32] = *b"\
\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff";
const A: [u8; 32] = *b"\
\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xfc";
const B: [u8; 32] = *b"\
\x28\xe9\xfa\x9e\x9d\x9f\x5e\x34\x4d\x5a\x9e\x4b\xcf\x65\x09\xa7\xf3\x97\x89\xf5\x15\xab\x8f\x92\xdd\xbc\xbd\x41\x4d\x94\x0e\x93";
pub(super) const N: [u8; 32] = *b"\
\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x72\x03\xdf\x6b\x21\xc6\x05\x2b\x53\xbb\xf4\x09\x39\xd5\x41\x23";
const G: [u8; 64] = *b"\
\x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94\x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7\
\xbc\x37\x36\xa2\xf4\xf6\x77\x9c\x59\xbd\xce\xe3\x6b\x69\x21\x53\xd0\xa9\x87\x7c\xc6\x2a\x47\x40\x02\xdf\x32\xe5\x21\x39\xf0\xa0";
