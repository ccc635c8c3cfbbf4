//! Roots in software: a passphrase, or a file with 32 random bytes.
//!
//! Knows no device and no store. What a seal looks like (integers big-endian; the kind is the layout's number and is
//! never reused):
//!
//! | kind u8 | what follows | bytes in all | wrap secret |
//! |---|---|---|---|
//! | 1 passphrase | iterations u32 ‖ salt 16 ‖ wrapped 32 ‖ tag 32 | 85 | `PBKDF2-HMAC-SM3(passphrase, salt, iterations, 32)` |
//! | 2 key file | salt 16 ‖ wrapped 32 ‖ tag 32 | 81 | the file's 32 bytes |
//!
//! `salt ‖ wrapped ‖ tag` is [`wrap`] under the label of the master seal; its associated data is
//! `binding ‖ header`, the header being all before the salt. A passphrase's salt serves PBKDF2 and the wrap. The number
//! of iterations is 600,000 to 10,000,000, checked before any is done.

mod keyfile;
mod passphrase;

use alloc::vec::Vec;

pub use self::{keyfile::KeyFile, passphrase::Passphrase};
use crate::{
    algo::wrap::{self, Wrapped},
    error::{Error, Kind, Result},
    label,
    secret::Secret,
};

/// The kinds of seal.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum SealKind {
    Passphrase = 1,
    KeyFile = 2,
}

impl SealKind {
    /// What follows the kind's byte, when the seal is of this kind.
    fn strip(self, sealed: &[u8]) -> Result<&[u8]> {
        let (kind, rest) = sealed.split_first().ok_or_else(malformed)?;
        match *kind {
            kind if kind == self as u8 => Ok(rest),
            1 => Err(Error::new(
                Kind::Rejected,
                "a passphrase seals this key store's master secret; give the passphrase",
            )),
            2 => Err(Error::new(
                Kind::Rejected,
                "a key file seals this key store's master secret; give the key file",
            )),
            _ => Err(Error::new(
                Kind::Unsupported,
                "this release does not know how the master secret is sealed; use a newer one",
            )),
        }
    }
}

fn malformed() -> Error {
    Error::new(
        Kind::Malformed,
        "the sealed master secret is no such thing; restore the key store from a backup",
    )
}

/// `header ‖ wrap[secret](binding ‖ header, master)`
fn seal(
    secret: &Secret<32>,
    header: &[u8],
    salt: &[u8; 16],
    binding: &[u8],
    master: &Secret<32>,
) -> Result<Vec<u8>> {
    let wrapped = wrap::wrap_with_salt(secret, label::MASTER_SEAL, salt, &[binding, header], master)?;
    Ok([header, &wrapped.to_bytes()].concat())
}

fn open(secret: &Secret<32>, header: &[u8], wrapped: &Wrapped, binding: &[u8]) -> Result<Secret<32>> {
    Ok(wrap::unwrap(secret, label::MASTER_SEAL, &[binding, header], wrapped)?)
}

/// Reads `salt ‖ wrapped ‖ tag` and nothing after it.
fn wrapped(bytes: &[u8]) -> Result<Wrapped> {
    Ok(Wrapped::from_bytes(bytes.try_into().map_err(|_| malformed())?))
}
