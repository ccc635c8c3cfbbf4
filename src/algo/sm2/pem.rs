//! PEM (RFC 7468): the blocks of a text, whatever stands around them.
//!
//! Knows lines, labels and base64, no key. White space is taken as §3 takes it; labels and base64 are strict.

use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};
use zeroize::Zeroizing;

use crate::{error::Rejected, secret::SecretBytes};

/// What stands between a BEGIN and its END line.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) label: &'a str,
    body: &'a [u8],
}

/// Every block of the text; a BEGIN without its END, or with another's, spoils all of it.
pub(crate) fn blocks(text: &[u8]) -> Result<Vec<Block<'_>>, Rejected> {
    let (mut found, mut open, mut at) = (Vec::new(), None, 0);
    for line in text.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
        let start = at;
        at += line.len();
        open = match (open, boundary(line.trim_ascii())) {
            (None, Some((true, label))) => Some((label, at)),
            (Some((label, body)), Some((false, end))) if label == end => {
                found.push(Block { label, body: &text[body..start] });
                None
            }
            (Some(_), Some(_)) => return Err(Rejected),
            (open, _) => open,
        };
    }
    if open.is_some() { Err(Rejected) } else { Ok(found) }
}

impl Block<'_> {
    /// Whether it begins with RFC 1421 headers, as keys encrypted by old tools do.
    pub(crate) fn has_headers(&self) -> bool {
        self.body.contains(&b':')
    }

    pub(crate) fn decode(&self) -> Result<SecretBytes, Rejected> {
        let mut text = Zeroizing::new(Vec::with_capacity(self.body.len()));
        text.extend(self.body.iter().filter(|byte| !byte.is_ascii_whitespace()));
        let mut out = Zeroizing::new(alloc::vec![0; text.len() / 4 * 3]);
        let len = Base64::decode(text.as_slice(), &mut out).map_err(|_| Rejected)?.len();
        out.truncate(len);
        Ok(SecretBytes::take(core::mem::take(&mut *out)))
    }
}

/// Whether the line begins a block or ends one, and its label.
fn boundary(line: &[u8]) -> Option<(bool, &str)> {
    let inner = line.strip_prefix(b"-----")?.strip_suffix(b"-----")?;
    let (begins, label) = match inner.strip_prefix(b"BEGIN ") {
        Some(label) => (true, label),
        None => (false, inner.strip_prefix(b"END ")?),
    };
    core::str::from_utf8(label).ok().map(|label| (begins, label))
}
