//! A writer that remembers whether it failed: what reads and writes at once then names the one that did.
//!
//! Knows neither input nor output, only their names.

use std::{
    io::{self, Write},
    path::Path,
};

use crate::failure::{At, Failure, Result};

/// An output, and whether writing to it failed.
pub(crate) struct Watched<W> {
    inner: W,
    has_failed: bool,
}

impl<W> Watched<W> {
    pub(crate) const fn new(inner: W) -> Self {
        Self { inner, has_failed: false }
    }

    /// Names the output where it failed, else the input.
    pub(crate) fn blame<T>(&self, done: Result<T, Failure>, input: &Path, output: &Path) -> Result<T> {
        done.at(if self.has_failed { output } else { input })
    }

    pub(crate) fn into_inner(self) -> W {
        self.inner
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes).inspect_err(|error| {
            // Whoever is interrupted tries again.
            self.has_failed |= error.kind() != io::ErrorKind::Interrupted;
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush().inspect_err(|_| self.has_failed = true)
    }
}
