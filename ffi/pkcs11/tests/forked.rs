//! A forked child has no module until it initialises one, and what the parent has is not touched.
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

use std::ptr;

use cryptoki_sys as ck;
use desk::{Desk, OWN, call, mechanism, sm4_template};
use fork::{_exit, fork, wait};

/// What a child finds: the number of the first thing that is not as it should be, or none.
fn wrong_in_child(desk: &Desk, parents: ck::CK_SESSION_HANDLE) -> i32 {
    let random = |session| call!(desk, C_GenerateRandom(session, [0u8; 4].as_mut_ptr(), 4));
    let checks: [&dyn Fn() -> bool; 6] = [
        &|| random(parents) == ck::CKR_CRYPTOKI_NOT_INITIALIZED,
        &|| call!(desk, C_Finalize(ptr::null_mut())) == ck::CKR_CRYPTOKI_NOT_INITIALIZED,
        &|| call!(desk, C_Initialize(ptr::null_mut())) == ck::CKR_OK,
        &|| random(parents) == ck::CKR_SESSION_HANDLE_INVALID,
        &|| desk.try_open(true).is_ok_and(|session| random(session) == ck::CKR_OK),
        &|| call!(desk, C_Finalize(ptr::null_mut())) == ck::CKR_OK,
    ];
    checks.iter().zip(1..).find(|(holds, _)| !holds()).map_or(0, |(_, number)| number)
}

#[test]
fn a_child_starts_anew_and_the_parent_goes_on() {
    let desk = Desk::new();
    let session = desk.user();
    let key = desk.generate(session, OWN + 0x30, &sm4_template()).unwrap();
    for _ in 0..5 {
        let child = fork();
        if child == 0 {
            _exit(wrong_in_child(&desk, session));
        }
        assert!(child > 0);
        let status = wait(child);
        assert_eq!(status, 0, "check {} failed in the child", status >> 8);
        assert!(desk.encrypt(session, &mechanism(OWN + 0x31, &[]), key, &[0; 16]).is_ok());
    }
}
