//! What was found, written in another form (格式转换), always strictly.
//!
//! Knows no file. A private key may become a public one; nothing becomes a private key.

use alloc::vec::Vec;

use super::inspect::{Ciphertext, Found, Inspection};
use crate::{
    algo::sm2::{Encoding, PrivateKey, PublicKey, Signature, encoding::armor},
    error::{Error, Kind, Result},
    secret::SecretBytes,
};

/// A form that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A private key as PKCS#8 in PEM.
    Pkcs8,
    /// A private key as PKCS#8 in DER.
    Pkcs8Der,
    /// A private key as SEC1 in PEM.
    Sec1,
    /// A private key as SEC1 in DER.
    Sec1Der,
    /// A public key as SubjectPublicKeyInfo in PEM.
    Spki,
    /// A public key as SubjectPublicKeyInfo in DER.
    SpkiDer,
    /// A public key as 04, x, y.
    Point,
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
    C1C3C2No04,
    /// A ciphertext as x, y, C2, C3.
    C1C2C3No04,
}

impl Form {
    /// Every form by its name.
    pub const ALL: [(&str, Self); 14] = [
        ("pkcs8", Self::Pkcs8),
        ("pkcs8-der", Self::Pkcs8Der),
        ("sec1", Self::Sec1),
        ("sec1-der", Self::Sec1Der),
        ("spki", Self::Spki),
        ("spki-der", Self::SpkiDer),
        ("point", Self::Point),
        ("compressed", Self::Compressed),
        ("der", Self::Der),
        ("raw", Self::Raw),
        ("c1c3c2", Self::C1C3C2),
        ("c1c2c3", Self::C1C2C3),
        ("c1c3c2-no04", Self::C1C3C2No04),
        ("c1c2c3-no04", Self::C1C2C3No04),
    ];

    /// Reads a name of the list.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for any other.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, form)| form).ok_or(Error::new(
            Kind::Invalid,
            "a form is pkcs8, sec1, spki, each with or without -der, point, compressed, der, raw, c1c3c2 or c1c2c3, \
             the last two with or without -no04",
        ))
    }
}

/// Writes what was found in a form that fits it.
///
/// # Errors
/// [`Invalid`](Kind::Invalid) for a form of something else, and for a ciphertext whose order is unknown;
/// [`Malformed`](Kind::Malformed) for a private key with a public half that does not belong to it.
pub fn convert(found: &Inspection, form: Form) -> Result<SecretBytes> {
    if found.oddities.iter().any(super::inspect::Oddity::is_contradiction) {
        return Err(Error::new(
            Kind::Malformed,
            "the halves of the key do not belong together; nothing is made of it, get it anew",
        ));
    }
    match &found.found {
        Found::PrivateKey { key, .. } => private(key, form),
        Found::PublicKey { key, .. } => public(key, form),
        Found::Signature { signature: found, .. } => signature(found, form),
        Found::Ciphertext(found) => ciphertext(found, form),
        _ => Err(Error::new(
            Kind::Unsupported,
            "this is no key, signature or ciphertext that can be written otherwise; `miyao sm2 inspect` tells what it is",
        )),
    }
}

fn private(key: &PrivateKey, form: Form) -> Result<SecretBytes> {
    match form {
        Form::Pkcs8 => key.to_pkcs8_pem(),
        Form::Pkcs8Der => Ok(key.to_pkcs8_der()),
        Form::Sec1Der => Ok(key.to_sec1_der()),
        Form::Sec1 => armor("EC PRIVATE KEY", key.to_sec1_der().expose())
            .map(|text| SecretBytes::take(text.into_bytes())),
        form => public(key.public_key(), form),
    }
}

fn public(key: &PublicKey, form: Form) -> Result<SecretBytes> {
    let bytes = key.to_bytes();
    let written = match form {
        Form::Spki => key.to_pem()?.into_bytes(),
        Form::SpkiDer => key.spki().to_vec(),
        Form::Point => bytes.to_vec(),
        Form::Compressed => [&[2 | (bytes[64] & 1)], &bytes[1..33]].concat(),
        _ => return Err(unfit()),
    };
    Ok(SecretBytes::take(written))
}

fn signature(found: &Signature, form: Form) -> Result<SecretBytes> {
    let (der, len) = found.to_der();
    match form {
        Form::Der => Ok(SecretBytes::take(der[..len].to_vec())),
        Form::Raw => Ok(SecretBytes::take(found.to_bytes().to_vec())),
        _ => Err(unfit()),
    }
}

fn ciphertext(found: &Ciphertext, form: Form) -> Result<SecretBytes> {
    let without_04 = |bytes: Vec<u8>| bytes[1..].to_vec();
    let written = match form {
        Form::Der => found.to_bytes(Encoding::Der)?,
        Form::C1C3C2 => found.to_bytes(Encoding::C1C3C2)?,
        Form::C1C2C3 => found.to_bytes(Encoding::C1C2C3)?,
        Form::C1C3C2No04 => without_04(found.to_bytes(Encoding::C1C3C2)?),
        Form::C1C2C3No04 => without_04(found.to_bytes(Encoding::C1C2C3)?),
        _ => return Err(unfit()),
    };
    Ok(SecretBytes::take(written))
}

fn unfit() -> Error {
    Error::new(
        Kind::Invalid,
        "this form is of something else; keys have pkcs8, sec1, spki, point, compressed, signatures der and raw, \
         ciphertexts der, c1c3c2 and c1c2c3",
    )
}
