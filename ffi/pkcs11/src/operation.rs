//! Work that takes data in parts: ciphers, digests, signatures, MACs.
//!
//! Knows neither sessions nor objects; it is made from keys, and holds them until it ends.

mod cipher;
mod message;
mod sign;

use cryptoki_sys::CK_ULONG;
use miyao::algo::{
    sm2::{MessageDigest, PublicKey},
    sm3::Sm3,
};

pub(crate) use cipher::Cipher;
pub(crate) use message::Message;
pub(crate) use sign::{Mac, Signer, Verifier};

use crate::object::Value;

/// A mechanism's parameter, as the desk read it.
pub(crate) enum Parameter {
    None,
    /// Bytes: an initialisation vector, an identifier.
    Bytes(Vec<u8>),
    /// An identifier and a public key, which Z is made of.
    Signer {
        id: Vec<u8>,
        public: Box<PublicKey>,
    },
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
    /// `CK_GCM_MESSAGE_PARAMS`.
    Message(Message),
    /// `CK_ECDH1_DERIVE_PARAMS`.
    Ecdh1 {
        kdf: CK_ULONG,
        shared: Value,
        public: Vec<u8>,
    },
}

/// A digest in progress.
pub(crate) enum Digest {
    /// SM3.
    Plain(Sm3),
    /// SM3 over Z and what is given.
    WithZ(MessageDigest),
}

impl Digest {
    pub(crate) fn update(&mut self, part: &[u8]) {
        match self {
            Self::Plain(hash) => hash.update(part),
            Self::WithZ(hash) => hash.update(part),
        }
    }

    pub(crate) fn finish(self) -> Value {
        Value::new(match self {
            Self::Plain(hash) => hash.finalize().to_vec(),
            Self::WithZ(hash) => hash.finalize().to_vec(),
        })
    }
}
