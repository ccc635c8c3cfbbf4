//! The entries for objects.
//!
//! Knows no work; see [`crate::calls`].
#![allow(unsafe_code, reason = "entries of a C interface")]

use cryptoki_sys::{CK_ATTRIBUTE, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_ULONG, CKR_ARGUMENTS_BAD};

use super::{
    guard,
    pointers::{Output, Place},
    read,
};
use crate::{module::About, rv::Rv};

/// `C_CreateObject`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn create(
    session: CK_SESSION_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    made: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    guard("C_CreateObject", About::Session, |module| {
        // SAFETY: the caller promises `count` whole attributes.
        let template = unsafe { read::template(template, count) }?;
        // SAFETY: the caller promises room for a handle.
        let made = unsafe { Place::new(made) }?;
        made.put(module.create_object(session, &template)?);
        Ok(())
    })
}

/// `C_CopyObject`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn copy(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    made: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    guard("C_CopyObject", About::Session, |module| {
        // SAFETY: the caller promises `count` whole attributes.
        let template = unsafe { read::template(template, count) }?;
        // SAFETY: the caller promises room for a handle.
        let made = unsafe { Place::new(made) }?;
        made.put(module.copy_object(session, object, &template)?);
        Ok(())
    })
}

/// `C_DestroyObject`
pub(super) unsafe extern "C" fn destroy(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> CK_RV {
    guard("C_DestroyObject", About::Session, |module| module.destroy_object(session, object))
}

/// `C_GetObjectSize`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn size(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    size: *mut CK_ULONG,
) -> CK_RV {
    guard("C_GetObjectSize", About::Session, |module| {
        // SAFETY: the caller promises room for a number.
        let size = unsafe { Place::new(size) }?;
        size.put(module.object_size(session, object)?);
        Ok(())
    })
}

/// `C_GetAttributeValue`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn read_attributes(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    guard("C_GetAttributeValue", About::Session, |module| {
        // SAFETY: the caller promises `count` attributes.
        let asked = unsafe { read::attributes(template, count) }?;
        let kinds: Vec<_> = asked.iter().map(|attribute| attribute.type_).collect();
        let values = module.read_attributes(session, object, &kinds)?;
        // SAFETY: and that their values are NULL or have the room that they say; there are as many values as attributes.
        unsafe { read::fill(template, &values) }
    })
}

/// `C_SetAttributeValue`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn set_attributes(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    guard("C_SetAttributeValue", About::Session, |module| {
        // SAFETY: the caller promises `count` whole attributes.
        let template = unsafe { read::template(template, count) }?;
        module.set_attributes(session, object, &template)
    })
}

/// `C_FindObjectsInit`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn find_init(
    session: CK_SESSION_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    guard("C_FindObjectsInit", About::Session, |module| {
        // SAFETY: the caller promises `count` whole attributes.
        let template = unsafe { read::template(template, count) }?;
        module.find_init(session, &template)
    })
}

/// `C_FindObjects`
///
/// # Safety
/// As the desk says.
pub(super) unsafe extern "C" fn find(
    session: CK_SESSION_HANDLE,
    out: *mut CK_OBJECT_HANDLE,
    most: CK_ULONG,
    found: *mut CK_ULONG,
) -> CK_RV {
    guard("C_FindObjects", About::Session, |module| {
        let mut room = most;
        // SAFETY: `room` is a number of ours, and the caller promises room for `most` handles at `out`.
        let out = unsafe { Output::new(out, &raw mut room) }?;
        // SAFETY: and for a number.
        let count = unsafe { Place::new(found) }?;
        let most = usize::try_from(most).map_err(|_| Rv(CKR_ARGUMENTS_BAD))?;
        let handles = module.find(session, most)?;
        out.list(&handles)?;
        count.put(handles.len() as CK_ULONG);
        Ok(())
    })
}

/// `C_FindObjectsFinal`
pub(super) unsafe extern "C" fn find_final(session: CK_SESSION_HANDLE) -> CK_RV {
    guard("C_FindObjectsFinal", About::Session, |module| module.find_final(session))
}
