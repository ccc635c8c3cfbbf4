//! `CBC-decrypt[key, iv](ciphertext)` for the ciphers that key files name: SM4, and AES for files of OpenSSL's default.
//!
//! Knows neither padding nor what is in the file. AES is read, never written.

use aes::{Aes128, Aes192, Aes256};
use cipher::{Block, BlockCipherDecrypt, KeyInit, consts::U16};
use zeroize::Zeroize;

use super::{super::oid, malformed};
use crate::{
    algo::{mode::cbc, sm4::Sm4},
    error::Result,
};

/// The cipher of an encrypted key, in CBC with the padding of PKCS#7 (RFC 8018 appendix B.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// SM4 (GB/T 32907).
    Sm4,
    /// AES with a key of 128 bits: it is read, never written.
    Aes128,
    /// AES with a key of 192 bits: it is read, never written.
    Aes192,
    /// AES with a key of 256 bits, OpenSSL's default: it is read, never written.
    Aes256,
}

impl Cipher {
    pub(super) const LONGEST_KEY: usize = 32;

    pub(super) fn of(id: &[u8]) -> Option<Self> {
        match id {
            oid::SM4_CBC => Some(Self::Sm4),
            oid::AES_128_CBC => Some(Self::Aes128),
            oid::AES_192_CBC => Some(Self::Aes192),
            oid::AES_256_CBC => Some(Self::Aes256),
            _ => None,
        }
    }

    /// In bytes.
    pub(super) const fn key_len(self) -> usize {
        match self {
            Self::Sm4 | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Whole blocks of `text`, under the first [`key_len`](Self::key_len) bytes of `key`.
    pub(super) fn decrypt(self, key: &[u8; Self::LONGEST_KEY], iv: &[u8; 16], text: &mut [u8]) -> Result<()> {
        let key = &key[..self.key_len()];
        match self {
            Self::Sm4 => {
                let key = key.first_chunk().ok_or_else(malformed)?;
                Ok(cbc::decrypt(&Sm4::new(key), iv, text)?)
            }
            Self::Aes128 => chained::<Aes128>(key, iv, text),
            Self::Aes192 => chained::<Aes192>(key, iv, text),
            Self::Aes256 => chained::<Aes256>(key, iv, text),
        }
    }
}

fn chained<C: BlockCipherDecrypt<BlockSize = U16> + KeyInit>(
    key: &[u8],
    iv: &[u8; 16],
    text: &mut [u8],
) -> Result<()> {
    let cipher = C::new_from_slice(key).map_err(|_| malformed())?;
    let (blocks, rest) = text.as_chunks_mut::<16>();
    if !rest.is_empty() {
        return Err(malformed());
    }
    let mut before = *iv;
    let mut plain = Block::<C>::default();
    for block in blocks {
        cipher.decrypt_block_b2b((&*block).into(), &mut plain);
        let ciphertext = *block;
        for ((out, plain), before) in block.iter_mut().zip(&plain).zip(before) {
            *out = plain ^ before;
        }
        before = ciphertext;
    }
    plain.zeroize();
    Ok(())
}
