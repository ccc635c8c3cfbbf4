//! `SM2.sign[d, user id](message) → (r, s)`: GB/T 32918.2-2016 §6 and §7.
//!
//! Nonces are hedged: drawn by HMAC-SM3 from the key, the digest and fresh randomness, so neither a repeated state of
//! the generator nor a repeated message repeats a nonce under another digest.

#[cfg(all(test, feature = "std"))]
mod tests;

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::fmt;

use rand_core::{CryptoRng, TryCryptoRng};
use signature::{RandomizedSigner, SignatureEncoding, Verifier};
use subtle::Choice;
use zeroize::Zeroize;

use super::{
    DEFAULT_USER_ID, PrivateKey, PublicKey,
    curve::{self, Multiples},
    der,
    keys::nonzero,
    scalar::Scalar,
    words::Words,
};
#[cfg(feature = "alloc")]
use crate::algo::hmac::{self, Keyed};
use crate::{
    algo::{hmac::HmacSm3, sm3::Sm3},
    error::{Error, Rejected, Result},
    secret::{Secret, reveal, unmark},
};

/// A signature `r ‖ s`, both in [1, n − 1].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature([u8; 64]);

/// `e = SM3(ZA ‖ message)` of a message that comes in pieces.
///
/// ```
/// use miyao::algo::sm2::{DEFAULT_USER_ID, MessageDigest, PrivateKey};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// # let key = PrivateKey::random(&mut rng);
/// let mut digest = MessageDigest::new(key.public_key(), DEFAULT_USER_ID)?;
/// digest.update(b"mess");
/// digest.update(b"age");
/// let signature = key.sign_digest(&digest.finalize(), &mut rng);
/// key.public_key().verify(DEFAULT_USER_ID, b"message", &signature)?;
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MessageDigest(Sm3);

impl MessageDigest {
    /// Starts with `ZA` of this signer.
    ///
    /// # Errors
    /// [`Invalid`](crate::Kind::Invalid) for a user id of more than 8,191 bytes.
    pub fn new(signer: &PublicKey, user_id: &[u8]) -> Result<Self> {
        let mut hash = Sm3::new();
        hash.update(&signer.za(user_id)?);
        Ok(Self(hash))
    }

    /// Appends bytes to the message.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The digest that is signed.
    #[must_use]
    pub fn finalize(self) -> [u8; 32] {
        self.0.finalize()
    }
}

impl Signature {
    /// The number of bytes of the raw form.
    pub const LEN: usize = 64;

    /// The raw form `r ‖ s`.
    ///
    /// # Errors
    /// [`Rejected`] unless both lie in [1, n − 1].
    pub fn from_bytes(bytes: &[u8; 64]) -> Result<Self, Rejected> {
        let signature = Self(*bytes);
        signature.scalars().map(|_| signature)
    }

    /// The raw form `r ‖ s`.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 64] {
        self.0
    }

    /// `SEQUENCE { r INTEGER, s INTEGER }` in strict DER (GM/T 0009-2012 §7.3).
    ///
    /// # Errors
    /// [`Rejected`] for any other bytes and for numbers outside [1, n − 1].
    pub fn from_der(bytes: &[u8]) -> Result<Self, Rejected> {
        let mut raw = [0; 64];
        let rest = der::sequence(bytes)?;
        let rest = der::integer(rest, &mut raw[..32])?;
        let rest = der::integer(rest, &mut raw[32..])?;
        if rest.is_empty() { Self::from_bytes(&raw) } else { Err(Rejected) }
    }

    /// The DER form and its length: 8 to 72 bytes.
    #[must_use]
    pub fn to_der(&self) -> ([u8; 72], usize) {
        let mut out = [0; 72];
        let mut end = 2;
        for half in [&self.0[..32], &self.0[32..]] {
            end += der::write_integer(half, &mut out[end..]);
        }
        out[0] = 0x30;
        out[1] = end as u8 - 2;
        (out, end)
    }

    fn scalars(&self) -> Result<(Scalar, Scalar), Rejected> {
        let ([r, s], _) = self.0.as_chunks() else { return Err(Rejected) };
        Ok((nonzero(r)?, nonzero(s)?))
    }
}

impl PrivateKey {
    /// Signs a message.
    ///
    /// # Errors
    /// [`Invalid`](crate::Kind::Invalid) for a user id of more than 8,191 bytes.
    pub fn sign(
        &self,
        user_id: &[u8],
        message: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Signature> {
        let mut digest = MessageDigest::new(self.public_key(), user_id)?;
        digest.update(message);
        Ok(self.sign_digest(&digest.finalize(), rng))
    }

    /// Signs `e`, the digest of [`MessageDigest`].
    pub fn sign_digest(&self, e: &[u8; 32], rng: &mut (impl CryptoRng + ?Sized)) -> Signature {
        let fresh = Secret::<32>::random(rng);
        let mut nonces = Nonces::new(&self.expose(), e, &fresh);
        loop {
            let mut k = nonces.next();
            let signature = self.sign_with(e, &k);
            k.zeroize();
            if let Some(signature) = signature {
                return signature;
            }
        }
    }

    /// One round of §6.1 A3–A6 with this `k`; `None` where the standard says to draw another.
    #[doc(hidden)]
    #[must_use]
    pub fn hazmat_sign_with_nonce(&self, e: &[u8; 32], k: &[u8; 32]) -> Option<Signature> {
        self.sign_with(e, &nonzero(k).ok()?)
    }

    fn sign_with(&self, e: &[u8; 32], k: &Scalar) -> Option<Signature> {
        // A4: (x1, y1) = [k]G
        let mut x1 = curve::base_x(k);
        let signature = self.sign_with_x(e, k, &x1);
        x1.as_mut_slice().zeroize();
        signature
    }

    /// A5 and A6 with this x1.
    pub(super) fn sign_with_x(&self, e: &[u8; 32], k: &Scalar, x1: &Words) -> Option<Signature> {
        // A5: r = (e + x1) mod n; again if r = 0 or r + k = n
        let r = Scalar::reduce(e).plus(&Scalar::reduce_words(x1));
        // A6: s = (1 + d)^-1 (k − r d) = (1 + d)^-1 (k + r) − r mod n; again if s = 0
        let mut sum = r.plus(k);
        let mut factor = self.signing_factor();
        let s = sum.times(&factor).minus(&r);
        factor.zeroize();
        let refused = k.is_zero() | r.is_zero() | sum.is_zero() | s.is_zero();
        sum.zeroize();
        if reveal(Choice::from((refused & 1) as u8)) {
            return None;
        }
        let mut raw = [0; 64];
        raw[..32].copy_from_slice(&r.to_bytes());
        raw[32..].copy_from_slice(&s.to_bytes());
        unmark(&mut raw);
        Some(Signature(raw))
    }
}

impl PublicKey {
    /// Verifies a signature of a message.
    ///
    /// # Errors
    /// [`Rejected`] for another key, user id, message or signature.
    pub fn verify(&self, user_id: &[u8], message: &[u8], signature: &Signature) -> Result<(), Rejected> {
        let mut digest = MessageDigest::new(self, user_id).map_err(|_: Error| Rejected)?;
        digest.update(message);
        self.verify_digest(&digest.finalize(), signature)
    }

    /// Verifies a signature of `e`, the digest of [`MessageDigest`].
    ///
    /// # Errors
    /// [`Rejected`] for another key, digest or signature.
    pub fn verify_digest(&self, e: &[u8; 32], signature: &Signature) -> Result<(), Rejected> {
        signature.verify_with(e, self.multiples())
    }
}

impl Signature {
    /// §7.1 B5–B7 with what is known of the key.
    pub(super) fn verify_with(&self, e: &[u8; 32], key: Multiples<'_>) -> Result<(), Rejected> {
        let Claim { s, t, x1 } = self.claim(e)?;
        if curve::vartime_has_x(&s, &t, key, &x1) { Ok(()) } else { Err(Rejected) }
    }

    /// What makes this a signature of e by P; B5 has been seen to.
    pub(super) fn claim(&self, e: &[u8; 32]) -> Result<Claim, Rejected> {
        let (r, s) = self.scalars()?;
        // B5: t = r + s
        let t = r.plus(&s);
        if t.is_zero() != 0 {
            return Err(Rejected);
        }
        // B7: R = (e + x1) mod n is r where x1 is r − e
        Ok(Claim { s, t, x1: r.minus(&Scalar::reduce(e)) })
    }
}

/// B6: that the x of `[s]G + [t]P` is x1 modulo n.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    pub(super) s: Scalar,
    pub(super) t: Scalar,
    pub(super) x1: Scalar,
}

/// The nonces of one signature: `k_i = HMAC-SM3[fresh](d ‖ e ‖ i ‖ 0) ‖ HMAC-SM3[fresh](d ‖ e ‖ i ‖ 1) mod n`.
struct Nonces {
    keyed: HmacSm3,
    round: u8,
}

impl Nonces {
    fn new(d: &Secret<32>, e: &[u8; 32], fresh: &Secret<32>) -> Self {
        let mut keyed = HmacSm3::new(fresh.expose());
        keyed.update(d.expose());
        keyed.update(e);
        Self { keyed, round: 0 }
    }

    /// 512 bits reduced modulo n: the bias is below 2^-256.
    fn next(&mut self) -> Scalar {
        let mut halves = [0u8, 1].map(|half| {
            let mut hmac = self.keyed.clone();
            hmac.update(&[self.round, half]);
            hmac.finalize()
        });
        self.round = self.round.wrapping_add(1);
        let k = Scalar::reduce_wide(&halves[0], &halves[1]);
        halves.zeroize();
        k
    }
}

/// The first nonce of each signature, `(key, e)`, with its own fresh bytes; the hashes go side by side.
#[cfg(feature = "alloc")]
pub(super) fn first_nonces(items: &[(&PrivateKey, &[u8; 32])], fresh: &[[u8; 32]]) -> Vec<Scalar> {
    let keyed = Keyed::each(fresh.iter().take(items.len()));
    // d ‖ e ‖ 0 ‖ 0 and d ‖ e ‖ 0 ‖ 1
    let mut inputs: Vec<[[u8; 66]; 2]> = core::iter::repeat_n([[0; 66]; 2], items.len()).collect();
    for ((key, e), inputs) in items.iter().zip(&mut inputs) {
        for (half, input) in (0..).zip(inputs) {
            input[..32].copy_from_slice(key.expose().expose());
            input[32..64].copy_from_slice(*e);
            input[65] = half;
        }
    }
    let jobs = inputs.as_flattened().iter().enumerate().map(|(at, input)| (&keyed[at / 2], input.as_slice()));
    let mut halves = hmac::finish_each(jobs);
    inputs.as_flattened_mut().as_flattened_mut().zeroize();
    let nonces = halves.as_chunks().0.iter().map(|[high, low]| Scalar::reduce_wide(high, low)).collect();
    halves.as_flattened_mut().zeroize();
    nonces
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<Signature> for [u8; 64] {
    fn from(signature: Signature) -> Self {
        signature.0
    }
}

impl TryFrom<&[u8]> for Signature {
    type Error = signature::Error;

    fn try_from(bytes: &[u8]) -> Result<Self, signature::Error> {
        let raw = bytes.try_into().map_err(|_| signature::Error::new())?;
        Self::from_bytes(raw).map_err(|Rejected| signature::Error::new())
    }
}

impl SignatureEncoding for Signature {
    type Repr = [u8; 64];
}

/// Signs under the default user id.
impl RandomizedSigner<Signature> for PrivateKey {
    fn try_sign_with_rng<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        message: &[u8],
    ) -> Result<Signature, signature::Error> {
        let mut digest =
            MessageDigest::new(self.public_key(), DEFAULT_USER_ID).map_err(|_| signature::Error::new())?;
        digest.update(message);
        let mut seed = [0; 32];
        rng.try_fill_bytes(&mut seed).map_err(|_| signature::Error::new())?;
        let mut rng = crate::algo::drbg::Drbg::new(&seed, b"", b"miyao signer");
        seed.zeroize();
        Ok(self.sign_digest(&digest.finalize(), &mut rng))
    }
}

/// Verifies under the default user id.
impl Verifier<Signature> for PublicKey {
    fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), signature::Error> {
        self.verify(DEFAULT_USER_ID, message, signature).map_err(|Rejected| signature::Error::new())
    }
}
