//! `d → [d]G`: key pairs of GB/T 32918.1-2016 §6, and `ZA` of GB/T 32918.2-2016 §5.5.
//!
//! Knows no encodings but the fixed ones: 32 bytes of scalar, 65 bytes of point.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use subtle::Choice;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    DEFAULT_USER_ID, MAX_USER_ID,
    curve::{self, Multiples},
    kept::Kept,
    point::Affine,
    scalar::{Factor, Scalar},
    words,
};
use crate::{
    algo::sm3::{Sm3, digest_parts},
    error::{Error, Kind, Rejected, Result},
    secret::{Secret, reveal, unmark},
};

/// A private key `d` in [1, n − 2]; wiped on drop, unprintable.
///
/// ```
/// use miyao::algo::sm2::{DEFAULT_USER_ID, PrivateKey};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let key = PrivateKey::random(&mut rng);
/// let signature = key.sign(DEFAULT_USER_ID, b"message", &mut rng)?;
/// key.public_key().verify(DEFAULT_USER_ID, b"message", &signature)?;
/// # Ok::<(), miyao::Error>(())
/// ```
pub struct PrivateKey {
    scalar: Scalar,
    public: PublicKey,
    /// `(1 + d)^-1`, ready to multiply by: computed by the first signature, since many a key never makes one.
    signing: Kept,
}

/// A point of the curve that is not the identity; validated when it was made.
#[derive(Clone)]
pub struct PublicKey {
    point: Affine,
    bytes: [u8; 65],
    /// `ZA` of the default user id.
    za: Kept,
}

impl PrivateKey {
    /// A fresh key (GB/T 32918.1 §6.1).
    pub fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        loop {
            let candidate = Secret::<32>::random(rng);
            // Out of range with probability 2^-32: another draw, as the standard says.
            if let Ok(key) = Self::from_bytes(candidate.expose()) {
                return key;
            }
        }
    }

    /// The key with this scalar, big-endian.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) unless it lies in [1, n − 2].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self> {
        let mut scalar = private(bytes).map_err(|Rejected| {
            Error::new(Kind::Invalid, "an SM2 private key lies between 1 and n - 2; this one does not")
        })?;
        let key = Self::from_pair(scalar, curve::base(&scalar));
        scalar.zeroize();
        Ok(key)
    }

    /// From a scalar that `private` gave, and its multiple of G.
    pub(super) fn from_pair(scalar: Scalar, point: Affine) -> Self {
        Self { scalar, public: PublicKey::from_point(point).unmarked(), signing: Kept::new() }
    }

    /// The public half.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The scalar, big-endian.
    #[must_use]
    pub fn expose(&self) -> Secret<32> {
        Secret::take(&mut self.scalar.to_bytes())
    }

    /// `x([d]P)`, big-endian: the raw Diffie–Hellman value (a building block; derive keys from it, never use it as one).
    #[must_use]
    pub fn shared_x(&self, peer: &PublicKey) -> Secret<32> {
        let mut shared = curve::product(&self.scalar, &peer.point);
        let (mut x, mut y) = curve::coordinates(&shared);
        shared.wipe();
        y.zeroize();
        Secret::take(&mut x)
    }

    /// `(1 + d)^-1`
    pub(super) fn signing_factor(&self) -> Factor {
        Factor(self.signing.get_or(|| self.scalar.plus(&Scalar::ONE).invert().to_factor().0))
    }

    pub(super) const fn scalar(&self) -> &Scalar {
        &self.scalar
    }
}

impl PublicKey {
    /// The number of bytes of the uncompressed point.
    pub const LEN: usize = 65;

    /// The point `04 ‖ x ‖ y`, or compressed `02|03 ‖ x` (GB/T 32918.1 §4.2.9); that it lies on the curve is checked.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for any other bytes, a point off the curve or the identity.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let refused = || {
            Error::new(
                Kind::Invalid,
                "these bytes are no point of the SM2 curve; an uncompressed one is 04, x, y: 65 bytes",
            )
        };
        if !matches!((bytes.len(), bytes.first()), (65, Some(4)) | (33, Some(2 | 3))) {
            return Err(refused());
        }
        let (prefix, coordinates) = bytes.split_first().ok_or_else(refused)?;
        let point = match coordinates.as_chunks().0 {
            [x, y] => curve::vartime_parse(x, y),
            [x] => curve::vartime_decompress(x, *prefix == 3),
            _ => None,
        };
        Ok(Self::from_point(point.ok_or_else(refused)?))
    }

    /// The point as `04 ‖ x ‖ y`.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 65] {
        self.bytes
    }

    /// `ZA = SM3(ENTLA ‖ IDA ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA)` (GB/T 32918.2 §5.5).
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for a user id of more than 8,191 bytes.
    pub fn za(&self, user_id: &[u8]) -> Result<[u8; 32]> {
        let bits = bits(user_id)?;
        let fresh = || digest_parts(&[&bits, user_id, &CURVE, &self.bytes[1..]]);
        if user_id == DEFAULT_USER_ID {
            return Ok(words::to_bytes(&self.za.get_or(|| words::from_bytes(&fresh()))));
        }
        Ok(fresh())
    }

    /// What `ZA` is the digest of.
    #[cfg(feature = "alloc")]
    pub(super) fn za_input(&self, user_id: &[u8]) -> Result<Vec<u8>> {
        Ok([&bits(user_id)?, user_id, &CURVE, &self.bytes[1..]].concat())
    }

    /// `ZA` where it is kept.
    #[cfg(feature = "alloc")]
    pub(super) fn kept_za(&self, user_id: &[u8]) -> Option<[u8; 32]> {
        if user_id == DEFAULT_USER_ID { self.za.get().map(|za| words::to_bytes(&za)) } else { None }
    }

    /// Keeps `ZA`, the digest of what `za_input` gives, if this user id is one to keep it for.
    #[cfg(feature = "alloc")]
    pub(super) fn keep_za(&self, user_id: &[u8], za: &[u8; 32]) {
        if user_id == DEFAULT_USER_ID {
            self.za.get_or(|| words::from_bytes(za));
        }
    }

    /// The key identifier: SM3 of the SubjectPublicKeyInfo in DER.
    #[must_use]
    pub fn key_identifier(&self) -> [u8; 32] {
        let mut hash = Sm3::new();
        hash.update(&SPKI_PREFIX);
        hash.update(&self.bytes);
        hash.finalize()
    }

    /// The SubjectPublicKeyInfo in DER (RFC 5480, GM/T 0009-2012 §7.1): 91 bytes.
    #[must_use]
    pub fn spki(&self) -> [u8; 91] {
        let mut out = [0; 91];
        out[..26].copy_from_slice(&SPKI_PREFIX);
        out[26..].copy_from_slice(&self.bytes);
        out
    }

    pub(super) const fn point(&self) -> &Affine {
        &self.point
    }

    pub(super) const fn multiples(&self) -> Multiples<'_> {
        Multiples::Point(&self.point)
    }

    /// From a point the caller knows to be on the curve and not the identity.
    pub(super) fn from_point(point: Affine) -> Self {
        let mut bytes = [4; 65];
        let (x, y) = curve::coordinates(&point);
        bytes[1..33].copy_from_slice(&x);
        bytes[33..].copy_from_slice(&y);
        Self { point, bytes, za: Kept::new() }
    }

    /// The same key, which everybody may know though it was computed from a secret.
    pub(super) fn unmarked(mut self) -> Self {
        unmark(&mut self.bytes);
        self.point = Affine { x: self.point.x.unmarked(), y: self.point.y.unmarked() };
        self
    }

    /// The affine coordinates x and y, 32 bytes each.
    pub(super) fn coordinates(&self) -> (&[u8], &[u8]) {
        self.bytes[1..].split_at(32)
    }
}

/// `ENTLA`: how many bits a user id has.
fn bits(user_id: &[u8]) -> Result<[u8; 2]> {
    if user_id.len() > MAX_USER_ID {
        return Err(Error::new(Kind::Invalid, "an SM2 user id has at most 8,191 bytes"));
    }
    Ok((user_id.len() as u16 * 8).to_be_bytes())
}

/// The scalar of 32 bytes in [1, n − 1]; only whether they are in this range shows.
pub(super) fn nonzero(bytes: &[u8; 32]) -> Result<Scalar, Rejected> {
    let scalar = Scalar::parse(bytes);
    if is_zero(&scalar) { Err(Rejected) } else { Ok(scalar) }
}

/// The scalar of 32 bytes in [1, n − 2], as a private key; only whether they are in this range shows.
pub(super) fn private(bytes: &[u8; 32]) -> Result<Scalar, Rejected> {
    let scalar = nonzero(bytes)?;
    // d = n − 1 makes 1 + d vanish: no signature could ever be made.
    if is_zero(&scalar.plus(&Scalar::ONE)) { Err(Rejected) } else { Ok(scalar) }
}

/// Whether a scalar is zero, which may be known.
fn is_zero(scalar: &Scalar) -> bool {
    reveal(Choice::from((scalar.is_zero() & 1) as u8))
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey")
    }
}

impl Drop for PrivateKey {
    fn drop(&mut self) {
        self.scalar.zeroize();
        self.signing.wipe();
    }
}

impl ZeroizeOnDrop for PrivateKey {}

/// The bytes say all.
impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        for byte in self.bytes {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// SEQUENCE { SEQUENCE { id-ecPublicKey, sm2p256v1 }, BIT STRING } up to the point.
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81,
    0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00,
];

/// a ‖ b ‖ xG ‖ yG of GB/T 32918.5-2017 §2.
const CURVE: [u8; 128] = *b"\
\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xfc\
\x28\xe9\xfa\x9e\x9d\x9f\x5e\x34\x4d\x5a\x9e\x4b\xcf\x65\x09\xa7\xf3\x97\x89\xf5\x15\xab\x8f\x92\xdd\xbc\xbd\x41\x4d\x94\x0e\x93\
\x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94\x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7\
\xbc\x37\x36\xa2\xf4\xf6\x77\x9c\x59\xbd\xce\xe3\x6b\x69\x21\x53\xd0\xa9\x87\x7c\xc6\x2a\x47\x40\x02\xdf\x32\xe5\x21\x39\xf0\xa0";
