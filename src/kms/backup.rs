//! The backup (备份): every row, the audit log and the master secret in one encrypted message for chosen recipients.
//!
//! Inside the message stand records `kind u8 ‖ length u32 ‖ fields`: 1 the master secret and the head, 2 a row, 3 an
//! audit entry, 0 the end. Knows no other store; putting a backup back is done beside it.

use alloc::vec::Vec;
use core::fmt;
use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::{
    Kms,
    check::follow,
    head::Record,
    inside::Residence,
    master::{Master, add, check_value},
    rng,
};
use crate::{
    envelope::{Decryptor, Encryptor, Opener, Options},
    error::{Error, Kind, Result},
    field::{Reader, Writer},
    key::{Key, Protection, Version},
    policy::Action,
    secret::Secret,
    store::{Head, LogRow, Name, Revision, Row, Store, Table, each_row},
};

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// The number of keys.
    pub keys: u64,
    /// The number of versions.
    pub versions: u64,
    /// The number of audit entries.
    pub entries: u64,
    /// The revision of the store that it was made of.
    pub revision: Revision,
}

/// A backup read and verified: its rows fit its head, its chain is whole, every version's secret fits its check value.
pub(super) struct Backup {
    pub(super) master: Master,
    pub(super) head: Record,
    pub(super) revision: Revision,
    pub(super) rows: Vec<Row>,
    pub(super) log: Vec<LogRow>,
}

const MAGIC: &[u8] = b"miyao backup 1";
const PAGE: usize = 512;
/// The longest record: a key with everything it may have is far shorter.
const MAX_RECORD: u32 = 1 << 20;

impl Kms {
    /// Writes a backup of the store as it is now, as a message to the recipients of `options`. Whoever opens it has every
    /// key: choose recipients accordingly, and keep it apart from the store.
    ///
    /// # Errors
    /// Whatever the store, a recipient or `out` return.
    pub fn backup(&self, out: &mut dyn Write, options: &Options<'_>) -> Result<BackupReport> {
        self.shared.policy().check(&self.principal, Action::Backup, None)?;
        self.flush()?;
        let view = self.shared.store.snapshot()?;
        let head =
            view.head()?.ok_or(Error::new(Kind::Corrupt, "the store has lost its head; restore a backup"))?;
        self.shared.master.check_head(&head)?;
        let mut message = Encryptor::new(out, options, &mut rng()?)?;
        let report = write(&mut message, &self.shared.master, &*view, &head)?;
        message.finish()?;
        self.shared.transact(&self.principal, |tx| {
            tx.note(Action::Backup, None, None, alloc::format!("revision {}", head.revision.0));
            Ok(())
        })?;
        Ok(report)
    }
}

fn write(out: &mut impl Write, master: &Master, view: &dyn Store, head: &Head) -> Result<BackupReport> {
    let mut report = BackupReport { keys: 0, versions: 0, entries: 0, revision: head.revision };
    let mut first = Writer::default();
    first.bytes(1, MAGIC);
    first.bytes(2, master.secret().expose());
    first.number(3, head.revision.0);
    first.bytes(4, &head.body);
    first.bytes(5, &head.mac);
    put(out, 1, &Zeroizing::new(first.finish()))?;
    for table in Table::ALL {
        each_row(view, table, &[], |row| {
            master.check_row(&row)?;
            report.keys += u64::from(table == Table::Key);
            report.versions += u64::from(table == Table::Version);
            put(out, 2, &encode_row(&row))
        })?;
    }
    loop {
        let page = view.log(report.entries + 1, PAGE)?;
        for row in &page {
            master.check_log_row(row)?;
            put(out, 3, &encode_log_row(row))?;
        }
        report.entries += page.len() as u64;
        if page.is_empty() {
            break;
        }
    }
    put(out, 0, &[])?;
    Ok(report)
}

fn put(out: &mut impl Write, kind: u8, fields: &[u8]) -> Result<()> {
    out.write_all(&[kind])?;
    out.write_all(&(fields.len() as u32).to_be_bytes())?;
    out.write_all(fields)?;
    Ok(())
}

impl Backup {
    /// Opens, reads and verifies a whole backup; nothing of it is used before its last byte was authenticated.
    pub(super) fn read(message: &mut dyn Read, opener: &Opener<'_>) -> Result<Self> {
        let mut from = Decryptor::new(message, opener)?;
        let (master, head, revision) = match next(&mut from)? {
            (1, fields) => first(&fields)?,
            _ => return Err(malformed()),
        };
        let (mut rows, mut log) = (Vec::new(), Vec::new());
        loop {
            match next(&mut from)? {
                (0, _) => break,
                (2, fields) => rows.push(decode_row(&fields)?),
                (3, fields) => log.push(decode_log_row(&fields)?),
                _ => return Err(malformed()),
            }
        }
        if from.read(&mut [0])? != 0 {
            return Err(malformed());
        }
        from.finish()?;
        let backup = Self { master, head, revision, rows, log };
        backup.verify()?;
        Ok(backup)
    }

    pub(super) fn report(&self) -> BackupReport {
        let count = |table| self.rows.iter().filter(|row| row.name.table == table).count() as u64;
        BackupReport {
            keys: count(Table::Key),
            versions: count(Table::Version),
            entries: self.log.len() as u64,
            revision: self.revision,
        }
    }

    /// The keys of the backup with their versions.
    pub(super) fn keys(&self) -> Result<Vec<(Key, Vec<Version>)>> {
        let mut keys = alloc::collections::BTreeMap::new();
        for row in self.of(Table::Key) {
            let key = Key::decode(&row.body)?;
            keys.insert(key.id, (key, Vec::new()));
        }
        for row in self.of(Table::Version) {
            let version = Version::decode(&row.body)?;
            keys.get_mut(&version.key).ok_or_else(malformed)?.1.push(version);
        }
        Ok(keys.into_values().collect())
    }

    pub(super) fn of(&self, table: Table) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.name.table == table)
    }

    fn verify(&self) -> Result<()> {
        let mut sum = [0; 32];
        for row in &self.rows {
            self.master.check_row(row)?;
            add(&mut sum, &self.master.summand(row));
        }
        let root = self.head.root.as_ref().map(|root| self.master.reveal(root));
        if Some(sum) != root || self.rows.len() as u64 != self.head.rows {
            return Err(Error::new(
                Kind::Corrupt,
                "the backup's rows are not those of its head; use another backup",
            ));
        }
        let page = |first: u64, limit: usize| {
            let start = self.log.len().min(usize::try_from(first - 1).unwrap_or(usize::MAX));
            Ok(self.log[start..].iter().take(limit).cloned().collect())
        };
        follow(&self.master, page, self.head.chain)?;
        for (key, versions) in self.keys()? {
            for version in versions {
                if !fits_check_value(&self.master, &key, &version)? {
                    return Err(Error::new(
                        Kind::Corrupt,
                        "a secret does not fit its check value; use another backup",
                    )
                    .about(format_args!("{}:{}", key.name, version.number)));
                }
            }
        }
        Ok(())
    }
}

/// Whether a version has the secret, or names the key inside a device, that its record was made for.
pub(super) fn fits_check_value(master: &Master, key: &Key, version: &Version) -> Result<bool> {
    let Some(material) = &version.material else { return Ok(true) };
    let expected = if key.protection == Protection::Hardware {
        Residence::decode(material)?.check_value(key.spec, version.public.as_ref())
    } else {
        check_value(key.spec, &master.unwrap_version((&key.id, version.number, key.spec), material)?)
    };
    Ok(expected == version.check_value)
}

fn first(fields: &[u8]) -> Result<(Master, Record, Revision)> {
    let mut from = Reader::new(fields);
    if from.bytes(1)? != MAGIC {
        return Err(malformed());
    }
    let secret = Secret::take(&mut from.array(2)?);
    let head =
        Head { revision: Revision(from.number(3)?), body: from.bytes(4)?.to_vec(), mac: from.array(5)? };
    from.finish()?;
    let record = Record::decode(&head)?;
    let master = Master::new(secret, record.store, record.epoch)?;
    master.check_head(&head)?;
    Ok((master, record, head.revision))
}

fn next(from: &mut impl Read) -> Result<(u8, Zeroizing<Vec<u8>>)> {
    let mut start = [0; 5];
    from.read_exact(&mut start)?;
    let [kind, len @ ..] = start;
    let len = u32::from_be_bytes(len);
    if len > MAX_RECORD {
        return Err(malformed());
    }
    let mut fields = Zeroizing::new(alloc::vec![0; len as usize]);
    from.read_exact(&mut fields)?;
    Ok((kind, fields))
}

fn encode_row(row: &Row) -> Vec<u8> {
    let mut out = Writer::default();
    out.bytes(1, &[row.name.table as u8]);
    out.bytes(2, &row.name.name);
    out.number(3, row.revision.0);
    out.bytes(4, &row.body);
    out.bytes(5, &row.mac);
    out.finish()
}

fn decode_row(fields: &[u8]) -> Result<Row> {
    let mut from = Reader::new(fields);
    let [table] = from.array(1)?;
    let table = Table::ALL.into_iter().find(|known| *known as u8 == table).ok_or_else(malformed)?;
    let row = Row {
        name: Name::new(table, from.bytes(2)?),
        revision: Revision(from.number(3)?),
        body: from.bytes(4)?.to_vec(),
        mac: from.array(5)?,
    };
    if from.finish()? { Err(malformed()) } else { Ok(row) }
}

fn encode_log_row(row: &LogRow) -> Vec<u8> {
    let mut out = Writer::default();
    out.number(1, row.sequence);
    out.bytes(2, &row.body);
    out.bytes(3, &row.mac);
    out.finish()
}

fn decode_log_row(fields: &[u8]) -> Result<LogRow> {
    let mut from = Reader::new(fields);
    let row = LogRow { sequence: from.number(1)?, body: from.bytes(2)?.to_vec(), mac: from.array(3)? };
    if from.finish()? { Err(malformed()) } else { Ok(row) }
}

fn malformed() -> Error {
    Error::new(Kind::Malformed, "this message holds no backup of a key store; name the right file")
}

impl fmt::Display for BackupReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} keys, {} versions, {} audit entries at revision {}",
            self.keys, self.versions, self.entries, self.revision.0
        )
    }
}
