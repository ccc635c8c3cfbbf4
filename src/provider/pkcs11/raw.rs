//! The function table of a PKCS#11 module, and its general calls: every pointer that crosses to a vendor is made here or below.
//!
//! Knows the C interface (PKCS#11 2.40, and of 3.2 what wraps with associated data) and nothing of what is done with it: no
//! retry, no pool, no meaning of an error.
//! The library stays loaded until the process ends, since unloading one whose destructors run late crashes.
#![allow(unsafe_code, reason = "a vendor's module is C behind a table of function pointers")]

mod authenticated;
mod interface;
mod objects;
mod operations;
mod values;

use alloc::{string::String, vec, vec::Vec};
use core::{fmt, mem::ManuallyDrop, ptr};
use std::path::Path;

use cryptoki_sys::{
    CK_C_INITIALIZE_ARGS, CK_FUNCTION_LIST, CK_FUNCTION_LIST_3_2, CK_INFO, CK_MECHANISM_INFO, CK_RV,
    CK_SESSION_INFO, CK_SLOT_INFO, CK_TOKEN_INFO, CK_ULONG, CKF_OS_LOCKING_OK, CKF_RW_SESSION,
    CKF_SERIAL_SESSION, CKR_FUNCTION_NOT_SUPPORTED, CKR_GENERAL_ERROR, CKR_OK, CKU_USER,
};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

pub(super) use self::{
    authenticated::Bound,
    objects::Object,
    values::{Attribute, Mechanism, Parameter, Value},
};
use crate::error::{Error, Kind};

/// What a call returned other than success: a number of the standard or of the vendor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rv(pub CK_RV);

/// The result of a call.
pub(super) type Answer<T> = core::result::Result<T, Rv>;

/// A session of one generation of the module; a number that means another session in the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SessionHandle(CK_ULONG);

/// The function tables of one library.
pub(super) struct Functions {
    list: &'static CK_FUNCTION_LIST,
    /// That of 3.2, of which only what the other lacks is called.
    newer: Option<&'static CK_FUNCTION_LIST_3_2>,
}

/// Calls one function of a table, and takes its number apart.
macro_rules! call {
    ($functions:expr, $name:ident ( $($argument:expr),* )) => { call!(in Some($functions.list), $name($($argument),*)) };
    (in $table:expr, $name:ident ( $($argument:expr),* )) => {{
        let function =
            $table.and_then(|table| table.$name).ok_or(Rv(cryptoki_sys::CKR_FUNCTION_NOT_SUPPORTED))?;
        let _watched = $crate::provider::pkcs11::watch::begin(stringify!($name));
        // SAFETY: the table says that this is a function of the standard's signature; the arguments are numbers, or point
        // to values of the caller that live for the call and are as long as the length beside them says.
        check(unsafe { function($($argument),*) })
    }};
}
use call;

impl Functions {
    /// Opens the library of an absolute path, which runs its initialisers, and asks for its tables.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) when nothing can be loaded from there, [`Invalid`](Kind::Invalid) for another library.
    pub(super) fn load(path: &Path) -> crate::Result<Self> {
        let _watched = super::watch::begin("dlopen");
        // SAFETY: running a library's initialisers is what the operator asks for by naming it with an absolute path.
        let opened = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let library = opened.map_err(|error| {
            Error::new(Kind::Missing, "the PKCS#11 module cannot be loaded; check module-path")
                .about(path.display())
                .caused_by(error)
        })?;
        let no_module = || {
            Error::new(Kind::Invalid, "this library is no PKCS#11 module; check module-path")
                .about(path.display())
        };
        // Whatever it is, its initialisers ran and may have left threads: it stays.
        let library = ManuallyDrop::new(library);
        type Entry = unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV;
        // SAFETY: the standard gives the function of this name this type.
        let entry = unsafe { library.get::<Entry>(b"C_GetFunctionList\0") };
        let entry = entry.map_err(|error| no_module().caused_by(error))?;
        let mut list = ptr::null_mut();
        // SAFETY: it writes one pointer, to a variable that lives for the call.
        let answer = unsafe { entry(&raw mut list) };
        check(answer).map_err(|rv| no_module().caused_by(rv))?;
        // SAFETY: after success it points to a table that lives as long as the library, which was just kept for ever.
        let list = unsafe { list.as_ref() }.ok_or_else(no_module)?;
        // Another major version has another table; 3.x keeps this one under 2.40.
        if list.version.major != 2 {
            return Err(no_module());
        }
        Ok(Self { list, newer: interface::table_of_3_2(&library) })
    }

    /// `C_Initialize` with the system's locks.
    pub(super) fn initialize(&self) -> Answer<()> {
        let mut arguments = CK_C_INITIALIZE_ARGS {
            CreateMutex: None,
            DestroyMutex: None,
            LockMutex: None,
            UnlockMutex: None,
            flags: CKF_OS_LOCKING_OK,
            pReserved: ptr::null_mut(),
        };
        call!(self, C_Initialize((&raw mut arguments).cast()))
    }

    /// `C_Finalize`; no other call may be running.
    pub(super) fn finalize(&self) -> Answer<()> {
        call!(self, C_Finalize(ptr::null_mut()))
    }

    /// `C_GetInfo`
    pub(super) fn info(&self) -> Answer<CK_INFO> {
        let mut info = CK_INFO::default();
        call!(self, C_GetInfo(&raw mut info))?;
        Ok(info)
    }

    /// `C_GetSlotList`: the slots, those with a token in them only or all.
    pub(super) fn slots(&self, with_token: bool) -> Answer<Vec<CK_ULONG>> {
        list(|out, length| call!(self, C_GetSlotList(with_token.into(), out, length)))
    }

    /// `C_GetSlotInfo`
    pub(super) fn slot_info(&self, slot: CK_ULONG) -> Answer<CK_SLOT_INFO> {
        let mut info = CK_SLOT_INFO::default();
        call!(self, C_GetSlotInfo(slot, &raw mut info))?;
        Ok(info)
    }

    /// `C_GetTokenInfo`
    pub(super) fn token_info(&self, slot: CK_ULONG) -> Answer<CK_TOKEN_INFO> {
        let mut info = CK_TOKEN_INFO::default();
        call!(self, C_GetTokenInfo(slot, &raw mut info))?;
        Ok(info)
    }

    /// `C_GetMechanismList`: whatever numbers the token says.
    pub(super) fn mechanisms(&self, slot: CK_ULONG) -> Answer<Vec<CK_ULONG>> {
        list(|out, length| call!(self, C_GetMechanismList(slot, out, length)))
    }

    /// `C_GetMechanismInfo`
    pub(super) fn mechanism_info(&self, slot: CK_ULONG, code: CK_ULONG) -> Answer<CK_MECHANISM_INFO> {
        let mut info = CK_MECHANISM_INFO::default();
        call!(self, C_GetMechanismInfo(slot, code, &raw mut info))?;
        Ok(info)
    }

    /// `C_OpenSession`: one that may write token objects, or may not.
    pub(super) fn open_session(&self, slot: CK_ULONG, writes: bool) -> Answer<SessionHandle> {
        let flags = CKF_SERIAL_SESSION | if writes { CKF_RW_SESSION } else { 0 };
        let mut session = 0;
        call!(self, C_OpenSession(slot, flags, ptr::null_mut(), None, &raw mut session))?;
        Ok(SessionHandle(session))
    }

    /// `C_CloseSession`
    pub(super) fn close_session(&self, session: SessionHandle) -> Answer<()> {
        call!(self, C_CloseSession(session.0))
    }

    /// `C_GetSessionInfo`
    pub(super) fn session_info(&self, session: SessionHandle) -> Answer<CK_SESSION_INFO> {
        let mut info = CK_SESSION_INFO::default();
        call!(self, C_GetSessionInfo(session.0, &raw mut info))?;
        Ok(info)
    }

    /// `C_Login` as the user of keys; `None` lets the device ask for the PIN on a path of its own.
    pub(super) fn login(&self, session: SessionHandle, pin: Option<&[u8]>) -> Answer<()> {
        let (pointer, length) = pin.map_or((ptr::null(), 0), |pin| (pin.as_ptr(), length(pin)));
        call!(self, C_Login(session.0, CKU_USER, pointer.cast_mut(), length))
    }

    /// `C_Logout`: of every session of this process with the token.
    pub(super) fn logout(&self, session: SessionHandle) -> Answer<()> {
        call!(self, C_Logout(session.0))
    }
}

/// The text of a field that the standard pads with blanks.
pub(super) fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field).trim_end_matches([' ', '\0']).into()
}

fn check(answer: CK_RV) -> Answer<()> {
    if answer == CKR_OK { Ok(()) } else { Err(Rv(answer)) }
}

/// A length as C has it; `CK_ULONG` is as wide as `usize` wherever this is built.
fn length<T>(of: &[T]) -> CK_ULONG {
    of.len() as CK_ULONG
}

/// A list that is first measured and then fetched; what grew in between is measured again.
fn list(mut fetch: impl FnMut(*mut CK_ULONG, *mut CK_ULONG) -> Answer<()>) -> Answer<Vec<CK_ULONG>> {
    /// More than any device has, so that a wrong number takes no memory.
    const MOST: CK_ULONG = 65_536;
    for _ in 0..3 {
        let mut length = 0;
        fetch(ptr::null_mut(), &raw mut length)?;
        if length > MOST {
            return Err(Rv(CKR_GENERAL_ERROR));
        }
        let mut found = vec![0; length as usize];
        // A null pointer would measure again, and an empty vector has some pointer.
        if found.is_empty() {
            return Ok(found);
        }
        match fetch(found.as_mut_ptr(), &raw mut length) {
            Err(Rv(cryptoki_sys::CKR_BUFFER_TOO_SMALL)) => {}
            Err(rv) => return Err(rv),
            Ok(()) if length as usize > found.len() => return Err(Rv(CKR_GENERAL_ERROR)),
            Ok(()) => {
                found.truncate(length as usize);
                return Ok(found);
            }
        }
    }
    Err(Rv(CKR_FUNCTION_NOT_SUPPORTED))
}

impl fmt::Display for Rv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match super::fault::name(self.0) {
            Some(name) => f.write_str(name),
            None => write!(f, "CKR 0x{:08x}", self.0),
        }
    }
}

impl fmt::Debug for Rv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for Rv {}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a module is lent it may write to, and what is ours stays as it is.
    #[test]
    fn a_module_that_writes_into_a_parameter_writes_into_a_copy() {
        let (iv, aad) = ([7; 16], [8; 5]);
        let tag_bits = 128;
        let parameters = [
            Parameter::Bytes(&iv),
            Parameter::Gcm { iv: &iv, aad: &aad, tag_bits },
            Parameter::GcmShort { iv: &iv, aad: &aad, tag_bits },
            Parameter::GcmKoal { iv: &iv, aad: &aad, tag_bits },
        ];
        for parameter in parameters {
            let lent = Mechanism::with(1, parameter).lend(|mechanism| {
                // SAFETY: it points to the mechanism that is lent, which nobody else has.
                let mechanism = unsafe { &*mechanism };
                let first = match parameter {
                    Parameter::Bytes(_) => mechanism.pParameter.cast::<u8>(),
                    // SAFETY: each of the structures begins with the pointer to the IV.
                    _ => unsafe { *mechanism.pParameter.cast::<*mut u8>() },
                };
                // SAFETY: the IV is there and has a first byte.
                unsafe { first.write(0xff) };
                first.cast_const()
            });
            assert_ne!(lent, iv.as_ptr());
            assert_eq!((iv, aad), ([7; 16], [8; 5]), "{parameter:?}");
        }
    }
}
