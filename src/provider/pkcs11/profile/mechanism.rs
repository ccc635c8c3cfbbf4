//! One thing that a device can be asked to do, and how.
//!
//! Knows what the words of an entry mean together; calls no device.

use alloc::string::String;

use super::words::{Ciphertext, Input, Parameter, Signature, Z, words};

words! {
    /// What a mechanism does.
    Operation {
        /// Makes an SM2 key pair.
        Sm2KeyPair = "sm2-key-pair",
        /// Makes an SM2 signature.
        Sm2Sign = "sm2-sign",
        /// Encrypts and decrypts with SM2.
        Sm2Encrypt = "sm2-encrypt",
        /// ECDH with an SM2 key: the x coordinate of \[d\]P.
        Sm2Ecdh = "sm2-ecdh",
        /// Wraps a key under an SM2 public key.
        Sm2Wrap = "sm2-wrap",
        /// Unwraps a key with an SM2 private key.
        Sm2Unwrap = "sm2-unwrap",
        /// SM2 key agreement (GB/T 32918.3-2016).
        Sm2Agree = "sm2-agree",
        /// SM3.
        Sm3 = "sm3",
        /// SM3 over Z ‖ M, Z from the parameter: the digest e of a signature.
        Sm3WithZ = "sm3-with-z",
        /// HMAC-SM3.
        HmacSm3 = "hmac-sm3",
        /// Makes a key for HMAC-SM3.
        HmacKey = "hmac-key",
        /// Makes an SM4 key.
        Sm4Key = "sm4-key",
        /// SM4-ECB.
        Sm4Ecb = "sm4-ecb",
        /// SM4-CBC without padding.
        Sm4Cbc = "sm4-cbc",
        /// SM4-CBC with the padding of PKCS#7.
        Sm4CbcPad = "sm4-cbc-pad",
        /// SM4-CTR.
        Sm4Ctr = "sm4-ctr",
        /// SM4-GCM: the tag of 16 bytes follows the ciphertext.
        Sm4Gcm = "sm4-gcm",
        /// Wraps a key by SM4-GCM and binds data to it: `C_WrapKeyAuthenticated` of PKCS#11 3.2.
        Sm4GcmWrap = "sm4-gcm-wrap",
        /// SM4-CMAC: 16 bytes.
        Sm4Cmac = "sm4-cmac",
        /// Another MAC with SM4.
        Sm4Mac = "sm4-mac",
        /// Makes an AES key.
        AesKey = "aes-key",
        /// AES-GCM: the tag of 16 bytes follows the ciphertext.
        AesGcm = "aes-gcm",
        /// Wraps a key by AES-GCM and binds data to it: `C_WrapKeyAuthenticated` of PKCS#11 3.2.
        AesGcmWrap = "aes-gcm-wrap",
        /// AES key wrap (RFC 3394).
        AesKeyWrap = "aes-key-wrap",
        /// AES key wrap with padding (RFC 5649).
        AesKeyWrapPad = "aes-key-wrap-pad",
    }
}

/// One entry of a profile: a mechanism (密码机制) and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mechanism {
    /// What it does.
    pub operation: Operation,
    /// Its number, a `CK_MECHANISM_TYPE`.
    pub code: u64,
    /// The shape of its parameter.
    pub parameter: Option<Parameter>,
    /// Of a signature: what the device is given.
    pub input: Option<Input>,
    /// Of a signature: who computes Z.
    pub z: Option<Z>,
    /// Of a signature: its form.
    pub signature: Option<Signature>,
    /// Of an encryption with SM2: the form of the ciphertext.
    pub ciphertext: Option<Ciphertext>,
    /// Whether a probe saw it work just so.
    pub verified: bool,
    /// What people should know of it.
    pub note: Option<String>,
}

impl Mechanism {
    /// An entry of which nothing but the number is known.
    #[must_use]
    pub const fn new(operation: Operation, code: u64) -> Self {
        Self {
            operation,
            code,
            parameter: None,
            input: None,
            z: None,
            signature: None,
            ciphertext: None,
            verified: false,
            note: None,
        }
    }

    /// Whether everything is known that its use needs.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.parameter.is_some()
            && (self.operation != Operation::Sm2Sign
                || self.input.is_some() && self.z.is_some() && self.signature.is_some())
            && (self.operation != Operation::Sm2Encrypt || self.ciphertext.is_some())
    }

    /// Whether both are used alike; what was verified and noted is not asked.
    #[must_use]
    pub fn is_used_as(&self, other: &Self) -> bool {
        let plain = |of: &Self| Self { verified: false, note: None, ..of.clone() };
        plain(self) == plain(other)
    }

    /// What contradicts itself, if anything does; it says what to write instead.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let signs = self.operation == Operation::Sm2Sign;
        if !signs && (self.input.is_some() || self.z.is_some() || self.signature.is_some()) {
            return Some("input, z and signature are of sm2-sign; remove them");
        }
        if self.operation != Operation::Sm2Encrypt && self.ciphertext.is_some() {
            return Some("ciphertext is of sm2-encrypt; remove it");
        }
        match (self.input, self.z) {
            (Some(Input::Digest), Some(z)) if z != Z::Host => {
                return Some(
                    "who gives a digest has computed Z: with input = \"digest\", write z = \"host\"",
                );
            }
            (Some(Input::Message), Some(Z::Host)) => {
                return Some(
                    "a device that hashes what it is given has z = \"none\", even if the host puts Z before it",
                );
            }
            (_, Some(Z::Parameter))
                if !matches!(self.parameter, None | Some(Parameter::Id | Parameter::IdAndKey)) =>
            {
                return Some("z = \"parameter\" needs parameter = \"id\" or \"id-and-key\"");
            }
            _ => {}
        }
        match self.parameter {
            Some(parameter) if !self.operation.takes(parameter) => {
                Some("this operation takes no parameter of this shape; see docs/hsm.md for those it takes")
            }
            Some(_) | None => None,
        }
    }
}

impl Operation {
    /// Whether a parameter of this shape makes sense.
    #[must_use]
    pub const fn takes(self, parameter: Parameter) -> bool {
        match parameter {
            Parameter::None => !matches!(
                self,
                Self::Sm2Ecdh
                    | Self::Sm4Ctr
                    | Self::Sm4Gcm
                    | Self::Sm4GcmWrap
                    | Self::AesGcm
                    | Self::AesGcmWrap
            ),
            Parameter::Iv16 => matches!(self, Self::Sm4Cbc | Self::Sm4CbcPad | Self::Sm4Ctr | Self::Sm4Mac),
            Parameter::Ctr => matches!(self, Self::Sm4Ctr),
            Parameter::Gcm | Parameter::GcmShort | Parameter::GcmKoal => {
                matches!(self, Self::Sm4Gcm | Self::AesGcm)
            }
            Parameter::GcmMessage => matches!(self, Self::Sm4GcmWrap | Self::AesGcmWrap),
            Parameter::Ecdh1 => matches!(self, Self::Sm2Ecdh | Self::Sm2Agree),
            Parameter::Id => matches!(self, Self::Sm2Sign | Self::Sm3WithZ),
            Parameter::IdAndKey => matches!(self, Self::Sm2Sign | Self::Sm3WithZ | Self::Sm3),
            Parameter::KeyHandle => matches!(self, Self::HmacSm3),
        }
    }
}
