//! Signers of a message, each with what came of its signature.
//!
//! Finds the holders whom signers name among those it is given, and no others.

use alloc::vec::Vec;

use super::{
    super::{
        Certificate,
        der::{Reader, SEQUENCE, SET},
    },
    Dialect,
    content::{FIRST, SECOND, strict},
    holder::{Directory, Holder, Identifier},
    signer_info::{SignerInfo, Subject},
};
use crate::error::{Error, Kind, Rejected, Result};

/// The most signers of one message that are verified: each costs a digest of the content.
pub const MAX_SIGNERS: usize = 64;

/// One signer of a message, and what came of the signature.
#[derive(Debug)]
pub struct Signer<'a> {
    info: SignerInfo<'a>,
    holder: Option<Holder>,
    outcome: Result<Dialect>,
}

impl<'a> Signer<'a> {
    /// How the message names the signer.
    #[must_use]
    pub const fn identifier(&self) -> Identifier<'a> {
        self.info.identifier
    }

    /// Whose key it was held against; whether that certificate is to be believed is another question.
    #[must_use]
    pub const fn holder(&self) -> Option<&Holder> {
        self.holder.as_ref()
    }

    /// The content of the SET of signed attributes in DER, if there are any.
    #[must_use]
    pub fn attributes(&self) -> Option<&'a [u8]> {
        self.info.attributes.map(|attributes| attributes.content)
    }

    /// In which way the signature was made, where it verifies.
    ///
    /// # Errors
    /// [`Rejected`](Kind::Rejected) where it does not verify under the key of [`holder`](Self::holder),
    /// [`Missing`](Kind::Missing) where this signer is none of the holders that were given.
    pub const fn outcome(&self) -> Result<Dialect, &Error> {
        match &self.outcome {
            Ok(dialect) => Ok(*dialect),
            Err(error) => Err(error),
        }
    }
}

/// What stands at the end of a signed message: certificates, revocation lists and signatures.
#[derive(Clone, Debug)]
pub(super) struct Signatures<'a> {
    pub(super) certificates: Vec<&'a [u8]>,
    pub(super) lists: Vec<&'a [u8]>,
    pub(super) infos: Vec<SignerInfo<'a>>,
}

impl<'a> Signatures<'a> {
    /// [0] IMPLICIT certificates, [1] IMPLICIT crls, signerInfos, and the end.
    pub(super) fn read(mut body: Reader<'a>) -> Result<Self> {
        let certificates = sequences(&mut body, FIRST)?;
        let lists = sequences(&mut body, SECOND)?;
        let mut set = Reader::new(strict(body.take(SET))?);
        strict(body.end())?;
        let mut infos = Vec::new();
        while !set.is_empty() {
            if infos.len() == MAX_SIGNERS {
                return Err(Error::new(
                    Kind::TooLarge,
                    "a message with more than 64 signers is not read; ask for less",
                ));
            }
            infos.push(SignerInfo::read(&mut set)?);
        }
        Ok(Self { certificates, lists, infos })
    }

    /// How the message names its signers.
    pub(super) fn identifiers(&self) -> impl ExactSizeIterator<Item = Identifier<'a>> + '_ {
        self.infos.iter().map(|info| info.identifier)
    }

    /// The holders of the certificates that the message brings.
    pub(super) fn holders(&self) -> Vec<Holder> {
        // Of another algorithm a certificate may lie here too; it is nobody's who signs with SM2.
        let holder = |der: &&[u8]| Holder::of(&Certificate::from_der(der).ok()?).ok();
        self.certificates.iter().filter_map(holder).collect()
    }

    /// Every signature against the key of whom it names among `known`.
    pub(super) fn verify(&self, subject: &Subject<'_>, user_id: &[u8], known: &[Holder]) -> Vec<Signer<'a>> {
        let directory = Directory::new(known);
        let each = self.infos.iter().map(|info| {
            let holder = directory.find(info.identifier);
            let outcome = holder.ok_or_else(missing).and_then(|holder| {
                info.verify(subject, holder.public_key(), user_id).map_err(|Rejected| rejected())
            });
            Signer { info: *info, holder: holder.cloned(), outcome }
        });
        each.collect()
    }
}

/// That there is a signature, and that every one verifies; gives the dialect of the message and of its signatures together.
pub(super) fn proven(message: Dialect, signers: &mut Vec<Signer<'_>>) -> Result<Dialect> {
    all_verify(signers)?;
    let mut own = signers.iter().filter_map(|signer| signer.outcome().ok());
    Ok(own.find(|dialect| *dialect != message).unwrap_or(message))
}

fn all_verify(signers: &mut Vec<Signer<'_>>) -> Result<()> {
    if signers.is_empty() {
        return Err(Error::new(Kind::Missing, "nobody signed this message; it carries certificates at most"));
    }
    match signers.iter().position(|signer| signer.outcome.is_err()) {
        Some(at) => signers.swap_remove(at).outcome.map(|_| ()),
        None => Ok(()),
    }
}

/// Those that verify, at least one; of none the first failure.
pub(super) fn some_verify<'a>(signers: Vec<Signer<'a>>) -> Result<Vec<Signer<'a>>> {
    let (good, mut bad): (Vec<_>, Vec<_>) = signers.into_iter().partition(|signer| signer.outcome.is_ok());
    if good.is_empty() { all_verify(&mut bad).map(|()| good) } else { Ok(good) }
}

/// The elements under an optional tag that are SEQUENCEs; certificates of other kinds have tags of their own.
fn sequences<'a>(body: &mut Reader<'a>, tag: u8) -> Result<Vec<&'a [u8]>> {
    let mut all = Reader::new(strict(body.take_if(tag))?.unwrap_or_default());
    let mut found = Vec::new();
    while !all.is_empty() {
        let (whole, _) = strict(all.any())?;
        if whole.first() == Some(&SEQUENCE) {
            found.push(whole);
        }
    }
    Ok(found)
}

const fn missing() -> Error {
    Error::new(
        Kind::Missing,
        "a signer is none of the holders that were given; give the holder of the certificate that it names",
    )
}

pub(super) const fn rejected() -> Error {
    Error::new(
        Kind::Rejected,
        "a signature does not verify: another key or user id, or altered bytes; check both, then treat it as altered",
    )
}
