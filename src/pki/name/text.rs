//! The text of a name (RFC 4514 §3) taken apart: `TYPE=value,TYPE=value`, with backslashes.
//!
//! Knows no DER. Of what the text may be, only what can be written again the same way is taken.

use alloc::{string::String, vec::Vec};

use super::attribute::Type;
use crate::error::{Error, Kind, Result};

/// The attributes of the text in its order, each as a set in DER.
pub(super) fn parse(text: &str) -> Result<Vec<Vec<u8>>> {
    let mut rest = text;
    let mut found = Vec::new();
    loop {
        let (word, after) = rest.split_once('=').ok_or_else(refused)?;
        let kind = Type::of(word.trim()).ok_or_else(|| {
            Error::new(
                Kind::Invalid,
                "this type of a name is not known; write CN, OU, O, L, ST, C, or emailAddress",
            )
            .about(word.trim().escape_debug())
        })?;
        let (value, next) = value(after)?;
        found.push(kind.write(&value)?);
        match next {
            Some(next) => rest = next,
            None => return Ok(found),
        }
    }
}

/// A value up to its comma, and what follows the comma.
fn value(text: &str) -> Result<(String, Option<&str>)> {
    let text = text.trim_start_matches(' ');
    let mut bytes = Vec::new();
    // Spaces at the end are not part of it, unless a backslash stands before them.
    let mut kept = 0;
    let mut letters = text.char_indices();
    let mut next = None;
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                push_escaped(&mut letters, &mut bytes)?;
                kept = bytes.len();
            }
            ',' => {
                next = text.get(at + 1..);
                break;
            }
            '#' if bytes.is_empty() => return Err(refused()),
            '"' | '+' | ';' | '<' | '>' | '\0' => return Err(refused()),
            letter => {
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                if letter != ' ' {
                    kept = bytes.len();
                }
            }
        }
    }
    bytes.truncate(kept);
    String::from_utf8(bytes).map(|value| (value, next)).map_err(|_| refused())
}

/// What a backslash introduced: two hexadecimal digits, or one letter that stands for itself.
fn push_escaped(letters: &mut core::str::CharIndices<'_>, bytes: &mut Vec<u8>) -> Result<()> {
    let (_, first) = letters.next().ok_or_else(refused)?;
    if let Some(high) = first.to_digit(16) {
        let low = letters.next().and_then(|(_, second)| second.to_digit(16)).ok_or_else(refused)?;
        bytes.push((high << 4 | low) as u8);
        return Ok(());
    }
    if !" \"#+,;<=>\\".contains(first) {
        return Err(refused());
    }
    bytes.push(first as u8);
    Ok(())
}

fn refused() -> Error {
    Error::new(
        Kind::Invalid,
        "not a name as RFC 4514 writes it; write CN=host,O=organisation,C=CN, with a backslash before , + \" ; < > and #",
    )
}
