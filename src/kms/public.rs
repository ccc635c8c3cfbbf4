//! The public half of a version, with tables of its multiples once it is used often.
//!
//! Knows no permission: whoever verifies or encrypts has asked before.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering};

use arc_swap::{ArcSwapOption, Guard};
use rand_core::CryptoRng;

use crate::{
    algo::sm2::{PreparedPublicKey, PublicKey, Signature},
    envelope::{Entry, FileKey, HeaderDigest, Wrap},
    error::{Rejected, Result},
};

/// The use that makes a table of 2 KiB, which takes as long as a verification and halves each from then on.
const SMALL: u32 = 2;
/// The use that makes one of 86 KiB instead, which takes as long as ten, and saves three quarters.
const FULL: u32 = 100;

/// One for each version that is held; it goes with it.
pub(super) struct Public {
    key: PublicKey,
    uses: AtomicU32,
    prepared: ArcSwapOption<PreparedPublicKey>,
}

impl Public {
    pub(super) fn new(key: PublicKey) -> Self {
        Self { key, uses: AtomicU32::new(0), prepared: ArcSwapOption::empty() }
    }

    pub(super) const fn key(&self) -> &PublicKey {
        &self.key
    }

    pub(super) fn verify_digest(&self, e: &[u8; 32], signature: &Signature) -> Result<(), Rejected> {
        match &*self.used() {
            Some(prepared) => prepared.verify_digest(e, signature),
            None => self.key.verify_digest(e, signature),
        }
    }

    /// Counts a use. Who makes it the second or the hundredth makes the table, and nobody waits for it.
    fn used(&self) -> Guard<Option<Arc<PreparedPublicKey>>> {
        if self.uses.load(Ordering::Relaxed) < FULL {
            match self.uses.fetch_add(1, Ordering::Relaxed) + 1 {
                SMALL => {
                    let small = Arc::new(PreparedPublicKey::new(&self.key));
                    // Not in the place of a full one, should that have been faster.
                    self.prepared.compare_and_swap(&None::<Arc<PreparedPublicKey>>, Some(small));
                }
                FULL => self.prepared.store(Some(Arc::new(PreparedPublicKey::full(&self.key)))),
                _ => (),
            }
        }
        self.prepared.load()
    }
}

impl Wrap for Public {
    fn wrap(&self, file_key: &FileKey, header: &HeaderDigest, rng: &mut dyn CryptoRng) -> Result<Entry> {
        match &*self.used() {
            Some(prepared) => prepared.wrap(file_key, header, rng),
            None => self.key.wrap(file_key, header, rng),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::{drbg::Drbg, sm2::PrivateKey};

    #[test]
    fn tables_are_made_with_use_and_answer_alike() {
        let mut rng = Drbg::new(&[7; 32], b"kms/public", b"");
        let private = PrivateKey::random(&mut rng);
        let public = Public::new(private.public_key().clone());
        let signature = private.sign_digest(&[1; 32], &mut rng);
        let mut sizes = alloc::vec::Vec::new();
        for _ in 0..FULL + 20 {
            assert!(public.verify_digest(&[1; 32], &signature).is_ok());
            assert!(public.verify_digest(&[2; 32], &signature).is_err());
            sizes.push(public.prepared.load().as_ref().map_or(0, |prepared| prepared.table_len()));
        }
        sizes.dedup();
        assert_eq!(sizes, [2048, 88_064]);
    }
}
