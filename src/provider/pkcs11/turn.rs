//! A turn that one at a time has, and others wait for until a deadline.
//!
//! Knows not what is done in it. Who has it may hang in a device for ever, so nobody waits without an end.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// One turn.
#[derive(Default)]
pub(super) struct Turn {
    taken: Mutex<bool>,
    free: Condvar,
}

/// Somebody has it, until this is dropped.
pub(super) struct Taken<'a>(&'a Turn);

impl Turn {
    /// Takes it; `None` when others had it until the deadline.
    pub(super) fn take(&self, deadline: Instant) -> Option<Taken<'_>> {
        let patience = deadline.saturating_duration_since(Instant::now());
        let waited = self.free.wait_timeout_while(self.lock(), patience, |taken| *taken);
        let (mut taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        // Lazily: a turn that is made gives itself back when it is dropped.
        (!core::mem::replace(&mut *taken, true)).then(|| Taken(self))
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.lock() = false;
        self.0.free.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn a_turn_is_had_by_one_and_waited_for_in_vain_until_the_deadline() {
        let turn = Turn::default();
        let soon = || Instant::now() + Duration::from_millis(20);
        let taken = turn.take(soon());
        assert!(taken.is_some() && turn.take(soon()).is_none() && turn.take(Instant::now()).is_none());
        drop(taken);
        assert!(turn.take(Instant::now()).is_some(), "it is free again");
        std::thread::scope(|scope| {
            let taken = turn.take(soon());
            let waiting = scope.spawn(|| turn.take(Instant::now() + Duration::from_secs(20)).is_some());
            drop(taken);
            assert!(waiting.join().unwrap());
        });
    }
}
