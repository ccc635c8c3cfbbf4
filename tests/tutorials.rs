//! The tutorials: every block of code is the example's own, and the example in Rust does what is told of it.
//!
//! Those in C and Go run beside the library that they need: `ffi/tests/examples.rs` and `tests/readme/run`.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "sqlite")]

use std::{fs, path::Path, sync::Arc, thread, time::Duration};

use miyao::{
    envelope::token::TokenHeader,
    key::{KeyName, NewKey, Principal, Spec},
    kms::{KeyRef, Kms},
    provider::software::KeyFile,
    store::sqlite::Sqlite,
};

#[allow(dead_code, reason = "the test does without its main")]
#[path = "../examples/service.rs"]
mod service;

use service::{Records, answer};

/// The blocks of code of this language in a document.
fn blocks<'d>(document: &'d str, language: &str) -> Vec<&'d str> {
    let fence = format!("```{language}\n");
    document
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split_once("```").map_or(rest, |(block, _)| block))
        .collect()
}

/// The first block that is not in the sources, line by line as it stands there.
fn foreign<'d>(document: &'d str, language: &str, sources: &[&str]) -> Option<&'d str> {
    blocks(document, language).into_iter().find(|block| !sources.iter().any(|source| source.contains(block)))
}

#[test]
fn every_block_of_code_in_a_tutorial_is_in_its_example() {
    let rust = include_str!("../docs/tutorial-rust.md");
    for (document, language, sources) in [
        (rust, "rust", &[include_str!("../examples/service.rs")][..]),
        (include_str!("../docs/tutorial-c.md"), "c", &[include_str!("../ffi/examples/service.c")][..]),
        (
            include_str!("../docs/tutorial-go.md"),
            "go",
            &[include_str!("../ffi/go/examples/service/main.go")][..],
        ),
    ] {
        assert!(blocks(document, language).len() > 5, "{language}");
        assert_eq!(foreign(document, language, sources), None, "{language}");
        assert!(document.lines().count() <= 150, "{language}");
    }
    assert!(
        foreign(&rust.replace("left -= 1", "left -= 2"), "rust", &[include_str!("../examples/service.rs")])
            .is_some()
    );
}

#[test]
fn a_service_is_read_in_one_sitting() {
    for (file, source) in [
        ("service.rs", include_str!("../examples/service.rs")),
        ("service.c", include_str!("../ffi/examples/service.c")),
        ("main.go", include_str!("../ffi/go/examples/service/main.go")),
    ] {
        let lines = source.lines().count();
        assert!(lines < 150, "{file} has {lines} lines");
    }
}

/// What an operator does once.
fn operated(directory: &Path) -> Kms {
    let root = KeyFile::create(&directory.join("root.key"), &mut miyao::kms::rng().unwrap()).unwrap();
    let store = Arc::new(Sqlite::create(&directory.join("store.db")).unwrap());
    let kms = Kms::init(store, &root, Principal::parse("operator").unwrap()).unwrap();
    kms.create(NewKey::new(KeyName::parse("records").unwrap(), Spec::Sm4)).unwrap();
    kms
}

/// The versions of the key that the records are under, each once, in their order.
fn versions(directory: &Path) -> Vec<u32> {
    let files = fs::read_dir(directory.join("records")).unwrap();
    let record = |file: std::io::Result<fs::DirEntry>| fs::read(file.unwrap().path()).unwrap();
    let mut found: Vec<_> =
        files.map(|file| TokenHeader::parse(&record(file)[..79]).unwrap().version).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn the_service_in_rust_keeps_its_records_through_rotations_and_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let operator = operated(directory.path());
    let records = Records::open(directory.path()).unwrap();
    assert_eq!(answer(&records, "put a first text"), "ok");
    assert_eq!(answer(&records, "put b second"), "ok");
    assert_eq!(answer(&records, "get a"), "first text");
    assert_eq!(versions(directory.path()), [1]);

    // By somebody else: the service sees it in a second.
    operator.rotate(&KeyRef::parse("records").unwrap(), None).unwrap();
    let followed = (0..100).any(|_| {
        records.maintain().unwrap();
        thread::sleep(Duration::from_millis(100));
        versions(directory.path()) == [2]
    });
    assert!(followed, "{:?}", versions(directory.path()));
    assert_eq!(answer(&records, "put c third"), "ok");
    assert_eq!(versions(directory.path()), [2]);
    drop(records);
    let records = Records::open(directory.path()).unwrap();
    for (question, text) in [("get a", "first text"), ("get b", "second"), ("get c", "third")] {
        assert_eq!(answer(&records, question), text);
    }

    let place = |id: &str| directory.path().join("records").join(id);
    fs::copy(place("a"), place("d")).unwrap();
    assert_eq!(answer(&records, "get d"), "error 3", "a record under another id");
    let mut altered = fs::read(place("a")).unwrap();
    *altered.last_mut().unwrap() ^= 1;
    fs::write(place("a"), &altered).unwrap();
    assert_eq!(answer(&records, "get a"), "error 3", "an altered record");
    fs::write(place("a"), &altered[..90]).unwrap();
    assert_eq!(answer(&records, "get a"), "error 3", "half a record");
    assert_eq!(answer(&records, "get none"), "error 9");
    assert_eq!(answer(&records, "put ../store.db text"), "error 4");
    assert_eq!(answer(&records, "drop a"), "error 4");
}
