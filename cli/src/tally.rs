//! Many items, some of which fail: counts, the list of failures, one exit code.
//!
//! Knows not what was done to them.

use std::path::Path;

use miyao::{Error, Kind};
use serde_json::json;

use crate::{
    failure::{Failure, Result},
    output::Output,
    progress::Progress,
};

/// What became of the items so far.
pub(crate) struct Tally<'a> {
    output: Output,
    progress: &'a Progress,
    done: u64,
    skipped: u64,
    bytes: u64,
    failed: Vec<Failure>,
}

impl<'a> Tally<'a> {
    pub(crate) const fn new(output: Output, progress: &'a Progress) -> Self {
        Self { output, progress, done: 0, skipped: 0, bytes: 0, failed: Vec::new() }
    }

    /// An item is done; `what` says how, and it had so many bytes.
    pub(crate) fn done(&mut self, input: &Path, what: &str, bytes: u64) -> Result {
        self.done += 1;
        self.bytes += bytes;
        self.item(input, what, None)
    }

    /// An item needed nothing.
    pub(crate) fn skipped(&mut self, input: &Path, what: &str) -> Result {
        self.skipped += 1;
        self.item(input, what, None)
    }

    /// An item failed; the others go on.
    pub(crate) fn failed(&mut self, input: &Path, failure: Failure) -> Result {
        self.progress.suspend(|| self.output.failure(&failure));
        let told = self.item(input, "failed", Some(&failure));
        self.failed.push(failure);
        told
    }

    fn item(&self, input: &Path, outcome: &str, failure: Option<&Failure>) -> Result {
        self.progress.step();
        if !self.output.json {
            return Ok(());
        }
        self.output.silent_record(&json!({
            "file": input.to_string_lossy(),
            "outcome": outcome,
            "error": failure.map(|failure| failure.kind().number()),
            "message": failure.map(ToString::to_string),
        }))
    }

    /// Tells the sums; fails when an item did: alone with its own number, among others as partial.
    pub(crate) fn finish(mut self, verb: &str) -> Result {
        let all = self.done + self.skipped + self.failed.len() as u64;
        if !self.output.json && all != 1 {
            self.output.note(format_args!(
                "{} {verb}, {} left as they were, {} failed",
                self.done,
                self.skipped,
                self.failed.len()
            ));
        }
        match (all, self.failed.pop()) {
            (_, None) => Ok(()),
            (1, Some(failure)) => Err(failure.already_told()),
            (_, Some(_)) => Err(Error::new(
                Kind::Partial,
                "some items failed and are listed; cure the causes and run it again, what is done is skipped",
            )
            .into()),
        }
    }
}
