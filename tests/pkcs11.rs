//! Tokens behind PKCS#11, tried on SoftHSM: one suite for every wrap suite that it offers, and what a device does wrong.
//!
//! A module has one life and one configuration a process, so every test runs in a process of its own: this program again, for
//! that test alone, with a token directory of its own.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

#[path = "common/before.rs"]
mod before;
#[path = "pkcs11/failing.rs"]
mod failing;
#[path = "pkcs11/faults.rs"]
mod faults;
#[path = "common/fork.rs"]
mod fork;
#[path = "pkcs11/forks.rs"]
mod forks;
#[path = "pkcs11/keys.rs"]
mod keys;
#[path = "pkcs11/lines.rs"]
mod lines;
#[path = "common/served.rs"]
mod served;
#[path = "pkcs11/softhsm.rs"]
mod softhsm;
#[path = "pkcs11/suites.rs"]
mod suites;
#[path = "pkcs11/threads.rs"]
mod threads;
#[path = "pkcs11/wraps.rs"]
mod wraps;
