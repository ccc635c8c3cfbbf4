//! Messages wrapped anew by keys of this store, under their primaries as they are now.
//!
//! Knows which keys a message names; how a message is rewritten safely is the envelope's.

use alloc::vec::Vec;
use std::{fs::File, io::Read, path::Path};

use super::{Identity, KeyRef, Kms, rng};
use crate::{
    envelope::{self, Entry, INSPECTED, Rewrapped, inspect},
    error::{Error, Kind, Result},
    key::KeyId,
};

impl Kms {
    /// Wraps the message at `path` anew in place: for `to`, or for each key of this store that is a recipient.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) when no key of this store is a recipient; as [`envelope::rewrap`]. The message stays readable after
    /// every failure.
    pub fn rewrap(&self, path: &Path, to: Option<&KeyRef>) -> Result<Rewrapped> {
        let identity = self.rewrapping_identity();
        let rewrap = |key: &KeyRef| envelope::rewrap(path, &identity, &self.recipient(key)?, &mut rng()?);
        if let Some(to) = to {
            return rewrap(to);
        }
        let mut start = Vec::new();
        File::open(path)?.take(INSPECTED as u64).read_to_end(&mut start)?;
        let mut done = Rewrapped::Current;
        for key in identity.holders(&inspect(&start)?.recipients)? {
            match rewrap(&key.into())? {
                Rewrapped::Current => {}
                changed => done = changed,
            }
        }
        Ok(done)
    }

    /// The same of a message in memory: gives it as it is then.
    ///
    /// # Errors
    /// As [`rewrap`](Self::rewrap).
    pub fn rewrapped(&self, message: &[u8], to: Option<&KeyRef>) -> Result<Vec<u8>> {
        let identity = self.rewrapping_identity();
        let rewrap = |message: &[u8], key: &KeyRef| {
            envelope::rewrapped(message, &identity, &self.recipient(key)?, &mut rng()?)
        };
        if let Some(to) = to {
            return rewrap(message, to);
        }
        let keys = identity.holders(&inspect(message)?.recipients)?;
        keys.into_iter().try_fold(message.to_vec(), |message, key| rewrap(&message, &key.into()))
    }
}

impl Identity {
    /// The keys of this store among a message's recipients, each once.
    fn holders(&self, recipients: &[Entry]) -> Result<Vec<KeyId>> {
        let mut keys: Vec<KeyId> = Vec::new();
        for entry in recipients {
            let holder = self.holder(entry)?.map(|(key, _)| key);
            keys.extend(holder.filter(|key| !keys.contains(key)));
        }
        if keys.is_empty() {
            return Err(Error::new(
                Kind::Missing,
                "no key of this store is a recipient; `miyao inspect` lists the recipients",
            ));
        }
        Ok(keys)
    }
}
