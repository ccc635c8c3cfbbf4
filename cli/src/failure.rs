//! A failure of a command: the library's error, and which file or item it was about.
//!
//! Knows no wording of its own; what happened and what to do is in the error.

use core::fmt;
use std::{io, path::Path};

use miyao::{Error, Kind, Rejected};

/// What a person reads on one line, and whose number is the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Error,
    place: Option<String>,
    told: bool,
}

pub(crate) type Result<T = (), E = Failure> = core::result::Result<T, E>;

impl Failure {
    pub(crate) const fn kind(&self) -> Kind {
        self.error.kind()
    }

    pub(crate) const fn error(&self) -> &Error {
        &self.error
    }

    #[cfg(feature = "pkcs11")]
    pub(crate) fn into_error(self) -> Error {
        self.error
    }

    /// Names what it was about, unless it is named already.
    pub(crate) fn of(mut self, place: impl AsRef<Path>) -> Self {
        self.place.get_or_insert_with(|| place.as_ref().display().to_string());
        self
    }

    /// Marks it as printed where it happened.
    pub(crate) const fn already_told(mut self) -> Self {
        self.told = true;
        self
    }

    pub(crate) const fn is_told(&self) -> bool {
        self.told
    }
}

/// A failure of `kind`; `what` says what happened and what to do next.
pub(crate) fn failure<T>(kind: Kind, what: &'static str) -> Result<T> {
    Err(Error::new(kind, what).into())
}

/// Names the file a failure was about; the innermost name stays.
pub(crate) trait At<T> {
    fn at(self, place: impl AsRef<Path>) -> Result<T>;
}

impl<T, E: Into<Failure>> At<T> for core::result::Result<T, E> {
    fn at(self, place: impl AsRef<Path>) -> Result<T> {
        self.map_err(|error| error.into().of(place))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.error.to_string();
        if let Some(place) = self.place.as_ref().filter(|place| !error.starts_with(place.as_str())) {
            write!(f, "{}: ", OneLine(place))?;
        }
        OneLine(&error).fmt(f)
    }
}

/// A text whose control characters are escaped: a file's name may hold any.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        self.0.chars().try_for_each(|char| match char {
            char if char.is_control() => write!(f, "{}", char.escape_default()),
            char => f.write_char(char),
        })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, place: None, told: false }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<Rejected> for Failure {
    fn from(rejected: Rejected) -> Self {
        Error::from(rejected).into()
    }
}
