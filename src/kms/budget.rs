//! What this process may still spend of a version's limits without asking the store: blocks reserved beforehand.
//!
//! A crash loses what was reserved and not spent, so counts are only ever too high. Knows no store.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::{
    error::{Error, Kind, Result},
    key::{Limits, Usage},
};

/// What is left of the blocks reserved for one version.
#[derive(Debug, Default)]
pub(super) struct Budget {
    messages: AtomicU64,
    bytes: AtomicU64,
}

/// A limit is reserved in so many parts, so that at most one part of it is lost at a crash.
const PARTS: u64 = 256;
const MAX_MESSAGES: u64 = 1 << 16;
const MAX_BYTES: u64 = 1 << 30;

impl Budget {
    /// Takes one message of `bytes` from what is left; `false` when a block must be reserved first.
    pub(super) fn take(&self, limits: &Limits, bytes: u64) -> bool {
        if limits.messages.is_some() && !take(&self.messages, 1) {
            return false;
        }
        if limits.bytes.is_some() && !take(&self.bytes, bytes) {
            self.messages.fetch_add(u64::from(limits.messages.is_some()), Ordering::Relaxed);
            return false;
        }
        true
    }

    /// Adds a reserved block.
    pub(super) fn put(&self, block: Usage) {
        self.messages.fetch_add(block.messages, Ordering::Relaxed);
        self.bytes.fetch_add(block.bytes, Ordering::Relaxed);
    }
}

/// The next block of a version of which `used` is reserved already, enough for one message of `bytes`.
///
/// # Errors
/// [`Exhausted`](Kind::Exhausted) when the limits do not reach so far.
pub(super) fn block(limits: &Limits, used: Usage, bytes: u64) -> Result<Usage> {
    let part = |limit: Option<u64>, used: u64, least: u64, most: u64| {
        let Some(limit) = limit else { return Some(0) };
        let left = limit.saturating_sub(used);
        (left >= least).then(|| (limit / PARTS).clamp(1, most).max(least).min(left))
    };
    let messages = part(limits.messages, used.messages, 1, MAX_MESSAGES);
    let bytes = part(limits.bytes, used.bytes, bytes, MAX_BYTES);
    match (messages, bytes) {
        (Some(messages), Some(bytes)) => Ok(Usage { messages, bytes }),
        _ => Err(Error::new(Kind::Exhausted, "a limit of the version is used up; rotate the key")),
    }
}

fn take(left: &AtomicU64, amount: u64) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(amount)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{Budget, block};
    use crate::key::{Limits, Usage};

    #[test]
    fn blocks_add_up_to_the_limit_and_no_further() {
        let limits = Limits { messages: Some(1000), bytes: Some(5000), ..Limits::default() };
        let (mut used, budget, mut spent) = (Usage::default(), Budget::default(), 0);
        loop {
            if budget.take(&limits, 7) {
                spent += 1;
                continue;
            }
            let Ok(more) = block(&limits, used, 7) else { break };
            used = Usage { messages: used.messages + more.messages, bytes: used.bytes + more.bytes };
            assert!(used.messages <= 1000 && used.bytes <= 5000);
            budget.put(more);
        }
        // 714 messages of 7 bytes fit; the rest of a block may be left over.
        assert!((700..=714).contains(&spent), "{spent}");
    }

    #[test]
    fn without_limits_nothing_is_reserved() {
        assert!(Budget::default().take(&Limits::default(), u64::MAX));
    }
}
