//! Passphrases: from a file, a file descriptor or the terminal; never from arguments or the environment.
//!
//! Knows not what they open.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use miyao::{Error, Kind, SecretBytes};

use crate::{
    failure::{At, OneLine, Result, failure},
    input::absent,
    output::Output,
};

/// The most bytes of a passphrase.
const MAX: u64 = 64 << 10;

/// Where a passphrase comes from.
pub(crate) enum Source<'a> {
    File(&'a Path),
    Descriptor(u32),
    Terminal,
}

impl<'a> Source<'a> {
    /// The file if there is one, else the descriptor, else the terminal.
    pub(crate) fn new(file: Option<&'a Path>, descriptor: Option<u32>) -> Result<Self> {
        match (file, descriptor) {
            (Some(_), Some(_)) => {
                failure(Kind::Invalid, "a passphrase comes from a file or a descriptor; give one of them")
            }
            (Some(file), None) => Ok(Self::File(file)),
            (None, Some(descriptor)) => Ok(Self::Descriptor(descriptor)),
            (None, None) => Ok(Self::Terminal),
        }
    }

    /// The passphrase; `prompt` is what a terminal shows.
    pub(crate) fn read(&self, prompt: &str, output: Output) -> Result<SecretBytes> {
        match self {
            Self::File(path) => from_file(path, output),
            Self::Descriptor(0) => read(io::stdin().lock()),
            Self::Descriptor(number) => {
                let path = PathBuf::from(format!("/proc/self/fd/{number}"));
                File::open(&path).map_err(|error| absent(error).into()).and_then(read).at(path)
            }
            Self::Terminal => ask(prompt),
        }
    }

    /// A passphrase that is being chosen: a terminal asks twice.
    pub(crate) fn choose(&self, prompt: &str, output: Output) -> Result<SecretBytes> {
        let chosen = self.read(prompt, output)?;
        if matches!(self, Self::Terminal) && ask("Again: ")?.expose() != chosen.expose() {
            return failure(
                Kind::Invalid,
                "the passphrase was typed differently; nothing was done, try again",
            );
        }
        Ok(chosen)
    }
}

/// The passphrase in a file.
pub(crate) fn from_file(path: &Path, output: Output) -> Result<SecretBytes> {
    let file = File::open(path).map_err(absent).at(path)?;
    let mode = file.metadata().at(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        output.note(format_args!(
            "warning: others can read the passphrase file {}; `chmod 600` it",
            OneLine(&path.to_string_lossy())
        ));
    }
    read(file).at(path)
}

/// Reads to the end and drops one newline there.
fn read(input: impl Read) -> Result<SecretBytes> {
    let mut bytes = Vec::with_capacity(MAX as usize + 2);
    let read = input.take(MAX + 2).read_to_end(&mut bytes);
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    let passphrase = SecretBytes::take(bytes);
    read?;
    check(passphrase)
}

fn ask(prompt: &str) -> Result<SecretBytes> {
    let answer = rpassword::prompt_password(prompt).map_err(|error| {
        Error::new(
            Kind::Invalid,
            "no terminal to ask for the passphrase; give --passphrase-file or --passphrase-fd",
        )
        .caused_by(error)
    })?;
    check(SecretBytes::take(answer.into_bytes()))
}

fn check(passphrase: SecretBytes) -> Result<SecretBytes> {
    if passphrase.is_empty() {
        return failure(Kind::Invalid, "the passphrase is empty; give one");
    }
    if passphrase.len() as u64 > MAX {
        return failure(Kind::TooLarge, "a passphrase has at most 65,536 bytes; is it the right file?");
    }
    Ok(passphrase)
}
