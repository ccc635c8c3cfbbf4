//! Which number stands for which work: the standard gives 国密 mechanisms none, and every vendor took its own.
//!
//! Knows no keys. What the module can do is [`Work`]; a profile says under which numbers it is asked for.

use cryptoki_sys::{
    CK_KEY_TYPE, CK_MECHANISM_TYPE, CKK_EC, CKM_EC_KEY_PAIR_GEN, CKM_ECDH1_DERIVE,
    CKM_GENERIC_SECRET_KEY_GEN, CKR_GENERAL_ERROR,
};
use miyao::algo::sm2::Encoding;

use crate::{
    config::Config,
    rv::{Result, Rv},
};

/// What a mechanism does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Makes an SM2 key pair of the vendor's key type.
    Sm2Pair,
    /// Makes an SM2 key pair of the type `CKK_EC`; the curve is in `CKA_EC_PARAMS`.
    EcPair,
    /// SM2 signatures.
    Sm2Sign(Hashing, Form),
    /// SM2 encryption, and wrapping.
    Sm2Encrypt(Encoding),
    /// SM3.
    Sm3,
    /// HMAC-SM3.
    HmacSm3,
    /// Makes an SM4 key.
    Sm4Key,
    /// Makes a secret of any length.
    SecretKey,
    /// SM4-ECB.
    Ecb,
    /// SM4-CBC of whole blocks.
    Cbc,
    /// SM4-CBC with padding, and wrapping.
    CbcPad,
    /// SM4-CTR.
    Ctr,
    /// SM4-GCM, and wrapping.
    Gcm,
    /// SM4-CMAC.
    Cmac,
    /// `x([d]P)`.
    Ecdh1,
}

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hashing {
    /// The caller gives `e`.
    Given,
    /// `e = SM3(M)`, as some machines do.
    Plain,
    /// `e = SM3(Z ‖ M)`, GB/T 32918.2-2016; the parameter is the user's identifier, the default one where there is none.
    WithZ,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `r ‖ s`.
    Raw,
    /// `SEQUENCE { r, s }`.
    Der,
}

/// A profile, as far as the module uses it.
pub(crate) struct CodePoints {
    /// The type of SM2 keys.
    pub(crate) sm2: CK_KEY_TYPE,
    /// The type of SM4 keys.
    pub(crate) sm4: CK_KEY_TYPE,
    mechanisms: Vec<(CK_MECHANISM_TYPE, Work)>,
}

impl CodePoints {
    /// The profile that the configuration names.
    pub(crate) fn of(config: &Config) -> Result<Self> {
        let mut points = builtin(&config.profile).ok_or(Rv(CKR_GENERAL_ERROR))?;
        let standard = [
            (CKM_EC_KEY_PAIR_GEN, Work::EcPair),
            (CKM_ECDH1_DERIVE, Work::Ecdh1),
            (CKM_GENERIC_SECRET_KEY_GEN, Work::SecretKey),
        ];
        points.mechanisms.extend(standard);
        Ok(points)
    }

    /// What this number stands for.
    pub(crate) fn work(&self, code: CK_MECHANISM_TYPE) -> Option<Work> {
        self.mechanisms.iter().find(|known| known.0 == code).map(|known| known.1)
    }

    /// Every number, in the order of the profile.
    pub(crate) fn codes(&self) -> Vec<CK_MECHANISM_TYPE> {
        self.mechanisms.iter().map(|known| known.0).collect()
    }

    /// Whether a key of this type is on the SM2 curve.
    pub(crate) const fn is_sm2(&self, key_type: CK_KEY_TYPE) -> bool {
        key_type == self.sm2 || key_type == CKK_EC
    }
}

/// Where the numbers of vendors begin.
const VENDOR: CK_MECHANISM_TYPE = 0x8000_0000;
/// Our own: the vendor's range with the letters M and Y.
const OWN: CK_MECHANISM_TYPE = 0xCD59_0000;

fn builtin(name: &str) -> Option<CodePoints> {
    use Form::{Der, Raw};
    use Hashing::{Given, Plain, WithZ};
    use Work::{Cbc, CbcPad, Cmac, Ctr, Ecb, Gcm, HmacSm3, Sm2Encrypt, Sm2Pair, Sm2Sign, Sm3, Sm4Key};
    let at = |base, list: &[(CK_MECHANISM_TYPE, Work)]| {
        list.iter().map(|&(offset, work)| (base + offset, work)).collect()
    };
    Some(match name {
        "miyao" => CodePoints {
            sm2: OWN + 1,
            sm4: OWN + 2,
            mechanisms: at(
                OWN,
                &[
                    (0x10, Sm2Pair),
                    (0x11, Sm2Sign(Given, Raw)),
                    (0x12, Sm2Sign(Given, Der)),
                    (0x13, Sm2Sign(Plain, Raw)),
                    (0x14, Sm2Sign(Plain, Der)),
                    (0x15, Sm2Sign(WithZ, Raw)),
                    (0x16, Sm2Sign(WithZ, Der)),
                    (0x18, Sm2Encrypt(Encoding::C1C3C2)),
                    (0x19, Sm2Encrypt(Encoding::Der)),
                    (0x1A, Sm2Encrypt(Encoding::C1C2C3)),
                    (0x20, Sm3),
                    (0x21, HmacSm3),
                    (0x30, Sm4Key),
                    (0x31, Ecb),
                    (0x32, Cbc),
                    (0x33, CbcPad),
                    (0x34, Ctr),
                    (0x35, Gcm),
                    (0x36, Cmac),
                ],
            ),
        },
        "sansec" => CodePoints {
            sm2: VENDOR + 4,
            sm4: VENDOR + 0x106,
            mechanisms: at(
                VENDOR,
                &[
                    (0x8001, Sm2Pair),
                    (0x8100, Sm2Sign(Plain, Raw)),
                    (0x8101, Sm2Sign(Plain, Der)),
                    (0x8102, Sm2Sign(WithZ, Raw)),
                    (0x8103, Sm2Sign(WithZ, Der)),
                    (0x8104, Sm2Sign(Given, Der)),
                    (0x8105, Sm2Sign(Given, Raw)),
                    (0x8200, Sm2Encrypt(Encoding::C1C3C2)),
                    (0x8201, Sm2Encrypt(Encoding::Der)),
                    (0x9001, Sm3),
                    (0x107, Sm4Key),
                    (0x108, Ecb),
                    (0x109, Cbc),
                    (0xA201, CbcPad),
                ],
            ),
        },
        _ => return None,
    })
}
