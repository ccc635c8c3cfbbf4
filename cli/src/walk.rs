//! From inputs and directories to pairs of one input and one output.
//!
//! Knows names only; opens no file.

use std::{
    collections::HashSet,
    ffi::{OsStr, OsString},
    fs,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use miyao::{Error, Kind};

use crate::{
    failure::{At, Failure, Result, failure},
    input::absent,
};

/// One input and where its output goes.
pub(crate) struct Job {
    pub(crate) input: PathBuf,
    pub(crate) output: PathBuf,
}

/// What is to be done, and what could not even be listed.
#[derive(Default)]
pub(crate) struct Jobs {
    pub(crate) jobs: Vec<Job>,
    pub(crate) failed: Vec<Failure>,
}

/// How an output is named after its input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// `x` becomes `x.miyao`.
    Adds,
    /// `x.miyao` becomes `x`; files of a directory that are not called so are not taken.
    Removes,
}

const SUFFIX: &[u8] = b".miyao";

impl Naming {
    fn output(self, name: &OsStr) -> Option<OsString> {
        let bytes = name.as_bytes();
        match self {
            Self::Adds => Some(OsString::from_vec([bytes, SUFFIX].concat())),
            Self::Removes => bytes
                .strip_suffix(SUFFIX)
                .filter(|rest| !rest.is_empty())
                .map(|rest| OsStr::from_bytes(rest).to_owned()),
        }
    }
}

impl Jobs {
    /// Lists the files of `inputs`; those of a directory keep their names below `out`.
    pub(crate) fn list(inputs: &[PathBuf], out: &Path, naming: Naming) -> Result<Self> {
        let mut list = Self::default();
        if inputs.is_empty() {
            return failure(Kind::Invalid, "--out-dir is for files and directories; name some");
        }
        let avoid = fs::canonicalize(out).ok();
        for input in inputs {
            match fs::metadata(input) {
                Ok(found) if found.is_dir() => list.directory(input, out, avoid.as_deref(), naming)?,
                Ok(_) => list.file(input, out, naming),
                Err(error) => list.failed.extend(Err::<(), _>(absent(error)).at(input).err()),
            }
        }
        list.refuse_collisions();
        Ok(list)
    }

    fn directory(&mut self, root: &Path, out: &Path, avoid: Option<&Path>, naming: Naming) -> Result {
        let is_out = |path: &Path| avoid.is_some() && fs::canonicalize(path).ok().as_deref() == avoid;
        if is_out(root) {
            return failure(Kind::Invalid, "the output directory is the input directory; name another")
                .at(root);
        }
        let mut pending = vec![root.to_owned()];
        while let Some(directory) = pending.pop() {
            for (path, kind) in self.entries(&directory) {
                if kind.is_dir() {
                    if !is_out(&path) {
                        pending.push(path);
                    }
                } else {
                    self.found(root, path, out, naming);
                }
            }
        }
        Ok(())
    }

    fn entries(&mut self, directory: &Path) -> Vec<(PathBuf, fs::FileType)> {
        let read = fs::read_dir(directory).and_then(|entries| {
            entries.map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))).collect()
        });
        let mut entries: Vec<(PathBuf, fs::FileType)> = read.at(directory).unwrap_or_else(|failure| {
            self.failed.push(failure);
            Vec::new()
        });
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        entries
    }

    /// A file below `root`; what is no file, and a link to no file, is reported: nothing is passed over in silence.
    fn found(&mut self, root: &Path, path: PathBuf, out: &Path, naming: Naming) {
        let below = path.strip_prefix(root).unwrap_or(&path);
        let Some(name) = below.file_name().and_then(|name| naming.output(name)) else { return };
        let output = out.join(below).with_file_name(name);
        if fs::metadata(&path).is_ok_and(|found| found.is_file()) {
            self.jobs.push(Job { input: path, output });
        } else {
            self.fail(&path, "neither a file nor a link to one; it was left out");
        }
    }

    fn file(&mut self, input: &Path, out: &Path, naming: Naming) {
        match input.file_name().and_then(|name| naming.output(name)) {
            Some(name) => self.jobs.push(Job { input: input.to_owned(), output: out.join(name) }),
            None => self.fail(input, "its name does not end in .miyao, so its output has none; use -o"),
        }
    }

    /// Of two inputs with one output the second fails.
    fn refuse_collisions(&mut self) {
        let mut taken = HashSet::new();
        for job in core::mem::take(&mut self.jobs) {
            if taken.insert(job.output.clone()) {
                self.jobs.push(job);
            } else {
                self.fail(&job.input, "another input has the same output; use another --out-dir for it");
            }
        }
    }

    fn fail(&mut self, input: &Path, what: &'static str) {
        self.failed.extend(Err::<(), _>(Error::new(Kind::Invalid, what)).at(input).err());
    }
}
