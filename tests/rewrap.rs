//! Rewrap in place: whoever else could open a message still can, and no path is a trap.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use miyao::{
    Kind, Secret, SecretBytes,
    algo::{drbg::Drbg, sm2::PrivateKey},
    envelope::{
        self, Entry, FileKey, HeaderDigest, Opener, Options, Rewrapped, Unwrap, Wrap, inspect, kms_unwrap,
        kms_wrap, recipient::Passphrase,
    },
};
use rand_core::CryptoRng;

fn rng(seed: u8) -> Drbg {
    Drbg::new(&[seed; 32], b"tests/rewrap", b"")
}

/// A store of the test: it opens the entries of every key, whatever the version, and wraps under one of them.
struct Store {
    key: u8,
    version: u32,
}

impl Store {
    fn secret(key: &[u8; 16], version: u32) -> Secret<32> {
        Secret::build(|bytes| bytes.fill(key[0] ^ version as u8))
    }
}

impl Wrap for Store {
    fn wrap(
        &self,
        file_key: &FileKey,
        header: &HeaderDigest,
        mut rng: &mut dyn CryptoRng,
    ) -> miyao::Result<Entry> {
        let key = [self.key; 16];
        kms_wrap(&Self::secret(&key, self.version), key, self.version, file_key, header, &mut rng)
    }
}

impl Unwrap for Store {
    fn unwrap(&self, entry: &Entry, header: &HeaderDigest) -> Option<miyao::Result<FileKey>> {
        let Entry::Kms { key, version, .. } = entry else { return None };
        Some(kms_unwrap(&Self::secret(key, *version), entry, header).map_err(Into::into))
    }
}

const fn under(key: u8, version: u32) -> Store {
    Store { key, version }
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(SecretBytes::take(text.as_bytes().to_vec()))
}

/// A message in a directory of its own.
struct Scratch {
    dir: tempfile::TempDir,
    path: PathBuf,
}

fn written(message: &[u8]) -> Scratch {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("message");
    fs::write(&path, message).unwrap();
    Scratch { dir, path }
}

fn names(path: &std::path::Path) -> Vec<(u8, u32)> {
    let name = |entry: &Entry| match entry {
        Entry::Kms { key, version, .. } => (key[0], *version),
        other => panic!("not of a store: {other:?}"),
    };
    inspect(&fs::read(path).unwrap()).unwrap().recipients.iter().map(name).collect()
}

#[test]
fn a_rewrap_under_one_key_leaves_the_other_keys_entries_alone() {
    let message =
        envelope::encrypt(b"text", &Options::to(&under(1, 1)).and_to(&under(2, 1)), &mut rng(1)).unwrap();
    let scratch = written(&message);
    let to = under(2, 2);
    assert_eq!(envelope::rewrap(&scratch.path, &to, &to, &mut rng(2)).unwrap(), Rewrapped::InPlace);
    assert_eq!(names(&scratch.path), [(1, 1), (2, 2)]);
    assert_eq!(envelope::rewrap(&scratch.path, &to, &to, &mut rng(3)).unwrap(), Rewrapped::Current);
    let to = under(1, 3);
    assert_eq!(envelope::rewrap(&scratch.path, &to, &to, &mut rng(4)).unwrap(), Rewrapped::InPlace);
    assert_eq!(names(&scratch.path), [(1, 3), (2, 2)]);
}

#[test]
fn a_rewrap_to_another_passphrase_takes_the_old_one_away() {
    let (old, new) = (passphrase("old"), passphrase("new"));
    let message = envelope::encrypt(b"text", &Options::to(&old), &mut rng(5)).unwrap();
    let scratch = written(&message);
    assert_eq!(envelope::rewrap(&scratch.path, &old, &new, &mut rng(6)).unwrap(), Rewrapped::InPlace);
    let after = fs::read(&scratch.path).unwrap();
    assert_eq!(envelope::decrypt(&after, &Opener::with(&new)).unwrap().0.expose(), b"text");
    let refused = envelope::decrypt(&after, &Opener::with(&old)).err().unwrap();
    assert_eq!(refused.kind(), Kind::Rejected);
}

#[test]
fn a_rewrap_that_copies_writes_through_no_link_and_keeps_the_mode() {
    let (sm2, key) = (PrivateKey::random(&mut rng(7)), under(1, 1));
    let message = envelope::encrypt(&[3; 9000], &Options::to(&key).spare(0), &mut rng(8)).unwrap();
    let scratch = written(&message);
    fs::set_permissions(&scratch.path, fs::Permissions::from_mode(0o666)).unwrap();
    let victim = scratch.dir.path().join("victim");
    fs::write(&victim, b"precious").unwrap();
    std::os::unix::fs::symlink(&victim, scratch.dir.path().join(".message.rewrap")).unwrap();
    let link = scratch.dir.path().join("link");
    std::os::unix::fs::symlink(&scratch.path, &link).unwrap();
    assert_eq!(envelope::rewrap(&link, &key, sm2.public_key(), &mut rng(9)).unwrap(), Rewrapped::Copied);
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "the link was replaced, not its target");
    assert_eq!(fs::metadata(&scratch.path).unwrap().permissions().mode() & 0o777, 0o666);
    let after = fs::read(&scratch.path).unwrap();
    assert_eq!(envelope::decrypt(&after, &Opener::with(&sm2)).unwrap().0.expose(), [3; 9000]);
    assert!(fs::symlink_metadata(scratch.dir.path().join(".message.rewrap")).is_err());
}

#[test]
fn a_message_that_somebody_else_rewraps_is_busy() {
    let key = under(1, 1);
    let scratch = written(&envelope::encrypt(b"text", &Options::to(&key), &mut rng(10)).unwrap());
    let holder = fs::File::open(&scratch.path).unwrap();
    holder.lock().unwrap();
    let refused = envelope::rewrap(&scratch.path, &key, &under(1, 2), &mut rng(11)).err().unwrap();
    assert_eq!(refused.kind(), Kind::Busy);
    assert_eq!(names(&scratch.path), [(1, 1)]);
}

/// Every state that a power failure can leave: any prefix of the first write, then any prefix of the second.
#[test]
fn after_a_crash_at_any_byte_the_message_opens_and_the_next_rewrap_settles_both_slots() {
    let (old, new) = (under(1, 1), under(1, 2));
    let before = envelope::encrypt(b"text", &Options::to(&old).spare(0), &mut rng(12)).unwrap();
    let scratch = written(&before);
    envelope::rewrap(&scratch.path, &new, &new, &mut rng(13)).unwrap();
    let after = fs::read(&scratch.path).unwrap();
    let found = inspect(&after).unwrap();
    let (first, second) = (found.slots_at, found.slots_at + found.slot_len);
    assert_eq!((&before[..first], &before[found.body_at..]), (&after[..first], &after[found.body_at..]));
    let mut crashed = before.clone();
    for slot in [second, first] {
        for at in slot..slot + found.slot_len {
            crashed[at] = after[at];
            let (text, _) = envelope::decrypt(&crashed, &Opener::with(&old)).unwrap();
            assert_eq!(text.expose(), b"text", "crashed after byte {at}");
            if at % 16 == 0 {
                fs::write(&scratch.path, &crashed).unwrap();
                envelope::rewrap(&scratch.path, &new, &new, &mut rng(14)).unwrap();
                let settled = fs::read(&scratch.path).unwrap();
                assert_eq!(settled[first..second], settled[second..found.body_at], "after byte {at}");
                assert_eq!(names(&scratch.path), [(1, 2)]);
            }
        }
    }
    assert_eq!(crashed, after);
}
