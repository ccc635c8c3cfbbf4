//! A store: its log, its root, what examined it and what was done to it.

use alloc::{string::ToString, vec::Vec};

use miyao::{
    audit::Entry,
    kms::{AuditReport, BackupReport, Maintained, Report, RestoreReport, RootChanged, RootInfo, StoreInfo},
    policy::Mode,
    provider::{Identity, RootId},
};
use serde_json::{Value, json};

use crate::{hex, key::number, time};

/// What there is to say of a store.
#[must_use]
pub fn store(info: &StoreInfo) -> Value {
    json!({
        "id": info.id.to_string(), "root": info.root, "revision": info.revision.0, "schema": info.schema,
        "epoch": info.epoch, "mode": mode(info.mode), "audit_entries": info.audit.sequence,
    })
}

/// The word for who may do what in a store.
const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Owner => "owner",
        Mode::Roles => "roles",
    }
}

/// An entry of the audit log.
#[must_use]
pub fn entry(entry: &Entry) -> Value {
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

/// That the audit chain is whole.
#[must_use]
pub fn audit_report(report: &AuditReport) -> Value {
    json!({ "entries": report.entries, "last": time(report.last) })
}

/// What was found in a store.
#[must_use]
pub fn report(report: &Report) -> Value {
    json!({
        "rows": report.rows, "keys": report.keys, "versions": report.versions, "audit_entries": report.entries,
        "findings": report.findings, "warnings": report.warnings, "clean": report.is_clean(),
    })
}

/// Something that was due and done.
#[must_use]
pub fn maintained(one: &Maintained) -> Value {
    json!({ "key": one.key.to_string(), "name": one.name.as_str(), "what": one.what.to_string() })
}

/// What a backup holds.
#[must_use]
pub fn backup(report: &BackupReport) -> Value {
    json!({ "keys": report.keys, "versions": report.versions, "revision": report.revision.0 })
}

/// What a restore made.
#[must_use]
pub fn restored(report: &RestoreReport) -> Value {
    json!({
        "id": report.store.to_string(),
        "keys": report.backup.keys,
        "versions": report.backup.versions,
        "waiting": report.waiting.iter().map(|name| name.as_str()).collect::<Vec<_>>(),
        "devices": report.devices.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// What is known of a root key.
#[must_use]
pub fn root(info: &RootInfo) -> Value {
    let told = |(id, device): &(RootId, Identity)| place(id, device);
    json!({
        "root": info.kind,
        "key": info.place.as_ref().map(told),
        "unfinished": info.unfinished.as_ref().map(told),
    })
}

/// What a change of root did.
#[must_use]
pub fn root_changed(changed: &RootChanged) -> Value {
    json!({ "root": place(&changed.root, &changed.device), "former": root(&changed.former) })
}

/// Who a device says it is.
#[must_use]
pub fn device(identity: &Identity) -> Value {
    json!({
        "manufacturer": identity.manufacturer, "model": identity.model, "serial": identity.serial, "label": identity.label,
        "profile": identity.profile,
    })
}

fn place(id: &RootId, device: &Identity) -> Value {
    json!({ "id": hex(id.0), "device": device.to_string() })
}
