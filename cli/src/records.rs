//! Keys, versions and audit entries as people read them; for programs there is `miyao_records`.

use core::fmt::{self, Display, Write};

use miyao::{
    audit::Entry,
    key::{Key, Limits, Version},
    kms::Described,
    provider::Identity,
};
use miyao_records::{audit, hex, origin, protection};

use crate::failure::OneLine;

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
