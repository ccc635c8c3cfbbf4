//! Which attributes there are, how their values look, and which kind of object has which (PKCS#11 2.40 §4).
//!
//! A table and its questions; knows no object's values.

use cryptoki_sys::{self as ck, CK_ATTRIBUTE_TYPE, CK_OBJECT_CLASS, CK_ULONG};
use miyao::{algo::sm2::PublicKey, provider::pkcs11::profile::Point};

/// `1.2.156.10197.1.301` as `CKA_EC_PARAMS` has it.
pub(crate) const SM2_PARAMETERS: [u8; 10] = [0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D];

/// How an attribute's value looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One byte, 0 or 1.
    Flag,
    /// One number.
    Number,
    /// Any bytes.
    Bytes,
    /// Nothing, or year, month and day as eight digits.
    Date,
    /// Numbers, one after the other.
    Numbers,
}

impl Shape {
    /// Whether these bytes are such a value.
    pub(crate) fn fits(self, value: &[u8]) -> bool {
        match self {
            Self::Flag => matches!(value, [0 | 1]),
            Self::Number => value.len() == size_of::<CK_ULONG>(),
            Self::Bytes => true,
            Self::Date => value.is_empty() || value.len() == 8 && value.iter().all(u8::is_ascii_digit),
            Self::Numbers => value.len().is_multiple_of(size_of::<CK_ULONG>()),
        }
    }
}

/// Kinds of objects, as bits.
type On = u8;

const DATA: On = 1;
const CERTIFICATE: On = 2;
const PUBLIC: On = 4;
const PRIVATE: On = 8;
const SECRET: On = 16;
const HIDDEN: On = PRIVATE | SECRET;
const KEYS: On = PUBLIC | HIDDEN;
const ALL: On = DATA | CERTIFICATE | KEYS;

/// The shape of a known attribute.
pub(crate) fn shape(kind: CK_ATTRIBUTE_TYPE) -> Option<Shape> {
    TABLE.iter().find(|row| row.0 == kind).map(|row| row.1)
}

/// Whether objects of this class have it.
pub(crate) fn belongs(kind: CK_ATTRIBUTE_TYPE, class: CK_OBJECT_CLASS) -> bool {
    let bit = match class {
        ck::CKO_DATA => DATA,
        ck::CKO_CERTIFICATE => CERTIFICATE,
        ck::CKO_PUBLIC_KEY => PUBLIC,
        ck::CKO_PRIVATE_KEY => PRIVATE,
        ck::CKO_SECRET_KEY => SECRET,
        _ => 0,
    };
    TABLE.iter().any(|row| row.0 == kind && row.2 & bit != 0)
}

/// The usage flags of a class, and which of them a key has whose template names none.
pub(crate) const fn usages(
    class: CK_OBJECT_CLASS,
    is_sm4: bool,
) -> (&'static [CK_ATTRIBUTE_TYPE], &'static [CK_ATTRIBUTE_TYPE]) {
    const PUBLIC_USES: &[CK_ATTRIBUTE_TYPE] = &[ck::CKA_ENCRYPT, ck::CKA_VERIFY, ck::CKA_WRAP];
    const PRIVATE_USES: &[CK_ATTRIBUTE_TYPE] =
        &[ck::CKA_DECRYPT, ck::CKA_SIGN, ck::CKA_UNWRAP, ck::CKA_DERIVE];
    const SECRET_USES: &[CK_ATTRIBUTE_TYPE] = &[
        ck::CKA_ENCRYPT,
        ck::CKA_DECRYPT,
        ck::CKA_SIGN,
        ck::CKA_VERIFY,
        ck::CKA_WRAP,
        ck::CKA_UNWRAP,
        ck::CKA_DERIVE,
    ];
    match class {
        ck::CKO_PUBLIC_KEY => (PUBLIC_USES, &[ck::CKA_VERIFY]),
        ck::CKO_PRIVATE_KEY => (PRIVATE_USES, &[ck::CKA_SIGN]),
        ck::CKO_SECRET_KEY if is_sm4 => (SECRET_USES, &[ck::CKA_ENCRYPT, ck::CKA_DECRYPT]),
        ck::CKO_SECRET_KEY => (SECRET_USES, &[ck::CKA_SIGN, ck::CKA_VERIFY]),
        _ => (&[], &[]),
    }
}

/// The key that `CKA_EC_POINT` tells: a DER octet string by the standard, the bare point with some programs and machines.
pub(crate) fn public(value: &[u8]) -> Option<PublicKey> {
    let whole;
    let point = match value {
        [4, 65, point @ ..] if point.len() == 65 => point,
        [4, 33, point @ ..] if point.len() == 33 => point,
        _ if value.len() == 64 => {
            whole = [&[4], value].concat();
            &whole
        }
        _ => value,
    };
    PublicKey::from_bytes(point).ok()
}

/// `CKA_EC_POINT` of a point.
pub(crate) fn from_public(key: &PublicKey, form: Point) -> Vec<u8> {
    let point = key.to_bytes();
    match form {
        Point::Bare => point[1..].to_vec(),
        Point::Raw => point.to_vec(),
        _ => [&[4, 65], point.as_slice()].concat(),
    }
}

use Shape::{Bytes, Date, Flag, Number, Numbers};

const TABLE: &[(CK_ATTRIBUTE_TYPE, Shape, On)] = &[
    (ck::CKA_CLASS, Number, ALL),
    (ck::CKA_TOKEN, Flag, ALL),
    (ck::CKA_PRIVATE, Flag, ALL),
    (ck::CKA_LABEL, Bytes, ALL),
    (ck::CKA_MODIFIABLE, Flag, ALL),
    (ck::CKA_COPYABLE, Flag, ALL),
    (ck::CKA_DESTROYABLE, Flag, ALL),
    (ck::CKA_APPLICATION, Bytes, DATA),
    (ck::CKA_OBJECT_ID, Bytes, DATA),
    (ck::CKA_VALUE, Bytes, DATA | CERTIFICATE | HIDDEN),
    (ck::CKA_CERTIFICATE_TYPE, Number, CERTIFICATE),
    (ck::CKA_CERTIFICATE_CATEGORY, Number, CERTIFICATE),
    (ck::CKA_JAVA_MIDP_SECURITY_DOMAIN, Number, CERTIFICATE),
    (ck::CKA_NAME_HASH_ALGORITHM, Number, CERTIFICATE),
    (ck::CKA_ISSUER, Bytes, CERTIFICATE),
    (ck::CKA_SERIAL_NUMBER, Bytes, CERTIFICATE),
    (ck::CKA_URL, Bytes, CERTIFICATE),
    (ck::CKA_HASH_OF_SUBJECT_PUBLIC_KEY, Bytes, CERTIFICATE),
    (ck::CKA_HASH_OF_ISSUER_PUBLIC_KEY, Bytes, CERTIFICATE),
    (ck::CKA_TRUSTED, Flag, CERTIFICATE | PUBLIC | SECRET),
    (ck::CKA_CHECK_VALUE, Bytes, CERTIFICATE | SECRET),
    (ck::CKA_SUBJECT, Bytes, CERTIFICATE | PUBLIC | PRIVATE),
    (ck::CKA_PUBLIC_KEY_INFO, Bytes, CERTIFICATE | PUBLIC | PRIVATE),
    (ck::CKA_ID, Bytes, CERTIFICATE | KEYS),
    (ck::CKA_START_DATE, Date, CERTIFICATE | KEYS),
    (ck::CKA_END_DATE, Date, CERTIFICATE | KEYS),
    (ck::CKA_KEY_TYPE, Number, KEYS),
    (ck::CKA_DERIVE, Flag, KEYS),
    (ck::CKA_LOCAL, Flag, KEYS),
    (ck::CKA_KEY_GEN_MECHANISM, Number, KEYS),
    (ck::CKA_ALLOWED_MECHANISMS, Numbers, KEYS),
    (ck::CKA_ENCRYPT, Flag, PUBLIC | SECRET),
    (ck::CKA_VERIFY, Flag, PUBLIC | SECRET),
    (ck::CKA_VERIFY_RECOVER, Flag, PUBLIC),
    (ck::CKA_WRAP, Flag, PUBLIC | SECRET),
    (ck::CKA_DECRYPT, Flag, HIDDEN),
    (ck::CKA_SIGN, Flag, HIDDEN),
    (ck::CKA_SIGN_RECOVER, Flag, PRIVATE),
    (ck::CKA_UNWRAP, Flag, HIDDEN),
    (ck::CKA_SENSITIVE, Flag, HIDDEN),
    (ck::CKA_ALWAYS_SENSITIVE, Flag, HIDDEN),
    (ck::CKA_EXTRACTABLE, Flag, HIDDEN),
    (ck::CKA_NEVER_EXTRACTABLE, Flag, HIDDEN),
    (ck::CKA_WRAP_WITH_TRUSTED, Flag, HIDDEN),
    (ck::CKA_ALWAYS_AUTHENTICATE, Flag, PRIVATE),
    (ck::CKA_EC_PARAMS, Bytes, PUBLIC | PRIVATE),
    (ck::CKA_EC_POINT, Bytes, PUBLIC | PRIVATE),
    (ck::CKA_VALUE_LEN, Number, SECRET),
];
