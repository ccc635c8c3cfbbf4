//! B, the frames: `frame_i = ciphertext_i ‖ tag_i` under a nonce of its own.
//!
//! Format M60–M66. Knows one frame at a time; order and end are its callers' duty.

use zeroize::Zeroize;

use super::{Suite, keys::BodyKeys};
use crate::{
    algo::{
        hmac::HmacSm3,
        mode::{ctr, gcm::Gcm},
        sm4::Sm4,
    },
    error::{Error, Kind, Rejected, Result},
    secret::{Secret, reveal},
};
use subtle::ConstantTimeEq;

/// The most frames: their number never wraps within a nonce (M65).
pub(super) const MAX_FRAMES: u64 = 1 << 32;
/// The most bytes of plaintext.
pub(super) const MAX_BYTES: u64 = 1 << 48;

/// The cipher of one message's frames.
pub(super) struct Body {
    suite: Keyed,
    nonce: Secret<12>,
}

enum Keyed {
    Gcm(Gcm),
    CtrHmac(Sm4, HmacSm3),
}

impl Body {
    pub(super) fn new(suite: Suite, keys: &BodyKeys) -> Self {
        let suite = match suite {
            Suite::Gcm => Keyed::Gcm(Gcm::new(&keys.cipher)),
            Suite::CtrHmac => Keyed::CtrHmac(Sm4::new(&keys.cipher), HmacSm3::new(&keys.mac)),
        };
        Self { suite, nonce: Secret::build(|nonce| nonce.copy_from_slice(&keys.nonce)) }
    }

    /// Encrypts a frame in place: `frame` is the plaintext and room for the tag.
    pub(super) fn seal(&self, index: u64, last: bool, frame: &mut [u8]) -> Result<()> {
        let nonce = self.nonce(index, last);
        let (text, room) = frame.split_at_mut(frame.len() - self.suite.tag_len());
        match &self.suite {
            Keyed::Gcm(gcm) => room.copy_from_slice(&gcm.encrypt(&nonce, &[], text)?),
            Keyed::CtrHmac(cipher, hmac) => {
                ctr::apply(cipher, &counter(&nonce), text);
                room.copy_from_slice(&tag(hmac, &nonce, text));
            }
        }
        Ok(())
    }

    /// Verifies a frame, then decrypts it in place; gives the plaintext.
    pub(super) fn open<'a>(
        &self,
        index: u64,
        last: bool,
        frame: &'a mut [u8],
    ) -> Result<&'a mut [u8], Rejected> {
        let nonce = self.nonce(index, last);
        let start = frame.len().checked_sub(self.suite.tag_len()).ok_or(Rejected)?;
        let (text, found) = frame.split_at_mut(start);
        match &self.suite {
            Keyed::Gcm(gcm) => gcm.decrypt(&nonce, &[], text, (&*found).try_into().map_err(|_| Rejected)?)?,
            Keyed::CtrHmac(cipher, hmac) => {
                let mut expected = tag(hmac, &nonce, text);
                let equal = expected.as_slice().ct_eq(found);
                expected.zeroize();
                if !reveal(equal) {
                    return Err(Rejected);
                }
                ctr::apply(cipher, &counter(&nonce), text);
            }
        }
        Ok(text)
    }

    /// `N ⊕ (last u8 ‖ 0³ ‖ index u64)` (M62).
    fn nonce(&self, index: u64, last: bool) -> [u8; 12] {
        let mut nonce = *self.nonce.expose();
        nonce[0] ^= u8::from(last);
        for (byte, index) in nonce[4..].iter_mut().zip(index.to_be_bytes()) {
            *byte ^= index;
        }
        nonce
    }
}

impl Keyed {
    const fn tag_len(&self) -> usize {
        match self {
            Self::Gcm(_) => 16,
            Self::CtrHmac(..) => 32,
        }
    }
}

fn counter(nonce: &[u8; 12]) -> [u8; 16] {
    let mut counter = [0; 16];
    counter[..12].copy_from_slice(nonce);
    counter
}

fn tag(keyed: &HmacSm3, nonce: &[u8; 12], ciphertext: &[u8]) -> [u8; 32] {
    let mut hmac = keyed.clone();
    hmac.update(nonce);
    hmac.update(ciphertext);
    hmac.finalize()
}

/// Refuses a frame past the limits (M65).
pub(super) fn check_limits(frames: u64, bytes: u64) -> Result<()> {
    if frames > MAX_FRAMES || bytes > MAX_BYTES {
        return Err(Error::new(
            Kind::TooLarge,
            "a message has at most 2^32 frames and 2^48 bytes; split it, or use larger frames",
        ));
    }
    Ok(())
}

/// How a body of `len` bytes divides into frames: how many, and how long the last is with its tag (M61, M64).
pub(super) fn layout(len: u64, frame_len: usize, tag_len: usize) -> Result<(u64, usize)> {
    let whole = (frame_len + tag_len) as u64;
    let frames = len.div_ceil(whole);
    let truncated = || Error::new(Kind::Truncated, "the message has lost its end; get a whole copy");
    let last =
        len.checked_sub(frames.checked_sub(1).ok_or_else(truncated)? * whole).ok_or_else(truncated)? as usize;
    if last < tag_len || (last == tag_len && frames > 1) {
        return Err(truncated());
    }
    check_limits(frames, len - frames * tag_len as u64)?;
    Ok((frames, last))
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, layout};

    #[test]
    fn the_longest_message_allowed_is_read_and_one_byte_more_is_not() {
        for tag in [16, 32] {
            let frames = MAX_BYTES >> 24;
            let longest = MAX_BYTES + frames * tag as u64;
            assert_eq!(layout(longest, 1 << 24, tag).ok(), Some((frames, (1 << 24) + tag)));
            assert!(layout(longest + 1 + tag as u64, 1 << 24, tag).is_err());
        }
    }
}
