//! What can go wrong: one number table for Rust, C, Go, the command line and the audit log.
//!
//! Knows no other name of the house; an outside error is carried as an opaque `source`.

#[cfg(feature = "alloc")]
use alloc::{boxed::Box, string::ToString};
use core::fmt;

/// A tag, signature, commitment, padding or key did not fit (验证失败). It says nothing more, so no oracle can be built from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected;

/// The kind of a failure. The numbers are the C status, the Go error, the exit code of the command line and the
/// outcome in the audit log; they are listed in `docs/errors.md` and never reused. 0 is success, 1 and 2 belong to
/// shells and argument parsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum Kind {
    /// Verification failed: wrong key, wrong context or altered bytes; see [`Rejected`].
    Rejected = 3,
    /// An argument is outside what the operation accepts.
    Invalid = 4,
    /// Bytes are not in the format they claim to be.
    Malformed = 5,
    /// A version, suite or algorithm that this build does not know.
    Unsupported = 6,
    /// Input ended before it was complete.
    Truncated = 7,
    /// A size or count is beyond its documented limit.
    TooLarge = 8,
    /// No key, version, alias, recipient or file of this name.
    Missing = 9,
    /// The name is taken, or the output file exists.
    Exists = 10,
    /// Somebody else changed it first; read again and retry.
    Conflict = 11,
    /// The state of the key or of its version, or what its certificate says, forbids the operation.
    Forbidden = 12,
    /// The policy does not permit this principal to do this; or a device does not take the PIN.
    Denied = 13,
    /// A limit of the key (period, messages, bytes) is used up; rotate it.
    Exhausted = 14,
    /// The stored records contradict their MACs; run `doctor`.
    Corrupt = 15,
    /// The store shows an older state than this client has already seen.
    RolledBack = 16,
    /// The store or the record was written by a newer release and can only be read.
    ReadOnly = 17,
    /// Somebody holds the lock; try again.
    Busy = 18,
    /// The store, device or file system does not answer.
    Unavailable = 19,
    /// Reading or writing failed.
    Io = 20,
    /// The system gave no randomness.
    Entropy = 21,
    /// A known-answer test failed; this build must not be used.
    SelfTest = 22,
    /// What is cached is older than the hard time-to-live and the store cannot be asked; or a revocation list is out of its time.
    Stale = 23,
    /// The clock stepped; time-driven changes wait for a confirmation.
    Clock = 24,
    /// Some of many items failed; the report lists them.
    Partial = 25,
    /// A defect of miyao itself; please report it.
    Internal = 99,
}

/// A failure with its [`Kind`], one sentence that says what happened and what to do, and what caused it.
///
/// Its text never contains key bytes, plaintext, contexts or file contents.
pub struct Error {
    kind: Kind,
    what: &'static str,
    #[cfg(feature = "alloc")]
    detail: Option<Box<str>>,
    #[cfg(feature = "alloc")]
    source: Option<Box<dyn core::error::Error + Send + Sync>>,
}

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = core::result::Result<T, E>;

impl Kind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 24] = [
        Self::Rejected,
        Self::Invalid,
        Self::Malformed,
        Self::Unsupported,
        Self::Truncated,
        Self::TooLarge,
        Self::Missing,
        Self::Exists,
        Self::Conflict,
        Self::Forbidden,
        Self::Denied,
        Self::Exhausted,
        Self::Corrupt,
        Self::RolledBack,
        Self::ReadOnly,
        Self::Busy,
        Self::Unavailable,
        Self::Io,
        Self::Entropy,
        Self::SelfTest,
        Self::Stale,
        Self::Clock,
        Self::Partial,
        Self::Internal,
    ];

    /// The number of the table in `docs/errors.md`.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The kind of a number, for readers of an audit log or a status.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

impl Error {
    /// An error of `kind`; `what` says what happened and what to do next.
    #[must_use]
    pub const fn new(kind: Kind, what: &'static str) -> Self {
        Self {
            kind,
            what,
            #[cfg(feature = "alloc")]
            detail: None,
            #[cfg(feature = "alloc")]
            source: None,
        }
    }

    /// The most characters of a name that are told: a stranger's may have millions.
    #[cfg(feature = "alloc")]
    const LONGEST: usize = 1000;

    /// Adds the name of what it is about (a key's name, a file, a number), never a secret; a long one is cut.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn about(mut self, detail: impl fmt::Display) -> Self {
        let mut detail = detail.to_string();
        if let Some((end, _)) = detail.char_indices().nth(Self::LONGEST) {
            detail.truncate(end);
            detail.push('…');
        }
        self.detail = Some(detail.into_boxed_str());
        self
    }

    /// Adds the outside error that caused it.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind, whose number is the public contract.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The name of what it is about, where [`about`](Self::about) gave one: what its text begins with, before a colon.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "alloc")]
        if let Some(detail) = &self.detail {
            write!(f, "{detail}: ")?;
        }
        f.write_str(self.what)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}): {self}", self.kind, self.kind.number())?;
        #[cfg(feature = "alloc")]
        if let Some(source) = &self.source {
            write!(f, "; caused by: {source}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Error {
    #[cfg(feature = "alloc")]
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<Rejected> for Error {
    fn from(_: Rejected) -> Self {
        Self::new(Kind::Rejected, "verification failed: wrong key, wrong context or altered bytes")
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("verification failed")
    }
}

impl core::error::Error for Rejected {}

#[cfg(feature = "std")]
impl From<std::io::Error> for Error {
    fn from(source: std::io::Error) -> Self {
        let (kind, what) = match source.kind() {
            std::io::ErrorKind::NotFound => (Kind::Missing, "no such file or directory; check the name"),
            std::io::ErrorKind::AlreadyExists => {
                (Kind::Exists, "the file exists already; choose another name")
            }
            std::io::ErrorKind::UnexpectedEof => {
                (Kind::Truncated, "the input ended too early; get a whole copy")
            }
            std::io::ErrorKind::PermissionDenied => (Kind::Io, "permission denied; check owner and mode"),
            std::io::ErrorKind::StorageFull => (Kind::Io, "no space left; free some and run it again"),
            std::io::ErrorKind::WouldBlock => (Kind::Busy, "another process holds the lock; try again"),
            _ => (Kind::Io, "reading or writing failed; check the medium, then try again"),
        };
        // A miyao error that travelled through a reader or writer comes out as itself.
        match source.downcast::<Self>() {
            Ok(inner) => inner,
            Err(source) => Self::new(kind, what).caused_by(source),
        }
    }
}

#[cfg(feature = "std")]
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind {
            Kind::Truncated => std::io::ErrorKind::UnexpectedEof,
            Kind::Missing => std::io::ErrorKind::NotFound,
            Kind::Invalid => std::io::ErrorKind::InvalidInput,
            Kind::Rejected | Kind::Malformed => std::io::ErrorKind::InvalidData,
            _ => std::io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
