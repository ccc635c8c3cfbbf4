//! The statements: what is read and written, and how a cell becomes a value. Knows SQL's side only.

use alloc::{vec, vec::Vec};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::super::{Change, Changes, FEED, Head, LogRow, NAME_LIMIT, Name, Revision, Row, Table, Write};

const HEAD: &str = "SELECT revision, body, mac FROM head";
const READ: &str = "SELECT name, revision, body, mac FROM rows WHERE kind = ?1 AND name = ?2";
/// One range of the primary key, so that a page costs the same wherever it stands.
const SCAN: &str = "SELECT name, revision, body, mac FROM rows
    WHERE kind = ?1 AND name >= ?2 AND name < ?3 ORDER BY name LIMIT ?4";
const LOG: &str = "SELECT sequence, body, mac FROM log WHERE sequence >= ?1 ORDER BY sequence LIMIT ?2";
/// One statement sees one state, however many commits happen meanwhile.
const CHANGES: &str = "SELECT DISTINCT head.revision, feed.kind, feed.name
    FROM head LEFT JOIN feed ON feed.revision > ?1 AND head.revision - ?1 BETWEEN 1 AND ?2
    ORDER BY feed.kind, feed.name";
const ENDS: &str =
    "SELECT coalesce((SELECT revision FROM head), 0), coalesce((SELECT max(sequence) FROM log), 0)";

/// Prepares every statement that reads, which fails when the tables are not as this release knows them.
pub(super) fn probe(connection: &Connection) -> rusqlite::Result<()> {
    [HEAD, READ, SCAN, LOG, CHANGES].into_iter().try_for_each(|sql| connection.prepare_cached(sql).map(drop))
}

pub(super) fn head(connection: &Connection) -> rusqlite::Result<Option<Head>> {
    let read = |found: &rusqlite::Row<'_>| {
        Ok(Head { revision: Revision(number(found, 0)?), body: found.get(1)?, mac: found.get(2)? })
    };
    connection.prepare_cached(HEAD)?.query_row([], read).optional()
}

pub(super) fn read(connection: &Connection, name: &Name) -> rusqlite::Result<Option<Row>> {
    connection
        .prepare_cached(READ)?
        .query_row(params![name.table as u8, name.name], |found| row(name.table, found))
        .optional()
}

pub(super) fn scan(
    connection: &Connection,
    table: Table,
    prefix: &[u8],
    after: Option<&[u8]>,
    limit: usize,
) -> rusqlite::Result<Vec<Row>> {
    let start = match after {
        // The first name after `after`.
        Some(after) if after >= prefix => [after, &[0]].concat(),
        _ => prefix.to_vec(),
    };
    let bounds = params![table as u8, start, end_of(prefix), cell(limit as u64)];
    connection.prepare_cached(SCAN)?.query_map(bounds, |found| row(table, found))?.collect()
}

pub(super) fn log(connection: &Connection, first: u64, limit: usize) -> rusqlite::Result<Vec<LogRow>> {
    let read = |found: &rusqlite::Row<'_>| {
        Ok(LogRow { sequence: number(found, 0)?, body: found.get(1)?, mac: found.get(2)? })
    };
    connection.prepare_cached(LOG)?.query_map(params![cell(first), cell(limit as u64)], read)?.collect()
}

/// The revision is read from the head and not guessed from `data_version`, which is silent about one's own commits.
pub(super) fn changes(connection: &Connection, since: Revision) -> rusqlite::Result<Changes> {
    let mut query = connection.prepare_cached(CHANGES)?;
    let mut found = query.query(params![cell(since.0), cell(FEED)])?;
    let (mut now, mut names) = (Revision(0), Vec::new());
    while let Some(row) = found.next()? {
        now = Revision(number(row, 0)?);
        let Some(kind) = row.get::<_, Option<i64>>(1)? else { break };
        match Table::ALL.into_iter().find(|table| *table as i64 == kind) {
            Some(table) => names.push(Name::new(table, row.get::<_, Vec<u8>>(2)?)),
            // A newer release has more kinds of rows; whoever does not know them looks at everything again.
            None => return Ok(Changes::All(now)),
        }
    }
    if since > now || now.0 - since.0 > FEED { Ok(Changes::All(now)) } else { Ok(Changes::Rows(now, names)) }
}

/// The revision and the last sequence number of the log.
pub(super) fn ends(connection: &Connection) -> rusqlite::Result<(Revision, u64)> {
    connection
        .prepare_cached(ENDS)?
        .query_row([], |found| Ok((Revision(number(found, 0)?), number(found, 1)?)))
}

pub(super) fn apply(transaction: &Transaction<'_>, change: &Change) -> rusqlite::Result<()> {
    let head = change.head();
    let revision = cell(head.revision.0);
    transaction
        .prepare_cached("INSERT OR REPLACE INTO head (id, revision, body, mac) VALUES (1, ?1, ?2, ?3)")?
        .execute(params![revision, head.body, head.mac])?;
    let mut feed = transaction
        .prepare_cached("INSERT OR IGNORE INTO feed (revision, kind, name) VALUES (?1, ?2, ?3)")?;
    for write in change.writes() {
        apply_write(transaction, write)?;
        feed.execute(params![revision, write.name().table as u8, write.name().name])?;
    }
    let mut log = transaction.prepare_cached("INSERT INTO log (sequence, body, mac) VALUES (?1, ?2, ?3)")?;
    for row in change.log() {
        log.execute(params![cell(row.sequence), row.body, row.mac])?;
    }
    let forgotten = cell(head.revision.0.saturating_sub(FEED));
    transaction.prepare_cached("DELETE FROM feed WHERE revision <= ?1")?.execute([forgotten])?;
    Ok(())
}

fn apply_write(transaction: &Transaction<'_>, write: &Write) -> rusqlite::Result<()> {
    match write {
        Write::Put(row) => transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO rows (kind, name, revision, body, mac) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![row.name.table as u8, row.name.name, cell(row.revision.0), row.body, row.mac])?,
        Write::Delete(name) => transaction
            .prepare_cached("DELETE FROM rows WHERE kind = ?1 AND name = ?2")?
            .execute(params![name.table as u8, name.name])?,
    };
    Ok(())
}

fn row(table: Table, found: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        name: Name::new(table, found.get::<_, Vec<u8>>(0)?),
        revision: Revision(number(found, 1)?),
        body: found.get(2)?,
        mac: found.get(3)?,
    })
}

fn number(found: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = found.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// SQLite's integers are signed. What is written stays far below 2^63; a larger bound of a query means the same.
fn cell(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What comes after all names that start with `prefix`.
fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    vec![u8::MAX; NAME_LIMIT + 1]
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn every_statement_that_reads_searches_and_never_scans() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(super::super::schema::TABLES).unwrap();
        for sql in [READ, SCAN, LOG, CHANGES] {
            let mut plan = connection.prepare(&alloc::format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let nulls = rusqlite::params_from_iter(vec![None::<i64>; plan.parameter_count()]);
            let steps = plan.query_map(nulls, |found| found.get::<_, String>(3)).unwrap();
            for step in steps.map(Result::unwrap) {
                assert!(!step.starts_with("SCAN") || step == "SCAN head", "{sql}: {step}");
            }
        }
    }
}
