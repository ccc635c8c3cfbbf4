//! What is remembered of a key, what one is made from, and how it is encoded.
//!
//! Records are numbered fields; one with fields of a newer release may be used, not rewritten.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    string::{String, ToString},
    vec::Vec,
};

use super::{AuditMode, KeyId, KeyName, KeyState, Number, Origin, Protection, Span, Spec, Time};
use crate::{
    error::{Error, Kind, Result},
    field::{Reader, Writer, malformed, text},
};

/// A key: the named container of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// The name it was made with; aliases may point to it too.
    pub name: KeyName,
    /// What it is for.
    pub spec: Spec,
    /// Where its material came from.
    pub origin: Origin,
    /// Where its material is used.
    pub protection: Protection,
    /// How its data operations are audited.
    pub audit: AuditMode,
    /// Its state.
    pub state: KeyState,
    /// The version that protects new data.
    pub primary: Option<Number>,
    /// The highest version number handed out; never reused.
    pub newest: Option<Number>,
    /// When it was made.
    pub created: Time,
    /// Free text, at most 4 KiB.
    pub description: String,
    /// At most 64 pairs.
    pub tags: BTreeMap<String, String>,
    /// Other names that point to it, at most 64.
    pub aliases: BTreeSet<KeyName>,
    /// What each version may be used for at most.
    pub limits: Limits,
    /// The age at which the primary is due for rotation.
    pub rotate_every: Option<Span>,
    /// Whether destruction is refused.
    pub deletion_protection: bool,
    /// When destruction is due, while scheduled.
    pub destroy_at: Option<Time>,
    /// When destruction was first seen due; the second sighting comes at least a day later.
    pub due_seen: Option<Time>,
    /// Versions below open nothing.
    pub min_decrypt: Number,
    /// Versions below protect nothing.
    pub min_encrypt: Number,
    newer: bool,
}

/// What one version may be used for at most; absent is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long after activation it protects data (originator-usage period).
    pub originator_period: Option<Span>,
    /// How long after activation it opens data (recipient-usage period).
    pub recipient_period: Option<Span>,
    /// The number of messages, tokens, signatures or MACs.
    pub messages: Option<u64>,
    /// The number of bytes.
    pub bytes: Option<u64>,
}

/// What a key is made from.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its name.
    pub name: KeyName,
    /// What it is for.
    pub spec: Spec,
    /// Where its material comes from.
    pub origin: Origin,
    /// Where its material is used.
    pub protection: Protection,
    /// The attached device that it is to live in, by its label or serial number; without it, the only one that offers
    /// such keys.
    pub device: Option<String>,
    /// How its data operations are audited.
    pub audit: AuditMode,
    /// Free text.
    pub description: String,
    /// Pairs.
    pub tags: BTreeMap<String, String>,
    /// What each version may be used for.
    pub limits: Limits,
    /// The age at which it rotates.
    pub rotate_every: Option<Span>,
    /// Whether destruction is refused.
    pub deletion_protection: bool,
}

const MAX_DESCRIPTION: usize = 4096;
const MAX_TAGS: usize = 64;
const MAX_ALIASES: usize = 64;
const MAX_TAG_KEY: usize = 128;
const MAX_TAG_VALUE: usize = 256;

impl NewKey {
    /// An `sm4` key and so on, made here, in software, audited by counts, unlimited.
    #[must_use]
    pub const fn new(name: KeyName, spec: Spec) -> Self {
        Self {
            name,
            spec,
            origin: Origin::Generated,
            protection: Protection::Software,
            device: None,
            audit: AuditMode::Counted,
            description: String::new(),
            tags: BTreeMap::new(),
            limits: Limits { originator_period: None, recipient_period: None, messages: None, bytes: None },
            rotate_every: None,
            deletion_protection: false,
        }
    }
}

impl Key {
    /// A key without a version: waiting for one to be made, or for its owner's material.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) or [`TooLarge`](Kind::TooLarge) for what [`check`](Self::check) refuses.
    pub fn new(id: KeyId, new: NewKey, now: Time) -> Result<Self> {
        if new.origin == Origin::Imported && new.spec != Spec::Sm4 {
            return Err(Error::new(
                Kind::Invalid,
                "only sm4 keys take imported material; make this one here",
            ));
        }
        if new.origin == Origin::Imported && new.protection == Protection::Hardware {
            return Err(Error::new(
                Kind::Invalid,
                "material from outside does not get into a device; let the device make it, or protect the key in software",
            ));
        }
        let key = Self {
            id,
            name: new.name,
            spec: new.spec,
            origin: new.origin,
            protection: new.protection,
            audit: new.audit,
            state: KeyState::PendingImport,
            primary: None,
            newest: None,
            created: now,
            description: new.description,
            tags: new.tags,
            aliases: BTreeSet::new(),
            limits: new.limits,
            rotate_every: new.rotate_every,
            deletion_protection: new.deletion_protection,
            destroy_at: None,
            due_seen: None,
            min_decrypt: Number::FIRST,
            min_encrypt: Number::FIRST,
            newer: false,
        };
        key.check()?;
        Ok(key)
    }

    /// Checks sizes.
    ///
    /// # Errors
    /// [`TooLarge`](Kind::TooLarge) for a description or tags beyond their limits, [`Invalid`](Kind::Invalid) for a
    /// limit or span of zero.
    pub fn check(&self) -> Result<()> {
        if self.description.len() > MAX_DESCRIPTION {
            return Err(Error::new(Kind::TooLarge, "a description has at most 4,096 bytes"));
        }
        let fits = |(key, value): (&String, &String)| {
            (1..=MAX_TAG_KEY).contains(&key.len()) && value.len() <= MAX_TAG_VALUE
        };
        if self.tags.len() > MAX_TAGS || !self.tags.iter().all(fits) {
            return Err(Error::new(
                Kind::TooLarge,
                "a key has at most 64 tags, names of 1 to 128 and values of up to 256 bytes",
            ));
        }
        if self.aliases.len() > MAX_ALIASES {
            return Err(Error::new(Kind::TooLarge, "a key has at most 64 aliases"));
        }
        let zero = self.limits.messages == Some(0)
            || self.limits.bytes == Some(0)
            || self.rotate_every == Some(Span(0));
        if zero || self.min_encrypt < self.min_decrypt {
            return Err(Error::new(
                Kind::Invalid,
                "a limit of zero, or encryption allowed below the decryption minimum, makes no sense",
            ));
        }
        Ok(())
    }

    /// Whether a newer release wrote fields that this one would lose.
    #[must_use]
    pub const fn is_newer(&self) -> bool {
        self.newer
    }

    /// The record's bytes.
    ///
    /// # Errors
    /// [`ReadOnly`](Kind::ReadOnly) for a record of a newer release.
    pub fn encode(&self) -> Result<Vec<u8>> {
        refuse_newer(self.newer)?;
        let mut out = Writer::default();
        out.bytes(1, self.id.as_bytes());
        out.bytes(2, self.name.as_str().as_bytes());
        out.bytes(
            3,
            &[self.spec as u8, self.origin as u8, self.protection as u8, self.audit as u8, self.state as u8],
        );
        out.optional_number(4, self.primary.map(|number| number.get().into()));
        out.optional_number(5, self.newest.map(|number| number.get().into()));
        out.number(6, self.created.0);
        out.bytes(7, self.description.as_bytes());
        let mut tags = Writer::default();
        for (key, value) in &self.tags {
            tags.bytes(1, key.as_bytes());
            tags.bytes(2, value.as_bytes());
        }
        out.bytes(8, &tags.finish());
        out.optional_number(9, self.limits.originator_period.map(|span| span.0));
        out.optional_number(10, self.limits.recipient_period.map(|span| span.0));
        out.optional_number(11, self.limits.messages);
        out.optional_number(12, self.limits.bytes);
        out.optional_number(13, self.rotate_every.map(|span| span.0));
        out.bytes(14, &[u8::from(self.deletion_protection)]);
        out.optional_number(15, self.destroy_at.map(|time| time.0));
        out.optional_number(16, self.due_seen.map(|time| time.0));
        out.number(17, self.min_decrypt.get().into());
        out.number(18, self.min_encrypt.get().into());
        if !self.aliases.is_empty() {
            // A name has no line break.
            let names: Vec<&str> = self.aliases.iter().map(KeyName::as_str).collect();
            out.bytes(19, names.join("\n").as_bytes());
        }
        Ok(out.finish())
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed) for bytes that are none.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let id = KeyId::from_bytes(from.array(1)?);
        let name = KeyName::parse(&from.text(2)?)?;
        let [spec, origin, protection, audit, state] = from.array(3)?;
        let mut key = Self {
            id,
            name,
            spec: Spec::ALL.into_iter().find(|known| *known as u8 == spec).ok_or_else(malformed)?,
            origin: [Origin::Generated, Origin::Imported]
                .into_iter()
                .find(|known| *known as u8 == origin)
                .ok_or_else(malformed)?,
            protection: [Protection::Software, Protection::Hardware]
                .into_iter()
                .find(|known| *known as u8 == protection)
                .ok_or_else(malformed)?,
            audit: [AuditMode::Counted, AuditMode::Each]
                .into_iter()
                .find(|known| *known as u8 == audit)
                .ok_or_else(malformed)?,
            state: KeyState::ALL.into_iter().find(|known| *known as u8 == state).ok_or_else(malformed)?,
            primary: from.optional_number(4)?.map(number).transpose()?,
            newest: from.optional_number(5)?.map(number).transpose()?,
            created: Time(from.number(6)?),
            description: from.text(7)?,
            tags: tags(from.bytes(8)?)?,
            aliases: BTreeSet::new(),
            limits: Limits {
                originator_period: from.optional_number(9)?.map(Span),
                recipient_period: from.optional_number(10)?.map(Span),
                messages: from.optional_number(11)?,
                bytes: from.optional_number(12)?,
            },
            rotate_every: from.optional_number(13)?.map(Span),
            deletion_protection: flag(from.array(14)?)?,
            destroy_at: from.optional_number(15)?.map(Time),
            due_seen: from.optional_number(16)?.map(Time),
            min_decrypt: number(from.number(17)?)?,
            min_encrypt: number(from.number(18)?)?,
            newer: false,
        };
        if let Some(names) = from.optional(19)? {
            for name in text(names)?.split('\n') {
                let last = key.aliases.insert(KeyName::parse(name)?);
                last.then_some(()).ok_or_else(malformed)?;
            }
        }
        key.newer = from.finish()?;
        key.check().map_err(|_| malformed())?;
        Ok(key)
    }
}

pub(super) fn refuse_newer(newer: bool) -> Result<()> {
    if newer {
        return Err(Error::new(
            Kind::ReadOnly,
            "a newer release wrote this record; change it with that release",
        ));
    }
    Ok(())
}

pub(super) fn number(number: u64) -> Result<Number> {
    u32::try_from(number).ok().and_then(Number::new).ok_or_else(malformed)
}

fn flag([flag]: [u8; 1]) -> Result<bool> {
    match flag {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(malformed()),
    }
}

/// Pairs of fields 1 and 2, one after the other, in ascending order of name.
fn tags(mut bytes: &[u8]) -> Result<BTreeMap<String, String>> {
    let mut tags = BTreeMap::new();
    while !bytes.is_empty() {
        let mut pair = [""; 2];
        for (tag, slot) in (1u8..).zip(&mut pair) {
            let (&[found, a, b, c, d], rest) = bytes.split_first_chunk().ok_or_else(malformed)?;
            let (value, rest) =
                rest.split_at_checked(u32::from_be_bytes([a, b, c, d]) as usize).ok_or_else(malformed)?;
            if found != tag {
                return Err(malformed());
            }
            *slot = core::str::from_utf8(value).map_err(|_| malformed())?;
            bytes = rest;
        }
        let [key, value] = pair;
        if tags.last_key_value().is_some_and(|(last, _): (&String, _)| last.as_str() >= key) {
            return Err(malformed());
        }
        tags.insert(key.to_string(), value.to_string());
    }
    Ok(tags)
}
