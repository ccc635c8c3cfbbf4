//! The header is what the sources say, every function has its words, and the binary interface changes on purpose only.
//!
//! `MIYAO_WRITE=1 cargo test -p miyao-ffi --test header` writes the header and the record of the interface anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

use std::{
    collections::BTreeSet,
    fs, mem,
    path::{Path, PathBuf},
};

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn header() -> String {
    let config = cbindgen::Config::from_file(place("cbindgen.toml")).unwrap();
    let mut out = Vec::new();
    cbindgen::generate_with_config(place(""), config).unwrap().write(&mut out);
    String::from_utf8(out).unwrap()
}

/// The file holds `what`; with `MIYAO_WRITE` it does from now on.
fn holds(name: &str, what: &str) {
    let path = place(name);
    if std::env::var_os("MIYAO_WRITE").is_some() {
        fs::write(&path, what).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    let differs = there.lines().zip(what.lines()).find(|(there, made)| there != made);
    assert!(
        there == what,
        "{name} is not what the sources make; run this test with MIYAO_WRITE=1. First difference: {differs:?}"
    );
}

/// The declarations of functions, each in one line, with the lines of words above it.
fn functions(header: &str) -> Vec<(String, Vec<&str>)> {
    let (mut found, mut words, mut open) = (Vec::new(), Vec::new(), None::<String>);
    for line in header.lines() {
        if let Some(begun) = &mut open {
            begun.push_str(line.trim());
        } else if line.starts_with("//") {
            words.push(line);
            continue;
        } else if line.contains("miyao_") && line.contains('(') && !line.starts_with(['#', 't']) {
            open = Some(line.trim().to_owned());
        } else {
            words.clear();
            continue;
        }
        if open.as_ref().is_some_and(|begun| begun.ends_with(';')) {
            found.push((open.take().unwrap_or_default(), mem::take(&mut words)));
        }
    }
    found
}

fn name(declaration: &str) -> &str {
    declaration.split('(').next().unwrap_or_default().rsplit([' ', '*']).next().unwrap_or_default()
}

/// What a function's words say that may be NULL.
fn may_be_null(words: &[&str]) -> Vec<String> {
    let line = words.iter().find_map(|line| line.strip_prefix("// May be NULL: "));
    line.map_or_else(Vec::new, |line| line.split('`').skip(1).step_by(2).map(str::to_owned).collect())
}

#[test]
fn the_header_is_made_from_the_sources() {
    holds("include/miyao.h", &header());
}

#[test]
fn every_function_has_its_words_and_the_prefix() {
    let header = header();
    let functions = functions(&header);
    assert!(functions.len() > 10, "{functions:?}");
    for (declaration, words) in &functions {
        assert!(!words.is_empty(), "no words: {declaration}");
        assert!(name(declaration).starts_with("miyao_"), "{declaration}");
        for null in may_be_null(words) {
            let is_pointer =
                [format!("*{null},"), format!("*{null})")].iter().any(|end| declaration.contains(end));
            assert!(is_pointer, "{null} is no pointer of {declaration}");
        }
    }
    assert!(functions.iter().filter(|(_, words)| !may_be_null(words).is_empty()).count() > 50);
}

#[test]
fn the_binary_interface_is_the_recorded_one() {
    holds("abi.txt", &record(&header()));
}

#[test]
fn what_changes_for_a_program_changes_the_record() {
    let header = header();
    let recorded = record(&header);
    for (there, changed) in [
        ("size_t data_len", "uint32_t data_len"),
        ("const miyao_sm3 *sm3", "miyao_sm3 *sm3"),
        ("miyao_sm3_clone(", "miyao_sm3_copy("),
        ("#define MIYAO_SM3_LEN 32", "#define MIYAO_SM3_LEN 33"),
        ("MIYAO_STATUS_INVALID = 4", "MIYAO_STATUS_INVALID = 5"),
        ("// May be NULL: `version`.", "// May be NULL: none."),
    ] {
        assert!(header.contains(there), "{there}");
        assert_ne!(record(&header.replace(there, changed)), recorded, "{changed}");
    }
    assert_eq!(
        record(&header.replace("// It was done.", "// It is done.")),
        recorded,
        "words are no interface"
    );
}

/// What a program that was built depends on, one a line: functions, what may be NULL, constants, statuses.
fn record(header: &str) -> String {
    let (mut record, mut nulls) = (Vec::new(), Vec::new());
    for (declaration, words) in functions(header) {
        let null = may_be_null(&words);
        if !null.is_empty() {
            nulls.push(format!("{} may be NULL: {}", name(&declaration), null.join(", ")));
        }
        record.push(declaration);
    }
    record.sort();
    nulls.sort();
    record.append(&mut nulls);
    record.extend(
        header
            .lines()
            .filter(|line| {
                line.starts_with("#define MIYAO_") && line.split(' ').count() > 2
                    || line.starts_with("typedef") && line.contains("(*")
            })
            .map(str::to_owned),
    );
    record.extend(
        header.lines().filter(|line| line.starts_with("  MIYAO_")).map(|line| line.trim().to_owned()),
    );
    record.join("\n") + "\n"
}

#[test]
fn statuses_are_the_kinds_and_their_numbers() {
    let header = header();
    let statuses: BTreeSet<(String, u8)> = header
        .lines()
        .filter_map(|line| line.trim().strip_prefix("MIYAO_STATUS_")?.strip_suffix(',')?.split_once(" = "))
        .map(|(name, number)| (name.replace('_', "").to_lowercase(), number.parse().unwrap()))
        .collect();
    let kinds = miyao::Kind::ALL.iter().map(|kind| (format!("{kind:?}").to_lowercase(), kind.number()));
    assert_eq!(statuses, kinds.chain([("ok".to_owned(), 0)]).collect());
}
