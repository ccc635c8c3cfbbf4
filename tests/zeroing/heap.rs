//! An allocator that looks through every block that is freed, before it is freed, for the patterns a test watches.
#![allow(unsafe_code, reason = "an allocator, and raw bytes of live values, cannot be had without")]

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};
use std::{
    alloc::System,
    sync::{Mutex, MutexGuard},
};

/// The shortest pattern that is looked for: short enough for one half of a key, long enough to be no accident.
const WIDTH: usize = 16;
const MOST: usize = 512;

struct Watching {
    armed: AtomicBool,
    hits: AtomicUsize,
    freed: AtomicUsize,
    count: AtomicUsize,
    patterns: UnsafeCell<[[u8; WIDTH]; MOST]>,
}

// SAFETY: `patterns` is written only while `armed` is false, by the one test that holds `TURN`.
unsafe impl Sync for Watching {}

#[global_allocator]
static HEAP: Watching = Watching {
    armed: AtomicBool::new(false),
    hits: AtomicUsize::new(0),
    freed: AtomicUsize::new(0),
    count: AtomicUsize::new(0),
    patterns: UnsafeCell::new([[0; WIDTH]; MOST]),
};

/// One test at a time: the patterns are everybody's.
static TURN: Mutex<()> = Mutex::new(());

// SAFETY: every call goes to `System` with the arguments it came with; `realloc` is the trait's own, made of these.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that a block holds what its owner wrote and nothing older.
        // SAFETY: the caller keeps the contract of `alloc`, which is that of `System.alloc_zeroed` too.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.armed.load(Ordering::SeqCst) {
            self.freed.fetch_add(1, Ordering::Relaxed);
            // SAFETY: the block is still allocated, of this length, and its owner has given it up.
            let bytes = unsafe { core::slice::from_raw_parts(block, layout.size()) };
            self.look(bytes);
        }
        // SAFETY: the caller keeps the contract of `dealloc`, which is `System`'s too.
        unsafe { System.dealloc(block, layout) }
    }
}

impl Watching {
    fn look(&self, block: &[u8]) {
        // SAFETY: nobody writes the patterns while the allocator is armed.
        let patterns = unsafe { &*self.patterns.get() };
        let patterns = &patterns[..self.count.load(Ordering::SeqCst)];
        if block.windows(WIDTH).any(|window| patterns.iter().any(|pattern| pattern == window)) {
            self.hits.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Watches for patterns until it is dropped.
pub(crate) struct Watch(#[allow(dead_code, reason = "held for its lock")] MutexGuard<'static, ()>);

impl Watch {
    /// For every secret of at least 16 bytes, for its start, its end and every 8 bytes between.
    pub(crate) fn for_secrets(secrets: &[&[u8]]) -> Self {
        let turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut count = 0;
        // SAFETY: not armed, and this test holds the turn.
        let patterns = unsafe { &mut *HEAP.patterns.get() };
        for secret in secrets {
            assert!(secret.len() >= WIDTH);
            for at in (0..=secret.len() - WIDTH).step_by(8).chain([secret.len() - WIDTH]) {
                let window = &secret[at..at + WIDTH];
                let distinct = (0..WIDTH).filter(|at| !window[..*at].contains(&window[*at])).count();
                // Zeros and the like are found everywhere.
                if distinct >= 6 {
                    patterns[count].copy_from_slice(window);
                    count += 1;
                }
            }
        }
        assert!(count > 0, "there is nothing to look for");
        HEAP.count.store(count, Ordering::SeqCst);
        HEAP.hits.store(0, Ordering::SeqCst);
        HEAP.freed.store(0, Ordering::SeqCst);
        HEAP.armed.store(true, Ordering::SeqCst);
        Self(turn)
    }

    /// How many blocks were given back with a pattern in them.
    pub(crate) fn hits(self) -> usize {
        HEAP.armed.store(false, Ordering::SeqCst);
        assert!(HEAP.freed.load(Ordering::SeqCst) > 0, "nothing was freed, so nothing was seen");
        HEAP.hits.load(Ordering::SeqCst)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        HEAP.armed.store(false, Ordering::SeqCst);
    }
}

/// The bytes of a live value, padding read as whatever is there.
pub(crate) fn bytes_of<T>(value: &T) -> &[u8] {
    let start = core::ptr::from_ref(value).cast::<u8>();
    // SAFETY: the value is alive, borrowed, and of that many bytes; they are only compared with others.
    unsafe { core::slice::from_raw_parts(start, size_of::<T>()) }
}

/// Whether any part of a value is still in its place when it is dropped.
pub(crate) fn leaves_something<T>(value: T) -> bool {
    let value = Box::new(value);
    let state: &'static [u8] = Box::leak(bytes_of(&*value).to_vec().into_boxed_slice());
    let watch = Watch::for_secrets(&[state]);
    drop(value);
    watch.hits() > 0
}
