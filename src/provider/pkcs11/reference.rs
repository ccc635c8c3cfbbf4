//! References to keys that are kept inside a token: what they are, how they are used, and by what they are recognised.
//!
//! `1 ‖ spec u8 ‖ way u8 ‖ id 16 ‖ fingerprint 32`. Knows no session.

use alloc::vec::Vec;

use super::{
    keys::Wanted,
    profile::{self, Operation},
    template::Purpose,
};
use crate::{
    error::{Error, Kind, Result},
    key::Spec,
};

/// How a key is used: it was made so, and the token allows it nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Way {
    /// SM2 decryption from ECDH.
    Ecdh = 1,
    /// SM2 decryption by the token.
    Decrypt = 2,
    /// SM2 signatures of a digest.
    Sign = 3,
    /// HMAC-SM3.
    Mac = 4,
}

/// What stands in a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) spec: Spec,
    pub(super) way: Way,
    pub(super) id: [u8; 16],
    pub(super) fingerprint: [u8; 32],
}

const VERSION: u8 = 1;

impl Way {
    const ALL: [Self; 4] = [Self::Ecdh, Self::Decrypt, Self::Sign, Self::Mac];

    pub(super) const fn purpose(self) -> Purpose {
        match self {
            Self::Ecdh => Purpose::Derive,
            Self::Decrypt => Purpose::Decrypt,
            Self::Sign | Self::Mac => Purpose::Sign,
        }
    }

    pub(super) const fn operation(self) -> Operation {
        match self {
            Self::Ecdh => Operation::Sm2Ecdh,
            Self::Decrypt => Operation::Sm2Encrypt,
            Self::Sign => Operation::Sm2Sign,
            Self::Mac => Operation::HmacSm3,
        }
    }

    pub(super) const fn making(self) -> Operation {
        match self {
            Self::Ecdh | Self::Decrypt | Self::Sign => Operation::Sm2KeyPair,
            Self::Mac => Operation::HmacKey,
        }
    }

    /// The type of its keys, if the profile says it.
    pub(super) const fn key_type(self, keys: &profile::Keys) -> Option<&profile::KeyType> {
        match self {
            Self::Mac => keys.hmac.as_ref(),
            Self::Ecdh | Self::Decrypt | Self::Sign => keys.sm2.as_ref(),
        }
    }

    /// The ways that serve a spec, the most wanted first.
    pub(super) const fn of(spec: Spec) -> &'static [Self] {
        match spec {
            Spec::Sm4 | Spec::HmacSm3 => &[Self::Mac],
            Spec::Sm2Sign => &[Self::Sign],
            Spec::Sm2Encrypt => &[Self::Decrypt, Self::Ecdh],
        }
    }
}

impl Reference {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let wrong =
            || Error::new(Kind::Malformed, "this is no reference to a key in a token; restore the record");
        let ([version, spec, way], rest) = bytes.split_first_chunk().ok_or_else(wrong)?;
        let (id, fingerprint) = rest.split_first_chunk().ok_or_else(wrong)?;
        let spec = Spec::ALL.into_iter().find(|known| *known as u8 == *spec).ok_or_else(wrong)?;
        let way = Way::ALL.into_iter().find(|known| *known as u8 == *way).ok_or_else(wrong)?;
        let fingerprint = fingerprint.try_into().map_err(|_| wrong())?;
        if *version != VERSION || !Way::of(spec).contains(&way) {
            return Err(wrong());
        }
        Ok(Self { spec, way, id: *id, fingerprint })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        [&[VERSION, self.spec as u8, self.way as u8][..], &self.id, &self.fingerprint].concat()
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted::by_id(&self.id)
    }
}
