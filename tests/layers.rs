//! The house: arrows point down the table of `ARCHITECTURE.md`, and a few rules that no compiler holds.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

#[path = "layers/arrows.rs"]
mod arrows;
#[path = "layers/tokens.rs"]
mod tokens;

use tokens::{stripped, tokens};

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Every source of the library: its name from the root of the project, and its text.
fn sources() -> Vec<(String, String)> {
    rust_in("src")
}

/// Every file of Rust below a directory, likewise.
fn rust_in(directory: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = files(&root.join(directory)).into_iter().map(|path| {
        let name = path.strip_prefix(root).expect("a file of the project").to_string_lossy().into_owned();
        (name, path)
    });
    let rust = named.filter(|(name, _)| name.ends_with(".rs"));
    rust.map(|(name, path)| (name, fs::read_to_string(path).expect("a source"))).collect()
}

#[test]
fn files_are_named_for_what_is_in_them_and_stay_short() {
    for (name, _) in sources() {
        let stem = Path::new(&name).file_stem().expect("a name").to_string_lossy().into_owned();
        for vague in ["mod", "util", "utils", "common", "helper", "helpers", "manager", "types", "misc"] {
            assert_ne!(stem, vague, "{name} says nothing of its content");
        }
    }
    let tests = rust_in("tests");
    assert!(tests.iter().any(|(name, _)| name == "tests/layers.rs"), "the tests were found");
    for (name, source) in sources().into_iter().chain(tests) {
        assert!(is_short(&source), "{name} has {} lines: is it one thing?", source.lines().count());
    }
    assert!(is_short(&"\n".repeat(400)) && !is_short(&"\n".repeat(401)));
}

fn is_short(source: &str) -> bool {
    source.lines().count() <= 400
}

/// The files that may contain `unsafe`; each says why on top.
const UNSAFE: [&str; 28] = [
    "src/algo/cpu.rs",
    "src/algo/cpu/wipe/aarch64.rs",
    "src/algo/cpu/wipe/x86_64.rs",
    "src/algo/ghash/clmul.rs",
    "src/algo/ghash/pmull.rs",
    "src/algo/ghash/vclmul.rs",
    "src/algo/sm2/field/adx.rs",
    "src/algo/sm2/lanes.rs",
    "src/algo/sm2/lanes/words.rs",
    "src/algo/sm2/select/avx2.rs",
    "src/algo/sm3/avx2.rs",
    "src/algo/sm3/avx512.rs",
    "src/algo/sm3/neon.rs",
    "src/algo/sm3/sm3tt.rs",
    "src/algo/sm3/stitched.rs",
    "src/algo/sm4/aese.rs",
    "src/algo/sm4/aesni.rs",
    "src/algo/sm4/avx2.rs",
    "src/algo/sm4/avx512.rs",
    "src/algo/sm4/avx512/lanes.rs",
    "src/algo/sm4/gfni.rs",
    "src/algo/sm4/neon.rs",
    "src/algo/sm4/sm4e.rs",
    "src/fork.rs",
    "src/provider/pkcs11/raw.rs",
    "src/provider/pkcs11/raw/authenticated.rs",
    "src/provider/pkcs11/raw/interface.rs",
    "src/secret/taint.rs",
];

#[test]
fn unsafe_stands_only_where_it_is_expected() {
    for (name, source) in sources() {
        let tokens = tokens(&source);
        let stands = |word: &str| tokens.iter().any(|token| token == word);
        let found = stands("unsafe");
        assert!(!found || UNSAFE.contains(&name.as_str()), "{name} contains unsafe code");
        assert_eq!(
            found,
            stands("unsafe_code"),
            "{name}: unsafe code and its permission with the reason go together"
        );
    }
}

/// The lines under a heading of dependencies that have no reason beside them or on top of their block.
fn unexplained(manifest: &str) -> Vec<String> {
    let (mut in_dependencies, mut block_has_reason, mut found) = (false, false, Vec::new());
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]");
            block_has_reason = false;
        } else if line.is_empty() {
            block_has_reason = false;
        } else if line.starts_with('#') {
            block_has_reason = true;
        } else if in_dependencies && !block_has_reason && !line.contains('#') {
            found.push(line.to_owned());
        }
    }
    found
}

#[test]
fn every_dependency_has_its_reason_beside_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifests = [
        "Cargo.toml",
        "cli/Cargo.toml",
        "fuzz/Cargo.toml",
        "tests/nostd/Cargo.toml",
        "tests/ct/Cargo.toml",
        "tests/trace/Cargo.toml",
        "benches/peers/Cargo.toml",
        "benches/peers/tongsuo/Cargo.toml",
        "tests/instructions/Cargo.toml",
    ];
    for manifest in manifests.map(|name| root.join(name)).iter().filter(|path| path.exists()) {
        let found = unexplained(&fs::read_to_string(manifest).expect("a manifest"));
        assert!(found.is_empty(), "{}: {found:?}", manifest.display());
    }
    let made_up = "[dependencies]\na = \"1\" # why\n# Why.\nb = \"1\"\n\nc = \"1\"\n[features]\nd = []";
    assert_eq!(unexplained(made_up), ["c = \"1\""]);
}

#[test]
fn labels_end_in_zero_are_unique_documented_and_stand_in_one_file() {
    let (documents, mut seen) =
        ([include_str!("../docs/format.md"), include_str!("../docs/store.md")], BTreeSet::new());
    for (name, source) in sources() {
        let code = stripped(&source, true);
        if name != "src/label.rs" {
            assert!(!code.contains("\"miyao v"), "{name} has a label of its own");
            continue;
        }
        for line in code.lines().filter(|line| line.contains("const ")) {
            let (_, text) = line.split_once("b\"").expect("a byte string");
            let label = text.trim_end().strip_suffix("\";").expect("its end");
            let (words, rest) = label.split_once("\\0").expect("a zero byte at the end");
            assert!(rest.is_empty() && words.is_ascii() && words.starts_with("miyao v1 "), "{label}");
            assert!(seen.insert(label.to_owned()), "{label} stands twice");
            let written = documents.iter().any(|document| document.contains(&format!("\"{label}\"")));
            assert!(written, "{label} is in no document");
        }
    }
    assert!(seen.len() >= 16, "the labels were found");
}
