//! Certificates, requests, revocation lists, messages and stores, recognised by their outermost structure.
//!
//! Verifies nothing and reads no further than it takes to name them; other modules do.

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::{
    Found, Oddity, algorithm,
    ber::{Element, NULL, OID, SEQUENCE, note, tags},
    keys,
};
use crate::{algo::sm2::PublicKey, pki::oid::name};

/// What holds keys or signatures among other things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub sort: DocumentSort,
    /// The algorithm that signed it, or the type of a message.
    pub algorithm: Option<String>,
    /// The SM2 public key of a certificate or request.
    pub public: Option<PublicKey>,
}

/// Kinds of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DocumentSort {
    /// X.509.
    Certificate,
    /// PKCS#10.
    Request,
    /// A list of revoked certificates.
    RevocationList,
    /// CMS, PKCS#7, GM/T 0010 or GB/T 35275.
    Message,
    /// PKCS#12.
    Store,
    /// The names of curves or other parameters alone.
    Parameters,
}

impl DocumentSort {
    /// The word for programs; it stays the same from release to release.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Request => "request",
            Self::RevocationList => "revocation-list",
            Self::Message => "message",
            Self::Store => "pkcs12",
            Self::Parameters => "parameters",
        }
    }

    /// Whether PEM has this label around it.
    pub(super) fn has_label(self, label: &str) -> bool {
        match self {
            Self::Certificate => matches!(label, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE"),
            Self::Request => matches!(label, "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST"),
            Self::RevocationList => matches!(label, "X509 CRL" | "CRL"),
            Self::Message => matches!(label, "CMS" | "PKCS7" | "PKCS #7 SIGNED DATA"),
            Self::Store => label == "PKCS12",
            Self::Parameters => label.ends_with("PARAMETERS"),
        }
    }
}

impl fmt::Display for DocumentSort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "X.509 certificate",
            Self::Request => "certificate request (PKCS#10)",
            Self::RevocationList => "certificate revocation list",
            Self::Message => "cryptographic message (CMS, PKCS#7 or GM/T 0010)",
            Self::Store => "PKCS#12 store",
            Self::Parameters => "parameters of a curve, and no key",
        })
    }
}

/// { body, algorithm, signature }.
pub(super) fn signed(parts: &[Element<'_>], notes: &mut Vec<Oddity>) -> Option<Found> {
    let [body, algorithm, _] = parts else { return None };
    let body = body.inside(notes)?;
    let (sort, inside, key) = match (tags(&body).as_slice(), body.as_slice()) {
        ([0x02, 0x30, 0x30] | [0x02, 0x30, 0x30, 0xa0], [_, _, key, ..]) => {
            (DocumentSort::Request, None, Some(key))
        }
        ([0xa0, 0x02, 0x30, 0x30, 0x30, 0x30, 0x30, ..], [_, _, inside, _, _, _, key, ..])
        | ([0x02, 0x30, 0x30, 0x30, 0x30, 0x30, ..], [_, inside, _, _, _, key, ..]) => {
            (DocumentSort::Certificate, Some(inside), Some(key))
        }
        ([0x02, 0x30, 0x30, 0x17 | 0x18, ..], [_, inside, ..])
        | ([0x30, 0x30, 0x17 | 0x18, ..], [inside, ..]) => (DocumentSort::RevocationList, Some(inside), None),
        _ => return None,
    };
    if inside.is_some_and(|inside| inside.whole != algorithm.whole) {
        note(notes, Oddity::AlgorithmsDiffer);
    }
    let public = key.and_then(|key| match keys::spki(&key.inside(notes)?, notes) {
        Some(Found::PublicKey(_, public)) => Some(public),
        _ => None,
    });
    let algorithm = signature_algorithm(algorithm, notes);
    Some(Found::Document(Document { sort, algorithm, public }))
}

/// The name of what signed it; SM2 with SM3 has no parameters.
fn signature_algorithm(element: &Element<'_>, notes: &mut Vec<Oddity>) -> Option<String> {
    let parts = element.inside(notes)?;
    let (id, parameters) = parts.split_first().filter(|(id, _)| id.tag == OID)?;
    let is_sm2 = id.content == algorithm::SM2_SM3;
    if is_sm2 && parameters.iter().any(|parameter| parameter.tag == NULL) {
        note(notes, Oddity::SuperfluousNull);
    }
    Some(name(id.content))
}

/// ContentInfo { type, [0] content }.
pub(super) fn message(parts: &[Element<'_>]) -> Option<Found> {
    let algorithm = parts.first().map(|id| name(id.content));
    Some(Found::Document(Document { sort: DocumentSort::Message, algorithm, public: None }))
}

/// PFX { 3, ContentInfo, MacData }.
pub(super) fn store(parts: &[Element<'_>]) -> Option<Found> {
    let is_pfx = matches!(parts, [version, content, ..]
        if version.content == [3] && content.tag == SEQUENCE && content.content.first() == Some(&OID));
    is_pfx.then_some(Found::Document(Document { sort: DocumentSort::Store, algorithm: None, public: None }))
}

/// A curve alone, by its name or its numbers.
pub(super) fn parameters(element: &Element<'_>, notes: &mut Vec<Oddity>) -> Option<Found> {
    let algorithm = match element.tag {
        OID => name(element.content),
        _ => match algorithm::domain(element, notes)? {
            Ok(_) => name(algorithm::SM2_CURVE),
            Err(fault) => alloc::format!("none of ours: {fault}"),
        },
    };
    let sort = DocumentSort::Parameters;
    Some(Found::Document(Document { sort, algorithm: Some(algorithm), public: None }))
}
