//! Streaming takes less than 64 MiB of heap, whatever the length, the size of frames and the number of threads.
//!
//! Alone in its file: the allocator counts for the whole process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "an allocator cannot be had without")]

use core::{
    alloc::{GlobalAlloc, Layout},
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
};
use std::{
    alloc::System,
    fs::File,
    io::{self, BufWriter, Read as _},
};

use miyao::envelope::{Decryptor, Encryptor, Opener, Options};

#[path = "shapes/messages.rs"]
#[allow(dead_code, reason = "this test uses the key alone")]
mod messages;
use messages::Kms;

/// Counts what is allocated now and what was at most.
struct Counting {
    now: AtomicUsize,
    most: AtomicUsize,
}

#[global_allocator]
static HEAP: Counting = Counting { now: AtomicUsize::new(0), most: AtomicUsize::new(0) };

// SAFETY: every call goes to `System` with the arguments it came with; the rest are the trait's own, made of these.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = self.now.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        self.most.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is `System`'s too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.now.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`, which is `System`'s too.
        unsafe { System.dealloc(block, layout) }
    }
}

/// The most bytes of heap that `work` had at a time.
fn peak(work: impl FnOnce()) -> usize {
    let before = HEAP.now.load(Ordering::Relaxed);
    HEAP.most.store(before, Ordering::Relaxed);
    work();
    HEAP.most.load(Ordering::Relaxed) - before
}

#[test]
fn a_stream_stays_under_64_mib_whatever_its_frames_and_threads() {
    const LIMIT: usize = 64 << 20;
    let path = tempfile::NamedTempFile::new().unwrap();
    for (log2, threads, len) in [(24, 8, 100 << 20), (16, 64, 80 << 20), (12, 2, 20 << 20), (24, 1, 50 << 20)]
    {
        let (key, threads) = (Kms(1), NonZeroUsize::new(threads).unwrap());
        let sealing = peak(|| {
            let options = Options::to(&key).frame_log2(log2).unwrap().threads(threads);
            let out = BufWriter::new(File::create(path.path()).unwrap());
            let mut encryptor = Encryptor::new(out, &options, &mut messages::rng("memory")).unwrap();
            assert_eq!(encryptor.copy_from(&mut io::repeat(7).take(len)).unwrap(), len);
            encryptor.finish().unwrap();
        });
        let opening = peak(|| {
            let opener = Opener::with(&key).threads(threads);
            let mut decryptor = Decryptor::new(File::open(path.path()).unwrap(), &opener).unwrap();
            assert_eq!(decryptor.copy_to(&mut io::sink()).unwrap(), len);
            decryptor.finish().unwrap();
        });
        assert!(
            sealing < LIMIT && opening < LIMIT,
            "2^{log2}, {threads} threads: {sealing} and {opening} bytes"
        );
    }
}
