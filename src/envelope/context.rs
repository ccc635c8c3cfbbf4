//! The encryption context (加密上下文): pairs that a message is bound to, some of them not stored in it.
//!
//! Format M20–M26. Knows pairs and their encoding only; what they mean is the caller's.

use alloc::{collections::BTreeMap, vec::Vec};
use core::fmt;

use subtle::ConstantTimeEq;

use crate::error::{Error, Kind, Rejected, Result};

/// Whether a pair's value stands in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Key and value are stored, readable without a key.
    Stored,
    /// Only the key is stored; whoever decrypts has to bring the value.
    Hidden,
}

/// Up to 64 pairs that are authenticated with a message.
///
/// ```
/// use miyao::envelope::Context;
/// let context = Context::new().with("tenant", "a")?.with_hidden("patient", "4711")?;
/// assert_eq!(context.len(), 2);
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Context(BTreeMap<Vec<u8>, (Class, Vec<u8>)>);

/// The most pairs.
pub(super) const MAX_PAIRS: usize = 64;
/// The most bytes of the stored encoding.
pub(super) const MAX_STORED: usize = 8192;
/// The most bytes of the full encoding.
const MAX_FULL: usize = 1 << 16;

impl Context {
    /// No pairs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a stored pair.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for an empty or repeated key, [`TooLarge`](Kind::TooLarge) past 64 pairs, 8,192 bytes
    /// stored or 65,536 bytes in all.
    pub fn with(self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<Self> {
        self.add(Class::Stored, key.as_ref(), value.as_ref())
    }

    /// Adds a pair whose value is required to decrypt but not stored.
    ///
    /// # Errors
    /// As [`with`](Self::with).
    pub fn with_hidden(self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<Self> {
        self.add(Class::Hidden, key.as_ref(), value.as_ref())
    }

    /// The number of pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pairs in order of key; the value of a hidden pair read from a header is empty.
    pub fn pairs(&self) -> impl Iterator<Item = (&[u8], Class, &[u8])> {
        self.0.iter().map(|(key, (class, value))| (key.as_slice(), *class, value.as_slice()))
    }

    fn add(mut self, class: Class, key: &[u8], value: &[u8]) -> Result<Self> {
        if key.is_empty() {
            return Err(Error::new(Kind::Invalid, "a context key is empty; give KEY=VALUE"));
        }
        if self.0.insert(key.to_vec(), (class, value.to_vec())).is_some() {
            return Err(Error::new(Kind::Invalid, "a context key is given twice; each key stands once"));
        }
        if self.len() > MAX_PAIRS || self.stored().len() > MAX_STORED || self.full().len() > MAX_FULL {
            return Err(Error::new(
                Kind::TooLarge,
                "the context is too large; at most 64 pairs, 8,192 bytes stored, 65,536 in all",
            ));
        }
        Ok(self)
    }

    /// The encoding that stands in a header: values of hidden pairs left out.
    pub(super) fn stored(&self) -> Vec<u8> {
        self.encode(|class| class == Class::Stored)
    }

    /// The encoding that keys are derived from: every value.
    pub(super) fn full(&self) -> Vec<u8> {
        self.encode(|_| true)
    }

    fn encode(&self, keeps: impl Fn(Class) -> bool) -> Vec<u8> {
        let mut out = Vec::new();
        self.each_part(keeps, |part| out.extend_from_slice(part));
        out
    }

    /// Hands the full encoding to `sink` piece by piece, without an allocation.
    pub(super) fn each_full_part(&self, sink: impl FnMut(&[u8])) {
        self.each_part(|_| true, sink);
    }

    fn each_part(&self, keeps: impl Fn(Class) -> bool, mut sink: impl FnMut(&[u8])) {
        for (key, class, value) in self.pairs() {
            let value = if keeps(class) { value } else { &[] };
            sink(&[u8::from(class == Class::Hidden)]);
            for counted in [key, value] {
                sink(&(counted.len().min(MAX_FULL) as u16).to_be_bytes());
                sink(counted);
            }
        }
    }

    /// Reads the encoding that stands in a header (M20–M24).
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let malformed = || {
            Error::new(Kind::Malformed, "the context in the header is malformed; this is no intact message")
        };
        let mut context = Self::new();
        let mut rest = bytes;
        while let Some((class, after)) = rest.split_first() {
            let (key, after) = counted(after).ok_or_else(malformed)?;
            let (value, after) = counted(after).ok_or_else(malformed)?;
            let class = match class {
                0 => Class::Stored,
                1 if value.is_empty() => Class::Hidden,
                _ => return Err(malformed()),
            };
            let ascending = context.0.last_key_value().is_none_or(|(last, _)| last.as_slice() < key);
            if !ascending || key.is_empty() || context.len() == MAX_PAIRS {
                return Err(malformed());
            }
            context.0.insert(key.to_vec(), (class, value.to_vec()));
            rest = after;
        }
        Ok(context)
    }

    /// The full context of a message whose header holds `self`, given what the caller knows (M25, M26): every given
    /// pair must be there and equal, every hidden value must be given, and with `every` each stored pair too.
    pub(super) fn completed(&self, given: &Self, every: bool) -> Result<Self, Rejected> {
        if given.0.keys().any(|key| !self.0.contains_key(key)) {
            return Err(Rejected);
        }
        let mut full = self.clone();
        for (key, (class, value)) in &mut full.0 {
            match (given.0.get(key), *class) {
                (Some((_, known)), Class::Hidden) => value.extend_from_slice(known),
                (Some((_, known)), Class::Stored) if bool::from(known.as_slice().ct_eq(value)) => {}
                (None, Class::Stored) if !every => {}
                _ => return Err(Rejected),
            }
        }
        if full.full().len() > MAX_FULL { Err(Rejected) } else { Ok(full) }
    }
}

/// A u16 length and as many bytes; gives them and what follows.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({} pairs)", self.len())
    }
}
