//! `miyao rewrap`: many messages under their keys' current versions, several at once.
//!
//! What one rewrap is, and that it can be cut off anywhere, is the library's; what is current is left as it is, so the same
//! command goes on where it ended.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::{
    collections::HashSet,
    ffi::OsStr,
    io::Read,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
};

use miyao::{envelope::Rewrapped, kms::KeyRef};

use crate::{
    args::Rewrap,
    encrypt::threads,
    failure::{At, Result},
    input::{Input, is_stdio},
    progress::Progress,
    session::Run,
    tally::Tally,
};

pub(crate) fn run(run: &Run, arguments: &Rewrap) -> Result {
    let mut files = arguments.files.clone();
    if let Some(list) = &arguments.from_list {
        files.extend(listed(list)?);
    }
    // A name that stands twice would be two rewraps of one file at once.
    let mut seen = HashSet::new();
    files.retain(|file| seen.insert(file.clone()));
    let to = arguments.to_key.as_deref().map(KeyRef::parse).transpose()?;
    let crew = threads(arguments.threads).get().min(files.len());
    run.with_kms(|kms| {
        let progress = Progress::items(files.len());
        let mut tally = Tally::new(run.output, &progress);
        let (send, results) = mpsc::channel();
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..crew {
                let (send, next, files, to) = (send.clone(), &next, &files, to.as_ref());
                scope.spawn(move || {
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        // Whoever no longer listens has failed already.
                        if send.send((file, kms.rewrap(file, to).at(file))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(send);
            for (file, result) in results {
                match result {
                    Ok(Rewrapped::Current) => tally.skipped(file, "current")?,
                    Ok(Rewrapped::InPlace) => tally.done(file, "in_place", 0)?,
                    Ok(Rewrapped::Copied) => tally.done(file, "copied", 0)?,
                    Err(failure) => tally.failed(file, failure)?,
                }
            }
            tally.finish("rewrapped")
        })
    })
}

/// The names in a list, one a line, or each ended by a zero byte when there is any.
fn listed(list: &Path) -> Result<Vec<PathBuf>> {
    let mut bytes = Vec::new();
    let mut input = Input::open(if is_stdio(list) { None } else { Some(list) })?;
    input.source.read_to_end(&mut bytes).at(list)?;
    let end = if bytes.contains(&0) { 0 } else { b'\n' };
    let names = bytes.split(|byte| *byte == end).filter(|name| !name.is_empty());
    Ok(names.map(|name| PathBuf::from(OsStr::from_bytes(name))).collect())
}
