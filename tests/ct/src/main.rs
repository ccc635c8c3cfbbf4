//! Runs every algorithm of miyao over secrets that Valgrind watches, and counts the branches and addresses that depend
//! on one: none may. `run` beside builds it and runs it.
//!
//! Knows what is secret and what is public in each case; that a result is right is other tests' work, but each case
//! checks some, so that it did what it says.

mod answers;
mod controls;
mod envelope;
mod hash;
mod sm2;
mod sm4;

use std::{cell::Cell, hint::black_box, process::ExitCode};

use miyao::{Secret, algo::drbg::Drbg, secret};

/// What came of the cases so far.
#[derive(Default)]
struct Watch {
    passed: Cell<usize>,
    failed: Cell<usize>,
}

impl Watch {
    /// Nothing in `work` may depend on a secret.
    fn clean(&self, name: &str, work: impl FnOnce()) {
        let found = reports_during(work);
        self.count(name, found, found == 0);
    }

    /// A negative control: what `work` does must be noticed.
    fn caught(&self, name: &str, work: impl FnOnce()) {
        let found = reports_during(work);
        self.count(name, found, found > 0);
    }

    fn count(&self, name: &str, found: usize, is_good: bool) {
        let (counter, word) = if is_good { (&self.passed, "ok") } else { (&self.failed, "FAILED") };
        counter.set(counter.get() + 1);
        println!("{word:6} {found:6} reports: {name}");
    }
}

fn reports_during(work: impl FnOnce()) -> usize {
    let before = secret::reports();
    work();
    secret::reports() - before
}

/// Bytes that anybody may know, each another.
fn public<const N: usize>(seed: u8) -> [u8; N] {
    black_box(std::array::from_fn(|at| {
        seed.wrapping_mul(31).wrapping_add((at as u8).wrapping_mul(17)) ^ 0x5a
    }))
}

/// The same bytes as a secret.
fn hidden<const N: usize>(seed: u8) -> [u8; N] {
    let mut bytes = public(seed);
    secret::mark(&mut bytes);
    bytes
}

/// `len` bytes, as a secret.
fn hidden_vec(len: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = plain_vec(len);
    secret::mark(&mut bytes);
    bytes
}

/// The same bytes, for anybody to know.
fn plain_vec(len: usize) -> Vec<u8> {
    black_box((0..len).map(|at| (at * 7) as u8 ^ 0x33).collect())
}

fn hidden_secret<const N: usize>(seed: u8) -> Secret<N> {
    Secret::take(&mut hidden(seed))
}

/// The same bytes, which may be looked at from now on.
fn revealed<const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    secret::unmark(&mut bytes);
    bytes
}

/// A generator whose state is a secret.
fn rng(seed: u8) -> Drbg {
    Drbg::new(&hidden(seed), b"nonce", b"tests/ct")
}

fn main() -> ExitCode {
    if !secret::is_watched() {
        eprintln!(
            "this proves nothing unless it is built with `--cfg miyao_ctgrind` and run by Valgrind: use tests/ct/run"
        );
        return ExitCode::FAILURE;
    }
    let watch = Watch::default();
    controls::run(&watch);
    answers::run(&watch);
    sm4::run(&watch);
    hash::run(&watch);
    sm2::run(&watch);
    envelope::run(&watch);
    println!("{} passed, {} failed", watch.passed.get(), watch.failed.get());
    if watch.failed.get() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
