//! Calls about objects: finding, reading, making, destroying.
//!
//! Knows no attribute by name.

use alloc::{vec, vec::Vec};

use cryptoki_sys::{CK_ATTRIBUTE, CK_ULONG, CKR_ATTRIBUTE_TYPE_INVALID, CKR_DEVICE_ERROR, CKR_GENERAL_ERROR};
use zeroize::Zeroizing;

use super::{Answer, Attribute, Functions, Mechanism, Rv, SessionHandle, call, check, length, values};

/// An object of one generation of the module; a number that may mean another object in the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider::pkcs11) struct Object(pub(super) CK_ULONG);

const DEVICE_ERROR: Rv = Rv(CKR_DEVICE_ERROR);

impl Functions {
    /// `C_FindObjectsInit`, `C_FindObjects`, `C_FindObjectsFinal`: at most so many that have all these attributes. To a `lenient` one
    /// `CKR_DEVICE_ERROR` means that there are no more.
    pub(in crate::provider::pkcs11) fn find(
        &self,
        session: SessionHandle,
        template: &[Attribute<'_>],
        most: usize,
        lenient: bool,
    ) -> Answer<Vec<Object>> {
        let mut template = values::template(template);
        call!(self, C_FindObjectsInit(session.0, template.as_mut_ptr(), length(&template)))?;
        let found = self.found(session, most, lenient);
        let ended = call!(self, C_FindObjectsFinal(session.0));
        let found = found?;
        match ended {
            Err(rv) if !(lenient && rv == DEVICE_ERROR) => Err(rv),
            _ => Ok(found),
        }
    }

    fn found(&self, session: SessionHandle, most: usize, lenient: bool) -> Answer<Vec<Object>> {
        let mut found = Vec::new();
        let mut some = [0; 16];
        while found.len() < most {
            let mut count = 0;
            let wanted = some.len().min(most - found.len());
            match call!(self, C_FindObjects(session.0, some.as_mut_ptr(), wanted as CK_ULONG, &raw mut count))
            {
                Err(rv) if lenient && rv == DEVICE_ERROR => break,
                answer => answer?,
            }
            let handles = some.get(..count as usize).ok_or(Rv(CKR_GENERAL_ERROR))?;
            if handles.is_empty() {
                break;
            }
            found.extend(handles.iter().copied().map(Object));
        }
        Ok(found)
    }

    /// `C_GetAttributeValue` of one attribute of at most `most` bytes, in one call.
    pub(in crate::provider::pkcs11) fn attribute(
        &self,
        session: SessionHandle,
        object: Object,
        kind: CK_ULONG,
        most: usize,
    ) -> Answer<Zeroizing<Vec<u8>>> {
        let mut value = Zeroizing::new(vec![0; most]);
        let mut attribute =
            CK_ATTRIBUTE { type_: kind, pValue: value.as_mut_ptr().cast(), ulValueLen: most as CK_ULONG };
        call!(self, C_GetAttributeValue(session.0, object.0, &raw mut attribute, 1))?;
        // All ones means that there is no such value.
        let filled = usize::try_from(attribute.ulValueLen).ok().filter(|filled| *filled <= most);
        value.truncate(filled.ok_or(Rv(CKR_ATTRIBUTE_TYPE_INVALID))?);
        Ok(value)
    }

    /// An attribute that is true or false.
    pub(in crate::provider::pkcs11) fn flag(
        &self,
        session: SessionHandle,
        object: Object,
        kind: CK_ULONG,
    ) -> Answer<bool> {
        let value = self.attribute(session, object, kind, 1)?;
        value.first().map(|byte| *byte != 0).ok_or(Rv(CKR_ATTRIBUTE_TYPE_INVALID))
    }

    /// An attribute that is a number.
    pub(in crate::provider::pkcs11) fn number(
        &self,
        session: SessionHandle,
        object: Object,
        kind: CK_ULONG,
    ) -> Answer<CK_ULONG> {
        let value = self.attribute(session, object, kind, size_of::<CK_ULONG>())?;
        let bytes = value.as_slice().try_into().map_err(|_| Rv(CKR_ATTRIBUTE_TYPE_INVALID))?;
        Ok(CK_ULONG::from_ne_bytes(bytes))
    }

    /// `C_CreateObject`
    pub(in crate::provider::pkcs11) fn create(
        &self,
        session: SessionHandle,
        template: &[Attribute<'_>],
    ) -> Answer<Object> {
        let (mut template, mut object) = (values::template(template), 0);
        call!(self, C_CreateObject(session.0, template.as_mut_ptr(), length(&template), &raw mut object))?;
        Ok(Object(object))
    }

    /// `C_DestroyObject`
    pub(in crate::provider::pkcs11) fn destroy(&self, session: SessionHandle, object: Object) -> Answer<()> {
        call!(self, C_DestroyObject(session.0, object.0))
    }

    /// `C_GenerateKey`
    pub(in crate::provider::pkcs11) fn generate(
        &self,
        session: SessionHandle,
        mechanism: &Mechanism<'_>,
        template: &[Attribute<'_>],
    ) -> Answer<Object> {
        let (mut template, mut object) = (values::template(template), 0);
        mechanism.lend(|mechanism| {
            call!(
                self,
                C_GenerateKey(
                    session.0,
                    mechanism,
                    template.as_mut_ptr(),
                    length(&template),
                    &raw mut object
                )
            )
        })?;
        Ok(Object(object))
    }

    /// `C_GenerateKeyPair`: the public half and the private one.
    pub(in crate::provider::pkcs11) fn generate_pair(
        &self,
        session: SessionHandle,
        mechanism: &Mechanism<'_>,
        public: &[Attribute<'_>],
        private: &[Attribute<'_>],
    ) -> Answer<(Object, Object)> {
        let (mut public, mut private) = (values::template(public), values::template(private));
        let mut pair = (0, 0);
        mechanism.lend(|mechanism| {
            call!(
                self,
                C_GenerateKeyPair(
                    session.0,
                    mechanism,
                    public.as_mut_ptr(),
                    length(&public),
                    private.as_mut_ptr(),
                    length(&private),
                    &raw mut pair.0,
                    &raw mut pair.1
                )
            )
        })?;
        Ok((Object(pair.0), Object(pair.1)))
    }

    /// `C_DeriveKey`
    pub(in crate::provider::pkcs11) fn derive(
        &self,
        session: SessionHandle,
        mechanism: &Mechanism<'_>,
        base: Object,
        template: &[Attribute<'_>],
    ) -> Answer<Object> {
        let (mut template, mut object) = (values::template(template), 0);
        mechanism.lend(|mechanism| {
            call!(
                self,
                C_DeriveKey(
                    session.0,
                    mechanism,
                    base.0,
                    template.as_mut_ptr(),
                    length(&template),
                    &raw mut object
                )
            )
        })?;
        Ok(Object(object))
    }

    /// `C_UnwrapKey`
    pub(in crate::provider::pkcs11) fn unwrap(
        &self,
        session: SessionHandle,
        mechanism: &Mechanism<'_>,
        key: Object,
        wrapped: &[u8],
        template: &[Attribute<'_>],
    ) -> Answer<Object> {
        let (mut template, mut object) = (values::template(template), 0);
        mechanism.lend(|mechanism| {
            call!(
                self,
                C_UnwrapKey(
                    session.0,
                    mechanism,
                    key.0,
                    wrapped.as_ptr().cast_mut(),
                    length(wrapped),
                    template.as_mut_ptr(),
                    length(&template),
                    &raw mut object
                )
            )
        })?;
        Ok(Object(object))
    }

    /// `C_WrapKey`: into `out`, of which so many bytes were written.
    pub(in crate::provider::pkcs11) fn wrap(
        &self,
        session: SessionHandle,
        mechanism: &Mechanism<'_>,
        key: Object,
        wrapped: Object,
        out: &mut [u8],
    ) -> Answer<usize> {
        let mut written = length(out);
        mechanism.lend(|mechanism| {
            call!(self, C_WrapKey(session.0, mechanism, key.0, wrapped.0, out.as_mut_ptr(), &raw mut written))
        })?;
        super::operations::within(written, out.len())
    }
}
