//! The types and encodings of a device's keys.
//!
//! Knows numbers and forms; makes no template.

use super::words::words;

words! {
    /// How `CKA_EC_PARAMS` names the curve in the template of an SM2 key pair.
    Params {
        /// The object identifier 1.2.156.10197.1.301, DER.
        Oid = "oid",
        /// `ECParameters` in full, DER.
        Explicit = "explicit",
        /// It is left away: the type of the key says the curve.
        Absent = "absent",
    }
}

words! {
    /// How `CKA_EC_POINT` holds a public key.
    Point {
        /// 04 ‖ x ‖ y in an OCTET STRING, DER, as PKCS#11 has it.
        OctetString = "octet-string",
        /// 04 ‖ x ‖ y.
        Raw = "raw",
        /// x ‖ y.
        Bare = "bare",
    }
}

/// The number of a key's type, and how its templates and values look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyType {
    /// The number, a `CK_KEY_TYPE`.
    pub code: u64,
    /// Of an SM2 key: how a template names the curve.
    pub params: Option<Params>,
    /// Of an SM2 key: how its public half is told.
    pub point: Option<Point>,
    /// Of a secret key: whether a template for a new one holds `CKA_VALUE_LEN`.
    pub length: bool,
    /// Whether a probe saw a key made so.
    pub verified: bool,
}

/// The keys that a device has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// SM2.
    pub sm2: Option<KeyType>,
    /// SM4.
    pub sm4: Option<KeyType>,
    /// HMAC-SM3.
    pub hmac: Option<KeyType>,
    /// AES.
    pub aes: Option<KeyType>,
}

impl Keys {
    /// Each with the name of its table.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Option<&KeyType>); 4] {
        [
            ("sm2", self.sm2.as_ref()),
            ("sm4", self.sm4.as_ref()),
            ("hmac", self.hmac.as_ref()),
            ("aes", self.aes.as_ref()),
        ]
    }
}
