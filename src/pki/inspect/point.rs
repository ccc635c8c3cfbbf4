//! The points of public keys and ciphertexts, in each way that they are written.
//!
//! Knows the curve only through the strict reader of points.

use alloc::vec::Vec;

use super::{Fault, Form, Oddity, ber::note};
use crate::algo::sm2::PublicKey;

/// The point that these bytes are, and its form.
pub(super) fn read(bytes: &[u8], notes: &mut Vec<Oddity>) -> Option<Result<(Form, PublicKey), Fault>> {
    let (form, point) = match (bytes.len(), bytes.first()) {
        (33, Some(2 | 3)) => (Form::Compressed, PublicKey::from_bytes(bytes)),
        (65, Some(4)) => (Form::Point, PublicKey::from_bytes(bytes)),
        (65, Some(6 | 7)) => {
            note(notes, Oddity::HybridPoint);
            (Form::Point, PublicKey::from_bytes(&[&[4], &bytes[1..]].concat()))
        }
        (64, _) => {
            note(notes, Oddity::No04);
            (Form::Coordinates, PublicKey::from_bytes(&[&[4], bytes].concat()))
        }
        (1, Some(0)) => return Some(Err(Fault::Infinity)),
        _ => return None,
    };
    Some(match point {
        Ok(point) => Ok((form, point)),
        Err(_) if bytes.iter().skip(1).all(|byte| *byte == 0) => Err(Fault::Infinity),
        Err(_) => Err(Fault::OffCurve),
    })
}

/// Two coordinates out of two fields of 64 bytes (GM/T 0018), if they fit.
pub(super) fn narrowed(fields: &[u8]) -> Option<[u8; 64]> {
    let mut out = [0; 64];
    for (half, field) in out.chunks_mut(32).zip(fields.chunks(64)) {
        half.copy_from_slice(field.strip_prefix(&[0; 32]).filter(|half| half.len() == 32)?);
    }
    Some(out)
}
