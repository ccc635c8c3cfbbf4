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
    is_unread: bool,
}

/// What a shell says of a tool that was ended by a pipe nobody reads: 128 and SIGPIPE.
const UNREAD: u8 = 141;

pub(crate) type Result<T = (), E = Failure> = core::result::Result<T, E>;

impl Failure {
    pub(crate) const fn kind(&self) -> Kind {
        self.error.kind()
    }

    /// The number of its kind; where nobody reads on, the one of `docs/errors.md` beside the table.
    pub(crate) const fn exit_code(&self) -> u8 {
        if self.is_unread { UNREAD } else { self.kind().number() }
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

    /// Marks it as the standard output's whose reader has gone away, such as `head`: he has what he wanted, so nothing is
    /// told, but not all was written.
    pub(crate) const fn unread(mut self) -> Self {
        (self.told, self.is_unread) = (true, true);
        self
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
        if let Some(place) = self.place.as_deref().filter(|place| self.error.detail() != Some(place)) {
            write!(f, "{}: ", OneLine(place))?;
        }
        OneLine(&self.error.to_string()).fmt(f)
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
        Self { error, place: None, told: false, is_unread: false }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_once_whatever_the_sentence_begins_with() {
        let said = |error: Error, place: &str| Failure::from(error).of(place).to_string();
        let error = || Error::new(Kind::Exists, "the output exists; name another");
        for place in ["the", "the output exists", "out"] {
            assert_eq!(said(error(), place), format!("{place}: the output exists; name another"));
        }
        assert_eq!(said(error().about("out"), "out"), "out: the output exists; name another");
        assert_eq!(said(error().about("output"), "out"), "out: output: the output exists; name another");
        let first = Failure::from(error()).of("inner").of("outer");
        assert_eq!(first.to_string(), "inner: the output exists; name another");
    }

    #[test]
    fn a_reader_who_went_away_has_a_number_that_no_kind_has() {
        let failure = Failure::from(Error::new(Kind::Io, "writing failed; try again"));
        assert_eq!((failure.exit_code(), failure.is_told()), (Kind::Io.number(), false));
        let failure = failure.unread();
        assert_eq!((failure.exit_code(), failure.is_told()), (141, true));
        assert_eq!(Kind::from_number(141), None);
    }
}
