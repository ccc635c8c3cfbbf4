//! `EnvelopedData` (数字信封): GM/T 0010-2012 §9, a content under a fresh SM4 key, and that key for each recipient.
//!
//! Knows no sender, for there is none: see [`EnvelopedData::open`] for what that means.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::{
    super::der::number,
    Dialect,
    content::{self, Content, strict},
    encrypted::{self, Decrypted, EncryptedContent},
    holder::{Holder, Identifier},
    numbers,
    recipient::{self, RecipientInfo},
    signer_info::unknown_version,
    signers::Signers,
};
use crate::{
    algo::sm2::PrivateKey,
    error::{Error, Kind, Rejected, Result},
    secret::{Secret, SecretBytes},
};

/// An enveloped message as it was read.
///
/// ```
/// use miyao::{algo::sm2::PrivateKey, pki::{Name, cms::{EnvelopedData, Holder, Recipients}}};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let key = PrivateKey::random(&mut rng);
/// let recipient = Holder::new(&Name::parse("CN=issuer")?, &[1], key.public_key())?; // or of a certificate
/// let der = Recipients::new(&recipient).seal(b"content", &mut rng)?;
/// assert_eq!(EnvelopedData::parse(&der)?.open(&recipient, &key)?.expose(), b"content");
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EnvelopedData<'a> {
    dialect: Dialect,
    recipients: Vec<RecipientInfo<'a>>,
    content: EncryptedContent<'a>,
}

/// For whom a message is, and how it is written.
#[derive(Clone, Debug)]
pub struct Recipients<'a> {
    holders: Vec<&'a Holder>,
    dialect: Dialect,
}

impl<'a> EnvelopedData<'a> {
    /// Reads an enveloped message in DER.
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed) for anything but strict DER of this syntax, [`Unsupported`](Kind::Unsupported)
    /// for another kind of message, version or algorithm, which the error names.
    pub fn parse(der: &'a [u8]) -> Result<Self> {
        let (mut body, family) = content::open(der, Content::Enveloped)?;
        if strict(body.number())? > 2 {
            return Err(unknown_version());
        }
        let recipients = RecipientInfo::read_all(&mut body)?;
        let content = EncryptedContent::read(&mut body)?;
        strict(body.end())?;
        Ok(Self { dialect: recipient::dialect(family, &recipients), recipients, content })
    }

    /// In whose way it is written, or the first of its recipients that has another.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// How it names its recipients.
    pub fn recipients(&self) -> impl ExactSizeIterator<Item = Identifier<'a>> + '_ {
        self.recipients.iter().map(|recipient| recipient.identifier)
    }

    /// Decrypts the content for the holder of this certificate and key.
    ///
    /// It is not authenticated: SM4-CBC hides, and proves nothing. Anybody can make a message for a recipient, and
    /// whoever alters one on its way changes the text of their choice in places of their choice, mostly unseen. Whoever
    /// learns which altered messages open learns the text byte by byte, however quickly it is told: do not answer
    /// strangers. Sign what is inside, or use [`SignedAndEnvelopedData`](super::SignedAndEnvelopedData), or a message of
    /// [`envelope`](crate::envelope), which is authenticated.
    ///
    /// # Errors
    /// [`Missing`](Kind::Missing) when it is for somebody else, [`Invalid`](Kind::Invalid) when the key is not the one
    /// of the certificate, [`Rejected`](Kind::Rejected) for altered bytes that show; it takes the same time wherever the
    /// padding is wrong.
    pub fn open(&self, holder: &Holder, key: &PrivateKey) -> Result<SecretBytes> {
        let content_key = recipient::find(&self.recipients, holder, key)?;
        let Decrypted { text, len } = self.content.decrypt(&content_key)?;
        let len = len.map_err(|Rejected| recipient::rejected())?;
        Ok(SecretBytes::take(text[..len].to_vec()))
    }
}

impl<'a> Recipients<'a> {
    /// One recipient, who is named by issuer and serial number.
    #[must_use]
    pub fn new(holder: &'a Holder) -> Self {
        Self { holders: [holder].into(), dialect: Dialect::Standard }
    }

    /// And another.
    #[must_use]
    pub fn and(mut self, holder: &'a Holder) -> Self {
        self.holders.push(holder);
        self
    }

    /// Under other numbers.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for a dialect that is only read.
    pub fn dialect(self, dialect: Dialect) -> Result<Self> {
        Ok(Self { dialect: content::written(dialect)?, ..self })
    }

    /// Encrypts a content for all of them; gives the message in DER. What that promises and what not, says
    /// [`EnvelopedData::open`].
    ///
    /// # Errors
    /// As [`PublicKey::encrypt`](crate::algo::sm2::PublicKey::encrypt).
    pub fn seal(&self, content: &[u8], rng: &mut (impl CryptoRng + ?Sized)) -> Result<Vec<u8>> {
        let content_key = Secret::random(rng);
        let infos = recipient::write(&self.holders, self.dialect, &content_key, rng)?;
        let encrypted = encrypted::write(content, self.dialect, &content_key, rng)?;
        let version = number(recipient::version(self.dialect));
        Ok(content::wrap(Content::Enveloped, self.dialect, &[&version, &infos, &encrypted]))
    }

    /// Signs a content and encrypts it for all of them; gives a
    /// [`SignedAndEnvelopedData`](super::SignedAndEnvelopedData) in DER. Who signed is for everybody to see.
    ///
    /// # Errors
    /// As [`seal`](Self::seal) and [`Signers::sign`]; [`Invalid`](Kind::Invalid) when one is to be written in another
    /// dialect than the other, and for signers who were asked for detached signatures.
    pub fn seal_signed(
        &self,
        content: &[u8],
        signers: &Signers<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>> {
        if self.dialect != signers.dialect {
            return Err(Error::new(
                Kind::Invalid,
                "signers and recipients are to be written in different dialects; choose one for both",
            ));
        }
        if signers.detached {
            return Err(Error::new(
                Kind::Invalid,
                "a content that is enveloped is never elsewhere; do not ask for it to be detached",
            ));
        }
        let (certificates, signatures) = signers.signatures(content, rng)?;
        let content_key = Secret::random(rng);
        let infos = recipient::write(&self.holders, self.dialect, &content_key, rng)?;
        let encrypted = encrypted::write(content, self.dialect, &content_key, rng)?;
        let body = [&number(1)[..], &infos, &numbers::digests(), &encrypted, &certificates, &signatures];
        Ok(content::wrap(Content::SignedAndEnveloped, self.dialect, &body))
    }
}
