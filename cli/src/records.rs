//! Keys, versions and audit entries as people and programs read them.
//!
//! The names in JSON are a promise: they stay. Times are RFC 3339, bytes hexadecimal, what is not there is null.

use core::fmt::{self, Display, Write};

use miyao::{
    audit::Entry,
    key::{AuditMode, Key, Limits, Number, Origin, Protection, Span, Time, Version},
    kms::Described,
    provider::Identity,
};
use serde_json::{Value, json};

use crate::{failure::OneLine, output::hex};

pub(crate) fn key(key: &Key) -> Value {
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

pub(crate) fn described(described: &Described) -> Value {
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

pub(crate) fn entry(entry: &Entry) -> Value {
    let event = &entry.event;
    json!({
        "sequence": entry.sequence,
        "time": event.time.to_string(),
        "principal": event.principal.as_str(),
        "action": event.action.as_str(),
        "key": event.key.map(|key| key.to_string()),
        "version": number(event.version),
        "outcome": event.outcome,
        "count": event.count,
        "detail": event.detail,
        "previous": hex(entry.previous),
        "digest": hex(entry.digest()),
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

pub(crate) fn time(time: Option<Time>) -> Option<String> {
    time.map(|time| time.to_string())
}

fn span(span: Option<Span>) -> Option<String> {
    span.map(|span| span.to_string())
}

fn number(number: Option<Number>) -> Option<u32> {
    number.map(Number::get)
}

const fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Generated => "generated",
        Origin::Imported => "imported",
    }
}

const fn protection(protection: Protection) -> &'static str {
    match protection {
        Protection::Software => "software",
        Protection::Hardware => "hardware",
    }
}

const fn audit(mode: AuditMode) -> &'static str {
    match mode {
        AuditMode::Counted => "counted",
        AuditMode::Each => "each",
    }
}

/// One line of `key list`.
pub(crate) struct KeyLine<'a>(pub(crate) &'a Key);

impl Display for KeyLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Key { name, spec, state, primary, id, .. } = self.0;
        let version = primary.map_or("-".into(), |number| number.to_string());
        write!(f, "{:24} {:11} {:17} {version:>4}  {id}", name.as_str(), spec.as_str(), state.to_string())
    }
}

/// `key show`.
pub(crate) struct KeyPage<'a>(pub(crate) &'a Described);

impl Display for KeyPage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Described { key, versions, used, devices } = self.0;
        let mut line = |name: &str, value: &dyn Display| writeln!(f, "{name:20} {value}");
        line("name", &key.name)?;
        line("id", &key.id)?;
        line("spec", &key.spec)?;
        line("state", &key.state)?;
        line("origin", &origin(key.origin))?;
        line("protection", &protection(key.protection))?;
        let mut told: Option<&Identity> = None;
        for (number, device) in devices {
            if told.replace(device) != Some(device) {
                let from = format_args!("{}, from version {number} on", OneLine(&device.to_string()));
                line("device", &from)?;
            }
        }
        line("created", &key.created)?;
        line("audit", &audit(key.audit))?;
        for alias in &key.aliases {
            line("alias", alias)?;
        }
        for (name, value) in &key.tags {
            line("tag", &format_args!("{}={}", OneLine(name), OneLine(value)))?;
        }
        if !key.description.is_empty() {
            line("description", &OneLine(&key.description))?;
        }
        let Limits { originator_period, recipient_period, messages, bytes } = &key.limits;
        let mut some =
            |name: &str, value: Option<&dyn Display>| value.map_or(Ok(()), |value| line(name, value));
        some("rotate every", key.rotate_every.as_ref().map(|span| span as _))?;
        some("originator period", originator_period.as_ref().map(|span| span as _))?;
        some("recipient period", recipient_period.as_ref().map(|span| span as _))?;
        some("most messages", messages.as_ref().map(|most| most as _))?;
        some("most bytes", bytes.as_ref().map(|most| most as _))?;
        some("destroyed on", key.destroy_at.as_ref().map(|time| time as _))?;
        some("deletion protection", key.deletion_protection.then_some(&"yes" as _))?;
        line("used, current", &format_args!("{} messages, {} bytes", used.messages, used.bytes))?;
        f.write_str("versions")?;
        versions.iter().try_for_each(|version| VersionLine(version).fmt(f))
    }
}

struct VersionLine<'a>(&'a Version);

impl Display for VersionLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Version { number, state, created, check_value, .. } = self.0;
        write!(
            f,
            "\n  {:>4}  {:17} made {created}  check value {}",
            number.get(),
            state.to_string(),
            hex(check_value)
        )?;
        match self.0.destroy_at {
            Some(time) => write!(f, "  destroyed on {time}"),
            None => Ok(()),
        }
    }
}

/// One line of `audit show`.
pub(crate) struct EntryLine<'a>(pub(crate) &'a Entry);

impl Display for EntryLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = &self.0.event;
        write!(f, "{:>6} {} {} {}", self.0.sequence, event.time, event.principal, event.action)?;
        if let Some(key) = &event.key {
            write!(f, " {key}")?;
        }
        if let Some(version) = event.version {
            write!(f, ":{version}")?;
        }
        if event.count != 1 {
            write!(f, " ×{}", event.count)?;
        }
        if event.outcome != 0 {
            write!(f, " failed ({})", event.outcome)?;
        }
        if !event.detail.is_empty() {
            f.write_char(' ')?;
            write!(f, "{}", OneLine(&event.detail))?;
        }
        Ok(())
    }
}
