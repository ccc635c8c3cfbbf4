//! The message (数字信封): one immutable header, replaceable recipients, a framed body; and the token, its small sibling.
//!
//! Everything here is `docs/format.md`, whose numbers the code cites. Knows neither who holds keys nor who stores
//! messages: whoever can hide a file key and find it again implements [`Wrap`] and [`Unwrap`].

mod body;
mod context;
mod entry;
mod header;
mod inspect;
mod keys;
mod memory;
mod options;
pub mod recipient;
mod signed;
mod slot;
mod start;
pub mod token;

#[cfg(feature = "std")]
mod batch;
#[cfg(feature = "std")]
mod crew;
#[cfg(feature = "std")]
mod decryptor;
#[cfg(feature = "std")]
mod encryptor;
#[cfg(feature = "std")]
mod reader;
#[cfg(feature = "std")]
mod rewrap;
#[cfg(feature = "std")]
mod stream;

use rand_core::CryptoRng;

pub use context::{Class, Context};
pub use entry::Entry;
pub use header::{Header, HeaderDigest};
pub use inspect::{INSPECTED, Inspection, inspect, start_len};
pub use keys::{kms_unwrap, kms_wrap};
pub use memory::{decrypt, encrypt};
pub use options::{Opener, Options, Signed, Suite};
#[cfg(feature = "std")]
pub use {
    decryptor::Decryptor,
    encryptor::Encryptor,
    reader::Reader,
    rewrap::{Rewrapped, rewrap, rewrapped},
};

use crate::{error::Result, secret::Secret};

/// The 32 random bytes one message is encrypted under (L3).
pub type FileKey = Secret<32>;

/// Who can hide a file key for a reader: a KMS key, an SM2 public key, a passphrase, a device.
pub trait Wrap {
    /// Wraps `file_key` into an entry bound to the header.
    ///
    /// # Errors
    /// Whatever keeps the implementor from it: a key's state, a device that does not answer.
    fn wrap(&self, file_key: &FileKey, header: &HeaderDigest, rng: &mut dyn CryptoRng) -> Result<Entry>;
}

/// Who can find a file key again.
pub trait Unwrap {
    /// The file key of `entry`, or `None` when the entry is not for this reader (decided by id, never by trial).
    ///
    /// # Errors
    /// [`Rejected`](crate::Kind::Rejected) when the entry was altered or belongs to another header; otherwise whatever
    /// keeps the implementor from it.
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<Result<FileKey>>;
}
