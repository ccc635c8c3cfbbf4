//! The house: arrows point down the table of `ARCHITECTURE.md`, and a few rules that no compiler holds.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const ARCHITECTURE: &str = include_str!("../ARCHITECTURE.md");
const ROOT: &str = include_str!("../src/lib.rs");

/// A path of modules and names, from the root of the crate.
type Names = Vec<String>;

fn names(path: &str) -> Names {
    path.split("::").map(str::to_owned).collect()
}

/// A module of the table, or an adapter of its own below one.
struct Room {
    floor: u8,
    path: Names,
    may_use: Vec<Names>,
}

/// The rooms in the order of the table `| floor | module | may use | never knows |`.
fn rooms(document: &str) -> Vec<Room> {
    let quoted = |cell: &str| -> Vec<Names> { cell.split('`').skip(1).step_by(2).map(names).collect() };
    let lines = document.lines().skip_while(|line| !line.starts_with("| floor | module |"));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let floor = cells[0].parse().expect("a floor's number");
        let path = quoted(cells[1]).pop().expect("a module's name");
        Room { floor, path, may_use: quoted(cells[2]) }
    });
    rows.collect()
}

/// The place in the table of the room that a path leads into: the one with the longest name.
fn room_of(rooms: &[Room], path: &[String]) -> Option<usize> {
    let inside = rooms.iter().enumerate().filter(|(_, room)| path.starts_with(&room.path));
    inside.max_by_key(|(_, room)| room.path.len()).map(|(place, _)| place)
}

/// The code without comments, and without the contents of literals unless they are kept.
fn stripped(source: &str, keeps_literals: bool) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let (len, kept) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (block_comment(rest), false)
        } else if first == '"' {
            (literal(rest, '"'), keeps_literals)
        } else if let Some(hashes) = raw_start(rest, &out) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            (rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()), keeps_literals)
        } else if first == '\'' && is_character(rest) {
            (literal(rest, '\''), keeps_literals)
        } else {
            (first.len_utf8(), true)
        };
        out.push_str(if kept { &rest[..len] } else { " " });
        rest = &rest[len..];
    }
    out
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match &text.as_bytes()[at..text.len().min(at + 2)] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a literal with its marks.
fn literal(text: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            character if character == mark => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The number of `#` when a raw string starts here.
fn raw_start(text: &str, before: &str) -> Option<usize> {
    let inside_a_name = before.ends_with(|last: char| last.is_alphanumeric() && last != 'b' || last == '_');
    let after = text.strip_prefix('r').filter(|_| !inside_a_name)?;
    let hashes = after.bytes().take_while(|byte| *byte == b'#').count();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// Whether a `'` starts a character, not a lifetime.
fn is_character(text: &str) -> bool {
    let mut after = text.chars().skip(1);
    after.next() == Some('\\') || after.next() == Some('\'')
}

fn tokens(source: &str) -> Vec<String> {
    let code = stripped(source, false);
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = code.as_str();
    while let Some(first) = rest.chars().next() {
        let len = if first.is_alphanumeric() || first == '_' {
            rest.find(|other: char| !other.is_alphanumeric() && other != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(rest[..len].to_owned());
        }
        rest = &rest[len..];
    }
    tokens
}

/// Reads the paths of one module's source.
struct Walk<'a> {
    tokens: &'a [String],
    /// The module of the file, then inline modules within it and the depth of their braces.
    module: Names,
    inline: Vec<usize>,
    depth: usize,
    found: BTreeSet<Names>,
}

impl<'a> Walk<'a> {
    /// Every path that starts with `crate`, `super` or `self`, or stands in a `use`, as seen from the root. Inline
    /// modules named `tests` may use anything.
    fn paths(module: &Names, tokens: &'a [String]) -> BTreeSet<Names> {
        let mut walk =
            Self { tokens, module: module.clone(), inline: Vec::new(), depth: 0, found: BTreeSet::new() };
        let mut at = 0;
        while at < tokens.len() {
            at = walk.step(at);
        }
        walk.found
    }

    fn token(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", String::as_str)
    }

    fn step(&mut self, at: usize) -> usize {
        match self.token(at) {
            "mod" if self.token(at + 2) == "{" => {
                if self.token(at + 1) == "tests" {
                    return self.after_block(at + 2);
                }
                self.module.push(self.token(at + 1).to_owned());
                self.inline.push(self.depth);
                self.depth += 1;
                return at + 3;
            }
            "{" => self.depth += 1,
            "}" => {
                self.depth = self.depth.saturating_sub(1);
                if self.inline.pop_if(|depth| *depth == self.depth).is_some() {
                    self.module.pop();
                }
            }
            "use" if self.token(at + 1) != "<" => return self.tree(at + 1, &self.module.clone()),
            "crate" | "super" | "self"
                if self.token(at + 1) == "::" && (at == 0 || self.token(at - 1) != "::") =>
            {
                return self.tree(at, &self.module.clone());
            }
            _ => {}
        }
        at + 1
    }

    fn after_block(&self, mut at: usize) -> usize {
        let mut depth = 0usize;
        loop {
            match self.token(at) {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 || at >= self.tokens.len() {
                return at;
            }
        }
    }

    /// A path or a tree of paths from `at` on, relative to `base`; gives the place after it.
    fn tree(&mut self, mut at: usize, base: &Names) -> usize {
        let mut path = base.clone();
        loop {
            match self.token(at) {
                "::" => {}
                "crate" => path.clear(),
                "super" => path.truncate(path.len().saturating_sub(1)),
                "self" => {}
                "{" => {
                    at += 1;
                    while self.token(at) != "}" && at < self.tokens.len() {
                        at = if self.token(at) == "," { at + 1 } else { self.tree(at, &path) };
                    }
                    return at + 1;
                }
                name => path.push(name.to_owned()),
            }
            at += 1;
            if self.token(at) != "::" && self.token(at - 1) != "::" {
                break;
            }
        }
        self.found.insert(path);
        if self.token(at) == "as" { at + 2 } else { at }
    }
}

/// What the root re-exports: name → where it comes from.
fn exports(root: &str) -> BTreeMap<String, Names> {
    let found = Walk::paths(&Vec::new(), &tokens(root));
    found.into_iter().filter_map(|path| Some((path.last()?.clone(), path))).collect()
}

/// The arrows of one file that the table does not allow.
fn forbidden_arrows(rooms: &[Room], file: &str, source: &str) -> Vec<String> {
    let module = names(&file.trim_start_matches("src/").trim_end_matches(".rs").replace('/', "::"));
    let Some(own) = room_of(rooms, &module) else {
        return vec![format!("{file} is in no row of the table")];
    };
    let exports = exports(ROOT);
    let resolved = Walk::paths(&module, &tokens(source)).into_iter().map(|path| {
        let target = path.first().and_then(|first| exports.get(first));
        target.cloned().unwrap_or(path)
    });
    let is_allowed = |path: &Names| {
        let room = room_of(rooms, path);
        room == Some(own)
            || room.is_some_and(|room| {
                let listed = rooms[own].may_use.iter().any(|may| path.starts_with(may));
                listed && rooms[own].may_use.iter().any(|may| room_of(rooms, may) == Some(room))
            })
    };
    // In a `use`, a path that starts with no word of ours is an outside crate's, or a child's.
    let refused = resolved.filter(|path| !is_allowed(path));
    refused.map(|path| format!("{file} uses {}", path.join("::"))).collect()
}

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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = files(&root.join("src")).into_iter();
    let named = sources.filter(|path| path.extension().is_some_and(|end| end == "rs")).map(|path| {
        let name = path.strip_prefix(root).expect("a file of the project").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("a source"))
    });
    named.collect()
}

#[test]
fn arrows_point_down_the_table() {
    let rooms = rooms(ARCHITECTURE);
    assert!(rooms.len() >= 16, "the table was found");
    let found: Vec<_> = sources()
        .iter()
        .filter(|(name, _)| name != "src/lib.rs")
        .flat_map(|(name, source)| forbidden_arrows(&rooms, name, source))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_table_itself_has_no_arrow_up_and_no_circle() {
    let rooms = rooms(ARCHITECTURE);
    for (place, room) in rooms.iter().enumerate() {
        for may in &room.may_use {
            let target = room_of(&rooms, may).unwrap_or_else(|| panic!("{may:?} is in no row"));
            assert!(target < place, "{:?} → {may:?} points up the table", room.path);
            assert!(rooms[target].floor <= room.floor, "{:?} → {may:?} points up a floor", room.path);
        }
    }
}

#[test]
fn an_arrow_upward_or_sideways_is_noticed() {
    let rooms = rooms(ARCHITECTURE);
    let file = "src/algo/made_up.rs";
    for (file, source, found) in [
        (file, "use crate::key::Key;", 1),
        (file, "use crate::{\n    error::Error, // fine\n    key::{Key, Time},\n};", 2),
        (file, "fn f() { crate::envelope::inspect(); }", 1),
        (file, "use super::super::kms::Kms;", 1),
        (file, "mod inner { use super::super::super::policy::Policy; }", 1),
        ("src/envelope/made_up.rs", "use super::super::store::Store;", 1),
        ("src/store/sqlite/made_up.rs", "use super::super::memory::Memory;", 1),
        ("src/store.rs", "use memory::Memory;", 1),
        ("src/kms/made_up.rs", "use crate::store::{Store, sqlite::Sqlite};", 1),
        ("src/audit.rs", "use crate::algo::{sm3, sm4::Sm4};", 1),
        ("src/error.rs", "use crate::Secret;", 1),
        ("src/made_up.rs", "", 1),
        (file, "use crate::{Error, Kind, secret::Secret};\nuse super::sm3;\nuse self::x::y;", 0),
        (file, "// use crate::key::Key;\nconst A: &str = \"crate::key::Key\"; /* crate::kms */", 0),
        (file, "mod tests { use crate::key::Key; }", 0),
        ("src/kms/made_up.rs", "use crate::{Result, store::Store, provider::Provider};", 0),
        ("src/store/memory.rs", "use super::Store;\nfn f<'a>(x: &'a u8) -> char { '\\'' }", 0),
    ] {
        let arrows = forbidden_arrows(&rooms, file, source);
        assert_eq!(arrows.len(), found, "{file}: {source}: {arrows:?}");
    }
}

#[test]
fn the_lower_floors_ask_neither_clock_nor_system() {
    let rooms = rooms(ARCHITECTURE);
    for (name, source) in sources() {
        let module = names(&name.trim_start_matches("src/").trim_end_matches(".rs").replace('/', "::"));
        let Some(room) = room_of(&rooms, &module).map(|place| &rooms[place]) else { continue };
        if room.floor > 2 || room.path == ["fork"] {
            continue;
        }
        let found = tokens(&source);
        for word in ["SystemTime", "Instant", "getrandom", "OsRng", "SysRng", "thread_rng", "env"] {
            // What the processor can do is asked there, and `MIYAO_CPU` may take some of it away.
            if (name.as_str(), word) == ("src/algo/cpu.rs", "env") {
                continue;
            }
            assert!(!found.iter().any(|token| token == word), "{name} names {word}");
        }
    }
}

#[test]
fn files_are_named_for_what_is_in_them_and_stay_short() {
    for (name, source) in sources() {
        let stem = Path::new(&name).file_stem().expect("a name").to_string_lossy().into_owned();
        for vague in ["mod", "util", "utils", "common", "helper", "helpers", "manager", "types", "misc"] {
            assert_ne!(stem, vague, "{name} says nothing of its content");
        }
        let lines = source.lines().count();
        assert!(lines <= 400, "{name} has {lines} lines: is it one thing?");
    }
}

/// The files that may contain `unsafe`; each says why on top.
const UNSAFE: [&str; 22] = [
    "src/algo/cpu.rs",
    "src/algo/cpu/wipe.rs",
    "src/algo/ghash/clmul.rs",
    "src/algo/ghash/pmull.rs",
    "src/algo/ghash/vclmul.rs",
    "src/algo/sm2/field/adx.rs",
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
