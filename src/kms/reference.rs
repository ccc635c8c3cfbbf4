//! How callers name keys and versions: by id, by name or alias, `NAME:VERSION`.
//!
//! Values only; whether there is such a key is looked up elsewhere.

use core::fmt;

use crate::{
    error::{Error, Kind, Result},
    key::{KeyId, KeyName, Number},
};

/// A key by its id, or by its name or an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyRef {
    /// By id.
    Id(KeyId),
    /// By name or alias.
    Name(KeyName),
}

/// A version of a key; without a number, the one that the operation calls for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRef {
    /// The key.
    pub key: KeyRef,
    /// The number of its version.
    pub version: Option<Number>,
}

impl KeyRef {
    /// Reads a name, or an id of 32 hexadecimal digits.
    ///
    /// # Errors
    /// As [`KeyName::parse`].
    pub fn parse(text: &str) -> Result<Self> {
        match KeyId::parse(text) {
            Some(id) => Ok(Self::Id(id)),
            None => KeyName::parse(text).map(Self::Name),
        }
    }
}

impl VersionRef {
    /// Reads `NAME` or `NAME:VERSION`.
    ///
    /// # Errors
    /// As [`KeyRef::parse`], and [`Invalid`](Kind::Invalid) for a version that is no number from 1 on.
    pub fn parse(text: &str) -> Result<Self> {
        let Some((key, version)) = text.split_once(':') else {
            return Ok(Self { key: KeyRef::parse(text)?, version: None });
        };
        let digits = version.bytes().all(|byte| byte.is_ascii_digit());
        let version = version.parse().ok().filter(|_| digits).and_then(Number::new);
        let refused = || {
            Error::new(Kind::Invalid, "a version is a number from 1 on; give NAME:VERSION, such as orders:2")
        };
        Ok(Self { key: KeyRef::parse(key)?, version: Some(version.ok_or_else(refused)?) })
    }
}

impl fmt::Display for KeyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl From<KeyId> for KeyRef {
    fn from(id: KeyId) -> Self {
        Self::Id(id)
    }
}

impl From<KeyName> for KeyRef {
    fn from(name: KeyName) -> Self {
        Self::Name(name)
    }
}

impl From<KeyRef> for VersionRef {
    fn from(key: KeyRef) -> Self {
        Self { key, version: None }
    }
}

#[cfg(test)]
mod tests {
    use super::VersionRef;

    #[test]
    fn versions_are_numbers_from_1_on() {
        assert!(VersionRef::parse("orders:2").is_ok_and(|found| found.version.is_some()));
        assert!(VersionRef::parse("orders").is_ok_and(|found| found.version.is_none()));
        for text in ["orders:", "orders:0", "orders:+2", "orders:-2", "orders:2:3", "orders:4294967296", ":2"]
        {
            assert!(VersionRef::parse(text).is_err(), "{text}");
        }
    }
}
