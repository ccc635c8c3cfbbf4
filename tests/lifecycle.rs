//! The life of a key: the tables of `docs/lifecycle.md` against the code, then random histories against a model that
//! knows nothing but those tables.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "a test has std")]

use std::{collections::BTreeMap, fmt::Debug};

use miyao::key::{
    Access, Key, KeyEvent, KeyId, KeyName, KeyState, NewKey, Number, Operation, Origin, Span, Spec, Time,
    Usage, Version, VersionEvent, VersionState,
};
use proptest::prelude::*;

const DOCUMENT: &str = include_str!("../docs/lifecycle.md");

const KEY_EVENTS: [KeyEvent; 6] = {
    use KeyEvent as E;
    [E::Import, E::Disable, E::Enable, E::ScheduleDestroy, E::CancelDestroy, E::Destroy]
};
const VERSION_EVENTS: [VersionEvent; 8] = {
    use VersionEvent as E;
    [
        E::Activate,
        E::Deactivate,
        E::Suspend,
        E::Resume,
        E::Compromise,
        E::ScheduleDestroy,
        E::CancelDestroy,
        E::Destroy,
    ]
};
/// Does not compile once there is an event that the lists above lack.
const fn are_listed(key: KeyEvent, version: VersionEvent) {
    use {KeyEvent as K, VersionEvent as V};
    match key {
        K::Import | K::Disable | K::Enable | K::ScheduleDestroy | K::CancelDestroy | K::Destroy => {}
    }
    match version {
        V::Activate | V::Deactivate | V::Suspend | V::Resume | V::Compromise => {}
        V::ScheduleDestroy | V::CancelDestroy | V::Destroy => {}
    }
}
const OPERATIONS: [Operation; 4] =
    [Operation::Protect, Operation::Open, Operation::Verify, Operation::Rewrap];

/// One table of the document: (row, column) → cell, without the cells that say no.
struct Table {
    rows: Vec<String>,
    columns: Vec<String>,
    cells: BTreeMap<(String, String), String>,
}

impl Table {
    /// The table whose heading line starts so.
    fn read(document: &str, heading: &str) -> Self {
        let lines = document.lines().skip_while(|line| !line.starts_with(heading));
        let mut lines = lines.take_while(|line| line.starts_with('|')).map(|line| {
            line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned())
        });
        let columns: Vec<String> =
            lines.next().unwrap_or_else(|| panic!("no table {heading}")).skip(1).collect();
        let (mut rows, mut cells) = (Vec::new(), BTreeMap::new());
        for mut line in lines.skip(1) {
            let row = line.next().expect("a first cell");
            let found: Vec<_> = line.collect();
            assert_eq!(found.len(), columns.len(), "the row {row} has as many cells as the heading");
            let named = columns.iter().zip(found).filter(|(_, cell)| cell != "–");
            cells.extend(named.map(|(column, cell)| ((row.clone(), column.clone()), cell)));
            rows.push(row);
        }
        Self { rows, columns, cells }
    }

    fn cell(&self, row: &str, column: impl Debug) -> Option<&str> {
        self.cells.get(&(row.to_owned(), format!("{column:?}"))).map(String::as_str)
    }

    /// Every pair of `rows` and `columns`, in the document's order, gives what `code` gives.
    fn equals<R: Debug + Copy, C: Debug + Copy>(
        &self,
        rows: &[R],
        columns: &[C],
        code: impl Fn(R, C) -> Option<String>,
    ) -> Result<(), String> {
        let names = |of: Vec<String>, found: &[String]| (of == found).then_some(()).ok_or(format!("{of:?}"));
        names(rows.iter().map(|row| format!("{row:?}")).collect(), &self.rows)?;
        names(columns.iter().map(|column| format!("{column:?}")).collect(), &self.columns)?;
        for row in rows {
            for column in columns {
                let (written, done) = (self.cell(&format!("{row:?}"), column), code(*row, *column));
                if written != done.as_deref() {
                    return Err(format!(
                        "{row:?} × {column:?}: the table says {written:?}, the code {done:?}"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The four tables.
struct Tables {
    keys: Table,
    versions: Table,
    key_access: Table,
    version_access: Table,
}

impl Tables {
    fn read(document: &str) -> Self {
        Self {
            keys: Table::read(document, r"| key is \ event |"),
            versions: Table::read(document, r"| version is \ event |"),
            key_access: Table::read(document, "| key is | `Protect`"),
            version_access: Table::read(document, "| version is | `Protect`"),
        }
    }

    fn equal_the_code(&self) -> Result<(), String> {
        let named = |access: Access| (access != Access::No).then(|| format!("{access:?}"));
        let (states, versions) = (&KeyState::ALL, &VersionState::ALL);
        self.keys.equals(states, &KEY_EVENTS, |state, event| {
            state.after(event).ok().map(|after| format!("{after:?}"))
        })?;
        self.versions.equals(versions, &VERSION_EVENTS, |state, event| {
            state.after(event).ok().map(|after| format!("{after:?}"))
        })?;
        self.key_access.equals(states, &OPERATIONS, |state, operation| named(state.access(operation)))?;
        self.version_access.equals(versions, &OPERATIONS, |state, operation| named(state.access(operation)))
    }
}

#[test]
fn the_tables_of_the_document_are_the_code() {
    are_listed(KEY_EVENTS[0], VERSION_EVENTS[0]);
    assert_eq!(Tables::read(DOCUMENT).equal_the_code(), Ok(()));
}

#[test]
fn a_table_that_differs_in_one_cell_is_noticed() {
    for (cell, other) in [
        ("| `Disabled` | – | – | `Enabled` |", "| `Disabled` | – | – | – |"),
        (
            "| `DestroyScheduled` | – | – | – | – | `Disabled`",
            "| `DestroyScheduled` | – | – | – | – | `Enabled`",
        ),
        ("| `Suspended` | – | – | – | `Deactivated` |", "| `Suspended` | – | – | – | `Active` |"),
        ("| `Suspended` | – | `Tripwire` | `Yes` |", "| `Suspended` | – | `Yes` | `Yes` |"),
        ("| `Disabled` | – | – | `Yes` | – |", "| `Disabled` | – | – | `Yes` | `Yes` |"),
    ] {
        let altered = DOCUMENT.replace(cell, other);
        assert_ne!(altered, DOCUMENT, "{cell}");
        assert!(Tables::read(&altered).equal_the_code().is_err(), "{cell} → {other}");
    }
}

/// A step of a history. A version is chosen among those there are, by `usize` modulo their number.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Makes the next version, not yet primary: a rotation that a crash cut short.
    Stage,
    /// Makes the newest staged version primary, or a fresh one.
    Rotate,
    /// An event of the key.
    Key(KeyEvent),
    /// An event of a version, the primary of an enabled key being succeeded first (L13).
    Version(usize, VersionEvent),
    /// Time passes, then every destruction that is due is sighted.
    Maintain { days: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use {KeyEvent as K, VersionEvent as V};
    let key = prop::sample::select(vec![K::Disable, K::Enable, K::ScheduleDestroy, K::CancelDestroy]);
    let version = prop::sample::select(vec![
        V::Suspend,
        V::Resume,
        V::Compromise,
        V::ScheduleDestroy,
        V::CancelDestroy,
        V::Deactivate,
    ]);
    let step = prop_oneof![
        2 => Just(Step::Stage),
        4 => Just(Step::Rotate),
        4 => key.prop_map(Step::Key),
        10 => (any::<prop::sample::Index>(), version)
            .prop_map(|(index, event)| Step::Version(index.index(1 << 20), event)),
        3 => (0..40u64).prop_map(|days| Step::Maintain { days }),
    ];
    prop::collection::vec(step, 1..80)
}

/// What the documents say of one version.
struct Modelled {
    state: String,
    destroy_at: Option<u64>,
    seen: Option<u64>,
}

/// The reference: states as the document's words, moved by the document's tables alone. Time is in days.
struct Model<'a> {
    tables: &'a Tables,
    key: String,
    imported: bool,
    primary: Option<usize>,
    /// Version n stands at n − 1.
    versions: Vec<Modelled>,
    destroy_at: Option<u64>,
    seen: Option<u64>,
    day: u64,
}

const WAIT: u64 = 30;

impl Model<'_> {
    fn may_rotate(&self) -> bool {
        self.key == "Enabled" || self.key == "PendingImport"
    }

    fn stage(&mut self) -> bool {
        let may = self.may_rotate();
        if may {
            self.versions.push(Modelled { state: "PreActive".into(), destroy_at: None, seen: None });
        }
        may
    }

    /// The newest version, if it is staged; otherwise a fresh one.
    fn rotate(&mut self) -> bool {
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

    fn key_event(&mut self, event: KeyEvent) -> bool {
        let Some(state) = self.tables.keys.cell(&self.key, event) else { return false };
        self.destroy_at = (event == KeyEvent::ScheduleDestroy).then_some(self.day + WAIT);
        self.seen = None;
        self.key = state.to_owned();
        true
    }

    fn version_event(&mut self, index: usize, event: VersionEvent) -> bool {
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

    fn maintain(&mut self, days: u64) {
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

/// The code under test, driven as the key-management service drives it.
struct Real {
    key: Key,
    versions: Vec<Version>,
    now: Time,
}

impl Real {
    fn new(spec: Spec, origin: Origin) -> Self {
        let name = KeyName::parse("history").expect("a name");
        let new = NewKey { origin, ..NewKey::new(name, spec) };
        let now = Time(1_800_000_000_000);
        let key = Key::new(KeyId::from_bytes([7; 16]), new, now).expect("a key");
        Self { key, versions: Vec::new(), now }
    }

    fn imports(&self) -> bool {
        self.key.origin == Origin::Imported
    }

    fn stage(&mut self) -> bool {
        if self.key.check_can_rotate(self.imports()).is_err() {
            return false;
        }
        let number = self.key.next_number().expect("a number");
        let mut version = Version::staged(self.key.id, number, self.now);
        version.material = Some(vec![1]);
        self.key.newest = Some(number);
        self.versions.push(version);
        true
    }

    fn rotate(&mut self) -> bool {
        let staged = self.versions.last().is_some_and(|last| {
            Some(last.number) > self.key.primary && last.state == VersionState::PreActive
        });
        if self.key.check_can_rotate(self.imports()).is_err() || (!staged && !self.stage()) {
            return false;
        }
        let (next, before) = self.versions.split_last_mut().expect("a version");
        let former = before.iter_mut().find(|version| Some(version.number) == self.key.primary);
        self.key.activate(former, next, self.now).expect("an activation");
        true
    }

    fn version_event(&mut self, index: usize, event: VersionEvent) -> bool {
        let stops =
            matches!(event, VersionEvent::Suspend | VersionEvent::Compromise | VersionEvent::Deactivate);
        let number = self.versions[index].number;
        if stops && self.key.state == KeyState::Enabled && self.key.primary == Some(number) {
            let replaced = match self.key.origin {
                Origin::Imported => self.key.apply(KeyEvent::Disable, self.now, None).is_ok(),
                Origin::Generated => self.rotate(),
            };
            assert!(replaced);
            if event == VersionEvent::Deactivate && self.versions[index].state == VersionState::Deactivated {
                return true;
            }
        }
        self.key.apply_to(&mut self.versions[index], event, self.now, None).is_ok()
    }

    fn maintain(&mut self, days: u64) {
        self.now = self.now.plus(Span::days(days));
        for version in &mut self.versions {
            self.key.sight_destroy_version(version, self.now).expect("a sighting");
        }
        self.key.sight_destroy(&mut self.versions, self.now).expect("a sighting");
    }
}

/// Runs a step on both; says whether each allowed it.
fn step(real: &mut Real, model: &mut Model<'_>, step: Step) -> (bool, bool) {
    match step {
        Step::Stage => (real.stage(), model.stage()),
        Step::Rotate => (real.rotate(), model.rotate()),
        Step::Key(event) => (real.key.apply(event, real.now, None).is_ok(), model.key_event(event)),
        Step::Version(index, event) => match index.checked_rem(real.versions.len()) {
            Some(index) => (real.version_event(index, event), model.version_event(index, event)),
            None => (false, false),
        },
        Step::Maintain { days } => {
            real.maintain(days);
            model.maintain(days);
            (true, true)
        }
    }
}

fn same(real: &Real, model: &Model<'_>) {
    assert_eq!(format!("{:?}", real.key.state), model.key);
    assert_eq!(real.key.primary.map(|number| number.get() as usize - 1), model.primary);
    let states: Vec<_> = real.versions.iter().map(|version| format!("{:?}", version.state)).collect();
    let expected: Vec<_> = model.versions.iter().map(|version| version.state.clone()).collect();
    assert_eq!(states, expected);
}

fn invariants_hold(real: &Real) {
    // L10: numbers count from 1 without a gap, so none was handed out twice.
    let numbers: Vec<_> = real.versions.iter().map(|version| version.number.get()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>());
    assert_eq!(real.key.newest.map_or(0, Number::get) as usize, numbers.len());
    // L54: material is brought exactly to the keys whose owners bring it.
    assert!(real.key.check_can_rotate(!real.imports()).is_err());
    // L11: one primary while enabled, and nothing else is active.
    let active = |version: &&Version| version.state == VersionState::Active;
    assert!(real.versions.iter().filter(active).all(|version| Some(version.number) == real.key.primary));
    assert!(real.versions.iter().filter(active).count() <= 1);
    assert!(real.key.state != KeyState::Enabled || real.key.primary.is_some());
    for version in &real.versions {
        // L33: destroyed material is gone, and no other is.
        assert_eq!(version.material.is_none(), version.state.is_destroyed(), "{version:?}");
        assert_eq!(version.destroyed.is_some(), version.state.is_destroyed());
        let waits = matches!(
            version.state,
            VersionState::DestroyScheduled | VersionState::DestroyScheduledCompromised
        );
        assert_eq!(version.destroy_at.is_some(), waits);
        assert_eq!(version.compromised.is_some(), version.state.is_compromised());
    }
    assert_eq!(real.key.destroy_at.is_some(), real.key.state == KeyState::DestroyScheduled);
    // What is stored is what is read back.
    assert_eq!(Key::decode(&real.key.encode().expect("bytes")).expect("a key"), real.key);
    for version in &real.versions {
        assert_eq!(&Version::decode(&version.encode().expect("bytes")).expect("a version"), version);
    }
}

/// L20, L21: a permission is granted exactly when both tables say so and the key is for that purpose.
fn permissions_follow_the_tables(real: &Real, model: &Model<'_>) {
    let Real { key, versions, now } = real;
    let used = Usage::default();
    for (version, modelled) in versions.iter().zip(&model.versions) {
        let allows = |operation: Operation, recovers: bool| {
            let of_key = model.tables.key_access.cell(&model.key, operation);
            let of_version = model.tables.version_access.cell(&modelled.state, operation);
            of_key == Some("Yes")
                && (of_version == Some("Yes") || (recovers && of_version == Some("Recover")))
        };
        let is = |specs: &[Spec]| specs.contains(&key.spec);
        let (protects, opens, verifies) = (
            allows(Operation::Protect, false),
            allows(Operation::Open, false),
            allows(Operation::Verify, false),
        );
        for (granted, expected) in [
            (key.sealing(version, used, *now).is_ok(), protects && is(&[Spec::Sm4])),
            (key.signing(version, used, *now).is_ok(), protects && is(&[Spec::Sm2Sign])),
            (key.macing(version, used, *now).is_ok(), protects && is(&[Spec::HmacSm3])),
            (key.enciphering(version, *now).is_ok(), protects && is(&[Spec::Sm2Encrypt])),
            (key.exporting(version).is_ok(), opens),
            (key.opening(version, *now).is_ok(), opens && is(&[Spec::Sm4, Spec::Sm2Encrypt])),
            (key.verifying(version).is_ok(), verifies && is(&[Spec::Sm2Sign, Spec::HmacSm3])),
            (
                key.rewrapping(version).is_ok(),
                allows(Operation::Rewrap, false) && is(&[Spec::Sm4, Spec::Sm2Encrypt]),
            ),
            (
                key.recovering(version).is_ok(),
                allows(Operation::Open, true) && is(&[Spec::Sm4, Spec::Sm2Encrypt]),
            ),
        ] {
            assert_eq!(granted, expected, "{} and {version:?}", model.key);
        }
        let trips = model.tables.key_access.cell(&model.key, Operation::Open) == Some("Tripwire")
            || model.tables.version_access.cell(&modelled.state, Operation::Open) == Some("Tripwire");
        assert_eq!(key.has_tripwire(version), trips);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_is_what_the_tables_make_of_it(
        spec in prop::sample::select(Spec::ALL.to_vec()),
        imported in any::<bool>(),
        history in steps(),
    ) {
        let tables = Tables::read(DOCUMENT);
        // Only sm4 keys take imported material.
        let (spec, origin) = if imported { (Spec::Sm4, Origin::Imported) } else { (spec, Origin::Generated) };
        let mut real = Real::new(spec, origin);
        let mut model = Model {
            tables: &tables,
            key: "PendingImport".into(),
            imported,
            primary: None,
            versions: Vec::new(),
            destroy_at: None,
            seen: None,
            day: 0,
        };
        for each in history {
            let (done, expected) = step(&mut real, &mut model, each);
            prop_assert_eq!(done, expected, "{:?}", each);
            same(&real, &model);
            invariants_hold(&real);
            permissions_follow_the_tables(&real, &model);
        }
    }
}

#[test]
fn deletion_protection_stops_every_schedule() {
    let mut real = Real::new(Spec::Sm4, Origin::Generated);
    assert!(real.rotate() && real.rotate());
    real.key.deletion_protection = true;
    assert!(!real.version_event(0, VersionEvent::ScheduleDestroy));
    assert!(real.key.apply(KeyEvent::Disable, real.now, None).is_ok());
    assert!(real.key.apply(KeyEvent::ScheduleDestroy, real.now, None).is_err());
    real.key.deletion_protection = false;
    assert!(real.key.apply(KeyEvent::ScheduleDestroy, real.now, None).is_ok());
}

#[test]
fn a_wait_is_7_to_366_days_and_an_event_starts_the_sightings_anew() {
    for (days, allowed) in [(0, false), (6, false), (7, true), (366, true), (367, false)] {
        let mut real = Real::new(Spec::Sm4, Origin::Generated);
        assert!(real.rotate() && real.key.apply(KeyEvent::Disable, real.now, None).is_ok());
        let done = real.key.apply(KeyEvent::ScheduleDestroy, real.now, Some(Span::days(days)));
        assert_eq!(done.is_ok(), allowed, "{days} days");
        assert_eq!(real.key.state == KeyState::DestroyScheduled, allowed);
    }
    let mut real = Real::new(Spec::Sm4, Origin::Generated);
    assert!(real.rotate() && real.key.apply(KeyEvent::Disable, real.now, None).is_ok());
    assert!(real.key.apply(KeyEvent::ScheduleDestroy, real.now, None).is_ok());
    real.maintain(30);
    assert!(real.key.due_seen.is_some(), "sighted once");
    assert!(real.key.apply(KeyEvent::CancelDestroy, real.now, None).is_ok());
    assert!(real.key.apply(KeyEvent::ScheduleDestroy, real.now, None).is_ok());
    real.maintain(29);
    assert_eq!(real.key.state, KeyState::DestroyScheduled);
    real.maintain(1);
    real.now = real.now.plus(Span(Span::DAY.0 - 1));
    real.maintain(0);
    assert_eq!(real.key.state, KeyState::DestroyScheduled, "a millisecond short of a day");
    real.now = real.now.plus(Span(1));
    real.maintain(0);
    assert_eq!(real.key.state, KeyState::Destroyed);
}

#[test]
fn limits_refuse_past_the_whole_and_rotate_at_half() {
    let mut real = Real::new(Spec::Sm4, Origin::Generated);
    assert!(real.rotate());
    real.key.limits.messages = Some(10);
    real.key.limits.originator_period = Some(Span::days(10));
    real.key.limits.recipient_period = Some(Span::days(20));
    let at = |days| real.now.plus(Span::days(days));
    let (version, used) = (&real.versions[0], |messages| Usage { messages, bytes: 0 });
    assert!(real.key.sealing(version, used(10), at(9)).is_ok());
    for (messages, days) in [(11, 0), (0, 10)] {
        let refused = real.key.sealing(version, used(messages), at(days)).expect_err("past the limit");
        assert_eq!(refused.kind(), miyao::Kind::Exhausted);
    }
    assert!(real.key.opening(version, at(19)).is_ok());
    assert!(real.key.opening(version, at(20)).is_err());
    assert!(!real.key.past_soft_limit(version, used(4), at(4)));
    assert!(real.key.past_soft_limit(version, used(5), at(0)));
    assert!(real.key.past_soft_limit(version, used(0), at(5)));
}
