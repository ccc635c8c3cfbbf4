//! A warm `encrypt`, `decrypt` or `sign` makes no system call and at most one allocation, its output.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking; a counting allocator is unsafe by its trait"
)]

extern crate alloc;

#[path = "common/kms.rs"]
mod support;

use alloc::alloc::{GlobalAlloc, Layout};
use core::{
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering},
};
use std::{alloc::System, env, process::Command};

use miyao::{
    algo::sm2::DEFAULT_USER_ID,
    envelope::Context,
    key::{KeyName, NewKey, Spec},
    kms::KeyRef,
};

/// Counts the allocations of one thread.
struct Counting;

thread_local! {
    static COUNTED: Cell<Option<u64>> = const { Cell::new(None) };
}

// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNTED.with(|counted| counted.set(counted.get().map(|count| count + 1)));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most allocations that one of `rounds` calls made.
fn allocations(rounds: u32, mut call: impl FnMut()) -> u64 {
    let mut most = 0;
    for _ in 0..rounds {
        COUNTED.set(Some(0));
        call();
        most = most.max(COUNTED.take().unwrap());
    }
    most
}

struct Warm {
    kms: miyao::kms::Kms,
    orders: KeyRef,
    signer: KeyRef,
    context: Context,
    token: Vec<u8>,
}

fn warm() -> Warm {
    let kms = support::kms();
    for (name, spec) in [("orders", Spec::Sm4), ("signer", Spec::Sm2Sign)] {
        kms.create(NewKey::new(KeyName::parse(name).unwrap(), spec)).unwrap();
    }
    let (orders, signer) = (KeyRef::parse("orders").unwrap(), KeyRef::parse("signer").unwrap());
    let context = Context::new().with("row", "7").unwrap();
    let token = kms.encrypt(&orders, &context, b"value").unwrap();
    kms.decrypt(&context, &token).unwrap();
    kms.sign(&signer, DEFAULT_USER_ID, b"message").unwrap();
    Warm { kms, orders, signer, context, token }
}

#[test]
fn a_warm_call_makes_at_most_one_allocation() {
    let Warm { kms, orders, signer, context, token } = warm();
    let encrypt = allocations(1000, || drop(kms.encrypt(&orders, &context, b"value").unwrap()));
    let decrypt = allocations(1000, || drop(kms.decrypt(&context, &token).unwrap()));
    let sign = allocations(50, || {
        kms.sign(&signer, DEFAULT_USER_ID, b"message").unwrap();
    });
    assert!(encrypt <= 1 && decrypt <= 1 && sign <= 1, "{encrypt} {decrypt} {sign}");
}

/// Runs this test again under `strace`, which lists every system call between two marks.
#[test]
fn a_million_warm_calls_make_no_system_call() {
    const MARK: &str = "/miyao-warm-mark";
    static DONE: AtomicU64 = AtomicU64::new(0);
    if env::var_os("MIYAO_WARM").is_some() {
        let Warm { kms, orders, context, token, .. } = warm();
        let rounds: u32 = env::var("MIYAO_WARM").unwrap().parse().unwrap();
        let _ = std::fs::metadata(MARK);
        for round in 0..rounds {
            let done = if round % 2 == 0 {
                kms.encrypt(&orders, &context, b"value").unwrap().len()
            } else {
                kms.decrypt(&context, &token).unwrap().text.len()
            };
            DONE.fetch_add(done as u64, Ordering::Relaxed);
        }
        let _ = std::fs::metadata(MARK);
        assert!(DONE.load(Ordering::Relaxed) > 0);
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    let rounds = env::var("MIYAO_WARM_CALLS").unwrap_or_else(|_| "1000000".into());
    let status = Command::new("strace")
        .args(["-f", "-ff", "-qq", "-o"])
        .arg(&trace)
        .arg(env::current_exe().unwrap())
        .args(["--exact", "a_million_warm_calls_make_no_system_call", "--nocapture"])
        .env("MIYAO_WARM", &rounds)
        .output()
        .expect("strace is needed; ./test installs it");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    // One file a thread; the calls were made in the one that made the marks.
    let traced = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let marked: Vec<String> = traced.filter(|text| text.contains(MARK)).collect();
    assert_eq!(marked.len(), 1);
    let between = marked[0].split(MARK).nth(1).unwrap();
    let calls: Vec<&str> = between.lines().skip(1).collect();
    // The last line is the start of the second mark itself.
    assert_eq!(calls.len(), 1, "system calls of warm operations: {:?}", &calls[..calls.len().min(5)]);
}
