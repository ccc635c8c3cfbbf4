//! The number table: `docs/errors.md`, `src/error.rs` and `Kind` say the same.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

use std::collections::BTreeMap;

use miyao::{Error, Kind, Rejected};

const DOCUMENT: &str = include_str!("../docs/errors.md");
const SOURCE: &str = include_str!("../src/error.rs");

/// Number → (name, meaning).
type Numbers = BTreeMap<u8, (String, String)>;

/// The rows of the document: `| number | name | meaning | advice |`.
fn documented(document: &str) -> Numbers {
    let mut numbers = Numbers::new();
    for line in document.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Ok(number) = cells[0].parse::<u8>() else { continue };
        assert_eq!(cells.len(), 4, "a row of four cells: {line}");
        assert!(cells[3].ends_with('.'), "a sentence of advice: {line}");
        let row = (cells[1].trim_matches('`').to_owned(), cells[2].to_owned());
        assert!(numbers.insert(number, row).is_none(), "number {number} is given twice");
    }
    numbers
}

/// The variants in the source: doc comment, name, number.
fn written(source: &str) -> Numbers {
    let (_, rest) = source.split_once("pub enum Kind {").expect("the enum");
    let (body, _) = rest.split_once("\n}").expect("its end");
    let (mut numbers, mut meaning) = (Numbers::new(), Vec::new());
    for line in body.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("/// ") {
            meaning.push(doc);
        } else if let Some((name, number)) = line.trim_end_matches(',').split_once(" = ") {
            let number = number.parse().expect("a number");
            let row = (name.to_owned(), meaning.join(" "));
            assert!(numbers.insert(number, row).is_none(), "number {number} is given twice");
            meaning.clear();
        }
    }
    numbers
}

#[test]
fn the_document_and_the_source_say_the_same() {
    let (documented, written) = (documented(DOCUMENT), written(SOURCE));
    assert!(!written.is_empty());
    assert_eq!(documented, written);
}

#[test]
fn every_kind_is_listed_once_with_the_number_of_the_document() {
    let compiled: BTreeMap<_, _> =
        Kind::ALL.into_iter().map(|kind| (kind.number(), format!("{kind:?}"))).collect();
    assert_eq!(compiled.len(), Kind::ALL.len());
    let documented: BTreeMap<_, _> =
        documented(DOCUMENT).into_iter().map(|(number, (name, _))| (number, name)).collect();
    assert_eq!(compiled, documented);
}

#[test]
fn numbers_stay_between_3_and_99_and_lead_back_to_their_kind() {
    for number in 0..=u8::MAX {
        match Kind::from_number(number) {
            Some(kind) => {
                assert_eq!(kind.number(), number);
                assert!((3..=99).contains(&number), "{kind:?} has the number {number}");
            }
            None => assert!(!documented(DOCUMENT).contains_key(&number)),
        }
    }
}

#[test]
fn a_row_that_differs_is_noticed() {
    let renamed = DOCUMENT.replace("| `Busy` |", "| `Occupied` |");
    let renumbered = DOCUMENT.replace("| 18 | `Busy` |", "| 26 | `Busy` |");
    let reworded = DOCUMENT.replace("Somebody holds the lock; try again.", "Nobody holds the lock.");
    for changed in [renamed, renumbered, reworded] {
        assert_ne!(changed, DOCUMENT);
        assert_ne!(documented(&changed), written(SOURCE));
    }
}

#[test]
fn a_rejection_says_nothing_but_that_it_is_one() {
    let error = Error::from(Rejected);
    assert_eq!(error.kind(), Kind::Rejected);
    assert!(std::error::Error::source(&error).is_none());
    assert_eq!(format!("{error:?}"), format!("Rejected (3): {error}"));
}

#[test]
fn a_name_without_end_is_cut_between_characters() {
    let about = |len: usize| Error::new(Kind::Missing, "look elsewhere").about("名".repeat(len)).to_string();
    assert_eq!(about(1000), "名".repeat(1000) + ": look elsewhere");
    assert_eq!(about(1_000_000), "名".repeat(1000) + "…: look elsewhere");
}
