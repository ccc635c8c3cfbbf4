//! Keys and their versions.

use alloc::{string::ToString, vec::Vec};

use miyao::{
    key::{AuditMode, Key, Limits, Number, Origin, Protection, Version},
    kms::Described,
};
use serde_json::{Value, json};

use crate::{hex, span, time};

/// A key without its versions.
#[must_use]
pub fn key(key: &Key) -> Value {
    json!({
        "id": key.id.to_string(),
        "name": key.name.as_str(),
        "spec": key.spec.as_str(),
        "state": key.state.to_string(),
        "primary": number(key.primary),
        "newest": number(key.newest),
        "origin": origin(key.origin),
        "protection": protection(key.protection),
        "audit": audit(key.audit),
        "created": key.created.to_string(),
        "description": key.description,
        "tags": key.tags,
        "limits": limits(&key.limits),
        "rotate_every": span(key.rotate_every),
        "deletion_protection": key.deletion_protection,
        "aliases": key.aliases.iter().map(|alias| alias.as_str()).collect::<Vec<_>>(),
        "destroy_at": time(key.destroy_at),
        "min_decrypt": key.min_decrypt.get(),
        "min_encrypt": key.min_encrypt.get(),
    })
}

/// A key with everything that is remembered of it.
#[must_use]
pub fn described(described: &Described) -> Value {
    let mut record = key(&described.key);
    record["versions"] = described.versions.iter().map(|one| version(one, described)).collect();
    record["used"] = json!({ "messages": described.used.messages, "bytes": described.used.bytes });
    record
}

fn version(version: &Version, described: &Described) -> Value {
    let mut devices = described.devices.iter().filter(|(number, _)| *number == version.number);
    json!({
        "number": version.number.get(),
        "state": version.state.to_string(),
        "created": version.created.to_string(),
        "activated": time(version.activated),
        "deactivated": time(version.deactivated),
        "compromised": time(version.compromised),
        "destroy_at": time(version.destroy_at),
        "destroyed": time(version.destroyed),
        "check_value": hex(version.check_value),
        "public": version.public.map(hex),
        "device": devices.next().map(|(_, device)| device.to_string()),
    })
}

fn limits(limits: &Limits) -> Value {
    json!({
        "originator_period": span(limits.originator_period),
        "recipient_period": span(limits.recipient_period),
        "messages": limits.messages,
        "bytes": limits.bytes,
    })
}

pub(crate) fn number(number: Option<Number>) -> Option<u32> {
    number.map(Number::get)
}

/// The word for where material came from.
#[must_use]
pub const fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Generated => "generated",
        Origin::Imported => "imported",
    }
}

/// The word for where material is used.
#[must_use]
pub const fn protection(protection: Protection) -> &'static str {
    match protection {
        Protection::Software => "software",
        Protection::Hardware => "hardware",
    }
}

/// The word for how data operations are audited.
#[must_use]
pub const fn audit(mode: AuditMode) -> &'static str {
    match mode {
        AuditMode::Counted => "counted",
        AuditMode::Each => "each",
    }
}
