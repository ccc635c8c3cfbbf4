//! The four tables of `docs/lifecycle.md`, read from its text, and compared with the code cell by cell.

use std::{collections::BTreeMap, fmt::Debug};

use miyao::key::{Access, KeyEvent, KeyState, Operation, VersionEvent, VersionState};

pub(crate) const DOCUMENT: &str = include_str!("../../docs/lifecycle.md");

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
pub(crate) struct Table {
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

    pub(crate) fn cell(&self, row: &str, column: impl Debug) -> Option<&str> {
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
pub(crate) struct Tables {
    pub(crate) keys: Table,
    pub(crate) versions: Table,
    pub(crate) key_access: Table,
    pub(crate) version_access: Table,
}

impl Tables {
    pub(crate) fn read(document: &str) -> Self {
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
