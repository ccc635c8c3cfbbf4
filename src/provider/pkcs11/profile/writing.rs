//! A profile as a file.
//!
//! Knows the order of the fields and that numbers are read by people in hexadecimal.

use alloc::{format, string::String, vec::Vec};
use core::fmt::Write as _;

use super::{KeyType, Mechanism, Profile, Rule};

pub(super) fn write(profile: &Profile) -> String {
    let mut file = String::new();
    line(&mut file, "name", &quoted(&profile.name));
    line(&mut file, "title", &quoted(&profile.title));
    if let Some(note) = &profile.note {
        line(&mut file, "note", &quoted(note));
    }
    list(&mut file, "match", profile.rules.iter().map(rule));
    list(&mut file, "mechanisms", profile.mechanisms.iter().map(mechanism));
    for (name, key) in profile.keys.named() {
        if let Some(key) = key {
            table(&mut file, &format!("keys.{name}"), &key_fields(name == "sm2", key));
        }
    }
    table(&mut file, "quirks", &quirks(profile));
    table(&mut file, "limits", &limits(profile));
    table(&mut file, "probed", &probed(profile));
    file
}

fn line(file: &mut String, name: &str, value: &str) {
    // Writing to a string cannot fail; so below.
    let _ = writeln!(file, "{name} = {value}");
}

fn list(file: &mut String, name: &str, entries: impl Iterator<Item = String>) {
    let _ = writeln!(file, "\n{name} = [");
    for entry in entries {
        let _ = writeln!(file, "    {{ {entry} }},");
    }
    file.push_str("]\n");
}

fn table(file: &mut String, name: &str, fields: &[(&'static str, String)]) {
    if fields.is_empty() {
        return;
    }
    let _ = writeln!(file, "\n[{name}]");
    for (name, value) in fields {
        line(file, name, value);
    }
}

fn rule(rule: &Rule) -> String {
    let mut fields = Vec::new();
    text(&mut fields, "module", rule.module.as_deref());
    text(&mut fields, "manufacturer", rule.manufacturer.as_deref());
    text(&mut fields, "model", rule.model.as_deref());
    text(&mut fields, "description", rule.description.as_deref());
    for (name, firmware) in [("firmware-from", rule.firmware_from), ("firmware-to", rule.firmware_to)] {
        fields.extend(firmware.map(|firmware| (name, quoted(&format!("{firmware}")))));
    }
    inline(&fields)
}

fn mechanism(mechanism: &Mechanism) -> String {
    let mut fields = Vec::new();
    text(&mut fields, "operation", Some(mechanism.operation.word()));
    fields.push(("code", hexadecimal(mechanism.code)));
    text(&mut fields, "parameter", mechanism.parameter.map(|word| word.word()));
    text(&mut fields, "input", mechanism.input.map(|word| word.word()));
    text(&mut fields, "z", mechanism.z.map(|word| word.word()));
    text(&mut fields, "signature", mechanism.signature.map(|word| word.word()));
    text(&mut fields, "ciphertext", mechanism.ciphertext.map(|word| word.word()));
    fields.push(("verified", format!("{}", mechanism.verified)));
    text(&mut fields, "note", mechanism.note.as_deref());
    inline(&fields)
}

fn key_fields(is_pair: bool, key: &KeyType) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    fields.push(("type", hexadecimal(key.code)));
    if is_pair {
        text(&mut fields, "params", key.params.map(|word| word.word()));
        text(&mut fields, "point", key.point.map(|word| word.word()));
    } else {
        fields.push(("length", format!("{}", key.length)));
    }
    fields.push(("verified", format!("{}", key.verified)));
    fields
}

/// Only what holds: no habit is the common case.
fn quirks(profile: &Profile) -> Vec<(&'static str, String)> {
    let quirks = &profile.quirks;
    let flags = [
        ("ignore-device-error", quirks.ignore_device_error),
        ("readable-secrets", quirks.readable_secrets),
        ("check-value", quirks.check_value),
        ("empty-iv", quirks.empty_iv),
        ("token-objects-only", quirks.token_objects_only),
        ("one-at-a-time", quirks.one_at_a_time),
        ("wrap-pads-with-zeros", quirks.wrap_pads_with_zeros),
        ("unchecked-c3", quirks.unchecked_c3),
    ];
    let flags = flags.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| (name, String::from("true")));
    let lists = [("rejects", &quirks.rejects), ("full", &quirks.full)];
    let lists = lists.into_iter().filter(|(_, values)| !values.is_empty()).map(|(name, values)| {
        let values: Vec<_> = values.iter().copied().map(hexadecimal).collect();
        (name, format!("[{}]", values.join(", ")))
    });
    flags.chain(lists).collect()
}

fn limits(profile: &Profile) -> Vec<(&'static str, String)> {
    let limits = [("sessions", profile.limits.sessions), ("data", profile.limits.data)];
    limits.into_iter().filter_map(|(name, limit)| Some((name, format!("{}", limit?)))).collect()
}

fn probed(profile: &Profile) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if let Some(probed) = &profile.probed {
        text(&mut fields, "date", Some(&probed.date));
        text(&mut fields, "module", Some(&probed.module));
        text(&mut fields, "manufacturer", Some(&probed.manufacturer));
        text(&mut fields, "model", Some(&probed.model));
        text(&mut fields, "firmware", Some(&probed.firmware));
    }
    fields
}

fn text(fields: &mut Vec<(&'static str, String)>, name: &'static str, value: Option<&str>) {
    fields.extend(value.map(|value| (name, quoted(value))));
}

fn inline(fields: &[(&'static str, String)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    fields.join(", ")
}

fn hexadecimal(number: u64) -> String {
    format!("{number:#x}")
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if char.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(char));
            }
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}
