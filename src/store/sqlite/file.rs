//! The file under the database: made with mode 0600, refused on network file systems, synced.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::schema;
use crate::error::{Error, Kind, Result};

/// Makes an empty file that only its owner can read, unless there is one, and checks it.
pub(super) fn create(path: &Path) -> Result<()> {
    match create_new(path) {
        Err(error) if error.kind() == Kind::Exists => {}
        made => made?,
    }
    check_kind(path).and_then(|found| check_sides(path, &found)).map_err(|error| error.about(path.display()))
}

/// Makes an empty file that only its owner can read.
pub(super) fn create_new(path: &Path) -> Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.and_then(|file| file.sync_all()).map_err(|error| Error::from(error).about(path.display()))?;
    sync_directory(path)
}

/// Checks that the file is there, on a local file system, and its owner's alone.
///
/// It only looks: opening and closing a file by another way than SQLite's ends this process's locks on it.
pub(super) fn check(path: &Path) -> Result<()> {
    let found = check_kind(path).and_then(|found| check_sides(path, &found).map(|()| found));
    match found.map_err(|error| error.about(path.display()))?.len() {
        0 => Err(schema::missing().about(path.display())),
        _ => Ok(()),
    }
}

fn check_kind(path: &Path) -> Result<Metadata> {
    let found = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => schema::missing(),
        _ => error.into(),
    })?;
    if !found.is_file() {
        return Err(Error::new(Kind::Invalid, "a key store is a regular file; name another path"));
    }
    if found.mode() & 0o077 != 0 {
        return Err(Error::new(
            Kind::Invalid,
            "others than its owner can read the key store; take that right away with `chmod 600`",
        ));
    }
    // The side files of SQLite belong to a name: a second name for the same file would have its own.
    if found.nlink() > 1 {
        return Err(Error::new(
            Kind::Invalid,
            "the key store has several names (hard links), which breaks its journal; keep one",
        ));
    }
    if is_networked(path)? {
        return Err(Error::new(
            Kind::Invalid,
            "a key store on a network file system can be corrupted by its locks; use a local disk",
        ));
    }
    Ok(found)
}

/// Checks that nobody else put a journal beside the store, which SQLite would play into it.
fn check_sides(path: &Path, store: &Metadata) -> Result<()> {
    let path = path.canonicalize()?;
    for suffix in ["-wal", "-shm", "-journal"] {
        let mut side = path.clone().into_os_string();
        side.push(suffix);
        let side = PathBuf::from(side);
        let Ok(found) = fs::symlink_metadata(&side) else { continue };
        if !found.is_file() || found.uid() != store.uid() || found.mode() & 0o077 != 0 {
            return Err(Error::new(
                Kind::Invalid,
                "the file beside the key store (-wal, -shm or -journal) is not its owner's alone; see who made it",
            ));
        }
        // SQLite would take the empty file for a new one and remove its log. (A -journal is left by a crash at the start.)
        if suffix == "-wal" && store.len() == 0 && found.len() > 0 {
            return Err(Error::new(
                Kind::Corrupt,
                "the key store is empty but its write-ahead log is not; restore it from a backup",
            ));
        }
    }
    Ok(())
}

/// Makes the file's content durable, and its name.
pub(super) fn sync(path: &Path) -> Result<()> {
    File::open(path)?.sync_all()?;
    sync_directory(path)
}

fn sync_directory(path: &Path) -> Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()?;
    Ok(())
}

#[cfg(target_os = "linux")]
fn is_networked(path: &Path) -> Result<bool> {
    let kind = rustix::fs::statfs(path).map_err(io::Error::from)?.f_type;
    // The numbers have 32 bits; the field is wider or signed on some machines.
    Ok(NETWORKED.contains(&(kind as u32)))
}

#[cfg(not(target_os = "linux"))]
fn is_networked(_: &Path) -> Result<bool> {
    Ok(false)
}

/// NFS, SMB, CIFS, SMB2, NCP, AFS (two numbers), Coda, Ceph, Lustre, OCFS2, GFS2, GPFS, BeeGFS: the magic numbers of
/// statfs(2).
#[cfg(target_os = "linux")]
const NETWORKED: [u32; 14] = [
    0x6969,
    0x517B,
    0xFF53_4D42,
    0xFE53_4D42,
    0x564C,
    0x5346_414F,
    0x6B41_4653,
    0x7375_7245,
    0x00C3_6400,
    0x0BD0_0BD0,
    0x7461_636F,
    0x0116_1970,
    0x4750_4653,
    0x1983_0326,
];
