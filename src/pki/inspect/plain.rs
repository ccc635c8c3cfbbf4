//! What bytes without armor are: by the elements of a SEQUENCE, or by how long they are and whether a point is in them.
//!
//! Knows the shapes of the field, not their use.

use alloc::vec::Vec;

use super::{
    Found, Oddity, PrivateForm, PublicForm, SignatureForm, ciphertext, keys,
    loose::{Element, element, elements, integer, note},
};
use crate::{
    algo::sm2::{PrivateKey, PublicKey, Signature},
    pki::{enveloped_key, pkcs8},
};

/// Tells what the bytes are.
pub(super) fn find(bytes: &[u8], notes: &mut Vec<Oddity>) -> Found {
    // The same bytes may be read as DER and as raw; the one that has a meaning counts, and its notes.
    for reader in [structured, raw] {
        let mut own = Vec::new();
        if let Some(found) = reader(bytes, &mut own) {
            notes.append(&mut own);
            return found;
        }
    }
    Found::Unknown
}

fn structured(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Found> {
    let ((0x30, content), rest) = element(bytes, notes)? else { return None };
    let whole = &bytes[..bytes.len() - rest.len()];
    let parts = elements(content, notes)?;
    let tags: Vec<u8> = parts.iter().map(|(tag, _)| *tag).collect();
    let found = match tags.as_slice() {
        [0x02, 0x02] => signature(&parts, notes),
        [0x02, 0x02, 0x04, 0x04] => ciphertext::structured(&parts, notes),
        [0x02, 0x30, 0x04, ..] => keys::pkcs8(&parts, notes),
        [0x02, 0x04, ..] => keys::sec1(&parts, None, notes),
        [0x30, 0x03] => keys::spki(&parts, notes),
        [0x30, 0x04] => Some(Found::EncryptedKey(pkcs8::describe(whole))),
        [0x30, 0x30, 0x03, 0x03] => enveloped_key::unverified_public_key(whole).ok().map(Found::EnvelopedKey),
        [0x30, 0x30, 0x03] => signed(parts[0].1, notes),
        [0x06, 0xa0] => Some(Found::Other("a CMS or PKCS#7 message")),
        [0x02, 0x30, 0x30] => Some(Found::Other("a PKCS#12 store")),
        _ => None,
    }?;
    if !rest.is_empty() {
        note(notes, Oddity::Trailing(rest.len()));
    }
    Some(found)
}

/// Certificate, request or list: all are { what is signed, how, the signature }.
fn signed(content: &[u8], notes: &mut Vec<Oddity>) -> Option<Found> {
    let parts = elements(content, notes)?;
    let tags: Vec<u8> = parts.iter().map(|(tag, _)| *tag).collect();
    Some(Found::Other(match tags.as_slice() {
        [0x02, 0x30, 0x30] | [0x02, 0x30, 0x30, 0xa0] => "a certificate request (PKCS#10)",
        [0x02, 0x30, 0x30, 0x17 | 0x18, ..] | [0x30, 0x30, 0x17 | 0x18, ..] => {
            "a certificate revocation list"
        }
        [0xa0, 0x02, 0x30, ..] | [0x02, 0x30, 0x30, 0x30, 0x30, ..] => "an X.509 certificate",
        _ => return None,
    }))
}

fn signature(parts: &[Element<'_>], notes: &mut Vec<Oddity>) -> Option<Found> {
    let mut raw = [0; 64];
    for (half, (_, content)) in raw.chunks_mut(32).zip(parts) {
        half.copy_from_slice(&integer::<32>(content, notes)?);
    }
    let range =
        Found::Other("a signature by its shape, but r or s lies outside [1, n - 1]: it never verifies");
    Some(match Signature::from_bytes(&raw) {
        Ok(signature) => Found::Signature { form: SignatureForm::Der, signature },
        Err(_) => range,
    })
}

fn raw(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Found> {
    let public =
        |form, bytes: &[u8]| PublicKey::from_bytes(bytes).ok().map(|key| Found::PublicKey { form, key });
    let short = match bytes.len() {
        32 => scalar(PrivateForm::Scalar, bytes, notes),
        33 => public(PublicForm::Compressed, bytes),
        64 => public(PublicForm::Coordinates, &[&[4], bytes].concat())
            .or_else(|| pair(SignatureForm::Raw, bytes)),
        65 => public(PublicForm::Point, bytes),
        68 => scalar(PrivateForm::Device, bytes.strip_prefix(&BITS)?.strip_prefix(&[0; 32])?, notes),
        128 => pair(SignatureForm::Device, &narrowed(bytes)?),
        132 => public(PublicForm::Device, &[&[4], &narrowed(bytes.strip_prefix(&BITS)?)?[..]].concat()),
        _ => None,
    };
    short.or_else(|| ciphertext::raw(bytes, notes))
}

/// 256, as GM/T 0018 writes it before a key, in the order of the machines that it was written on.
const BITS: [u8; 4] = [0, 1, 0, 0];

/// Two numbers of 32 bytes out of two fields of 64.
pub(super) fn narrowed(bytes: &[u8]) -> Option<[u8; 64]> {
    let mut out = [0; 64];
    for (half, field) in out.chunks_mut(32).zip(bytes.chunks(64)) {
        half.copy_from_slice(field.strip_prefix(&[0; 32])?);
    }
    Some(out)
}

fn scalar(form: PrivateForm, bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Found> {
    let key = PrivateKey::from_bytes(bytes.try_into().ok()?).ok()?;
    if form == PrivateForm::Scalar {
        note(notes, Oddity::MayBeAnything);
    }
    Some(Found::PrivateKey { form, key })
}

fn pair(form: SignatureForm, bytes: &[u8]) -> Option<Found> {
    let signature = Signature::from_bytes(bytes.try_into().ok()?).ok()?;
    Some(Found::Signature { form, signature })
}
