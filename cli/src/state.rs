//! What this client saw last of every store: the witness against a store that was rolled back.
//!
//! One file a store under the XDG state directory, replaced atomically. Knows no more of a witness than its bytes.

use std::{
    env,
    fs::{self, DirBuilder, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use miyao::{
    Error, Kind,
    kms::{Kms, Witness},
};

use crate::{
    failure::{At, Result},
    safe_file,
};

/// Where the witness of one store is kept.
pub(crate) struct State {
    path: PathBuf,
    seen: Option<Witness>,
}

impl State {
    /// Compares the store with what was seen last of it.
    pub(crate) fn check(kms: &Kms) -> Result<Option<Self>> {
        let Some(directory) = directory() else { return Ok(None) };
        let path = directory.join(format!("witness-{}", kms.witness().store));
        let seen = read(&path).at(&path)?;
        if let Some(seen) = &seen {
            // What was remembered first, the store after it: another command may have changed both meanwhile.
            kms.info()?;
            kms.check_witness(seen)?;
        }
        Ok(Some(Self { path, seen }))
    }

    /// Remembers what is seen now.
    pub(crate) fn save(&self, kms: &Kms) -> Result {
        let now = kms.witness();
        if self.seen == Some(now) {
            return Ok(());
        }
        self.replace(&now).at(&self.path)
    }

    fn replace(&self, now: &Witness) -> Result {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        make_private(directory)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.path.with_extension("lock"))?;
        lock.lock()?;
        // Another command of this user may have seen more meanwhile.
        if read(&self.path)?.is_some_and(|other| other.revision > now.revision) {
            return Ok(());
        }
        safe_file::write(&self.path, &now.to_bytes(), true)
    }
}

fn read(path: &Path) -> Result<Option<Witness>> {
    match fs::read(path) {
        Ok(bytes) => {
            bytes.as_slice().try_into().map(|bytes| Some(Witness::from_bytes(bytes))).map_err(|_| {
                Error::new(
                Kind::Malformed,
                "no witness of a store; make sure that the store is not rolled back, then remove this file",
            )
            .into()
            })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The XDG state directory of miyao; none without a home.
fn directory() -> Option<PathBuf> {
    xdg("XDG_STATE_HOME", ".local/state")
}

/// miyao's directory under what `variable` names, or under `fallback` in the home directory.
pub(crate) fn xdg(variable: &str, fallback: &str) -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(variable).or_else(|| Some(absolute("HOME")?.join(fallback))).map(|base| base.join("miyao"))
}

/// Makes `directory` for its owner alone, with whatever is missing above it.
pub(crate) fn make_private(directory: &Path) -> Result {
    DirBuilder::new().recursive(true).mode(0o700).create(directory).at(directory)
}
