//! Whom messages are for, and who opens them: from arguments to what the library takes.
//!
//! Opens the store only when a message has no other reader that is at hand.

use core::cell::OnceCell;
use std::path::{Path, PathBuf};

use miyao::{
    Kind,
    algo::sm2::PrivateKey,
    envelope::{Context, Entry, Opener, Options, Unwrap, Wrap, recipient::Passphrase},
    kms::{Identity, KeyRef, Kms},
};

use crate::{
    args::{Identities, Readers},
    failure::{Result, failure},
    key_files,
    output::Output,
    passphrase::{self, Source},
    session::{Run, Session},
};

/// The recipients of new messages.
pub(crate) struct Recipients(Vec<Box<dyn Wrap>>);

impl Recipients {
    /// Those of an `encrypt`; the store is needed for its keys.
    pub(crate) fn of(readers: &Readers, kms: Option<&Kms>, output: Output) -> Result<Self> {
        let mut recipients =
            Self::without_store(&readers.to_sm2, readers.to_passphrase_file.as_deref(), output)?;
        if readers.to_passphrase {
            let chosen = Source::Terminal.choose("Passphrase for the message: ", output)?;
            recipients.0.push(Box::new(Passphrase::new(chosen)));
        }
        for name in &readers.keys {
            let Some(kms) = kms else { continue };
            recipients.0.push(Box::new(kms.recipient(&KeyRef::parse(name)?)?));
        }
        Ok(recipients)
    }

    /// One that is at hand.
    pub(crate) fn one(recipient: impl Wrap + 'static) -> Self {
        Self(vec![Box::new(recipient)])
    }

    /// SM2 public keys and a passphrase.
    pub(crate) fn without_store(sm2: &[PathBuf], passphrase: Option<&Path>, output: Output) -> Result<Self> {
        let mut recipients: Vec<Box<dyn Wrap>> = Vec::new();
        for path in sm2 {
            recipients.push(Box::new(key_files::public(path)?));
        }
        if let Some(path) = passphrase {
            recipients.push(Box::new(Passphrase::new(passphrase::from_file(path, output)?)));
        }
        Ok(Self(recipients))
    }

    /// Options for all of them.
    pub(crate) fn options(&self) -> Result<Options<'_>> {
        let [first, others @ ..] = self.0.as_slice() else {
            return failure(
                Kind::Invalid,
                "a message needs a reader; give --key, --to-sm2 or --to-passphrase-file",
            );
        };
        Ok(others.iter().fold(Options::to(&**first), |options, other| options.and_to(&**other)))
    }
}

/// Who opens messages.
pub(crate) struct Keyring<'a> {
    run: &'a Run,
    sm2: Option<PrivateKey>,
    passphrase: OnceCell<Passphrase>,
    recovers: bool,
    store: OnceCell<(Session, Identity)>,
}

impl<'a> Keyring<'a> {
    pub(crate) fn new(run: &'a Run, identities: &Identities, recovers: bool) -> Result<Self> {
        let passphrase = OnceCell::new();
        if let Some(path) = &identities.with_passphrase_file {
            let _ = passphrase.set(Passphrase::new(passphrase::from_file(path, run.output)?));
        }
        let sm2 = identities.sm2_key.as_deref().map(|path| key_files::private(run, path)).transpose()?;
        Ok(Self { run, sm2, passphrase, recovers, store: OnceCell::new() })
    }

    /// An opener for a message with these recipients.
    pub(crate) fn opener(&self, recipients: &[Entry], context: Context) -> Result<Opener<'_>> {
        let mut identities: Vec<&dyn Unwrap> = Vec::new();
        if recipients.iter().any(|entry| self.fits(entry)) {
            identities.extend(self.sm2.as_ref().map(|key| key as &dyn Unwrap));
            identities.extend(self.passphrase.get().map(|passphrase| passphrase as &dyn Unwrap));
        } else if self.needs_store(recipients) {
            identities.push(self.store()?);
        } else if recipients.iter().any(|entry| matches!(entry, Entry::Passphrase { .. })) {
            identities.push(self.asked()?);
        }
        let [first, others @ ..] = identities.as_slice() else {
            return failure(
                Kind::Missing,
                "the message is for none of the keys given; `miyao inspect` lists its recipients",
            );
        };
        let opener = others.iter().fold(Opener::with(*first), |opener, other| opener.or_with(*other));
        Ok(opener.context(context).every_pair())
    }

    /// Ends in order with a store that was opened.
    pub(crate) fn finish(self) -> Result {
        self.store.into_inner().map_or(Ok(()), |(session, _)| session.finish())
    }

    /// Whether an identity that was given opens this entry, decided by its id.
    fn fits(&self, entry: &Entry) -> bool {
        match entry {
            Entry::Sm2 { key, .. } => {
                self.sm2.as_ref().is_some_and(|own| own.public_key().key_identifier() == *key)
            }
            Entry::Passphrase { .. } => self.passphrase.get().is_some(),
            _ => false,
        }
    }

    /// An SM2 recipient may be a key of the store, where there is one.
    fn needs_store(&self, recipients: &[Entry]) -> bool {
        let is_of_store = |entry: &Entry| match entry {
            Entry::Kms { .. } => true,
            Entry::Sm2 { .. } => self.run.has_store(),
            _ => false,
        };
        recipients.iter().any(is_of_store)
    }

    fn store(&self) -> Result<&Identity> {
        if self.store.get().is_none() {
            let session = Session::open(self.run)?;
            let kms = session.kms();
            let identity = if self.recovers { kms.recovering_identity() } else { kms.identity() };
            let _ = self.store.set((session, identity));
        }
        match self.store.get() {
            Some((_, identity)) => Ok(identity),
            None => failure(Kind::Internal, "the store was opened and is not there; please report it"),
        }
    }

    /// The passphrase of a message that has no other reader at hand, asked for once.
    fn asked(&self) -> Result<&Passphrase> {
        let asked = Source::Terminal.read("Passphrase of the message: ", self.run.output);
        match asked {
            Ok(asked) => Ok(self.passphrase.get_or_init(|| Passphrase::new(asked))),
            Err(_) => {
                failure(Kind::Missing, "the message is for a passphrase; give it with --with-passphrase-file")
            }
        }
    }
}
