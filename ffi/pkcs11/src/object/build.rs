//! `build(template, origin) → object`: what a template must say, what it may, and what the rest is (PKCS#11 2.40 §4).
//!
//! Knows no session and no file. Keys come out sensitive and never extractable unless the template asks otherwise.

use cryptoki_sys::{self as ck, CK_ATTRIBUTE_TYPE, CK_MECHANISM_TYPE, CK_OBJECT_CLASS, CK_ULONG};
use miyao::algo::{
    sm2::{PrivateKey, PublicKey},
    sm4::Sm4,
};

use super::{Object, Value, attributes};
use crate::{
    code_points::CodePoints,
    rv::{Result, Rv, check, fail},
};

/// A caller's template.
pub(crate) type Template = [(CK_ATTRIBUTE_TYPE, Value)];

/// Where the key bytes come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The caller gave them.
    Given,
    /// They were made here.
    Generated(CK_MECHANISM_TYPE),
    /// They came wrapped.
    Unwrapped,
    /// They were derived from a key that was always sensitive, and never extractable.
    Derived { sensitive: bool, unextractable: bool },
}

/// What a builder must know beside the template.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) points: &'a CodePoints,
    /// Whether the security officer asks.
    pub(crate) officer: bool,
    pub(crate) origin: Origin,
}

/// An object of the caller's values alone.
pub(crate) fn given(context: Context<'_>, template: &Template) -> Result<Object> {
    let object = parse(context, template)?;
    check(object.has(ck::CKA_CLASS), ck::CKR_TEMPLATE_INCOMPLETE)?;
    match object.class() {
        Some(ck::CKO_DATA) => data(object),
        Some(ck::CKO_CERTIFICATE) => certificate(object),
        Some(ck::CKO_PUBLIC_KEY) => {
            let point = object.bytes(ck::CKA_EC_POINT).ok_or(Rv(ck::CKR_TEMPLATE_INCOMPLETE))?;
            let public = attributes::public(point).ok_or(Rv(ck::CKR_ATTRIBUTE_VALUE_INVALID))?;
            public_key(context, object, &public)
        }
        Some(ck::CKO_PRIVATE_KEY) => {
            let scalar = object.bytes(ck::CKA_VALUE).ok_or(Rv(ck::CKR_TEMPLATE_INCOMPLETE))?;
            let key = scalar.try_into().ok().and_then(|scalar| PrivateKey::from_bytes(scalar).ok());
            let key = key.ok_or(Rv(ck::CKR_ATTRIBUTE_VALUE_INVALID))?;
            private_key(context, object, &key)
        }
        Some(ck::CKO_SECRET_KEY) => {
            let value = object.bytes(ck::CKA_VALUE).ok_or(Rv(ck::CKR_TEMPLATE_INCOMPLETE))?;
            let value = Value::new(value.to_vec());
            check(!object.has(ck::CKA_VALUE_LEN), ck::CKR_ATTRIBUTE_READ_ONLY)?;
            secret_key(context, object, value)
        }
        _ => fail(ck::CKR_ATTRIBUTE_VALUE_INVALID),
    }
}

/// The template as an object, every value checked for itself.
pub(crate) fn parse(context: Context<'_>, template: &Template) -> Result<Object> {
    let mut object = Object::default();
    for (kind, value) in template {
        let shape = attributes::shape(*kind).ok_or(Rv(ck::CKR_ATTRIBUTE_TYPE_INVALID))?;
        check(shape.fits(value), ck::CKR_ATTRIBUTE_VALUE_INVALID)?;
        let again = object.bytes(*kind).is_some_and(|before| before != value.as_slice());
        check(!again, ck::CKR_TEMPLATE_INCONSISTENT)?;
        check(may_ask(context, *kind, value), ck::CKR_ATTRIBUTE_READ_ONLY)?;
        object.set(*kind, value.clone());
    }
    check(!object.flag(ck::CKA_ALWAYS_AUTHENTICATE), ck::CKR_ATTRIBUTE_VALUE_INVALID)?;
    Ok(object)
}

fn may_ask(context: Context<'_>, kind: CK_ATTRIBUTE_TYPE, value: &[u8]) -> bool {
    match kind {
        ck::CKA_LOCAL | ck::CKA_KEY_GEN_MECHANISM | ck::CKA_ALWAYS_SENSITIVE | ck::CKA_NEVER_EXTRACTABLE => {
            false
        }
        ck::CKA_TRUSTED => context.officer || value == [0],
        _ => true,
    }
}

/// Sets the class, or finds that the template has another.
pub(crate) fn of_class(object: &mut Object, class: CK_OBJECT_CLASS) -> Result<()> {
    check(object.class().is_none_or(|asked| asked == class), ck::CKR_TEMPLATE_INCONSISTENT)?;
    object.set_number(ck::CKA_CLASS, class);
    Ok(())
}

/// Sets the type of the key, or finds that the template has another.
pub(crate) fn of_type(object: &mut Object, key_type: CK_ULONG) -> Result<()> {
    check(object.key_type().is_none_or(|asked| asked == key_type), ck::CKR_TEMPLATE_INCONSISTENT)?;
    object.set_number(ck::CKA_KEY_TYPE, key_type);
    Ok(())
}

fn data(mut object: Object) -> Result<Object> {
    for kind in [ck::CKA_APPLICATION, ck::CKA_OBJECT_ID, ck::CKA_VALUE] {
        object.default_to(kind, &[]);
    }
    common(object, false)
}

fn certificate(mut object: Object) -> Result<Object> {
    for kind in [ck::CKA_CERTIFICATE_TYPE, ck::CKA_VALUE] {
        check(object.has(kind), ck::CKR_TEMPLATE_INCOMPLETE)?;
    }
    check(object.number(ck::CKA_CERTIFICATE_TYPE) == Some(ck::CKC_X_509), ck::CKR_ATTRIBUTE_VALUE_INVALID)?;
    for kind in [ck::CKA_ID, ck::CKA_SUBJECT, ck::CKA_ISSUER, ck::CKA_SERIAL_NUMBER] {
        object.default_to(kind, &[]);
    }
    object.default_to(ck::CKA_TRUSTED, &[0]);
    object.default_to(ck::CKA_CERTIFICATE_CATEGORY, &CK_ULONG::MIN.to_ne_bytes());
    common(object, false)
}

/// Completes a public key.
pub(crate) fn public_key(context: Context<'_>, mut object: Object, key: &PublicKey) -> Result<Object> {
    of_curve(context, &mut object, key)?;
    for kind in [ck::CKA_VERIFY_RECOVER, ck::CKA_TRUSTED] {
        object.default_to(kind, &[0]);
    }
    check(!object.flag(ck::CKA_VERIFY_RECOVER), ck::CKR_ATTRIBUTE_VALUE_INVALID)?;
    object.default_to(ck::CKA_SUBJECT, &[]);
    common(keyed(context, object)?, false)
}

/// Completes a private key.
pub(crate) fn private_key(context: Context<'_>, mut object: Object, key: &PrivateKey) -> Result<Object> {
    of_curve(context, &mut object, key.public_key())?;
    object.set(ck::CKA_VALUE, Value::new(key.expose().expose().to_vec()));
    for kind in [ck::CKA_SIGN_RECOVER, ck::CKA_ALWAYS_AUTHENTICATE] {
        object.default_to(kind, &[0]);
    }
    check(!object.flag(ck::CKA_SIGN_RECOVER), ck::CKR_ATTRIBUTE_VALUE_INVALID)?;
    object.default_to(ck::CKA_SUBJECT, &[]);
    common(hidden(context, keyed(context, object)?), true)
}

/// Completes a secret key.
pub(crate) fn secret_key(context: Context<'_>, mut object: Object, value: Value) -> Result<Object> {
    let key_type = object.key_type().ok_or(Rv(ck::CKR_TEMPLATE_INCOMPLETE))?;
    if key_type == context.points.sm4 {
        let key = value.as_slice().try_into().map_err(|_| Rv(ck::CKR_ATTRIBUTE_VALUE_INVALID))?;
        let mut block = [0; 16];
        Sm4::new(key).encrypt_block(&mut block);
        check_value(&mut object, &block[..3])?;
    } else {
        check(key_type == ck::CKK_GENERIC_SECRET, ck::CKR_ATTRIBUTE_VALUE_INVALID)?;
        check((1..=MAX_SECRET).contains(&value.len()), ck::CKR_ATTRIBUTE_VALUE_INVALID)?;
        check(
            object.bytes(ck::CKA_CHECK_VALUE).is_none_or(<[u8]>::is_empty),
            ck::CKR_ATTRIBUTE_VALUE_INVALID,
        )?;
    }
    object.set_number(ck::CKA_VALUE_LEN, value.len() as CK_ULONG);
    object.set(ck::CKA_VALUE, value);
    object.default_to(ck::CKA_TRUSTED, &[0]);
    common(hidden(context, keyed(context, object)?), true)
}

/// The most bytes of a secret that is no SM4 key.
pub(crate) const MAX_SECRET: usize = 4096;

/// An empty value asks for none (PKCS#11 2.40 §4.10.2).
fn check_value(object: &mut Object, expected: &[u8]) -> Result<()> {
    let fits = object.bytes(ck::CKA_CHECK_VALUE).is_none_or(|asked| asked.is_empty() || asked == expected);
    check(fits, ck::CKR_ATTRIBUTE_VALUE_INVALID)?;
    object.default_to(ck::CKA_CHECK_VALUE, expected);
    Ok(())
}

fn of_curve(context: Context<'_>, object: &mut Object, key: &PublicKey) -> Result<()> {
    let key_type = object.key_type().ok_or(Rv(ck::CKR_TEMPLATE_INCOMPLETE))?;
    check(context.points.is_sm2(key_type), ck::CKR_ATTRIBUTE_VALUE_INVALID)?;
    match object.bytes(ck::CKA_EC_PARAMS) {
        Some(asked) => check(asked == attributes::SM2_PARAMETERS, ck::CKR_CURVE_NOT_SUPPORTED)?,
        None => check(key_type != ck::CKK_EC, ck::CKR_TEMPLATE_INCOMPLETE)?,
    }
    object.default_to(ck::CKA_EC_PARAMS, &attributes::SM2_PARAMETERS);
    let same = object.bytes(ck::CKA_EC_POINT).map(attributes::public);
    check(same.is_none_or(|asked| asked.as_ref() == Some(key)), ck::CKR_TEMPLATE_INCONSISTENT)?;
    object.set(ck::CKA_EC_POINT, Value::new(attributes::from_public(key, context.points.point)));
    let info = key.spki();
    let same = object.bytes(ck::CKA_PUBLIC_KEY_INFO).is_none_or(|asked| asked.is_empty() || asked == info);
    check(same, ck::CKR_TEMPLATE_INCONSISTENT)?;
    object.set(ck::CKA_PUBLIC_KEY_INFO, Value::new(info.to_vec()));
    Ok(())
}

/// What all keys have.
fn keyed(context: Context<'_>, mut object: Object) -> Result<Object> {
    let class = object.class().ok_or(Rv(ck::CKR_GENERAL_ERROR))?;
    let (uses, usual) = attributes::usages(class, object.key_type() == Some(context.points.sm4));
    if !uses.iter().any(|usage| object.has(*usage)) {
        usual.iter().for_each(|usage| object.set_flag(*usage, true));
    }
    uses.iter().for_each(|usage| object.default_to(*usage, &[0]));
    for kind in [ck::CKA_ID, ck::CKA_START_DATE, ck::CKA_END_DATE] {
        object.default_to(kind, &[]);
    }
    object.default_to(ck::CKA_DERIVE, &[0]);
    let made = match context.origin {
        Origin::Generated(mechanism) => Some(mechanism),
        _ => None,
    };
    object.set_flag(ck::CKA_LOCAL, made.is_some());
    object.set_number(ck::CKA_KEY_GEN_MECHANISM, made.unwrap_or(ck::CK_UNAVAILABLE_INFORMATION));
    Ok(object)
}

/// What keys with a secret have.
fn hidden(context: Context<'_>, mut object: Object) -> Object {
    object.default_to(ck::CKA_SENSITIVE, &[1]);
    for kind in [ck::CKA_EXTRACTABLE, ck::CKA_WRAP_WITH_TRUSTED] {
        object.default_to(kind, &[0]);
    }
    let (sensitive, unextractable) = match context.origin {
        Origin::Given | Origin::Unwrapped => (false, false),
        Origin::Generated(_) => (true, true),
        Origin::Derived { sensitive, unextractable } => (sensitive, unextractable),
    };
    object.set_flag(ck::CKA_ALWAYS_SENSITIVE, sensitive && object.flag(ck::CKA_SENSITIVE));
    object.set_flag(ck::CKA_NEVER_EXTRACTABLE, unextractable && !object.flag(ck::CKA_EXTRACTABLE));
    object
}

/// What all objects have, and that nothing stands there which they have not.
fn common(mut object: Object, private: bool) -> Result<Object> {
    object.default_to(ck::CKA_TOKEN, &[0]);
    object.default_to(ck::CKA_PRIVATE, &[private.into()]);
    object.default_to(ck::CKA_LABEL, &[]);
    for kind in [ck::CKA_MODIFIABLE, ck::CKA_COPYABLE, ck::CKA_DESTROYABLE] {
        object.default_to(kind, &[1]);
    }
    let class = object.class().ok_or(Rv(ck::CKR_GENERAL_ERROR))?;
    check(
        object.attributes.keys().all(|kind| attributes::belongs(*kind, class)),
        ck::CKR_TEMPLATE_INCONSISTENT,
    )?;
    object.check_sealed()?;
    Ok(object)
}
