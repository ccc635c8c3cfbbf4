//! Every derivation of the format in one view (M40–M52): bind, commitment, body keys, wrap keys.
//!
//! Knows labels and widths; no file, no key's life.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Context, Entry, FileKey, Header, HeaderDigest};
use crate::{
    algo::{hkdf, hmac, mode::ctr, sm3, sm4::Sm4},
    error::{Rejected, Result},
    label,
    secret::Secret,
};

/// K or K_e, N, K_m (empty in suite 1).
pub(super) struct BodyKeys {
    pub(super) cipher: Secret<16>,
    pub(super) nonce: Secret<12>,
    pub(super) mac: Secret<32>,
}

/// What a file key and a header give: `PRK = HKDF-Extract(salt, FK)` and `bind` (M40–M42).
pub(super) struct Derived {
    prk: Secret<32>,
    bind: [u8; 32],
}

impl Derived {
    pub(super) fn new(file_key: &FileKey, header: &Header, full: &Context) -> Self {
        let uncommitted = header.encode_uncommitted();
        let bind = sm3::digest_parts(&[
            label::MESSAGE,
            &(uncommitted.len() as u32).to_be_bytes(),
            &uncommitted,
            &full.full(),
        ]);
        Self { prk: hkdf::extract(&header.salt, file_key.expose()), bind }
    }

    /// M43.
    pub(super) fn commitment(&self) -> Result<[u8; 32]> {
        let mut commitment = [0; 32];
        hkdf::expand(&self.prk, &[label::COMMIT, &self.bind], &mut commitment)?;
        Ok(commitment)
    }

    /// M44.
    pub(super) fn body_keys(&self) -> Result<BodyKeys> {
        BodyKeys::expand(&self.prk, &[label::BODY, &self.bind])
    }
}

impl BodyKeys {
    /// 60 bytes: K 16 ‖ N 12 ‖ K_m 32. Suite 1 uses the first 28; HKDF makes the same bytes whatever the length.
    pub(super) fn expand(prk: &Secret<32>, info: &[&[u8]]) -> Result<Self> {
        let mut bytes = Zeroizing::new([0; 60]);
        hkdf::expand(prk, info, &mut *bytes)?;
        Ok(Self {
            cipher: Secret::build(|out| out.copy_from_slice(&bytes[..16])),
            nonce: Secret::build(|out| out.copy_from_slice(&bytes[16..28])),
            mac: Secret::build(|out| out.copy_from_slice(&bytes[28..])),
        })
    }
}

/// Wraps 32 bytes under a secret: encrypt-then-MAC with keys used once (M50–M52). Gives `wrapped ‖ tag`'s two halves.
pub(super) fn wrap(
    secret: &Secret<32>,
    salt: &[u8; 16],
    aad: &[&[u8]],
    file_key: &FileKey,
) -> Result<([u8; 32], [u8; 32])> {
    let keys = wrap_keys(secret, salt, aad)?;
    let mut wrapped = *file_key.expose();
    keys.apply(&mut wrapped);
    Ok((wrapped, keys.tag(aad, &wrapped)))
}

/// Opens what [`wrap`] made; the tag is checked first.
pub(super) fn unwrap(
    secret: &Secret<32>,
    salt: &[u8; 16],
    aad: &[&[u8]],
    wrapped: &[u8; 32],
    tag: &[u8; 32],
) -> Result<FileKey, Rejected> {
    let keys = wrap_keys(secret, salt, aad).map_err(|_| Rejected)?;
    if !bool::from(keys.tag(aad, wrapped).ct_eq(tag)) {
        return Err(Rejected);
    }
    Ok(Secret::build(|out| {
        out.copy_from_slice(wrapped);
        keys.apply(out);
    }))
}

/// `HKDF-Expand(secret, "miyao v1 wrap\0" ‖ salt ‖ SM3(aad), 60)`
fn wrap_keys(secret: &Secret<32>, salt: &[u8; 16], aad: &[&[u8]]) -> Result<BodyKeys> {
    BodyKeys::expand(secret, &[label::WRAP, salt, &sm3::digest_parts(aad)])
}

impl BodyKeys {
    fn apply(&self, wrapped: &mut [u8; 32]) {
        let mut counter = [0; 16];
        counter[..12].copy_from_slice(self.nonce.expose());
        ctr::apply(&Sm4::new(self.cipher.expose()), &counter, wrapped);
    }

    fn tag(&self, aad: &[&[u8]], wrapped: &[u8; 32]) -> [u8; 32] {
        let mut hmac = hmac::HmacSm3::new(self.mac.expose());
        for part in aad {
            hmac.update(part);
        }
        hmac.update(wrapped);
        hmac.finalize()
    }
}

/// Makes the entry of a KMS key's version (type 1).
///
/// # Errors
/// [`Internal`](crate::Kind::Internal) only.
pub fn kms_wrap(
    version_secret: &Secret<32>,
    key: [u8; 16],
    version: u32,
    file_key: &FileKey,
    header: &HeaderDigest,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Entry> {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    let mut entry = Entry::Kms { key, version, salt, wrapped: [0; 32], tag: [0; 32] };
    let (made, made_tag) = wrap(version_secret, &salt, &[&entry.prefix(), &header.0], file_key)?;
    if let Entry::Kms { wrapped, tag, .. } = &mut entry {
        (*wrapped, *tag) = (made, made_tag);
    }
    Ok(entry)
}

/// Opens the entry of a KMS key's version.
///
/// # Errors
/// [`Rejected`] for another secret, another header, altered bytes or an entry of another type.
pub fn kms_unwrap(
    version_secret: &Secret<32>,
    entry: &Entry,
    header: &HeaderDigest,
) -> Result<FileKey, Rejected> {
    let Entry::Kms { salt, wrapped, tag, .. } = entry else { return Err(Rejected) };
    unwrap(version_secret, salt, &[&entry.prefix(), &header.0], wrapped, tag)
}
