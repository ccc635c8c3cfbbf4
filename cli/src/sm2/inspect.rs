//! `miyao sm2 inspect`: what a key, signature or ciphertext is, in which order and encoding, and what is odd about it.
//!
//! Nothing that it prints is authenticated, or secret.

use miyao::{
    Kind,
    pki::inspect::{Found, Inspection, inspect},
};

use crate::{
    args::FileInspect,
    failure::{At, OneLine, Result, failure},
    input::Input,
    key_files,
    session::Run,
};

/// The most that is looked at.
pub(super) const MAX: usize = 16 << 20;

pub(super) fn run(run: &Run, arguments: &FileInspect) -> Result {
    let key = arguments.key.as_deref().map(|path| key_files::private(run, path)).transpose()?;
    let input = Input::open(arguments.file.as_deref())?;
    let name = input.name;
    let mut found = inspect(input.read_secret(MAX)?.expose());
    if let Some(key) = &key {
        found.ask(key);
    }
    run.output.record(
        &miyao_records::inspection(&found),
        format_args!("{}\nnothing of this is authenticated", page(&found)),
    )?;
    match found.found {
        Found::Unknown => {
            failure(Kind::Malformed, "no key, signature or ciphertext was found; is it the right file?")
                .at(name)
        }
        _ => Ok(()),
    }
}

fn page(found: &Inspection) -> String {
    let lines = found.lines();
    let lines = lines.iter().map(|(word, text)| format!("{word:<12}{}", OneLine(text)));
    lines.collect::<Vec<_>>().join("\n")
}
