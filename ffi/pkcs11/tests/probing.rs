//! The module stands in for each vendor, and a probe that is told nothing recovers the vendor's profile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use miyao::{
    SecretBytes,
    provider::pkcs11::{
        Module,
        probe::{self, Report},
        profile::{KeyType, Mechanism, Operation, Profile, Shelf},
    },
};

/// Vendors whose numbers the module can have. SoftHSM and kryoptic have none of their own.
const VENDORS: [&str; 8] = ["sansec", "sansec-itrus", "tass", "koal", "westone", "ibm-ep11", "luna", "miyao"];
const PIN: &str = "246810";
/// Set where this program runs as the one that loads the module, which a process does once.
const ROLE: &str = "MIYAO_TEST_VENDOR";

/// The module that was built with this test.
fn module() -> PathBuf {
    let beside = env::current_exe().unwrap().parent().unwrap().to_owned();
    let places = [beside.join("libmiyao_pkcs11.so"), beside.join("../libmiyao_pkcs11.so")];
    places
        .into_iter()
        .find(|place| place.exists())
        .expect("the module beside this test")
        .canonicalize()
        .unwrap()
}

/// A token `stand-in` with this vendor's numbers, in a directory of its own; the path of its configuration.
fn token(directory: &Path, vendor: &str) -> PathBuf {
    let configuration = directory.join("pkcs11.toml");
    let store = directory.join("store");
    fs::create_dir(&store).unwrap();
    let text = format!("store = {store:?}\nprofile = {vendor:?}\n[pin]\niterations = 1024\nfloor = 1024\n");
    fs::write(&configuration, text).unwrap();
    for arguments in [
        &["--init-token", "--label", "stand-in", "--so-pin", "13579135"][..],
        &["--init-pin", "--so-pin", "13579135", "--pin", PIN],
    ] {
        let made = Command::new("pkcs11-tool")
            .arg("--module")
            .arg(module())
            .args(arguments)
            .env("MIYAO_PKCS11_CONF", &configuration)
            .output()
            .expect("pkcs11-tool; `./test` installs it");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    configuration
}

#[test]
fn a_probe_recovers_the_profile_of_each_vendor() {
    for vendor in VENDORS {
        let directory = tempfile::tempdir().unwrap();
        let configuration = token(directory.path(), vendor);
        let ended = Command::new(env::current_exe().unwrap())
            .args(["--exact", "as_one_vendor", "--ignored", "--nocapture"])
            .env("MIYAO_PKCS11_CONF", configuration)
            .env(ROLE, vendor)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && told.contains("1 passed"), "{vendor}: {told}");
    }
}

#[test]
#[ignore = "the other test runs it, once a vendor in a process of its own"]
fn as_one_vendor() {
    let vendor = env::var(ROLE).expect("the vendor's name");
    let shelf = Shelf::built_in().unwrap();
    let known = shelf.named(&vendor).unwrap();
    let module = Module::load(&module()).unwrap();
    let slots = module.slots().unwrap();
    let slot =
        slots.iter().find(|slot| slot.token.as_ref().is_some_and(|token| token.label == "stand-in")).unwrap();
    let pin = SecretBytes::take(PIN.into());
    // Nobody says which vendor it is.
    let profiles: Vec<_> = shelf.profiles().collect();
    let report = probe::probe(&module, slot.id, Some(&pin), &profiles, "found", "2026-01-31").unwrap();
    check(known, &report);

    // What was written is what is read, and it holds; so does what is compiled in, which a stand-in follows to the letter.
    let written = Profile::parse(&report.profile.to_toml()).unwrap();
    assert_eq!(written, report.profile);
    for profile in [&written, known] {
        let verdict = probe::self_test(&module, slot.id, Some(&pin), profile).unwrap();
        assert!(verdict.is_passed(), "{}: {verdict:#?}", profile.name);
    }
    // Where a vendor has other numbers, it is found out.
    let other = shelf.named(if vendor == "luna" { "sansec" } else { "luna" }).unwrap();
    assert!(!probe::self_test(&module, slot.id, Some(&pin), other).unwrap().is_passed());
}

fn check(known: &Profile, report: &Report) {
    assert!(report.left.is_empty(), "{:?}", report.left);
    let found = &report.profile.mechanisms;
    for entry in known.mechanisms.iter().filter(|entry| is_testable(entry)) {
        let alike = |other: &&Mechanism| (other.operation, other.code) == (entry.operation, entry.code);
        if entry.is_complete() {
            let seen = found.iter().any(|other| other.is_used_as(entry) && other.verified);
            assert!(
                seen,
                "{entry:?} was not recovered; found {:?}",
                found.iter().filter(alike).collect::<Vec<_>>()
            );
        } else {
            // What nobody published was found out.
            let filled = found.iter().filter(alike).any(|other| other.is_complete() && other.verified);
            assert!(filled, "nothing was found out about {entry:?}");
        }
    }
    // Nothing was found that contradicts what is known in full.
    for other in found.iter().filter(|other| other.verified) {
        let complete = |entry: &&Mechanism| {
            (entry.operation, entry.code, entry.parameter) == (other.operation, other.code, other.parameter)
                && entry.is_complete()
        };
        let entries: Vec<_> = known.mechanisms.iter().filter(complete).collect();
        assert!(
            entries.is_empty() || entries.iter().any(|entry| entry.is_used_as(other)),
            "{other:?}, not {entries:?}"
        );
    }
    let code = |key: Option<KeyType>| key.map(|key| key.code);
    for (said, seen) in [(known.keys.sm2, report.profile.keys.sm2), (known.keys.sm4, report.profile.keys.sm4)]
    {
        assert!(said.is_none() || code(said) == code(seen), "{said:?} {seen:?}");
        assert!(seen.is_some_and(|seen| seen.verified), "{seen:?}");
    }
}

/// Of the others there is no known answer, or not in software.
fn is_testable(entry: &Mechanism) -> bool {
    !matches!(
        entry.operation,
        Operation::Sm2Wrap | Operation::Sm2Unwrap | Operation::Sm2Agree | Operation::Sm4Mac
    )
}
