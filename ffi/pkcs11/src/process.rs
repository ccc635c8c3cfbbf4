//! Which process this is: a forked child is another one, even where it got the number of one that ended.
//!
//! Knows nothing of what a child must not use.

use std::process;

use miyao::fork;

/// A process: its number, and how often it was forked on the way to it. A child made past the C library has another number
/// at least.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    number: u32,
    generation: u64,
}

impl Process {
    /// The one that asks.
    pub(crate) fn current() -> Self {
        Self { number: process::id(), generation: fork::generation() }
    }

    pub(crate) fn is_current(self) -> bool {
        self == Self::current()
    }
}
