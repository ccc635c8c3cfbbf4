//! Whether this process was forked since it last asked: a number that changes in every child.
//!
//! Knows no state that would have to be renewed; whoever keeps some compares the number. A child made by a bare `clone`
//! system call, past the C library, is not seen. Public for what is built on this library and keeps state of its own.
#![allow(
    unsafe_code,
    reason = "the C library's fork hook is the only sign of a fork that costs no system call"
)]

use core::sync::atomic::{AtomicU64, Ordering};
use std::{process, sync::OnceLock};

static FORKS: AtomicU64 = AtomicU64::new(0);
static HOOKED: OnceLock<bool> = OnceLock::new();

/// A number that is another one in a child process, whatever number the system gave that.
///
/// Who keeps something that a child must not use keeps the generation beside it, and asks first: a child of a process that
/// never asked is not told from it.
///
/// ```
/// let before = miyao::fork::generation();
/// assert_eq!(miyao::fork::generation(), before, "nobody forked");
/// ```
#[must_use]
pub fn generation() -> u64 {
    if *HOOKED.get_or_init(hook) { FORKS.load(Ordering::Relaxed) } else { process::id().into() }
}

extern "C" fn in_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

fn hook() -> bool {
    // SAFETY: the handler only adds to an atomic, which is allowed in a child between fork and exec, and lives as long
    // as the process.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) == 0 }
}
