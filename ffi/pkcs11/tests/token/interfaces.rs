//! The three interfaces: found by every way to ask, with the same entries, and none of them NULL.

use std::{ffi::CStr, ptr};

use cryptoki_sys::{
    self as ck, CK_FLAGS, CK_FUNCTION_LIST, CK_FUNCTION_LIST_3_0, CK_FUNCTION_LIST_3_2, CK_INTERFACE, CK_RV,
    CK_ULONG, CK_VERSION,
};
use miyao_pkcs11::{C_GetFunctionList, C_GetInterface, C_GetInterfaceList};

use super::desk::{Desk, call};

const NAME: &CStr = c"PKCS 11";
/// The first is the default.
const VERSIONS: [(u8, u8); 3] = [(3, 2), (3, 0), (2, 40)];

/// The interface that is found; where none is, nothing was written.
fn ask(
    name: Option<&CStr>,
    version: Option<(u8, u8)>,
    flags: CK_FLAGS,
) -> Result<&'static CK_INTERFACE, CK_RV> {
    let name = name.map_or(ptr::null_mut(), |name| name.as_ptr().cast_mut().cast());
    let mut given = version.map(|(major, minor)| CK_VERSION { major, minor });
    let version = given.as_mut().map_or(ptr::null_mut(), ptr::from_mut);
    let untouched = ptr::dangling_mut();
    let mut found = untouched;
    // SAFETY: a text that ends or NULL, a version or NULL, and room for a pointer.
    match unsafe { C_GetInterface(name, version, &raw mut found, flags) } {
        // SAFETY: the module's interfaces are statics of it.
        ck::CKR_OK => Ok(unsafe { &*found }),
        rv => {
            assert_eq!(found, untouched);
            Err(rv)
        }
    }
}

fn version(interface: &CK_INTERFACE) -> (u8, u8) {
    // SAFETY: every table begins with its version.
    let version = unsafe { *interface.pFunctionList.cast::<CK_VERSION>() };
    (version.major, version.minor)
}

#[test]
fn every_interface_is_found_by_every_way_to_ask_whether_or_not_there_is_a_module() {
    let desk = Desk::new();
    for _ in 0..2 {
        for name in [None, Some(NAME)] {
            let default = ask(name, None, 0).unwrap();
            assert_eq!((version(default), default.flags), ((3, 2), 0));
            for asked in VERSIONS {
                let found = ask(name, Some(asked), 0).unwrap();
                // SAFETY: the module's name is a text that ends.
                let named = unsafe { CStr::from_ptr(found.pInterfaceName.cast()) };
                assert_eq!((version(found), found.flags, named), (asked, 0, NAME));
            }
        }
        // Once more without a module.
        call!(desk, C_Finalize(ptr::null_mut()));
    }
}

#[test]
fn what_is_not_there_is_a_bad_argument() {
    let bad = Err(ck::CKR_ARGUMENTS_BAD);
    let found = |name, asked, flags| ask(name, asked, flags).map(version);
    for name in [c"", c"P", c"PKCS 1", c"PKCS 11 ", c"pkcs 11", c"PKCS#11", c"Vendor miyao"] {
        assert_eq!(found(Some(name), None, 0), bad, "{name:?}");
    }
    for asked in [(0, 0), (2, 0), (2, 20), (2, 41), (3, 1), (3, 3), (4, 0), (2, 3)] {
        assert_eq!(found(None, Some(asked), 0), bad, "{asked:?}");
        assert_eq!(found(Some(NAME), Some(asked), 0), bad, "{asked:?}");
    }
    // A forked child has no module, so no interface says that it is safe there.
    for flags in [ck::CKF_INTERFACE_FORK_SAFE, 2, CK_FLAGS::MAX] {
        assert_eq!(found(None, None, flags), bad, "{flags:x}");
        assert_eq!(found(Some(NAME), Some((3, 0)), flags), bad, "{flags:x}");
    }
    let name = NAME.as_ptr().cast_mut().cast();
    // SAFETY: a text that ends; NULLs are what is tried.
    let rv = unsafe { C_GetInterface(name, ptr::null_mut(), ptr::null_mut(), 0) };
    assert_eq!(rv, ck::CKR_ARGUMENTS_BAD);
}

#[test]
fn the_list_of_interfaces_is_measured_and_fetched() {
    let mut count = 77;
    // SAFETY: NULL asks for the number, which there is room for.
    assert_eq!(unsafe { C_GetInterfaceList(ptr::null_mut(), &raw mut count) }, ck::CKR_OK);
    assert_eq!(count, 3);
    for room in 0..=4 {
        let (mut list, mut count) = ([CK_INTERFACE::default(); 4], room as CK_ULONG);
        // SAFETY: there is room for four, which is never less than what is said.
        let rv = unsafe { C_GetInterfaceList(list.as_mut_ptr(), &raw mut count) };
        let fits = room >= 3;
        assert_eq!((rv, count), (if fits { ck::CKR_OK } else { ck::CKR_BUFFER_TOO_SMALL }, 3));
        let written = list.iter().filter(|one| !one.pFunctionList.is_null()).count();
        assert_eq!(written, if fits { 3 } else { 0 });
        if fits {
            assert_eq!(list[..3].iter().map(version).collect::<Vec<_>>(), VERSIONS);
        }
    }
    // SAFETY: NULL is what is tried.
    let rv = unsafe { C_GetInterfaceList(ptr::null_mut(), ptr::null_mut()) };
    assert_eq!(rv, ck::CKR_ARGUMENTS_BAD);
}

/// The entries of a table, as it lies in memory behind its version.
fn entries(interface: &CK_INTERFACE) -> Vec<usize> {
    let size = match version(interface) {
        (2, 40) => size_of::<CK_FUNCTION_LIST>(),
        (3, 0) => size_of::<CK_FUNCTION_LIST_3_0>(),
        _ => size_of::<CK_FUNCTION_LIST_3_2>(),
    };
    let start = interface.pFunctionList.cast::<usize>();
    // SAFETY: the table is its version, padded to a word, and pointers.
    (1..size / size_of::<usize>()).map(|at| unsafe { start.wrapping_add(at).read() }).collect()
}

#[test]
fn no_entry_of_any_table_is_null_and_later_tables_begin_as_earlier_ones() {
    let [newest, middle, oldest] =
        VERSIONS.map(|version| entries(ask(Some(NAME), Some(version), 0).unwrap()));
    assert_eq!([oldest.len(), middle.len(), newest.len()], [68, 92, 104]);
    assert!(newest.iter().all(|entry| *entry != 0));
    assert_eq!((&newest[..92], &newest[..68]), (middle.as_slice(), oldest.as_slice()));
    let mut sorted = newest.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), 104, "no entry stands in the place of another");
}

#[test]
fn the_oldest_door_gives_the_oldest_table_and_the_tables_have_the_doors() {
    let mut list = ptr::null_mut();
    // SAFETY: there is room for a pointer.
    assert_eq!(unsafe { C_GetFunctionList(&raw mut list) }, ck::CKR_OK);
    assert_eq!(list.cast(), ask(None, Some((2, 40)), 0).unwrap().pFunctionList);
    let desk = Desk::new();
    let (mut found, mut again, mut count) = (ptr::null_mut(), ptr::null_mut(), 0);
    let name = NAME.as_ptr().cast_mut().cast();
    assert_eq!(call!(desk, C_GetInterface(name, ptr::null_mut(), &raw mut found, 0)), ck::CKR_OK);
    assert_eq!(found.cast_const(), ptr::from_ref(ask(None, None, 0).unwrap()));
    assert_eq!(call!(desk, C_GetInterfaceList(ptr::null_mut(), &raw mut count)), ck::CKR_OK);
    assert_eq!(call!(desk, C_GetFunctionList(&raw mut again)), ck::CKR_OK);
    assert_eq!((again, count), (list, 3));
    let mut info = ck::CK_INFO::default();
    assert_eq!(call!(desk, C_GetInfo(&raw mut info)), ck::CKR_OK);
    assert_eq!((info.cryptokiVersion.major, info.cryptokiVersion.minor), (3, 2));
}

/// What every entry of 3.0 and 3.2 that is not offered answers.
fn not_offered(desk: &Desk, session: CK_ULONG) -> [(&'static str, CK_RV); 30] {
    let (none, handles, room) = (ptr::null_mut::<u8>(), ptr::null_mut(), ptr::null_mut());
    let (how, template, what) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    macro_rules! every {
        ($($name:ident($($argument:expr),*))*) => {
            [$((stringify!($name), call!(desk, $name(session $(, $argument)*)))),*]
        };
    }
    every! {
        C_LoginUser(ck::CKU_USER, none, 0, none, 0)
        C_MessageEncryptInit(how, 0)
        C_EncryptMessage(what, 0, none, 0, none, 0, none, room)
        C_EncryptMessageBegin(what, 0, none, 0)
        C_EncryptMessageNext(what, 0, none, 0, none, room, 0)
        C_MessageEncryptFinal()
        C_MessageDecryptInit(how, 0)
        C_DecryptMessage(what, 0, none, 0, none, 0, none, room)
        C_DecryptMessageBegin(what, 0, none, 0)
        C_DecryptMessageNext(what, 0, none, 0, none, room, 0)
        C_MessageDecryptFinal()
        C_MessageSignInit(how, 0)
        C_SignMessage(what, 0, none, 0, none, room)
        C_SignMessageBegin(what, 0)
        C_SignMessageNext(what, 0, none, 0, none, room)
        C_MessageSignFinal()
        C_MessageVerifyInit(how, 0)
        C_VerifyMessage(what, 0, none, 0, none, 0)
        C_VerifyMessageBegin(what, 0)
        C_VerifyMessageNext(what, 0, none, 0, none, 0)
        C_MessageVerifyFinal()
        C_EncapsulateKey(how, 0, template, 0, none, room, handles)
        C_DecapsulateKey(how, 0, template, 0, none, 0, handles)
        C_VerifySignatureInit(how, 0, none, 0)
        C_VerifySignature(none, 0)
        C_VerifySignatureUpdate(none, 0)
        C_VerifySignatureFinal()
        C_AsyncComplete(none, ptr::null_mut())
        C_AsyncGetID(none, room)
        C_AsyncJoin(none, 0, none, 0)
    }
}

#[test]
fn what_is_not_offered_says_so_in_the_later_tables_too() {
    let desk = Desk::new();
    let session = desk.user();
    for (call, rv) in not_offered(&desk, session) {
        assert_eq!(rv, ck::CKR_FUNCTION_NOT_SUPPORTED, "{call}");
    }
    assert_eq!(call!(desk, C_Finalize(ptr::null_mut())), ck::CKR_OK);
    for (call, rv) in not_offered(&desk, session) {
        assert_eq!(rv, ck::CKR_CRYPTOKI_NOT_INITIALIZED, "{call}");
    }
}
