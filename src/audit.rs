//! The audit chain (审计): one entry an event, each carrying the SM3 of the one before.
//!
//! Knows entries and their order; where they are kept, and who signs what was seen, is decided above.

use alloc::{string::String, vec::Vec};

use crate::{
    algo::sm3,
    error::{Error, Kind, Result},
    field::{Reader, Writer, malformed},
    key::{KeyId, Number, Principal, Time},
    label,
    policy::Action,
};

/// What happened. It never holds a secret, a plaintext or a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub time: Time,
    /// Who.
    pub principal: Principal,
    /// What.
    pub action: Action,
    /// To which key.
    pub key: Option<KeyId>,
    /// To which of its versions.
    pub version: Option<Number>,
    /// 0 for success, otherwise the number of the [`Kind`].
    pub outcome: u8,
    /// How often: 1 for a management operation, more for counted data operations.
    pub count: u64,
    /// A few words: an alias, a state, a file's name.
    pub detail: String,
}

/// An event in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place, from 1, without gaps.
    pub sequence: u64,
    /// The digest of the entry before; zeros for the first.
    pub previous: [u8; 32],
    /// What happened.
    pub event: Event,
}

/// Where a chain ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The place of the last entry, 0 before the first.
    pub sequence: u64,
    /// Its digest.
    pub digest: [u8; 32],
}

impl Chain {
    /// Puts an event at the end.
    #[must_use]
    pub fn append(&mut self, event: Event) -> Entry {
        let entry = Entry { sequence: self.sequence + 1, previous: self.digest, event };
        *self = Self { sequence: entry.sequence, digest: entry.digest() };
        entry
    }

    /// Follows the chain by one entry.
    ///
    /// # Errors
    /// [`Corrupt`](Kind::Corrupt) for an edit, a gap or another order.
    pub fn follow(&mut self, entry: &Entry) -> Result<()> {
        if entry.sequence != self.sequence + 1 || entry.previous != self.digest {
            return Err(Error::new(
                Kind::Corrupt,
                "the audit chain is broken here: an entry was edited, removed or moved",
            )
            .about(format_args!("entry {}", entry.sequence)));
        }
        *self = Self { sequence: entry.sequence, digest: entry.digest() };
        Ok(())
    }
}

impl Entry {
    /// `SM3(label ‖ encoding)`, which the next entry carries.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sm3::digest_parts(&[label::AUDIT, &self.encode()])
    }

    /// The entry's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let event = &self.event;
        let mut out = Writer::default();
        out.number(1, self.sequence);
        out.bytes(2, &self.previous);
        out.number(3, event.time.0);
        out.bytes(4, event.principal.as_str().as_bytes());
        out.bytes(5, &[event.action.number(), event.outcome]);
        if let Some(key) = &event.key {
            out.bytes(6, key.as_bytes());
        }
        out.optional_number(7, event.version.map(|version| version.get().into()));
        out.number(8, event.count);
        out.bytes(9, event.detail.as_bytes());
        out.finish()
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed) for bytes that are none; [`Unsupported`](Kind::Unsupported) for one of a newer
    /// release.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let (sequence, previous) = (from.number(1)?, from.array(2)?);
        let time = Time(from.number(3)?);
        let principal = Principal::parse(&from.text(4)?)?;
        let [action, outcome] = from.array(5)?;
        let newer =
            || Error::new(Kind::Unsupported, "an audit entry of a newer release; read it with that release");
        let event = Event {
            time,
            principal,
            action: Action::from_number(action).ok_or_else(newer)?,
            key: from.optional_array(6)?.map(KeyId::from_bytes),
            version: from
                .optional_number(7)?
                .map(|number| u32::try_from(number).ok().and_then(Number::new).ok_or_else(malformed))
                .transpose()?,
            outcome,
            count: from.number(8)?,
            detail: from.text(9)?,
        };
        if from.finish()? { Err(newer()) } else { Ok(Self { sequence, previous, event }) }
    }
}
