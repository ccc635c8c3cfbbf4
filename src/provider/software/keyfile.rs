//! A root from a file: exactly 32 random bytes that only their owner may read.
//!
//! Knows no passphrase; whoever has the file has the root.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use rand_core::CryptoRng;

use super::wrapped;
use crate::{
    error::{Error, Kind, Result},
    provider::{Provider, seal::SealKind},
    secret::Secret,
};

/// A root key in a file (密钥文件), for services that nobody types a passphrase for.
///
/// ```
/// use miyao::{algo::drbg::Drbg, provider::software::KeyFile};
/// let mut seed = [0; 32];
/// getrandom::fill(&mut seed).map_err(std::io::Error::from)?;
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("root.key");
/// KeyFile::create(&path, &mut Drbg::new(&seed, b"", b"a new root"))?;
/// let root = KeyFile::open(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct KeyFile {
    secret: Secret<32>,
}

impl KeyFile {
    /// Makes the root and its file, mode 0600, durable on return.
    ///
    /// # Errors
    /// [`Exists`](Kind::Exists) when something is there; [`Io`](Kind::Io) and the like when it cannot be written.
    pub fn create(path: &Path, rng: &mut dyn CryptoRng) -> Result<Self> {
        let secret = Secret::random(rng);
        write(path, &secret).map_err(|error| error.about(path.display()))?;
        Ok(Self { secret })
    }

    /// Reads the root from its file.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) when there is none; [`Invalid`](Kind::Invalid) when it is no regular file or others
    /// than its owner have rights to it; [`Malformed`](Kind::Malformed) when it has not 32 bytes.
    pub fn open(path: &Path) -> Result<Self> {
        // A pipe would keep an opener waiting for its writer.
        let waiting = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let opened = OpenOptions::new().read(true).custom_flags(waiting).open(path);
        let mut file = opened.map_err(|error| Error::from(error).about(path.display()))?;
        check(&file, path)?;
        let secret = Secret::try_build(|out| file.read_exact(out));
        Ok(Self { secret: secret.map_err(|error| Error::from(error).about(path.display()))? })
    }
}

impl Provider for KeyFile {
    fn describe(&self) -> String {
        "keyfile".to_owned()
    }

    fn seal(&self, master: &Secret<32>, binding: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>> {
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        super::seal(&self.secret, &HEADER, &salt, binding, master)
    }

    fn open(&self, sealed: &[u8], binding: &[u8]) -> Result<Secret<32>> {
        super::open(&self.secret, &HEADER, &wrapped(SealKind::KeyFile.strip(sealed)?)?, binding)
    }
}

const HEADER: [u8; 1] = [SealKind::KeyFile as u8];

fn write(path: &Path, secret: &Secret<32>) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written =
        file.write_all(secret.expose()).and_then(|()| file.sync_all()).and_then(|()| sync_name(path));
    if let Err(error) = written {
        // Half a key file is none; that it could not be removed either would hide why.
        let _ = fs::remove_file(path);
        return Err(error.into());
    }
    Ok(())
}

fn sync_name(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

/// Looks at the file that is open, which nobody can exchange any more.
fn check(file: &File, path: &Path) -> Result<()> {
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(
            Error::new(Kind::Invalid, "a key file is a regular file; name another one").about(path.display())
        );
    }
    if found.mode() & 0o077 != 0 {
        return Err(Error::new(Kind::Invalid, "others than its owner have rights to the key file")
            .about(format_args!("`chmod 600 {}` is needed", path.display())));
    }
    if found.len() != 32 {
        return Err(Error::new(Kind::Malformed, "a key file has exactly 32 bytes; name another one")
            .about(path.display()));
    }
    Ok(())
}
