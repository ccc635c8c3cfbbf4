//! Certificates made: a template of what is said, signed by the subject itself or by an authority.
//!
//! Knows no policy: whom an authority certifies, and for how long, the caller decides.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::{
    super::{
        der::{INTEGER, SEQUENCE, element},
        extension::{BasicConstraints, ExtendedKeyUsage, Extension, GeneralName, KeyUsage, Wanted},
        name::Name,
        signed::{self, Signed},
    },
    Certificate, Serial, Validity,
};
use crate::{
    algo::sm2::{DEFAULT_USER_ID, PrivateKey, PublicKey},
    error::{Error, Kind, Result},
};

/// What a certificate shall say.
///
/// ```
/// use miyao::{algo::sm2::{DEFAULT_USER_ID, PrivateKey}, pki::{Moment, Name, certificate::{Authority, Template, Validity}}};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let validity = Validity::days(Moment::parse("2026-01-01")?, 365);
/// let (root_key, key) = (PrivateKey::random(&mut rng), PrivateKey::random(&mut rng));
/// let root = Template::authority(Name::parse("CN=root,C=CN")?, validity, Some(0))
///     .self_sign(&root_key, DEFAULT_USER_ID, &mut rng)?;
/// let authority = Authority::new(&root, &root_key)?;
/// let signing = Template::signing(Name::parse("CN=host,C=CN")?, validity);
/// let certificate = signing.issue(key.public_key(), &authority, &mut rng)?;
/// certificate.verify_signature(root_key.public_key(), DEFAULT_USER_ID)?;
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Template {
    subject: Name,
    validity: Validity,
    wanted: Wanted,
}

/// The key of a certification authority with its certificate, which says that it may sign others.
#[derive(Clone, Copy, Debug)]
pub struct Authority<'a> {
    certificate: &'a Certificate,
    key: &'a PrivateKey,
    user_id: &'a [u8],
}

impl Template {
    /// A certification authority: a root where it signs itself, an intermediate where another does. At most `path_len`
    /// authorities may stand below it.
    #[must_use]
    pub fn authority(subject: Name, validity: Validity, path_len: Option<u32>) -> Self {
        let mut template = Self::new(subject, validity, KeyUsage::AUTHORITY);
        template.wanted.basic_constraints = Some(BasicConstraints { is_ca: true, path_len });
        template
    }

    /// A signing certificate (签名证书): [`KeyUsage::SIGNING`].
    #[must_use]
    pub fn signing(subject: Name, validity: Validity) -> Self {
        Self::new(subject, validity, KeyUsage::SIGNING)
    }

    /// An encryption certificate (加密证书): [`KeyUsage::ENCRYPTION`].
    #[must_use]
    pub fn encryption(subject: Name, validity: Validity) -> Self {
        Self::new(subject, validity, KeyUsage::ENCRYPTION)
    }

    /// Other uses of the key.
    #[must_use]
    pub fn key_usage(mut self, uses: KeyUsage) -> Self {
        self.wanted.key_usage = Some(uses);
        self
    }

    /// What the key is for.
    #[must_use]
    pub fn purposes(mut self, purposes: &[ExtendedKeyUsage]) -> Self {
        self.wanted.purposes = purposes.to_vec();
        self
    }

    /// Further names of the subject.
    #[must_use]
    pub fn alternative_names(mut self, names: &[GeneralName]) -> Self {
        self.wanted.alternative_names = names.to_vec();
        self
    }

    /// Signs it with its own key.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for a subject without any name, a validity that ends before it begins, uses that do
    /// not fit, and a user id that is too long.
    pub fn self_sign(
        &self,
        key: &PrivateKey,
        user_id: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Certificate> {
        let body = self.body(&self.subject, &key.public_key().key_identifier(), key.public_key(), rng)?;
        Certificate::from_der(&Signed::sign(&body, key, user_id, rng)?)
    }

    /// Lets an authority sign it for this key.
    ///
    /// # Errors
    /// As [`self_sign`](Self::self_sign); [`Forbidden`](Kind::Forbidden) for an authority below one that may have none.
    pub fn issue(
        &self,
        subject: &PublicKey,
        by: &Authority<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Certificate> {
        let of_issuer = by.certificate.basic_constraints().unwrap_or_default();
        if self.wanted.basic_constraints.is_some_and(|it| it.is_ca) && of_issuer.path_len == Some(0) {
            return Err(Error::new(
                Kind::Forbidden,
                "this authority may have no other below it (path length 0); let one sign that may",
            )
            .about(by.certificate.subject()));
        }
        let own = by.key.public_key().key_identifier();
        let identifier = by.certificate.subject_key_identifier().unwrap_or(&own);
        let body = self.body(by.certificate.subject(), identifier, subject, rng)?;
        Certificate::from_der(&Signed::sign(&body, by.key, by.user_id, rng)?)
    }

    fn new(subject: Name, validity: Validity, uses: KeyUsage) -> Self {
        Self { subject, validity, wanted: Wanted { key_usage: Some(uses), ..Wanted::default() } }
    }

    /// TBSCertificate (RFC 5280 §4.1.2).
    fn body(
        &self,
        issuer: &Name,
        of_issuer: &[u8],
        key: &PublicKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>> {
        self.check()?;
        let mut extensions = self.wanted.extensions(&self.subject);
        extensions.push(Extension::of_subject(key));
        extensions.push(Extension::of_authority(of_issuer));
        let serial = Serial::random(rng);
        Ok(element(
            SEQUENCE,
            &[
                // version 3
                &[0xa0, 3, INTEGER, 1, 2],
                &element(INTEGER, &[serial.as_bytes()]),
                &signed::ALGORITHM,
                issuer.as_der(),
                &element(SEQUENCE, &[&self.validity.from.write()?, &self.validity.until.write()?]),
                self.subject.as_der(),
                &key.spki(),
                &element(0xa3, &[&Extension::write_all(&extensions)]),
            ],
        ))
    }

    fn check(&self) -> Result<()> {
        let is_ca = self.wanted.basic_constraints.is_some_and(|it| it.is_ca);
        let may_sign = self.wanted.key_usage.is_some_and(|uses| uses.has_any(KeyUsage::KEY_CERT_SIGN));
        let what = if self.subject.is_empty() && (is_ca || self.wanted.alternative_names.is_empty()) {
            "a certificate without a name of its subject; give one"
        } else if self.validity.until < self.validity.from {
            "a certificate would end before it begins; choose a later end"
        } else if is_ca != may_sign {
            "an authority, and nobody else, has the use keyCertSign; choose other uses"
        } else {
            return Ok(());
        };
        Err(Error::new(Kind::Invalid, what))
    }
}

impl<'a> Authority<'a> {
    /// Takes the key and the certificate that belong together; signs under the default user id.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for the key of another certificate, [`Forbidden`](Kind::Forbidden) for a certificate
    /// that is no authority's or whose key may not sign others.
    pub fn new(certificate: &'a Certificate, key: &'a PrivateKey) -> Result<Self> {
        if certificate.public_key()? != key.public_key() {
            return Err(Error::new(
                Kind::Invalid,
                "the private key and the authority's certificate do not belong together; give both of one",
            )
            .about(certificate.subject()));
        }
        certificate.check_can_certify()?;
        Ok(Self { certificate, key, user_id: DEFAULT_USER_ID })
    }

    /// Signs under another user id.
    #[must_use]
    pub const fn user_id(self, user_id: &'a [u8]) -> Self {
        Self { user_id, ..self }
    }
}

impl Serial {
    /// A fresh number of 126 random bits, above zero (RFC 5280 §4.1.2.2 asks for no more than 20 bytes).
    pub fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        // Above zero and of one length, whatever was drawn.
        bytes[0] = bytes[0] & 0x3f | 0x40;
        Self(bytes.to_vec())
    }
}
