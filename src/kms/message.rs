//! Keys of the store as recipients of messages: they wrap file keys, and find them again.
//!
//! Implements the joint of the envelope; a message does not know what stands behind it.

use rand_core::CryptoRng;

use super::{
    Kms,
    cache::Expander,
    data::{How, permission},
    inside::Place,
    reference::KeyRef,
};
use crate::{
    algo::sm2::Encoding,
    envelope::{Entry, FileKey, HeaderDigest, Unwrap, Wrap, kms_unwrap, kms_wrap, recipient::sm2_unwrap},
    error::{Error, Kind, Result},
    key::{KeyId, Number, Spec},
    policy::Action,
    store::{Name, Table},
};

/// A key as a recipient: new messages are wrapped under its primary version at that time.
#[derive(Clone, Debug)]
pub struct Recipient {
    kms: Kms,
    key: KeyId,
}

/// Every key of the store as a reader, found by the id that stands in a message.
#[derive(Clone, Debug)]
pub struct Identity {
    kms: Kms,
    how: How,
}

impl Kms {
    /// A key as the recipient of messages: an `sm4` key, or an `sm2-encrypt` key by its public half.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) without the key; [`Forbidden`](Kind::Forbidden) for a key of another purpose.
    pub fn recipient(&self, key: &KeyRef) -> Result<Recipient> {
        let warm = self.shared.warm(key)?;
        match warm.held.key.spec {
            Spec::Sm4 | Spec::Sm2Encrypt => Ok(Recipient { kms: self.clone(), key: warm.held.key.id }),
            _ => Err(Error::new(
                Kind::Forbidden,
                "the key is for another purpose; encrypt to an sm4 or sm2-encrypt key",
            )
            .about(&warm.held.key.name)),
        }
    }

    /// All keys as readers of messages.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity { kms: self.clone(), how: How::Open }
    }

    /// The same, compromised versions too: what they open is of unproven origin.
    #[must_use]
    pub fn recovering_identity(&self) -> Identity {
        Identity { kms: self.clone(), how: How::Recover }
    }

    /// The same, in order to wrap anew at once.
    #[must_use]
    pub fn rewrapping_identity(&self) -> Identity {
        Identity { kms: self.clone(), how: How::Rewrap }
    }
}

impl Wrap for Recipient {
    fn wrap(&self, file_key: &FileKey, header: &HeaderDigest, mut rng: &mut dyn CryptoRng) -> Result<Entry> {
        self.kms.data(Action::Wrap, &KeyRef::Id(self.key), |warm| {
            if warm.held.key.spec == Spec::Sm2Encrypt {
                let version = warm.held.primary()?;
                warm.held.key.enciphering(&version.record, warm.now)?;
                let public = version.public.as_ref();
                let public =
                    public.ok_or(Error::new(Kind::Corrupt, "an SM2 version has lost its public half"))?;
                return public.wrap(file_key, header, rng);
            }
            let (version, permit) = self.kms.sealing(warm, file_key.expose().len())?;
            let number = version.record.number.get();
            let key = *self.key.as_bytes();
            match version.to_seal(&permit, &self.kms.shared.devices)? {
                Expander::Here(secret) => kms_wrap(secret, key, number, file_key, header, &mut rng),
                Expander::Inside(inside) => kms_wrap(&inside, key, number, file_key, header, &mut rng),
            }
        })
    }
}

impl Unwrap for Identity {
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<Result<FileKey>> {
        match self.holder(entry) {
            Ok(Some((key, number))) => self.open(&KeyRef::Id(key), number, entry, header),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// A rewrap opens and wraps by the same key.
impl Unwrap for Recipient {
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<Result<FileKey>> {
        self.kms.rewrapping_identity().unwrap(entry, header)
    }
}

impl Identity {
    /// The key of this store, and its version, that an entry is for; none for everybody else's.
    ///
    /// # Errors
    /// Whatever the store returns.
    pub fn holder(&self, entry: &Entry) -> Result<Option<(KeyId, Number)>> {
        match entry {
            Entry::Kms { key, version, .. } => {
                let id = KeyId::from_bytes(*key);
                let found = match self.kms.shared.warm(&KeyRef::Id(id)) {
                    Err(error) if error.kind() == Kind::Missing => None,
                    Err(error) => return Err(error),
                    Ok(_) => Number::new(*version),
                };
                Ok(found.map(|number| (id, number)))
            }
            Entry::Sm2 { key, .. } => self.find(key),
            _ => Ok(None),
        }
    }

    /// The version whose public half has this identifier.
    fn find(&self, identifier: &[u8; 32]) -> Result<Option<(KeyId, Number)>> {
        let Some(row) = self.kms.shared.row(&Name::new(Table::Identifier, *identifier))? else {
            return Ok(None);
        };
        let (Some(key), Some(number)) = (row.body.first_chunk(), row.body.last_chunk()) else {
            return Err(crate::field::malformed());
        };
        Ok(Number::new(u32::from_be_bytes(*number)).map(|number| (KeyId::from_bytes(*key), number)))
    }

    /// `None` for a key of another store.
    fn open(
        &self,
        key: &KeyRef,
        number: Number,
        entry: &Entry,
        header: &HeaderDigest,
    ) -> Option<Result<FileKey>> {
        let (kms, how) = (&self.kms, self.how);
        let warm = match kms.shared.warm(key) {
            Err(error) if error.kind() == Kind::Missing => return None,
            Err(error) => return Some(Err(error)),
            Ok(warm) => warm,
        };
        kms.shared.keep();
        let action = match how {
            How::Open => Action::Unwrap,
            How::Recover => Action::Recover,
            How::Rewrap => Action::Rewrap,
        };
        Some(kms.on(action, &warm, |warm| {
            let version = kms.shared.version(warm, number)?;
            if matches!(entry, Entry::Kms { .. }) {
                let open = |by: Expander<'_>| match by {
                    Expander::Here(secret) => Ok(kms_unwrap(secret, entry, header)?),
                    Expander::Inside(inside) => kms_unwrap(&inside, entry, header),
                };
                return kms.open_with(warm, &version, how, open).map(|(file_key, _)| file_key);
            }
            let permit = permission(warm, &version, how)?;
            match version.to_decrypt(&permit, &kms.shared.devices)? {
                Place::Here(private) => private.unwrap(entry, header).unwrap_or(Err(crate::Rejected.into())),
                Place::Inside(inside) => {
                    sm2_unwrap(entry, header, |ciphertext| inside.decrypt(&permit, ciphertext, Encoding::Der))
                }
            }
        }))
    }
}
