//! Checks of the whole: every MAC, the sum in the head, the audit chain, and that records refer to what is there.
//!
//! Reads one snapshot of the store and writes nothing to it but the audit entry of the check.

mod inside;

use alloc::{boxed::Box, format, string::String, sync::Arc, vec::Vec};
use core::fmt::Display;

use super::{
    Kms,
    backup::fits_check_value,
    head::Record,
    inside::Devices,
    master::{Master, add},
    shared::Shared,
    tx::{alias_row, key_id, key_row, row_key, version_row},
};
use crate::{
    audit::{Chain, Entry},
    error::{Error, Kind, Result},
    key::{Key, KeyId, KeyName, KeyState, Number, Origin, Protection, Time, Version, VersionState},
    policy::Action,
    store::{LogRow, Name, Row, Store, Table, each_row},
};

/// What [`verify_audit`](Kms::verify_audit) found in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// The number of entries.
    pub entries: u64,
    /// The time of the last.
    pub last: Option<Time>,
}

/// What [`doctor`](Kms::doctor) found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The number of rows checked.
    pub rows: u64,
    /// The number of keys.
    pub keys: u64,
    /// The number of versions, whose secrets were unwrapped and compared with their check values.
    pub versions: u64,
    /// The number of audit entries.
    pub entries: u64,
    /// What is wrong, a sentence each; empty when all is well.
    pub findings: Vec<String>,
    /// What could not be checked or is not finished, a sentence each: devices that are not attached, keys left in them.
    pub warnings: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong; there may be warnings.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

const PAGE: usize = 512;
/// More findings than anybody reads.
const MOST: usize = 1000;

impl Kms {
    /// Audit entries from `first` on, their MACs verified, at most `limit`.
    ///
    /// # Errors
    /// [`Corrupt`](Kind::Corrupt) for an entry that was edited.
    pub fn audit(&self, first: u64, limit: usize) -> Result<Vec<Entry>> {
        self.shared.policy().check(&self.principal, Action::ReadAudit, None)?;
        let rows = self.shared.store.log(first, limit)?;
        let read =
            |row: &LogRow| self.shared.master.check_log_row(row).and_then(|()| Entry::decode(&row.body));
        rows.iter().map(read).collect()
    }

    /// Follows the audit chain from its first entry to the end that the head names.
    ///
    /// # Errors
    /// [`Corrupt`](Kind::Corrupt) where it was edited, or entries were removed or moved.
    pub fn verify_audit(&self) -> Result<AuditReport> {
        self.read(Action::ReadAudit, None, || {
            let view = self.shared.store.snapshot()?;
            let head = checked_head(&self.shared, &*view)?;
            follow(&self.shared.master, |first, limit| view.log(first, limit), head.chain)
        })
    }

    /// Checks everything that can be checked.
    ///
    /// # Errors
    /// Whatever the store returns, and [`RolledBack`](Kind::RolledBack); what is wrong inside is in the report.
    pub fn doctor(&self) -> Result<Report> {
        self.shared.policy().check(&self.principal, Action::Doctor, None)?;
        let report = Doctor::new(&self.shared, self.shared.store.snapshot()?)?.run()?;
        // A store that takes no entry is all the more worth the report.
        if let Err(error) = self.read(Action::Doctor, None, || Ok(())) {
            tracing::warn!(%error, "the check was not written to the audit log");
        }
        Ok(report)
    }
}

fn checked_head(shared: &Shared, view: &dyn Store) -> Result<Record> {
    let before = shared.witness();
    let head =
        view.head()?.ok_or(Error::new(Kind::Corrupt, "the store has lost its head; restore a backup"))?;
    shared.master.check_head(&head)?;
    super::Witness { store: shared.id, revision: head.revision, head: head.mac }.check_not_before(&before)?;
    Record::decode(&head)
}

/// Follows a chain, whose entries `log` gives by first sequence and number, to `end`, beyond which there must be nothing.
pub(super) fn follow(
    master: &Master,
    log: impl Fn(u64, usize) -> Result<Vec<LogRow>>,
    end: Chain,
) -> Result<AuditReport> {
    let (mut chain, mut last) = (Chain::default(), None);
    loop {
        let page = log(chain.sequence + 1, PAGE)?;
        for row in &page {
            master.check_log_row(row)?;
            let entry = Entry::decode(&row.body)?;
            chain.follow(&entry)?;
            last = Some(entry.event.time);
        }
        if page.is_empty() {
            break;
        }
    }
    if chain != end {
        return Err(Error::new(
            Kind::Corrupt,
            "the audit log does not end where the head says: entries were cut off or added",
        )
        .about(format_args!("entry {}", chain.sequence)));
    }
    Ok(AuditReport { entries: chain.sequence, last })
}

/// One check of one snapshot.
struct Doctor<'a> {
    master: &'a Master,
    devices: &'a Devices,
    view: Arc<dyn Store>,
    head: Record,
    revision: crate::store::Revision,
    report: Report,
}

impl<'a> Doctor<'a> {
    fn new(shared: &'a Shared, view: Box<dyn Store>) -> Result<Self> {
        let view: Arc<dyn Store> = Arc::from(view);
        let head = checked_head(shared, &*view)?;
        let revision = view.head()?.map_or_else(Default::default, |head| head.revision);
        let (master, devices) = (&shared.master, &shared.devices);
        Ok(Self { master, devices, view, head, revision, report: Report::default() })
    }

    fn run(mut self) -> Result<Report> {
        let mut sum = [0; 32];
        // The rows are read through another handle, since a finding changes this one.
        let view = Arc::clone(&self.view);
        for table in Table::ALL {
            each_row(&*view, table, &[], |row| {
                self.report.rows += 1;
                add(&mut sum, &self.master.summand(&row));
                self.row(&row)
            })?;
        }
        let root = self.head.root.as_ref().map(|root| self.master.reveal(root));
        if Some(sum) != root || self.report.rows != self.head.rows {
            let rows = self.report.rows;
            let expected = self.head.rows;
            self.find(format!("the rows are not those of the head ({rows} found, {expected} expected): rows were removed, added or put back; restore a backup"));
        }
        match follow(self.master, |first, limit| self.view.log(first, limit), self.head.chain) {
            Ok(report) => self.report.entries = report.entries,
            Err(error) => self.find(format!("audit log: {error}")),
        }
        Ok(self.report)
    }

    fn find(&mut self, finding: String) {
        if self.report.findings.len() < MOST {
            self.report.findings.push(finding);
        }
    }

    fn warn(&mut self, warning: String) {
        if self.report.warnings.len() < MOST {
            self.report.warnings.push(warning);
        }
    }

    fn demand(&mut self, holds: bool, what: impl Display, finding: &str) {
        if !holds {
            self.find(format!("{what}: {finding}"));
        }
    }

    fn row(&mut self, row: &Row) -> Result<()> {
        let what = format!("row {:?} {}", row.name.table, hex(&row.name.name));
        if self.master.check_row(row).is_err() {
            self.find(format!("{what}: edited, moved or damaged"));
            return Ok(());
        }
        self.demand(row.revision <= self.revision, &what, "written after the head");
        let checked = match row.name.table {
            Table::Key => self.key(row),
            Table::Version => self.version(row),
            Table::Alias => self.alias(row),
            Table::Usage => self.belongs(row, &what),
            Table::Import => self.permit(row, &what),
            Table::Identifier => self.identifier(row, &what),
            Table::Meta => self.meta(row),
        };
        match checked {
            Err(error) if matches!(error.kind(), Kind::Malformed | Kind::Corrupt | Kind::Invalid) => {
                self.find(format!("{what}: {error}"));
                Ok(())
            }
            other => other,
        }
    }

    fn key(&mut self, row: &Row) -> Result<()> {
        self.report.keys += 1;
        let key = Key::decode(&row.body)?;
        self.demand(row.name == key_row(&key.id), &key.name, "its record is under another name");
        for name in key.aliases.iter().chain([&key.name]) {
            let points = self.view.read(&alias_row(name))?.is_some_and(|row| row.body == key.id.as_bytes());
            self.demand(points, &key.name, "a name of it does not point to it");
        }
        let needs_primary = key.state == KeyState::Enabled && key.origin == Origin::Generated;
        if key.primary.is_none() && needs_primary && key.protection == Protection::Hardware {
            self.warn(format!(
                "{}: restored without a version for new data; attach its device and run `miyao maintain`",
                key.name
            ));
        } else {
            let has_primary = key.primary.is_some() || !needs_primary;
            self.demand(has_primary, &key.name, "it is enabled without a primary");
        }
        self.demand(key.primary <= key.newest, &key.name, "its primary is newer than its newest version");
        if let Some(number) = key.primary
            && key.state != KeyState::Destroyed
        {
            let version = self.view.read(&version_row(&key.id, number))?;
            self.demand(version.is_some(), &key.name, "its primary version is missing");
        }
        Ok(())
    }

    fn version(&mut self, row: &Row) -> Result<()> {
        self.report.versions += 1;
        let version = Version::decode(&row.body)?;
        let what = format!("{}:{}", version.key, version.number);
        self.demand(
            row.name == version_row(&version.key, version.number),
            &what,
            "its record is under another name",
        );
        let Some(key) = self.view.read(&key_row(&version.key))? else {
            self.find(format!("{what}: an orphan, its key is missing"));
            return Ok(());
        };
        let key = Key::decode(&key.body)?;
        self.demand(Some(version.number) <= key.newest, &what, "newer than the key's newest version");
        let is_primary = key.primary == Some(version.number);
        self.demand(
            version.state != VersionState::Active || is_primary,
            &what,
            "active, but not the primary",
        );
        match &version.material {
            None => self.demand(version.state.is_destroyed(), &what, "its secret is missing"),
            Some(material) if key.protection == Protection::Hardware => {
                self.resident(&key, &version, material)?;
            }
            Some(_) => {
                let fits = fits_check_value(self.master, &key, &version)?;
                self.demand(fits, &what, "its secret does not fit its check value");
            }
        }
        Ok(())
    }

    fn alias(&mut self, row: &Row) -> Result<()> {
        let name = core::str::from_utf8(&row.name.name).ok().and_then(|text| KeyName::parse(text).ok());
        let Some(name) = name else { return Err(crate::field::malformed()) };
        let id = key_id(&row.body)?;
        let Some(key) = self.view.read(&key_row(&id))? else {
            self.find(format!("name {name}: it points to a key that is missing"));
            return Ok(());
        };
        let key = Key::decode(&key.body)?;
        self.demand(
            key.name == name || key.aliases.contains(&name),
            &name,
            "the key does not know this name of it",
        );
        Ok(())
    }

    /// A row named by a version belongs to one.
    fn belongs(&mut self, row: &Row, what: &str) -> Result<()> {
        let version = Name::new(Table::Version, row.name.name.clone());
        let there = self.view.read(&version)?.is_some();
        self.demand(there, what, "an orphan, its version is missing");
        Ok(())
    }

    fn permit(&mut self, row: &Row, what: &str) -> Result<()> {
        let permit = super::import::Permit::decode(&row.body)?;
        let there = self.view.read(&key_row(&permit.key))?.is_some();
        self.demand(there, what, "an orphan, its key is missing");
        Ok(())
    }

    fn identifier(&mut self, row: &Row, what: &str) -> Result<()> {
        let number = row.body.last_chunk().and_then(|number| Number::new(u32::from_be_bytes(*number)));
        let version = match (row_key(&row.body), number) {
            (Some(key), Some(number)) => self.version_of(&key, number)?,
            _ => None,
        };
        let fits = version.and_then(|version| version.public).is_some_and(|public| {
            crate::algo::sm2::PublicKey::from_bytes(&public)
                .is_ok_and(|public| public.key_identifier()[..] == row.name.name)
        });
        self.demand(fits, what, "it points to no version with this public half");
        Ok(())
    }

    fn version_of(&self, key: &KeyId, number: Number) -> Result<Option<Version>> {
        self.view.read(&version_row(key, number))?.map(|row| Version::decode(&row.body)).transpose()
    }
}

fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
