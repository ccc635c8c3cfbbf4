//! `SM2 key exchange → key, confirmations`: GB/T 32918.3-2016 §6.
//!
//! Both sides get the same key only if each holds the private key it claims; the confirmation hashes say so.

use core::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use super::{PrivateKey, PublicKey, curve, scalar::Scalar};
use crate::{
    algo::{kdf, sm3},
    error::{Rejected, Result},
    secret::reveal,
};

/// Which side one is: the initiator A or the responder B.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The user who starts.
    Initiator,
    /// The user who answers.
    Responder,
}

/// The one-time key pair of an exchange: `R = [r]G` goes to the peer, `r` is used once.
pub type Ephemeral = PrivateKey;

/// What both sides share after the exchange.
pub struct Exchange {
    role: Role,
    shared: Zeroizing<[u8; 64]>,
    z: [[u8; 32]; 2],
    r: [[u8; 65]; 2],
}

impl Exchange {
    /// Steps A4–A7 or B3–B6: the shared point from both key pairs and both user ids.
    ///
    /// # Errors
    /// [`Invalid`](crate::Kind::Invalid) for a user id that is too long; [`Rejected`](crate::Kind::Rejected) when the shared point is
    /// the identity.
    pub fn new(
        role: Role,
        own: (&PrivateKey, &[u8]),
        ephemeral: &Ephemeral,
        peer: (&PublicKey, &[u8]),
        peer_ephemeral: &PublicKey,
    ) -> Result<Self> {
        let own_public = ephemeral.public_key();
        // t = d + x̄ r; U = [h t](P + [x̄']R'), h = 1
        let mut r = ephemeral.scalar().to_factor();
        let mut t = reduced_x(own_public).times(&r).plus(own.0.scalar());
        r.zeroize();
        let factor = reduced_x(peer_ephemeral);
        let point = curve::vartime_mul_add(&factor, peer_ephemeral.point(), peer.0.point());
        let is_zero = reveal(Choice::from((t.is_zero() & 1) as u8));
        let shared = point.filter(|_| !is_zero).map(|point| curve::secret_bytes(curve::product(&t, &point)));
        t.zeroize();
        let shared = shared.ok_or(Rejected)?;
        let mut z = [own.0.public_key().za(own.1)?, peer.0.za(peer.1)?];
        let mut r = [own_public.to_bytes(), peer_ephemeral.to_bytes()];
        if role == Role::Responder {
            z.reverse();
            r.reverse();
        }
        Ok(Self { role, shared, z, r })
    }

    /// The agreed key, as long as asked for: `KDF(x ‖ y ‖ ZA ‖ ZB)`.
    ///
    /// # Errors
    /// As [`kdf::derive`].
    pub fn key(&self, out: &mut [u8]) -> Result<()> {
        kdf::derive(&[&*self.shared, &self.z[0], &self.z[1]], out)
    }

    /// Both confirmations: `SB = S1` that the responder sends, and `SA = S2` that the initiator sends.
    #[must_use]
    pub fn confirmations(&self) -> ([u8; 32], [u8; 32]) {
        (self.confirm(Role::Responder), self.confirm(Role::Initiator))
    }

    /// Checks what the peer sent.
    ///
    /// # Errors
    /// [`Rejected`] when the peer holds another key.
    pub fn verify(&self, confirmation: &[u8; 32]) -> Result<(), Rejected> {
        let peer = if self.role == Role::Initiator { Role::Responder } else { Role::Initiator };
        if reveal(self.confirm(peer).ct_eq(confirmation)) { Ok(()) } else { Err(Rejected) }
    }

    /// `SM3(tag ‖ y ‖ SM3(x ‖ ZA ‖ ZB ‖ x1 ‖ y1 ‖ x2 ‖ y2))`
    fn confirm(&self, sender: Role) -> [u8; 32] {
        let (x, y) = self.shared.split_at(32);
        let inner = sm3::digest_parts(&[x, &self.z[0], &self.z[1], &self.r[0][1..], &self.r[1][1..]]);
        let tag = if sender == Role::Responder { 2 } else { 3 };
        sm3::digest_parts(&[&[tag], y, &inner])
    }
}

/// `x̄ = 2^127 + (x & (2^127 − 1))`
fn reduced_x(point: &PublicKey) -> Scalar {
    let mut bytes = [0; 32];
    bytes[16..].copy_from_slice(&point.coordinates().0[16..]);
    bytes[16] |= 0x80;
    Scalar::reduce(&bytes)
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exchange")
    }
}
