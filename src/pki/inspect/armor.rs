//! PEM, hexadecimal and base64 around the bytes.
//!
//! Knows labels; what is inside is found by its shape, whatever the label says.

use alloc::{borrow::ToOwned, vec::Vec};

use base64ct::{Base64, Encoding as _};
use zeroize::Zeroizing;

use super::{Armor, Found, Inspection, Oddity, PrivateForm, PublicForm, loose::note, plain};
use crate::algo::sm2::pem;

/// Undoes what is around the bytes and tells what is inside.
pub(super) fn open(bytes: &[u8]) -> Inspection {
    if let Some(found) = armored(bytes) {
        return found;
    }
    if !is_text(bytes) {
        return inside(Armor::Binary, bytes);
    }
    let text: Zeroizing<Vec<u8>> = Zeroizing::new(squeezed(bytes));
    let decoded = [(Armor::Hexadecimal, hexadecimal(&text)), (Armor::Base64, base64(&text))];
    for (armor, decoded) in decoded {
        if let Some(decoded) = decoded {
            let found = inside(armor, &decoded);
            if !matches!(found.found, Found::Unknown) {
                return found;
            }
        }
    }
    Inspection { armor: Armor::Binary, found: Found::Unknown, oddities: Vec::new() }
}

fn inside(armor: Armor, bytes: &[u8]) -> Inspection {
    let mut oddities = Vec::new();
    let found = plain::find(bytes, &mut oddities);
    Inspection { armor, found, oddities }
}

/// The first block that is not the parameters of a curve.
fn armored(text: &[u8]) -> Option<Inspection> {
    let blocks = pem::blocks(text).ok()?;
    let mut rest = blocks.iter().filter(|block| !block.label.ends_with("PARAMETERS"));
    let block = rest.next()?;
    let armor = Armor::Pem(block.label.to_owned());
    if block.has_headers() {
        let found = Found::Other(
            "a private key encrypted in the old way of PEM, which `openssl pkcs8 -topk8` renews",
        );
        return Some(Inspection { armor, found, oddities: Vec::new() });
    }
    let mut found = inside(armor, block.decode().ok()?.expose());
    if !fits(block.label, &found.found) {
        note(&mut found.oddities, Oddity::Label);
    }
    let more = rest.count();
    if more > 0 {
        note(&mut found.oddities, Oddity::MoreBlocks(more));
    }
    Some(found)
}

/// Whether the label is one that the content is written under.
fn fits(label: &str, found: &Found) -> bool {
    match found {
        Found::PrivateKey { form: PrivateForm::Pkcs8, .. } => label == "PRIVATE KEY",
        Found::PrivateKey { form: PrivateForm::Sec1, .. } => {
            matches!(label, "EC PRIVATE KEY" | "SM2 PRIVATE KEY")
        }
        Found::EncryptedKey(_) => label == super::super::pkcs8::LABEL,
        Found::PublicKey { form: PublicForm::Spki, .. } => label == "PUBLIC KEY",
        Found::PrivateKey { .. } | Found::PublicKey { .. } => false,
        _ => !label.ends_with("KEY"),
    }
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}

fn squeezed(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    text.extend(bytes.iter().filter(|byte| !byte.is_ascii_whitespace()));
    text
}

fn hexadecimal(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let digits = text.strip_prefix(b"0x").unwrap_or(text);
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let mut out = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for pair in pairs {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        out.push((high? << 4 | low?) as u8);
    }
    Some(out)
}

fn base64(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(alloc::vec![0; text.len() / 4 * 3]);
    let len = Base64::decode(text, &mut out).ok()?.len();
    out.truncate(len);
    Some(out)
}
