//! What this build is, and whether it computes rightly.

use core::ffi::c_char;

use miyao::{algo::selftest, kms};
use rand_core::Rng as _;

use crate::{
    desk::{guard, output},
    status::miyao_status,
};

/// The version of the binary interface: programs made for one number run with every library of that number.
pub const MIYAO_ABI_VERSION: u32 = 1;

/// `MIYAO_ABI_VERSION` of the library that is loaded, to be compared with the header's.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_abi_version() -> u32 {
    MIYAO_ABI_VERSION
}

/// The release, `0.1.0`; never freed.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// What this build has beyond the algorithms, words with spaces between: `sqlite`, and `pkcs11` where roots and keys in encryption
/// machines can be used; never freed.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_features() -> *const c_char {
    if cfg!(feature = "pkcs11") { c"sqlite pkcs11" } else { c"sqlite" }.as_ptr()
}

/// Runs the known-answer tests of every algorithm (GM/T 0028 §7.10), some milliseconds. Nothing has to be called before others: this is
/// for programs that must show it.
///
/// MIYAO_STATUS_SELF_TEST: an answer was wrong; this build must not be used on this machine.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_self_test() -> miyao_status {
    guard(selftest::run)
}

/// Fills `out` with `out_cap` random bytes of the generator of this thread (SM3 Hash_DRBG, seeded by the system).
///
/// MIYAO_STATUS_ENTROPY: the system gave no randomness.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn miyao_random(out: *mut u8, out_cap: usize) -> miyao_status {
    guard(|| {
        let out = output!(out, out_cap, out_cap);
        kms::rng()?.fill_bytes(out);
        Ok(())
    })
}
