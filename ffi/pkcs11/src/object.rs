//! An object (对象): a bag of attributes, of which some are secret and all are wiped.
//!
//! Knows no session and no file. [`attributes`] says what may stand in it, [`build`] makes one from a template, [`access`]
//! reads and changes one under the standard's rules (PKCS#11 2.40 §4).

pub(crate) mod access;
pub(crate) mod attributes;
pub(crate) mod build;

use std::collections::BTreeMap;

use cryptoki_sys::{
    CK_ATTRIBUTE_TYPE, CK_MECHANISM_TYPE, CK_OBJECT_CLASS, CK_ULONG, CKA_ALLOWED_MECHANISMS, CKA_CLASS,
    CKA_EC_POINT, CKA_KEY_TYPE, CKA_PRIVATE, CKA_TOKEN, CKA_VALUE, CKR_DEVICE_ERROR, CKR_GENERAL_ERROR,
    CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_KEY_TYPE_INCONSISTENT, CKR_MECHANISM_INVALID,
};
use miyao::algo::sm2::{PrivateKey, PublicKey};
use zeroize::Zeroizing;

use crate::rv::{Result, Rv, check};

/// An attribute's bytes.
pub(crate) type Value = Zeroizing<Vec<u8>>;

#[derive(Clone, Default)]
pub(crate) struct Object(BTreeMap<CK_ATTRIBUTE_TYPE, Value>);

impl Object {
    pub(crate) fn bytes(&self, kind: CK_ATTRIBUTE_TYPE) -> Option<&[u8]> {
        self.0.get(&kind).map(|value| value.as_slice())
    }

    /// Whether it is there and true.
    pub(crate) fn flag(&self, kind: CK_ATTRIBUTE_TYPE) -> bool {
        self.bytes(kind).is_some_and(|value| value == [1])
    }

    pub(crate) fn number(&self, kind: CK_ATTRIBUTE_TYPE) -> Option<CK_ULONG> {
        self.bytes(kind).and_then(to_number)
    }

    pub(crate) fn has(&self, kind: CK_ATTRIBUTE_TYPE) -> bool {
        self.0.contains_key(&kind)
    }

    pub(crate) fn set(&mut self, kind: CK_ATTRIBUTE_TYPE, value: Value) {
        self.0.insert(kind, value);
    }

    pub(crate) fn set_flag(&mut self, kind: CK_ATTRIBUTE_TYPE, value: bool) {
        self.set(kind, Value::new(vec![value.into()]));
    }

    pub(crate) fn set_number(&mut self, kind: CK_ATTRIBUTE_TYPE, value: CK_ULONG) {
        self.set(kind, Value::new(value.to_ne_bytes().to_vec()));
    }

    /// Sets it unless it is there.
    pub(crate) fn default_to(&mut self, kind: CK_ATTRIBUTE_TYPE, value: &[u8]) {
        self.0.entry(kind).or_insert_with(|| Value::new(value.to_vec()));
    }

    pub(crate) fn class(&self) -> Option<CK_OBJECT_CLASS> {
        self.number(CKA_CLASS)
    }

    pub(crate) fn is_private(&self) -> bool {
        self.flag(CKA_PRIVATE)
    }

    pub(crate) fn is_token(&self) -> bool {
        self.flag(CKA_TOKEN)
    }

    /// Whether every attribute of the template is there with this value; a secret one never is.
    pub(crate) fn matches(&self, template: &[(CK_ATTRIBUTE_TYPE, Value)]) -> bool {
        template.iter().all(|(kind, value)| !self.hides(*kind) && self.0.get(kind) == Some(value))
    }

    /// `(kind 8 ‖ length 8 ‖ bytes)*`, numbers big-endian; numbers inside attributes stand as this machine has them.
    pub(crate) fn to_bytes(&self) -> Value {
        let len = self.0.values().map(|value| 16 + value.len()).sum();
        let mut out = Value::new(Vec::with_capacity(len));
        for (kind, value) in &self.0 {
            out.extend_from_slice(&u64::from(*kind).to_be_bytes());
            out.extend_from_slice(&(value.len() as u64).to_be_bytes());
            out.extend_from_slice(value);
        }
        out
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub(crate) fn from_bytes(mut bytes: &[u8]) -> Result<Self> {
        let mut object = Self::default();
        while !bytes.is_empty() {
            let (kind, value, rest) = next(bytes).ok_or(Rv(CKR_DEVICE_ERROR))?;
            object.set(kind, Value::new(value.to_vec()));
            bytes = rest;
        }
        check(object.class().is_some(), CKR_DEVICE_ERROR)?;
        Ok(object)
    }

    /// Whether the key may do this, by its usage flag and by its list of mechanisms.
    pub(crate) fn permits(&self, usage: CK_ATTRIBUTE_TYPE, mechanism: CK_MECHANISM_TYPE) -> Result<()> {
        check(self.flag(usage), CKR_KEY_FUNCTION_NOT_PERMITTED)?;
        let Some(allowed) = self.bytes(CKA_ALLOWED_MECHANISMS) else { return Ok(()) };
        let mut allowed = allowed.chunks_exact(size_of::<CK_ULONG>());
        check(allowed.any(|one| to_number(one) == Some(mechanism)), CKR_MECHANISM_INVALID)
    }

    pub(crate) fn key_type(&self) -> Option<CK_ULONG> {
        self.number(CKA_KEY_TYPE)
    }

    /// The secret of a secret key.
    pub(crate) fn secret(&self) -> Result<&[u8]> {
        self.bytes(CKA_VALUE).ok_or(Rv(CKR_KEY_TYPE_INCONSISTENT))
    }

    /// The secret of an SM4 key.
    pub(crate) fn sm4(&self) -> Result<&[u8; 16]> {
        self.secret()?.try_into().map_err(|_| Rv(CKR_KEY_TYPE_INCONSISTENT))
    }

    /// The private key of an SM2 object.
    pub(crate) fn sm2_private(&self) -> Result<PrivateKey> {
        let scalar = self.secret()?.try_into().map_err(|_| Rv(CKR_KEY_TYPE_INCONSISTENT))?;
        PrivateKey::from_bytes(scalar).map_err(|_| Rv(CKR_GENERAL_ERROR))
    }

    /// The public key of an SM2 object.
    pub(crate) fn sm2_public(&self) -> Result<PublicKey> {
        self.bytes(CKA_EC_POINT).and_then(attributes::public).ok_or(Rv(CKR_KEY_TYPE_INCONSISTENT))
    }
}

/// A number as an attribute holds it.
pub(crate) fn to_number(value: &[u8]) -> Option<CK_ULONG> {
    value.try_into().ok().map(CK_ULONG::from_ne_bytes)
}

fn next(bytes: &[u8]) -> Option<(CK_ATTRIBUTE_TYPE, &[u8], &[u8])> {
    let (kind, rest) = bytes.split_first_chunk()?;
    let (len, rest) = rest.split_first_chunk()?;
    let (value, rest) = rest.split_at_checked(usize::try_from(u64::from_be_bytes(*len)).ok()?)?;
    Some((CK_ATTRIBUTE_TYPE::try_from(u64::from_be_bytes(*kind)).ok()?, value, rest))
}
