//! SignerInfo (GM/T 0010-2012 §8.2): one signature, who made it, and over what.
//!
//! Knows no certificate, only the key it is given.

use alloc::vec::Vec;
use core::cell::OnceCell;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{
    super::{
        der::{OCTET_STRING, Reader, SEQUENCE, SET, element, header, number},
        oid,
    },
    Dialect,
    attributes::{self, Attributes},
    content::{Content, FIRST, SECOND, strict},
    holder::Identifier,
    numbers::{self, SM2, SM2_1, SM3},
};
use crate::{
    algo::{
        sm2::{MAX_USER_ID, MessageDigest, PrivateKey, PublicKey, Signature},
        sm3,
    },
    error::{Error, Kind, Rejected, Result},
    secret::reveal,
};

/// One signature of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignerInfo<'a> {
    pub(super) identifier: Identifier<'a>,
    pub(super) attributes: Option<Attributes<'a>>,
    algorithm: &'a [u8],
    signature: &'a [u8],
}

/// What is signed, and how GmSSL has it.
pub(super) struct Subject<'a> {
    content: &'a [u8],
    /// The object identifier of its kind.
    content_type: &'a [u8],
    dialect: Dialect,
    digest: OnceCell<[u8; 32]>,
    /// The parts of GmSSL's ContentInfo, where there can be one.
    whole: Option<Vec<&'a [u8]>>,
    whole_digest: OnceCell<[u8; 32]>,
    is_enveloped: bool,
}

impl<'a> SignerInfo<'a> {
    pub(super) fn read(body: &mut Reader<'a>) -> Result<Self> {
        let mut body = strict(body.sequence())?;
        let version = strict(body.number())?;
        let identifier = strict(Identifier::read(&mut body))?;
        match (version, identifier) {
            (1, Identifier::IssuerAndSerial { .. }) | (3, Identifier::KeyIdentifier(_)) => {}
            _ => return Err(unknown_version()),
        }
        numbers::read(&mut body, &[SM3])?;
        let attributes = strict(body.take_if(FIRST))?;
        let attributes =
            attributes.map(|content| Attributes::read(content).map_err(misshapen)).transpose()?;
        let algorithm = numbers::read(&mut body, &[SM2_1, oid::SM2_WITH_SM3, SM2])?;
        let signature = strict(body.take(OCTET_STRING))?;
        // Unsigned attributes say nothing that anybody vouches for.
        strict(body.take_if(SECOND).and_then(|_| body.end()))?;
        Ok(Self { identifier, attributes, algorithm, signature })
    }

    /// Verifies the signature under this key, and says in which way it was made.
    pub(super) fn verify(
        &self,
        subject: &Subject<'_>,
        key: &PublicKey,
        user_id: &[u8],
    ) -> Result<Dialect, Rejected> {
        let signature = Signature::from_der(self.signature)?;
        let digest = MessageDigest::new(key, user_id).map_err(|_: Error| Rejected)?;
        if let Some(attributes) = &self.attributes {
            key.verify_digest(&of_attributes(digest, attributes.content), &signature)?;
            let names_it = attributes.content_type == subject.content_type
                && reveal(attributes.digest.ct_eq(subject.digest()));
            return if names_it { Ok(subject.dialect) } else { Err(Rejected) };
        }
        let dialect = match key.verify_digest(&of_content(digest, subject.content), &signature) {
            Ok(()) => subject.dialect,
            Err(Rejected) => {
                let whole = subject.whole_digest().filter(|_| self.algorithm == oid::SM2_WITH_SM3);
                key.verify_digest(whole.ok_or(Rejected)?, &signature)?;
                // Somebody may have moved it here from a SignedData; told no earlier, or the time would tell a text.
                if subject.is_enveloped && is_octet_string(subject.content) {
                    return Err(Rejected);
                }
                Dialect::GmSsl
            }
        };
        // Somebody may have taken the attributes of a signature for its content.
        if attributes::resembled_by(subject.content) { Err(Rejected) } else { Ok(dialect) }
    }
}

impl<'a> Subject<'a> {
    /// `info` is the ContentInfo as it came, if the content is in it.
    pub(super) fn new(
        content: &'a [u8],
        content_type: &'a [u8],
        dialect: Dialect,
        info: Option<&'a [u8]>,
    ) -> Self {
        let whole = info.filter(|_| dialect == Dialect::Standard).map(|info| [info].into());
        Self {
            content,
            content_type,
            dialect,
            digest: OnceCell::new(),
            whole,
            whole_digest: OnceCell::new(),
            is_enveloped: false,
        }
    }

    /// `prefix` is what GmSSL puts before an enveloped content.
    pub(super) fn enveloped(
        content: &'a [u8],
        content_type: &'a [u8],
        dialect: Dialect,
        prefix: &'a [u8],
    ) -> Self {
        let whole = (dialect == Dialect::Standard).then(|| [prefix, content].into());
        Self { whole, is_enveloped: true, ..Self::new(content, content_type, dialect, None) }
    }

    fn digest(&self) -> &[u8; 32] {
        self.digest.get_or_init(|| sm3::digest(self.content))
    }

    fn whole_digest(&self) -> Option<&[u8; 32]> {
        let whole = self.whole.as_ref()?;
        Some(self.whole_digest.get_or_init(|| sm3::digest_parts(whole)))
    }
}

/// How a signature is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner<'a> {
    pub(super) dialect: Dialect,
    pub(super) user_id: &'a [u8],
    pub(super) attributes: bool,
}

/// Signs a content as this signer; gives the SignerInfo.
pub(super) fn sign(
    content: &[u8],
    signer: (Identifier<'_>, &PrivateKey),
    manner: Manner<'_>,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<u8>> {
    let (identifier, key) = signer;
    let digest = MessageDigest::new(key.public_key(), manner.user_id)?;
    let (digest, attributes) = if manner.attributes {
        let set = attributes::write(&Content::Data.id(manner.dialect), &sm3::digest(content));
        let content = Reader::new(&set).take(SET).map_err(|Rejected| internal())?;
        (of_attributes(digest, content), element(FIRST, &[content]))
    } else {
        if attributes::resembled_by(content) {
            return Err(Error::new(
                Kind::Invalid,
                "this content reads as the signed attributes of another message; sign it with attributes of its own",
            ));
        }
        (of_content(digest, content), Vec::new())
    };
    let (signature, len) = key.sign_digest(&digest, rng).to_der();
    Ok(element(
        SEQUENCE,
        &[
            &number(1),
            &identifier.write(),
            &numbers::write(SM3),
            &attributes,
            &numbers::write(SM2_1),
            &element(OCTET_STRING, &[&signature[..len]]),
        ],
    ))
}

/// That there can be such a user id.
pub(super) fn checked(user_id: &[u8]) -> Result<()> {
    if user_id.len() <= MAX_USER_ID {
        return Ok(());
    }
    Err(Error::new(
        Kind::Invalid,
        "an SM2 user id has at most 8,191 bytes; give the one that was signed with",
    ))
}

/// `SM3(ZA ‖ content)`
fn of_content(mut digest: MessageDigest, content: &[u8]) -> [u8; 32] {
    digest.update(content);
    digest.finalize()
}

/// `SM3(ZA ‖ SET OF Attribute)`: signed under the tag of a SET, sent under that of the field.
fn of_attributes(mut digest: MessageDigest, content: &[u8]) -> [u8; 32] {
    digest.update(&header(SET, content.len()));
    digest.update(content);
    digest.finalize()
}

/// Whether GmSSL would have signed the same of what is in it, in a SignedData.
fn is_octet_string(content: &[u8]) -> bool {
    let mut body = Reader::new(content);
    body.take(OCTET_STRING).and_then(|_| body.end()).is_ok()
}

pub(super) fn unknown_version() -> Error {
    Error::new(
        Kind::Unsupported,
        "the message has a version that is not known here; ask the sender for the syntax of GM/T 0010-2012",
    )
}

fn misshapen(_: Rejected) -> Error {
    Error::new(
        Kind::Malformed,
        "signed attributes are read in the order of DER, each type once, with contentType and messageDigest; \
         ask the sender for such",
    )
}

const fn internal() -> Error {
    Error::new(Kind::Internal, "signed attributes could not be written; please report it")
}
