//! `SM2.encrypt[P](plaintext) → C1, C3, C2`: GB/T 32918.4-2016 §6 and §7, in the three encodings of the field.
//!
//! C3 is compared in constant time before a byte of plaintext leaves. An empty plaintext is refused on both sides: its
//! key stream would be empty and the standard gives it no meaning.

use alloc::{vec, vec::Vec};

use rand_core::CryptoRng;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
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

/// A ciphertext taken apart, for whoever computes only `x2 = x([d]C1)`, as a device does whose ECDH gives no y.
///
/// ```
/// use miyao::algo::sm2::{Ciphertext, Encoding, PrivateKey};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let key = PrivateKey::random(&mut rng);
/// let bytes = key.public_key().encrypt(b"secret", Encoding::C1C3C2, &mut rng)?;
/// let ciphertext = Ciphertext::parse(&bytes, Encoding::C1C3C2)?;
/// let x2 = key.shared_x(ciphertext.c1()); // inside the device
/// assert_eq!(ciphertext.decrypt_with_x(&x2)?.expose(), b"secret");
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ciphertext<'a> {
    c1: PublicKey,
    c3: [u8; 32],
    c2: &'a [u8],
}

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
        let ciphertext = Ciphertext::parse(ciphertext, encoding)?;
        let shared = curve::secret_bytes(curve::product(self.scalar(), ciphertext.c1.point()));
        let (mut text, fits) = ciphertext.unmask(&shared).ok_or(Rejected)?;
        if reveal(fits) { Ok(SecretBytes::take(core::mem::take(&mut *text))) } else { Err(Rejected) }
    }
}

impl<'a> Ciphertext<'a> {
    /// Takes it apart; C1 is on the curve, which a device may not check.
    ///
    /// # Errors
    /// [`Rejected`] for malformed bytes, a C1 off the curve, and an empty C2.
    pub fn parse(bytes: &'a [u8], encoding: Encoding) -> Result<Self, Rejected> {
        let (c1, c3, c2) = parse(bytes, encoding)?;
        let c3 = *c3.first_chunk().ok_or(Rejected)?;
        if c2.is_empty() { Err(Rejected) } else { Ok(Self { c1, c3, c2 }) }
    }

    /// C1, of which a device computes the multiple by the private key.
    #[must_use]
    pub const fn c1(&self) -> &PublicKey {
        &self.c1
    }

    /// Puts it together.
    #[must_use]
    pub fn to_bytes(&self, encoding: Encoding) -> Vec<u8> {
        assemble(&self.c1, &self.c3, self.c2, encoding)
    }

    /// Decrypts with `x2` alone (GB/T 32918.4-2016 §7.1): of the two points with this x, C3 decides which one it was, and which one
    /// does not show.
    ///
    /// # Errors
    /// [`Rejected`] for the x of another key or point, and altered bytes.
    pub fn decrypt_with_x(&self, x2: &Secret<32>) -> Result<SecretBytes, Rejected> {
        let [one, other] = curve::secret_lift(x2.expose()).ok_or(Rejected)?;
        // The key stream of one of them is all zero once in 2^(8 · length): such a one does not fit.
        let blank = || (Zeroizing::new(vec![0; self.c2.len()]), Choice::from(0));
        let (mut text, fits) = self.unmask(&one).unwrap_or_else(blank);
        let (other, other_fits) = self.unmask(&other).unwrap_or_else(blank);
        for (byte, other) in text.iter_mut().zip(other.iter()) {
            byte.conditional_assign(other, other_fits);
        }
        if reveal(fits | other_fits) {
            Ok(SecretBytes::take(core::mem::take(&mut *text)))
        } else {
            Err(Rejected)
        }
    }

    /// B4 to B6 with x2 ‖ y2: the text, and whether C3 fits; nothing for a key stream of zeros.
    fn unmask(&self, shared: &[u8; 64]) -> Option<(Zeroizing<Vec<u8>>, Choice)> {
        let mut text = Zeroizing::new(mask(shared, self.c2.len())?);
        xor(&mut text, self.c2);
        let mut expected = sm3::digest_parts(&[&shared[..32], &text, &shared[32..]]);
        let fits = expected.ct_eq(&self.c3);
        expected.zeroize();
        Some((text, fits))
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::drbg::Drbg;

    /// 32 keys and lengths: of both points with an x2, each is the right one often enough.
    #[test]
    fn the_x_of_the_shared_point_alone_decrypts_and_c3_decides() {
        let mut rng = Drbg::new(&[9; 32], b"sm2/encrypt", b"");
        let other = PrivateKey::random(&mut rng);
        let mut odd = 0;
        for length in 1..=32 {
            let (key, text) = (PrivateKey::random(&mut rng), vec![0x5A; length]);
            for encoding in [Encoding::C1C3C2, Encoding::C1C2C3, Encoding::Der] {
                let mut bytes = key.public_key().encrypt(&text, encoding, &mut rng).unwrap();
                let parted = Ciphertext::parse(&bytes, encoding).unwrap();
                assert_eq!(parted.to_bytes(encoding), bytes);
                let shared = curve::secret_bytes(curve::product(key.scalar(), parted.c1().point()));
                odd += shared[63] & 1;
                let x2 = key.shared_x(parted.c1());
                assert_eq!(x2.expose()[..], shared[..32]);
                assert_eq!(parted.decrypt_with_x(&x2).unwrap().expose(), text);
                assert!(parted.decrypt_with_x(&other.shared_x(parted.c1())).is_err(), "another key");
                assert!(parted.decrypt_with_x(&Secret::take(&mut [0xFF; 32])).is_err(), "no number below p");
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
                let altered = Ciphertext::parse(&bytes, encoding).unwrap();
                assert!(altered.decrypt_with_x(&x2).is_err(), "an altered byte");
            }
        }
        assert!((20..76).contains(&odd), "{odd} of 96 y2 are odd");
    }

    /// About half of all x are of no point, and then nothing fits.
    #[test]
    fn an_x_of_no_point_is_rejected() {
        let lifted = (0..=255u8).filter(|byte| {
            let mut x = [0; 32];
            x[31] = *byte;
            let points = curve::secret_lift(&x);
            if let Some([one, two]) = &points {
                let bytes = |shared: &[u8; 64]| [&[4], &shared[..]].concat();
                assert!(
                    PublicKey::from_bytes(&bytes(one)).is_ok() && PublicKey::from_bytes(&bytes(two)).is_ok()
                );
                assert_eq!(one[..32], x);
                assert_ne!(one[32..], two[32..]);
            }
            points.is_some()
        });
        assert!((90..166).contains(&lifted.count()));
    }
}
