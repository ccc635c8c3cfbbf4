//! The doors: three symbols by which programs reach the tables, before `C_Initialize` too (PKCS#11 3.2 §5.4).
//!
//! Knows no call of the tables.
#![allow(unsafe_code, reason = "entries of a C interface")]

use core::ffi::{CStr, c_void};

use cryptoki_sys::{
    CK_FLAGS, CK_FUNCTION_LIST, CK_INTERFACE, CK_RV, CK_ULONG, CK_UTF8CHAR, CK_VERSION, CKR_ARGUMENTS_BAD,
};

use super::{
    bare,
    pointers::{Output, Place, value},
    table,
};
use crate::rv::{Result, Rv};

/// The standard's interfaces have one name.
const NAME: &CStr = c"PKCS 11";

struct Interfaces([CK_INTERFACE; 3]);

// SAFETY: its pointers lead to statics that nobody writes: a name and tables.
unsafe impl Sync for Interfaces {}

/// The first is given to whoever does not ask for a version.
static INTERFACES: Interfaces = Interfaces([
    interface((&raw const table::V3_2).cast()),
    interface((&raw const table::V3_0).cast()),
    interface((&raw const table::V2_40).cast()),
]);

/// No flag is true of them: a forked child has no module, where `CKF_INTERFACE_FORK_SAFE` promises it copies of the sessions
/// and logins.
const fn interface(table: *const c_void) -> CK_INTERFACE {
    CK_INTERFACE {
        pInterfaceName: NAME.as_ptr().cast_mut().cast(),
        pFunctionList: table.cast_mut(),
        flags: 0,
    }
}

/// The table of PKCS#11 2.40, for programs that know no other.
///
/// # Safety
/// `list` is NULL, which is answered with `CKR_ARGUMENTS_BAD`, or points to room for a pointer.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "the standard's name")]
pub unsafe extern "C" fn C_GetFunctionList(list: *mut *mut CK_FUNCTION_LIST) -> CK_RV {
    bare(|| {
        // SAFETY: the caller promises room for a pointer.
        let list = unsafe { Place::new(list) }?;
        list.put((&raw const table::V2_40).cast_mut());
        Ok(())
    })
}

/// All interfaces: as many as there are where `list` is NULL, and themselves where there is room for them.
///
/// # Safety
/// `count` is NULL, which is answered with `CKR_ARGUMENTS_BAD`, or points to a number; `list` is NULL or points to room for so
/// many interfaces.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "the standard's name")]
pub unsafe extern "C" fn C_GetInterfaceList(list: *mut CK_INTERFACE, count: *mut CK_ULONG) -> CK_RV {
    bare(|| {
        // SAFETY: the caller promises a number at `count`, and room for so many at `list`.
        let list = unsafe { Output::new(list, count) }?;
        list.list(&INTERFACES.0)
    })
}

/// The first interface that has this name, this version and these flags, as far as each is asked for;
/// `CKR_ARGUMENTS_BAD` where there is none.
///
/// # Safety
/// `name` is NULL or points to text that ends with a zero; `version` is NULL or points to a version; `interface` is NULL, which
/// is answered with `CKR_ARGUMENTS_BAD`, or points to room for a pointer.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "the standard's name")]
pub unsafe extern "C" fn C_GetInterface(
    name: *mut CK_UTF8CHAR,
    version: *mut CK_VERSION,
    interface: *mut *mut CK_INTERFACE,
    flags: CK_FLAGS,
) -> CK_RV {
    bare(|| {
        // SAFETY: the caller promises room for a pointer.
        let place = unsafe { Place::new(interface) }?;
        // SAFETY: the caller promises a text that ends.
        let named = name.is_null() || unsafe { is_ours(name) }?;
        // SAFETY: where it is not NULL, the caller promises a version.
        let version = (!version.is_null()).then(|| unsafe { value(version) }).transpose()?;
        let fits = |one: &&CK_INTERFACE| {
            let asked = version.map(|version| (version.major, version.minor));
            named && one.flags & flags == flags && asked.is_none_or(|asked| asked == version_of(one))
        };
        let found = INTERFACES.0.iter().find(fits).ok_or(Rv(CKR_ARGUMENTS_BAD))?;
        place.put((&raw const *found).cast_mut());
        Ok(())
    })
}

/// Every table begins with its version.
fn version_of(interface: &CK_INTERFACE) -> (u8, u8) {
    // SAFETY: the tables of `INTERFACES` are statics, and a version is their first field.
    let version = unsafe { interface.pFunctionList.cast::<CK_VERSION>().read() };
    (version.major, version.minor)
}

/// Whether a text is the standard's name. It is read up to its first byte that is another, so never beyond its end.
///
/// # Safety
/// `name` points to text that ends with a zero.
unsafe fn is_ours(name: *const CK_UTF8CHAR) -> Result<bool> {
    for (at, ours) in NAME.to_bytes_with_nul().iter().enumerate() {
        // SAFETY: all bytes before this one are those of our name, so none of them was the end.
        if unsafe { value(name.wrapping_add(at)) }? != *ours {
            return Ok(false);
        }
    }
    Ok(true)
}
