//! Work that takes data in parts: ciphers, signatures, MACs. Digests are [`miyao::algo::sm3::Sm3`] itself.
//!
//! Knows neither sessions nor objects; it is made from keys, and holds them until it ends.

mod cipher;
mod sign;

use cryptoki_sys::CK_ULONG;

pub(crate) use cipher::Cipher;
pub(crate) use sign::{Mac, Signer, Verifier};

use crate::object::Value;

/// A mechanism's parameter, as the desk read it.
pub(crate) enum Parameter {
    None,
    /// Bytes: an initialisation vector, an identifier.
    Bytes(Vec<u8>),
    /// `CK_AES_CTR_PARAMS`: the bits that count, and the first block.
    Counter {
        bits: CK_ULONG,
        block: [u8; 16],
    },
    /// `CK_GCM_PARAMS`.
    Gcm {
        nonce: Vec<u8>,
        context: Vec<u8>,
        tag_bits: CK_ULONG,
    },
    /// `CK_ECDH1_DERIVE_PARAMS`.
    Ecdh1 {
        kdf: CK_ULONG,
        shared: Value,
        public: Vec<u8>,
    },
}
