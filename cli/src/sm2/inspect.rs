//! `miyao sm2 inspect`: what a key, signature or ciphertext is, in which order and encoding, and what is odd about it.
//!
//! Nothing that it prints is authenticated, or secret.

use miyao::{
    Kind,
    pki::inspect::{DocumentSort, Found, Inspection, Oddity, Protection, Sort, Verdict, inspect},
};
use serde_json::{Value, json};

use crate::{
    args::FileInspect,
    failure::{At, OneLine, Result, failure},
    input::Input,
    key_files,
    output::hex,
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
    run.output.record(&record(&found), format_args!("{}\nnothing of this is authenticated", page(&found)))?;
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

fn record(found: &Inspection) -> Value {
    let mut record = json!({
        "kind": kind(found),
        "form": found.form().map(|form| form.word()),
        "layers": found.layers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "oddities": found.oddities.iter().map(oddity).collect::<Vec<_>>(),
        "strict": found.is_strict(),
        "public": found.public_key().map(|public| hex(public.to_bytes())),
        "verdict": found.verdict.map(verdict),
        "authenticated": false,
    });
    match &found.found {
        Found::Ciphertext(ciphertext) => {
            record["order"] = json!(ciphertext.order().map(|order| order.to_string()));
            record["candidates"] = ciphertext.candidates().iter().map(ToString::to_string).collect();
            record["plaintext_bytes"] = json!(ciphertext.plaintext_len());
        }
        Found::EncryptedKey(protection) => record["protection"] = protected(protection),
        Found::Document(document) => record["algorithm"] = json!(document.algorithm),
        Found::Unusable(_, fault) => {
            record["fault"] = json!({ "word": fault.word(), "text": fault.to_string() });
        }
        _ => {}
    }
    record
}

fn kind(found: &Inspection) -> &'static str {
    match &found.found {
        Found::Document(document) => DocumentSort::word(document.sort),
        _ => found.form().map_or("unknown", |form| Sort::word(form.sort())),
    }
}

fn oddity(oddity: &Oddity) -> Value {
    json!({ "word": oddity.word(), "text": oddity.to_string() })
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Opens => "opens",
        Verdict::DoesNotOpen => "does-not-open",
        Verdict::Belongs => "belongs",
        Verdict::IsForeign => "is-foreign",
    }
}

fn protected(protection: &Protection) -> Value {
    let (derivation, function) = protection.derivation.clone().unzip();
    json!({
        "scheme": protection.scheme,
        "derivation": derivation,
        "function": function,
        "iterations": protection.iterations,
        "salt_bytes": protection.salt_len,
        "cipher": protection.cipher,
        "supported": protection.is_supported,
    })
}
