//! Writers of [`SignedData`](super::SignedData): who signs a content, and in which way.
//!
//! Knows no recipient.

use alloc::{collections::BTreeSet, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;

use super::{
    super::{
        Certificate,
        der::{OCTET_STRING, SEQUENCE, SET, element, number},
    },
    Dialect,
    content::{self, Content, FIRST, SECOND, set_of},
    holder::Holder,
    numbers,
    signer::MAX_SIGNERS,
    signer_info::{self, Manner},
};
use crate::{
    algo::sm2::{DEFAULT_USER_ID, PrivateKey},
    error::{Error, Kind, Result},
};

/// Who signs a message, and how it is written.
#[derive(Clone, Debug)]
pub struct Signers<'a> {
    signers: Vec<Signing<'a>>,
    certificates: Vec<&'a [u8]>,
    lists: Vec<&'a [u8]>,
    pub(super) dialect: Dialect,
    user_id: &'a [u8],
    attributes: bool,
    pub(super) detached: bool,
}

/// One who signs; the key prints nothing of itself.
#[derive(Clone, Copy)]
struct Signing<'a> {
    holder: &'a Holder,
    key: &'a PrivateKey,
}

impl<'a> Signers<'a> {
    /// One signer, with the default user id; the content goes along and is what is signed.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) when the key is not the one of the certificate.
    pub fn new(holder: &'a Holder, key: &'a PrivateKey) -> Result<Self> {
        let none = Self {
            signers: Vec::new(),
            certificates: Vec::new(),
            lists: Vec::new(),
            dialect: Dialect::Standard,
            user_id: DEFAULT_USER_ID,
            attributes: false,
            detached: false,
        };
        none.and(holder, key)
    }

    /// And another.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`TooLarge`](Kind::TooLarge) past [`MAX_SIGNERS`].
    pub fn and(mut self, holder: &'a Holder, key: &'a PrivateKey) -> Result<Self> {
        holder.owns(key)?;
        if self.signers.len() == MAX_SIGNERS {
            return Err(Error::new(Kind::TooLarge, "a message has at most 64 signers; make another"));
        }
        self.signers.push(Signing { holder, key });
        Ok(self)
    }

    /// A certificate in DER to go along beside those of the signers, such as their issuer's.
    #[must_use]
    pub fn certificate(mut self, der: &'a [u8]) -> Self {
        self.certificates.push(der);
        self
    }

    /// A revocation list in DER to go along.
    #[must_use]
    pub fn revocation_list(mut self, der: &'a [u8]) -> Self {
        self.lists.push(der);
        self
    }

    /// Under another user id, for all signers; OpenSSL reads the empty one.
    #[must_use]
    pub fn user_id(self, user_id: &'a [u8]) -> Self {
        Self { user_id, ..self }
    }

    /// Under other numbers.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for a dialect that is only read.
    pub fn dialect(self, dialect: Dialect) -> Result<Self> {
        Ok(Self { dialect: content::written(dialect)?, ..self })
    }

    /// Signs attributes that name the content and its digest, rather than the content.
    #[must_use]
    pub fn with_attributes(self) -> Self {
        Self { attributes: true, ..self }
    }

    /// The content stays elsewhere.
    #[must_use]
    pub fn detached(self) -> Self {
        Self { detached: true, ..self }
    }

    /// Signs; gives the message in DER.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for a user id of more than 8,191 bytes; and for a content that reads as signed
    /// attributes when it is to be signed without any.
    pub fn sign(&self, content: &[u8], rng: &mut (impl CryptoRng + ?Sized)) -> Result<Vec<u8>> {
        let (certificates, infos) = self.signatures(content, rng)?;
        let id = Content::Data.id(self.dialect);
        let info = if self.detached {
            element(SEQUENCE, &[&id])
        } else {
            element(SEQUENCE, &[&id, &element(FIRST, &[&element(OCTET_STRING, &[content])])])
        };
        let body = [&number(1)[..], &numbers::digests(), &info, &certificates, &infos];
        Ok(content::wrap(Content::Signed, self.dialect, &body))
    }

    /// Certificates and revocation lists, as far as there are any; and the SignerInfos.
    pub(super) fn signatures(
        &self,
        content: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Vec<u8>, Vec<u8>)> {
        let manner = Manner { dialect: self.dialect, user_id: self.user_id, attributes: self.attributes };
        let infos = self.signers.iter().map(|Signing { holder, key }| {
            signer_info::sign(content, (holder.identifier(), key), manner, rng)
        });
        let infos = set_of(SET, infos.collect::<Result<_>>()?);
        let own = self.signers.iter().filter_map(|signing| signing.holder.certificate());
        let certificates = own.map(Certificate::as_der).chain(self.certificates.iter().copied());
        let mut brought = any_of(FIRST, certificates);
        brought.extend(any_of(SECOND, self.lists.iter().copied()));
        Ok((brought, infos))
    }
}

/// A SET under this tag, each element once, or nothing where there is none.
fn any_of<'a>(tag: u8, elements: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let all: BTreeSet<&[u8]> = elements.collect();
    if all.is_empty() { Vec::new() } else { set_of(tag, all.into_iter().map(<[u8]>::to_vec).collect()) }
}

impl fmt::Debug for Signing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.holder.fmt(f)
    }
}
