//! `Signer` and `Verifier`: SM2 signatures and MACs, over data in parts.
//!
//! Knows neither sessions nor objects. Whether the caller gives the message or its digest, and who computes Z, is the
//! mechanism's.

use cryptoki_sys::{
    CKR_DATA_LEN_RANGE, CKR_MECHANISM_PARAM_INVALID, CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE,
};
use miyao::algo::{
    hmac::HmacSm3,
    mode::cmac::Cmac,
    sm2::{DEFAULT_USER_ID, MessageDigest, PrivateKey, PublicKey, Signature},
    sm3::Sm3,
};

use super::Parameter;
use crate::{
    code_points::{Form, Hashing},
    object::Value,
    rng,
    rv::{Result, Rv, check, fail},
};

pub(crate) enum Signer {
    Sm2(Box<PrivateKey>, Text, Form),
    Mac(Mac),
}

pub(crate) enum Verifier {
    Sm2(Box<PublicKey>, Text, Form),
    Mac(Mac),
}

pub(crate) enum Mac {
    Hmac(HmacSm3),
    Cmac(Cmac),
}

/// The way to `e`.
pub(crate) enum Text {
    /// It is `e`.
    Given(Vec<u8>),
    Plain(Sm3),
    WithZ(MessageDigest),
}

impl Signer {
    pub(crate) fn sm2(key: PrivateKey, hashing: Hashing, form: Form, parameter: &Parameter) -> Result<Self> {
        let text = Text::new(hashing, key.public_key(), parameter)?;
        Ok(Self::Sm2(Box::new(key), text, form))
    }

    pub(crate) fn update(&mut self, part: &[u8]) -> Result<()> {
        match self {
            Self::Sm2(_, text, _) => text.update(part),
            Self::Mac(mac) => {
                mac.update(part);
                Ok(())
            }
        }
    }

    /// At most how long it will be.
    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Sm2(_, _, Form::Raw) => Signature::LEN,
            Self::Sm2(_, _, Form::Der) => LONGEST_DER,
            Self::Mac(mac) => mac.len(),
        }
    }

    pub(crate) fn sign(self) -> Result<Value> {
        match self {
            Self::Sm2(key, text, form) => {
                let signature = key.sign_digest(&text.digest()?, &mut rng::fresh()?);
                Ok(Value::new(match form {
                    Form::Raw => signature.to_bytes().to_vec(),
                    Form::Der => {
                        let (bytes, len) = signature.to_der();
                        bytes[..len].to_vec()
                    }
                }))
            }
            Self::Mac(Mac::Hmac(mac)) => Ok(Value::new(mac.finalize().to_vec())),
            Self::Mac(Mac::Cmac(mac)) => Ok(Value::new(mac.finalize().to_vec())),
        }
    }
}

impl Verifier {
    pub(crate) fn sm2(key: PublicKey, hashing: Hashing, form: Form, parameter: &Parameter) -> Result<Self> {
        let text = Text::new(hashing, &key, parameter)?;
        Ok(Self::Sm2(Box::new(key), text, form))
    }

    pub(crate) fn update(&mut self, part: &[u8]) -> Result<()> {
        match self {
            Self::Sm2(_, text, _) => text.update(part),
            Self::Mac(mac) => {
                mac.update(part);
                Ok(())
            }
        }
    }

    pub(crate) fn verify(self, signature: &[u8]) -> Result<()> {
        let verified = match self {
            Self::Sm2(key, text, form) => {
                let e = text.digest()?;
                let signature = match form {
                    Form::Raw => {
                        let bytes = signature.try_into().map_err(|_| Rv(CKR_SIGNATURE_LEN_RANGE))?;
                        Signature::from_bytes(bytes)
                    }
                    Form::Der => {
                        check(signature.len() <= LONGEST_DER, CKR_SIGNATURE_LEN_RANGE)?;
                        Signature::from_der(signature)
                    }
                };
                signature.and_then(|signature| key.verify_digest(&e, &signature))
            }
            Self::Mac(mac) => {
                check(signature.len() == mac.len(), CKR_SIGNATURE_LEN_RANGE)?;
                match mac {
                    Mac::Hmac(mac) => mac.verify(signature),
                    Mac::Cmac(mac) => mac.verify(signature),
                }
            }
        };
        verified.map_err(|_| Rv(CKR_SIGNATURE_INVALID))
    }
}

/// `SEQUENCE` of two integers of 33 bytes.
const LONGEST_DER: usize = 72;

impl Mac {
    fn update(&mut self, part: &[u8]) {
        match self {
            Self::Hmac(mac) => mac.update(part),
            Self::Cmac(mac) => mac.update(part),
        }
    }

    const fn len(&self) -> usize {
        match self {
            Self::Hmac(_) => 32,
            Self::Cmac(_) => 16,
        }
    }
}

impl Text {
    fn new(hashing: Hashing, signer: &PublicKey, parameter: &Parameter) -> Result<Self> {
        Ok(match (hashing, parameter) {
            (Hashing::Given, Parameter::None) => Self::Given(Vec::new()),
            (Hashing::Plain, Parameter::None) => Self::Plain(Sm3::new()),
            (Hashing::WithZ, Parameter::None) => Self::with_z(signer, DEFAULT_USER_ID)?,
            (Hashing::WithZ, Parameter::Bytes(id)) => Self::with_z(signer, id)?,
            _ => return fail(CKR_MECHANISM_PARAM_INVALID),
        })
    }

    fn with_z(signer: &PublicKey, id: &[u8]) -> Result<Self> {
        MessageDigest::new(signer, id).map(Self::WithZ).map_err(|_| Rv(CKR_MECHANISM_PARAM_INVALID))
    }

    fn update(&mut self, part: &[u8]) -> Result<()> {
        match self {
            Self::Given(e) => {
                check(e.len() + part.len() <= 32, CKR_DATA_LEN_RANGE)?;
                e.extend_from_slice(part);
            }
            Self::Plain(hash) => hash.update(part),
            Self::WithZ(hash) => hash.update(part),
        }
        Ok(())
    }

    fn digest(self) -> Result<[u8; 32]> {
        match self {
            Self::Given(e) => e.try_into().map_err(|_| Rv(CKR_DATA_LEN_RANGE)),
            Self::Plain(hash) => Ok(hash.finalize()),
            Self::WithZ(hash) => Ok(hash.finalize()),
        }
    }
}
