//! `KEY=VALUE` to a pair of the encryption context.
//!
//! Knows bytes only: neither has to be UTF-8, and a value may contain `=`.

use miyao::{Error, Kind, Result, envelope::Context};

/// The context of these pairs: stored ones, then hidden ones.
pub(crate) fn parse<'a>(
    stored: impl IntoIterator<Item = &'a [u8]>,
    hidden: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Context> {
    let mut context = Context::new();
    for text in stored {
        let (key, value) = pair(text)?;
        context = context.with(key, value)?;
    }
    for text in hidden {
        let (key, value) = pair(text)?;
        context = context.with_hidden(key, value)?;
    }
    Ok(context)
}

/// What stands before and after the first `=`.
fn pair(text: &[u8]) -> Result<(&[u8], &[u8])> {
    let at = text
        .iter()
        .position(|byte| *byte == b'=')
        .ok_or(Error::new(Kind::Invalid, "a context pair is KEY=VALUE; the = is missing"))?;
    Ok((&text[..at], &text[at + 1..]))
}
