//! What is around the bytes, taken away layer by layer: PEM, hexadecimal, base64, and one in another.
//!
//! Knows which reader comes next, not what is inside.

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::{
    Fault, Form, Found, Inspection, Oddity,
    ber::note,
    pem::{self, Body},
    raw, structured, text,
};
use crate::pki::pkcs8;

/// What is around the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// PEM with this label (RFC 7468).
    Pem(String),
    /// Hexadecimal text.
    Hexadecimal,
    /// Base64 text without PEM's lines.
    Base64,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem(label) => write!(f, "PEM {label}"),
            Self::Hexadecimal => f.write_str("hexadecimal"),
            Self::Base64 => f.write_str("base64"),
        }
    }
}

/// So many layers are taken away: base64 of PEM is met, and little beyond.
const DEEPEST: u8 = 3;

pub(super) fn open(bytes: &[u8]) -> Inspection {
    peeled(bytes, DEEPEST)
}

fn peeled(bytes: &[u8], depth: u8) -> Inspection {
    let mut notes = Vec::new();
    let plain = text::plain(bytes, &mut notes);
    let marked = bytes;
    let bytes = plain.as_ref().map_or(bytes, |text| text.as_slice());
    let is_text = text::is_text(bytes);
    if plain.is_some() && !is_text {
        // What is no text may begin with the bytes of a mark.
        let whole = binary(marked);
        if !matches!(whole.found, Found::Unknown) {
            return whole;
        }
    }
    let as_it_stands = if is_text { None } else { Some(binary(bytes)) };
    let mut found = match as_it_stands {
        // In a certificate PEM may be quoted, and around PEM there may be any text: what has a meaning as it stands counts.
        Some(found) if !matches!(found.found, Found::Unknown) => found,
        other => match pem::read(bytes, &mut notes) {
            Some(block) => armored(block, depth),
            None => other.unwrap_or_else(|| texts(bytes, depth)),
        },
    };
    notes.append(&mut found.oddities);
    notes.into_iter().for_each(|oddity| note(&mut found.oddities, oddity));
    found
}

fn armored(block: pem::Block, depth: u8) -> Inspection {
    let mut inside = match block.body {
        Body::Bytes(bytes) => content(&bytes, depth),
        Body::Encrypted => Inspection::of(Found::Unusable(Form::OldPem, Fault::OldEncryption)),
        Body::Unreadable => Inspection::of(Found::Unknown),
    };
    if !fits(&block.label, &inside.found) {
        note(&mut inside.oddities, Oddity::Label);
    }
    inside.layers.insert(0, Layer::Pem(block.label));
    inside
}

/// Hexadecimal or base64; hexadecimal is base64 too, so the one inside which something is found counts.
fn texts(bytes: &[u8], depth: u8) -> Inspection {
    let mut unknown = Inspection::of(Found::Unknown);
    let readers = [
        (Layer::Hexadecimal, text::hexadecimal as fn(&[u8], &mut Vec<Oddity>) -> _),
        (Layer::Base64, text::base64),
    ];
    for (layer, reader) in readers {
        let mut notes = Vec::new();
        let Some(bytes) = reader(bytes, &mut notes) else { continue };
        let mut inside = content(&bytes, depth);
        if inside.is_nothing() {
            continue;
        }
        inside.layers.insert(0, layer);
        notes.append(&mut inside.oddities);
        inside.oddities = notes;
        if !matches!(inside.found, Found::Unknown) {
            return inside;
        }
        unknown = inside;
    }
    unknown
}

/// What is under a layer: more text, or bytes that only look like text.
fn content(bytes: &[u8], depth: u8) -> Inspection {
    let is_text = text::is_text(bytes) || bytes.starts_with(b"\xef\xbb\xbf");
    let read = depth.checked_sub(1).filter(|_| is_text).map(|depth| peeled(bytes, depth));
    match read {
        Some(inside) if !inside.is_nothing() => inside,
        _ => binary(bytes),
    }
}

/// The same bytes may be read as DER and as raw; the one that has a meaning counts, and its notes.
fn binary(bytes: &[u8]) -> Inspection {
    for reader in [structured::find, raw::find] {
        let mut oddities = Vec::new();
        if let Some(found) = reader(bytes, &mut oddities) {
            return Inspection { oddities, ..Inspection::of(found) };
        }
    }
    let mut unknown = Inspection::of(Found::Unknown);
    structured::broken(bytes, &mut unknown.oddities);
    unknown
}

/// Whether the label is one that the content is written under.
fn fits(label: &str, found: &Found) -> bool {
    match found {
        Found::PrivateKey(Form::Pkcs8, ..) => label == "PRIVATE KEY",
        Found::PrivateKey(Form::Sec1, ..) => matches!(label, "EC PRIVATE KEY" | "SM2 PRIVATE KEY"),
        Found::EncryptedKey(_) => label == pkcs8::LABEL,
        Found::PublicKey(Form::Spki, _) => label == "PUBLIC KEY",
        Found::PrivateKey(..) | Found::PublicKey(..) => false,
        Found::Document(document) => document.sort.has_label(label),
        Found::Unusable(form, _) => label.ends_with("KEY") == form.sort().is_key(),
        Found::Unknown => true,
        _ => !label.ends_with("PRIVATE KEY") && !label.ends_with("PUBLIC KEY"),
    }
}
