//! A forked child has no module until it initialises one, and what the parent has is not touched: even if the child has the
//! number of the process that made the module, or was made past the C library.
//!
//! One test alone, so that no other thread of this process holds a lock of the allocator when it forks.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]
#![allow(unsafe_code, reason = "a C interface is called as C calls it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(dead_code, reason = "the desk has more calls than this test makes")]

#[path = "token/desk.rs"]
mod desk;
#[path = "../../../tests/common/fork.rs"]
mod fork;

use std::{
    ffi::{c_int, c_long},
    ptr,
    sync::atomic::{AtomicI32, Ordering},
};

use cryptoki_sys as ck;
use desk::{Desk, OWN, call, mechanism, sm4_template};
use fork::{_exit, fork, wait};

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
}

#[cfg(target_arch = "x86_64")]
const SYS_CLONE: c_long = 56;
#[cfg(target_arch = "aarch64")]
const SYS_CLONE: c_long = 220;
#[cfg(target_arch = "x86_64")]
const SYS_GETPID: c_long = 39;
#[cfg(target_arch = "aarch64")]
const SYS_GETPID: c_long = 172;
const SIGCHLD: c_long = 17;

/// The number that every process of this test says it has; 0 for its own.
static DISGUISE: AtomicI32 = AtomicI32::new(0);

/// In the place of the C library's: as if the system had given a child the number of a process that ended.
#[unsafe(no_mangle)]
extern "C" fn getpid() -> c_int {
    match DISGUISE.load(Ordering::Relaxed) {
        // SAFETY: the call takes nothing and does nothing but answer.
        0 => unsafe { syscall(SYS_GETPID) as c_int },
        number => number,
    }
}

/// A child of a bare system call, of which the C library hears nothing.
fn bare_fork() -> i32 {
    // SAFETY: without flags and with no stack it is fork(2).
    unsafe { syscall(SYS_CLONE, SIGCHLD, 0 as c_long, 0 as c_long, 0 as c_long, 0 as c_long) as i32 }
}

/// What a child finds: the number of the first thing that is not as it should be, or none.
fn wrong_in_child(desk: &Desk, parents: ck::CK_SESSION_HANDLE) -> i32 {
    let random = |session| call!(desk, C_GenerateRandom(session, [0u8; 4].as_mut_ptr(), 4));
    let cancel = || call!(desk, C_SessionCancel(parents, 0));
    let checks: [&dyn Fn() -> bool; 8] = [
        &|| random(parents) == ck::CKR_CRYPTOKI_NOT_INITIALIZED,
        &|| cancel() == ck::CKR_CRYPTOKI_NOT_INITIALIZED,
        &|| call!(desk, C_Finalize(ptr::null_mut())) == ck::CKR_CRYPTOKI_NOT_INITIALIZED,
        &|| call!(desk, C_Initialize(ptr::null_mut())) == ck::CKR_OK,
        &|| random(parents) == ck::CKR_SESSION_HANDLE_INVALID,
        &|| cancel() == ck::CKR_SESSION_HANDLE_INVALID,
        &|| desk.try_open(true).is_ok_and(|session| random(session) == ck::CKR_OK),
        &|| call!(desk, C_Finalize(ptr::null_mut())) == ck::CKR_OK,
    ];
    checks.iter().zip(1..).find(|(holds, _)| !holds()).map_or(0, |(_, number)| number)
}

#[test]
fn a_child_starts_anew_and_the_parent_goes_on() {
    for disguise in [0, 4242] {
        DISGUISE.store(disguise, Ordering::Relaxed);
        let desk = Desk::new();
        let session = desk.user();
        let key = desk.generate(session, OWN + 0x30, &sm4_template()).unwrap();
        for _ in 0..3 {
            let child = fork();
            if child == 0 {
                _exit(wrong_in_child(&desk, session));
            }
            assert!(child > 0);
            assert_eq!(wait(child) >> 8, 0, "this check failed in the child, number {disguise}");
            assert!(desk.encrypt(session, &mechanism(OWN + 0x31, &[]), key, &[0; 16]).is_ok());
        }
    }
    DISGUISE.store(0, Ordering::Relaxed);
    let desk = Desk::new();
    let session = desk.open(true);
    let child = bare_fork();
    if child == 0 {
        let answer = call!(desk, C_GenerateRandom(session, [0u8; 4].as_mut_ptr(), 4));
        _exit((answer != ck::CKR_CRYPTOKI_NOT_INITIALIZED).into());
    }
    assert_eq!(wait(child), 0, "a child of a bare call has another number at least");
}
