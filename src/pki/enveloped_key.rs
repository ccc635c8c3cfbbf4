//! `SM2EnvelopedKey[recipient](private key)` (密钥对保护结构): GM/T 0009-2012 §7.4, GB/T 35276-2017 §7.4.
//!
//! How a certification authority hands out a key pair for encryption: SM4-ECB under a fresh key, which SM2 encrypts.
//! ECB proves nothing by itself; that the private key belongs to the public key beside it does. Knows no request.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    der::{BIT_STRING, NULL, OID, Reader, SEQUENCE, element},
    oid,
};
use crate::{
    algo::{
        mode::ecb,
        sm2::{Encoding, PrivateKey, PublicKey},
        sm4::Sm4,
    },
    error::{Error, Kind, Rejected, Result},
    secret::{Secret, reveal},
};

/// Hides `key` for whoever holds the private half of `recipient`.
///
/// ```
/// use miyao::{algo::sm2::PrivateKey, pki::enveloped_key};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let (own, made) = (PrivateKey::random(&mut rng), PrivateKey::random(&mut rng));
/// let envelope = enveloped_key::wrap(&made, own.public_key(), &mut rng)?;
/// assert_eq!(enveloped_key::unwrap(&envelope, &own)?.public_key(), made.public_key());
/// assert!(enveloped_key::unwrap(&envelope, &made).is_err());
/// # Ok::<(), miyao::Error>(())
/// ```
///
/// # Errors
/// As [`PublicKey::encrypt`].
pub fn wrap(key: &PrivateKey, recipient: &PublicKey, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Vec<u8>> {
    let symmetric = Secret::<16>::random(rng);
    let mut scalar = Zeroizing::new(*key.expose().expose());
    ecb::encrypt(&Sm4::new(symmetric.expose()), scalar.as_mut_slice())?;
    let algorithm = element(SEQUENCE, &[&element(OID, &[oid::SM4_ECB]), &[NULL, 0]]);
    let wrapped = recipient.encrypt(symmetric.expose(), Encoding::Der, rng)?;
    let public = element(BIT_STRING, &[&[0], &key.public_key().to_bytes()]);
    let private = element(BIT_STRING, &[&[0], scalar.as_slice()]);
    Ok(element(SEQUENCE, &[&algorithm, &wrapped, &public, &private]))
}

/// Finds the private key again.
///
/// # Errors
/// [`Rejected`](Kind::Rejected) under another key, and when the halves of the key do not belong together;
/// [`Malformed`](Kind::Malformed) for another shape, [`Unsupported`](Kind::Unsupported) for another cipher than SM4-ECB.
pub fn unwrap(der: &[u8], own: &PrivateKey) -> Result<PrivateKey> {
    let found = Parts::read(der)?;
    open(&found, own).map_err(|Rejected| {
        Error::new(
            Kind::Rejected,
            "this key does not open the enveloped key, or its halves do not belong together; ask for it anew",
        )
    })
}

/// The public half that an enveloped key names, before anything is opened.
///
/// # Errors
/// As [`unwrap`], but for the keys.
pub fn unverified_public_key(der: &[u8]) -> Result<PublicKey> {
    Ok(Parts::read(der)?.public)
}

struct Parts<'a> {
    wrapped: &'a [u8],
    public: PublicKey,
    private: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(der: &'a [u8]) -> Result<Self> {
        let strict = |Rejected| malformed();
        let mut body = Reader::sequence_of(der).map_err(strict)?;
        let (id, parameters) = body.algorithm().map_err(strict)?;
        // GM/T 0006 numbers SM4 itself too; some write that.
        if id != oid::SM4_ECB && id != oid::SM4 {
            return Err(Error::new(
                Kind::Unsupported,
                "the enveloped key is encrypted with what GM/T 0009 does not have; ask for SM4-ECB",
            )
            .about(oid::name(id)));
        }
        let parts = |mut body: Reader<'a>| {
            parameters.end_or_null()?;
            let wrapped = body.whole(SEQUENCE)?;
            let (public, private) = (body.bits()?, body.bits()?);
            body.end()?;
            let public = PublicKey::from_bytes(public).map_err(|_| Rejected)?;
            Ok(Self { wrapped, public, private })
        };
        parts(body).map_err(strict)
    }
}

fn open(found: &Parts<'_>, own: &PrivateKey) -> Result<PrivateKey, Rejected> {
    let symmetric = own.decrypt(found.wrapped, Encoding::Der)?;
    let cipher = Sm4::new(symmetric.expose().try_into().map_err(|_| Rejected)?);
    let mut text = Zeroizing::new(found.private.to_vec());
    ecb::decrypt(&cipher, &mut text).map_err(|_| Rejected)?;
    // A field of GM/T 0018 has 64 bytes, of which SM2 fills the last 32.
    let (zeros, scalar) = text.split_last_chunk::<32>().ok_or(Rejected)?;
    if !matches!(zeros.len(), 0 | 32) || reveal(!zeros.ct_eq(&[0; 32][..zeros.len()])) {
        return Err(Rejected);
    }
    let key = PrivateKey::from_bytes(scalar).map_err(|_| Rejected)?;
    if *key.public_key() == found.public { Ok(key) } else { Err(Rejected) }
}

fn malformed() -> Error {
    Error::new(
        Kind::Malformed,
        "not an SM2EnvelopedKey of GM/T 0009 in strict DER; check that it is the right file",
    )
}
