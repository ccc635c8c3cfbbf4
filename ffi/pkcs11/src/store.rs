//! The file of one token: read whole, replaced whole, so that a kill or a crash leaves the old one or the new one.
//!
//! Knows neither keys nor PINs: what is secret comes sealed by [`seal`]. Processes that share a token take turns by a lock
//! on a file beside it; readers need none, since a name is switched to a finished file at once.

mod format;
pub(crate) mod seal;

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
};

use cryptoki_sys::CKR_DEVICE_ERROR;
pub(crate) use format::Stamp;

use crate::rv::{Result, Rv};

/// What a token's file says.
#[derive(Clone)]
pub(crate) struct Contents {
    /// Of the file that this was read from, or written to.
    pub(crate) stamp: Stamp,
    /// Goes up with every change, over initialisations too.
    pub(crate) revision: u64,
    /// Drawn when the token was initialised.
    pub(crate) serial: [u8; 16],
    /// The name, padded with spaces.
    pub(crate) label: [u8; 32],
    /// What the security officer's PIN opens.
    pub(crate) officer: Gate,
    /// What the user's PIN opens, when it is set.
    pub(crate) user: Option<Gate>,
    pub(crate) records: Vec<Record>,
}

/// The token's key, hidden under a PIN.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) iterations: u32,
    pub(crate) salt: [u8; 16],
    /// Attempts since the last right one; each is counted before it is tried.
    pub(crate) failures: u32,
    pub(crate) wrapped: [u8; 80],
}

impl Gate {
    /// Whether it is the same gate, however often it was tried.
    pub(crate) fn is(&self, other: &Self) -> bool {
        (self.iterations, self.salt, self.wrapped) == (other.iterations, other.salt, other.wrapped)
    }
}

/// One object.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) id: [u8; 16],
    /// Whether `bytes` are sealed.
    pub(crate) private: bool,
    pub(crate) bytes: Vec<u8>,
}

/// The place of one token.
pub(crate) struct Place {
    directory: PathBuf,
}

impl Place {
    pub(crate) const fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The token as it is now; `None` when it was never initialised.
    pub(crate) fn read(&self) -> Result<Option<Contents>> {
        match fs::read(self.directory.join(FILE)) {
            Ok(bytes) => Contents::parse(&bytes).map(Some).ok_or(Rv(CKR_DEVICE_ERROR)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Which state [`read`](Self::read) would give, for a few bytes read.
    pub(crate) fn stamp(&self) -> Result<Option<Stamp>> {
        let mut file = match File::open(self.directory.join(FILE)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut end = [0; Stamp::LEN];
        file.seek(SeekFrom::End(-(Stamp::LEN as i64)))?;
        file.read_exact(&mut end)?;
        Ok(Some(Stamp::new(end)))
    }

    /// Waits for the turn to change the token, as long as another process or thread has it: whoever waits holds no lock that
    /// somebody needs who does not write.
    pub(crate) fn turn(&self) -> Result<Turn<'_>> {
        Ok(Turn { place: self, _lock: self.lock(LOCK)? })
    }

    /// Changes the token when it is this caller's turn.
    pub(crate) fn change<T>(&self, work: impl FnOnce(&mut Option<Contents>) -> Result<T>) -> Result<T> {
        self.turn()?.change(work).map(|(outcome, _)| outcome)
    }

    /// Tries a PIN, alone among all threads and processes; changes are made under a lock of their own.
    pub(crate) fn attempt<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let _lock = self.lock(ATTEMPT)?;
        work()
    }

    fn lock(&self, name: &str) -> Result<Lock> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let mut open = new_file();
        let lock = open.create(true).truncate(false).open(self.directory.join(name))?;
        wait_for(&lock)?;
        Ok(Lock(lock))
    }

    fn replace(&self, bytes: &[u8]) -> Result<()> {
        let beside = self.directory.join(BESIDE);
        // What lies there was left by a process that was killed, or by somebody who has no business here.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut file = new_file().create_new(true).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, self.directory.join(FILE))?;
        Ok(File::open(&self.directory)?.sync_all()?)
    }
}

/// The turn to change a token, until it is dropped; see [`Place::turn`].
pub(crate) struct Turn<'a> {
    place: &'a Place,
    _lock: Lock,
}

impl Turn<'_> {
    /// Changes the token in one step; when `work` fails, nothing is changed. Gives what is stored now, too.
    pub(crate) fn change<T>(
        &self,
        work: impl FnOnce(&mut Option<Contents>) -> Result<T>,
    ) -> Result<(T, Option<Contents>)> {
        let mut contents = self.place.read()?;
        let before = contents.as_ref().map_or(0, |contents| contents.revision);
        let outcome = work(&mut contents)?;
        if let Some(contents) = &mut contents {
            contents.revision = before + 1;
            let (bytes, stamp) = contents.to_bytes();
            self.place.replace(&bytes)?;
            contents.stamp = stamp;
        }
        Ok((outcome, contents))
    }
}

/// A lock on a file, until it is dropped.
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Said aloud, because a forked child may hold the same open file. Where it fails, closing the file says it.
        let _ = self.0.unlock();
    }
}

/// How a file is opened to be written: for its owner alone, and never behind a link.
fn new_file() -> OpenOptions {
    let mut open = OpenOptions::new();
    open.write(true).mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    open
}

/// Waits for the lock, over signals.
fn wait_for(lock: &File) -> Result<()> {
    loop {
        match lock.lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return Ok(outcome?),
        }
    }
}

const FILE: &str = "token";
const BESIDE: &str = "token.new";
const LOCK: &str = "lock";
const ATTEMPT: &str = "pin";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use cryptoki_sys::{CKR_DEVICE_ERROR, CKR_GENERAL_ERROR};

    use super::{Contents, FILE, Gate, Place, Record, Stamp};
    use crate::rv::{Rv, fail};

    fn sample() -> Contents {
        let gate = Gate { iterations: 1024, salt: [1; 16], failures: 2, wrapped: [3; 80] };
        let record = Record { id: [7; 16], private: true, bytes: vec![1, 2, 3] };
        Contents {
            stamp: Stamp::default(),
            revision: 9,
            serial: [4; 16],
            label: [b' '; 32],
            officer: gate.clone(),
            user: Some(gate),
            records: vec![record.clone(), Record { private: false, bytes: Vec::new(), ..record }],
        }
    }

    #[test]
    fn a_file_reads_as_it_was_written_and_an_altered_one_does_not_read() {
        let (bytes, _) = sample().to_bytes();
        let again = Contents::parse(&bytes).map(|contents| contents.to_bytes().0);
        assert_eq!(again.as_deref(), Some(bytes.as_slice()));
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            assert!(Contents::parse(&altered).is_none(), "byte {at}");
            assert!(Contents::parse(&bytes[..at]).is_none(), "cut at {at}");
        }
    }

    #[test]
    fn a_change_that_fails_leaves_the_file_and_what_lies_beside_it_is_no_token() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let place = Place::new(directory.path().join("slot-0"));
        assert_eq!(place.stamp().map(|stamp| stamp.is_some()), Ok(false));
        let made = place.change(|contents| {
            *contents = Some(sample());
            Ok(())
        });
        assert_eq!(made, Ok(()));
        let before = std::fs::read(directory.path().join("slot-0").join(FILE))?;
        let failed: Result<(), Rv> = place.change(|contents| {
            *contents = None;
            fail(CKR_GENERAL_ERROR)
        });
        assert_eq!(failed, Err(Rv(CKR_GENERAL_ERROR)));
        std::fs::write(directory.path().join("slot-0/token.new"), b"half a fi")?;
        assert_eq!(std::fs::read(directory.path().join("slot-0").join(FILE))?, before);
        assert_eq!(place.read().map(|contents| contents.map(|known| known.revision)), Ok(Some(1)));
        Ok(())
    }

    fn put_sample(place: &Place) -> Result<(), Rv> {
        place.change(|contents| {
            *contents = Some(sample());
            Ok(())
        })
    }

    #[test]
    fn what_lies_in_the_way_is_neither_written_through_nor_kept() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let (slot, victim) = (directory.path().join("slot-0"), directory.path().join("victim"));
        std::fs::create_dir(&slot)?;
        std::fs::write(&victim, b"precious")?;
        std::os::unix::fs::symlink(&victim, slot.join("token.new"))?;
        let place = Place::new(slot.clone());
        assert_eq!(put_sample(&place), Ok(()));
        assert_eq!(std::fs::read(&victim)?, b"precious");
        assert!(std::fs::symlink_metadata(slot.join(FILE))?.is_file());
        std::fs::write(slot.join("token.new"), b"half a fi")?;
        std::fs::set_permissions(slot.join("token.new"), std::fs::Permissions::from_mode(0o644))?;
        assert_eq!(put_sample(&place), Ok(()));
        assert_eq!(std::fs::metadata(slot.join(FILE))?.permissions().mode() & 0o777, 0o600);
        Ok(())
    }

    #[test]
    fn a_lock_behind_a_link_is_none() -> std::io::Result<()> {
        for name in ["lock", "pin"] {
            let directory = tempfile::tempdir()?;
            let elsewhere = directory.path().join("elsewhere");
            std::os::unix::fs::symlink(&elsewhere, directory.path().join(name))?;
            let place = Place::new(directory.path().to_owned());
            let outcome = if name == "lock" { put_sample(&place) } else { place.attempt(|| Ok(())) };
            assert_eq!(outcome, Err(Rv(CKR_DEVICE_ERROR)), "{name}");
            assert!(!elsewhere.exists());
        }
        Ok(())
    }
}
