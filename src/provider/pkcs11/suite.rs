//! The suites by which a root key in a device hides 32 bytes. Their numbers are given once and never reused.
//!
//! Knows names, numbers and what each needs; `hiding` does it.

use cryptoki_sys::{CK_ULONG, CKA_DECRYPT, CKA_DERIVE, CKA_UNWRAP};

use super::{
    keys::{Family, Key},
    profile::{KeyType, Keys, Operation},
    template::Purpose,
};
use crate::error::{Error, Kind, Result};

/// How a root key in a device hides a secret (封装套件).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Suite {
    /// SM2 encryption to the root's public half; the device computes `x([d]C1)` by ECDH, the host does the rest.
    Sm2EcRaw = 1,
    /// SM2 encryption to the root's public half; the device decrypts.
    Sm2PkeDevice = 2,
    /// SM4-GCM inside the device.
    Sm4GcmDevice = 3,
    /// SM4-CBC inside the device, under the MAC that every seal has.
    Sm4CbcEtmDevice = 4,
    // 5 is sdf-kek, of another provider.
    /// AES-256-GCM inside the device; not 国密.
    AesGcmDevice = 6,
    /// AES-256 key wrap (RFC 3394) inside the device; not 国密.
    AesKwDevice = 7,
}

impl Suite {
    /// Every suite, the most wanted first.
    pub const ALL: [Self; 6] = [
        Self::Sm4GcmDevice,
        Self::Sm2PkeDevice,
        Self::Sm2EcRaw,
        Self::Sm4CbcEtmDevice,
        Self::AesGcmDevice,
        Self::AesKwDevice,
    ];

    /// The number in a seal.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The suite of a number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.number() == number)
    }

    /// Its name in configurations and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sm2EcRaw => "sm2-ec-raw",
            Self::Sm2PkeDevice => "sm2-pke-device",
            Self::Sm4GcmDevice => "sm4-gcm-device",
            Self::Sm4CbcEtmDevice => "sm4-cbc-etm-device",
            Self::AesGcmDevice => "aes-gcm-device",
            Self::AesKwDevice => "aes-kw-device",
        }
    }

    /// The suite of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.name() == name)
    }

    /// Reads a name.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for an unknown one.
    pub fn parse(name: &str) -> Result<Self> {
        Self::from_name(name).ok_or_else(|| {
            Error::new(
                Kind::Invalid,
                "no such suite of root keys; `miyao hsm info` tells which the device offers",
            )
            .about(name)
        })
    }

    /// Whether it is 国密.
    #[must_use]
    pub const fn is_gm(self) -> bool {
        !matches!(self, Self::AesGcmDevice | Self::AesKwDevice)
    }

    /// Refuses what is not 国密, where only that is allowed.
    pub(super) fn check_policy(self, gm_only: bool) -> Result<()> {
        if self.is_gm() || !gm_only {
            return Ok(());
        }
        Err(Error::new(
            Kind::Denied,
            "only 国密 is allowed here and this suite is AES; make a root with an SM2 or SM4 suite, or allow others",
        )
        .about(self.name()))
    }

    /// What the device does.
    pub(super) const fn operation(self) -> Operation {
        match self {
            Self::Sm2EcRaw => Operation::Sm2Ecdh,
            Self::Sm2PkeDevice => Operation::Sm2Encrypt,
            Self::Sm4GcmDevice => Operation::Sm4Gcm,
            Self::Sm4CbcEtmDevice => Operation::Sm4Cbc,
            Self::AesGcmDevice => Operation::AesGcm,
            Self::AesKwDevice => Operation::AesKeyWrap,
        }
    }

    /// How the device makes the root.
    pub(super) const fn making(self) -> Operation {
        match self {
            Self::Sm2EcRaw | Self::Sm2PkeDevice => Operation::Sm2KeyPair,
            Self::Sm4GcmDevice | Self::Sm4CbcEtmDevice => Operation::Sm4Key,
            Self::AesGcmDevice | Self::AesKwDevice => Operation::AesKey,
        }
    }

    /// The type of the root, if the profile says it.
    pub(super) const fn key_type(self, keys: &Keys) -> Option<&KeyType> {
        match self {
            Self::Sm2EcRaw | Self::Sm2PkeDevice => keys.sm2.as_ref(),
            Self::Sm4GcmDevice | Self::Sm4CbcEtmDevice => keys.sm4.as_ref(),
            Self::AesGcmDevice | Self::AesKwDevice => keys.aes.as_ref(),
        }
    }

    /// The one thing that the root is for.
    pub(super) const fn purpose(self) -> Purpose {
        match self {
            Self::Sm2EcRaw => Purpose::Derive,
            Self::AesKwDevice => Purpose::Unwrap,
            Self::Sm2PkeDevice | Self::Sm4GcmDevice | Self::Sm4CbcEtmDevice | Self::AesGcmDevice => {
                Purpose::Decrypt
            }
        }
    }

    /// The attribute that says that a key is for it.
    pub(super) const fn usage(self) -> CK_ULONG {
        match self.purpose() {
            Purpose::Derive => CKA_DERIVE,
            Purpose::Unwrap => CKA_UNWRAP,
            Purpose::Decrypt | Purpose::Sign => CKA_DECRYPT,
        }
    }

    /// Whether a key is of its type.
    pub(super) const fn is_for(self, key: &Key) -> bool {
        match key {
            Key::Sm2 { .. } => matches!(self, Self::Sm2EcRaw | Self::Sm2PkeDevice),
            Key::Secret { family: Family::Sm4, .. } => {
                matches!(self, Self::Sm4GcmDevice | Self::Sm4CbcEtmDevice)
            }
            Key::Secret { family: Family::Aes, .. } => matches!(self, Self::AesGcmDevice | Self::AesKwDevice),
            Key::Secret { family: Family::Hmac, .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_as_documented() {
        let mut known: alloc::vec::Vec<_> =
            Suite::ALL.iter().map(|suite| (suite.number(), suite.name())).collect();
        known.sort_unstable();
        let documented = [
            (1, "sm2-ec-raw"),
            (2, "sm2-pke-device"),
            (3, "sm4-gcm-device"),
            (4, "sm4-cbc-etm-device"),
            (6, "aes-gcm-device"),
            (7, "aes-kw-device"),
        ];
        assert_eq!(known, documented);
        let document = include_str!("../../../docs/store.md");
        for (number, name) in documented {
            assert!(document.contains(&std::format!("| {number} {name} |")), "{name} is in docs/store.md");
            assert_eq!(Suite::from_number(number), Suite::from_name(name));
        }
        assert_eq!((Suite::from_number(5), Suite::from_name("sdf-kek")), (None, None));
    }

    #[test]
    fn only_gm_is_only_gm() {
        for suite in Suite::ALL {
            assert_eq!(suite.check_policy(true).is_ok(), suite.name().starts_with("sm"), "{suite:?}");
            assert!(suite.check_policy(false).is_ok());
        }
    }
}
