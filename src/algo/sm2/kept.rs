//! A number of 256 bits that whoever needs it first computes, and that is kept for the next.
//!
//! Knows not what the number is. Who comes at the same time computes the same, so nobody waits.

use core::{
    array::from_fn,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};

use zeroize::Zeroize;

use super::words::Words;

/// Words of 32 bits, since not every processor has larger ones that are atomic.
pub(super) struct Kept {
    words: [AtomicU32; 8],
    is_there: AtomicBool,
}

impl Kept {
    pub(super) fn new() -> Self {
        Self { words: from_fn(|_| AtomicU32::new(0)), is_there: AtomicBool::new(false) }
    }

    /// The number, which `compute` gives if it is not there; it gives the same every time.
    pub(super) fn get_or(&self, compute: impl FnOnce() -> Words) -> Words {
        if let Some(words) = self.get() {
            return words;
        }
        let number = compute();
        for (halves, word) in self.words.as_chunks::<2>().0.iter().zip(number) {
            halves[0].store(word as u32, Ordering::Relaxed);
            halves[1].store((word >> 32) as u32, Ordering::Relaxed);
        }
        self.is_there.store(true, Ordering::Release);
        number
    }

    /// The number, if it is there.
    pub(super) fn get(&self) -> Option<Words> {
        let word = |at: usize| u64::from(self.words[at].load(Ordering::Relaxed));
        let is_there = self.is_there.load(Ordering::Acquire);
        is_there.then(|| [0, 2, 4, 6].map(|at| word(at) | word(at + 1) << 32))
    }

    pub(super) fn wipe(&mut self) {
        self.words.iter_mut().for_each(|word| word.get_mut().zeroize());
        *self.is_there.get_mut() = false;
    }
}

impl Clone for Kept {
    fn clone(&self) -> Self {
        let clone = Self::new();
        if let Some(words) = self.get() {
            clone.get_or(|| words);
        }
        clone
    }
}
