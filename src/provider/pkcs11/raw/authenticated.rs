//! Wrapping with associated data, by GCM: what PKCS#11 3.2 has beside 2.40.
//!
//! Knows the shape of GCM's parameter there. Wrapped is what `C_Encrypt` would give, ciphertext ‖ tag; the standard has the tag in
//! the parameter, which is put together and taken apart here.

use alloc::vec::Vec;

use cryptoki_sys::{
    CK_GCM_MESSAGE_PARAMS, CK_MECHANISM, CK_ULONG, CKG_NO_GENERATE, CKR_BUFFER_TOO_SMALL,
    CKR_WRAPPED_KEY_LEN_RANGE,
};

use super::{
    Answer, Attribute, Functions, Object, Rv, SessionHandle, call, check, length, operations, values,
};

/// What a wrapped key is bound to.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider::pkcs11) struct Bound<'a> {
    /// 12 bytes, never used twice under one key.
    pub(in crate::provider::pkcs11) iv: &'a [u8],
    /// What is bound and not hidden.
    pub(in crate::provider::pkcs11) aad: &'a [u8],
}

/// The bytes of a tag.
const TAG: usize = 16;

impl Functions {
    /// Whether the library has calls of 3.2 at all.
    pub(in crate::provider::pkcs11) const fn is_of_3_2(&self) -> bool {
        self.newer.is_some()
    }

    /// `C_WrapKeyAuthenticated` by the GCM of this number: into `out`, of which so many bytes were written.
    pub(in crate::provider::pkcs11) fn wrap_authenticated(
        &self,
        session: SessionHandle,
        code: CK_ULONG,
        (key, wrapped): (Object, Object),
        bound: Bound<'_>,
        out: &mut [u8],
    ) -> Answer<usize> {
        let room = out.len().checked_sub(TAG).ok_or(Rv(CKR_BUFFER_TOO_SMALL))?;
        let (mut written, mut tag) = (room as CK_ULONG, [0; TAG]);
        lend(code, bound.iv, &mut tag, |mechanism| {
            call!(
                in self.newer,
                C_WrapKeyAuthenticated(
                    session.0,
                    mechanism,
                    key.0,
                    wrapped.0,
                    bound.aad.as_ptr().cast_mut(),
                    length(bound.aad),
                    out.as_mut_ptr(),
                    &raw mut written
                )
            )
        })?;
        let written = operations::within(written, room)?;
        out[written..written + TAG].copy_from_slice(&tag);
        Ok(written + TAG)
    }

    /// `C_UnwrapKeyAuthenticated` by the GCM of this number.
    pub(in crate::provider::pkcs11) fn unwrap_authenticated(
        &self,
        session: SessionHandle,
        code: CK_ULONG,
        key: Object,
        wrapped: &[u8],
        bound: Bound<'_>,
        template: &[Attribute<'_>],
    ) -> Answer<Object> {
        let (wrapped, tag) = wrapped.split_last_chunk::<TAG>().ok_or(Rv(CKR_WRAPPED_KEY_LEN_RANGE))?;
        let (mut template, mut tag, mut object) = (values::template(template), *tag, 0);
        lend(code, bound.iv, &mut tag, |mechanism| {
            call!(
                in self.newer,
                C_UnwrapKeyAuthenticated(
                    session.0,
                    mechanism,
                    key.0,
                    wrapped.as_ptr().cast_mut(),
                    length(wrapped),
                    template.as_mut_ptr(),
                    length(&template),
                    bound.aad.as_ptr().cast_mut(),
                    length(bound.aad),
                    &raw mut object
                )
            )
        })?;
        Ok(Object(object))
    }
}

/// Lends the structures of C to `work`, and a copy of the IV: they live until it returns.
fn lend<R>(code: CK_ULONG, iv: &[u8], tag: &mut [u8; TAG], work: impl FnOnce(*mut CK_MECHANISM) -> R) -> R {
    let mut iv = Vec::from(iv);
    let mut parameter = CK_GCM_MESSAGE_PARAMS {
        pIv: iv.as_mut_ptr(),
        ulIvLen: length(&iv),
        ulIvFixedBits: 0,
        ivGenerator: CKG_NO_GENERATE,
        pTag: tag.as_mut_ptr(),
        ulTagBits: 8 * TAG as CK_ULONG,
    };
    let mut mechanism = CK_MECHANISM {
        mechanism: code,
        pParameter: (&raw mut parameter).cast(),
        ulParameterLen: size_of::<CK_GCM_MESSAGE_PARAMS>() as CK_ULONG,
    };
    work(&raw mut mechanism)
}

#[cfg(test)]
#[allow(unsafe_code, reason = "a module's functions, as C would have them")]
mod tests {
    use alloc::boxed::Box;

    use cryptoki_sys::{
        CK_ATTRIBUTE, CK_BYTE, CK_FUNCTION_LIST, CK_FUNCTION_LIST_3_2, CK_OBJECT_HANDLE, CK_RV,
        CK_SESSION_HANDLE, CKR_FUNCTION_NOT_SUPPORTED, CKR_GENERAL_ERROR, CKR_OK,
    };

    use super::*;

    /// The parameter of GCM that is lent.
    fn parameter(mechanism: *mut CK_MECHANISM) -> CK_GCM_MESSAGE_PARAMS {
        // SAFETY: a mechanism is lent.
        let mechanism = unsafe { mechanism.read() };
        assert_eq!(mechanism.ulParameterLen as usize, size_of::<CK_GCM_MESSAGE_PARAMS>());
        // SAFETY: with such a parameter, as its length says.
        unsafe { mechanism.pParameter.cast::<CK_GCM_MESSAGE_PARAMS>().read() }
    }

    fn lent(bytes: *mut CK_BYTE, length: CK_ULONG) -> Vec<u8> {
        // SAFETY: so many bytes are lent.
        unsafe { core::slice::from_raw_parts(bytes, length as usize) }.into()
    }

    /// Writes wherever it is lent something, and says that it wrote as many bytes as the first handle.
    unsafe extern "C" fn wrap(
        _: CK_SESSION_HANDLE,
        mechanism: *mut CK_MECHANISM,
        says: CK_OBJECT_HANDLE,
        _: CK_OBJECT_HANDLE,
        aad: *mut CK_BYTE,
        aad_len: CK_ULONG,
        out: *mut CK_BYTE,
        len: *mut CK_ULONG,
    ) -> CK_RV {
        let parameter = parameter(mechanism);
        assert_eq!((parameter.ulIvLen, parameter.ulTagBits, parameter.ivGenerator), (12, 128, 0));
        assert_eq!(lent(aad, aad_len), [8; 5]);
        // SAFETY: 12 bytes are lent.
        unsafe { parameter.pIv.write_bytes(0xff, 12) };
        // SAFETY: and 16.
        unsafe { parameter.pTag.write_bytes(0xee, 16) };
        // SAFETY: a number is lent.
        let room = unsafe { len.replace(says) };
        // SAFETY: and room for so many bytes.
        unsafe { out.write_bytes(0xdd, room.min(says) as usize) };
        CKR_OK
    }

    /// Gives the first byte of the tag as the handle.
    unsafe extern "C" fn unwrap(
        _: CK_SESSION_HANDLE,
        mechanism: *mut CK_MECHANISM,
        _: CK_OBJECT_HANDLE,
        wrapped: *mut CK_BYTE,
        len: CK_ULONG,
        _: *mut CK_ATTRIBUTE,
        _: CK_ULONG,
        _: *mut CK_BYTE,
        _: CK_ULONG,
        object: *mut CK_OBJECT_HANDLE,
    ) -> CK_RV {
        assert_eq!(lent(wrapped, len), [1; 20]);
        // SAFETY: 16 bytes are lent.
        let tag = unsafe { parameter(mechanism).pTag.read() };
        // SAFETY: and room for a handle.
        unsafe { object.write(tag.into()) };
        CKR_OK
    }

    fn functions(newer: bool) -> Functions {
        let table = CK_FUNCTION_LIST_3_2 {
            C_WrapKeyAuthenticated: Some(wrap),
            C_UnwrapKeyAuthenticated: Some(unwrap),
            ..CK_FUNCTION_LIST_3_2::default()
        };
        let newer = newer.then(|| &*Box::leak(Box::new(table)));
        Functions { list: Box::leak(Box::new(CK_FUNCTION_LIST::default())), newer }
    }

    const SESSION: SessionHandle = SessionHandle(1);

    #[test]
    fn the_tag_follows_the_ciphertext_and_what_was_lent_is_a_copy() {
        let (iv, aad) = ([7; 12], [8; 5]);
        let bound = Bound { iv: &iv, aad: &aad };
        let mut out = [0; 40];
        let keys = (Object(20), Object(2));
        let written = functions(true).wrap_authenticated(SESSION, 3, keys, bound, &mut out);
        assert_eq!(written, Ok(36));
        assert_eq!((&out[..20], &out[20..36], &out[36..]), (&[0xdd; 20][..], &[0xee; 16][..], &[0; 4][..]));
        assert_eq!((iv, aad), ([7; 12], [8; 5]));
        let wrapped = [&[1; 20][..], &[9; 16]].concat();
        let object = functions(true).unwrap_authenticated(SESSION, 3, Object(2), &wrapped, bound, &[]);
        assert_eq!(object, Ok(Object(9)));
    }

    #[test]
    fn lengths_that_cannot_be_are_refused() {
        let bound = Bound { iv: &[7; 12], aad: &[8; 5] };
        let mut out = [0; 40];
        let functions = functions(true);
        let wrap = |says, out: &mut [u8]| {
            functions.wrap_authenticated(SESSION, 3, (Object(says), Object(2)), bound, out)
        };
        // 24 is what there is room for beside a tag.
        assert_eq!(wrap(24, &mut out), Ok(40));
        assert_eq!(wrap(25, &mut out), Err(Rv(CKR_GENERAL_ERROR)));
        assert_eq!(wrap(CK_ULONG::MAX, &mut out), Err(Rv(CKR_GENERAL_ERROR)));
        assert_eq!(wrap(0, &mut out[..15]), Err(Rv(CKR_BUFFER_TOO_SMALL)));
        let short = functions.unwrap_authenticated(SESSION, 3, Object(2), &[1; 15], bound, &[]);
        assert_eq!(short, Err(Rv(CKR_WRAPPED_KEY_LEN_RANGE)));
    }

    #[test]
    fn a_library_of_2_40_has_no_such_call() {
        let bound = Bound { iv: &[7; 12], aad: &[8; 5] };
        let functions = functions(false);
        let wrapped = functions.wrap_authenticated(SESSION, 3, (Object(1), Object(2)), bound, &mut [0; 40]);
        assert_eq!(wrapped, Err(Rv(CKR_FUNCTION_NOT_SUPPORTED)));
        let object = functions.unwrap_authenticated(SESSION, 3, Object(2), &[1; 36], bound, &[]);
        assert_eq!(object, Err(Rv(CKR_FUNCTION_NOT_SUPPORTED)));
        assert!(!functions.is_of_3_2());
    }
}
