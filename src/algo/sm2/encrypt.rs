//! `SM2.encrypt[P](plaintext) → C1, C3, C2`: GB/T 32918.4-2016 §6 and §7, in the three encodings of the field.
//!
//! C3 is compared in constant time before a byte of plaintext leaves. An empty plaintext is refused on both sides: its
//! key stream would be empty and the standard gives it no meaning.

use alloc::{vec, vec::Vec};

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{
    PrivateKey, PublicKey,
    curve::{self, Multiples},
    der,
    keys::nonzero,
    scalar::Scalar,
};
use crate::{
    algo::{kdf, mode::xor, sm3},
    error::{Error, Kind, Rejected, Result},
    secret::{Secret, SecretBytes, reveal},
};

/// How C1 (a point), C3 (32 bytes of SM3) and C2 (the masked text) are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// `SEQUENCE { x INTEGER, y INTEGER, C3 OCTET STRING, C2 OCTET STRING }`, GM/T 0009-2012 §7.2.
    Der,
    /// `04 ‖ x ‖ y ‖ C3 ‖ C2`, GB/T 32918.4-2016.
    C1C3C2,
    /// `04 ‖ x ‖ y ‖ C2 ‖ C3`, the order of 2010.
    C1C2C3,
}

/// The longest plaintext: what the KDF's counter of 32 bits reaches is more than memory holds; this bounds one call.
const MAX_PLAINTEXT: usize = 1 << 30;

impl PublicKey {
    /// Encrypts 1 byte to 2^30 bytes.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for an empty plaintext, [`TooLarge`](Kind::TooLarge) past 2^30 bytes.
    pub fn encrypt(
        &self,
        plaintext: &[u8],
        encoding: Encoding,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>> {
        encrypt(self.multiples(), plaintext, encoding, rng)
    }

    /// One round of §6.1 with this `k`; `None` where the standard says to draw another.
    #[doc(hidden)]
    #[must_use]
    pub fn hazmat_encrypt_with_nonce(
        &self,
        plaintext: &[u8],
        encoding: Encoding,
        k: &[u8; 32],
    ) -> Option<Vec<u8>> {
        encrypt_with_nonce(self.multiples(), plaintext, encoding, k)
    }
}

impl PrivateKey {
    /// Decrypts; a byte of plaintext leaves only after C3 fits.
    ///
    /// # Errors
    /// [`Rejected`] for another key, altered or malformed bytes.
    pub fn decrypt(&self, ciphertext: &[u8], encoding: Encoding) -> Result<SecretBytes, Rejected> {
        let (c1, c3, c2) = parse(ciphertext, encoding)?;
        if c2.is_empty() {
            return Err(Rejected);
        }
        let shared = curve::secret_bytes(curve::product(self.scalar(), c1.point()));
        let mut text = Zeroizing::new(mask(&shared, c2.len()).ok_or(Rejected)?);
        xor(&mut text, c2);
        let mut expected = sm3::digest_parts(&[&shared[..32], &text, &shared[32..]]);
        let equal = expected.as_slice().ct_eq(c3);
        expected.zeroize();
        if reveal(equal) { Ok(SecretBytes::take(core::mem::take(&mut *text))) } else { Err(Rejected) }
    }
}

/// The same ciphertext put together in another way; C1 must be a point of the curve.
///
/// # Errors
/// [`Rejected`] for bytes that are none.
pub fn reencode(ciphertext: &[u8], from: Encoding, to: Encoding) -> Result<Vec<u8>, Rejected> {
    let (c1, c3, c2) = parse(ciphertext, from)?;
    let c3 = c3.try_into().map_err(|_| Rejected)?;
    Ok(assemble(&c1, c3, c2, to))
}

/// §6.1 for a recipient of whom more may be known than the point.
pub(super) fn encrypt(
    recipient: Multiples<'_>,
    plaintext: &[u8],
    encoding: Encoding,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<u8>> {
    if plaintext.is_empty() {
        return Err(Error::new(Kind::Invalid, "SM2 encrypts at least one byte"));
    }
    if plaintext.len() > MAX_PLAINTEXT {
        return Err(Error::new(
            Kind::TooLarge,
            "SM2 encrypts keys and small values; use an envelope for this",
        ));
    }
    loop {
        // A1: k in [1, n − 1]
        let Ok(mut k) = nonzero(Secret::<32>::random(rng).expose()) else { continue };
        let ciphertext = encrypt_with(recipient, plaintext, encoding, &k);
        k.zeroize();
        if let Some(ciphertext) = ciphertext {
            return Ok(ciphertext);
        }
    }
}

pub(super) fn encrypt_with_nonce(
    recipient: Multiples<'_>,
    plaintext: &[u8],
    encoding: Encoding,
    k: &[u8; 32],
) -> Option<Vec<u8>> {
    encrypt_with(recipient, plaintext, encoding, &nonzero(k).ok()?)
}

fn encrypt_with(
    recipient: Multiples<'_>,
    plaintext: &[u8],
    encoding: Encoding,
    k: &Scalar,
) -> Option<Vec<u8>> {
    // A2: C1 = [k]G; A4: (x2, y2) = [k]P
    let (c1, shared) = curve::base_and_product(k, recipient);
    let (c1, shared) = (PublicKey::from_point(c1).unmarked(), curve::secret_bytes(shared));
    // A5: t = KDF(x2 ‖ y2, klen), again if it is all zero; A6: C2 = M ⊕ t
    let mut c2 = Zeroizing::new(mask(&shared, plaintext.len())?);
    xor(&mut c2, plaintext);
    // A7: C3 = SM3(x2 ‖ M ‖ y2)
    let c3 = sm3::digest_parts(&[&shared[..32], plaintext, &shared[32..]]);
    Some(assemble(&c1, &c3, &c2, encoding))
}

/// The key stream, or `None` when it is all zero.
fn mask(shared: &[u8; 64], len: usize) -> Option<Vec<u8>> {
    let mut stream = vec![0; len];
    kdf::derive(&[shared], &mut stream).ok()?;
    let any = stream.iter().fold(0, |any, byte| any | byte);
    reveal(!any.ct_eq(&0)).then_some(stream)
}

fn assemble(c1: &PublicKey, c3: &[u8; 32], c2: &[u8], encoding: Encoding) -> Vec<u8> {
    let mut out = Vec::with_capacity(c2.len() + 120);
    match encoding {
        Encoding::C1C3C2 => [&c1.to_bytes()[..], c3, c2].iter().for_each(|part| out.extend_from_slice(part)),
        Encoding::C1C2C3 => [&c1.to_bytes()[..], c2, c3].iter().for_each(|part| out.extend_from_slice(part)),
        Encoding::Der => {
            let mut body = Vec::with_capacity(c2.len() + 112);
            let (x, y) = c1.coordinates();
            for coordinate in [x, y] {
                let mut integer = [0; 36];
                let len = der::write_integer(coordinate, &mut integer);
                body.extend_from_slice(&integer[..len]);
            }
            for octets in [&c3[..], c2] {
                der::write_header(0x04, octets.len(), &mut body);
                body.extend_from_slice(octets);
            }
            der::write_header(0x30, body.len(), &mut out);
            out.extend_from_slice(&body);
        }
    }
    out
}

fn parse(ciphertext: &[u8], encoding: Encoding) -> Result<(PublicKey, &[u8], &[u8]), Rejected> {
    let point = |bytes: &[u8]| PublicKey::from_bytes(bytes).map_err(|_| Rejected);
    match encoding {
        Encoding::C1C3C2 => {
            let (c1, rest) = ciphertext.split_at_checked(65).ok_or(Rejected)?;
            let (c3, c2) = rest.split_at_checked(32).ok_or(Rejected)?;
            Ok((point(c1)?, c3, c2))
        }
        Encoding::C1C2C3 => {
            let (c1, rest) = ciphertext.split_at_checked(65).ok_or(Rejected)?;
            let (c2, c3) =
                rest.split_at_checked(rest.len().checked_sub(32).ok_or(Rejected)?).ok_or(Rejected)?;
            Ok((point(c1)?, c3, c2))
        }
        Encoding::Der => {
            let mut c1 = [4; 65];
            let rest = der::sequence(ciphertext)?;
            let rest = der::integer(rest, &mut c1[1..33])?;
            let rest = der::integer(rest, &mut c1[33..])?;
            let (c3, rest) = der::octets(rest)?;
            let (c2, rest) = der::octets(rest)?;
            if c3.len() == 32 && rest.is_empty() { Ok((point(&c1)?, c3, c2)) } else { Err(Rejected) }
        }
    }
}
