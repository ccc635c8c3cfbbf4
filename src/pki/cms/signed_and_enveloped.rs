//! `SignedAndEnvelopedData` (签名及数字信封数据): GM/T 0010-2012 §10, a content signed and then encrypted.
//!
//! The signature is over the content, so it proves it once it is decrypted; nothing is given out before.

use alloc::vec::Vec;
use core::fmt;

use super::{
    super::der::{OID, SEQUENCE, element, header},
    Dialect,
    content::{self, Content, FIRST, strict},
    encrypted::{Decrypted, EncryptedContent},
    holder::{Holder, Identifier},
    numbers,
    recipient::{self, RecipientInfo},
    signer::{self, Signatures, Signer},
    signer_info::{self, Subject, unknown_version},
};
use crate::{
    algo::sm2::PrivateKey,
    error::{Rejected, Result},
    secret::SecretBytes,
};

/// A signed and enveloped message as it was read.
///
/// ```
/// use miyao::{
///     algo::sm2::{DEFAULT_USER_ID, PrivateKey},
///     pki::{Name, cms::{Holder, Recipients, SignedAndEnvelopedData, Signers}},
/// };
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let issuer = Name::parse("CN=issuer")?;
/// let (mine, yours) = (PrivateKey::random(&mut rng), PrivateKey::random(&mut rng));
/// let (me, you) = (Holder::new(&issuer, &[1], mine.public_key())?, Holder::new(&issuer, &[2], yours.public_key())?);
/// let der = Recipients::new(&you).seal_signed(b"content", &Signers::new(&me, &mine)?, &mut rng)?;
///
/// let message = SignedAndEnvelopedData::parse(&der)?;
/// let opened = message.open(&you, &yours, DEFAULT_USER_ID, &[me])?;
/// assert_eq!(opened.content().expose(), b"content");
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SignedAndEnvelopedData<'a> {
    family: Dialect,
    recipients: Vec<RecipientInfo<'a>>,
    content: EncryptedContent<'a>,
    signatures: Signatures<'a>,
}

/// A content that was decrypted, and signers whose signatures of it all verify.
pub struct Opened<'a> {
    content: SecretBytes,
    dialect: Dialect,
    signers: Vec<Signer<'a>>,
}

impl<'a> SignedAndEnvelopedData<'a> {
    /// Reads a signed and enveloped message in DER.
    ///
    /// # Errors
    /// As [`SignedData::parse`](super::SignedData::parse).
    pub fn parse(der: &'a [u8]) -> Result<Self> {
        let (mut body, family) = content::open(der, Content::SignedAndEnveloped)?;
        if strict(body.number())? != 1 {
            return Err(unknown_version());
        }
        let recipients = RecipientInfo::read_all(&mut body)?;
        numbers::read_digests(&mut body)?;
        let content = EncryptedContent::read(&mut body)?;
        Ok(Self { family, recipients, content, signatures: Signatures::read(body)? })
    }

    /// In whose way it is written, as far as it shows before it is opened; [`Opened::dialect`] knows the signatures too.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        recipient::dialect(self.family, &self.recipients)
    }

    /// How it names its recipients.
    pub fn recipients(&self) -> impl ExactSizeIterator<Item = Identifier<'a>> + '_ {
        self.recipients.iter().map(|recipient| recipient.identifier)
    }

    /// How it names its signers.
    pub fn signers(&self) -> impl ExactSizeIterator<Item = Identifier<'a>> + '_ {
        self.signatures.identifiers()
    }

    /// The certificates that it brings, each in DER, of whichever algorithm; none is verified.
    #[must_use]
    pub fn certificates(&self) -> &[&'a [u8]] {
        &self.signatures.certificates
    }

    /// The holders of those certificates that have a key of SM2. Anybody can bring any: whoever gives them to
    /// [`open`](Self::open) asks of each of its signers afterwards whether that certificate is to be believed,
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

    /// Decrypts the content for the holder of this certificate and key, and verifies every signature of it, as
    /// [`SignedData::verify`](super::SignedData::verify) does. A content whose signatures do not all verify is wiped.
    ///
    /// # Errors
    /// As [`EnvelopedData::open`](super::EnvelopedData::open) and [`SignedData::verify`](super::SignedData::verify); bad
    /// padding and a signature that does not verify are one error.
    pub fn open(
        &self,
        holder: &Holder,
        key: &PrivateKey,
        user_id: &[u8],
        known: &[Holder],
    ) -> Result<Opened<'a>> {
        signer_info::checked(user_id)?;
        let content_key = recipient::find(&self.recipients, holder, key)?;
        let Decrypted { text, len } = self.content.decrypt(&content_key)?;
        // Bad padding is read on as if there were none, so that it takes the way of any other altered content.
        let content = &text[..len.unwrap_or(text.len())];
        let prefix = prefix(self.content.content_type, content.len());
        let subject = Subject::enveloped(content, self.content.content_type, self.family, &prefix);
        let mut signers = self.signatures.verify(&subject, user_id, known);
        let dialect = signer::proven(self.dialect(), &mut signers)?;
        len.map_err(|Rejected| signer::rejected())?;
        Ok(Opened { content: SecretBytes::take(content.to_vec()), dialect, signers })
    }
}

impl<'a> Opened<'a> {
    /// What was signed.
    #[must_use]
    pub const fn content(&self) -> &SecretBytes {
        &self.content
    }

    /// In whose way the message is written, or the first part of it that has another.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Who signed it; every signature verifies.
    #[must_use]
    pub fn signers(&self) -> &[Signer<'a>] {
        &self.signers
    }

    /// The content alone.
    #[must_use]
    pub fn into_content(self) -> SecretBytes {
        self.content
    }
}

impl fmt::Debug for Opened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opened({:?}, {} signers)", self.dialect, self.signers.len())
    }
}

/// What GmSSL hashes before a content: the headers of a ContentInfo with the content itself at [0].
fn prefix(content_type: &[u8], len: usize) -> Vec<u8> {
    let (id, inner) = (element(OID, &[content_type]), header(FIRST, len));
    [header(SEQUENCE, id.len() + inner.len() + len), id, inner].concat()
}
