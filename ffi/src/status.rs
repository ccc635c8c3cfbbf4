//! `miyao_status`: the number table of `docs/errors.md` in C.

use core::ffi::{CStr, c_char};

use miyao::Kind;

use crate::desk::guard_value;

/// How a call ended. The numbers are those of docs/errors.md, given once and never reused; a later release may return
/// others, which a program treats as a failure of unknown kind.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum miyao_status {
    /// It was done.
    Ok = 0,
    /// Verification failed: wrong key, wrong context or altered bytes.
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

impl From<Kind> for miyao_status {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Rejected => Self::Rejected,
            Kind::Invalid => Self::Invalid,
            Kind::Malformed => Self::Malformed,
            Kind::Unsupported => Self::Unsupported,
            Kind::Truncated => Self::Truncated,
            Kind::TooLarge => Self::TooLarge,
            Kind::Missing => Self::Missing,
            Kind::Exists => Self::Exists,
            Kind::Conflict => Self::Conflict,
            Kind::Forbidden => Self::Forbidden,
            Kind::Denied => Self::Denied,
            Kind::Exhausted => Self::Exhausted,
            Kind::Corrupt => Self::Corrupt,
            Kind::RolledBack => Self::RolledBack,
            Kind::ReadOnly => Self::ReadOnly,
            Kind::Busy => Self::Busy,
            Kind::Unavailable => Self::Unavailable,
            Kind::Io => Self::Io,
            Kind::Entropy => Self::Entropy,
            Kind::SelfTest => Self::SelfTest,
            Kind::Stale => Self::Stale,
            Kind::Clock => Self::Clock,
            Kind::Partial => Self::Partial,
            Kind::Internal => Self::Internal,
            // A kind that the library has and this interface does not yet.
            _ => Self::Internal,
        }
    }
}

/// The name of a status as docs/errors.md has it, `Rejected` for 3; `Unknown` for a number that this build does not know.
/// It is never NULL and never freed.
#[unsafe(no_mangle)]
pub extern "C" fn miyao_status_name(status: u32) -> *const c_char {
    guard_value(c"Unknown", || name(status)).as_ptr()
}

fn name(status: u32) -> &'static CStr {
    match status {
        0 => c"Ok",
        3 => c"Rejected",
        4 => c"Invalid",
        5 => c"Malformed",
        6 => c"Unsupported",
        7 => c"Truncated",
        8 => c"TooLarge",
        9 => c"Missing",
        10 => c"Exists",
        11 => c"Conflict",
        12 => c"Forbidden",
        13 => c"Denied",
        14 => c"Exhausted",
        15 => c"Corrupt",
        16 => c"RolledBack",
        17 => c"ReadOnly",
        18 => c"Busy",
        19 => c"Unavailable",
        20 => c"Io",
        21 => c"Entropy",
        22 => c"SelfTest",
        23 => c"Stale",
        24 => c"Clock",
        25 => c"Partial",
        99 => c"Internal",
        _ => c"Unknown",
    }
}
