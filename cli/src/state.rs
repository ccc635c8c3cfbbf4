//! What this client saw last of every store: the witness against a store that was rolled back.
//!
//! One file a store under the XDG state directory, replaced atomically. Knows no more of a witness than its bytes.

use std::{
    env,
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use miyao::{
    Error, Kind,
    kms::{Kms, Witness},
};

use crate::failure::{At, Result};

/// Where the witness of one store is kept.
pub(crate) struct State {
    path: PathBuf,
    seen: Option<[u8; WITNESS]>,
}

const WITNESS: usize = 56;
/// Store id, then revision: what orders witnesses.
const REVISION: core::ops::Range<usize> = 16..24;

impl State {
    /// Compares the store with what was seen last of it.
    pub(crate) fn check(kms: &Kms) -> Result<Option<Self>> {
        let Some(directory) = directory() else { return Ok(None) };
        let path = directory.join(format!("witness-{}", kms.info()?.id));
        let seen = read(&path).at(&path)?;
        if let Some(seen) = &seen {
            kms.check_witness(&Witness::from_bytes(seen))?;
        }
        Ok(Some(Self { path, seen }))
    }

    /// Remembers what is seen now.
    pub(crate) fn save(&self, kms: &Kms) -> Result {
        let now = kms.witness().to_bytes();
        if self.seen == Some(now) {
            return Ok(());
        }
        self.replace(&now).at(&self.path)
    }

    fn replace(&self, now: &[u8; WITNESS]) -> Result {
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
        if read(&self.path)?.is_some_and(|other| other[REVISION] > now[REVISION]) {
            return Ok(());
        }
        let mut beside = tempfile::Builder::new().prefix(".witness-").tempfile_in(directory)?;
        beside.write_all(now)?;
        beside.as_file().sync_data()?;
        beside.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

fn read(path: &Path) -> Result<Option<[u8; WITNESS]>> {
    match fs::read(path) {
        Ok(bytes) => bytes.try_into().map(Some).map_err(|_| {
            Error::new(
                Kind::Malformed,
                "no witness of a store; make sure that the store is not rolled back, then remove this file",
            )
            .into()
        }),
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
