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
    error::Result,
    label,
    provider::seal::malformed,
    secret::Secret,
};

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
