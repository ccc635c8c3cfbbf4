//! Files of SM2 by what was found in them: nothing of it is authenticated, or secret.

use alloc::{string::ToString, vec::Vec};

use miyao::pki::inspect::{DocumentSort, Found, Inspection, Oddity, Protection, Sort, Verdict};
use serde_json::{Value, json};

use crate::hex;

/// A key, signature, ciphertext or whatever else the file is.
#[must_use]
pub fn inspection(found: &Inspection) -> Value {
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

/// One word for what it is.
#[must_use]
pub fn kind(found: &Inspection) -> &'static str {
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
