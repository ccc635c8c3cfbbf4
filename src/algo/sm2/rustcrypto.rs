//! To the keys of the `sm2` crate and back, for programs that have both; a signature is 64 bytes there as here.
//!
//! Knows only the bytes of a key. What comes in is checked as from anybody else.

use ::sm2::elliptic_curve::sec1::ToSec1Point as _;
use zeroize::Zeroize as _;

use super::{PrivateKey, PublicKey};
use crate::error::{Error, Kind};

impl TryFrom<&::sm2::SecretKey> for PrivateKey {
    type Error = Error;

    /// # Errors
    /// [`Invalid`](Kind::Invalid) for d = n − 1, with which nothing can be signed.
    fn try_from(key: &::sm2::SecretKey) -> Result<Self, Error> {
        let mut bytes = key.to_bytes();
        let ours = Self::from_bytes(bytes.as_ref());
        bytes.zeroize();
        ours
    }
}

impl TryFrom<&PrivateKey> for ::sm2::SecretKey {
    type Error = Error;

    /// # Errors
    /// [`Invalid`](Kind::Invalid) for none of this release of that crate. Mind that its `DecryptingKey` prints its scalar.
    fn try_from(key: &PrivateKey) -> Result<Self, Error> {
        Self::from_slice(key.expose().expose()).map_err(|_| refused())
    }
}

impl TryFrom<&::sm2::PublicKey> for PublicKey {
    type Error = Error;

    /// # Errors
    /// [`Invalid`](Kind::Invalid) for none of this release of that crate.
    fn try_from(key: &::sm2::PublicKey) -> Result<Self, Error> {
        Self::from_bytes(key.to_sec1_point(false).as_bytes())
    }
}

impl TryFrom<&PublicKey> for ::sm2::PublicKey {
    type Error = Error;

    /// # Errors
    /// [`Invalid`](Kind::Invalid) for none of this release of that crate.
    fn try_from(key: &PublicKey) -> Result<Self, Error> {
        Self::from_sec1_bytes(&key.to_bytes()).map_err(|_| refused())
    }
}

fn refused() -> Error {
    Error::new(
        Kind::Invalid,
        "the sm2 crate refuses a key that is valid here; report it with the versions of both",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::drbg::Drbg;

    #[test]
    fn keys_go_to_the_sm2_crate_and_come_back() {
        let ours = PrivateKey::random(&mut Drbg::new(&[7; 32], b"sm2/rustcrypto", b""));
        let theirs = ::sm2::SecretKey::try_from(&ours).unwrap();
        assert_eq!(PublicKey::try_from(&theirs.public_key()).unwrap(), *ours.public_key());
        assert_eq!(::sm2::PublicKey::try_from(ours.public_key()).unwrap(), theirs.public_key());
        let back = PrivateKey::try_from(&theirs).unwrap();
        assert_eq!(back.expose().expose(), ours.expose().expose());
    }

    #[test]
    fn the_scalar_that_signs_nothing_does_not_come_in() {
        let last = -::sm2::NonZeroScalar::new(::sm2::Scalar::ONE).unwrap();
        let kind = PrivateKey::try_from(&::sm2::SecretKey::from(last)).unwrap_err().kind();
        assert_eq!(kind, Kind::Invalid);
    }
}
