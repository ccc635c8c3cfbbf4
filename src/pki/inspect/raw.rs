//! What bytes without structure are: by how long they are, and whether a point is in them.
//!
//! Knows the shapes of the field, not their use.

use alloc::vec::Vec;

use super::{
    Form, Found, Inner, Oddity,
    ber::note,
    ciphertext, keys,
    point::{self, narrowed},
    structured::signature_of,
};

/// 256 as GM/T 0018 writes it before a key, in the order of the machine that wrote it.
const BITS: [[u8; 4]; 2] = [[0, 1, 0, 0], [0, 0, 1, 0]];

/// Tells what the bytes are.
pub(super) fn find(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Found> {
    let found = match bytes.len() {
        31..=33 => scalar_or_point(bytes, notes),
        64 => Some(pair(bytes, notes)),
        65 => public(bytes, notes),
        66 => padded_pair(bytes, notes),
        68 => device_scalar(bytes, notes),
        128 => device_signature(bytes),
        132 => device_point(bytes),
        _ => None,
    };
    found.or_else(|| ciphertext::raw(bytes, notes))
}

fn scalar_or_point(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Found> {
    match (bytes.len(), bytes.first()) {
        (33, Some(2 | 3)) => return public(bytes, notes),
        // What big integers make of a number: a zero in front where its first bit is set, none where its first byte is zero.
        (33, Some(0)) | (31 | 32, _) => {}
        _ => return None,
    }
    note(notes, Oddity::MayBeAnything);
    Some(private(Form::Scalar, bytes, notes))
}

fn private(form: Form, scalar: &[u8], notes: &mut Vec<Oddity>) -> Found {
    match keys::scalar(scalar, notes) {
        Ok(key) => Found::PrivateKey(form, Inner::default(), key),
        Err(fault) => Found::Unusable(form, fault),
    }
}

fn public(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Found> {
    Some(match point::read(bytes, notes)? {
        Ok((form, key)) => Found::PublicKey(form, key),
        Err(fault) => {
            note(notes, Oddity::MayBeAnything);
            Found::Unusable(if bytes.len() == 33 { Form::Compressed } else { Form::Point }, fault)
        }
    })
}

/// x, y of a point, which no other 64 bytes are by chance, or r, s.
fn pair(bytes: &[u8], notes: &mut Vec<Oddity>) -> Found {
    let mut own = Vec::new();
    if let Some(Ok((form, key))) = point::read(bytes, &mut own) {
        notes.append(&mut own);
        return Found::PublicKey(form, key);
    }
    note(notes, Oddity::MayBeAnything);
    match bytes.try_into() {
        Ok(raw) => signature_of(Form::RawSignature, raw),
        Err(_) => Found::Unknown,
    }
}

/// r, s with a zero before each, as big integers of Java have them.
fn padded_pair(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Found> {
    let (r, s) = bytes.split_at_checked(33)?;
    let raw = [r.strip_prefix(&[0])?, s.strip_prefix(&[0])?].concat();
    note(notes, Oddity::PaddedInteger);
    Some(signature_of(Form::RawSignature, raw.as_slice().try_into().ok()?))
}

fn device_scalar(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Found> {
    let (bits, field) = bytes.split_first_chunk()?;
    let scalar = field.strip_prefix(&[0; 32]).filter(|_| BITS.contains(bits))?;
    Some(private(Form::DeviceScalar, scalar, notes))
}

fn device_signature(bytes: &[u8]) -> Option<Found> {
    Some(signature_of(Form::DeviceSignature, &narrowed(bytes)?))
}

fn device_point(bytes: &[u8]) -> Option<Found> {
    let (bits, fields) = bytes.split_first_chunk()?;
    let point = narrowed(fields).filter(|_| BITS.contains(bits))?;
    Some(match point::read(&[&[4], &point[..]].concat(), &mut Vec::new())? {
        Ok((_, key)) => Found::PublicKey(Form::DevicePoint, key),
        Err(fault) => Found::Unusable(Form::DevicePoint, fault),
    })
}
