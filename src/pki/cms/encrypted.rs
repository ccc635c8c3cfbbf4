//! `SM4-CBC[key, iv](content)` as EncryptedContentInfo (GM/T 0010-2012 §9.1).
//!
//! Knows no recipient. Nothing proves the content: whoever alters the ciphertext alters the text, unseen but for its end.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    super::{
        der::{OCTET_STRING, OID, Reader, SEQUENCE, element},
        oid,
    },
    Dialect,
    content::{self, Content, strict},
    numbers,
};
use crate::{
    algo::{
        mode::{cbc, padding},
        sm4::Sm4,
    },
    error::{Error, Kind, Rejected, Result},
    secret::Secret,
};

/// A content under a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct EncryptedContent<'a> {
    /// The object identifier of its kind.
    pub(super) content_type: &'a [u8],
    iv: &'a [u8; 16],
    ciphertext: &'a [u8],
}

impl<'a> EncryptedContent<'a> {
    pub(super) fn read(body: &mut Reader<'a>) -> Result<Self> {
        let mut body = strict(body.sequence())?;
        let content_type = strict(body.take(OID))?;
        content::data(content_type)?;
        let (id, mut parameters) = strict(body.algorithm())?;
        if id != oid::SM4_CBC && id != oid::SM4 {
            return Err(numbers::unsupported(id));
        }
        // SM4 without a mode is CBC wherever a vector stands beside it.
        let iv = strict(parameters.take(OCTET_STRING))?;
        strict(parameters.end())?;
        let ciphertext = strict(body.take(0x80))?;
        if matches!(body.tag(), Some(0x81 | 0x82)) {
            return Err(Error::new(
                Kind::Unsupported,
                "the content has shared information beside it, of which nothing is known here; ask for it without",
            ));
        }
        strict(body.end())?;
        let iv = strict(iv.try_into().map_err(|_| Rejected))?;
        if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(16) {
            return strict(Err(Rejected));
        }
        Ok(Self { content_type, iv, ciphertext })
    }

    pub(super) fn decrypt(&self, key: &Secret<16>) -> Result<Decrypted> {
        let mut text = Zeroizing::new(self.ciphertext.to_vec());
        cbc::decrypt(&Sm4::new(key.expose()), self.iv, &mut text)?;
        let len = padding::unpadded_len(&text);
        Ok(Decrypted { text, len })
    }
}

/// A text that nothing proves yet, padding and all.
pub(super) struct Decrypted {
    pub(super) text: Zeroizing<Vec<u8>>,
    /// How many bytes stand before the padding, if it is any.
    pub(super) len: Result<usize, Rejected>,
}

/// Encrypts a content under this key and a fresh vector.
pub(super) fn write(
    content: &[u8],
    dialect: Dialect,
    key: &Secret<16>,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<u8>> {
    let mut iv = [0; 16];
    rng.fill_bytes(&mut iv);
    let mut text = Zeroizing::new(Vec::with_capacity(content.len() + 16));
    text.extend_from_slice(content);
    padding::pad(&mut text);
    cbc::encrypt(&Sm4::new(key.expose()), &iv, &mut text)?;
    let algorithm = element(SEQUENCE, &[&element(OID, &[oid::SM4_CBC]), &element(OCTET_STRING, &[&iv])]);
    Ok(element(SEQUENCE, &[&Content::Data.id(dialect), &algorithm, &element(0x80, &[&text])]))
}
