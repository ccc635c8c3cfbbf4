//! `miyao inspect`: what a message or token says of itself.
//!
//! Needs no key and no store; nothing it prints is authenticated.

use core::fmt::Write;
use std::io::Read;

use miyao::{
    SecretBytes,
    envelope::{
        self, Class, Entry, INSPECTED, Inspection,
        token::{MAX_PLAINTEXT, TokenHeader},
    },
};
use miyao_records::{hex, plaintext_len, suite};
use serde_json::Value;

use crate::{
    args::Inspect,
    decrypt::read_token,
    failure::{At, Result},
    input::Input,
    session::Run,
};

/// What stands before the frames of any message, and more than the text of any token.
const READ: usize = if INSPECTED > 2 * MAX_PLAINTEXT { INSPECTED } else { 2 * MAX_PLAINTEXT };

pub(crate) fn run(run: &Run, arguments: &Inspect) -> Result {
    let input = Input::open(arguments.file.as_deref())?;
    let (len, name) = (input.len, input.name);
    let mut start = Vec::new();
    input.source.take(READ as u64).read_to_end(&mut start).at(name)?;
    let (record, text) = if is_token(&start) {
        let token = read_token(&SecretBytes::take(start)).at(name)?;
        describe_token(&TokenHeader::parse(&token).at(name)?, token.len())
    } else {
        describe(&envelope::inspect(&start).at(name)?, len)
    };
    run.output.record(&record, format_args!("{text}nothing of this is authenticated"))
}

/// The fifth byte tells a token from a message; its text begins with the project's name.
fn is_token(start: &[u8]) -> bool {
    start.get(4) == Some(&0x81) || start.trim_ascii_start().starts_with(b"miyao")
}

fn describe_token(header: &TokenHeader, len: usize) -> (Value, String) {
    let record = miyao_records::token(header, len);
    let text = format!(
        "token\nsuite       {}\nkey id      {}…\nversion     {}\nbytes       {len}\n",
        suite(header.suite),
        hex(header.hint),
        header.version
    );
    (record, text)
}

fn describe(found: &Inspection, len: Option<u64>) -> (Value, String) {
    let plaintext = len.and_then(|len| plaintext_len(found, len));
    let record = miyao_records::message(found, len);
    (record, page(found, len, plaintext))
}

fn page(found: &Inspection, len: Option<u64>, plaintext: Option<u64>) -> String {
    let header = &found.header;
    let mut text =
        format!("message\nsuite       {}\nframes      {} bytes\n", suite(header.suite), header.frame_len());
    // Writing to a string cannot fail.
    for (key, class, value) in header.context.pairs() {
        let _ = match class {
            Class::Stored => writeln!(text, "context     {}={}", key.escape_ascii(), value.escape_ascii()),
            Class::Hidden => writeln!(text, "context     {} (value not stored)", key.escape_ascii()),
        };
    }
    if let Some(signer) = header.signer {
        let _ = writeln!(text, "signer      {}", hex(signer));
    }
    for entry in &found.recipients {
        let _ = writeln!(text, "recipient   {}", recipient_line(entry));
    }
    let _ = writeln!(text, "generation  {} of the recipients", found.generation);
    if let Some(len) = len {
        let _ = writeln!(text, "bytes       {len}");
    }
    if let Some(plaintext) = plaintext {
        let _ = writeln!(text, "plaintext   {plaintext} bytes");
    }
    text
}

fn recipient_line(entry: &Entry) -> String {
    match entry {
        Entry::Kms { key, version, .. } => format!("key {} version {version}", hex(key)),
        Entry::Sm2 { key, .. } => format!("SM2 public key {}", hex(key)),
        Entry::Passphrase { iterations, .. } => format!("passphrase, {iterations} iterations"),
        Entry::Device { provider, key, version, .. } => {
            format!("key {} version {version} in a device of provider {provider}", hex(key))
        }
        other => format!("of type {}, unknown to this build", other.kind()),
    }
}
