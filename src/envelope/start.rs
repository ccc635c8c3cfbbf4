//! What stands before the first frame: making it, and going through it with a key in hand (M91–M97).
//!
//! Knows headers, slots and derivations; no frame and no file.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{
    Entry, FileKey, Header, HeaderDigest, Opener, Options, Signed, Suite,
    body::Body,
    keys::{BodyKeys, Derived},
    slot::{self, Slot},
};
use crate::{
    error::{Error, Kind, Rejected, Result},
    secret::{Secret, reveal},
};

/// A message begun: `H ‖ R` to be written, and the cipher of its frames.
pub(super) struct Begun {
    pub(super) bytes: Vec<u8>,
    pub(super) header: Header,
    pub(super) body: Body,
}

pub(super) fn begin(options: &Options<'_>, rng: &mut dyn CryptoRng) -> Result<Begun> {
    let file_key = Secret::random(rng);
    let mut header = Header {
        suite: options.suite,
        frame_log2: options.frame_log2,
        context: options.context.clone(),
        signer: options.signer.as_ref().map(|signer| signer.public_key().key_identifier()),
        salt: [0; 32],
        commitment: [0; 32],
    };
    rng.fill_bytes(&mut header.salt);
    let derived = Derived::new(&file_key, &header, &options.context);
    header.commitment = derived.commitment()?;
    let digest = header.digest();
    let mut entries = Vec::with_capacity(options.recipients.len());
    for recipient in &options.recipients {
        entries.push(recipient.wrap(&file_key, &digest, rng)?);
    }
    slot::distinct(&entries)?;
    let len = Slot::len_for(&entries, options.spare)?;
    let slot = Slot { generation: 1, entries }
        .encode(len)
        .ok_or(Error::new(Kind::Internal, "the recipients do not fit the slot made for them"))?;
    let mut bytes = header.encode();
    bytes.extend_from_slice(&(len as u16).to_be_bytes());
    bytes.extend_from_slice(&slot);
    bytes.extend_from_slice(&slot);
    let body = cipher(&derived, header.suite)?;
    Ok(Begun { bytes, header, body })
}

/// The cipher of a message's frames, after an entry was opened and the commitment compared.
pub(super) fn enter(header: &Header, slot: &Slot, opener: &Opener<'_>) -> Result<Body> {
    if let Some(signer) = opener.signer
        && header.signer != Some(signer.key_identifier())
    {
        return Err(Rejected.into());
    }
    let full = header.context.completed(&opener.context, opener.every_pair)?;
    let file_key = find(&slot.entries, &header.digest(), opener)?;
    let derived = Derived::new(&file_key, header, &full);
    if !reveal(derived.commitment()?.ct_eq(&header.commitment)) {
        return Err(Rejected.into());
    }
    cipher(&derived, header.suite)
}

fn cipher(derived: &Derived, suite: Suite) -> Result<Body> {
    let mut keys = BodyKeys::default();
    derived.body_keys(&mut keys)?;
    Ok(Body::new(suite, &keys))
}

/// Asks every identity for every entry, passphrases last (M93).
fn find(entries: &[Entry], digest: &HeaderDigest, opener: &Opener<'_>) -> Result<FileKey> {
    let is_passphrase = |entry: &&Entry| matches!(entry, Entry::Passphrase { .. });
    let ordered =
        entries.iter().filter(|entry| !is_passphrase(entry)).chain(entries.iter().filter(is_passphrase));
    let mut failure = None;
    for entry in ordered {
        for identity in &opener.identities {
            match identity.unwrap(entry, digest) {
                Some(Ok(file_key)) => return Ok(file_key),
                Some(Err(error)) => failure = failure.or(Some(error)),
                None => {}
            }
        }
    }
    Err(failure.unwrap_or_else(|| {
        Error::new(
            Kind::Missing,
            "the message is not for any of the keys given; `inspect` lists its recipients",
        )
    }))
}

/// What is known of the signature before the trailer was read.
pub(super) fn unread_signature(header: &Header) -> Signed {
    header.signer.map_or(Signed::No, Signed::Unchecked)
}
