//! Templates and mechanisms: structures with pointers in them, read into Rust values.
//!
//! Knows which parameter goes with which work, and nothing of the work.
#![allow(unsafe_code, reason = "the structures are the caller's and hold pointers")]

use cryptoki_sys::{
    CK_AES_CTR_PARAMS, CK_ATTRIBUTE, CK_ATTRIBUTE_TYPE, CK_ECDH1_DERIVE_PARAMS, CK_GCM_PARAMS, CK_MECHANISM,
    CK_ULONG, CK_UNAVAILABLE_INFORMATION, CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_SENSITIVE,
    CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID, CKR_BUFFER_TOO_SMALL,
    CKR_MECHANISM_PARAM_INVALID,
};

use super::pointers::{Output, Place, bytes, value};
use crate::{
    calls::Mechanism,
    code_points::Work,
    module::Module,
    object::Value,
    operation::Parameter,
    rv::{Result, Rv, check, fail},
};

/// The most attributes of one template.
const MOST_ATTRIBUTES: CK_ULONG = 4096;

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
        let mut len = attribute.ulValueLen;
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

/// A mechanism, its parameter read as its work wants it.
///
/// # Safety
/// `mechanism` is NULL or points to a mechanism, whose parameter is NULL or as long as it says, and whose parameter's own
/// pointers are likewise.
pub(super) unsafe fn mechanism(module: &Module, mechanism: *const CK_MECHANISM) -> Result<Mechanism> {
    // SAFETY: as the caller of this function keeps.
    let CK_MECHANISM { mechanism: code, pParameter, ulParameterLen } = unsafe { value(mechanism) }?;
    let work = module.work(code)?;
    // SAFETY: likewise.
    let raw =
        unsafe { bytes(pParameter.cast(), ulParameterLen) }.map_err(|_| Rv(CKR_MECHANISM_PARAM_INVALID))?;
    let parameter = match work {
        Work::Ctr if raw.len() == size_of::<CK_AES_CTR_PARAMS>() => {
            // SAFETY: the length was just compared.
            let counter = unsafe { value(pParameter.cast::<CK_AES_CTR_PARAMS>()) }?;
            Parameter::Counter { bits: counter.ulCounterBits, block: counter.cb }
        }
        Work::Ctr => {
            let block = raw.try_into().map_err(|_| Rv(CKR_MECHANISM_PARAM_INVALID))?;
            Parameter::Counter { bits: 128, block }
        }
        // SAFETY: the length is compared there, and the caller of this function keeps what the pointers inside promise.
        Work::Gcm => unsafe { gcm(raw) }?,
        // SAFETY: likewise.
        Work::Ecdh1 => unsafe { ecdh1(raw) }?,
        _ if raw.is_empty() => Parameter::None,
        _ => Parameter::Bytes(raw.to_vec()),
    };
    Ok(Mechanism { code, work, parameter })
}

/// # Safety
/// Where `raw` is a `CK_GCM_PARAMS`, its pointers are NULL or point to as many bytes as it says.
unsafe fn gcm(raw: &[u8]) -> Result<Parameter> {
    check(raw.len() == size_of::<CK_GCM_PARAMS>(), CKR_MECHANISM_PARAM_INVALID)?;
    // SAFETY: the length was just compared.
    let gcm = unsafe { value(raw.as_ptr().cast::<CK_GCM_PARAMS>()) }?;
    // SAFETY: as the caller of this function keeps.
    let nonce = unsafe { part(gcm.pIv, gcm.ulIvLen) }?.to_vec();
    // SAFETY: likewise.
    let context = unsafe { part(gcm.pAAD, gcm.ulAADLen) }?.to_vec();
    Ok(Parameter::Gcm { nonce, context, tag_bits: gcm.ulTagBits })
}

/// # Safety
/// Where `raw` is a `CK_ECDH1_DERIVE_PARAMS`, its pointers are NULL or point to as many bytes as it says.
unsafe fn ecdh1(raw: &[u8]) -> Result<Parameter> {
    check(raw.len() == size_of::<CK_ECDH1_DERIVE_PARAMS>(), CKR_MECHANISM_PARAM_INVALID)?;
    // SAFETY: the length was just compared.
    let ecdh1 = unsafe { value(raw.as_ptr().cast::<CK_ECDH1_DERIVE_PARAMS>()) }?;
    // SAFETY: as the caller of this function keeps.
    let shared = Value::new(unsafe { part(ecdh1.pSharedData, ecdh1.ulSharedDataLen) }?.to_vec());
    // SAFETY: likewise.
    let public = unsafe { part(ecdh1.pPublicData, ecdh1.ulPublicDataLen) }?.to_vec();
    Ok(Parameter::Ecdh1 { kdf: ecdh1.kdf, shared, public })
}

/// # Safety
/// As for [`bytes`].
unsafe fn part<'a>(data: *const u8, len: CK_ULONG) -> Result<&'a [u8]> {
    // SAFETY: as the caller of this function keeps.
    match unsafe { bytes(data, len) } {
        Ok(bytes) => Ok(bytes),
        Err(_) => fail(CKR_MECHANISM_PARAM_INVALID),
    }
}
