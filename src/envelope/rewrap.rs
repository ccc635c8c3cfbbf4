//! Rewrap in place: the same file key under the key's current version, the body untouched, safe when power fails.
//!
//! Format M100–M106. Knows files and slots; the keys are whoever implements the two joints.

use alloc::vec::Vec;
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt},
    path::Path,
};

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{Entry, FileKey, HeaderDigest, INSPECTED, Inspection, Unwrap, Wrap, inspect, slot, slot::Slot};
use crate::error::{Error, Kind, Rejected, Result};

/// What a rewrap did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewrapped {
    /// The entry was under the current version already, and its MAC verified.
    Current,
    /// A slot was rewritten in place.
    InPlace,
    /// The recipients did not fit; the file was written anew and renamed.
    Copied,
}

/// Opens one recipient entry of the message at `path` with `identity` and wraps its file key by `recipient`, in place of
/// the entry of the same key or, where there is none, of the entry that was opened. Everybody else's entry, header, body
/// and signature do not change by a byte, so the cost does not depend on the size.
///
/// # Errors
/// [`Busy`](Kind::Busy) when another process rewraps it; [`Missing`](Kind::Missing) when no entry is for `identity`;
/// whatever identity, recipient or file return. The message stays readable after every failure.
pub fn rewrap(
    path: &Path,
    identity: &dyn Unwrap,
    recipient: &dyn Wrap,
    rng: &mut dyn CryptoRng,
) -> Result<Rewrapped> {
    let file = lock(path)?;
    let found = inspect(&read_start(&file)?)?;
    let digest = found.header.digest();
    let Some(Renewed { slot, place, file_key }) = renew(&found, &digest, identity, recipient, rng)? else {
        settle(&file, &found)?;
        return Ok(Rewrapped::Current);
    };
    match slot.encode(found.slot_len) {
        Some(bytes) => {
            replace(&file, &found, &bytes, |slot| opens(&slot.entries[place], identity, &digest, &file_key))?;
            Ok(Rewrapped::InPlace)
        }
        None => {
            copy(path, &file, &found, &slot)?;
            Ok(Rewrapped::Copied)
        }
    }
}

/// The same of a message in memory: gives the message as it is then.
///
/// # Errors
/// As [`rewrap`].
pub fn rewrapped(
    message: &[u8],
    identity: &dyn Unwrap,
    recipient: &dyn Wrap,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>> {
    let found = inspect(message)?;
    let digest = found.header.digest();
    let Some(Renewed { slot, .. }) = renew(&found, &digest, identity, recipient, rng)? else {
        return Ok(message.to_vec());
    };
    let bytes = match slot.encode(found.slot_len) {
        Some(bytes) => bytes,
        None => longer(&slot)?,
    };
    let (head, body) = (&message[..found.slots_at - 2], &message[found.body_at..]);
    let mut out = Vec::with_capacity(head.len() + 2 + 2 * bytes.len() + body.len());
    for part in [head, &(bytes.len() as u16).to_be_bytes(), &bytes, &bytes, body] {
        out.extend_from_slice(part);
    }
    Ok(out)
}

/// Recipients with one entry wrapped anew.
struct Renewed {
    slot: Slot,
    place: usize,
    file_key: FileKey,
}

/// None when nothing is left to do.
fn renew(
    found: &Inspection,
    digest: &HeaderDigest,
    identity: &dyn Unwrap,
    recipient: &dyn Wrap,
    rng: &mut dyn CryptoRng,
) -> Result<Option<Renewed>> {
    let (opened, file_key) = find(found, identity, digest)?;
    let entry = recipient.wrap(&file_key, digest, rng)?;
    // M100: a message to several keys is rewrapped for one of them; the others' entries are not touched.
    let same = |other: &Entry| other.holder().is_some() && other.holder() == entry.holder();
    let place = found.recipients.iter().position(same).unwrap_or(opened);
    if is_current(&found.recipients[place], &entry, identity, digest, &file_key) {
        return Ok(None);
    }
    let mut entries = found.recipients.clone();
    entries[place] = entry;
    slot::distinct(&entries)?;
    let generation = found
        .generation
        .checked_add(1)
        .ok_or(Error::new(Kind::Exhausted, "this message was rewrapped 2^32 times; re-encrypt it"))?;
    Ok(Some(Renewed { slot: Slot { generation, entries }, place, file_key }))
}

/// A slot with room for its entries, where those that are there have none.
fn longer(slot: &Slot) -> Result<Vec<u8>> {
    let len = Slot::len_for(&slot.entries, 64)?;
    slot.encode(len).ok_or(Error::new(Kind::Internal, "the recipients do not fit the slot made for them"))
}

/// The message's file, locked, and still the one that `path` names: a rewrap that copied may have replaced it.
fn lock(path: &Path) -> Result<File> {
    let busy = || Error::new(Kind::Busy, "another process is rewrapping this message; run it again later");
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(busy()),
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    let (locked, named) = (file.metadata()?, fs::metadata(path)?);
    if (locked.dev(), locked.ino()) != (named.dev(), named.ino()) {
        return Err(busy());
    }
    Ok(file)
}

/// The first entry that `identity` opens; one that it knows and cannot open does not hide the next.
fn find(found: &Inspection, identity: &dyn Unwrap, digest: &HeaderDigest) -> Result<(usize, FileKey)> {
    let mut failure = None;
    for (place, entry) in found.recipients.iter().enumerate() {
        match identity.unwrap(entry, digest) {
            Some(Ok(file_key)) => return Ok((place, file_key)),
            Some(Err(error)) => failure = failure.or(Some(error)),
            None => {}
        }
    }
    Err(failure.unwrap_or_else(|| {
        Error::new(Kind::Missing, "no recipient of the message is a key given here; `inspect` lists them")
    }))
}

/// Whether nothing is left to do: the same version of the same key, and its MAC verifies (M105). A passphrase has no
/// version to tell it by, so it is always wrapped anew.
fn is_current(
    old: &Entry,
    new: &Entry,
    identity: &dyn Unwrap,
    digest: &HeaderDigest,
    file_key: &FileKey,
) -> bool {
    old.name() == new.name()
        && !matches!(old, Entry::Passphrase { .. })
        && matches!(identity.unwrap(old, digest), Some(Ok(key)) if bool::from(key.ct_eq(file_key)))
}

fn opens(entry: &Entry, identity: &dyn Unwrap, digest: &HeaderDigest, file_key: &FileKey) -> Result<()> {
    // Another passphrase than the one that opened: as for every other recipient than `identity`, see below.
    if matches!(entry, Entry::Passphrase { .. }) {
        return Ok(());
    }
    match identity.unwrap(entry, digest) {
        Some(Ok(again)) if bool::from(again.ct_eq(file_key)) => Ok(()),
        Some(Err(error)) => Err(error),
        // Wrapped for somebody else: that it was read back whole is all that can be said.
        None => Ok(()),
        Some(Ok(_)) => Err(Rejected.into()),
    }
}

/// The slot protocol: the other slot, sync, read back and open, then the older one, sync.
fn replace(file: &File, found: &Inspection, bytes: &[u8], check: impl Fn(&Slot) -> Result<()>) -> Result<()> {
    let current = settle(file, found)?;
    let at = |slot: usize| (found.slots_at + slot * found.slot_len) as u64;
    let other = 1 - current;
    file.write_all_at(bytes, at(other))?;
    file.sync_data()?;
    let mut slots = alloc::vec![0; 2 * found.slot_len];
    file.read_exact_at(&mut slots, at(0))?;
    let (written, place) = slot::newest(&slots, found.slot_len)?;
    let whole = place == other && slots[other * found.slot_len..][..found.slot_len] == *bytes;
    if !whole {
        return Err(Error::new(
            Kind::Io,
            "the recipients were not written as asked; the old ones still hold, check the disk",
        ));
    }
    check(&written)?;
    file.write_all_at(bytes, at(current))?;
    file.sync_data()?;
    Ok(())
}

/// After a crash the slots differ: the valid newest is copied over the other first. Gives the newest's index.
fn settle(file: &File, found: &Inspection) -> Result<usize> {
    let mut slots = alloc::vec![0; 2 * found.slot_len];
    file.read_exact_at(&mut slots, found.slots_at as u64)?;
    let (_, current) = slot::newest(&slots, found.slot_len)?;
    let (first, second) = slots.split_at(found.slot_len);
    if first != second {
        let newest = if current == 0 { first } else { second };
        file.write_all_at(newest, (found.slots_at + (1 - current) * found.slot_len) as u64)?;
        file.sync_data()?;
    }
    Ok(current)
}

/// Writes the whole message beside `path` with longer slots, syncs, renames, syncs the directory.
fn copy(path: &Path, file: &File, found: &Inspection, slot: &Slot) -> Result<()> {
    let bytes = longer(slot)?;
    // A link stays a link: its target is what is written anew.
    let path = &fs::canonicalize(path)?;
    let name = path.file_name().ok_or(Error::new(Kind::Invalid, "the path names no file"))?;
    let beside = path.with_file_name(alloc::format!(".{}.rewrap", name.to_string_lossy()));
    let written = write_beside(&beside, file, found, &bytes).and_then(|()| Ok(fs::rename(&beside, path)?));
    if written.is_err() {
        // Nothing refers to it; a second failure changes nothing for the message.
        let _ = fs::remove_file(&beside);
    }
    written?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()?;
    Ok(())
}

fn write_beside(beside: &Path, file: &File, found: &Inspection, slot: &[u8]) -> Result<()> {
    // What a crash left behind goes; whoever plants a file or a link of this name meanwhile makes `create_new` fail.
    match fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
    out.set_permissions(file.metadata()?.permissions())?;
    let mut head = alloc::vec![0; found.slots_at - 2];
    file.read_exact_at(&mut head, 0)?;
    out.write_all(&head)?;
    out.write_all(&(slot.len() as u16).to_be_bytes())?;
    out.write_all(slot)?;
    out.write_all(slot)?;
    let mut body = file;
    io::Seek::seek(&mut body, io::SeekFrom::Start(found.body_at as u64))?;
    io::copy(&mut body, &mut out)?;
    out.sync_all()?;
    Ok(())
}

fn read_start(mut file: &File) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Read::by_ref(&mut file).take(INSPECTED as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
