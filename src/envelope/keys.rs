//! Every derivation of the format in one view (M40–M52): bind, commitment, body keys, wrap keys.
//!
//! Knows labels and widths; no file, no key's life.

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{Context, Entry, FileKey, Header, HeaderDigest};
use crate::{
    algo::{
        hkdf::{self, Prk},
        sm3,
        wrap::{self, Wrapped},
    },
    error::{Error, Rejected, Result},
    label,
    secret::Secret,
};

/// K or K_e, N, K_m (unused in suite 1); filled in place, because a value that moves leaves a copy behind.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub(super) struct BodyKeys {
    pub(super) cipher: [u8; 16],
    pub(super) nonce: [u8; 12],
    pub(super) mac: [u8; 32],
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
    pub(super) fn body_keys(&self, keys: &mut BodyKeys) -> Result<()> {
        Ok(keys.expand(&self.prk, &[label::BODY, &self.bind])?)
    }
}

impl BodyKeys {
    /// 60 bytes: K 16 ‖ N 12 ‖ K_m 32. Suite 1 uses the first 28; HKDF makes the same bytes whatever the length.
    pub(super) fn expand<P: Prk>(&mut self, prk: &P, info: &[&[u8]]) -> Result<(), P::Failure> {
        let mut bytes = Zeroizing::new([0; 60]);
        prk.expand(info, &mut *bytes)?;
        self.cipher.copy_from_slice(&bytes[..16]);
        self.nonce.copy_from_slice(&bytes[16..28]);
        self.mac.copy_from_slice(&bytes[28..]);
        Ok(())
    }
}

/// Makes the entry of a KMS key's version (type 1).
///
/// # Errors
/// Whatever holds the version's secret; none for a [`Secret`].
pub fn kms_wrap<P: Prk<Failure: Into<Error>>>(
    version_secret: &P,
    key: [u8; 16],
    version: u32,
    file_key: &FileKey,
    header: &HeaderDigest,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Entry> {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    let prefix = Entry::Kms { key, version, salt, wrapped: [0; 32], tag: [0; 32] }.prefix();
    let made = wrap::wrap_with_salt(version_secret, label::WRAP, &salt, &[&prefix, &header.0], file_key);
    let made = made.map_err(Into::into)?;
    Ok(Entry::Kms { key, version, salt, wrapped: made.key, tag: made.tag })
}

/// Opens the entry of a KMS key's version.
///
/// # Errors
/// [`Rejected`] for another secret, another header, altered bytes or an entry of another type; whatever holds the
/// version's secret.
pub fn kms_unwrap<P: Prk>(
    version_secret: &P,
    entry: &Entry,
    header: &HeaderDigest,
) -> Result<FileKey, P::Failure> {
    let Entry::Kms { salt, wrapped, tag, .. } = entry else { return Err(Rejected.into()) };
    let wrapped = Wrapped { salt: *salt, key: *wrapped, tag: *tag };
    wrap::unwrap(version_secret, label::WRAP, &[&entry.prefix(), &header.0], &wrapped)
}
