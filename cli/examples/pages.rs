//! Writes the manual pages of the command, one a verb, into a directory: `packages/pages` runs it.
//!
//! Says nothing that the arguments, the table of errors and the few sections below do not say. Knows no pager and no package.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a tool has std")]

#[path = "../src"]
#[allow(dead_code, unused_imports, reason = "the arguments are described here and read elsewhere")]
mod of_the_command {
    pub(crate) mod args;
}

use std::{
    env, fs,
    io::{self, Error},
    path::Path,
};

use clap::{Command, CommandFactory};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

fn main() -> io::Result<()> {
    let Some(directory) = env::args_os().nth(1) else {
        return Err(Error::other(
            "say into which directory: cargo run -p miyao-cli --example pages -- DIRECTORY",
        ));
    };
    let mut command = of_the_command::args::Cli::command().disable_help_subcommand(true);
    command.build();
    write(&command, None, Path::new(&directory))
}

fn write(command: &Command, above: Option<&str>, directory: &Path) -> io::Result<()> {
    let name = name(command);
    for below in command.get_subcommands() {
        write(below, Some(&name), directory)?;
    }
    let man = described(command, above.is_none());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let rest = above.map_or_else(whole, see_also);
    rest.to_writer(&mut page)?;
    fs::write(directory.join(man.get_filename()), page)
}

fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

/// A page of a verb without what `miyao.1` says once for all, and with the usage that `--help` shows.
fn described(command: &Command, is_first: bool) -> Man {
    let mut command = command.clone();
    let usage = command.render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let command = command.override_usage(usage).mut_args(|argument| {
        let said_once = argument.is_global_set() || argument.get_id() == "help";
        argument.hide(said_once && !is_first)
    });
    let version = concat!("miyao ", env!("CARGO_PKG_VERSION"));
    // No date: pages are the same until what they say changes. An empty one would be no argument at all.
    Man::new(command).date(" ").source(version).manual("miyao")
}

fn see_also(above: &str) -> Roff {
    let mut page = Roff::new();
    page.control("SH", ["SEE ALSO"]);
    let mut line = Vec::new();
    if above != "miyao" {
        line.extend([bold(above), roman("(1), ")]);
    }
    line.extend([bold("miyao"), roman("(1) for global options, the environment and the exit status")]);
    page.text(line);
    page
}

/// What belongs to the command as a whole.
fn whole() -> Roff {
    let mut page = Roff::new();
    page.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        entry(&mut page, name, meaning);
    }
    page.control("SH", ["FILES"]);
    for (path, meaning) in FILES {
        entry(&mut page, path, meaning);
    }
    page.control("SH", ["EXIT STATUS"]);
    entry(&mut page, "0", "Success.");
    entry(&mut page, "2", "The arguments were not understood.");
    for (number, meaning, cure) in errors() {
        entry(&mut page, number, &format!("{meaning} {cure}"));
    }
    entry(&mut page, "141", "Nobody read the standard output to its end.");
    page.control("SH", ["EXAMPLES"]);
    for (number, (meaning, lines)) in EXAMPLES.iter().enumerate() {
        if number > 0 {
            page.control("PP", []);
        }
        page.text([roman(*meaning)]);
        page.control("RS", ["4"]);
        page.control("nf", []);
        for line in *lines {
            page.text([bold(*line)]);
        }
        page.control("fi", []);
        page.control("RE", []);
    }
    page.control("SH", ["SEE ALSO"]);
    page.text([
        bold("openssl"),
        roman("(1), "),
        bold("p11-kit"),
        roman("(8), "),
        bold("pkcs11-tool"),
        roman("(1)"),
    ]);
    page
}

fn entry(page: &mut Roff, name: &str, meaning: &str) {
    page.control("TP", []);
    page.text([bold(name)]);
    page.text([roman(meaning)]);
}

/// Number, meaning and cure of every row in the table of errors.
fn errors() -> impl Iterator<Item = (&'static str, String, String)> {
    let plain = |cell: &str| {
        let linked = cell.replace("; see [`Rejected`]", "");
        linked.replace(['`', '[', ']'], "")
    };
    include_str!("../../docs/errors.md").lines().filter_map(move |line| {
        let mut cells = line.trim_matches(['|', ' ']).split(" | ");
        let number = cells.next().filter(|cell| cell.parse::<u8>().is_ok())?;
        let (_kind, meaning, cure) = (cells.next()?, cells.next()?, cells.next()?);
        Some((number, plain(meaning), plain(cure)))
    })
}

const ENVIRONMENT: &[(&str, &str)] = &[
    ("MIYAO_STORE", "The key store, as --store."),
    ("MIYAO_ROOT", "Who holds the root key, as --root."),
    ("MIYAO_DEVICE", "A device that keys live in, as --device."),
    ("MIYAO_PROFILES", "Profiles of devices, as --profiles."),
    ("MIYAO_ROOT_SUITE", "How a root key in a device hides the master secret, as --root-suite."),
    ("MIYAO_GM_ONLY", "Refuse suites that are not 国密, as --gm-only; empty, 0, no, off and false are no."),
    (
        "MIYAO_CPU",
        "Features of the processor that are not used, for tests: -avx512,-gfni. Never needed for a right result.",
    ),
    ("XDG_DATA_HOME", "Where the default store lies, else ~/.local/share."),
    ("XDG_STATE_HOME", "Where it is kept what was seen last of a store, else ~/.local/state."),
];

const FILES: &[(&str, &str)] = &[
    ("~/.local/share/miyao/store.db", "The key store, unless --store or MIYAO_STORE names another."),
    (
        "~/.local/state/miyao/witness-*",
        "What this user saw last of each store: a store that was put back to an older state is refused by it.",
    ),
];

const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "A store, a key, and a file under it:",
        &[
            "miyao init --root passphrase",
            "miyao key create orders --spec sm4 --rotate-every 90d",
            "miyao encrypt --key orders --context tenant=a -o big.miyao big",
            "miyao decrypt --context tenant=a -o big.copy big.miyao",
        ],
    ),
    (
        "A new version of the key, and the file brought under it without a change to its body:",
        &["miyao key rotate orders && miyao rewrap big.miyao"],
    ),
    ("What is due, from a timer:", &["miyao maintain && miyao audit verify && miyao doctor"]),
];
