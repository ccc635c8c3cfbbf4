//! How a private key is encrypted: EncryptedPrivateKeyInfo (RFC 5958 §3) with PBES2 of RFC 8018 or GM/T 0091, read loosely.
//!
//! Knows no passphrase. What `pkcs8` would not read is told all the same, by name.

use alloc::{string::String, vec::Vec};

use super::{
    Form, Found, Oddity,
    ber::{self, Element, INTEGER, NULL, OCTETS, OID, SEQUENCE, note},
};
use crate::{
    algo::sm2::PrivateKey,
    error::Result,
    pki::{
        enveloped_key,
        oid::{self, name},
        pkcs8,
    },
};

/// What an encrypted private key says of itself, unauthenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// PBES2, or what stands in its place.
    pub scheme: String,
    /// What makes a key of the passphrase, and the function that it iterates.
    pub derivation: Option<(String, String)>,
    /// How often it is iterated.
    pub iterations: Option<u64>,
    /// The bytes of salt.
    pub salt_len: Option<usize>,
    /// The cipher.
    pub cipher: Option<String>,
    /// Whether [`open`](Self::open) reads it.
    pub is_supported: bool,
    der: Vec<u8>,
}

impl Protection {
    /// Decrypts the private key.
    ///
    /// # Errors
    /// As [`pkcs8::decrypt`], which reads strictly.
    pub fn open(&self, passphrase: &[u8]) -> Result<PrivateKey> {
        pkcs8::decrypt(&self.der, passphrase)
    }
}

/// A private key as GM/T 0009 envelopes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The public half that it names.
    pub public: crate::algo::sm2::PublicKey,
    der: Vec<u8>,
}

impl Envelope {
    /// Takes the private key out.
    ///
    /// # Errors
    /// As [`enveloped_key::unwrap`].
    pub fn open(&self, own: &PrivateKey) -> Result<PrivateKey> {
        enveloped_key::unwrap(&self.der, own)
    }
}

/// 1.2.840.113549.1.5, PKCS#5, and 1.2.840.113549.1.12.1, the schemes of PKCS#12.
const SCHEMES: [&[u8]; 2] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01],
];
/// 1.2.840.113549.2: HMACs whose parameter is NULL (RFC 8018 appendix B.1).
const HMACS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02];

/// SEQUENCE { AlgorithmIdentifier, OCTET STRING } under a scheme with a passphrase; a digest has the same shape.
pub(super) fn encrypted(whole: &[u8], parts: &[Element<'_>], notes: &mut Vec<Oddity>) -> Option<Found> {
    let scheme = parts.first()?.inside(notes)?;
    let (id, rest) = scheme.split_first().filter(|(id, _)| id.tag == OID)?;
    if id.content != oid::GM_PBES && !SCHEMES.iter().any(|schemes| id.content.starts_with(schemes)) {
        return None;
    }
    let mut found = Protection {
        scheme: name(id.content),
        derivation: None,
        iterations: None,
        salt_len: None,
        cipher: None,
        is_supported: pkcs8::describe(whole).is_ok(),
        der: whole.to_vec(),
    };
    if [oid::GM_PBES, oid::PBES2].contains(&id.content) {
        // What has no such shape is told as far as it has.
        let _ = pbes2(rest, &mut found, notes);
    }
    Some(Found::EncryptedKey(found))
}

fn pbes2(parameters: &[Element<'_>], found: &mut Protection, notes: &mut Vec<Oddity>) -> Option<()> {
    let both = parameters.first()?.inside(notes)?;
    let [derivation, cipher] = both.as_slice() else { return None };
    let cipher = cipher.inside(notes)?;
    found.cipher = Some(name(cipher.first().filter(|id| id.tag == OID)?.content));
    let derivation = derivation.inside(notes)?;
    let [id, parameters] = derivation.as_slice() else { return None };
    found.derivation = Some((name(id.content), String::from("HMAC-SHA1, for none is named")));
    if ![oid::PBKDF2, oid::GM_PBKDF].contains(&id.content) {
        found.derivation = Some((name(id.content), String::new()));
        return Some(());
    }
    let parameters = parameters.inside(notes)?;
    let [salt, iterations, rest @ ..] = parameters.as_slice() else { return None };
    if (salt.tag, iterations.tag) != (OCTETS, INTEGER) {
        return None;
    }
    found.salt_len = Some(salt.content.len());
    found.iterations = ber::small(iterations.content, notes);
    let function = rest.iter().find(|element| element.tag == SEQUENCE)?.inside(notes)?;
    let (function, parameters) = function.split_first()?;
    let has_null = parameters.iter().any(|parameter| parameter.tag == NULL);
    if function.content.starts_with(HMACS) && !has_null {
        note(notes, Oddity::MissingNull);
    }
    found.derivation = Some((name(id.content), name(function.content)));
    Some(())
}

/// SM2EnvelopedKey, by its strict reader.
pub(super) fn enveloped(whole: &[u8], parts: &[Element<'_>], notes: &mut Vec<Oddity>) -> Option<Found> {
    let symmetric = parts.first()?.inside(notes)?;
    let id = symmetric.first().filter(|id| id.tag == OID)?;
    Some(match enveloped_key::unverified_public_key(whole) {
        Ok(public) => Found::EnvelopedKey(Envelope { public, der: whole.to_vec() }),
        Err(_) if ![oid::SM4, oid::SM4_ECB].contains(&id.content) => {
            Found::Unusable(Form::Enveloped, super::Fault::Algorithm(name(id.content)))
        }
        Err(_) => Found::Unusable(Form::Enveloped, super::Fault::Enveloped),
    })
}
