//! Progress bars on long work, when the standard error is a terminal.
//!
//! Knows numbers of bytes or items; not what is done.

use std::io::Read;

use indicatif::{ProgressBar, ProgressBarIter, ProgressStyle};

use crate::output::stderr_is_terminal;

/// A bar, or nothing.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// So many bytes; a short work shows nothing.
    pub(crate) fn bytes(total: u64) -> Self {
        const LONG: u64 = 64 << 20;
        Self::new(total, total >= LONG, "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
    }

    /// So many items.
    pub(crate) fn items(total: usize) -> Self {
        Self::new(total as u64, total > 1, "{bar:40} {pos}/{len} {eta}")
    }

    /// Nothing, where a bar of items is shown already.
    pub(crate) fn none() -> Self {
        Self(ProgressBar::hidden())
    }

    fn new(total: u64, is_long: bool, template: &str) -> Self {
        if !is_long || !stderr_is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(total);
        Self(match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    /// Counts what is read.
    pub(crate) fn reader<R: Read>(&self, input: R) -> ProgressBarIter<R> {
        self.0.wrap_read(input)
    }

    /// One item more is done.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// Lets `print` write lines without tearing the bar.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        self.0.suspend(print);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
