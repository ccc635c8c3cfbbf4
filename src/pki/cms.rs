//! Messages signed and enveloped with SM2 (SM2 密码算法加密签名消息语法): GM/T 0010-2012, GB/T 35275-2017.
//!
//! Three kinds are read and written: [`SignedData`], [`EnvelopedData`] and [`SignedAndEnvelopedData`]. They are
//! written as the standard has them, or under the numbers of PKCS#7; what else is met is read, and a [`Dialect`] says
//! which it was. Knows no trust and no clock: that a signature verifies says which certificate's key made it, and
//! nobody here asks who issued that certificate, whether it has expired or what its key may do.
//!
//! Strict DER is read; BER with lengths left open, and a content in pieces, are refused. Only the order inside a SET is
//! not asked for, since few keep to it; where it is signed, in signed attributes, it is, and they are verified as they
//! came. The reader is our own, over the DER of this house: the `cms` crate has the syntax of RFC 5652, where the standard
//! keeps that of PKCS#7 1.5 (RFC 2315) with its versions, recipients and SignedAndEnvelopedData, and it encodes signed
//! attributes anew from values where the bytes that came are what was signed.

mod attributes;
mod content;
mod encrypted;
mod enveloped;
mod holder;
mod numbers;
mod recipient;
mod signed;
mod signed_and_enveloped;
mod signer;
mod signer_info;
mod signers;

use alloc::{string::String, vec::Vec};

pub use self::{
    enveloped::{EnvelopedData, Recipients},
    holder::{Holder, Identifier},
    signed::{SignedData, Verified},
    signed_and_enveloped::{Opened, SignedAndEnvelopedData},
    signer::{MAX_SIGNERS, Signer},
    signers::Signers,
};
use super::armor;
use crate::{algo::sm2::encoding, error::Result};

/// The label of a message in PEM (RFC 7468 §9), which GmSSL writes as well.
pub const LABEL: &str = "CMS";

/// The label that PKCS#7 had (RFC 7468 §8), which is read too.
pub const OLD_LABEL: &str = "PKCS7";

/// The DER of one message: as it is, or from its block [`LABEL`] or [`OLD_LABEL`] of PEM.
///
/// # Errors
/// [`Malformed`](crate::Kind::Malformed) for other text, and for more than one message.
pub fn from_pem(bytes: &[u8]) -> Result<Vec<u8>> {
    armor::one(bytes, &[LABEL, OLD_LABEL])
}

/// A message as PEM, under [`LABEL`].
///
/// # Errors
/// [`Internal`](crate::Kind::Internal) when the text cannot be built.
pub fn to_pem(der: &[u8]) -> Result<String> {
    encoding::armor(LABEL, der)
}

/// In whose way a message, or a signature in it, is written (方言).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// GM/T 0010-2012 and GB/T 35275-2017: content types below 1.2.156.10197.6.1.4.2; a signature is over `ZA` and the
    /// content, or `ZA` and the signed attributes. What CFCA and the SM modes of gmsm write.
    Standard,
    /// The same under the content types of PKCS#7 (1.2.840.113549.1.7): gmsm's other modes, and what OpenSSL reads. A
    /// signature of the digest of a content without `ZA`, as some make it here, is refused: whoever has one of the
    /// standard could pass it for one of `ZA` and the content together.
    Pkcs7,
    /// GmSSL 3: the numbers of the standard, but what is signed is the whole ContentInfo without `ZA`, which binds
    /// neither the signer's key nor the user id; and keys are encrypted under 1.2.156.10197.1.301.2. Only read.
    ///
    /// It signs the same of an OCTET STRING in a SignedAndEnvelopedData as of what is in that in a SignedData. So an
    /// enveloped content that reads as one is refused. The other way it cannot be told: who opens an envelope around
    /// an OCTET STRING can make a SignedData of what is in it.
    GmSsl,
    /// CFCA's SADK before 3.2: the standard, but the encrypted key is bare `C1 ‖ C2 ‖ C3` without 04. Only read.
    Cfca,
}
