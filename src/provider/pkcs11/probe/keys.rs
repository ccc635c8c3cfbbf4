//! The templates of a probe's keys, and keys whose value it knows.
//!
//! Knows attributes, no mechanism. Some tokens refuse a secret that may be read and some one that may not, so both are tried.

use alloc::{vec, vec::Vec};

use cryptoki_sys as ck;

use super::bench::Bench;
use crate::provider::pkcs11::raw::{Answer, Attribute, Mechanism, Object};

/// What a secret key is for; one purpose each, as tokens with certificates demand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Encrypting,
    Macing,
    Wrapping,
    /// To be wrapped.
    Nothing,
}

/// Brings in a key of this type and value.
pub(super) fn import(bench: &mut Bench, code: u64, value: &[u8], purpose: Use) -> Answer<Object> {
    let with = |readable| {
        let mut template = secret(code, purpose, readable);
        template.insert(0, Attribute::number(ck::CKA_CLASS, ck::CKO_SECRET_KEY));
        template.push(Attribute::bytes(ck::CKA_VALUE, value));
        template
    };
    // A key to be wrapped has to be one that leaves.
    let readable = purpose == Use::Nothing;
    bench.import(&with(readable)).or_else(|_| bench.import(&with(!readable)))
}

/// Makes a key of this type, and whether its template held the length.
pub(super) fn generate(
    bench: &mut Bench,
    mechanism: u64,
    code: u64,
    length: usize,
    purpose: Use,
) -> Answer<(Object, bool)> {
    let with = |readable: bool, tells_length: bool| {
        let mut template = secret(code, purpose, readable);
        template.insert(0, Attribute::number(ck::CKA_CLASS, ck::CKO_SECRET_KEY));
        if tells_length {
            template.push(Attribute::number(ck::CKA_VALUE_LEN, length as _));
        }
        template
    };
    let mechanism = Mechanism::plain(mechanism);
    let mut answer = Err(crate::provider::pkcs11::Rv(ck::CKR_FUNCTION_NOT_SUPPORTED));
    for (readable, tells_length) in [(true, true), (false, true), (true, false), (false, false)] {
        answer = bench.generate(&mechanism, &with(readable, tells_length)).map(|key| (key, tells_length));
        if answer.is_ok() {
            break;
        }
    }
    answer
}

/// Unwraps a secret of this type that may be read.
pub(super) fn unwrap(
    bench: &mut Bench,
    mechanism: &Mechanism<'_>,
    kek: Object,
    code: u64,
    wrapped: &[u8],
) -> Answer<Object> {
    bench.unwrap(mechanism, kek, wrapped, &unwrapped(code))
}

/// The template of a secret of this type that comes out of a wrapping and may be read.
pub(super) fn unwrapped(code: u64) -> Vec<Attribute<'static>> {
    let mut template = secret(code, Use::Nothing, true);
    template.insert(0, Attribute::number(ck::CKA_CLASS, ck::CKO_SECRET_KEY));
    template
}

fn secret(code: u64, purpose: Use, readable: bool) -> Vec<Attribute<'static>> {
    let mut template = vec![
        Attribute::number(ck::CKA_KEY_TYPE, code),
        Attribute::flag(ck::CKA_SENSITIVE, !readable),
        Attribute::flag(ck::CKA_EXTRACTABLE, readable),
    ];
    let flags: &[u64] = match purpose {
        Use::Encrypting => &[ck::CKA_ENCRYPT, ck::CKA_DECRYPT],
        Use::Macing => &[ck::CKA_SIGN, ck::CKA_VERIFY],
        Use::Wrapping => &[ck::CKA_WRAP, ck::CKA_UNWRAP],
        Use::Nothing => &[],
    };
    template.extend(flags.iter().map(|flag| Attribute::flag(*flag, true)));
    template
}

/// Whether the token tells a check value of a key.
pub(super) fn has_check_value(bench: &Bench, key: Object) -> bool {
    bench.attribute(key, ck::CKA_CHECK_VALUE).is_ok_and(|value| !value.is_empty())
}
