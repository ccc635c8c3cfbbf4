//! Attributes and mechanisms as values of Rust, and as the C structures that point into them.
//!
//! Knows no number of either. What is pointed to is owned by whoever calls, and is only read; but for what is lent of a mechanism's
//! parameter, which is a copy, since C's structures let a module write there.

use alloc::vec::Vec;
use core::{
    ffi::c_void,
    ops::{Deref, DerefMut},
    ptr,
};

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_BBOOL, CK_ECDH1_DERIVE_PARAMS, CK_FALSE, CK_GCM_PARAMS, CK_MECHANISM, CK_TRUE, CK_ULONG,
    CKD_NULL,
};

use super::{Object, length};

/// What an attribute has.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider::pkcs11) enum Value<'a> {
    /// A `CK_BBOOL`.
    Bool(bool),
    /// A `CK_ULONG`.
    Number(CK_ULONG),
    /// Bytes of any length.
    Bytes(&'a [u8]),
    /// Several `CK_ULONG`.
    Numbers(&'a [CK_ULONG]),
    /// A template that other keys have to fit.
    Template(&'a [Attribute<'a>]),
}

/// One line of a template.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider::pkcs11) struct Attribute<'a> {
    /// `CKA_…`
    pub(in crate::provider::pkcs11) kind: CK_ULONG,
    /// What it has.
    pub(in crate::provider::pkcs11) value: Value<'a>,
}

/// The parameter of a mechanism, by its shape in C.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider::pkcs11) enum Parameter<'a> {
    /// A null pointer.
    None,
    /// Bytes as they are: an IV, a user id, a vendor's flat structure.
    Bytes(&'a [u8]),
    /// `CK_GCM_PARAMS`
    Gcm {
        /// 12 bytes, never used twice under one key.
        iv: &'a [u8],
        /// What is bound and not hidden.
        aad: &'a [u8],
        /// The bits of the tag.
        tag_bits: CK_ULONG,
    },
    /// What a GCM of older headers has: no bits of the IV.
    GcmShort {
        /// As above.
        iv: &'a [u8],
        /// As above.
        aad: &'a [u8],
        /// As above.
        tag_bits: CK_ULONG,
    },
    /// Koal's order: the length of the IV comes last, in bits.
    GcmKoal {
        /// As above.
        iv: &'a [u8],
        /// As above.
        aad: &'a [u8],
        /// As above.
        tag_bits: CK_ULONG,
    },
    /// The handle of the key itself.
    Handle(Object),
    /// `CK_ECDH1_DERIVE_PARAMS` without a derivation: the x coordinate comes out.
    Ecdh {
        /// The other's point.
        point: &'a [u8],
    },
}

/// What a call is asked to compute.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider::pkcs11) struct Mechanism<'a> {
    /// `CKM_…`, or a vendor's number, which may be any.
    pub(in crate::provider::pkcs11) code: CK_ULONG,
    /// Its parameter.
    pub(in crate::provider::pkcs11) parameter: Parameter<'a>,
}

impl<'a> Attribute<'a> {
    /// An attribute that is true or false.
    pub(in crate::provider::pkcs11) const fn flag(kind: CK_ULONG, value: bool) -> Self {
        Self { kind, value: Value::Bool(value) }
    }

    /// An attribute that is a number.
    pub(in crate::provider::pkcs11) const fn number(kind: CK_ULONG, value: CK_ULONG) -> Self {
        Self { kind, value: Value::Number(value) }
    }

    /// An attribute that is bytes.
    pub(in crate::provider::pkcs11) const fn bytes(kind: CK_ULONG, value: &'a [u8]) -> Self {
        Self { kind, value: Value::Bytes(value) }
    }

    /// As C has it, pointing into this one; a template in it is kept in `inner`.
    fn as_c(&self, inner: &mut Vec<Template>) -> CK_ATTRIBUTE {
        let (pointer, length): (*const c_void, usize) = match &self.value {
            Value::Bool(true) => ((&raw const TRUE).cast(), 1),
            Value::Bool(false) => ((&raw const FALSE).cast(), 1),
            Value::Number(number) => (ptr::from_ref(number).cast(), size_of::<CK_ULONG>()),
            Value::Bytes(bytes) => (bytes.as_ptr().cast(), bytes.len()),
            Value::Numbers(numbers) => (numbers.as_ptr().cast(), size_of_val(*numbers)),
            Value::Template(attributes) => {
                let template = template(attributes);
                let place = (template.as_ptr().cast(), size_of_val(&*template));
                inner.push(template);
                place
            }
        };
        CK_ATTRIBUTE { type_: self.kind, pValue: pointer.cast_mut(), ulValueLen: length as CK_ULONG }
    }
}

/// `CK_GCM_PARAMS` of headers before 2.40 errata 1.
#[repr(C)]
struct GcmShort {
    iv: *mut u8,
    iv_length: CK_ULONG,
    aad: *mut u8,
    aad_length: CK_ULONG,
    tag_bits: CK_ULONG,
}

/// `GCMParameter` of Koal.
#[repr(C)]
struct GcmKoal {
    iv: *mut u8,
    aad: *mut u8,
    aad_length: CK_ULONG,
    tag_bits: CK_ULONG,
    iv_bits: CK_ULONG,
}

static TRUE: CK_BBOOL = CK_TRUE;
static FALSE: CK_BBOOL = CK_FALSE;

/// A template as C has it, pointing into what it was made of, and to the templates in it.
pub(super) struct Template {
    lines: Vec<CK_ATTRIBUTE>,
    /// What some of the lines point to: they are not moved, wherever this is.
    _inner: Vec<Self>,
}

/// A template as C has it, pointing into `attributes`.
pub(super) fn template(attributes: &[Attribute<'_>]) -> Template {
    let mut inner = Vec::new();
    let lines = attributes.iter().map(|attribute| attribute.as_c(&mut inner)).collect();
    Template { lines, _inner: inner }
}

impl Deref for Template {
    type Target = [CK_ATTRIBUTE];

    fn deref(&self) -> &[CK_ATTRIBUTE] {
        &self.lines
    }
}

impl DerefMut for Template {
    fn deref_mut(&mut self) -> &mut [CK_ATTRIBUTE] {
        &mut self.lines
    }
}

impl<'a> Mechanism<'a> {
    /// A mechanism with nothing beside its number.
    pub(in crate::provider::pkcs11) const fn plain(code: CK_ULONG) -> Self {
        Self { code, parameter: Parameter::None }
    }

    /// A mechanism and its parameter.
    pub(in crate::provider::pkcs11) const fn with(code: CK_ULONG, parameter: Parameter<'a>) -> Self {
        Self { code, parameter }
    }

    /// Lends the structures of C to `work`, and copies of what they point to: they live until it returns.
    pub(super) fn lend<R>(&self, work: impl FnOnce(*mut CK_MECHANISM) -> R) -> R {
        match self.parameter {
            Parameter::None => self.lend_with(ptr::null_mut(), 0, work),
            Parameter::Bytes(bytes) => {
                let mut bytes = Vec::from(bytes);
                self.lend_with(bytes.as_mut_ptr().cast(), bytes.len(), work)
            }
            Parameter::Gcm { iv, aad, tag_bits } => {
                let (mut iv, mut aad) = (Vec::from(iv), Vec::from(aad));
                let mut parameter = CK_GCM_PARAMS {
                    pIv: iv.as_mut_ptr(),
                    ulIvLen: length(&iv),
                    ulIvBits: length(&iv) * 8,
                    pAAD: aad.as_mut_ptr(),
                    ulAADLen: length(&aad),
                    ulTagBits: tag_bits,
                };
                self.lend_with((&raw mut parameter).cast(), size_of::<CK_GCM_PARAMS>(), work)
            }
            Parameter::GcmShort { iv, aad, tag_bits } => {
                let (mut iv, mut aad) = (Vec::from(iv), Vec::from(aad));
                let mut parameter = GcmShort {
                    iv: iv.as_mut_ptr(),
                    iv_length: length(&iv),
                    aad: aad.as_mut_ptr(),
                    aad_length: length(&aad),
                    tag_bits,
                };
                self.lend_with((&raw mut parameter).cast(), size_of::<GcmShort>(), work)
            }
            Parameter::GcmKoal { iv, aad, tag_bits } => {
                let (mut iv, mut aad) = (Vec::from(iv), Vec::from(aad));
                let mut parameter = GcmKoal {
                    iv: iv.as_mut_ptr(),
                    aad: aad.as_mut_ptr(),
                    aad_length: length(&aad),
                    tag_bits,
                    iv_bits: length(&iv) * 8,
                };
                self.lend_with((&raw mut parameter).cast(), size_of::<GcmKoal>(), work)
            }
            Parameter::Handle(Object(mut handle)) => {
                self.lend_with((&raw mut handle).cast(), size_of::<CK_ULONG>(), work)
            }
            Parameter::Ecdh { point } => {
                let mut point = Vec::from(point);
                let mut parameter = CK_ECDH1_DERIVE_PARAMS {
                    kdf: CKD_NULL,
                    ulSharedDataLen: 0,
                    pSharedData: ptr::null_mut(),
                    ulPublicDataLen: length(&point),
                    pPublicData: point.as_mut_ptr(),
                };
                self.lend_with((&raw mut parameter).cast(), size_of::<CK_ECDH1_DERIVE_PARAMS>(), work)
            }
        }
    }

    fn lend_with<R>(
        &self,
        pointer: *mut c_void,
        length: usize,
        work: impl FnOnce(*mut CK_MECHANISM) -> R,
    ) -> R {
        let mut mechanism =
            CK_MECHANISM { mechanism: self.code, pParameter: pointer, ulParameterLen: length as CK_ULONG };
        work(&raw mut mechanism)
    }
}
