//! `SM4-GCM[key, nonce](associated data, plaintext) → (ciphertext, tag)`: GB/T 36624-2018 §12, RFC 8998 §3.
//!
//! Knows nothing of where a nonce comes from; one must never meet the same key twice. Decryption verifies first and
//! decrypts after, so unauthenticated plaintext never exists.

mod encryptor;
mod many;
#[cfg(all(test, feature = "std"))]
mod tests;

use core::fmt;

use aead::{AeadCore, AeadInOut, KeyInit, KeySizeUser, TagPosition, inout::InOutBuf};
use cipher::array::{
    Array,
    typenum::{U12, U16},
};
pub use encryptor::Encryptor;
pub use many::Message;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{ctr, xor};
use crate::{
    algo::{
        ghash::{GhashKey, Tier},
        sm4::{Backend, Sm4},
    },
    error::{Error, Kind, Rejected, Result},
};

/// SM4-GCM under one key, with tags of `TAG` bytes: 4, 8 or 12 to 16; anything else does not compile.
///
/// ```
/// use miyao::algo::mode::gcm::Gcm;
/// let gcm: Gcm = Gcm::new(&[7; 16]);
/// let mut text = *b"plaintext";
/// let tag = gcm.encrypt(&[1; 12], b"context", &mut text)?;
/// gcm.decrypt(&[1; 12], b"context", &mut text, &tag)?;
/// assert_eq!(&text, b"plaintext");
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone)]
pub struct Gcm<const TAG: usize = 16> {
    cipher: Sm4,
    hash: GhashKey,
}

impl<const TAG: usize> Gcm<TAG> {
    /// The most bytes one call takes: 2^36 − 32 (a 32-bit counter of blocks, less the tag's).
    pub const MAX: u64 = (1 << 36) - 32;

    const TAG_IS_STANDARD: () =
        assert!(TAG == 4 || TAG == 8 || (TAG >= 12 && TAG <= 16), "not a tag length of GCM");

    /// Keys it.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        const { Self::TAG_IS_STANDARD };
        let mut h = [0; 16];
        let cipher = Sm4::new_and_zero(key, &mut h);
        let hash = GhashKey::new(&h);
        h.as_mut_slice().zeroize();
        Self { cipher, hash }
    }

    /// As [`new`](Self::new), for kernels of the caller's choice; `None` where the processor cannot.
    #[doc(hidden)]
    #[must_use]
    pub fn with_backend(key: &[u8; 16], backend: Backend) -> Option<Self> {
        let cipher = Sm4::with_backend(key, backend)?;
        let tier = match backend {
            Backend::Avx512 => Tier::Vclmul,
            Backend::Gfni | Backend::Aesni => Tier::Clmul,
            Backend::Aese | Backend::Sm4e => Tier::Pmull,
            Backend::Soft => Tier::Soft,
        };
        let mut h = [0; 16];
        cipher.encrypt_block(&mut h);
        let hash = GhashKey::forced(tier, &h);
        h.as_mut_slice().zeroize();
        Some(Self { cipher, hash: hash? })
    }

    /// Encrypts `buffer` in place and gives the tag.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for an empty nonce, [`TooLarge`](Kind::TooLarge) past [`MAX`](Self::MAX).
    pub fn encrypt(&self, nonce: &[u8], aad: &[u8], buffer: &mut [u8]) -> Result<[u8; TAG]> {
        Self::check(nonce, buffer)?;
        let first = self.first_counter(nonce);
        #[cfg(target_arch = "x86_64")]
        if let Some(tag) = self.cipher.sealed_short(&first, (&self.hash, aad), buffer) {
            return Ok(core::array::from_fn(|index| tag[index]));
        }
        let stream = Stream::new(&self.cipher, first, buffer.len());
        #[cfg(target_arch = "x86_64")]
        if let Some(hash) = self.cipher.ctr32_hashed(&next(stream.first), &self.hash, aad, (None, buffer)) {
            return Ok(stream.tag(hash));
        }
        stream.apply(&self.cipher, buffer);
        Ok(stream.tag(self.hash.hash(aad, buffer)))
    }

    /// As [`encrypt`](Self::encrypt), from one place to another of the same length: a pass over memory less.
    ///
    /// # Errors
    /// As for [`encrypt`](Self::encrypt), and [`Invalid`](Kind::Invalid) when the lengths differ.
    pub fn encrypt_to(&self, nonce: &[u8], aad: &[u8], text: &[u8], out: &mut [u8]) -> Result<[u8; TAG]> {
        if text.len() != out.len() {
            return Err(Error::new(Kind::Invalid, "GCM's output is as long as its input; give as much room"));
        }
        Self::check(nonce, out)?;
        #[cfg(target_arch = "x86_64")]
        {
            let first = self.first_counter(nonce);
            let both = (Some(text), &mut *out);
            if let Some(hash) = self.cipher.ctr32_hashed(&next(first), &self.hash, aad, both) {
                return Ok(Stream::new(&self.cipher, first, text.len()).tag(hash));
            }
        }
        out.copy_from_slice(text);
        self.encrypt(nonce, aad, out)
    }

    /// Verifies the tag, then decrypts `buffer` in place; a rejected buffer is left as it was.
    ///
    /// # Errors
    /// [`Rejected`] for another key, nonce, associated data or altered bytes.
    pub fn decrypt(
        &self,
        nonce: &[u8],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), Rejected> {
        if nonce.is_empty() || buffer.len() as u64 > Self::MAX {
            return Err(Rejected);
        }
        let first = self.first_counter(nonce);
        #[cfg(target_arch = "x86_64")]
        if let Some(right) = self.cipher.opened_short(&first, (&self.hash, aad), buffer, tag) {
            return if right { Ok(()) } else { Err(Rejected) };
        }
        let stream = Stream::new(&self.cipher, first, buffer.len());
        let mut expected = stream.tag::<TAG>(self.hash.hash(aad, buffer));
        let equal = expected.ct_eq(tag);
        expected.zeroize();
        if !crate::secret::reveal(equal) {
            return Err(Rejected);
        }
        stream.apply(&self.cipher, buffer);
        Ok(())
    }

    fn check(nonce: &[u8], buffer: &[u8]) -> Result<()> {
        if nonce.is_empty() {
            return Err(Error::new(
                Kind::Invalid,
                "GCM needs a nonce; give 12 bytes that never repeat under this key",
            ));
        }
        if buffer.len() as u64 > Self::MAX {
            return Err(too_long());
        }
        Ok(())
    }

    /// J0: the nonce and a one, or GHASH of a nonce that is not 12 bytes long.
    fn first_counter(&self, nonce: &[u8]) -> [u8; 16] {
        let mut block = [0; 16];
        if nonce.len() == 12 {
            block[..12].copy_from_slice(nonce);
            block[15] = 1;
            return block;
        }
        self.hash.hash(&[], nonce)
    }
}

/// What the cipher makes of J0 and, in the same pass, of the counters after it when the text is short; wiped on drop.
struct Stream {
    first: [u8; 16],
    made: [u8; 16 * 16],
}

impl Stream {
    /// The longest text whose key stream is made along with the mask of its tag.
    const SHORT: usize = 15 * 16;

    fn new(cipher: &Sm4, first: [u8; 16], text: usize) -> Self {
        let mut stream = Self { first, made: [0; _] };
        if text <= Self::SHORT {
            ctr::apply32(cipher, &first, &mut stream.made[..16 + text]);
        } else if let Some(mask) = stream.made.first_chunk_mut() {
            *mask = first;
            cipher.encrypt_block(mask);
        }
        stream
    }

    fn tag<const TAG: usize>(&self, hash: [u8; 16]) -> [u8; TAG] {
        core::array::from_fn(|index| hash[index] ^ self.made[index])
    }

    /// Encrypts or decrypts the text.
    fn apply(&self, cipher: &Sm4, text: &mut [u8]) {
        if text.len() <= Self::SHORT {
            xor(text, &self.made[16..]);
        } else {
            ctr::apply32(cipher, &next(self.first), text);
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.made.as_mut_slice().zeroize();
    }
}

/// `inc32`
fn next(counter: [u8; 16]) -> [u8; 16] {
    after(counter, 1)
}

/// `inc32`, so many times.
fn after(mut counter: [u8; 16], blocks: u32) -> [u8; 16] {
    let [.., a, b, c, d] = counter;
    counter[12..].copy_from_slice(&u32::from_be_bytes([a, b, c, d]).wrapping_add(blocks).to_be_bytes());
    counter
}

fn too_long() -> Error {
    Error::new(Kind::TooLarge, "GCM takes at most 2^36 - 32 bytes; split the input into messages")
}

impl<const TAG: usize> ZeroizeOnDrop for Gcm<TAG> {}

impl<const TAG: usize> fmt::Debug for Gcm<TAG> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gcm")
    }
}

impl KeySizeUser for Gcm {
    type KeySize = U16;
}

impl KeyInit for Gcm {
    fn new(key: &aead::Key<Self>) -> Self {
        Self::new(&(*key).into())
    }
}

impl AeadCore for Gcm {
    type NonceSize = U12;
    type TagSize = U16;
    const TAG_POSITION: TagPosition = TagPosition::Postfix;
}

impl AeadInOut for Gcm {
    fn encrypt_inout_detached(
        &self,
        nonce: &Array<u8, U12>,
        aad: &[u8],
        buffer: InOutBuf<'_, '_, u8>,
    ) -> aead::Result<Array<u8, U16>> {
        self.encrypt(nonce, aad, buffer.into_out_with_copied_in()).map(Into::into).map_err(|_| aead::Error)
    }

    fn decrypt_inout_detached(
        &self,
        nonce: &Array<u8, U12>,
        aad: &[u8],
        buffer: InOutBuf<'_, '_, u8>,
        tag: &Array<u8, U16>,
    ) -> aead::Result<()> {
        self.decrypt(nonce, aad, buffer.into_out_with_copied_in(), &(*tag).into())
            .map_err(|Rejected| aead::Error)
    }
}
