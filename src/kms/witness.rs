//! Which store it is, and how far a client has seen it: the anchor against a rollback that a client can keep.
//!
//! Values only; where a client keeps its witness is its own matter.

use core::fmt;

use rand_core::CryptoRng;

use crate::{
    error::{Error, Kind, Result},
    store::Revision,
};

/// 16 random bytes that name one logical store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreId([u8; 16]);

/// The newest state of a store that a client saw. Keep it outside the store; a store that shows an older state, or
/// another one of the same revision, was rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Which store.
    pub store: StoreId,
    /// The revision of its head.
    pub revision: Revision,
    /// The MAC of its head.
    pub head: [u8; 32],
}

impl StoreId {
    /// A fresh id.
    pub(super) fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The id of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl Witness {
    /// The number of bytes of the encoding.
    pub const LEN: usize = 56;

    /// `store id ‖ revision u64 ‖ MAC of the head`
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..16].copy_from_slice(&self.store.0);
        out[16..24].copy_from_slice(&self.revision.0.to_be_bytes());
        out[24..].copy_from_slice(&self.head);
        out
    }

    /// Reads [`to_bytes`](Self::to_bytes).
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let (mut store, mut revision, mut head) = ([0; 16], [0; 8], [0; 32]);
        store.copy_from_slice(&bytes[..16]);
        revision.copy_from_slice(&bytes[16..24]);
        head.copy_from_slice(&bytes[24..]);
        Self { store: StoreId(store), revision: Revision(u64::from_be_bytes(revision)), head }
    }

    /// Refuses to be older than `last`, a witness of the same store.
    ///
    /// # Errors
    /// [`RolledBack`](Kind::RolledBack); [`Invalid`](Kind::Invalid) for a witness of another store.
    pub fn check_not_before(&self, last: &Self) -> Result<()> {
        if self.store != last.store {
            return Err(Error::new(Kind::Invalid, "this witness is another store's; name the right store"));
        }
        if self.revision < last.revision || (self.revision == last.revision && self.head != last.head) {
            return Err(Error::new(
                Kind::RolledBack,
                "the store shows an older state than was seen before; find out who put it back before anything is written",
            )
            .about(format_args!("revision {}, seen {}", self.revision.0, last.revision.0)));
        }
        Ok(())
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreId({self})")
    }
}
