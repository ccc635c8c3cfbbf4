//! fork(2), and the end of a child.
//!
//! Knows not what a child does.
#![allow(unsafe_code, reason = "no safe face of fork(2), waitpid(2) and _exit(2) is at hand")]

unsafe extern "C" {
    pub(crate) safe fn fork() -> i32;
    pub(crate) safe fn _exit(status: i32) -> !;
    fn waitpid(child: i32, status: *mut i32, options: i32) -> i32;
}

/// The status of a child that ended by itself.
pub(crate) fn wait(child: i32) -> i32 {
    let mut status = -1;
    // SAFETY: the status is a variable that lives for the call.
    assert_eq!(unsafe { waitpid(child, &raw mut status, 0) }, child);
    status
}
