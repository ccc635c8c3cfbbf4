//! What the command prints: records on the standard output, everything else on the standard error.
//!
//! The one module that prints. Knows neither keys nor files; a record is JSON and a text.

use core::{error::Error as _, fmt};
use std::{
    fs::File,
    io::{self, IsTerminal, Write},
    os::fd::AsFd,
};

pub(crate) use miyao_records::hex;
use serde_json::Value;

use crate::failure::{Failure, Result};

/// What the standard output is called in a failure.
pub(crate) const STANDARD_OUTPUT: &str = "standard output";

/// How records are printed, and how much is told of failures.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) verbose: u8,
}

impl Output {
    /// Prints a record: one line of JSON, or the text.
    pub(crate) fn record(self, json: &Value, text: impl fmt::Display) -> Result {
        let mut out = io::stdout().lock();
        let written = if self.json { writeln!(out, "{json}") } else { writeln!(out, "{text}") };
        written.map_err(unread)
    }

    /// Prints a record that as text is nothing: that the command ended well says it.
    pub(crate) fn silent_record(self, json: &Value) -> Result {
        if self.json { self.record(json, "") } else { Ok(()) }
    }

    /// Writes bytes as they are, past a buffer that nobody wipes: they may be a secret.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Result {
        unbuffered_stdout()?.write_all(bytes).map_err(unread)
    }

    /// Tells something that is neither a result nor a failure.
    pub(crate) fn note(self, text: impl fmt::Display) {
        tell(format_args!("miyao: {text}"));
    }

    /// Tells a failure on one line; with -v what caused it.
    pub(crate) fn failure(self, failure: &Failure) {
        tell(format_args!("miyao: {failure}"));
        if self.verbose == 0 {
            return;
        }
        tell(format_args!("  kind: {:?} ({})", failure.kind(), failure.kind().number()));
        let mut cause = failure.error().source();
        while let Some(error) = cause {
            tell(format_args!("  caused by: {error}"));
            cause = error.source();
        }
    }
}

/// A line on the standard error. Where nobody reads it, the exit code is left to tell.
fn tell(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A failure to print.
pub(crate) fn unread(error: io::Error) -> Failure {
    let is_gone = error.kind() == io::ErrorKind::BrokenPipe;
    let failure = Failure::from(error).of(STANDARD_OUTPUT);
    if is_gone { failure.unread() } else { failure }
}

/// The standard output without a buffer, for bytes in large pieces.
pub(crate) fn unbuffered_stdout() -> Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Reads hexadecimal; white space around it is ignored.
pub(crate) fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, []) = text.trim_ascii().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    pairs.iter().map(|[high, low]| Some((digit(*high)? << 4 | digit(*low)?) as u8)).collect()
}
