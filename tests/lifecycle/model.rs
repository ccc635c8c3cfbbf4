//! The reference: a key as the documents tell of it.
//!
//! Knows nothing of the code but the names of its events.

use miyao::key::{KeyEvent, VersionEvent};

use super::tables::Tables;

/// What the documents say of one version.
pub(crate) struct Modelled {
    pub(crate) state: String,
    destroy_at: Option<u64>,
    seen: Option<u64>,
}

/// The reference: states as the document's words, moved by the document's tables alone. Time is in days.
pub(crate) struct Model<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) key: String,
    imported: bool,
    pub(crate) primary: Option<usize>,
    /// Version n stands at n − 1.
    pub(crate) versions: Vec<Modelled>,
    destroy_at: Option<u64>,
    seen: Option<u64>,
    day: u64,
}

const WAIT: u64 = 30;

impl<'a> Model<'a> {
    /// A key that has no version yet.
    pub(crate) fn new(tables: &'a Tables, imported: bool) -> Self {
        Self {
            tables,
            key: "PendingImport".into(),
            imported,
            primary: None,
            versions: Vec::new(),
            destroy_at: None,
            seen: None,
            day: 0,
        }
    }

    fn may_rotate(&self) -> bool {
        self.key == "Enabled" || self.key == "PendingImport"
    }

    pub(crate) fn stage(&mut self) -> bool {
        let may = self.may_rotate();
        if may {
            self.versions.push(Modelled { state: "PreActive".into(), destroy_at: None, seen: None });
        }
        may
    }

    /// The newest version, if it is staged; otherwise a fresh one.
    pub(crate) fn rotate(&mut self) -> bool {
        let next = self.versions.len().checked_sub(1).filter(|last| {
            self.primary.is_none_or(|primary| primary < *last) && self.versions[*last].state == "PreActive"
        });
        if !self.may_rotate() || (next.is_none() && !self.stage()) {
            return false;
        }
        let next = next.unwrap_or(self.versions.len() - 1);
        if let Some(primary) = self.primary
            && self.versions[primary].state == "Active"
        {
            assert!(self.move_version(primary, VersionEvent::Deactivate));
        }
        assert!(self.move_version(next, VersionEvent::Activate));
        if self.key == "PendingImport" {
            self.key = self.tables.keys.cell(&self.key, KeyEvent::Import).expect("a line").to_owned();
        }
        self.primary = Some(next);
        true
    }

    fn move_version(&mut self, index: usize, event: VersionEvent) -> bool {
        let version = &mut self.versions[index];
        let Some(state) = self.tables.versions.cell(&version.state, event) else { return false };
        let still_due = event == VersionEvent::Compromise && version.destroy_at.is_some();
        version.destroy_at = match event {
            VersionEvent::ScheduleDestroy => Some(self.day + WAIT),
            _ => version.destroy_at.filter(|_| still_due && state.starts_with("DestroyScheduled")),
        };
        version.seen = None;
        version.state = state.to_owned();
        true
    }

    pub(crate) fn key_event(&mut self, event: KeyEvent) -> bool {
        let Some(state) = self.tables.keys.cell(&self.key, event) else { return false };
        self.destroy_at = (event == KeyEvent::ScheduleDestroy).then_some(self.day + WAIT);
        self.seen = None;
        self.key = state.to_owned();
        true
    }

    pub(crate) fn version_event(&mut self, index: usize, event: VersionEvent) -> bool {
        let stops =
            matches!(event, VersionEvent::Suspend | VersionEvent::Compromise | VersionEvent::Deactivate);
        if stops && self.key == "Enabled" && self.primary == Some(index) {
            let replaced = if self.imported { self.key_event(KeyEvent::Disable) } else { self.rotate() };
            assert!(replaced);
            if event == VersionEvent::Deactivate && self.versions[index].state == "Deactivated" {
                return true;
            }
        }
        self.move_version(index, event)
    }

    pub(crate) fn maintain(&mut self, days: u64) {
        self.day += days;
        let day = self.day;
        for version in &mut self.versions {
            if sighted_twice(version.destroy_at, &mut version.seen, day) {
                let after = self.tables.versions.cell(&version.state, VersionEvent::Destroy);
                *version = Modelled { state: after.expect("a line").into(), destroy_at: None, seen: None };
            }
        }
        if sighted_twice(self.destroy_at, &mut self.seen, day) {
            assert!(self.key_event(KeyEvent::Destroy));
            self.primary = None;
            for version in self.versions.iter_mut().filter(|version| !version.state.starts_with("Destroyed"))
            {
                let compromised = version.state.ends_with("Compromised");
                let state = if compromised { "DestroyedCompromised" } else { "Destroyed" };
                *version = Modelled { state: state.into(), destroy_at: None, seen: None };
            }
        }
    }
}

fn sighted_twice(at: Option<u64>, seen: &mut Option<u64>, day: u64) -> bool {
    if at.is_none_or(|at| day < at) {
        return false;
    }
    let twice = seen.is_some_and(|seen| day > seen);
    seen.get_or_insert(day);
    twice
}
