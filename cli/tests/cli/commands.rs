//! Every `miyao …` that an error or a document tells people to type is a command with these options.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::scene::Scene;

const HOUSE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// In backticks and no command: how a probe labels its keys.
const LABEL: &str = "probe";

/// What the help says, asked once for each command.
struct Manual {
    scene: Scene,
    pages: BTreeMap<String, String>,
}

impl Manual {
    fn new() -> Self {
        Self { scene: Scene::new(), pages: BTreeMap::new() }
    }

    fn page(&mut self, command: &str) -> &str {
        let scene = &self.scene;
        let ask = || scene.run(["help"].into_iter().chain(command.split_whitespace())).text();
        self.pages.entry(command.to_owned()).or_insert_with(ask)
    }

    /// The commands below this one.
    fn below(&mut self, command: &str) -> BTreeSet<String> {
        let page = self.page(command).split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
        let rows = page.lines().take_while(|line| !line.is_empty());
        let rows = rows.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        rows.filter_map(|row| row.split_whitespace().next()).map(str::to_owned).collect()
    }

    /// What is wrong with a line that begins after `miyao`.
    fn fault(&mut self, line: &str) -> Option<String> {
        let mut command = String::new();
        let mut words = line.split_whitespace().peekable();
        loop {
            let below = self.below(&command);
            let Some(word) = words.peek().filter(|_| !below.is_empty()) else { break };
            if !word.starts_with(|first: char| first.is_ascii_lowercase()) {
                break; // options, or a word for any of them
            }
            if !below.contains(*word) {
                return Some(format!("`{word}` is no command of miyao {command}"));
            }
            command = format!("{command} {word}").trim().to_owned();
            words.next();
        }
        let page = self.page(&command);
        let known = |option: &str| {
            page.split(|other: char| !other.is_alphanumeric() && other != '-').any(|word| word == option)
        };
        let options = words.filter(|word| word.starts_with("--") && word.len() > 2);
        let mut options = options.map(|word| word.split_once('=').map_or(word, |(name, _)| name));
        let unknown = options.find(|option| !known(option));
        unknown.map(|option| format!("`{option}` is no option of miyao {command}"))
    }
}

/// What is typed after `miyao` in a text: in backticks, and in blocks of commands.
fn typed(text: &str) -> Vec<String> {
    // A string of Rust goes on in the next line.
    let mut joined = String::new();
    for line in text.lines() {
        match line.strip_suffix('\\') {
            Some(line) => joined += line,
            None => joined += &format!("{}\n", if joined.ends_with('\n') { line } else { line.trim_start() }),
        }
    }
    let (mut found, mut inside) = (Vec::new(), false);
    for line in joined.lines() {
        if let Some(language) = line.strip_prefix("```") {
            inside = !inside && ["sh", "console"].contains(&language);
        } else if inside {
            let commands = line.split(" # ").next().unwrap_or_default().trim_start_matches("$ ");
            let commands = commands.split("&&").flat_map(|part| part.split('|'));
            found.extend(commands.filter_map(|part| Some(part.trim().strip_prefix("miyao ")?.to_owned())));
        } else {
            let code = line.split('`').skip(1).step_by(2);
            found.extend(code.filter_map(|code| Some(code.strip_prefix("miyao ")?.to_owned())));
        }
    }
    found.retain(|line| line.starts_with(|first: char| first.is_ascii_lowercase() || first == '-'));
    found
}

/// The texts that people read: documents, and the sources with their errors and help.
fn texts(directory: &Path, found: &mut Vec<(String, String)>) {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') {
            texts(&path, found);
        } else if [".md", ".rs"].iter().any(|end| name.ends_with(end)) {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn what_people_are_told_to_type_is_there() {
    let (mut manual, mut found, mut count) = (Manual::new(), Vec::new(), 0);
    for place in ["docs", "src", "cli/src", "ffi/pkcs11/src"] {
        texts(&Path::new(HOUSE).join(place), &mut found);
    }
    for name in
        ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"]
    {
        found.push((name.to_owned(), fs::read_to_string(Path::new(HOUSE).join(name)).unwrap()));
    }
    for (place, text) in &found {
        for line in typed(text).iter().filter(|line| *line != LABEL) {
            let fault = manual.fault(line);
            assert!(fault.is_none(), "{place}: miyao {line}: {}", fault.unwrap_or_default());
            count += 1;
        }
    }
    assert!(count > 120, "{count} were found");
}

#[test]
fn a_command_or_an_option_that_is_not_there_is_found() {
    let mut manual = Manual::new();
    for wrong in ["root create", "hsm tokens", "initialise", "init --rooot passphrase", "sm2 cert shew x"] {
        assert!(manual.fault(wrong).is_some(), "{wrong}");
    }
    for right in
        ["root", "root …", "key create orders --spec sm4", "--json key list", "sm2 cert show x --json"]
    {
        assert_eq!(manual.fault(right), None, "{right}");
    }
    let text =
        "run `miyao a \\\n    b` or `miyao …`\n```sh\nprintf x | miyao c && miyao d # e\n```\n`miyao f`";
    assert_eq!(typed(text), ["a b", "c", "d", "f"]);
}
