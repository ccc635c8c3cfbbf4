//! `wrap[secret, label](associated data, key) → salt 16 ‖ wrapped 32 ‖ tag 32`: 32 bytes hidden under keys used once.
//!
//! `K_e 16 ‖ IV 12 ‖ K_m 32 = HKDF-Expand(secret, label ‖ salt ‖ SM3(aad), 60)`, SM4-CTR, then HMAC-SM3 over aad and
//! ciphertext. Knows no purpose: a label that ends in a zero byte keeps purposes apart.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{hkdf::Prk, hmac, mode::ctr, sm3, sm4::Sm4};
use crate::{
    error::{Rejected, Result},
    secret::{Secret, reveal},
};

/// What [`wrap`] makes: the salt, the hidden key, and the tag over both and the associated data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// What makes the wrap keys unique.
    pub salt: [u8; 16],
    /// The hidden key.
    pub key: [u8; 32],
    /// The tag.
    pub tag: [u8; 32],
}

/// Wraps under a fresh salt; `aad` is what the caller binds it to, its parts joined.
///
/// # Errors
/// Whatever holds the key; none for a [`Secret`].
pub fn wrap<P: Prk>(
    secret: &P,
    label: &[u8],
    aad: &[&[u8]],
    key: &Secret<32>,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Wrapped, P::Failure> {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    wrap_with_salt(secret, label, &salt, aad, key)
}

/// Wraps under a salt that never met this secret before; for formats that bind the salt in `aad`.
///
/// # Errors
/// As [`wrap()`].
pub fn wrap_with_salt<P: Prk>(
    secret: &P,
    label: &[u8],
    salt: &[u8; 16],
    aad: &[&[u8]],
    key: &Secret<32>,
) -> Result<Wrapped, P::Failure> {
    let keys = Keys::derive(secret, label, salt, aad)?;
    let mut hidden = *key.expose();
    keys.apply(&mut hidden);
    Ok(Wrapped { salt: *salt, key: hidden, tag: keys.tag(aad, &hidden) })
}

/// Opens what [`wrap`] made; the tag is checked before anything is decrypted.
///
/// # Errors
/// [`Rejected`] for another secret, label or associated data, or altered bytes; whatever holds the key.
pub fn unwrap<P: Prk>(
    secret: &P,
    label: &[u8],
    aad: &[&[u8]],
    wrapped: &Wrapped,
) -> Result<Secret<32>, P::Failure> {
    let keys = Keys::derive(secret, label, &wrapped.salt, aad)?;
    if !reveal(keys.tag(aad, &wrapped.key).ct_eq(&wrapped.tag)) {
        return Err(Rejected.into());
    }
    Ok(Secret::build(|out| {
        out.copy_from_slice(&wrapped.key);
        keys.apply(out);
    }))
}

impl Wrapped {
    /// The number of bytes of the encoding.
    pub const LEN: usize = 80;

    /// `salt ‖ wrapped ‖ tag`
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..16].copy_from_slice(&self.salt);
        out[16..48].copy_from_slice(&self.key);
        out[48..].copy_from_slice(&self.tag);
        out
    }

    /// Reads [`to_bytes`](Self::to_bytes).
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let mut wrapped = Self { salt: [0; 16], key: [0; 32], tag: [0; 32] };
        wrapped.salt.copy_from_slice(&bytes[..16]);
        wrapped.key.copy_from_slice(&bytes[16..48]);
        wrapped.tag.copy_from_slice(&bytes[48..]);
        wrapped
    }
}

struct Keys {
    cipher: Secret<16>,
    counter: [u8; 16],
    mac: Secret<32>,
}

impl Keys {
    fn derive<P: Prk>(secret: &P, label: &[u8], salt: &[u8; 16], aad: &[&[u8]]) -> Result<Self, P::Failure> {
        let mut bytes = Zeroizing::new([0; 60]);
        secret.expand(&[label, salt, &sm3::digest_parts(aad)], &mut *bytes)?;
        let mut counter = [0; 16];
        counter[..12].copy_from_slice(&bytes[16..28]);
        Ok(Self {
            cipher: Secret::build(|out| out.copy_from_slice(&bytes[..16])),
            counter,
            mac: Secret::build(|out| out.copy_from_slice(&bytes[28..])),
        })
    }

    fn apply(&self, key: &mut [u8; 32]) {
        ctr::apply(&Sm4::new(self.cipher.expose()), &self.counter, key);
    }

    fn tag(&self, aad: &[&[u8]], hidden: &[u8; 32]) -> [u8; 32] {
        let mut hmac = hmac::HmacSm3::new(self.mac.expose());
        for part in aad {
            hmac.update(part);
        }
        hmac.update(hidden);
        hmac.finalize()
    }
}
