//! Output files that appear only when they are complete: written unnamed beside their place, synced, then linked.
//!
//! An interrupted command leaves nothing where the file system makes unnamed files (`O_TMPFILE`: ext4, XFS, Btrfs, tmpfs).
//! Elsewhere a file named `.miyao-….partial` is used: removed on failure, left behind only by a kill. Knows no contents.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::fd::AsRawFd,
    path::{Path, PathBuf},
    process,
};

use miyao::{Error, Kind};
use rustix::fs::{Advice, AtFlags, CWD, Mode, OFlags, fadvise, linkat, openat};

use crate::{
    failure::{At, Result},
    input::absent,
};

/// After so many bytes the system is asked to begin writing them, so that the final sync has little left.
const WRITE_BACK: u64 = 32 << 20;

/// A file of mode 0600 that is not there before [`commit`](Self::commit).
pub(crate) struct SafeFile {
    place: Place,
    path: PathBuf,
    directory: PathBuf,
    replaces: bool,
    written: u64,
    advised: u64,
}

enum Place {
    Unnamed(File),
    Named(tempfile::NamedTempFile),
}

/// Refuses an output that exists, before any work is done.
pub(crate) fn check(path: &Path, force: bool) -> Result {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).at(path),
    };
    let refused = match (force, found.is_file() || found.is_symlink()) {
        (true, true) => return Ok(()),
        (false, _) => Error::new(Kind::Exists, "the output exists; name another, or say --force"),
        (true, false) => Error::new(
            Kind::Invalid,
            "the output is no regular file; name another, or use the standard output",
        ),
    };
    Err(refused).at(path)
}

/// Writes all of `bytes` as a new file.
pub(crate) fn write(path: &Path, bytes: &[u8], force: bool) -> Result {
    prepare(path, bytes, force)?.commit()
}

/// Writes all of `bytes` beside their place, where only [`commit`](SafeFile::commit) is left to do.
pub(crate) fn prepare(path: &Path, bytes: &[u8], force: bool) -> Result<SafeFile> {
    SafeFile::create(path, force)?.filled(bytes)
}

/// Gives two filled files that belong together their names. Alone `first` is of no use and `second` misleads, as it does
/// beside what `first` replaces: so no kill, at no moment, leaves `second` or its forerunner without its own `first`.
pub(crate) fn commit_both(first: SafeFile, second: SafeFile) -> Result {
    second.give_way()?;
    first.commit()?;
    second.commit()
}

/// Whether both would be the same entry of the same directory.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    let entry = |path: &Path| Some((fs::canonicalize(directory(path)).ok()?, path.file_name()?.to_owned()));
    one == other || entry(one).is_some_and(|found| entry(other) == Some(found))
}

/// Where the file is.
fn directory(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

impl SafeFile {
    pub(crate) fn create(path: &Path, force: bool) -> Result<Self> {
        check(path, force)?;
        let directory = directory(path);
        let place = Place::open(&directory).map_err(absent).at(&directory)?;
        Ok(Self { place, path: path.to_owned(), directory, replaces: force, written: 0, advised: 0 })
    }

    /// Writes all of `bytes` and makes them durable, under no name yet.
    pub(crate) fn filled(mut self, bytes: &[u8]) -> Result<Self> {
        self.write_all(bytes).and_then(|()| self.file().sync_all()).at(&self.path)?;
        Ok(self)
    }

    /// Makes what was written durable and gives it its name.
    pub(crate) fn commit(self) -> Result {
        let Self { place, path, directory, replaces, .. } = self;
        let named = match place {
            Place::Unnamed(file) => {
                file.sync_all().at(&path)?;
                link(&file, &path, &directory, replaces)
            }
            Place::Named(file) => {
                file.as_file().sync_all().at(&path)?;
                let kept = if replaces { file.persist(&path) } else { file.persist_noclobber(&path) };
                kept.map(drop).map_err(|error| error.error)
            }
        };
        named.map_err(refusal).at(&path)?;
        sync(&directory)
    }

    /// Takes away the file that this one is going to replace.
    fn give_way(&self) -> Result {
        if !self.replaces {
            return Ok(());
        }
        match fs::remove_file(&self.path) {
            Ok(()) => sync(&self.directory),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).at(&self.path),
        }
    }

    fn file(&self) -> &File {
        match &self.place {
            Place::Unnamed(file) => file,
            Place::Named(file) => file.as_file(),
        }
    }
}

impl Place {
    fn open(directory: &Path) -> io::Result<Self> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        if let Ok(file) = openat(CWD, directory, flags, Mode::RUSR | Mode::WUSR) {
            let file = File::from(file);
            // Without /proc an unnamed file could never be given its name.
            if fs::symlink_metadata(descriptor(&file)).is_ok() {
                return Ok(Self::Unnamed(file));
            }
        }
        tempfile::Builder::new().prefix(".miyao-").suffix(".partial").tempfile_in(directory).map(Self::Named)
    }
}

/// Makes the names in a directory durable.
fn sync(directory: &Path) -> Result {
    File::open(directory).and_then(|directory| directory.sync_all()).at(directory)
}

/// Gives an unnamed file its name; only `replaces` takes the place of another.
fn link(file: &File, path: &Path, directory: &Path, replaces: bool) -> io::Result<()> {
    let link = |to: &Path| linkat(CWD, descriptor(file), CWD, to, AtFlags::SYMLINK_FOLLOW);
    match link(path) {
        Err(rustix::io::Errno::EXIST) if replaces => {}
        other => return Ok(other?),
    }
    // Nothing links over a file at once, so it gets a name beside and is renamed.
    let mut attempt = 0;
    loop {
        let beside = directory.join(format!(".miyao-{}-{attempt}.partial", process::id()));
        match link(&beside) {
            Err(rustix::io::Errno::EXIST) if attempt < 1000 => attempt += 1,
            Err(error) => return Err(error.into()),
            Ok(()) => return fs::rename(&beside, path).inspect_err(|_| drop(fs::remove_file(&beside))),
        }
    }
}

fn descriptor(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Somebody else made the output meanwhile: the same answer as when it was there before.
fn refusal(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Error::new(Kind::Exists, "the output appeared meanwhile; name another, or say --force")
        }
        _ => error.into(),
    }
}

impl Write for SafeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file().write(bytes)?;
        self.written += written as u64;
        if self.written - self.advised >= WRITE_BACK {
            // Advice only: what comes of it is none of the file's business.
            let _ =
                fadvise(self.file(), self.advised, core::num::NonZeroU64::new(WRITE_BACK), Advice::DontNeed);
            self.advised = self.written;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as it is made where the file system knows no unnamed ones.
    fn named(path: &Path, replaces: bool) -> SafeFile {
        let directory = path.parent().unwrap().to_owned();
        let place =
            tempfile::Builder::new().prefix(".miyao-").suffix(".partial").tempfile_in(&directory).unwrap();
        let place = Place::Named(place);
        SafeFile { place, path: path.to_owned(), directory, replaces, written: 0, advised: 0 }
    }

    #[test]
    fn both_kinds_appear_only_when_committed_and_replace_only_when_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        let count = || fs::read_dir(directory.path()).unwrap().count();
        let unnamed = |path: &Path, replaces| SafeFile::create(path, replaces).unwrap();
        for make in [&unnamed as &dyn Fn(&Path, bool) -> SafeFile, &named] {
            let mut file = make(&path, false);
            file.write_all(b"one").unwrap();
            assert!(!path.exists());
            drop(file);
            assert_eq!(count(), 0);
            let (mut first, mut second) = (make(&path, false), make(&path, false));
            first.write_all(b"first").unwrap();
            second.write_all(b"second").unwrap();
            first.commit().unwrap();
            assert_eq!(second.commit().unwrap_err().kind(), Kind::Exists);
            assert_eq!(fs::read(&path).unwrap(), b"first");
            let mut third = make(&path, true);
            third.write_all(b"third").unwrap();
            third.commit().unwrap();
            assert_eq!((fs::read(&path).unwrap(), count()), (b"third".to_vec(), 1));
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn of_two_files_the_second_is_never_beside_a_stranger() {
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = (directory.path().join("first"), directory.path().join("second"));
        let read = |path: &Path| fs::read_to_string(path).ok();
        let make = |text: &str, force| {
            let file = |path: &Path| prepare(path, text.as_bytes(), force).unwrap();
            (file(&first), file(&second))
        };
        let (one, other) = make("old", false);
        assert_eq!((read(&first), read(&second)), (None, None));
        commit_both(one, other).unwrap();
        assert_eq!((read(&first).as_deref(), read(&second).as_deref()), (Some("old"), Some("old")));
        // Whoever may not replace takes nothing away.
        let apart = SafeFile { replaces: false, ..make("other", true).1 };
        apart.give_way().unwrap();
        assert!(second.exists());
        // What the first replaces became what it cannot: the second's forerunner is gone all the same.
        let (one, other) = make("new", true);
        fs::remove_file(&first).unwrap();
        fs::create_dir(&first).unwrap();
        commit_both(one, other).unwrap_err();
        assert!(first.is_dir() && !second.exists());
        fs::remove_dir(&first).unwrap();
        let (one, other) = make("new", true);
        commit_both(one, other).unwrap();
        assert_eq!((read(&first).as_deref(), read(&second).as_deref()), (Some("new"), Some("new")));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_long_file_is_written_whole_whatever_the_advice() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        let block: Vec<u8> = (0..1 << 20).map(|at: u32| (at % 251) as u8).collect();
        let mut file = SafeFile::create(&path, false).unwrap();
        for _ in 0..70 {
            file.write_all(&block).unwrap();
        }
        file.commit().unwrap();
        let written = fs::read(&path).unwrap();
        assert!(written.len() == 70 << 20 && written.chunks(1 << 20).all(|chunk| chunk == block));
    }
}
