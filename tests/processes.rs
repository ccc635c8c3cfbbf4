//! Several processes on one SQLite store: races have one winner, and a killed one leaves what was acknowledged.
#![cfg(feature = "sqlite")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use core::time::Duration;
use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use miyao::{
    Kind,
    store::{Store, Table, sqlite::Sqlite},
};
use rows::{commit, head, race, row};

#[path = "common/rows.rs"]
mod rows;

const RACED: &str = "MIYAO_TEST_RACED_STORE";
const RACER: &str = "MIYAO_TEST_RACER";
const WINS: usize = 200;

/// Starts this test binary again for each of `racers`, to run one test of it on the store at `path`, and lets them go
/// when all are there.
fn in_processes(test: &str, path: &Path, racers: &[&str]) {
    let start = |racer: &&str| {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", test, "--nocapture"]).env(RACED, path).env(RACER, racer);
        command.stdout(Stdio::null()).spawn().unwrap()
    };
    let mut started: Vec<_> = racers.iter().map(start).collect();
    while !racers.iter().all(|racer| path.with_extension(racer).exists()) {
        for process in &mut started {
            assert!(process.try_wait().unwrap().is_none(), "{test} ended before it began");
        }
        thread::yield_now();
    }
    fs::write(path.with_extension("go"), "").unwrap();
    for mut process in started {
        assert!(process.wait().unwrap().success(), "{test}");
    }
}

/// In a process that [`in_processes`] started: says that it is there and waits for the others.
fn meet() -> (PathBuf, String) {
    let path = PathBuf::from(env::var_os(RACED).expect("only the other test starts this one"));
    let racer = env::var(RACER).unwrap();
    fs::write(path.with_extension(&racer), "").unwrap();
    while !path.with_extension("go").exists() {
        thread::yield_now();
    }
    (path, racer)
}

/// One of two processes that want every revision.
fn racer() {
    let (path, racer) = meet();
    race(&Sqlite::open(&path).unwrap(), &racer, WINS).unwrap();
}

#[test]
fn of_two_processes_exactly_one_wins_each_revision() {
    if env::var_os(RACED).is_some() {
        return racer();
    }
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("store.db");
    let store = Sqlite::create(&path).unwrap();
    in_processes("of_two_processes_exactly_one_wins_each_revision", &path, &["one", "two"]);
    let log = store.log(0, usize::MAX).unwrap();
    assert_eq!(store.head().unwrap(), Some(head(2 * WINS as u64)), "every win is one revision");
    let won = |by: &[u8]| log.iter().filter(|row| row.body == by).count();
    assert_eq!((log.len(), won(b"one"), won(b"two")), (2 * WINS, WINS, WINS));
    let turns = log.windows(2).filter(|pair| pair[0].body != pair[1].body).count();
    assert!(turns > 10, "they did not meet: {turns} turns");
}

/// One of many processes that make the same store.
fn maker() {
    let (path, maker) = meet();
    let made = Sqlite::create(&path).and_then(|store| commit(&store, &maker, &[]));
    if let Err(error) = made {
        assert!(matches!(error.kind(), Kind::Exists | Kind::Conflict), "{error:?}");
    }
}

#[test]
fn of_many_processes_that_make_a_store_one_is_its_first() {
    if env::var_os(RACED).is_some() {
        return maker();
    }
    let scratch = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let path = scratch.path().join(format!("{round}.db"));
        in_processes(
            "of_many_processes_that_make_a_store_one_is_its_first",
            &path,
            &["a", "b", "c", "d", "e", "f"],
        );
        let store = Sqlite::open(&path).unwrap();
        let log = store.log(0, 9).unwrap();
        assert!((1..=6).contains(&log.len()));
        assert_eq!(store.head().unwrap(), Some(head(log.len() as u64)));
    }
}

/// The process that is killed: says what was acknowledged to it.
fn committer() {
    let store =
        Sqlite::open(Path::new(&env::var_os(RACED).expect("only the other test starts this one"))).unwrap();
    let mut out = std::io::stdout();
    loop {
        let next = store.head().unwrap().map_or(1, |head| head.revision.0 + 1).to_string();
        let revision = commit(&store, "victim", &[(b"last", Some(next.as_bytes()))]).unwrap();
        writeln!(out, "committed {}", revision.0).unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    if env::var_os(RACED).is_some() {
        return committer();
    }
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("store.db");
    drop(Sqlite::create(&path).unwrap());
    let mut before = 0;
    for round in 0..20 {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "what_was_acknowledged_survives_a_kill", "--nocapture"]).env(RACED, &path);
        let mut victim = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(victim.stdout.take().unwrap()).lines();
        let mut acknowledged = before;
        let mut hear = |line: std::io::Result<String>| {
            let revision = line.unwrap().strip_prefix("committed ").and_then(|number| number.parse().ok());
            acknowledged = revision.unwrap_or(acknowledged);
            acknowledged
        };
        // It dies in the midst of its work, each time elsewhere.
        while hear(said.next().expect("it commits until it is killed")) < before + 5 {}
        thread::sleep(Duration::from_micros(round * 137));
        victim.kill().unwrap();
        said.for_each(|line| {
            hear(line);
        });
        victim.wait().unwrap();
        let store = Sqlite::open(&path).unwrap();
        let found = store.head().unwrap().unwrap().revision.0;
        assert!((acknowledged..=acknowledged + 1).contains(&found), "{found} after {acknowledged}");
        let text = found.to_string();
        assert_eq!(store.head().unwrap(), Some(head(found)));
        assert_eq!(store.scan(Table::Key, b"", None, 9).unwrap(), [row(found, b"last", text.as_bytes())]);
        assert_eq!(store.log(0, usize::MAX).unwrap().len() as u64, found);
        before = found;
    }
}
