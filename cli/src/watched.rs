//! A writer that remembers whether it failed: what reads and writes at once then names the one that did.
//!
//! Knows neither input nor output, only their names.

use std::{
    io::{self, Write},
    path::Path,
};

use crate::failure::{At, Failure, Result};

/// An output, and how writing to it failed.
pub(crate) struct Watched<W> {
    inner: W,
    failed: Option<io::ErrorKind>,
}

impl<W> Watched<W> {
    pub(crate) const fn new(inner: W) -> Self {
        Self { inner, failed: None }
    }

    /// Names the output where it failed, else the input.
    pub(crate) fn blame<T>(&self, done: Result<T, Failure>, input: &Path, output: &Path) -> Result<T> {
        match self.failed {
            None => done.at(input),
            // Of all outputs only the standard output has a reader.
            Some(io::ErrorKind::BrokenPipe) => done.at(output).map_err(Failure::unread),
            Some(_) => done.at(output),
        }
    }

    pub(crate) fn into_inner(self) -> W {
        self.inner
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes).inspect_err(|error| {
            // Whoever is interrupted tries again.
            if error.kind() != io::ErrorKind::Interrupted {
                self.failed = Some(error.kind());
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush().inspect_err(|error| self.failed = Some(error.kind()))
    }
}
