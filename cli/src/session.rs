//! A key store opened for one command: root found, rollback checked, counts flushed, what was seen remembered.
//!
//! Knows where stores and passphrases are found; not what is done with a store.

use alloc::sync::Arc;
use std::{
    ffi::OsString,
    fs,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use miyao::{
    Error, Kind,
    key::Principal,
    kms::{self, Kms, RootInfo},
    provider::{
        Provider,
        software::{KeyFile, Passphrase},
    },
    store::sqlite::Sqlite,
};

use crate::{
    args::Global,
    device::{Handle, Place, is_device},
    failure::{At, Result, failure},
    output::Output,
    passphrase::Source,
    state::{State, xdg},
};

/// What every command has: the global options and where it prints.
pub(crate) struct Run {
    pub(crate) global: Global,
    pub(crate) output: Output,
}

/// An open store.
pub(crate) struct Session {
    kms: Kms,
    state: Option<State>,
    device: Option<Handle>,
}

/// Which root a user named.
pub(crate) enum Root {
    Passphrase,
    KeyFile(PathBuf),
    Device(Place),
}

impl Root {
    /// Reads `passphrase`, `keyfile:PATH` or the URI of a device.
    pub(crate) fn parse(text: &OsString, global: &Global) -> Result<Self> {
        let bytes = text.as_bytes();
        if bytes == b"passphrase" {
            return Ok(Self::Passphrase);
        }
        match bytes.strip_prefix(b"keyfile:") {
            Some(path) if !path.is_empty() => Ok(Self::KeyFile(OsString::from_vec(path.to_vec()).into())),
            _ if is_device(text) => Place::parse(text, global).map(Self::Device),
            _ => failure(Kind::Invalid, "a root is passphrase, keyfile:PATH or pkcs11:…"),
        }
    }

    /// A root for a store that is being made: a passphrase is chosen, a missing key file made, and a key in a device
    /// where `makes` says so.
    pub(crate) fn make(
        &self,
        passphrase: &Source<'_>,
        iterations: Option<u32>,
        makes: bool,
        output: Output,
    ) -> Result<Box<dyn Provider>> {
        match self {
            Self::Passphrase => {
                let chosen = Passphrase::new(passphrase.choose("New passphrase of the key store: ", output)?);
                Ok(Box::new(match iterations {
                    Some(iterations) => chosen.iterations(iterations)?,
                    None => chosen,
                }))
            }
            Self::KeyFile(_) | Self::Device(_) if iterations.is_some() => {
                failure(Kind::Invalid, "iterations are a passphrase's; a key has none")
            }
            Self::Device(place) => Ok(Box::new(place.new_root(makes, output)?)),
            Self::KeyFile(path) if path.exists() => Ok(Box::new(KeyFile::open(path).at(path)?)),
            Self::KeyFile(path) => Ok(Box::new(KeyFile::create(path, &mut kms::rng()?).at(path)?)),
        }
    }
}

impl Run {
    /// The store's path: --store, MIYAO_STORE, or the default.
    pub(crate) fn store_path(&self) -> Result<PathBuf> {
        let named = self
            .global
            .store
            .clone()
            .or_else(|| Some(xdg("XDG_DATA_HOME", ".local/share")?.join("store.db")));
        Ok(named.ok_or(Error::new(Kind::Invalid, "HOME is not set; say where the store is with --store"))?)
    }

    /// Who acts.
    pub(crate) fn principal(&self) -> Result<Principal> {
        match &self.global.principal {
            Some(name) => Ok(Principal::parse(name)?),
            None => Ok(Principal::parse(&format!("uid:{}", rustix::process::getuid().as_raw()))?),
        }
    }

    /// The root that --root or MIYAO_ROOT names.
    pub(crate) fn named_root(&self) -> Result<Option<Root>> {
        self.global.root.as_ref().map(|text| Root::parse(text, &self.global)).transpose()
    }

    pub(crate) fn passphrase_source(&self) -> Result<Source<'_>> {
        Source::new(self.global.passphrase_file.as_deref(), self.global.passphrase_fd)
    }

    /// Opens the store, works with it, and ends in order whether that went well or not.
    pub(crate) fn with_kms<T>(&self, work: impl FnOnce(&Kms) -> Result<T>) -> Result<T> {
        self.with_session(|session| work(session.kms()))
    }

    /// The same for work that needs more of the session.
    pub(crate) fn with_session<T>(&self, work: impl FnOnce(&Session) -> Result<T>) -> Result<T> {
        let session = Session::open(self)?;
        let done = work(&session);
        let ended = session.finish();
        let done = done?;
        ended?;
        Ok(done)
    }

    /// Whether there is a store to open.
    pub(crate) fn has_store(&self) -> bool {
        self.store_path().is_ok_and(|path| path.exists())
    }

    fn open_root(&self, found: &RootInfo) -> Result<(Box<dyn Provider>, Option<Handle>)> {
        match (self.named_root()?, &found.place, found.kind.as_str()) {
            (Some(Root::Device(place)), Some((id, _)), _) => {
                let (root, handle) = place.find_root(id, self.output)?;
                Ok((Box::new(root), Some(handle)))
            }
            (_, Some(_), _) => Err(Error::new(
                Kind::Invalid,
                "the store's root is a key in a device; name the device with --root 'pkcs11:…' or MIYAO_ROOT",
            )
            .about(found)
            .into()),
            (None | Some(Root::Passphrase), None, "passphrase") => {
                let passphrase =
                    self.passphrase_source()?.read("Passphrase of the key store: ", self.output)?;
                Ok((Box::new(Passphrase::new(passphrase)), None))
            }
            (Some(Root::KeyFile(path)), None, "keyfile") => {
                Ok((Box::new(KeyFile::open(&path).map_err(absent_root).at(&path)?), None))
            }
            (_, None, "keyfile") => failure(
                Kind::Invalid,
                "the store's root is a key file; say which with --root keyfile:PATH or MIYAO_ROOT",
            ),
            (Some(_), None, "passphrase") => failure(
                Kind::Invalid,
                "the store's root is a passphrase; say --root passphrase or leave --root and MIYAO_ROOT away",
            ),
            _ => Err(Error::new(
                Kind::Unsupported,
                "the store's root is of a kind that this build does not have; use one that has it",
            )
            .about(&found.kind)
            .into()),
        }
    }
}

impl Session {
    pub(crate) fn open(run: &Run) -> Result<Self> {
        let path = run.store_path()?;
        check_is_there(&path)?;
        let store = Arc::new(Sqlite::open(&path)?);
        let found = kms::root_info(&*store).at(&path)?;
        let (root, device) = run.open_root(&found).at(&path)?;
        let kms = Kms::open(store, &*root, run.principal()?)
            .map_err(|error| wrong_root(error, &found))
            .at(&path)?;
        if let Some(handle) = &device {
            kms.attach(Arc::clone(&handle.device))?;
        }
        for named in &run.global.devices {
            kms.attach(Place::parse(named, &run.global)?.open(run.output)?.device)?;
        }
        let state = State::check(&kms).at(&path)?;
        if state.is_none() {
            run.output.note("warning: HOME is not set, so a store that was rolled back cannot be told");
        }
        Ok(Self { kms, state, device })
    }

    /// A store that was just made.
    pub(crate) fn made(kms: Kms) -> Result<Self> {
        let state = State::check(&kms)?;
        Ok(Self { kms, state, device: None })
    }

    /// The device that holds the root.
    pub(crate) const fn device(&self) -> Option<&Handle> {
        self.device.as_ref()
    }

    pub(crate) const fn kms(&self) -> &Kms {
        &self.kms
    }

    /// Writes counts that are pending and remembers what was seen.
    pub(crate) fn finish(self) -> Result {
        self.kms.flush()?;
        match self.state {
            Some(state) => state.save(&self.kms),
            None => Ok(()),
        }
    }
}

fn check_is_there(path: &Path) -> Result {
    if fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return failure(
            Kind::Missing,
            "there is no key store here; `miyao init` makes one, --store names another",
        )
        .at(path);
    }
    Ok(())
}

fn absent_root(error: Error) -> Error {
    match error.kind() {
        Kind::Missing => Error::new(Kind::Missing, "the key file is not there; check --root or MIYAO_ROOT")
            .caused_by(error),
        _ => error,
    }
}

/// The one refusal of which more can be said: nothing but the root was tried.
fn wrong_root(error: Error, found: &RootInfo) -> Error {
    match (error.kind(), found.kind.as_str()) {
        // Of roots in devices the library and the device say which one is meant.
        _ if found.place.is_some() => error,
        (Kind::Rejected, "passphrase") => {
            Error::new(Kind::Rejected, "the passphrase does not open this store; check it and try again")
                .caused_by(error)
        }
        (Kind::Rejected, _) => {
            Error::new(Kind::Rejected, "the root key does not open this store; check --root").caused_by(error)
        }
        _ => error,
    }
}
