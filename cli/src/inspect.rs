//! `miyao inspect`: what a message or token says of itself.
//!
//! Needs no key and no store; nothing it prints is authenticated.

use core::fmt::Write;
use std::io::Read;

use miyao::{
    SecretBytes,
    envelope::{
        self, Class, Context, Entry, INSPECTED, Inspection, Suite,
        token::{MAX_PLAINTEXT, TokenHeader},
    },
};
use serde_json::{Value, json};

use crate::{
    args::Inspect,
    decrypt::read_token,
    failure::{At, Result},
    input::Input,
    output::hex,
    session::Run,
};

/// What stands before the frames of any message, and more than the text of any token.
const READ: usize = if INSPECTED > 2 * MAX_PLAINTEXT { INSPECTED } else { 2 * MAX_PLAINTEXT };
/// What a signature's trailer takes.
const TRAILER: u64 = 64;

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
    let record = json!({
        "kind": "token", "suite": suite(header.suite), "key_hint": hex(header.hint), "version": header.version,
        "bytes": len, "authenticated": false,
    });
    let text = format!(
        "token\nsuite       {}\nkey id      {}…\nversion     {}\nbytes       {len}\n",
        suite(header.suite),
        hex(header.hint),
        header.version
    );
    (record, text)
}

fn describe(found: &Inspection, len: Option<u64>) -> (Value, String) {
    let header = &found.header;
    let plaintext = len.and_then(|len| plaintext_len(found, len));
    let record = json!({
        "kind": "message",
        "suite": suite(header.suite),
        "frame_bytes": header.frame_len(),
        "context": context(&header.context),
        "signer": header.signer.map(hex),
        "recipients": found.recipients.iter().map(recipient).collect::<Vec<_>>(),
        "generation": found.generation,
        "recipients_at": found.slots_at,
        "recipient_slot_bytes": found.slot_len,
        "body_at": found.body_at,
        "bytes": len,
        "plaintext_bytes": plaintext,
        "authenticated": false,
    });
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

/// How long the plaintext is, were the message whole.
fn plaintext_len(found: &Inspection, len: u64) -> Option<u64> {
    let trailer = if found.header.signer.is_some() { TRAILER } else { 0 };
    let body = len.checked_sub(found.body_at as u64)?.checked_sub(trailer)?;
    let tag = found.header.suite.tag_len() as u64;
    let frames = body.div_ceil(found.header.frame_len() as u64 + tag);
    body.checked_sub(frames.max(1) * tag)
}

const fn suite(suite: Suite) -> &'static str {
    match suite {
        Suite::Gcm => "gcm",
        Suite::CtrHmac => "ctr-hmac",
    }
}

/// Texts where the bytes are such, hexadecimal beside them always.
fn context(context: &Context) -> Value {
    let text = |bytes: &[u8]| core::str::from_utf8(bytes).ok().map(ToOwned::to_owned);
    let pair = |(key, class, value): (&[u8], Class, &[u8])| match class {
        Class::Stored => json!({
            "key": text(key), "key_hex": hex(key), "stored": true, "value": text(value), "value_hex": hex(value),
        }),
        Class::Hidden => json!({
            "key": text(key), "key_hex": hex(key), "stored": false, "value": null, "value_hex": null,
        }),
    };
    context.pairs().map(pair).collect()
}

fn recipient(entry: &Entry) -> Value {
    match entry {
        Entry::Kms { key, version, .. } => json!({ "kind": "kms", "key": hex(key), "version": version }),
        Entry::Sm2 { key, .. } => json!({ "kind": "sm2", "key_identifier": hex(key) }),
        Entry::Passphrase { iterations, .. } => json!({ "kind": "passphrase", "iterations": iterations }),
        Entry::Device { provider, key, version, suite, .. } => json!({
            "kind": "device", "provider": provider, "key": hex(key), "version": version, "wrap_suite": suite,
        }),
        other => json!({ "kind": "unknown", "type": other.kind() }),
    }
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
