//! What a file is (格式鉴别): a key, a signature or a ciphertext, in which form and encoding, and what is odd about it.
//!
//! Reads far more loosely than any operation does, notes every liberty that it took, and believes nothing: what it finds
//! is unauthenticated. Knows no file and asks for no passphrase.

mod armor;
mod ciphertext;
mod keys;
mod loose;
mod oddity;
mod plain;

use alloc::{string::String, vec::Vec};

use crate::{
    algo::sm2::{PrivateKey, PublicKey, Signature},
    error::Result,
};

pub use ciphertext::{Ciphertext, Order, Shape};
pub use oddity::Oddity;

use super::pkcs8::Description;

/// What was found of a file.
#[derive(Debug)]
pub struct Inspection {
    /// What is around it.
    pub armor: Armor,
    /// What it is.
    pub found: Found,
    /// What a strict reader would take offence at, and what else a person should know.
    pub oddities: Vec<Oddity>,
}

/// What is around the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Armor {
    /// Nothing.
    Binary,
    /// PEM with this label (RFC 7468).
    Pem(String),
    /// Hexadecimal text.
    Hexadecimal,
    /// Base64 text without PEM's lines.
    Base64,
}

/// What a file is.
#[derive(Debug)]
#[non_exhaustive]
pub enum Found {
    /// A private key.
    PrivateKey {
        /// How it is written.
        form: PrivateForm,
        /// The key.
        key: PrivateKey,
    },
    /// A private key under a passphrase, or why it is none that can be opened here.
    EncryptedKey(Result<Description>),
    /// An enveloped key of GM/T 0009 for this public key.
    EnvelopedKey(PublicKey),
    /// A public key.
    PublicKey {
        /// How it is written.
        form: PublicForm,
        /// The key.
        key: PublicKey,
    },
    /// A signature.
    Signature {
        /// How it is written.
        form: SignatureForm,
        /// The signature.
        signature: Signature,
    },
    /// A ciphertext.
    Ciphertext(Ciphertext),
    /// Something else that is known by its shape, said in words.
    Other(&'static str),
    /// Nothing that is known here.
    Unknown,
}

/// How a private key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateForm {
    /// PKCS#8 (RFC 5958).
    Pkcs8,
    /// ECPrivateKey of SEC1 (RFC 5915).
    Sec1,
    /// 32 bytes.
    Scalar,
    /// ECCrefPrivateKey of GM/T 0018: bits, then 64 bytes.
    Device,
}

/// How a public key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicForm {
    /// SubjectPublicKeyInfo (RFC 5480).
    Spki,
    /// 04, x, y.
    Point,
    /// 02 or 03, x.
    Compressed,
    /// x, y.
    Coordinates,
    /// ECCrefPublicKey of GM/T 0018: bits, then 64 bytes for each coordinate.
    Device,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureForm {
    /// SEQUENCE { r INTEGER, s INTEGER } (GM/T 0009-2012 §7.3).
    Der,
    /// r, s: 64 bytes.
    Raw,
    /// ECCSignature of GM/T 0018: 64 bytes for each.
    Device,
}

/// Tells what these bytes are.
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
    armor::open(bytes)
}
