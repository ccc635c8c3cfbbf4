//! Objects: made, copied, destroyed, read, changed, found (PKCS#11 2.40 §5.7).
//!
//! Knows no key's use.

use cryptoki_sys::{
    CK_ATTRIBUTE_TYPE, CK_OBJECT_HANDLE, CK_SESSION_HANDLE, CK_ULONG, CKR_OPERATION_ACTIVE,
    CKR_OPERATION_NOT_INITIALIZED,
};

use crate::{
    module::Module,
    object::{
        Value,
        build::{self, Context, Origin, Template},
    },
    rv::{Result, Rv, check},
    session::Session,
    slot::{Asker, Login, Slot},
};

/// Attributes read one by one: each with its value or why there is none.
pub(crate) type Read = Vec<Result<Value>>;

impl Module {
    pub(crate) fn create_object(
        &self,
        handle: CK_SESSION_HANDLE,
        template: &Template,
    ) -> Result<CK_OBJECT_HANDLE> {
        let (session, slot) = self.at(handle)?;
        let object = build::given(self.context(slot, Origin::Given)?, template)?;
        slot.add(asker(&session), [object]).map(|[made]| made)
    }

    pub(crate) fn copy_object(
        &self,
        handle: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
        template: &Template,
    ) -> Result<CK_OBJECT_HANDLE> {
        let (session, slot) = self.at(handle)?;
        let copy = slot.object(object)?.copied(template, officer(slot)?)?;
        slot.add(asker(&session), [copy]).map(|[made]| made)
    }

    pub(crate) fn destroy_object(&self, handle: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        slot.destroy(asker(&session), object)
    }

    pub(crate) fn object_size(
        &self,
        handle: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
    ) -> Result<CK_ULONG> {
        let (_, slot) = self.at(handle)?;
        Ok(slot.object(object)?.to_bytes().len() as CK_ULONG)
    }

    pub(crate) fn read_attributes(
        &self,
        handle: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
        kinds: &[CK_ATTRIBUTE_TYPE],
    ) -> Result<Read> {
        let (_, slot) = self.at(handle)?;
        let object = slot.object(object)?;
        Ok(kinds.iter().map(|kind| object.read(*kind).map(|value| Value::new(value.to_vec()))).collect())
    }

    pub(crate) fn set_attributes(
        &self,
        handle: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
        template: &Template,
    ) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        let officer = officer(slot)?;
        slot.alter(asker(&session), object, |before| before.changed(template, officer))
    }

    pub(crate) fn find_init(&self, handle: CK_SESSION_HANDLE, template: &Template) -> Result<()> {
        let (session, slot) = self.at(handle)?;
        let mut active = session.active()?;
        check(active.find.is_none(), CKR_OPERATION_ACTIVE)?;
        active.find = Some(slot.search(template)?.into_iter());
        Ok(())
    }

    pub(crate) fn find(&self, handle: CK_SESSION_HANDLE, most: usize) -> Result<Vec<CK_OBJECT_HANDLE>> {
        let (session, _) = self.at(handle)?;
        let mut active = session.active()?;
        let found = active.find.as_mut().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
        Ok(found.take(most).collect())
    }

    pub(crate) fn find_final(&self, handle: CK_SESSION_HANDLE) -> Result<()> {
        let (session, _) = self.at(handle)?;
        let ended = session.active()?.find.take();
        check(ended.is_some(), CKR_OPERATION_NOT_INITIALIZED)
    }

    /// What a builder of objects must know.
    pub(super) fn context(&self, slot: &Slot, origin: Origin) -> Result<Context<'_>> {
        Ok(Context { points: &self.points, officer: officer(slot)?, origin })
    }
}

fn officer(slot: &Slot) -> Result<bool> {
    slot.with_login(|login| matches!(login, Login::Officer(_)))
}

pub(super) fn asker(session: &Session) -> Asker {
    Asker { session: session.handle, writable: session.writable }
}
