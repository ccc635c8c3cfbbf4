//! Time that only runs forward and counts suspended hours too: the age of what is cached.
//!
//! Knows no calendar; the store's time is another thing.

use rustix::time::{ClockId, clock_gettime};

use crate::key::Span;

/// Milliseconds since the machine started, suspended ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tick(u64);

impl Tick {
    pub(super) fn now() -> Self {
        let time = clock_gettime(ClockId::Boottime);
        Self((time.tv_sec as u64).wrapping_mul(1000).wrapping_add(time.tv_nsec as u64 / 1_000_000))
    }

    /// How long ago `earlier` was.
    pub(super) const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}
