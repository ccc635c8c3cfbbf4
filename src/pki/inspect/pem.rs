//! PEM (RFC 7468) as it is met: on one line, with escaped line ends, indented, with headers, cut off.
//!
//! Knows labels and lines; what is inside is found by its shape, whatever the label says.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use zeroize::Zeroizing;

use super::{
    Oddity,
    ber::note,
    text::{Bytes, base64},
};

/// One block of a text.
pub(super) struct Block {
    pub(super) label: String,
    pub(super) body: Body,
}

/// What is in a block.
pub(super) enum Body {
    Bytes(Bytes),
    /// Headers say that it is encrypted by PEM itself.
    Encrypted,
    /// No base64.
    Unreadable,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// The longest label that is told.
const LONGEST: usize = 64;
/// So many blocks are told of.
const MOST: usize = 16;

/// DER of the name of SM2's curve, as `openssl ecparam` writes it before a key.
const PARAMETERS: &[u8] = &[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d];

/// The first block that is not the parameters of a curve, unless there are only such; none where no BEGIN is.
pub(super) fn read(text: &[u8], notes: &mut Vec<Oddity>) -> Option<Block> {
    find(text, BEGIN)?;
    let mut own = Vec::new();
    let unescaped = unescaped(text, &mut own);
    let text = unescaped.as_ref().map_or(text, |text| text.as_slice());
    let all = split(text, &mut own);
    let is_parameters = |block: &&Lines<'_>| block.label.ends_with("PARAMETERS");
    let wanted = all.iter().find(|block| !is_parameters(block));
    let parameters = all.iter().find(is_parameters);
    if let (Some(_), Some(parameters)) = (wanted, parameters)
        && base64(parameters.body, &mut Vec::new()).is_none_or(|named| named.as_slice() != PARAMETERS)
    {
        note(&mut own, Oddity::Parameters);
    }
    let block = wanted.or(parameters)?;
    if !block.is_ended {
        note(&mut own, Oddity::NoEnd);
    }
    let others = all.iter().filter(|other| other.at != block.at && !is_parameters(other));
    let others: Vec<_> = others.map(|block| block.label).collect();
    if !others.is_empty() {
        note(&mut own, Oddity::MoreBlocks(others.join(", ")));
    }
    lines(text, block.body, &mut own);
    let body = decoded(block.body, &mut own);
    notes.append(&mut own);
    Some(Block { label: block.label.to_owned(), body })
}

/// A block as it stands in the text.
struct Lines<'a> {
    at: usize,
    label: &'a str,
    body: &'a [u8],
    is_ended: bool,
}

/// The blocks of a text, and whether there is text around them.
fn split<'a>(text: &'a [u8], notes: &mut Vec<Oddity>) -> Vec<Lines<'a>> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some((before, label, after)) = begin(rest).filter(|_| found.len() < MOST) {
        if !before.trim_ascii().is_empty() {
            note(notes, Oddity::TextAround);
        }
        let (body, after, is_ended) = end(after, label);
        found.push(Lines { at: found.len(), label, body, is_ended });
        rest = after;
    }
    if !rest.trim_ascii().is_empty() {
        note(notes, Oddity::TextAround);
    }
    found
}

/// What stands before a block, its label, and what follows.
fn begin(text: &[u8]) -> Option<(&[u8], &str, &[u8])> {
    let at = find(text, BEGIN)?;
    let rest = text.get(at + BEGIN.len()..)?;
    let len = find(rest, DASHES).filter(|len| *len <= LONGEST)?;
    let label = core::str::from_utf8(rest.get(..len)?).ok()?;
    let is_plain = label.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    is_plain.then_some((text.get(..at)?, label, rest.get(len + DASHES.len()..)?))
}

/// The body of a block, what follows it, and whether its own END is there.
fn end<'a>(text: &'a [u8], label: &str) -> (&'a [u8], &'a [u8], bool) {
    let len = find(text, DASHES).unwrap_or(text.len());
    let (body, after) = text.split_at(len);
    let Some(found) = after.strip_prefix(END) else { return (body, after, false) };
    let own = found.strip_prefix(label.as_bytes()).and_then(|rest| rest.strip_prefix(DASHES));
    if let Some(rest) = own {
        return (body, rest, true);
    }
    let other = find(found, DASHES).and_then(|len| found.get(len + DASHES.len()..));
    (body, other.unwrap_or_default(), false)
}

fn decoded(body: &[u8], notes: &mut Vec<Oddity>) -> Body {
    let mut content = body;
    if body.contains(&b':') {
        if find(body, b"ENCRYPTED").is_some() {
            return Body::Encrypted;
        }
        note(notes, Oddity::Headers);
        // RFC 1421: a blank line ends the headers.
        let blank = [&b"\n\n"[..], b"\r\n\r\n"].iter().filter_map(|blank| find(body, blank)).min();
        content = blank.and_then(|at| body.get(at..)).unwrap_or(body);
    }
    base64(content, notes).map_or(Body::Unreadable, Body::Bytes)
}

/// Notes how the lines are.
fn lines(text: &[u8], body: &[u8], notes: &mut Vec<Oddity>) {
    if text.contains(&b'\r') {
        note(notes, Oddity::CarriageReturns);
    }
    let starts_line = body.first().is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
    let ends_line = body.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r' | b' ' | b'\t'));
    if !starts_line || !ends_line {
        note(notes, Oddity::JoinedLines);
    }
    let body = body.strip_prefix(b"\r").unwrap_or(body);
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let inner = line.trim_ascii();
        // The last piece is what stands before END.
        if inner.len() != line.len()
            || (line.is_empty() && line.as_ptr_range().end != body.as_ptr_range().end)
        {
            note(notes, Oddity::Blanks);
        }
        if inner.len() > 64 && !inner.contains(&b':') && !inner.contains(&b'\r') {
            note(notes, Oddity::LongLines);
        }
    }
}

/// The text with real line ends, where they are written as a backslash and n.
fn unescaped(text: &[u8], notes: &mut Vec<Oddity>) -> Option<Bytes> {
    find(text, b"\\n")?;
    note(notes, Oddity::EscapedLines);
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let escaped = [(&b"\\n"[..], b'\n'), (b"\\r", b'\r')];
        let found =
            escaped.iter().find_map(|(mark, end)| rest.strip_prefix(*mark).map(|after| (*end, after)));
        let (byte, after) = found.unwrap_or((*byte, after));
        out.push(byte);
        rest = after;
    }
    // Quotes of JSON or a shell around it are no text.
    let inner = out.trim_ascii();
    let inner = [b'"', b'\''].iter().find_map(|quote| inner.strip_prefix(&[*quote])?.strip_suffix(&[*quote]));
    inner.map(|inner| Zeroizing::new(inner.to_vec())).or(Some(out))
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}
