//! Whether this process was forked since it last asked: a number that changes in every child. And what threads share, which a
//! child has without them.
//!
//! Knows no state that would have to be renewed; whoever keeps some compares the number. A child made by a bare `clone`
//! system call, past the C library, is not seen. Public for what is built on this library and keeps state of its own.
#![allow(
    unsafe_code,
    reason = "the C library's fork hook is the only sign of a fork that costs no system call, and no safe type knows that a \
              child has one thread"
)]

use alloc::{string::String, sync::Arc};
use core::{
    cell::UnsafeCell,
    ops::Deref,
    sync::atomic::{AtomicU64, Ordering},
};
use std::{
    io, process,
    sync::OnceLock,
    thread::{self, JoinHandle},
};

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

/// A value that its owner shares with threads started for it, and has alone in a child of its process, where none of them is.
pub(crate) struct WithThreads<T> {
    value: Arc<Shared<T>>,
    generation: u64,
}

struct Shared<T>(UnsafeCell<T>);

// SAFETY: it gives shared references, as an `Arc` of a `T` does; the one that is not is `left_behind`'s, who says why it is alone.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    const fn value(&self) -> &T {
        // SAFETY: whoever has another reference has a shared one, but in a child for that of `left_behind`, which borrows the
        // owner, the last who could ask here.
        unsafe { &*self.0.get() }
    }
}

impl<T: Send + Sync + 'static> WithThreads<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: Arc::new(Shared(UnsafeCell::new(value))), generation: generation() }
    }

    /// Starts a thread that works with the value. The work does not fork.
    pub(crate) fn spawn(&self, name: &str, work: fn(&T)) -> io::Result<JoinHandle<()>> {
        let value = Arc::clone(&self.value);
        thread::Builder::new().name(String::from(name)).spawn(move || work(value.value()))
    }

    /// Whether the threads are in this process.
    pub(crate) fn are_here(&self) -> bool {
        self.generation == generation()
    }

    /// The value, where the threads are not: as they had it when the process forked, a lock or a step of theirs half done.
    pub(crate) fn left_behind(&mut self) -> Option<&mut T> {
        if self.are_here() {
            return None;
        }
        // SAFETY: other references are those of threads that `spawn` started. None is in this process: of those of its parent
        // it has the one that forked, and what they do does not fork.
        Some(unsafe { &mut *self.value.0.get() })
    }
}

impl<T> Deref for WithThreads<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.value()
    }
}
