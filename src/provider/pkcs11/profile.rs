//! How one make of encryption machine is talked to: its numbers, forms and habits, as data.
//!
//! Knows no session and calls no device. A profile is a TOML file; published tables contradict each other, so every entry says
//! whether a probe has seen it work. An absent word means *not known*: such an entry is a candidate for a probe and is not used.

use alloc::{string::String, vec::Vec};

use crate::error::Result;

mod keys;
mod limits;
mod mechanism;
mod reading;
mod rule;
mod shelf;
mod words;
mod writing;

pub use keys::{KeyType, Keys, Params, Point};
pub use limits::{Limits, Probed, Quirks};
pub use mechanism::{Mechanism, Operation};
pub use rule::{Firmware, Rule, Seen};
pub use shelf::Shelf;
pub use words::{Ciphertext, Input, Parameter, Signature, Z};

/// How one make of encryption machine is talked to (厂商适配档案).
///
/// ```
/// use miyao::provider::pkcs11::profile::{Operation, Profile};
///
/// let profile = Profile::parse(
///     r#"
///     name = "acme"
///     title = "Acme HSM"
///     match = [{ manufacturer = "Acme*" }]
///     mechanisms = [
///         { operation = "sm4-gcm", code = 0x8000010F, parameter = "gcm-koal", verified = true },
///     ]
///     "#,
/// )?;
/// assert_eq!(profile.mechanism(Operation::Sm4Gcm).map(|gcm| gcm.code), Some(0x8000_010f));
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What configurations and reports call it: 1 to 40 of `a-z 0-9 -`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Where the numbers are from, and what is known to be wrong about them.
    pub note: Option<String>,
    /// The devices it is for; one rule that fits suffices.
    pub rules: Vec<Rule>,
    /// What it can be asked to do; where several entries do the same, the first complete one is used.
    pub mechanisms: Vec<Mechanism>,
    /// The types and encodings of its keys.
    pub keys: Keys,
    /// Habits that need care.
    pub quirks: Quirks,
    /// How much it takes.
    pub limits: Limits,
    /// On what a probe verified it.
    pub probed: Option<Probed>,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`Malformed`](crate::Kind::Malformed) for what is no profile, as an unknown field, a word that is none of those listed,
    /// or words that contradict each other: the text begins with the line.
    pub fn parse(text: &str) -> Result<Self> {
        reading::read(text)
    }

    /// Writes it so that [`parse`](Self::parse) gives it back.
    #[must_use]
    pub fn to_toml(&self) -> String {
        writing::write(self)
    }

    /// How it does this: its first complete entry; see [`Mechanism::is_complete`].
    #[must_use]
    pub fn mechanism(&self, operation: Operation) -> Option<&Mechanism> {
        self.all(operation).find(|mechanism| mechanism.is_complete())
    }

    /// Every entry for this, in order, complete or not.
    pub fn all(&self, operation: Operation) -> impl Iterator<Item = &Mechanism> {
        self.mechanisms.iter().filter(move |mechanism| mechanism.operation == operation)
    }

    /// What a mechanism of this number is called in reports: the first entry with it.
    #[must_use]
    pub fn name_of(&self, code: u64) -> Option<&'static str> {
        let named = self.mechanisms.iter().find(|mechanism| mechanism.code == code);
        named.map(|mechanism| mechanism.operation.word())
    }

    /// Whether a probe saw every entry work.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.mechanisms.iter().all(|mechanism| mechanism.verified)
    }
}
