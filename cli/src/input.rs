//! Where bytes come from: a file, or the standard input for `-` and for nothing.
//!
//! Knows no contents.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use miyao::{Error, Kind, SecretBytes};

use crate::failure::{At, Result, failure};

/// An open input, how long it is if that is known, and its name in messages.
pub(crate) struct Input<'a> {
    pub(crate) source: Box<dyn Read + Send>,
    pub(crate) len: Option<u64>,
    pub(crate) name: &'a Path,
}

pub(crate) fn is_stdio(path: &Path) -> bool {
    path.as_os_str() == "-"
}

impl<'a> Input<'a> {
    /// The only input, if it is one.
    pub(crate) fn only(inputs: &'a [std::path::PathBuf]) -> Result<Self> {
        match inputs {
            [] => Self::open(None),
            [one] => Self::open(Some(one)),
            _ => failure(Kind::Invalid, "several inputs need a directory for their outputs; give --out-dir"),
        }
    }

    pub(crate) fn open(path: Option<&'a Path>) -> Result<Self> {
        let Some(path) = path.filter(|path| !is_stdio(path)) else {
            return Ok(Self { source: Box::new(io::stdin()), len: None, name: Path::new("standard input") });
        };
        let file = File::open(path).map_err(absent).at(path)?;
        let found = file.metadata().at(path)?;
        if found.is_dir() {
            return failure(Kind::Invalid, "this is a directory; give --out-dir for its files").at(path);
        }
        let len = found.is_file().then_some(found.len());
        Ok(Self { source: Box::new(file), len, name: path })
    }

    /// All of it, when it is not longer than `most`.
    pub(crate) fn read_secret(self, most: usize) -> Result<SecretBytes> {
        let mut bytes = Vec::with_capacity(most + 2);
        let read = self.source.take(most as u64 + 1).read_to_end(&mut bytes);
        let bytes = SecretBytes::take(bytes);
        read.at(self.name)?;
        if bytes.len() > most {
            return failure(Kind::TooLarge, "the input is too long for this; is it the right file?")
                .at(self.name);
        }
        Ok(bytes)
    }
}

/// The commonest mistake of all gets its advice.
pub(crate) fn absent(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => {
            Error::new(Kind::Missing, "there is no such file or directory; check the name").caused_by(error)
        }
        _ => error.into(),
    }
}

/// All of a small file.
pub(crate) fn read_small(path: &Path) -> Result<SecretBytes> {
    Input::open(Some(path))?.read_secret(1 << 20)
}

/// Whether the bytes are one SEQUENCE of DER to their end: text may begin with its tag too, which is the digit 0.
pub(crate) fn is_der(bytes: &[u8]) -> bool {
    let [0x30, first, rest @ ..] = bytes else { return false };
    if *first < 0x80 {
        return rest.len() == usize::from(*first);
    }
    rest.split_at_checked(usize::from(first & 0x7f)).is_some_and(|(digits, content)| {
        let len = digits.iter().fold(0, |len, digit| len << 8 | u64::from(*digit));
        digits.len() <= 4 && len == content.len() as u64
    })
}

/// Refuses to write binary to somebody's screen.
pub(crate) fn refuse_terminal(is_terminal: bool) -> Result {
    if is_terminal {
        return Err(Error::new(
            Kind::Invalid,
            "the output is binary and would go to the terminal; give -o FILE, or -o - to insist",
        )
        .into());
    }
    Ok(())
}
