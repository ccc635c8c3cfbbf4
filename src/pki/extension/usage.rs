//! What a key may be used for: KeyUsage (RFC 5280 §4.2.1.3) and ExtendedKeyUsage (§4.2.1.12).
//!
//! Knows no rule of paths; it says what a certificate says.

use alloc::vec::Vec;
use core::fmt;

use super::super::{
    der::{BIT_STRING, OID, Reader, SEQUENCE, element},
    oid,
};
use crate::error::Rejected;

/// A set of uses (密钥用法). The two keys of GM dual certificates differ in it: [`SIGNING`](Self::SIGNING) and
/// [`ENCRYPTION`](Self::ENCRYPTION).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Signatures other than those below.
    pub const DIGITAL_SIGNATURE: Self = Self(1);
    /// Signatures that their maker shall not be able to deny (contentCommitment).
    pub const NON_REPUDIATION: Self = Self(1 << 1);
    /// Encrypting keys.
    pub const KEY_ENCIPHERMENT: Self = Self(1 << 2);
    /// Encrypting data itself.
    pub const DATA_ENCIPHERMENT: Self = Self(1 << 3);
    /// Agreeing on keys.
    pub const KEY_AGREEMENT: Self = Self(1 << 4);
    /// Signing certificates.
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// Signing revocation lists.
    pub const CRL_SIGN: Self = Self(1 << 6);
    /// With key agreement, only to encrypt.
    pub const ENCIPHER_ONLY: Self = Self(1 << 7);
    /// With key agreement, only to decrypt.
    pub const DECIPHER_ONLY: Self = Self(1 << 8);

    /// What the signing certificate (签名证书) of a pair has.
    pub const SIGNING: Self = Self::of(&[Self::DIGITAL_SIGNATURE, Self::NON_REPUDIATION]);
    /// What the encryption certificate (加密证书) of a pair has.
    pub const ENCRYPTION: Self =
        Self::of(&[Self::KEY_ENCIPHERMENT, Self::DATA_ENCIPHERMENT, Self::KEY_AGREEMENT]);
    /// What a certification authority has.
    pub const AUTHORITY: Self = Self::of(&[Self::KEY_CERT_SIGN, Self::CRL_SIGN]);

    /// All of these uses.
    #[must_use]
    pub const fn of(uses: &[Self]) -> Self {
        let (mut all, mut at) = (0, 0);
        while at < uses.len() {
            all |= uses[at].0;
            at += 1;
        }
        Self(all)
    }

    /// Whether one of these uses is among them.
    #[must_use]
    pub const fn has_any(self, uses: Self) -> bool {
        self.0 & uses.0 != 0
    }

    /// The uses by their names in RFC 5280.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().enumerate().filter_map(move |(bit, name)| (self.0 >> bit & 1 == 1).then_some(name))
    }

    /// A BIT STRING; zeros at its end, which DER leaves out and some write, say nothing.
    pub(super) fn read(value: &[u8]) -> Result<Self, Rejected> {
        let mut body = Reader::new(value);
        let bits = body.take(BIT_STRING)?;
        body.end()?;
        let (unused, first, second) = match bits {
            [unused, first] => (*unused, *first, 0),
            [unused, first, second] => (*unused, *first, *second),
            _ => return Err(Rejected),
        };
        let bits = u16::from_be_bytes([first, second]).reverse_bits();
        let last = if value.len() == 4 { first } else { second };
        // At least one use (RFC 5280), none that nobody named, and unused bits are zero.
        if unused > 7 || last.trailing_zeros() < u32::from(unused) || bits == 0 || bits >> NAMES.len() != 0 {
            return Err(Rejected);
        }
        Ok(Self(bits))
    }

    pub(in crate::pki) fn write(self) -> Vec<u8> {
        let bits = self.0.reverse_bits();
        let [first, second] = bits.to_be_bytes();
        let unused = (bits.trailing_zeros() % 8) as u8;
        let content: &[u8] = if second == 0 { &[unused, first] } else { &[unused, first, second] };
        element(BIT_STRING, &[content])
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.names().enumerate() {
            write!(f, "{}{name}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

const NAMES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

/// A purpose that a key is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExtendedKeyUsage {
    /// The server of TLS.
    ServerAuthentication,
    /// The client of TLS.
    ClientAuthentication,
    /// Signing code.
    CodeSigning,
    /// Signing and encrypting mail.
    EmailProtection,
    /// Signing the time.
    TimeStamping,
    /// Signing answers of OCSP.
    OcspSigning,
    /// Every purpose.
    Any,
    /// Another: the content of its OBJECT IDENTIFIER.
    Other(Vec<u8>),
}

/// The most purposes that are read; more are none of an honest certificate.
const MOST: usize = 64;
/// id-kp, 1.3.6.1.5.5.7.3
const PURPOSES: [u8; 7] = [0x2b, 6, 1, 5, 5, 7, 3];
/// anyExtendedKeyUsage, 2.5.29.37.0
const ANY: [u8; 4] = [0x55, 0x1d, 0x25, 0];

impl ExtendedKeyUsage {
    pub(super) fn read_all(value: &[u8]) -> Result<Vec<Self>, Rejected> {
        let (mut body, mut found) = (Reader::sequence_of(value)?, Vec::new());
        while !body.is_empty() {
            if found.len() == MOST {
                return Err(Rejected);
            }
            found.push(Self::from_id(body.identifier()?));
        }
        if found.is_empty() { Err(Rejected) } else { Ok(found) }
    }

    /// The SEQUENCE of these.
    pub(in crate::pki) fn write_all(purposes: &[Self]) -> Vec<u8> {
        let ids: Vec<_> = purposes.iter().map(|purpose| element(OID, &[&purpose.id()])).collect();
        element(SEQUENCE, &[&ids.concat()])
    }

    fn from_id(id: &[u8]) -> Self {
        match id.strip_prefix(&PURPOSES) {
            Some([1]) => Self::ServerAuthentication,
            Some([2]) => Self::ClientAuthentication,
            Some([3]) => Self::CodeSigning,
            Some([4]) => Self::EmailProtection,
            Some([8]) => Self::TimeStamping,
            Some([9]) => Self::OcspSigning,
            _ if id == ANY => Self::Any,
            _ => Self::Other(id.to_vec()),
        }
    }

    fn id(&self) -> Vec<u8> {
        let last = match self {
            Self::ServerAuthentication => 1,
            Self::ClientAuthentication => 2,
            Self::CodeSigning => 3,
            Self::EmailProtection => 4,
            Self::TimeStamping => 8,
            Self::OcspSigning => 9,
            Self::Any => return ANY.to_vec(),
            Self::Other(id) => return id.clone(),
        };
        [&PURPOSES[..], &[last]].concat()
    }
}

impl fmt::Display for ExtendedKeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServerAuthentication => "serverAuth",
            Self::ClientAuthentication => "clientAuth",
            Self::CodeSigning => "codeSigning",
            Self::EmailProtection => "emailProtection",
            Self::TimeStamping => "timeStamping",
            Self::OcspSigning => "OCSPSigning",
            Self::Any => "anyExtendedKeyUsage",
            Self::Other(id) => return f.write_str(&oid::dotted(id)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_uses_is_read_back_and_zeros_at_the_end_say_nothing() {
        for bits in 1..1 << NAMES.len() {
            let written = KeyUsage(bits).write();
            assert_eq!(KeyUsage::read(&written), Ok(KeyUsage(bits)), "{written:x?}");
        }
        assert_eq!(KeyUsage::SIGNING.write(), [3, 2, 6, 0xc0]);
        assert_eq!(KeyUsage::ENCRYPTION.write(), [3, 2, 3, 0x38]);
        assert_eq!(KeyUsage::AUTHORITY.write(), [3, 2, 1, 6]);
        assert_eq!(KeyUsage::DECIPHER_ONLY.write(), [3, 3, 7, 0, 0x80]);
        for padded in [&[3, 2, 0, 0xc0][..], &[3, 3, 0, 0xc0, 0], &[3, 3, 7, 0xc0, 0]] {
            assert_eq!(KeyUsage::read(padded), Ok(KeyUsage::SIGNING), "{padded:x?}");
        }
        for bad in [
            &[3, 1, 0][..],
            &[3, 2, 7, 0xc0],
            &[3, 2, 8, 0],
            &[3, 2, 0, 0],
            &[3, 3, 6, 0, 0x40],
            &[3, 4, 0, 0xc0, 0, 0],
            &[4, 2, 6, 0xc0],
            &[3, 2, 6, 0xc0, 0],
        ] {
            assert_eq!(KeyUsage::read(bad), Err(Rejected), "{bad:x?}");
        }
    }
}
