//! Templates: every attribute that is true or false is said, since what is left away is the module's choice.
//!
//! Knows which usage each purpose needs and gives it no other: no key both unwraps and decrypts.

use alloc::vec::Vec;

use cryptoki_sys as ck;
use cryptoki_sys::CK_ULONG;

use super::raw::{Attribute, Rv, Value};

/// 1.2.156.10197.1.301, the curve of SM2, in DER.
pub(super) const SM2_CURVE: [u8; 10] = [0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d];

/// `ECParameters` of the curve of SM2 in full (GB/T 32918.5-2017 §2), in DER.
pub(super) const SM2_EXPLICIT: [u8; 227] = *b"\
\x30\x81\xe0\x02\x01\x01\x30\x2c\x06\x07\x2a\x86\x48\xce\x3d\x01\x01\x02\x21\x00\
\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\
\x30\x44\x04\x20\
\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xfc\
\x04\x20\
\x28\xe9\xfa\x9e\x9d\x9f\x5e\x34\x4d\x5a\x9e\x4b\xcf\x65\x09\xa7\xf3\x97\x89\xf5\x15\xab\x8f\x92\xdd\xbc\xbd\x41\x4d\x94\x0e\x93\
\x04\x41\x04\
\x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94\x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7\
\xbc\x37\x36\xa2\xf4\xf6\x77\x9c\x59\xbd\xce\xe3\x6b\x69\x21\x53\xd0\xa9\x87\x7c\xc6\x2a\x47\x40\x02\xdf\x32\xe5\x21\x39\xf0\xa0\
\x02\x21\x00\
\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x72\x03\xdf\x6b\x21\xc6\x05\x2b\x53\xbb\xf4\x09\x39\xd5\x41\x23\
\x02\x01\x01";

/// The one thing that a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// ECDH, the x coordinate of which leaves the token.
    Derive,
    /// Decryption; of a secret key also encryption.
    Decrypt,
    /// Signatures or MACs.
    Sign,
    /// Unwrapping; of a secret key also wrapping.
    Unwrap,
}

/// By which a key in the token is found again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    pub(super) id: &'a [u8],
    pub(super) label: &'a str,
}

/// A secret key that never leaves the token.
pub(super) fn secret<'a>(
    kind: CK_ULONG,
    length: Option<CK_ULONG>,
    named: Named<'a>,
    purpose: Purpose,
) -> Vec<Attribute<'a>> {
    let mut template = kept(ck::CKO_SECRET_KEY, kind, named);
    template.extend(secret_usage(Some(purpose)));
    template.extend(WRAPS_READABLE.iter().filter(|_| purpose == Purpose::Unwrap));
    template.extend(length.map(|length| Attribute::number(ck::CKA_VALUE_LEN, length)));
    template
}

/// The private half of an SM2 key.
pub(super) fn private<'a>(kind: CK_ULONG, named: Named<'a>, purpose: Purpose) -> Vec<Attribute<'a>> {
    let mut template = kept(ck::CKO_PRIVATE_KEY, kind, named);
    template.extend([
        Attribute::flag(ck::CKA_DERIVE, purpose == Purpose::Derive),
        Attribute::flag(ck::CKA_DECRYPT, purpose == Purpose::Decrypt),
        Attribute::flag(ck::CKA_SIGN, purpose == Purpose::Sign),
        Attribute::flag(ck::CKA_SIGN_RECOVER, false),
        Attribute::flag(ck::CKA_UNWRAP, purpose == Purpose::Unwrap),
    ]);
    template
}

/// The public half, with the curve if the device wants it said.
pub(super) fn public<'a>(
    kind: CK_ULONG,
    curve: Option<&'a [u8]>,
    named: Named<'a>,
    purpose: Purpose,
) -> Vec<Attribute<'a>> {
    let mut template = alloc::vec![
        Attribute::number(ck::CKA_CLASS, ck::CKO_PUBLIC_KEY),
        Attribute::number(ck::CKA_KEY_TYPE, kind),
        Attribute::flag(ck::CKA_TOKEN, true),
        Attribute::flag(ck::CKA_PRIVATE, false),
        Attribute::flag(ck::CKA_MODIFIABLE, false),
        Attribute::bytes(ck::CKA_LABEL, named.label.as_bytes()),
        Attribute::bytes(ck::CKA_ID, named.id),
        Attribute::flag(ck::CKA_DERIVE, false),
        Attribute::flag(ck::CKA_ENCRYPT, purpose == Purpose::Decrypt),
        Attribute::flag(ck::CKA_VERIFY, purpose == Purpose::Sign),
        Attribute::flag(ck::CKA_VERIFY_RECOVER, false),
        Attribute::flag(ck::CKA_WRAP, purpose == Purpose::Unwrap),
    ];
    template.extend(curve.map(|curve| Attribute::bytes(ck::CKA_EC_PARAMS, curve)));
    template
}

/// A secret that lives as long as the session, may be read, and can do nothing.
const READABLE: [Attribute<'static>; 13] = {
    let [derive, encrypt, decrypt, sign, verify, wrap, unwrap] = secret_usage(None);
    [
        Attribute::number(ck::CKA_CLASS, ck::CKO_SECRET_KEY),
        Attribute::number(ck::CKA_KEY_TYPE, ck::CKK_GENERIC_SECRET),
        Attribute::flag(ck::CKA_TOKEN, false),
        Attribute::flag(ck::CKA_PRIVATE, true),
        Attribute::flag(ck::CKA_SENSITIVE, false),
        Attribute::flag(ck::CKA_EXTRACTABLE, true),
        derive,
        encrypt,
        decrypt,
        sign,
        verify,
        wrap,
        unwrap,
    ]
};

/// What a key that wraps is held to: it takes no key of the token out, and what comes in by it can do nothing. Some modules compare
/// what comes in with the whole template, so it is the very one that is asked for.
const WRAPS_READABLE: [Attribute<'static>; 2] = [
    Attribute { kind: ck::CKA_WRAP_TEMPLATE, value: Value::Template(READABLE.split_at(3).0) },
    Attribute { kind: ck::CKA_UNWRAP_TEMPLATE, value: Value::Template(&READABLE) },
];

/// Such a secret, of a length if the call has to be told.
pub(super) fn readable(length: Option<CK_ULONG>) -> Vec<Attribute<'static>> {
    let mut template = READABLE.to_vec();
    template.extend(length.map(|length| Attribute::number(ck::CKA_VALUE_LEN, length)));
    template
}

/// What a key is found by.
pub(super) fn search<'a>(
    class: CK_ULONG,
    id: Option<&'a [u8]>,
    label: Option<&'a str>,
) -> Vec<Attribute<'a>> {
    let mut template =
        alloc::vec![Attribute::number(ck::CKA_CLASS, class), Attribute::flag(ck::CKA_TOKEN, true)];
    template.extend(id.map(|id| Attribute::bytes(ck::CKA_ID, id)));
    template.extend(label.map(|label| Attribute::bytes(ck::CKA_LABEL, label.as_bytes())));
    template
}

/// The mechanisms that a key is for, where the module knows how to hold it to them.
pub(super) const fn allowed(mechanisms: &[CK_ULONG]) -> Attribute<'_> {
    Attribute { kind: ck::CKA_ALLOWED_MECHANISMS, value: Value::Numbers(mechanisms) }
}

fn kept(class: CK_ULONG, kind: CK_ULONG, named: Named<'_>) -> Vec<Attribute<'_>> {
    alloc::vec![
        Attribute::number(ck::CKA_CLASS, class),
        Attribute::number(ck::CKA_KEY_TYPE, kind),
        Attribute::flag(ck::CKA_TOKEN, true),
        Attribute::flag(ck::CKA_PRIVATE, true),
        Attribute::flag(ck::CKA_SENSITIVE, true),
        Attribute::flag(ck::CKA_EXTRACTABLE, false),
        Attribute::flag(ck::CKA_MODIFIABLE, false),
        Attribute::bytes(ck::CKA_LABEL, named.label.as_bytes()),
        Attribute::bytes(ck::CKA_ID, named.id),
    ]
}

const fn secret_usage(purpose: Option<Purpose>) -> [Attribute<'static>; 7] {
    let (derives, decrypts) =
        (matches!(purpose, Some(Purpose::Derive)), matches!(purpose, Some(Purpose::Decrypt)));
    let (signs, unwraps) = (matches!(purpose, Some(Purpose::Sign)), matches!(purpose, Some(Purpose::Unwrap)));
    [
        Attribute::flag(ck::CKA_DERIVE, derives),
        Attribute::flag(ck::CKA_ENCRYPT, decrypts),
        Attribute::flag(ck::CKA_DECRYPT, decrypts),
        Attribute::flag(ck::CKA_SIGN, signs),
        Attribute::flag(ck::CKA_VERIFY, signs),
        Attribute::flag(ck::CKA_WRAP, unwraps),
        Attribute::flag(ck::CKA_UNWRAP, unwraps),
    ]
}

/// What a module may not know, the likeliest first: a key without it serves all the same. It made nothing then.
pub(super) const OPTIONAL: [&[CK_ULONG]; 3] = [
    &[],
    &[ck::CKA_WRAP_TEMPLATE, ck::CKA_UNWRAP_TEMPLATE],
    &[
        ck::CKA_WRAP_TEMPLATE,
        ck::CKA_UNWRAP_TEMPLATE,
        ck::CKA_ALLOWED_MECHANISMS,
        ck::CKA_SIGN_RECOVER,
        ck::CKA_VERIFY_RECOVER,
    ],
];

/// What is left of a template.
pub(super) fn without<'a>(away: &[CK_ULONG], template: &[Attribute<'a>]) -> Vec<Attribute<'a>> {
    template.iter().copied().filter(|line| !away.contains(&line.kind)).collect()
}

/// Whether a module says that it knows something of a template not.
pub(super) const fn is_unknown(rv: Rv) -> bool {
    matches!(
        rv.0,
        ck::CKR_ATTRIBUTE_TYPE_INVALID | ck::CKR_ATTRIBUTE_VALUE_INVALID | ck::CKR_TEMPLATE_INCONSISTENT
    )
}
