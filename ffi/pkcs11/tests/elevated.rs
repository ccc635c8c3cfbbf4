//! A program with more rights than its user takes nothing from the environment, though its user and group are the user's own.
//!
//! Whether it has, the kernel says; here a function in the place of the C library's says it instead.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]
#![allow(unsafe_code, reason = "a C interface is called as C calls it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(dead_code, reason = "the desk has more calls than this test makes")]

#[path = "token/desk.rs"]
mod desk;

use std::{
    ffi::c_ulong,
    fs,
    path::Path,
    ptr,
    sync::atomic::{AtomicBool, Ordering},
};

use cryptoki_sys as ck;
use desk::{Desk, call};

static ELEVATED: AtomicBool = AtomicBool::new(false);

const AT_SECURE: c_ulong = 23;

/// In the place of the C library's: what the kernel told the process, but for one answer.
#[unsafe(no_mangle)]
extern "C" fn getauxval(kind: c_ulong) -> c_ulong {
    if kind == AT_SECURE {
        return ELEVATED.load(Ordering::Relaxed).into();
    }
    let table = fs::read("/proc/self/auxv").unwrap_or_default();
    let mut words =
        table.chunks_exact(size_of::<c_ulong>()).map(|word| c_ulong::from_ne_bytes(word.try_into().unwrap()));
    while let (Some(known), Some(value)) = (words.next(), words.next()) {
        if known == kind {
            return value;
        }
    }
    0
}

#[test]
fn the_environment_says_nothing_to_a_program_with_more_rights_than_its_user() {
    assert!(!Path::new("/etc/miyao/pkcs11.toml").exists(), "this machine's own configuration is in the way");
    let desk = Desk::new();
    assert_eq!(call!(desk, C_Finalize(ptr::null_mut())), ck::CKR_OK);
    ELEVATED.store(true, Ordering::Relaxed);
    // Neither the file that the environment names nor the store of its user's home.
    assert_eq!(call!(desk, C_Initialize(ptr::null_mut())), ck::CKR_GENERAL_ERROR);
    ELEVATED.store(false, Ordering::Relaxed);
    assert_eq!(call!(desk, C_Initialize(ptr::null_mut())), ck::CKR_OK);
    assert!(desk.try_open(true).is_ok(), "and it is the token of before");
}
