//! Keys in files: PKCS#8 (RFC 5958), SEC1 (RFC 5915) and SubjectPublicKeyInfo (RFC 5480), as DER and as PEM (RFC 7468).
//!
//! Reading is strict DER; a public half inside a private key must belong to it. Knows no passwords and no certificates.

use alloc::{string::String, vec::Vec};

use pem_rfc7468::LineEnding;
use zeroize::Zeroizing;

use super::{PrivateKey, PublicKey, der, pem};
use crate::{
    error::{Error, Kind, Rejected, Result},
    secret::SecretBytes,
};

const PKCS8: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
const SEC1: &str = "EC PRIVATE KEY";
/// What some tools call SEC1.
const SM2: &str = "SM2 PRIVATE KEY";
const SPKI: &str = "PUBLIC KEY";
const PARAMETERS: [&str; 2] = ["EC PARAMETERS", "SM2 PARAMETERS"];

/// SEQUENCE { id-ecPublicKey 1.2.840.10045.2.1, sm2p256v1 1.2.156.10197.1.301 }
const ALGORITHM: [u8; 21] = [
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf,
    0x55, 0x01, 0x82, 0x2d,
];

/// What Botan and others write in place of id-ecPublicKey: the arc of SM2 in GM/T 0006-2012, for signatures (1), key
/// exchange (2) and encryption (3), or the curve's own name once more.
const OTHER_ALGORITHMS: [&[u8]; 4] = [
    &[0x06, 0x09, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x01],
    &[0x06, 0x09, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x02],
    &[0x06, 0x09, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x03],
    &[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d],
];

impl PrivateKey {
    /// Reads PKCS#8 in DER: `PrivateKeyInfo`, or `OneAsymmetricKey` of version 2 with the public key beside.
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed) for anything that is not exactly an SM2 key in this shape.
    pub fn from_pkcs8_der(bytes: &[u8]) -> Result<Self> {
        pkcs8(bytes).map_err(|Rejected| unreadable("PKCS#8 private key"))
    }

    /// Reads SEC1 `ECPrivateKey` in DER; the curve must be named.
    ///
    /// # Errors
    /// As [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_sec1_der(bytes: &[u8]) -> Result<Self> {
        sec1(bytes, true).map_err(|Rejected| unreadable("SEC1 private key"))
    }

    /// Reads PEM: the one block `PRIVATE KEY` or `EC PRIVATE KEY` of a text that may hold certificates too.
    ///
    /// # Errors
    /// As [`from_pkcs8_der`](Self::from_pkcs8_der); [`Unsupported`](Kind::Unsupported) for an encrypted key.
    pub fn from_pem(text: &[u8]) -> Result<Self> {
        match unarmor(text, &[PKCS8, SEC1, SM2, ENCRYPTED])? {
            (ENCRYPTED, _) => Err(encrypted()),
            (PKCS8, bytes) => Self::from_pkcs8_der(bytes.expose()),
            (_, bytes) => Self::from_sec1_der(bytes.expose()),
        }
    }

    /// Writes PKCS#8 in DER, with the public half inside.
    #[must_use]
    pub fn to_pkcs8_der(&self) -> SecretBytes {
        let inner = self.sec1(false);
        let mut body = Zeroizing::new(Vec::with_capacity(160));
        body.extend_from_slice(&[0x02, 0x01, 0x00]);
        body.extend_from_slice(&ALGORITHM);
        der::write_header(0x04, inner.len(), &mut body);
        body.extend_from_slice(&inner);
        SecretBytes::take(sequence(&body))
    }

    /// Writes SEC1 in DER, with the curve's name and the public half.
    #[must_use]
    pub fn to_sec1_der(&self) -> SecretBytes {
        SecretBytes::take(core::mem::take(&mut *self.sec1(true)))
    }

    /// Writes PKCS#8 as PEM.
    ///
    /// # Errors
    /// [`Internal`](Kind::Internal) when the text cannot be built.
    pub fn to_pkcs8_pem(&self) -> Result<SecretBytes> {
        armor(PKCS8, self.to_pkcs8_der().expose()).map(|text| SecretBytes::take(text.into_bytes()))
    }

    fn sec1(&self, named: bool) -> Zeroizing<Vec<u8>> {
        let mut body = Zeroizing::new(Vec::with_capacity(128));
        body.extend_from_slice(&[0x02, 0x01, 0x01, 0x04, 0x20]);
        body.extend_from_slice(self.expose().expose());
        if named {
            body.extend_from_slice(&[0xa0, 0x0a]);
            body.extend_from_slice(&ALGORITHM[11..]);
        }
        body.extend_from_slice(&[0xa1, 0x44, 0x03, 0x42, 0x00]);
        body.extend_from_slice(&self.public_key().to_bytes());
        Zeroizing::new(sequence(&body))
    }
}

impl PublicKey {
    /// Reads SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed) for anything that is not exactly an SM2 key in this shape.
    pub fn from_spki_der(bytes: &[u8]) -> Result<Self> {
        spki(bytes).map_err(|Rejected| unreadable("SubjectPublicKeyInfo"))
    }

    /// Reads PEM `PUBLIC KEY`.
    ///
    /// # Errors
    /// As [`from_spki_der`](Self::from_spki_der).
    pub fn from_pem(text: &[u8]) -> Result<Self> {
        Self::from_spki_der(unarmor(text, &[SPKI])?.1.expose())
    }

    /// Writes SubjectPublicKeyInfo as PEM.
    ///
    /// # Errors
    /// [`Internal`](Kind::Internal) when the text cannot be built.
    pub fn to_pem(&self) -> Result<String> {
        armor(SPKI, &self.spki())
    }
}

fn pkcs8(bytes: &[u8]) -> Result<PrivateKey, Rejected> {
    let (version, rest) = der::sequence(bytes)?.split_first_chunk::<3>().ok_or(Rejected)?;
    let rest = algorithm(rest)?;
    let (inner, mut rest) = der::octets(rest)?;
    let key = sec1(inner, false)?;
    if rest.first() == Some(&0xa0) {
        // Attributes; they say nothing about the key.
        rest = der::element(rest, 0xa0)?.1;
    }
    // RFC 5958 §2: the version is 1 exactly when the public key stands here.
    match version {
        [0x02, 0x01, 0x00] => {}
        [0x02, 0x01, 0x01] => {
            let (bits, after) = der::element(rest, 0x81)?;
            belongs(bits, &key)?;
            rest = after;
        }
        _ => return Err(Rejected),
    }
    if rest.is_empty() { Ok(key) } else { Err(Rejected) }
}

/// ECPrivateKey; `alone` is a file of its own, which has to name its curve.
fn sec1(bytes: &[u8], alone: bool) -> Result<PrivateKey, Rejected> {
    let body = der::sequence(bytes)?;
    let rest = body.strip_prefix(&[0x02, 0x01, 0x01]).ok_or(Rejected)?;
    let (scalar, mut rest) = der::octets(rest)?;
    let key = PrivateKey::from_bytes(scalar.try_into().map_err(|_| Rejected)?).map_err(|_| Rejected)?;
    match rest.first() {
        Some(0xa0) => {
            let (curve, after) = der::element(rest, 0xa0)?;
            if curve != &ALGORITHM[11..] {
                return Err(Rejected);
            }
            rest = after;
        }
        _ if alone => return Err(Rejected),
        _ => {}
    }
    if !rest.is_empty() {
        let (wrapped, after) = der::element(rest, 0xa1)?;
        let (bits, inside) = der::element(wrapped, 0x03)?;
        if !after.is_empty() || !inside.is_empty() {
            return Err(Rejected);
        }
        belongs(bits, &key)?;
    }
    Ok(key)
}

/// The content of a BIT STRING is the key's own public half.
fn belongs(bits: &[u8], key: &PrivateKey) -> Result<(), Rejected> {
    let point = bits.strip_prefix(&[0]).ok_or(Rejected)?;
    let found = PublicKey::from_bytes(point).map_err(|_| Rejected)?;
    if found == *key.public_key() { Ok(()) } else { Err(Rejected) }
}

fn spki(bytes: &[u8]) -> Result<PublicKey, Rejected> {
    let rest = algorithm(der::sequence(bytes)?)?;
    let (bits, rest) = der::element(rest, 0x03)?;
    let point = bits.strip_prefix(&[0]).ok_or(Rejected)?;
    if rest.is_empty() { PublicKey::from_bytes(point).map_err(|_| Rejected) } else { Err(Rejected) }
}

/// Reads an AlgorithmIdentifier whose parameters name the SM2 curve; gives what follows.
fn algorithm(bytes: &[u8]) -> Result<&[u8], Rejected> {
    let (body, rest) = der::element(bytes, 0x30)?;
    let id = body.strip_suffix(&ALGORITHM[11..]).ok_or(Rejected)?;
    if id == &ALGORITHM[2..11] || OTHER_ALGORITHMS.contains(&id) { Ok(rest) } else { Err(Rejected) }
}

fn sequence(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 6);
    der::write_header(0x30, body.len(), &mut out);
    out.extend_from_slice(body);
    out
}

/// The one block of PEM text that carries one of these labels. Others, such as certificates, are passed over; a block
/// of parameters has to name the SM2 curve.
pub(crate) fn unarmor<'a>(text: &'a [u8], wanted: &[&str]) -> Result<(&'a str, SecretBytes)> {
    let broken = |_| {
        Error::new(
            Kind::Malformed,
            "not readable as PEM; a key file has one BEGIN and one END line around base64",
        )
    };
    let blocks = pem::blocks(text).map_err(broken)?;
    for parameters in blocks.iter().filter(|block| PARAMETERS.contains(&block.label)) {
        if parameters.decode().map_err(broken)?.expose() != &ALGORITHM[11..] {
            return Err(unreadable("PEM parameters"));
        }
    }
    let mut keys = blocks.iter().filter(|block| wanted.contains(&block.label));
    let key = keys.next().ok_or(Rejected).map_err(broken)?;
    if keys.next().is_some() {
        return Err(Error::new(Kind::Malformed, "the PEM text holds more than one key; give one alone"));
    }
    if key.has_headers() {
        return Err(encrypted());
    }
    Ok((key.label, key.decode().map_err(broken)?))
}

pub(crate) fn armor(label: &str, bytes: &[u8]) -> Result<String> {
    pem_rfc7468::encode_string(label, LineEnding::LF, bytes)
        .map_err(|_| Error::new(Kind::Internal, "a key could not be written as PEM"))
}

fn encrypted() -> Error {
    Error::new(Kind::Unsupported, "the private key is encrypted; decrypt the file first")
}

fn unreadable(what: &'static str) -> Error {
    Error::new(
        Kind::Malformed,
        "not an SM2 key in this form; strict DER with the named curve 1.2.156.10197.1.301 is read",
    )
    .about(what)
}
