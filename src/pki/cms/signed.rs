//! `SignedData` (签名数据): GM/T 0010-2012 §8, a content with any number of signatures, or the signatures alone.
//!
//! Knows no trust: a certificate that verified a signature is told, and goes on to whoever verifies chains.

use alloc::vec::Vec;
use core::fmt;

use super::{
    super::der::{OCTET_STRING, OID, Reader, SEQUENCE},
    Dialect,
    content::{self, Content, FIRST, strict},
    holder::{Holder, Identifier},
    numbers,
    signer::{self, Signatures, Signer},
    signer_info::{self, Subject, unknown_version},
};
use crate::error::{Error, Kind, Result};

/// A signed message as it was read; its content is given out when the signatures verify.
///
/// ```
/// use miyao::{
///     algo::sm2::{DEFAULT_USER_ID, PrivateKey},
///     pki::{Name, cms::{Dialect, Holder, SignedData, Signers}},
/// };
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let key = PrivateKey::random(&mut rng);
/// let signer = Holder::new(&Name::parse("CN=issuer")?, &[1], key.public_key())?; // or of a certificate
/// let der = Signers::new(&signer, &key)?.with_attributes().sign(b"content", &mut rng)?;
///
/// let message = SignedData::parse(&der)?;
/// let verified = message.verify(DEFAULT_USER_ID, &[signer])?;
/// assert_eq!((verified.content(), verified.dialect()), (&b"content"[..], Dialect::Standard));
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone)]
pub struct SignedData<'a> {
    dialect: Dialect,
    /// The ContentInfo as it came.
    info: &'a [u8],
    content_type: &'a [u8],
    content: Option<&'a [u8]>,
    signatures: Signatures<'a>,
}

/// A content, and signers whose signatures of it all verify.
pub struct Verified<'a> {
    content: &'a [u8],
    dialect: Dialect,
    signers: Vec<Signer<'a>>,
}

impl<'a> SignedData<'a> {
    /// Reads a signed message in DER.
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed) for anything but strict DER of this syntax, [`Unsupported`](Kind::Unsupported)
    /// for another kind of message, version or algorithm, which the error names, [`TooLarge`](Kind::TooLarge) past
    /// [`MAX_SIGNERS`](super::MAX_SIGNERS).
    pub fn parse(der: &'a [u8]) -> Result<Self> {
        let (mut body, dialect) = content::open(der, Content::Signed)?;
        if !matches!(strict(body.number())?, 1 | 3) {
            return Err(unknown_version());
        }
        numbers::read_digests(&mut body)?;
        let info = strict(body.whole(SEQUENCE))?;
        let mut inner = strict(Reader::sequence_of(info))?;
        let content_type = strict(inner.take(OID))?;
        content::data(content_type)?;
        let content = strict(inner.take_if(FIRST))?.map(|wrapped| {
            let mut wrapped = Reader::new(wrapped);
            let content = wrapped.take(OCTET_STRING)?;
            wrapped.end().map(|()| content)
        });
        let content = strict(content.transpose())?;
        strict(inner.end())?;
        Ok(Self { dialect, info, content_type, content, signatures: Signatures::read(body)? })
    }

    /// Under whose numbers it is written: [`Standard`](Dialect::Standard) or [`Pkcs7`](Dialect::Pkcs7).
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether the content is elsewhere.
    #[must_use]
    pub const fn is_detached(&self) -> bool {
        self.content.is_none()
    }

    /// The certificates that it brings, each in DER, of whichever algorithm; none is verified.
    #[must_use]
    pub fn certificates(&self) -> &[&'a [u8]] {
        &self.signatures.certificates
    }

    /// The holders of those certificates that have a key of SM2. Anybody can bring any: whoever gives them to
    /// [`verify`](Self::verify) asks of each of its signers afterwards whether that certificate is to be believed,
    /// as [`chain`](crate::pki::chain) does.
    #[must_use]
    pub fn unverified_holders(&self) -> Vec<Holder> {
        self.signatures.holders()
    }

    /// The revocation lists that it brings, each in DER; none is verified.
    #[must_use]
    pub fn revocation_lists(&self) -> &[&'a [u8]] {
        &self.signatures.lists
    }

    /// How it names its signers.
    pub fn signers(&self) -> impl ExactSizeIterator<Item = Identifier<'a>> + '_ {
        self.signatures.identifiers()
    }

    /// Verifies every signature under this user id (OpenSSL's is empty, everybody else's the default one): that each
    /// is of one of those who are `known`, and of nobody else. Of two with one name the first counts. Certificates that
    /// the message brings are not looked at, unless [`unverified_holders`](Self::unverified_holders) are given.
    ///
    /// # Errors
    /// [`Rejected`](Kind::Rejected) when one signature does not verify, [`Missing`](Kind::Missing) when there is none
    /// or one is of somebody who is not known, [`Invalid`](Kind::Invalid) for a detached content and for a user id of
    /// more than 8,191 bytes.
    pub fn verify(&self, user_id: &[u8], known: &[Holder]) -> Result<Verified<'a>> {
        let content = self.content.ok_or_else(detached)?;
        self.verified(content, self.verify_each(user_id, known)?)
    }

    /// Verifies every signature of a content that is elsewhere.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), and [`Invalid`](Kind::Invalid) when the message brings its content.
    pub fn verify_detached(
        &self,
        content: &'a [u8],
        user_id: &[u8],
        known: &[Holder],
    ) -> Result<Verified<'a>> {
        self.verified(content, self.verify_each_detached(content, user_id, known)?)
    }

    /// Gives the content where one signature of many is enough, with those signers alone whose signatures verify.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), where no signature verifies.
    pub fn verify_some(&self, user_id: &[u8], known: &[Holder]) -> Result<Verified<'a>> {
        let content = self.content.ok_or_else(detached)?;
        self.verified(content, signer::some_verify(self.verify_each(user_id, known)?)?)
    }

    /// What comes of each signature; the content stays here.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for a detached content and for a user id of more than 8,191 bytes.
    pub fn verify_each(&self, user_id: &[u8], known: &[Holder]) -> Result<Vec<Signer<'a>>> {
        signer_info::checked(user_id)?;
        let content = self.content.ok_or_else(detached)?;
        let subject = Subject::new(content, self.content_type, self.dialect, Some(self.info));
        Ok(self.signatures.verify(&subject, user_id, known))
    }

    /// What comes of each signature of a content that is elsewhere.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) when the message brings its content, and for a user id of more than 8,191 bytes.
    pub fn verify_each_detached(
        &self,
        content: &[u8],
        user_id: &[u8],
        known: &[Holder],
    ) -> Result<Vec<Signer<'a>>> {
        signer_info::checked(user_id)?;
        if self.content.is_some() {
            return Err(Error::new(
                Kind::Invalid,
                "this message brings its content; verify it without another",
            ));
        }
        let subject = Subject::new(content, self.content_type, self.dialect, None);
        Ok(self.signatures.verify(&subject, user_id, known))
    }

    fn verified(&self, content: &'a [u8], mut signers: Vec<Signer<'a>>) -> Result<Verified<'a>> {
        Ok(Verified { content, dialect: signer::proven(self.dialect, &mut signers)?, signers })
    }
}

impl<'a> Verified<'a> {
    /// What was signed.
    #[must_use]
    pub const fn content(&self) -> &'a [u8] {
        self.content
    }

    /// In whose way the message is written, or the first of its signatures that has another. One of
    /// [`GmSsl`](Dialect::GmSsl) proves the content, but says nothing of the user id.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Who signed it; every signature verifies.
    #[must_use]
    pub fn signers(&self) -> &[Signer<'a>] {
        &self.signers
    }
}

const fn detached() -> Error {
    Error::new(Kind::Invalid, "the content of this message is elsewhere; give it to be verified")
}

impl fmt::Debug for SignedData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedData({:?}, {} signers)", self.dialect, self.signatures.infos.len())
    }
}

impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verified({:?}, {} signers)", self.dialect, self.signers.len())
    }
}
