//! Messages and tokens by what they say of themselves: nothing of it is authenticated before they are opened.

use alloc::{borrow::ToOwned, vec::Vec};

use miyao::envelope::{Class, Context, Entry, Header, Inspection, Suite, token::TokenHeader};
use serde_json::{Value, json};

use crate::hex;

/// What a signature's trailer takes.
const TRAILER: u64 = 64;

/// A token of so many bytes.
#[must_use]
pub fn token(header: &TokenHeader, len: usize) -> Value {
    json!({
        "kind": "token", "suite": suite(header.suite), "key_hint": hex(header.hint), "version": header.version,
        "bytes": len, "authenticated": false,
    })
}

/// A message, of so many bytes where that is known.
#[must_use]
pub fn message(found: &Inspection, len: Option<u64>) -> Value {
    let header = &found.header;
    json!({
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
        "plaintext_bytes": len.and_then(|len| plaintext_len(found, len)),
        "authenticated": false,
    })
}

/// A message that was opened, by its header: its keys are bound to that, so it is authenticated.
#[must_use]
pub fn opened(header: &Header) -> Value {
    json!({
        "kind": "message",
        "suite": suite(header.suite),
        "frame_bytes": header.frame_len(),
        "context": context(&header.context),
        "signer": header.signer.map(hex),
        "authenticated": true,
    })
}

/// How long the plaintext is, were the message whole.
#[must_use]
pub fn plaintext_len(found: &Inspection, len: u64) -> Option<u64> {
    let trailer = if found.header.signer.is_some() { TRAILER } else { 0 };
    let body = len.checked_sub(found.body_at as u64)?.checked_sub(trailer)?;
    let tag = found.header.suite.tag_len() as u64;
    let frames = body.div_ceil(found.header.frame_len() as u64 + tag);
    body.checked_sub(frames.max(1) * tag)
}

/// The word for a suite.
#[must_use]
pub const fn suite(suite: Suite) -> &'static str {
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
