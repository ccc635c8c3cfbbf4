//! A secret on its way through the compiler and through Valgrind: a barrier for values, marks for bytes.
//!
//! Knows no algorithm. The marks compile to nothing but under `--cfg miyao_ctgrind` on x86-64, where they are requests to
//! Valgrind's memcheck: secret bytes count as undefined there, so that it reports every branch and every address that
//! depends on one. `tests/ct` runs everything so.
#![allow(
    unsafe_code,
    reason = "an empty instruction that hides a value, and Valgrind's requests, are assembly"
)]

use subtle::Choice;

/// The value, as one that the compiler knows nothing of.
///
/// A mask made of a secret bit goes through here: LLVM turns a mask that it sees has two values into a branch.
#[inline(always)]
#[must_use]
#[cfg(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64",
    target_arch = "loongarch64",
    target_arch = "s390x"
))]
pub(crate) fn barrier(mut value: u64) -> u64 {
    // SAFETY: there is no instruction, and the value stays in its register.
    unsafe {
        core::arch::asm!("/* {0} */", inlateout(reg) value, options(pure, nomem, nostack, preserves_flags));
    }
    value
}

/// The value, as one that the compiler should know nothing of: no register holds it whole here.
#[inline(always)]
#[must_use]
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64",
    target_arch = "loongarch64",
    target_arch = "s390x"
)))]
pub(crate) fn barrier(value: u64) -> u64 {
    core::hint::black_box(value)
}

/// The answer of a comparison of secrets that everybody may know, and may branch on.
#[inline(always)]
pub(crate) fn reveal(answer: Choice) -> bool {
    let mut answer = [answer.unwrap_u8()];
    unmark(&mut answer);
    answer[0] == 1
}

/// Marks bytes as secret: what is computed from them is secret as well.
#[inline(always)]
pub fn mark(bytes: &mut [u8]) {
    request(MAKE_UNDEFINED, bytes.as_mut_ptr().addr(), bytes.len());
}

/// Marks bytes as public, though they were computed from secrets: a ciphertext, a tag, a signature, a public key.
#[inline(always)]
pub fn unmark(bytes: &mut [u8]) {
    request(MAKE_DEFINED, bytes.as_mut_ptr().addr(), bytes.len());
}

/// Whether marks mean something: this is Valgrind, and the build makes requests.
#[must_use]
pub fn is_watched() -> bool {
    request(RUNNING_ON_VALGRIND, 0, 0) > 0
}

/// How many branches and addresses that depend on secrets Valgrind has seen so far.
#[must_use]
pub fn reports() -> usize {
    request(COUNT_ERRORS, 0, 0)
}

// The numbers of valgrind.h and memcheck.h; a tool's own requests begin with its two letters.
const RUNNING_ON_VALGRIND: usize = 0x1001;
const COUNT_ERRORS: usize = 0x1201;
const MAKE_UNDEFINED: usize = 0x4d43_0001;
const MAKE_DEFINED: usize = 0x4d43_0002;

#[inline(always)]
#[cfg(all(miyao_ctgrind, target_arch = "x86_64"))]
fn request(code: usize, start: usize, len: usize) -> usize {
    let arguments = [code, start, len, 0, 0, 0];
    let mut answer = 0usize;
    // SAFETY: a processor sees rotations by 128 bits in all, which give back what was there, and an exchange of a register
    // with itself; Valgrind sees a request, reads the arguments and writes nothing that the program can see but the answer.
    unsafe {
        core::arch::asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            inlateout("rdx") answer, in("rax") arguments.as_ptr(), options(nostack)
        );
    }
    answer
}

#[inline(always)]
#[cfg(not(all(miyao_ctgrind, target_arch = "x86_64")))]
const fn request(_: usize, _: usize, _: usize) -> usize {
    0
}
