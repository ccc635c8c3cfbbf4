//! One suite for every provider: whatever holds a root key must pass all of it. PBKDF2 at its least cost takes a third
//! of a second, so a passphrase is tried on samples where a key file is tried on everything.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use miyao::{
    Kind, Result, Secret, SecretBytes,
    algo::{drbg::Drbg, pbkdf2, wrap},
    provider::{
        Provider,
        software::{KeyFile, Passphrase},
    },
};

const BINDING: &[u8] = b"store 1, epoch 1";
const MASTER: [u8; 32] = [0xA7; 32];
const LABEL: &[u8] = b"miyao v1 master seal\0";

/// What the suite needs to know of a provider.
struct Case {
    name: &'static str,
    roots: [Box<dyn Provider>; 2],
    length: usize,
    /// Of so many flipped bits one is tried, from the first wrapped byte on.
    step: usize,
}

macro_rules! on_every_provider {
    ($($test:ident)*) => {
        mod keyfile {
            $(#[test] fn $test() { super::$test(&super::keyfile_case()); })*
        }

        mod passphrase {
            $(#[test] fn $test() { super::$test(&super::passphrase_case()); })*
        }
    };
}

on_every_provider! {
    what_was_sealed_is_opened_and_no_two_seals_are_alike
    another_root_or_binding_is_rejected
    a_seal_of_another_length_is_malformed
    a_seal_of_another_kind_is_refused
    a_flipped_bit_is_refused
}

fn rng(seed: u8) -> Drbg {
    Drbg::new(&[seed; 32], b"tests/providers", b"")
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(SecretBytes::take(text.into()))
}

fn passphrase_case() -> Case {
    let roots =
        ["correct horse", "correct horse "].map(|text| Box::new(passphrase(text)) as Box<dyn Provider>);
    Case { name: "passphrase", roots, length: 85, step: 173 }
}

fn keyfile_case() -> Case {
    let scratch = tempfile::tempdir().unwrap();
    let roots = [1, 2].map(|seed| {
        let path = scratch.path().join(format!("root {seed}"));
        KeyFile::create(&path, &mut rng(seed)).unwrap();
        Box::new(KeyFile::open(&path).unwrap()) as Box<dyn Provider>
    });
    Case { name: "keyfile", roots, length: 81, step: 1 }
}

fn seal(root: &dyn Provider, seed: u8) -> Vec<u8> {
    root.seal(&Secret::take(&mut MASTER.clone()), BINDING, &mut rng(seed)).unwrap()
}

fn kind<T>(result: Result<T>) -> Kind {
    result.err().expect("it must be refused").kind()
}

fn what_was_sealed_is_opened_and_no_two_seals_are_alike(case: &Case) {
    let [root, _] = &case.roots;
    assert_eq!(root.describe(), case.name);
    let seals = [seal(&**root, 3), seal(&**root, 4)];
    for sealed in &seals {
        assert_eq!(sealed.len(), case.length);
        assert_eq!(root.open(sealed, BINDING).unwrap().expose(), &MASTER);
        assert!(!sealed.windows(8).any(|bytes| bytes == &MASTER[..8]));
    }
    let tail = case.length - 80;
    assert_eq!(seals[0][..tail], seals[1][..tail]);
    for part in [tail..tail + 16, tail + 16..tail + 48, tail + 48..tail + 80] {
        assert_ne!(seals[0][part.clone()], seals[1][part]);
    }
}

fn another_root_or_binding_is_rejected(case: &Case) {
    let [root, other] = &case.roots;
    let sealed = seal(&**root, 3);
    assert_eq!(kind(other.open(&sealed, BINDING)), Kind::Rejected);
    for binding in [b"store 1, epoch 2".as_slice(), b""] {
        assert_eq!(kind(root.open(&sealed, binding)), Kind::Rejected);
    }
}

fn a_seal_of_another_length_is_malformed(case: &Case) {
    let [root, _] = &case.roots;
    let mut sealed = seal(&**root, 3);
    for length in 0..sealed.len() {
        assert_eq!(kind(root.open(&sealed[..length], BINDING)), Kind::Malformed, "{length} bytes");
    }
    sealed.push(0);
    assert_eq!(kind(root.open(&sealed, BINDING)), Kind::Malformed);
}

fn a_seal_of_another_kind_is_refused(case: &Case) {
    let [root, _] = &case.roots;
    let mut sealed = seal(&**root, 3);
    let own = sealed[0];
    for number in (0..=255).filter(|number| *number != own) {
        sealed[0] = number;
        let wanted = if matches!(number, 1..=3) { Kind::Rejected } else { Kind::Unsupported };
        assert_eq!(kind(root.open(&sealed, BINDING)), wanted, "kind {number}");
    }
}

fn a_flipped_bit_is_refused(case: &Case) {
    let [root, _] = &case.roots;
    let sealed = seal(&**root, 3);
    let wrapped = (case.length - 80) * 8;
    for bit in (0..8).chain((wrapped..case.length * 8).step_by(case.step)) {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(
            matches!(kind(root.open(&altered, BINDING)), Kind::Rejected | Kind::Unsupported),
            "bit {bit}"
        );
    }
}

/// The layout written down in the module's documentation, made from its parts.
#[test]
fn a_seal_made_by_hand_from_the_documented_layout_is_opened() {
    let (salt, master) = ([9; 16], Secret::take(&mut MASTER.clone()));
    let by_hand = |secret: &Secret<32>, header: &[u8]| {
        let wrapped = wrap::wrap_with_salt(secret, LABEL, &salt, &[BINDING, header], &master).unwrap();
        [header, &wrapped.to_bytes()].concat()
    };
    let cost = 600_000u32;
    let secret = Secret::build(|out| pbkdf2::derive(b"a", &salt, cost.try_into().unwrap(), out).unwrap());
    let sealed = by_hand(&secret, &[&[1], cost.to_be_bytes().as_slice()].concat());
    assert_eq!(passphrase("a").open(&sealed, BINDING).unwrap().expose(), &MASTER);

    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("root");
    write(&path, &[5; 32], 0o600);
    let sealed = by_hand(&Secret::take(&mut [5; 32]), &[2]);
    assert_eq!(KeyFile::open(&path).unwrap().open(&sealed, BINDING).unwrap().expose(), &MASTER);
}

#[test]
fn the_cost_of_a_passphrase_has_a_floor_and_a_ceiling() {
    for wrong in [0, 1, 1000, Passphrase::FLOOR - 1, Passphrase::CEILING + 1, u32::MAX] {
        assert_eq!(kind(passphrase("a").iterations(wrong)), Kind::Invalid, "{wrong}");
    }
    for right in [Passphrase::FLOOR, Passphrase::CEILING] {
        assert!(passphrase("a").iterations(right).is_ok());
    }
    assert_eq!((Passphrase::FLOOR, Passphrase::CEILING), (600_000, 10_000_000));
}

#[test]
fn the_cost_travels_with_the_seal() {
    let sealed = seal(&passphrase("a").iterations(600_123).unwrap(), 3);
    assert_eq!(sealed[1..5], 600_123u32.to_be_bytes());
    assert_eq!(passphrase("a").open(&sealed, BINDING).unwrap().expose(), &MASTER);
}

/// If any of the refused costs were paid, this test would take hours.
#[test]
fn an_altered_cost_is_refused_before_it_is_paid() {
    let mut sealed = seal(&passphrase("a"), 3);
    for cost in [0, 1, Passphrase::FLOOR - 1, Passphrase::CEILING + 1, u32::MAX - 1, u32::MAX] {
        sealed[1..5].copy_from_slice(&cost.to_be_bytes());
        assert_eq!(kind(passphrase("a").open(&sealed, BINDING)), Kind::Malformed, "{cost}");
    }
    for cost in (0..32).map(|bit| Passphrase::FLOOR ^ (1 << bit)) {
        if !(Passphrase::FLOOR..=Passphrase::CEILING).contains(&cost) {
            sealed[1..5].copy_from_slice(&cost.to_be_bytes());
            assert_eq!(kind(passphrase("a").open(&sealed, BINDING)), Kind::Malformed, "{cost}");
        }
    }
    sealed[1..5].copy_from_slice(&(Passphrase::FLOOR + 1).to_be_bytes());
    assert_eq!(kind(passphrase("a").open(&sealed, BINDING)), Kind::Rejected);
}

#[test]
fn an_empty_passphrase_is_refused() {
    let sealed = seal(&passphrase("a"), 3);
    let root = passphrase("");
    assert_eq!(kind(root.open(&sealed, BINDING)), Kind::Invalid);
    assert_eq!(kind(root.seal(&Secret::take(&mut MASTER.clone()), BINDING, &mut rng(3))), Kind::Invalid);
}

#[test]
fn a_root_is_not_printed() {
    assert_eq!(
        format!("{:?}", passphrase("tell nobody")),
        "Passphrase { bytes: SecretBytes, iterations: 600000 }"
    );
    let scratch = tempfile::tempdir().unwrap();
    let root = KeyFile::create(&scratch.path().join("root"), &mut rng(1)).unwrap();
    assert_eq!(format!("{root:?}"), "KeyFile { secret: Secret<32> }");
}

fn write(path: &Path, content: &[u8], mode: u32) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn scratch(name: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    (directory, path)
}

#[test]
fn a_key_file_is_its_owners_and_is_never_overwritten() {
    let (directory, path) = scratch("root");
    KeyFile::create(&path, &mut rng(1)).unwrap();
    let written = fs::read(&path).unwrap();
    assert_eq!(written.len(), 32);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let link = directory.path().join("dangling");
    symlink(directory.path().join("elsewhere"), &link).unwrap();
    for taken in [path.as_path(), &link, directory.path()] {
        assert_eq!(kind(KeyFile::create(taken, &mut rng(2))), Kind::Exists);
    }
    assert_eq!(fs::read(&path).unwrap(), written);
    assert!(!directory.path().join("elsewhere").exists());
    assert_eq!(kind(KeyFile::create(&directory.path().join("no/root"), &mut rng(2))), Kind::Missing);
}

#[test]
fn a_key_file_that_others_have_rights_to_is_refused_with_the_command_that_helps() {
    let (_directory, path) = scratch("root");
    for right in [0o040, 0o020, 0o010, 0o004, 0o002, 0o001, 0o077] {
        write(&path, &[7; 32], 0o600 | right);
        let error = KeyFile::open(&path).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{right:o}");
        assert!(error.to_string().contains(&format!("chmod 600 {}", path.display())), "{error}");
    }
    for mode in [0o600, 0o400, 0o700] {
        write(&path, &[7; 32], 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(KeyFile::open(&path).is_ok(), "{mode:o}");
    }
}

#[test]
fn what_is_no_key_file_is_refused_by_its_kind() {
    let (directory, path) = scratch("root");
    assert_eq!(kind(KeyFile::open(&path)), Kind::Missing);
    assert_eq!(kind(KeyFile::open(directory.path())), Kind::Invalid);
    assert_eq!(kind(KeyFile::open(Path::new("/dev/zero"))), Kind::Invalid);
    for length in [0, 1, 31, 33, 64] {
        write(&path, &vec![7; length], 0o600);
        assert_eq!(kind(KeyFile::open(&path)), Kind::Malformed, "{length} bytes");
    }
    write(&path, &[7; 32], 0o600);
    let link = directory.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(KeyFile::open(&link).is_ok(), "secrets are often mounted as links");
    let pipe = directory.path().join("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert_eq!(kind(KeyFile::open(&pipe)), Kind::Invalid, "and nobody waits for its writer");
}
