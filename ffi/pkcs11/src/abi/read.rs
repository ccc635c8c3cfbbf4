//! Templates: attributes with pointers in them, read into Rust values, and filled.
//!
//! Knows no attribute.
#![allow(unsafe_code, reason = "the structures are the caller's and hold pointers")]

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_ATTRIBUTE_TYPE, CK_ULONG, CK_UNAVAILABLE_INFORMATION, CKR_ARGUMENTS_BAD,
    CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID, CKR_BUFFER_TOO_SMALL,
};

use super::pointers::{Output, Place, bytes, value};
use crate::{
    object::Value,
    rv::{Result, Rv, check},
};

/// The most attributes of one template.
const MOST_ATTRIBUTES: CK_ULONG = 4096;

/// The most bytes of all values of one template.
const MOST_BYTES: CK_ULONG = 1 << 20;

/// The attributes of a template, copied.
///
/// # Safety
/// `template` is NULL or points to `count` attributes, whose values are NULL or as long as they say.
pub(super) unsafe fn template(
    template: *const CK_ATTRIBUTE,
    count: CK_ULONG,
) -> Result<Vec<(CK_ATTRIBUTE_TYPE, Value)>> {
    // SAFETY: as the caller of this function keeps.
    let attributes = unsafe { attributes(template, count) }?;
    // Said before anything is read: a length that is nonsense must not lead beyond the caller's memory.
    let all = attributes.iter().try_fold(0, |all: CK_ULONG, one| all.checked_add(one.ulValueLen));
    check(all.is_some_and(|all| all <= MOST_BYTES), CKR_ATTRIBUTE_VALUE_INVALID)?;
    let read = |attribute: &CK_ATTRIBUTE| {
        check(!attribute.pValue.is_null() || attribute.ulValueLen == 0, CKR_ATTRIBUTE_VALUE_INVALID)?;
        // SAFETY: the caller of this function keeps that the value is as long as it says.
        let value = unsafe { bytes(attribute.pValue.cast(), attribute.ulValueLen) };
        let value = value.map_err(|_| Rv(CKR_ATTRIBUTE_VALUE_INVALID))?;
        Ok((attribute.type_, Value::new(value.to_vec())))
    };
    attributes.iter().map(read).collect()
}

/// The attributes themselves.
///
/// # Safety
/// `template` is NULL or points to `count` attributes.
pub(super) unsafe fn attributes(template: *const CK_ATTRIBUTE, count: CK_ULONG) -> Result<Vec<CK_ATTRIBUTE>> {
    check(count <= MOST_ATTRIBUTES, CKR_ARGUMENTS_BAD)?;
    let at = |index: CK_ULONG| {
        let place = template.wrapping_add(index as usize);
        check(!template.is_null(), CKR_ARGUMENTS_BAD)?;
        // SAFETY: `index` is below `count`, and the caller of this function keeps that so many are there.
        unsafe { value(place) }
    };
    (0..count).map(at).collect()
}

/// Writes what was read of an object into the template that asked for it (§5.7, `C_GetAttributeValue`).
///
/// # Safety
/// `template` points to as many attributes as there are values, and their values are NULL or as long as they say.
pub(super) unsafe fn fill(template: *mut CK_ATTRIBUTE, values: &[Result<Value>]) -> Result<()> {
    let mut outcome = Ok(());
    for (index, read) in values.iter().enumerate() {
        // SAFETY: `index` is below the number of attributes, as the caller of this function keeps.
        let place = unsafe { Place::new(template.wrapping_add(index)) }?;
        // SAFETY: likewise.
        let mut attribute = unsafe { value(template.wrapping_add(index)) }?;
        // SAFETY: the caller of this function keeps that the value is NULL or has the room that it says.
        let given = unsafe { give(&mut attribute, read) };
        place.put(attribute);
        if let Err(error) = given {
            outcome = Err(worse(outcome, error));
        }
    }
    outcome
}

/// # Safety
/// The value of `attribute` is NULL or points to room for as many bytes as it says.
unsafe fn give(attribute: &mut CK_ATTRIBUTE, read: &Result<Value>) -> Result<()> {
    let given = read.as_ref().map_err(|error| *error).and_then(|bytes| {
        // What a call before said of a value that it did not give is no room.
        let no_room = attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION;
        let mut len = if no_room { 0 } else { attribute.ulValueLen };
        // SAFETY: `len` is a number of ours, and the caller of this function keeps that there is such room.
        let out = unsafe { Output::new(attribute.pValue.cast::<u8>(), &raw mut len) }?;
        let given = out.list(bytes);
        attribute.ulValueLen = len;
        given
    });
    if given.is_err() {
        attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
    }
    given
}

/// Of two errors of one template, the one that says more.
fn worse(before: Result<()>, error: Rv) -> Rv {
    let rank = |error: Rv| match error.0 {
        CKR_ATTRIBUTE_SENSITIVE => 3,
        CKR_ATTRIBUTE_TYPE_INVALID => 2,
        CKR_BUFFER_TOO_SMALL => 1,
        _ => 4,
    };
    match before {
        Err(before) if rank(before) >= rank(error) => before,
        _ => error,
    }
}
