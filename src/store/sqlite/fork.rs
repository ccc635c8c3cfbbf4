//! Which process holds connections. Knows nothing of what they are for.
//!
//! SQLite keeps the file locks of a process in its memory. A fork copies that memory but not the locks, so a child
//! would write as if it held them and damage the file: it gets an error instead.

use core::sync::atomic::{AtomicU64, Ordering};
use std::process;

use crate::error::{Error, Kind, Result};

/// A connection's right to be used, in the process that opened it.
pub(super) struct Permit {
    process: u32,
}

/// The number of open connections in the lower half, the process that opened them in the upper.
static OPEN: AtomicU64 = AtomicU64::new(0);

impl Permit {
    /// Refuses when connections that another process opened were copied into this one.
    pub(super) fn new() -> Result<Self> {
        let process = process::id();
        let counted = |open: u64| match (open as u32, (open >> 32) as u32) {
            (0, _) => Some(u64::from(process) << 32 | 1),
            (_, owner) => (owner == process).then_some(open + 1),
        };
        match OPEN.fetch_update(Ordering::AcqRel, Ordering::Acquire, counted) {
            Ok(_) => Ok(Self { process }),
            Err(_) => Err(forked()),
        }
    }

    /// Whether this is still the process that opened the connection.
    pub(super) fn check(&self) -> Result<()> {
        if self.process == process::id() { Ok(()) } else { Err(forked()) }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.check().is_ok() {
            OPEN.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

fn forked() -> Error {
    Error::new(
        Kind::Unavailable,
        "this process was forked while a key store was open, which its locks do not survive; open it after the fork",
    )
}
