//! What is remembered of a version and of its use; and how it is encoded.
//!
//! Records are numbered fields; one with fields of a newer release may be used, not rewritten.

use alloc::vec::Vec;

use super::{
    KeyId, Number, Time, VersionState,
    record::{number, refuse_newer},
};
use crate::{
    error::Result,
    field::{Reader, Writer, malformed},
};

/// A version of a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Version {
    /// The key it belongs to.
    pub key: KeyId,
    /// Its number.
    pub number: Number,
    /// Its state.
    pub state: VersionState,
    /// When it was made.
    pub created: Time,
    /// When it became primary.
    pub activated: Option<Time>,
    /// When another became primary.
    pub deactivated: Option<Time>,
    /// When its compromise was learnt.
    pub compromised: Option<Time>,
    /// When destruction is due, while scheduled.
    pub destroy_at: Option<Time>,
    /// When destruction was first seen due.
    pub due_seen: Option<Time>,
    /// When its material was erased.
    pub destroyed: Option<Time>,
    /// By which a restored version is recognised.
    pub check_value: [u8; 8],
    /// The public half of an SM2 version: 04 ‖ x ‖ y.
    pub public: Option<[u8; 65]>,
    /// Its secret, wrapped under the store's master secret, or where it lives inside a device; gone when destroyed.
    pub material: Option<Vec<u8>>,
    pub(super) newer: bool,
}

/// How much of a version's limits is reserved, an over-count at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Messages, tokens, signatures or MACs.
    pub messages: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Version {
    /// The name of its row: key id ‖ number.
    #[must_use]
    pub fn row_name(key: &KeyId, number: Number) -> Vec<u8> {
        [&key.as_bytes()[..], &number.get().to_be_bytes()].concat()
    }

    /// The record's bytes.
    ///
    /// # Errors
    /// [`ReadOnly`](crate::Kind::ReadOnly) for a record of a newer release.
    pub fn encode(&self) -> Result<Vec<u8>> {
        refuse_newer(self.newer)?;
        let mut out = Writer::default();
        out.bytes(1, self.key.as_bytes());
        out.number(2, self.number.get().into());
        out.bytes(3, &[self.state as u8]);
        out.number(4, self.created.0);
        out.optional_number(5, self.activated.map(|time| time.0));
        out.optional_number(6, self.deactivated.map(|time| time.0));
        out.optional_number(7, self.compromised.map(|time| time.0));
        out.optional_number(8, self.destroy_at.map(|time| time.0));
        out.optional_number(9, self.due_seen.map(|time| time.0));
        out.optional_number(10, self.destroyed.map(|time| time.0));
        out.bytes(11, &self.check_value);
        if let Some(public) = &self.public {
            out.bytes(12, public);
        }
        if let Some(material) = &self.material {
            out.bytes(13, material);
        }
        Ok(out.finish())
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Malformed`](crate::Kind::Malformed) for bytes that are none.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        Ok(Self {
            key: KeyId::from_bytes(from.array(1)?),
            number: number(from.number(2)?)?,
            state: {
                let [state] = from.array(3)?;
                VersionState::ALL.into_iter().find(|known| *known as u8 == state).ok_or_else(malformed)?
            },
            created: Time(from.number(4)?),
            activated: from.optional_number(5)?.map(Time),
            deactivated: from.optional_number(6)?.map(Time),
            compromised: from.optional_number(7)?.map(Time),
            destroy_at: from.optional_number(8)?.map(Time),
            due_seen: from.optional_number(9)?.map(Time),
            destroyed: from.optional_number(10)?.map(Time),
            check_value: from.array(11)?,
            public: from.optional_array(12)?,
            material: from.optional(13)?.map(<[u8]>::to_vec),
            newer: from.finish()?,
        })
    }
}

impl Usage {
    /// The record's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.number(1, self.messages);
        out.number(2, self.bytes);
        out.finish()
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Malformed`](crate::Kind::Malformed) for bytes that are none.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let usage = Self { messages: from.number(1)?, bytes: from.number(2)? };
        from.finish()?;
        Ok(usage)
    }
}

impl core::fmt::Debug for Version {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Version({}:{} {})", self.key, self.number, self.state)
    }
}
