//! What may be read of an object, and what may be changed (PKCS#11 2.40 §4.1.1, §4.9, §4.10).
//!
//! Knows no session: who may see the object at all was decided before.

use cryptoki_sys::{self as ck, CK_ATTRIBUTE_TYPE};

use super::{Object, Value, attributes};
use crate::rv::{Result, Rv, check, fail};

impl Object {
    /// Whether this attribute holds key bytes that must not be shown.
    pub(crate) fn hides(&self, kind: CK_ATTRIBUTE_TYPE) -> bool {
        let shows = !self.flag(ck::CKA_SENSITIVE) && self.flag(ck::CKA_EXTRACTABLE);
        kind == ck::CKA_VALUE && self.keeps_secret() && !shows
    }

    /// That a key with a secret, if it stays, is private: only what is private is stored sealed.
    pub(crate) fn check_sealed(&self) -> Result<()> {
        let bare = self.keeps_secret() && self.is_token() && !self.is_private();
        check(!bare, ck::CKR_TEMPLATE_INCONSISTENT)
    }

    fn keeps_secret(&self) -> bool {
        matches!(self.class(), Some(ck::CKO_PRIVATE_KEY | ck::CKO_SECRET_KEY))
    }

    /// The value, as far as it may be shown.
    pub(crate) fn read(&self, kind: CK_ATTRIBUTE_TYPE) -> Result<&[u8]> {
        check(!self.hides(kind), ck::CKR_ATTRIBUTE_SENSITIVE)?;
        self.bytes(kind).ok_or(Rv(ck::CKR_ATTRIBUTE_TYPE_INVALID))
    }

    /// The object with this template's values in place of its own.
    pub(crate) fn changed(&self, template: &[(CK_ATTRIBUTE_TYPE, Value)], officer: bool) -> Result<Self> {
        check(self.flag(ck::CKA_MODIFIABLE), ck::CKR_ACTION_PROHIBITED)?;
        let mut changed = self.clone();
        for (kind, value) in template {
            self.checked(*kind, value)?;
            check(self.may_set(*kind, value, officer), ck::CKR_ATTRIBUTE_READ_ONLY)?;
            changed.set(*kind, value.clone());
        }
        Ok(changed)
    }

    /// A copy with this template's values in place of its own; a copy may move, and become more secret, never less.
    pub(crate) fn copied(&self, template: &[(CK_ATTRIBUTE_TYPE, Value)], officer: bool) -> Result<Self> {
        check(self.bytes(ck::CKA_COPYABLE) != Some(&[0]), ck::CKR_ACTION_PROHIBITED)?;
        let mut copy = self.clone();
        for (kind, value) in template {
            self.checked(*kind, value)?;
            let falls = value.as_slice() == [0];
            let may = match *kind {
                ck::CKA_TOKEN => true,
                ck::CKA_MODIFIABLE | ck::CKA_DESTROYABLE => self.flag(ck::CKA_MODIFIABLE) || falls,
                ck::CKA_COPYABLE => falls || self.flag(ck::CKA_COPYABLE),
                ck::CKA_PRIVATE => !falls || !self.is_private(),
                ck::CKA_SENSITIVE | ck::CKA_EXTRACTABLE => self.may_set(*kind, value, officer),
                _ => self.flag(ck::CKA_MODIFIABLE) && self.may_set(*kind, value, officer),
            };
            check(may, ck::CKR_ATTRIBUTE_READ_ONLY)?;
            copy.set(*kind, value.clone());
        }
        copy.check_sealed()?;
        Ok(copy)
    }

    fn checked(&self, kind: CK_ATTRIBUTE_TYPE, value: &[u8]) -> Result<()> {
        let Some(shape) = attributes::shape(kind) else { return fail(ck::CKR_ATTRIBUTE_TYPE_INVALID) };
        let class = self.class().ok_or(Rv(ck::CKR_GENERAL_ERROR))?;
        check(attributes::belongs(kind, class), ck::CKR_TEMPLATE_INCONSISTENT)?;
        check(shape.fits(value), ck::CKR_ATTRIBUTE_VALUE_INVALID)
    }

    fn may_set(&self, kind: CK_ATTRIBUTE_TYPE, value: &[u8], officer: bool) -> bool {
        let same = self.bytes(kind) == Some(value);
        let rises = value == [1];
        match kind {
            ck::CKA_LABEL
            | ck::CKA_ID
            | ck::CKA_SUBJECT
            | ck::CKA_ISSUER
            | ck::CKA_SERIAL_NUMBER
            | ck::CKA_START_DATE
            | ck::CKA_END_DATE
            | ck::CKA_APPLICATION
            | ck::CKA_OBJECT_ID
            | ck::CKA_URL
            | ck::CKA_CERTIFICATE_CATEGORY => true,
            ck::CKA_VALUE => self.class() == Some(ck::CKO_DATA),
            ck::CKA_ENCRYPT
            | ck::CKA_DECRYPT
            | ck::CKA_SIGN
            | ck::CKA_VERIFY
            | ck::CKA_WRAP
            | ck::CKA_UNWRAP
            | ck::CKA_DERIVE => true,
            ck::CKA_SENSITIVE | ck::CKA_WRAP_WITH_TRUSTED => same || rises,
            ck::CKA_EXTRACTABLE | ck::CKA_COPYABLE | ck::CKA_DESTROYABLE => same || !rises,
            ck::CKA_TRUSTED => same || !rises || officer,
            _ => same,
        }
    }
}
