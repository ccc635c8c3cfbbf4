//! One change of the store: read, decide, write, with its audit entries, in one commit at one revision.
//!
//! Knows rows, MACs, the sum over them and the chain; what a change means is its caller's.

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use super::{
    head::Record,
    master::{Master, add, subtract},
    reference::KeyRef,
    resident::Supply,
    rng,
};
use crate::{
    audit::{Chain, Event},
    error::{Error, Kind, Result},
    key::{Key, KeyId, KeyName, Number, Principal, Span, Time, Usage, Version},
    policy::{Action, Mode},
    store::{Change, Head, LogRow, Name, Revision, Row, Store, Table, Write, each_row},
};

/// A change being prepared; nothing is stored before [`commit`](Self::commit).
pub(super) struct Tx<'a> {
    store: &'a dyn Store,
    pub(super) master: &'a Master,
    principal: Principal,
    pub(super) head: Record,
    at: Revision,
    /// The sum over all rows.
    sum: [u8; 32],
    pub(super) now: Time,
    /// The key inside a device that was made for this change.
    pub(super) supply: Supply,
    known: BTreeMap<Name, Option<Row>>,
    writes: BTreeMap<Name, Option<Vec<u8>>>,
    adopted: Vec<LogRow>,
    events: Vec<Event>,
}

/// What a commit left behind.
pub(super) struct Committed {
    pub(super) head: Head,
    pub(super) record: Record,
    /// The keys whose rows were written.
    pub(super) keys: Vec<KeyId>,
    /// The names that were pointed elsewhere.
    pub(super) names: Vec<KeyName>,
}

/// A clock may lag so far behind what was seen, and run so far ahead, before time-driven changes halt. The hour over a
/// day is for the jitter of a daily timer, which would halt itself otherwise.
const MAX_BACK: Span = Span(5000);
const MAX_AHEAD: Span = Span(25 * 60 * 60 * 1000);

impl<'a> Tx<'a> {
    pub(super) fn new(
        store: &'a dyn Store,
        master: &'a Master,
        principal: Principal,
        (head, at): (Record, Revision),
    ) -> Result<Self> {
        Ok(Self {
            store,
            master,
            principal,
            sum: head.root.as_ref().map_or([0; 32], |root| master.reveal(root)),
            head,
            at,
            now: store.now()?,
            supply: Supply::default(),
            known: BTreeMap::new(),
            writes: BTreeMap::new(),
            adopted: Vec::new(),
            events: Vec::new(),
        })
    }

    /// A row's content as this change sees it.
    pub(super) fn read(&mut self, name: &Name) -> Result<Option<&[u8]>> {
        if !self.writes.contains_key(name) && !self.known.contains_key(name) {
            let row = self.store.read(name)?;
            if let Some(row) = &row {
                self.master.check_row(row)?;
            }
            self.known.insert(name.clone(), row);
        }
        if let Some(written) = self.writes.get(name) {
            return Ok(written.as_deref());
        }
        Ok(self.known.get(name).and_then(Option::as_ref).map(|row| row.body.as_slice()))
    }

    pub(super) fn put(&mut self, name: Name, body: Vec<u8>) {
        self.writes.insert(name, Some(body));
    }

    pub(super) fn delete(&mut self, name: Name) {
        self.writes.insert(name, None);
    }

    /// Stored rows of a table whose names start with `prefix`, checked; this change's own writes are not among them.
    pub(super) fn scan(&mut self, table: Table, prefix: &[u8]) -> Result<Vec<Row>> {
        let mut rows: Vec<Row> = Vec::new();
        each_row(self.store, table, prefix, |row| {
            self.master.check_row(&row)?;
            self.known.insert(row.name.clone(), Some(row.clone()));
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Whether any key's id starts so.
    pub(super) fn has_hint(&self, hint: [u8; 4]) -> Result<bool> {
        Ok(!self.store.scan(Table::Key, &hint, None, 1)?.is_empty())
    }

    /// Where a name or an alias points.
    pub(super) fn resolve(&mut self, key: &KeyRef) -> Result<KeyId> {
        match key {
            KeyRef::Id(id) => Ok(*id),
            KeyRef::Name(name) => self.alias(name)?.ok_or_else(|| missing_key(key)),
        }
    }

    pub(super) fn alias(&mut self, name: &KeyName) -> Result<Option<KeyId>> {
        self.read(&alias_row(name))?.map(key_id).transpose()
    }

    pub(super) fn key(&mut self, key: &KeyRef) -> Result<Key> {
        let id = self.resolve(key)?;
        Key::decode(self.read(&key_row(&id))?.ok_or_else(|| missing_key(key))?)
    }

    pub(super) fn version(&mut self, key: &Key, number: Number) -> Result<Version> {
        let body = self.read(&version_row(&key.id, number))?;
        Version::decode(body.ok_or_else(|| missing_version(key, number))?)
    }

    /// The primary, where there is one.
    pub(super) fn primary(&mut self, key: &Key) -> Result<Option<Version>> {
        key.primary.map(|number| self.version(key, number)).transpose()
    }

    pub(super) fn versions(&mut self, key: &KeyId) -> Result<Vec<Version>> {
        let rows = self.scan(Table::Version, key.as_bytes())?;
        rows.iter().map(|row| Version::decode(&row.body)).collect()
    }

    pub(super) fn usage(&mut self, key: &KeyId, number: Number) -> Result<Usage> {
        self.read(&usage_row(key, number))?.map_or(Ok(Usage::default()), Usage::decode)
    }

    pub(super) fn put_key(&mut self, key: &Key) -> Result<()> {
        key.check()?;
        self.put(key_row(&key.id), key.encode()?);
        Ok(())
    }

    pub(super) fn put_version(&mut self, version: &Version) -> Result<()> {
        self.put(version_row(&version.key, version.number), version.encode()?);
        Ok(())
    }

    /// Says what this change does; a change without an event is none.
    pub(super) fn note(
        &mut self,
        action: Action,
        key: Option<KeyId>,
        version: Option<Number>,
        detail: impl Into<String>,
    ) {
        let event = Event {
            time: self.now,
            principal: self.principal.clone(),
            action,
            key,
            version,
            outcome: 0,
            count: 1,
            detail: detail.into(),
        };
        self.events.push(event);
    }

    /// Adds an event that was counted or failed elsewhere.
    pub(super) fn push(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Goes on with the log of another store, whose chain ends so.
    pub(super) fn adopt(&mut self, log: &[LogRow], end: Chain, mode: Mode) {
        self.adopted = log.iter().map(|row| self.master.log_row(row.sequence, row.body.clone())).collect();
        (self.head.chain, self.head.mode) = (end, mode);
    }

    /// Whether the clock can be believed, for changes that time alone causes.
    pub(super) fn check_clock(&self) -> Result<()> {
        if self.is_clock_sane() {
            return Ok(());
        }
        Err(Error::new(
            Kind::Clock,
            "the clock stepped since the store was last changed; if it is right now, confirm it with `miyao maintain --confirm-clock`",
        )
        .about(format_args!("last seen {}, now {}", self.head.seen, self.now)))
    }

    /// Believes the clock as it is.
    pub(super) const fn confirm_clock(&mut self) {
        self.head.seen = self.now;
    }

    fn is_clock_sane(&self) -> bool {
        self.head.seen.since(self.now) <= MAX_BACK && self.now.since(self.head.seen) <= MAX_AHEAD
    }

    /// Commits everything, or nothing; a change that says nothing and writes nothing is no commit.
    pub(super) fn commit(mut self) -> Result<Option<Committed>> {
        if self.events.is_empty() {
            return if self.writes.is_empty() {
                Ok(None)
            } else {
                Err(Error::new(
                    Kind::Internal,
                    "a change without an audit entry was refused; please report it",
                ))
            };
        }
        self.head.check_writable()?;
        let revision = Revision(self.at.0 + 1);
        if self.is_clock_sane() {
            self.head.seen = self.head.seen.max(self.now);
        }
        let (keys, names) = self.touched();
        let writes = self.sealed_writes(revision)?;
        let mut log = core::mem::take(&mut self.adopted);
        for event in core::mem::take(&mut self.events) {
            let entry = self.head.chain.append(event);
            log.push(self.master.log_row(entry.sequence, entry.encode()));
        }
        self.head.root = Some(self.master.hide(&self.sum, &mut rng()?));
        let body = self.head.encode();
        let head = Head { revision, mac: self.master.head_mac(revision, &body), body };
        let first = log.remove(0);
        self.store.commit(&Change::new(head.clone(), first, log, writes))?;
        Ok(Some(Committed { head, record: self.head, keys, names }))
    }

    /// The rows with their MACs, the sum in the head moved along.
    fn sealed_writes(&mut self, revision: Revision) -> Result<Vec<Write>> {
        let mut out = Vec::with_capacity(self.writes.len());
        for (name, body) in core::mem::take(&mut self.writes) {
            self.read(&name)?;
            let old = self.known.get(&name).and_then(Option::as_ref);
            if let Some(old) = old {
                subtract(&mut self.sum, &self.master.summand(old));
                self.head.rows -= 1;
            }
            match (body, old) {
                (Some(body), _) => {
                    let row = self.master.row(name, revision, body);
                    add(&mut self.sum, &self.master.summand(&row));
                    self.head.rows += 1;
                    out.push(Write::Put(row));
                }
                (None, Some(_)) => out.push(Write::Delete(name)),
                (None, None) => {}
            }
        }
        Ok(out)
    }

    fn touched(&self) -> (Vec<KeyId>, Vec<KeyName>) {
        let (mut keys, mut names) = (Vec::new(), Vec::new());
        for name in self.writes.keys() {
            match name.table {
                Table::Key | Table::Version => keys.extend(row_key(&name.name)),
                Table::Alias => names.extend(alias_name(&name.name)),
                _ => {}
            }
        }
        keys.dedup();
        (keys, names)
    }
}

pub(super) fn key_row(id: &KeyId) -> Name {
    Name::new(Table::Key, *id.as_bytes())
}

pub(super) fn version_row(key: &KeyId, number: Number) -> Name {
    Name::new(Table::Version, Version::row_name(key, number))
}

pub(super) fn usage_row(key: &KeyId, number: Number) -> Name {
    Name::new(Table::Usage, Version::row_name(key, number))
}

pub(super) fn alias_row(name: &KeyName) -> Name {
    Name::new(Table::Alias, name.as_str().as_bytes())
}

/// The key that a key's, version's or usage row belongs to.
pub(super) fn row_key(name: &[u8]) -> Option<KeyId> {
    name.first_chunk().map(|id| KeyId::from_bytes(*id))
}

/// The name that an alias row stands for.
pub(super) fn alias_name(name: &[u8]) -> Option<KeyName> {
    core::str::from_utf8(name).ok().and_then(|text| KeyName::parse(text).ok())
}

/// The body of an alias row.
pub(super) fn key_id(body: &[u8]) -> Result<KeyId> {
    Ok(KeyId::from_bytes(body.try_into().map_err(|_| crate::field::malformed())?))
}

pub(super) fn missing_key(key: &KeyRef) -> Error {
    Error::new(Kind::Missing, "no such key; `miyao key list` shows what is there").about(key)
}

pub(super) fn missing_version(key: &Key, number: Number) -> Error {
    Error::new(Kind::Missing, "no such version; `miyao key show` lists the versions of a key")
        .about(format_args!("{}:{number}", key.name))
}
