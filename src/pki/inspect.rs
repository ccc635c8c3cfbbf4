//! What a file is (格式鉴别): a key, a signature or a ciphertext, in which form and encoding, and what is odd about it.
//!
//! Reads far more loosely than any operation does, notes every liberty that it took, and believes nothing: what it finds
//! is unauthenticated. Knows no file and asks for no passphrase. Work and memory grow with the input alone.

mod algorithm;
mod ber;
mod ciphertext;
mod document;
mod fault;
mod form;
mod keys;
mod layer;
mod oddity;
mod pem;
mod point;
mod protection;
mod raw;
mod report;
mod structured;
mod text;

use alloc::vec::Vec;

use crate::algo::sm2::{PrivateKey, PublicKey, Signature};

pub use self::{
    ciphertext::{Ciphertext, Order},
    document::{Document, DocumentSort},
    fault::Fault,
    form::{Form, Sort},
    layer::Layer,
    oddity::Oddity,
    protection::{Envelope, Protection},
};

/// What was found of a file.
///
/// Its text ([`Display`](core::fmt::Display)) is for people, one finding a line, and holds no secret.
#[derive(Debug)]
pub struct Inspection {
    /// What is around it, from the outside in; nothing for binary files.
    pub layers: Vec<Layer>,
    /// What it is.
    pub found: Found,
    /// What a strict reader would take offence at, and what else a person should know.
    pub oddities: Vec<Oddity>,
    /// What a key that was asked said.
    pub verdict: Option<Verdict>,
}

/// What a file is.
#[derive(Debug)]
#[non_exhaustive]
pub enum Found {
    /// A private key, with what stands beside its scalar.
    PrivateKey(Form, Inner, PrivateKey),
    /// A private key under a passphrase.
    EncryptedKey(Protection),
    /// An enveloped key.
    EnvelopedKey(Envelope),
    /// A public key.
    PublicKey(Form, PublicKey),
    /// A signature.
    Signature(Form, Signature),
    /// A ciphertext.
    Ciphertext(Ciphertext),
    /// What holds keys or signatures among other things.
    Document(Document),
    /// Something by its form that cannot be used, and why.
    Unusable(Form, Fault),
    /// Nothing that is known here.
    Unknown,
}

/// What a private key in PKCS#8 or SEC1 has beside its scalar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inner {
    /// The private key is an ECPrivateKey of RFC 5915, not a bare scalar.
    pub is_ec_private_key: bool,
    /// The ECPrivateKey names the curve itself.
    pub names_curve: bool,
    /// The public half stands inside or beside it.
    pub has_public: bool,
}

/// What a private key says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It opens this; C3, or the public half inside, says so.
    Opens,
    /// It does not open this in any order.
    DoesNotOpen,
    /// This is its public half, or the key itself.
    Belongs,
    /// This belongs to another key.
    IsForeign,
}

/// Tells what these bytes are.
///
/// It has to look at bytes to know what they are. Once they are known to be a private key, or digits and letters that may
/// stand for one, none of them decides a branch or is an index; before that, the first few of a bare scalar may.
///
/// ```
/// use miyao::{algo::sm2::{Encoding, PrivateKey}, pki::inspect::{Found, Order, inspect}};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let key = PrivateKey::random(&mut rng);
/// let text = key.public_key().encrypt(b"plaintext", Encoding::C1C2C3, &mut rng)?;
/// let Found::Ciphertext(mut found) = inspect(&text).found else { unreachable!() };
/// assert_eq!(found.order(), None); // only the key can tell
/// assert_eq!(found.settle(&key)?, Order::C1C2C3);
/// # Ok::<(), miyao::Error>(())
/// ```
#[must_use]
pub fn inspect(bytes: &[u8]) -> Inspection {
    layer::open(bytes)
}

impl Inspection {
    const fn of(found: Found) -> Self {
        Self { layers: Vec::new(), found, oddities: Vec::new(), verdict: None }
    }

    /// Whether there is nothing to tell.
    const fn is_nothing(&self) -> bool {
        matches!(self.found, Found::Unknown) && self.oddities.is_empty()
    }

    /// Asks a private key: it decides the order of a ciphertext, and says whether what was found is its own.
    pub fn ask(&mut self, key: &PrivateKey) {
        let belongs = |public: &PublicKey| {
            if public == key.public_key() { Verdict::Belongs } else { Verdict::IsForeign }
        };
        let opens = |opens: bool| if opens { Verdict::Opens } else { Verdict::DoesNotOpen };
        self.verdict = match &mut self.found {
            Found::PrivateKey(_, _, other) => Some(belongs(other.public_key())),
            Found::PublicKey(_, public) | Found::Document(Document { public: Some(public), .. }) => {
                Some(belongs(public))
            }
            Found::EnvelopedKey(envelope) => Some(opens(envelope.open(key).is_ok())),
            Found::Ciphertext(found) => {
                let settled = found.settle(key);
                ciphertext::ordered(found, &mut self.oddities);
                Some(opens(settled.is_ok()))
            }
            _ => None,
        };
    }

    /// What the form says that it is; nothing for documents and the unknown.
    #[must_use]
    pub const fn form(&self) -> Option<Form> {
        match &self.found {
            Found::PrivateKey(form, ..)
            | Found::PublicKey(form, _)
            | Found::Signature(form, _)
            | Found::Unusable(form, _) => Some(*form),
            Found::Ciphertext(found) => Some(found.form()),
            Found::EncryptedKey(_) => Some(Form::Encrypted),
            Found::EnvelopedKey(_) => Some(Form::Enveloped),
            Found::Document(_) | Found::Unknown => None,
        }
    }

    /// The SM2 public key that it is or holds.
    #[must_use]
    pub const fn public_key(&self) -> Option<&PublicKey> {
        match &self.found {
            Found::PrivateKey(_, _, key) => Some(key.public_key()),
            Found::PublicKey(_, public) => Some(public),
            Found::EnvelopedKey(envelope) => Some(&envelope.public),
            Found::Document(document) => document.public.as_ref(),
            _ => None,
        }
    }

    /// Whether a strict reader takes the content, whatever is around it.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        !self.oddities.iter().any(Oddity::is_refused)
    }
}
