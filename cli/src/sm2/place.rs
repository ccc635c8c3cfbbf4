//! Where one result goes: a new file, or the standard output.
//!
//! Knows no content but whether a terminal would show it.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    args::Place,
    failure::Result,
    input::{is_stdio, refuse_terminal},
    output::{Output, stdout_is_terminal},
    safe_file,
};

impl Place {
    /// The file, unless it is the standard output.
    pub(super) fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| !is_stdio(path))
    }

    /// Refuses an output that exists before anything is asked or read.
    pub(super) fn check(&self) -> Result {
        self.file().map_or(Ok(()), |path| safe_file::check(path, self.force))
    }

    /// Writes all of it; where it would be printed and records are asked for, the record in its place.
    pub(super) fn give_or_record(&self, bytes: &[u8], record: &Value, output: Output) -> Result {
        if output.json && self.file().is_none() {
            return output.silent_record(record);
        }
        self.give(bytes, record, output)
    }

    /// The record of a file that was written.
    pub(super) fn tell(path: &Path, mut record: Value, output: Output) -> Result {
        record["output"] = json!(path.to_string_lossy());
        output.silent_record(&record)
    }

    /// Writes all of it; the record is for a file only, since the standard output holds the result itself.
    pub(super) fn give(&self, bytes: &[u8], record: &Value, output: Output) -> Result {
        match self.file() {
            Some(path) => {
                safe_file::write(path, bytes, self.force)?;
                Self::tell(path, record.clone(), output)
            }
            None => {
                refuse_terminal(self.output.is_none() && !is_text(bytes) && stdout_is_terminal())?;
                output.bytes(bytes)
            }
        }
    }
}

/// Whether a terminal shows all of it and obeys none of it; in Chinese too.
fn is_text(bytes: &[u8]) -> bool {
    let is_shown = |letter: char| !letter.is_control() || letter.is_ascii_whitespace();
    core::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(is_shown))
}

#[cfg(test)]
mod tests {
    use super::is_text;

    #[test]
    fn text_is_what_a_terminal_shows_in_any_script() {
        for text in ["", "-----BEGIN PRIVATE KEY-----\nMII=\n", "国密\t密钥\r\n"] {
            assert!(is_text(text.as_bytes()), "{text}");
        }
        for other in [&b"\x1b[2J"[..], b"a\0", b"\x7f", "\u{9b}2J".as_bytes(), &[0xe5, 0x9b], &[0x30, 0x81]] {
            assert!(!is_text(other), "{other:x?}");
        }
    }
}
