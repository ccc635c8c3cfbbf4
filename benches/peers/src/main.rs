//! Measures miyao and its peers, one process each, a row at a time in turns:
//! `peers WORKERS [--agree | --json FILE | --docs | --only ROWS | --trials N | --interop]`.
//!
//! Knows no library: what each offers and what it takes it asks the workers. `run` beside builds them, says which cannot
//! be had and why, and pins this process and with it all of them to one core.

mod cross;
mod document;
mod plot;
mod rows;
mod table;
mod worker;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use rows::Row;
use table::Medians;
use worker::Worker;

/// What the medians are of.
const ROUNDS: usize = 15;
const BUDGET: u64 = 8_000_000;
/// Whose SM2 is not the code of any other's.
const DIFFERENT: [&str; 3] = ["miyao", "gmsm", "rustcrypto"];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let directory = PathBuf::from(arguments.next().ok_or("peers: give the directory of the workers")?);
    let options: Vec<String> = arguments.collect();
    if let Some(at) = options.iter().position(|option| option == "--trials") {
        let trials = options.get(at + 1).ok_or("peers: --trials needs a number")?.parse()?;
        println!("{}", cross::signatures(&mut worker::these(&directory, &DIFFERENT)?, trials, seed()?)?);
        return Ok(());
    }
    if options.iter().any(|option| option == "--interop") {
        return interop(&directory);
    }
    let (mut workers, missing) = worker::all(&directory)?;
    greet(&workers);
    for (library, reason) in &missing {
        println!("{library}: NOT AVAILABLE: {reason}");
    }
    let mut offered = agree(&mut workers)?;
    for line in cross_checked(&mut workers)? {
        println!("{line}");
    }
    if options.iter().any(|option| option == "--agree") {
        return if missing.is_empty() { Ok(()) } else { Err("a peer is not available".into()) };
    }
    if let Some(at) = options.iter().position(|option| option == "--only") {
        let beginning = options.get(at + 1).ok_or("peers: --only needs the beginning of rows' names")?;
        if options.iter().any(|option| option == "--docs") {
            return Err("peers: the document has all rows; leave --only away".into());
        }
        offered.retain(|(row, _)| row.operation.starts_with(beginning));
    }
    let medians = measure(&directory, &offered)?;
    println!("\n{}", table::all(&medians));
    let (goals, not_met) = table::goals(&medians);
    println!("{goals}");
    if let Some(at) = options.iter().position(|option| option == "--json") {
        let file = options.get(at + 1).ok_or("peers: --json needs the name of a file")?;
        fs::write(file, table::json(&medians))?;
    }
    if options.iter().any(|option| option == "--docs") {
        document::write(&medians, &workers, &missing)?;
    }
    println!("{not_met} rows not met");
    Ok(())
}

fn greet(workers: &[Worker]) {
    for worker in workers {
        println!("{}: {}", worker.name(), worker.hello);
    }
}

/// miyao and the libraries of `tests/interop`, both ways; the tally of questions ends it.
fn interop(directory: &Path) -> Result<()> {
    let libraries: Vec<_> = ["miyao"].into_iter().chain(cross::ABLE.map(|(library, _)| library)).collect();
    let mut workers = worker::these(directory, &libraries)?;
    greet(&workers);
    cross::all_know(&mut workers)?;
    let mut lines = cross_checked(&mut workers)?.to_vec();
    lines.extend(cross::files(&mut workers, 20, seed()?)?);
    for line in &lines {
        println!("{line}");
    }
    println!("{} passed, 0 failed", lines.len());
    Ok(())
}

/// Another one each time; a failure says which.
fn seed() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as u64)
}

fn cross_checked(workers: &mut [Worker]) -> Result<[String; 3]> {
    let seed = seed()?;
    Ok([
        cross::signatures(workers, 1000, seed)?,
        cross::ciphertexts(workers, 200, seed)?,
        cross::agreements(workers, 50, seed)?,
    ])
}

/// Which worker offers which row, if all of them give the same bytes.
fn agree(workers: &mut [Worker]) -> Result<Vec<(Row, Vec<usize>)>> {
    let (mut offered, mut outputs) = (Vec::new(), 0);
    for row in rows::all() {
        let (mut expected, mut by) = (String::new(), Vec::new());
        for (at, worker) in workers.iter_mut().enumerate() {
            let Some(bytes) = worker.check(&row)? else { continue };
            if by.is_empty() {
                expected = bytes;
            } else if bytes != expected {
                return Err(
                    format!("{}: {} gives other bytes than the first", row.name(), worker.name()).into()
                );
            }
            by.push(at);
        }
        outputs += by.len();
        offered.push((row, by));
    }
    println!("{outputs} outputs in {} rows agree", offered.len());
    Ok(offered)
}

/// With new processes each round, so that where one of them happens to lie in memory is not in all its figures.
fn measure(directory: &Path, offered: &[(Row, Vec<usize>)]) -> Result<Medians> {
    let mut medians = Medians::default();
    for round in 0..ROUNDS {
        eprint!("\rround {} of {ROUNDS}", round + 1);
        let (mut workers, _) = worker::all(directory)?;
        for (row, by) in offered {
            // Nobody always runs after the same other.
            for turn in 0..by.len() {
                let worker = &mut workers[by[(turn + round) % by.len()]];
                let nanoseconds = worker.time(row, BUDGET)?;
                medians.add(row, worker, nanoseconds);
            }
        }
    }
    eprintln!();
    Ok(medians)
}
