//! The answer of a call that failed: a `CKR_` number of the standard (PKCS#11 2.40 §5.1).
//!
//! Knows nothing of how it happened; a caller gets the number and nothing else.

use core::fmt;

use cryptoki_sys::{
    CK_RV, CKR_DATA_LEN_RANGE, CKR_DEVICE_ERROR, CKR_DEVICE_MEMORY, CKR_ENCRYPTED_DATA_INVALID,
    CKR_FUNCTION_FAILED, CKR_GENERAL_ERROR, CKR_RANDOM_NO_RNG, CKR_TOKEN_WRITE_PROTECTED,
};
use miyao::{Error, Kind, Rejected};

/// A number other than `CKR_OK`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rv(pub(crate) CK_RV);

pub(crate) type Result<T, E = Rv> = core::result::Result<T, E>;

/// `Err` of this number.
pub(crate) const fn fail<T>(number: CK_RV) -> Result<T> {
    Err(Rv(number))
}

/// `Err` of this number unless it holds.
pub(crate) const fn check(holds: bool, number: CK_RV) -> Result<()> {
    if holds { Ok(()) } else { Err(Rv(number)) }
}

impl From<Error> for Rv {
    fn from(error: Error) -> Self {
        Self(match error.kind() {
            Kind::Rejected => CKR_ENCRYPTED_DATA_INVALID,
            Kind::TooLarge | Kind::Invalid => CKR_DATA_LEN_RANGE,
            Kind::Entropy => CKR_RANDOM_NO_RNG,
            Kind::Internal => CKR_GENERAL_ERROR,
            _ => CKR_FUNCTION_FAILED,
        })
    }
}

impl From<Rejected> for Rv {
    fn from(Rejected: Rejected) -> Self {
        Self(CKR_ENCRYPTED_DATA_INVALID)
    }
}

/// Only the store reads and writes files.
impl From<std::io::Error> for Rv {
    fn from(error: std::io::Error) -> Self {
        Self(match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => CKR_DEVICE_MEMORY,
            std::io::ErrorKind::ReadOnlyFilesystem => CKR_TOKEN_WRITE_PROTECTED,
            _ => CKR_DEVICE_ERROR,
        })
    }
}

impl fmt::Debug for Rv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rv({:#x})", self.0)
    }
}
