//! What was found, written in another form (格式转换), always strictly.
//!
//! Knows no file. A private key may become a public one; nothing becomes a private key that was none.

use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};

use super::{
    hexadecimal,
    inspect::{Ciphertext, Found, Inspection, Oddity, Sort},
    pkcs8,
};
use crate::{
    algo::sm2::{Encoding, PrivateKey, PublicKey, Signature, encoding::armor},
    error::{Error, Kind, Result},
    secret::SecretBytes,
};

/// A form that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A private key in PKCS#8.
    Pkcs8,
    /// A private key as ECPrivateKey of SEC1, with the curve's name.
    Sec1,
    /// A private key as 32 bytes.
    Scalar,
    /// A public key as SubjectPublicKeyInfo.
    Spki,
    /// A public key as 04, x, y.
    Point,
    /// A public key as x, y.
    Coordinates,
    /// A public key as 02 or 03, x.
    Compressed,
    /// A signature or ciphertext in DER (GM/T 0009).
    Der,
    /// A signature as r, s.
    Raw,
    /// A ciphertext as 04, x, y, C3, C2.
    C1C3C2,
    /// A ciphertext as 04, x, y, C2, C3.
    C1C2C3,
    /// A ciphertext as x, y, C3, C2.
    BareC1C3C2,
    /// A ciphertext as x, y, C2, C3.
    BareC1C2C3,
}

/// What is put around the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Armor {
    /// Nothing.
    Binary,
    /// PEM (RFC 7468), for the forms that have a label.
    Pem,
    /// Lower-case hexadecimal and a line end.
    Hexadecimal,
    /// Base64 and a line end.
    Base64,
}

impl Target {
    /// Every form by its name.
    pub const ALL: [(&str, Self); 13] = [
        ("pkcs8", Self::Pkcs8),
        ("sec1", Self::Sec1),
        ("scalar", Self::Scalar),
        ("spki", Self::Spki),
        ("point", Self::Point),
        ("coordinates", Self::Coordinates),
        ("compressed", Self::Compressed),
        ("der", Self::Der),
        ("raw", Self::Raw),
        ("c1c3c2", Self::C1C3C2),
        ("c1c2c3", Self::C1C2C3),
        ("bare-c1c3c2", Self::BareC1C3C2),
        ("bare-c1c2c3", Self::BareC1C2C3),
    ];

    /// Reads a name of the list.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for any other.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, target)| target).ok_or(Error::new(
            Kind::Invalid,
            "a form is pkcs8, sec1, scalar, spki, point, coordinates, compressed, der, raw, c1c3c2, c1c2c3, bare-c1c3c2 \
             or bare-c1c2c3",
        ))
    }

    /// The label of its PEM, if it has one.
    #[must_use]
    pub const fn label(self) -> Option<&'static str> {
        match self {
            Self::Pkcs8 => Some("PRIVATE KEY"),
            Self::Sec1 => Some("EC PRIVATE KEY"),
            Self::Spki => Some("PUBLIC KEY"),
            _ => None,
        }
    }
}

/// Writes what was found in a form that fits it; gives bytes without armor.
///
/// ```
/// use miyao::{algo::sm2::PrivateKey, pki::{convert::{Armor, Target, convert}, inspect::inspect}};
/// # let mut rng = miyao::algo::drbg::Drbg::new(&[7; 32], b"example", b"");
/// let key = PrivateKey::random(&mut rng);
/// let found = inspect(&key.public_key().to_bytes()); // 04, x, y
/// let der = convert(&found, Target::Spki)?;
/// assert_eq!(der.expose(), key.public_key().spki());
/// let pem = Armor::Pem.around(Target::Spki, &der)?;
/// assert_eq!(pem.expose(), key.public_key().to_pem()?.as_bytes());
/// # Ok::<(), miyao::Error>(())
/// ```
///
/// # Errors
/// [`Invalid`](Kind::Invalid) for a form of something else, and for a ciphertext whose order is unknown;
/// [`Malformed`](Kind::Malformed) for what contradicts itself or cannot be used, [`Unsupported`](Kind::Unsupported) for
/// what has no other form, or is still encrypted.
pub fn convert(found: &Inspection, target: Target) -> Result<SecretBytes> {
    if found.oddities.iter().any(Oddity::is_contradiction) {
        return Err(Error::new(
            Kind::Malformed,
            "the halves of the key do not belong together; nothing is made of it, get it anew",
        ));
    }
    let written = match &found.found {
        Found::PrivateKey(_, _, key) => return private(key, target),
        Found::PublicKey(_, key) => public(key, target),
        Found::Signature(_, found) => signature(found, target),
        Found::Ciphertext(found) => ciphertext(found, target)?,
        Found::EncryptedKey(_) | Found::EnvelopedKey(_) => {
            return Err(Error::new(
                Kind::Unsupported,
                "the private key is encrypted; open it first, with its passphrase or the key that it was made for",
            ));
        }
        Found::Unusable(form, fault) => {
            return Err(Error::new(Kind::Malformed, "nothing is made of what cannot be used; get it anew")
                .about(alloc::format!("{}, but {fault}", form.sort())));
        }
        Found::Document(_) | Found::Unknown => {
            return Err(Error::new(
                Kind::Unsupported,
                "this is no key, signature or ciphertext that could be written otherwise; `miyao sm2 inspect` tells what it is",
            ));
        }
    };
    let sort = found.form().map(super::inspect::Form::sort);
    written.map(SecretBytes::take).ok_or_else(|| unfit(sort))
}

/// A private key in PKCS#8 or SEC1, or its public half.
///
/// # Errors
/// [`Invalid`](Kind::Invalid) for a form of something else.
pub fn private(key: &PrivateKey, target: Target) -> Result<SecretBytes> {
    match target {
        Target::Pkcs8 => Ok(key.to_pkcs8_der()),
        Target::Sec1 => Ok(key.to_sec1_der()),
        Target::Scalar => Ok(SecretBytes::take(key.expose().expose().to_vec())),
        target => {
            let written = public(key.public_key(), target).map(SecretBytes::take);
            written.ok_or_else(|| unfit(Some(Sort::PrivateKey)))
        }
    }
}

fn public(key: &PublicKey, target: Target) -> Option<Vec<u8>> {
    let bytes = key.to_bytes();
    Some(match target {
        Target::Spki => key.spki().to_vec(),
        Target::Point => bytes.to_vec(),
        Target::Coordinates => bytes[1..].to_vec(),
        Target::Compressed => [&[2 | (bytes[64] & 1)], &bytes[1..33]].concat(),
        _ => return None,
    })
}

fn signature(found: &Signature, target: Target) -> Option<Vec<u8>> {
    let (der, len) = found.to_der();
    match target {
        Target::Der => Some(der[..len].to_vec()),
        Target::Raw => Some(found.to_bytes().to_vec()),
        _ => None,
    }
}

fn ciphertext(found: &Ciphertext, target: Target) -> Result<Option<Vec<u8>>> {
    let (encoding, is_bare) = match target {
        Target::Der => (Encoding::Der, false),
        Target::C1C3C2 => (Encoding::C1C3C2, false),
        Target::C1C2C3 => (Encoding::C1C2C3, false),
        Target::BareC1C3C2 => (Encoding::C1C3C2, true),
        Target::BareC1C2C3 => (Encoding::C1C2C3, true),
        _ => return Ok(None),
    };
    let bytes = found.to_bytes(encoding)?;
    Ok(Some(if is_bare { bytes[1..].to_vec() } else { bytes }))
}

impl Armor {
    /// Puts it around the bytes of a form.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for PEM around a form that has no label.
    pub fn around(self, target: Target, bytes: &SecretBytes) -> Result<SecretBytes> {
        self.labelled(target.label(), bytes.expose())
    }

    /// Puts it around a private key encrypted by [`pkcs8::Encryption`].
    ///
    /// # Errors
    /// [`Internal`](Kind::Internal) when the text cannot be built.
    pub fn around_encrypted(self, der: &[u8]) -> Result<SecretBytes> {
        self.labelled(Some(pkcs8::LABEL), der)
    }

    fn labelled(self, label: Option<&str>, bytes: &[u8]) -> Result<SecretBytes> {
        let text = match (self, label) {
            (Self::Binary, _) => bytes.to_vec(),
            (Self::Hexadecimal, _) => hexadecimal::line(bytes),
            (Self::Base64, _) => base64(bytes)?,
            (Self::Pem, Some(label)) => armor(label, bytes)?.into_bytes(),
            (Self::Pem, None) => {
                return Err(Error::new(
                    Kind::Invalid,
                    "PEM has a label for pkcs8, sec1 and spki only; choose binary, hex or base64",
                ));
            }
        };
        Ok(SecretBytes::take(text))
    }
}

/// Base64 and a line end, in one buffer: what is encoded may be a private key.
fn base64(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut text = alloc::vec![b'\n'; Base64::encoded_len(bytes) + 1];
    Base64::encode(bytes, &mut text)
        .map_err(|_| Error::new(Kind::Internal, "a file could not be written as base64"))?;
    Ok(text)
}

fn unfit(sort: Option<Sort>) -> Error {
    let error = Error::new(
        Kind::Invalid,
        "a private key has the forms pkcs8, sec1 and scalar, a key spki, point, coordinates and compressed, a signature \
         der and raw, a ciphertext der, c1c3c2, c1c2c3, bare-c1c3c2 and bare-c1c2c3",
    );
    match sort {
        Some(sort) => error.about(alloc::format!("this is a {sort}")),
        None => error,
    }
}
