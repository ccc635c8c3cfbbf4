//! The documents: every rule has a number of its own, and both languages of the README say the same.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

use std::collections::BTreeSet;

/// The numbers of the rules (`**M10**`) in a document, in their order.
fn rules(document: &str) -> Vec<(char, u32)> {
    let bold = document.split("**").skip(1).step_by(2);
    let numbered = bold.filter_map(|text| Some((text.chars().next()?, text.get(1..)?.parse().ok()?)));
    numbered.collect()
}

#[test]
fn every_rule_of_a_document_has_a_number_of_its_own() {
    for (letter, document) in [
        ('M', include_str!("../docs/format.md")),
        ('L', include_str!("../docs/lifecycle.md")),
        ('S', include_str!("../docs/store.md")),
    ] {
        let found = rules(document);
        assert!(found.len() > 20 && found.iter().all(|(found, _)| *found == letter), "{letter}: {found:?}");
        assert!(
            found.iter().map(|(_, number)| number).collect::<BTreeSet<_>>().len() == found.len(),
            "{letter}"
        );
    }
    assert_eq!(rules("- **L1** a **bold** word and **L2**"), [('L', 1), ('L', 2)]);
}

/// What two translations share: the level of each heading, the columns and links of tables, and code without comments.
fn shape(document: &str) -> Vec<String> {
    let (mut inside, mut shape) = (None, Vec::new());
    for line in document.lines() {
        if let Some(language) = line.strip_prefix("```") {
            inside = if inside.is_none() { Some(language) } else { None };
            shape.push(line.to_owned());
        } else if let Some(language) = inside {
            let end = line.find("//").or_else(|| line.find(" # ")).unwrap_or(line.len());
            // A block of text is a drawing with words in it.
            shape.extend((language != "text").then(|| line[..end].trim_end().to_owned()));
        } else if line.starts_with('#') {
            shape.extend(line.find(' ').map(|level| format!("heading {level}")));
        } else if line.starts_with('|') {
            let links = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            let links: Vec<_> = links.map(|(link, _)| link).collect();
            shape.push(format!("{} cells {links:?}", line.matches('|').count()));
        }
    }
    shape
}

#[test]
fn both_languages_of_the_readme_have_the_same_shape() {
    let (english, chinese) = (include_str!("../README.md"), include_str!("../README.zh-CN.md"));
    assert_eq!(shape(english), shape(chinese));
    assert_ne!(shape(english), shape(&chinese.replace("miyao maintain", "miyao maintian")));
}

/// The rows of a document's tables that name a test and its file: `| … | `test` | `tests/file.rs` |`.
fn named_tests(document: &str) -> Vec<(&str, &str)> {
    let rows = document.lines().filter_map(|line| line.strip_suffix("` |")?.rsplit_once("` | `"));
    rows.filter_map(|(row, file)| Some((row.rsplit_once("| `")?.1, file))).collect()
}

#[test]
fn the_tests_that_the_conformance_document_names_are_there() {
    let named = named_tests(include_str!("../docs/conformance.md"));
    assert!(named.len() > 30, "{named:?}");
    let is_there = |test: &str, file: &str| {
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.contains(&format!("#[test]\nfn {test}() {{"))
    };
    for (test, file) in named {
        assert!(is_there(test, file), "{file} has no test {test}");
    }
    assert!(!is_there("is_there", "tests/documents.rs") && !is_there("no_such_test", "tests/pki.rs"));
    assert_eq!(named_tests("| a case | `a_test` | `tests/a.rs` |"), [("a_test", "tests/a.rs")]);
}
