//! The table of PKCS#11 3.2, of a library that has one (`C_GetInterface`, 3.0 §5.4.5).
//!
//! Knows no function of it. What a library says here is believed no further than that a structure begins with its version.
#![allow(unsafe_code, reason = "as its parent: a vendor's module is C behind pointers")]

use core::{ffi::CStr, ptr};

use cryptoki_sys::{CK_FLAGS, CK_FUNCTION_LIST_3_2, CK_INTERFACE, CK_RV, CK_UTF8CHAR, CK_VERSION, CKR_OK};
use libloading::os::unix::Library;

/// The name of every interface of the standard.
const NAME: &CStr = c"PKCS 11";
const WANTED: CK_VERSION = CK_VERSION { major: 3, minor: 2 };

type Entry =
    unsafe extern "C" fn(*mut CK_UTF8CHAR, *mut CK_VERSION, *mut *mut CK_INTERFACE, CK_FLAGS) -> CK_RV;

/// The table of this very version; a library without one is a library of an older standard.
pub(super) fn table_of_3_2(library: &Library) -> Option<&'static CK_FUNCTION_LIST_3_2> {
    // SAFETY: the standard gives the function of this name this type.
    let entry = unsafe { library.get::<Entry>(b"C_GetInterface\0") }.ok()?;
    // SAFETY: just that; what it points to lives as long as the library, which is kept for ever.
    unsafe { ask(*entry) }
}

/// # Safety
/// `entry` is the standard's `C_GetInterface`, and what it points to is never freed.
unsafe fn ask(entry: Entry) -> Option<&'static CK_FUNCTION_LIST_3_2> {
    let (mut version, mut interface) = (WANTED, ptr::null_mut());
    // SAFETY: it reads a name that ends with a zero and a version, and writes one pointer; all live for the call.
    let answer = unsafe { entry(NAME.as_ptr().cast_mut().cast(), &raw mut version, &raw mut interface, 0) };
    if answer != CKR_OK {
        return None;
    }
    // SAFETY: after success it points to an interface that is never freed.
    let interface = unsafe { interface.as_ref() }?;
    // SAFETY: every table of functions begins with its version, and is never freed.
    let found = unsafe { interface.pFunctionList.cast::<CK_VERSION>().as_ref() }?;
    if (found.major, found.minor) != (WANTED.major, WANTED.minor) {
        return None;
    }
    // SAFETY: a table that says it is of 3.2 has all of that version's entries.
    unsafe { interface.pFunctionList.cast::<CK_FUNCTION_LIST_3_2>().as_ref() }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;

    use cryptoki_sys::CKR_FUNCTION_FAILED;

    use super::*;

    /// What a library says: an answer, and a version of a table or none.
    fn say(interface: *mut *mut CK_INTERFACE, answer: CK_RV, minor: Option<u8>) -> CK_RV {
        let table = minor.map_or(ptr::null_mut(), |minor| {
            let version = CK_VERSION { major: 3, minor };
            let table = CK_FUNCTION_LIST_3_2 { version, ..CK_FUNCTION_LIST_3_2::default() };
            Box::into_raw(Box::new(table)).cast()
        });
        let made = CK_INTERFACE { pInterfaceName: ptr::null_mut(), pFunctionList: table, flags: 0 };
        // SAFETY: the caller of the entry lends room for a pointer.
        unsafe { interface.write(Box::into_raw(Box::new(made))) };
        answer
    }

    macro_rules! library {
        ($answer:expr, $minor:expr) => {{
            unsafe extern "C" fn entry(
                name: *mut CK_UTF8CHAR,
                version: *mut CK_VERSION,
                interface: *mut *mut CK_INTERFACE,
                flags: CK_FLAGS,
            ) -> CK_RV {
                // SAFETY: a name that ends with a zero is what the standard has.
                assert_eq!(unsafe { CStr::from_ptr(name.cast()) }, c"PKCS 11");
                // SAFETY: likewise a version.
                let CK_VERSION { major, minor } = unsafe { version.read() };
                assert_eq!((major, minor, flags), (3, 2, 0));
                say(interface, $answer, $minor)
            }
            // SAFETY: it keeps to the standard, and leaks what it makes.
            unsafe { ask(entry) }
        }};
    }

    #[test]
    fn only_a_table_that_says_3_2_is_one() {
        assert!(library!(CKR_OK, Some(2)).is_some());
        assert!(library!(CKR_OK, Some(0)).is_none(), "a table of 3.0 is shorter");
        assert!(library!(CKR_OK, Some(3)).is_none(), "nobody knows that one");
        assert!(library!(CKR_OK, None).is_none(), "no table");
        assert!(library!(CKR_FUNCTION_FAILED, Some(2)).is_none());
    }

    #[test]
    fn no_interface_is_none() {
        unsafe extern "C" fn entry(
            _: *mut CK_UTF8CHAR,
            _: *mut CK_VERSION,
            _: *mut *mut CK_INTERFACE,
            _: CK_FLAGS,
        ) -> CK_RV {
            CKR_OK
        }
        // SAFETY: it keeps to the standard but for the pointer that it does not write.
        assert!(unsafe { ask(entry) }.is_none());
    }
}
