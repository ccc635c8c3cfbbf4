//! What a SEQUENCE is, by the tags of its elements.
//!
//! Knows the shapes of the field, not what is in them.

use alloc::vec::Vec;

use super::{
    Fault, Form, Found, Oddity,
    ber::{self, Element, OID, SEQUENCE, integer, note, tags},
    ciphertext, document, keys, protection,
};
use crate::{
    algo::sm2::{PrivateKey, PublicKey, Signature},
    error::Rejected,
};

/// Tells what the DER or BER in front of `bytes` is.
pub(super) fn find(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Found> {
    let (element, rest) = Element::first(bytes, notes)?;
    let found = match element.tag {
        SEQUENCE => sequence(&element, notes)?,
        OID if rest.is_empty() => document::parameters(&element)?,
        _ => return None,
    };
    if !rest.is_empty() {
        note(notes, Oddity::Trailing(rest.len()));
    }
    if !notes.iter().any(Oddity::is_refused) && is_refused(&found, bytes) {
        note(notes, Oddity::Refused);
    }
    Some(found)
}

/// What to say of bytes that begin like DER and are nothing that is known.
pub(super) fn broken(bytes: &[u8], notes: &mut Vec<Oddity>) {
    if let Some(missing) = ber::missing(bytes) {
        note(notes, Oddity::Truncated(missing));
    } else if bytes.first() == Some(&SEQUENCE) {
        let mut unsaid = Vec::new();
        let read = Element::first(bytes, &mut unsaid).and_then(|(element, _)| element.inside(&mut unsaid));
        if read.is_none() {
            note(notes, Oddity::BrokenDer);
        }
    }
}

fn sequence(element: &Element<'_>, notes: &mut Vec<Oddity>) -> Option<Found> {
    let parts = element.inside(notes)?;
    match tags(&parts).as_slice() {
        [0x02, 0x02] => signature(&parts, notes),
        [0x02, 0x02, 0x04, 0x04] => ciphertext::structured(&parts, notes),
        [0x02, 0x30, 0x04, ..] => keys::pkcs8(&parts, notes),
        [0x02, 0x04, ..] => keys::sec1(&parts, notes),
        [0x30, 0x03] => keys::spki(&parts, notes),
        [0x30, 0x04] => protection::encrypted(element.whole, &parts, notes),
        [0x30, 0x30, 0x03, 0x03] => protection::enveloped(element.whole, &parts, notes),
        [0x30, 0x30, 0x03] => document::signed(&parts, notes),
        [0x06, 0xa0] => document::message(&parts),
        [0x02, 0x30] | [0x02, 0x30, 0x30] => document::store(&parts),
        _ => None,
    }
}

fn signature(parts: &[Element<'_>], notes: &mut Vec<Oddity>) -> Option<Found> {
    let mut raw = [0; 64];
    for (half, part) in raw.chunks_mut(32).zip(parts) {
        // A number of more bytes than n has may be an RSA key as well; its notes are none of a signature's.
        let Some(number) = integer::<32>(part.content, notes) else {
            let is_near = parts.iter().all(|part| (1..=34).contains(&part.content.len()));
            return is_near.then_some(Found::Unusable(Form::DerSignature, Fault::SignatureRange));
        };
        half.copy_from_slice(&number);
    }
    Some(signature_of(Form::DerSignature, &raw))
}

/// r, s as a signature, or why they are none.
pub(super) fn signature_of(form: Form, raw: &[u8; 64]) -> Found {
    match Signature::from_bytes(raw) {
        Ok(_) if adds_up_to_n(raw) => Found::Unusable(form, Fault::SignatureSum),
        Ok(signature) => Found::Signature(form, signature),
        Err(Rejected) => Found::Unusable(form, Fault::SignatureRange),
    }
}

fn adds_up_to_n(raw: &[u8; 64]) -> bool {
    let (r, s) = raw.split_at(32);
    let mut carry = 0;
    let low_first = r.iter().zip(s).zip(&super::algorithm::N).rev();
    let equal = low_first.fold(true, |equal, ((r, s), n)| {
        let sum = u16::from(*r) + u16::from(*s) + carry;
        carry = sum >> 8;
        equal & (sum as u8 == *n)
    });
    equal && carry == 0
}

/// Whether the strict reader of what was found refuses these bytes.
fn is_refused(found: &Found, bytes: &[u8]) -> bool {
    match found {
        Found::PrivateKey(Form::Pkcs8, ..) => PrivateKey::from_pkcs8_der(bytes).is_err(),
        Found::PrivateKey(Form::Sec1, ..) => PrivateKey::from_sec1_der(bytes).is_err(),
        Found::PublicKey(Form::Spki, _) => PublicKey::from_spki_der(bytes).is_err(),
        Found::Signature(Form::DerSignature, _) => Signature::from_der(bytes).is_err(),
        _ => false,
    }
}
