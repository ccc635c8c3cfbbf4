//! Small values and data keys under `sm4` keys: tokens made, opened, made anew.
//!
//! Knows permissions and the token; messages and signatures stand beside it.

use alloc::{sync::Arc, vec::Vec};

use super::{
    Kms,
    budget::block,
    cache::{Expander, HeldVersion, Warm},
    reference::KeyRef,
    rng,
    tx::usage_row,
};
use crate::{
    algo::sm2::{PrivateKey, PublicKey},
    envelope::{
        Context, Suite,
        token::{self, TokenHeader},
    },
    error::{Error, Kind, Result},
    key::{KeyId, Number, Opening, Sealing, Usage},
    policy::Action,
    secret::SecretBytes,
};

/// What a decryption gives.
#[derive(Debug)]
pub struct Opened {
    /// The plaintext.
    pub text: SecretBytes,
    /// The key that it was under.
    pub key: KeyId,
    /// The version.
    pub version: Number,
    /// Whether others know the version's secret, so that anybody of them may have written this.
    pub unproven: bool,
}

/// A data key (数据密钥) to encrypt with at the caller's, and the token that brings it back.
#[derive(Debug)]
pub struct DataKey {
    /// The key: random bytes.
    pub plaintext: SecretBytes,
    /// The token; [`Kms::decrypt`] opens it.
    pub wrapped: Vec<u8>,
}

/// An SM2 key pair for the caller, and the token that brings its private half back.
#[derive(Debug)]
pub struct DataKeyPair {
    /// The public half.
    pub public: PublicKey,
    /// The private half.
    pub private: PrivateKey,
    /// The token; [`Kms::decrypt`] opens it to PKCS#8 in DER.
    pub wrapped: Vec<u8>,
}

/// In which state of a version opening is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// In those that open.
    Open,
    /// In a compromised one too.
    Recover,
    /// In order to wrap anew at once.
    Rewrap,
}

impl Kms {
    /// `encrypt[key](context, plaintext) → token`, at most 64 KiB, under the key's primary version in suite 2.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) without the key; [`Forbidden`](Kind::Forbidden) by state or purpose;
    /// [`Exhausted`](Kind::Exhausted) past a limit; [`TooLarge`](Kind::TooLarge) past 64 KiB.
    pub fn encrypt(&self, key: &KeyRef, context: &Context, plaintext: &[u8]) -> Result<Vec<u8>> {
        self.data(Action::Encrypt, key, |warm| self.seal(warm, context, plaintext))
    }

    /// `decrypt(context, token) → plaintext`, by the key that the token names.
    ///
    /// # Errors
    /// [`Rejected`](Kind::Rejected) for another context or altered bytes; [`Missing`](Kind::Missing) when the key or its
    /// version is not here; [`Forbidden`](Kind::Forbidden) by state; [`Malformed`](Kind::Malformed),
    /// [`Unsupported`](Kind::Unsupported) or [`Truncated`](Kind::Truncated) for what is no token.
    pub fn decrypt(&self, context: &Context, token: &[u8]) -> Result<Opened> {
        self.open_token(Action::Decrypt, How::Open, context, token)
    }

    /// [`decrypt`](Self::decrypt) that a compromised version may do too; the result says whether its origin is unproven.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub fn recover(&self, context: &Context, token: &[u8]) -> Result<Opened> {
        self.open_token(Action::Recover, How::Recover, context, token)
    }

    /// The same value in a new token under its key's primary version: the rewrap of tokens.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt) and [`encrypt`](Self::encrypt).
    pub fn reencrypt(&self, context: &Context, token: &[u8]) -> Result<Vec<u8>> {
        let opened = self.open_token(Action::Rewrap, How::Rewrap, context, token)?;
        self.encrypt(&KeyRef::Id(opened.key), context, opened.text.expose())
    }

    /// A fresh data key of 16 to 64 bytes, with its token.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt); [`Invalid`](Kind::Invalid) for another length.
    pub fn generate_data_key(&self, key: &KeyRef, context: &Context, len: usize) -> Result<DataKey> {
        if !(16..=64).contains(&len) {
            return Err(Error::new(Kind::Invalid, "a data key has 16 to 64 bytes; 16 are an SM4 key"));
        }
        self.data(Action::GenerateDataKey, key, |warm| {
            let mut plaintext = alloc::vec![0; len];
            self.random(&mut plaintext)?;
            let plaintext = SecretBytes::take(plaintext);
            let wrapped = self.seal(warm, context, plaintext.expose())?;
            Ok(DataKey { plaintext, wrapped })
        })
    }

    /// The same for a later use: the token alone.
    ///
    /// # Errors
    /// As [`generate_data_key`](Self::generate_data_key).
    pub fn generate_data_key_without_plaintext(
        &self,
        key: &KeyRef,
        context: &Context,
        len: usize,
    ) -> Result<Vec<u8>> {
        self.generate_data_key(key, context, len).map(|made| made.wrapped)
    }

    /// A fresh SM2 key pair, its private half wrapped.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn generate_data_key_pair(&self, key: &KeyRef, context: &Context) -> Result<DataKeyPair> {
        self.data(Action::GenerateDataKeyPair, key, |warm| {
            let private = PrivateKey::random(&mut rng()?);
            let wrapped = self.seal(warm, context, private.to_pkcs8_der().expose())?;
            Ok(DataKeyPair { public: private.public_key().clone(), private, wrapped })
        })
    }

    /// The same for a later use: the public half and the token.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn generate_data_key_pair_without_plaintext(
        &self,
        key: &KeyRef,
        context: &Context,
    ) -> Result<(PublicKey, Vec<u8>)> {
        self.generate_data_key_pair(key, context).map(|made| (made.public, made.wrapped))
    }

    /// Fills `out` with random bytes.
    ///
    /// # Errors
    /// [`Entropy`](Kind::Entropy) when the system gives none.
    pub fn random(&self, out: &mut [u8]) -> Result<()> {
        use rand_core::Rng as _;
        rng()?.fill_bytes(out);
        Ok(())
    }

    fn seal(&self, warm: &Warm, context: &Context, plaintext: &[u8]) -> Result<Vec<u8>> {
        let (version, permit) = self.sealing(warm, plaintext.len())?;
        let (id, number) = (warm.held.key.id, version.record.number.get());
        let (id, suite) = (id.as_bytes(), Suite::CtrHmac);
        match version.to_seal(&permit, &self.shared.devices)? {
            Expander::Here(secret) => {
                token::encrypt(secret, id, number, suite, context, plaintext, &mut rng()?)
            }
            Expander::Inside(key) => token::encrypt(&key, id, number, suite, context, plaintext, &mut rng()?),
        }
    }

    /// Permission to protect `bytes` with the primary, which are spent from its limits.
    pub(super) fn sealing<'w>(&self, warm: &'w Warm, bytes: usize) -> Result<(&'w HeldVersion, Sealing<'w>)> {
        let version = warm.held.primary()?;
        let permit = warm.held.key.sealing(&version.record, Usage::default(), warm.now)?;
        self.spend(warm, version, bytes as u64)?;
        Ok((version, permit))
    }

    /// Takes one message of `bytes` from the version's limits; a block is reserved when none is left.
    pub(super) fn spend(&self, warm: &Warm, version: &HeldVersion, bytes: u64) -> Result<()> {
        let limits = &warm.held.key.limits;
        while !version.budget.take(limits, bytes) {
            let (key, number) = (&warm.held.key, version.record.number);
            let reserved = self.shared.transact(&self.principal, |tx| {
                let used = tx.usage(&key.id, number)?;
                let block = block(limits, used, bytes).map_err(|error| error.about(&key.name))?;
                let used = Usage {
                    messages: used.messages.saturating_add(block.messages),
                    bytes: used.bytes.saturating_add(block.bytes),
                };
                tx.put(usage_row(&key.id, number), used.encode());
                tx.note(Action::Reserve, Some(key.id), Some(number), "");
                Ok((block, used))
            });
            let (block, used) = reserved?;
            version.budget.put(block);
            if key.past_soft_limit(&version.record, used, warm.now) {
                tracing::warn!(key = %key.name, version = %number, "half of a limit is used up: `maintain` rotates the key");
            }
        }
        Ok(())
    }

    fn open_token(&self, action: Action, how: How, context: &Context, token: &[u8]) -> Result<Opened> {
        let header = TokenHeader::parse(token)?;
        let number =
            Number::new(header.version).ok_or(Error::new(Kind::Malformed, "a token names version 0"))?;
        self.shared.keep();
        let Some(warm) = self.shared.hinted(header.hint)? else {
            let counted = (self.principal.clone(), None, action, Kind::Missing.number());
            self.shared.live().pending.add(counted, 1);
            return Err(Error::new(
                Kind::Missing,
                "the token's key is not in this store; open the store that made it",
            ));
        };
        self.on(action, &warm, |warm| {
            let version = self.shared.version(warm, number)?;
            let key = warm.held.key.id;
            let (text, unproven) = self.open_with(warm, &version, how, |by| match by {
                Expander::Here(secret) => token::decrypt(secret, key.as_bytes(), context, token),
                Expander::Inside(inside) => token::decrypt(&inside, key.as_bytes(), context, token),
            })?;
            Ok(Opened { text, key, version: number, unproven })
        })
    }

    /// Opens with a version's secret where its state allows it. Where it does not, and the ciphertext is genuine, the
    /// tripwire goes off; a device is not asked then. Gives what was opened and whether its origin is unproven.
    pub(super) fn open_with<T>(
        &self,
        warm: &Warm,
        version: &Arc<HeldVersion>,
        how: How,
        open: impl Fn(Expander<'_>) -> Result<T>,
    ) -> Result<(T, bool)> {
        match permission(warm, version, how) {
            Ok(permit) => Ok((open(version.to_open(&permit, &self.shared.devices)?)?, permit.is_unproven())),
            Err(refused) => {
                let genuine = || version.secret().is_ok_and(|secret| open(Expander::Here(secret)).is_ok());
                if warm.held.key.has_tripwire(&version.record) && genuine() {
                    self.trip(warm, version)?;
                }
                Err(refused)
            }
        }
    }
}

pub(super) fn permission<'w>(warm: &'w Warm, version: &'w HeldVersion, how: How) -> Result<Opening<'w>> {
    match how {
        How::Open => warm.held.key.opening(&version.record, warm.now),
        How::Recover => warm.held.key.recovering(&version.record),
        How::Rewrap => warm.held.key.rewrapping(&version.record),
    }
}
