//! What the calls of the standard do, once their arguments are Rust values (PKCS#11 2.40 §5).
//!
//! Each is a method of [`Module`](crate::module::Module). Knows no pointers.

mod ciphers;
mod keys;
mod objects;
mod signatures;
mod tokens;

pub(crate) use ciphers::Direction;

use std::sync::Arc;

use crate::{
    code_points::{CodePoint, Purpose, Work},
    module::Module,
    object::Object,
    operation::Parameter,
    rv::{Result, Rv, check},
    slot::Slot,
};
use cryptoki_sys::{
    CK_MECHANISM_TYPE, CK_OBJECT_HANDLE, CKR_KEY_HANDLE_INVALID, CKR_KEY_TYPE_INCONSISTENT,
    CKR_MECHANISM_INVALID, CKR_OBJECT_HANDLE_INVALID,
};

/// A mechanism as a caller gives it.
pub(crate) struct Mechanism {
    pub(crate) code: CK_MECHANISM_TYPE,
    pub(crate) work: Work,
    pub(crate) parameter: Parameter,
}

impl Module {
    /// The ways to use a mechanism's number for this purpose, at least one.
    pub(crate) fn ways(&self, code: CK_MECHANISM_TYPE, purpose: Purpose) -> Result<Vec<CodePoint>> {
        let ways = self.points.of_code(code).filter(|point| point.work.serves(purpose));
        let ways: Vec<_> = ways.copied().collect();
        check(!ways.is_empty(), CKR_MECHANISM_INVALID)?;
        Ok(ways)
    }

    fn check_sm4(&self, key: &Object) -> Result<()> {
        check(key.key_type() == Some(self.points.sm4), CKR_KEY_TYPE_INCONSISTENT)
    }

    fn check_sm2(&self, key: &Object, class: cryptoki_sys::CK_OBJECT_CLASS) -> Result<()> {
        let fits = key.class() == Some(class) && key.key_type().is_some_and(|kind| self.points.is_sm2(kind));
        check(fits, CKR_KEY_TYPE_INCONSISTENT)
    }
}

/// The object of a key's handle.
fn key(slot: &Slot, handle: CK_OBJECT_HANDLE) -> Result<Arc<Object>> {
    slot.object(handle).map_err(|error| match error {
        Rv(CKR_OBJECT_HANDLE_INVALID) => Rv(CKR_KEY_HANDLE_INVALID),
        other => other,
    })
}
