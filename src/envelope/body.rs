//! B, the frames: `frame_i = ciphertext_i ‖ tag_i` under a nonce of its own.
//!
//! Format M60–M66. Knows frames that follow each other; where they are and where they end is its callers' duty.

use alloc::vec::Vec;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

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

/// The most frames: their number never wraps within a nonce (M65).
pub(super) const MAX_FRAMES: u64 = 1 << 32;
/// The most bytes of plaintext.
pub(super) const MAX_BYTES: u64 = 1 << 48;

/// The cipher of one message's frames.
pub(super) struct Body {
    suite: Keyed,
    nonce: Secret<12>,
}

/// Consecutive frames: the number of the first, whether the message ends with the last, and how long each is but the last.
pub(super) struct Place {
    pub(super) first: u64,
    pub(super) last: bool,
    pub(super) whole: usize,
}

/// That frames were [checked](Body::check), and may be opened.
pub(super) struct Checked(());

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

    /// Wipes the keys where their owner will not be dropped; it is of no use from then on.
    #[cfg(feature = "std")]
    pub(super) fn wipe(&mut self) {
        let suite = match self.suite {
            Keyed::Gcm(_) => Suite::Gcm,
            Keyed::CtrHmac(..) => Suite::CtrHmac,
        };
        // What was there is wiped by being dropped.
        *self = Self::new(suite, &BodyKeys { cipher: [0; 16], nonce: [0; 12], mac: [0; 32] });
    }

    /// Encrypts frames in place: each is plaintext and room for the tag.
    pub(super) fn seal_all(&self, place: &Place, frames: &mut [u8]) -> Result<()> {
        let nonces = self.nonces(place, frames.len());
        let parts = frames.chunks_mut(place.whole).map(|frame| self.suite.split_mut(frame));
        match &self.suite {
            Keyed::Gcm(gcm) => {
                for ((text, room), nonce) in parts.zip(nonces) {
                    room.copy_from_slice(&gcm.encrypt(&nonce, &[], text)?);
                }
            }
            Keyed::CtrHmac(cipher, hmac) => {
                parts.zip(nonces).for_each(|((text, _), nonce)| ctr::apply(cipher, &counter(&nonce), text));
                let tags = self.tags(hmac, place, frames);
                let rooms = frames.chunks_mut(place.whole).map(|frame| self.suite.split_mut(frame).1);
                rooms.zip(&tags).for_each(|(room, tag)| room.copy_from_slice(tag));
            }
        }
        Ok(())
    }

    /// Whether one frame is as soon encrypted as many: their tags are not made side by side.
    #[cfg(feature = "std")]
    pub(super) const fn seals_one_by_one(&self) -> bool {
        matches!(self.suite, Keyed::Gcm(_))
    }

    /// Encrypts a text, which is not the last, into a frame that is longer by a tag.
    #[cfg(feature = "std")]
    pub(super) fn seal_from(&self, index: u64, text: &[u8], frame: &mut [u8]) -> Result<()> {
        match &self.suite {
            Keyed::Gcm(gcm) => {
                let (out, room) = self.suite.split_mut(frame);
                room.copy_from_slice(&gcm.encrypt_to(&self.nonce(index, false), &[], text, out)?);
                Ok(())
            }
            Keyed::CtrHmac(..) => {
                frame[..text.len()].copy_from_slice(text);
                self.seal_all(&Place { first: index, last: false, whole: frame.len() }, frame)
            }
        }
    }

    /// Verifies a frame, then decrypts it in place; gives the plaintext.
    #[cfg(feature = "std")]
    pub(super) fn open<'a>(
        &self,
        index: u64,
        last: bool,
        frame: &'a mut [u8],
    ) -> Result<&'a mut [u8], Rejected> {
        let checked = self.check(&Place { first: index, last, whole: frame.len().max(1) }, frame)?;
        self.open_checked(&checked, index, last, frame)
    }

    /// Verifies frames, then decrypts them in place, each where it stands.
    #[cfg(feature = "std")]
    pub(super) fn open_all(&self, place: &Place, frames: &mut [u8]) -> Result<(), Rejected> {
        let checked = self.check(place, frames)?;
        let count = frames.len().div_ceil(place.whole);
        for (at, frame) in frames.chunks_mut(place.whole).enumerate() {
            self.open_checked(&checked, place.first + at as u64, place.last && at + 1 == count, frame)?;
        }
        Ok(())
    }

    /// Verifies what is not verified one by one anyway: frames whose tags are made side by side.
    pub(super) fn check(&self, place: &Place, frames: &[u8]) -> Result<Checked, Rejected> {
        if let Keyed::CtrHmac(_, hmac) = &self.suite {
            if frames.chunks(place.whole).any(|frame| frame.len() < self.suite.tag_len()) {
                return Err(Rejected);
            }
            let expected = Zeroizing::new(self.tags(hmac, place, frames));
            let found = frames.chunks(place.whole).map(|frame| self.suite.split(frame).1);
            let equal = found.zip(&*expected).map(|(found, expected)| found.ct_eq(expected));
            if !reveal(equal.fold(Choice::from(1), |all, one| all & one)) {
                return Err(Rejected);
            }
        }
        Ok(Checked(()))
    }

    /// Verifies a frame unless that is done, then decrypts it in place; gives the plaintext.
    pub(super) fn open_checked<'a>(
        &self,
        _: &Checked,
        index: u64,
        last: bool,
        frame: &'a mut [u8],
    ) -> Result<&'a mut [u8], Rejected> {
        let nonce = self.nonce(index, last);
        if frame.len() < self.suite.tag_len() {
            return Err(Rejected);
        }
        let (text, found) = self.suite.split_mut(frame);
        match &self.suite {
            Keyed::Gcm(gcm) => gcm.decrypt(&nonce, &[], text, (&*found).try_into().map_err(|_| Rejected)?)?,
            Keyed::CtrHmac(cipher, _) => ctr::apply(cipher, &counter(&nonce), text),
        }
        Ok(text)
    }

    /// The tags of frames that are encrypted: `HMAC-SM3(nonce ‖ ciphertext)` of each.
    fn tags(&self, hmac: &HmacSm3, place: &Place, frames: &[u8]) -> Vec<[u8; 32]> {
        let texts = frames.chunks(place.whole).map(|frame| self.suite.split(frame).0);
        hmac.finalize_each(self.nonces(place, frames.len()).zip(texts))
    }

    /// The nonces of frames that have so many bytes.
    fn nonces(&self, place: &Place, len: usize) -> impl ExactSizeIterator<Item = [u8; 12]> {
        let &Place { first, last, whole } = place;
        let frames = len.div_ceil(whole);
        (0..frames).map(move |at| self.nonce(first + at as u64, last && at + 1 == frames))
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

    /// Text and tag of a frame that has room for a tag.
    fn split<'a>(&self, frame: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        frame.split_at(frame.len() - self.tag_len())
    }

    fn split_mut<'a>(&self, frame: &'a mut [u8]) -> (&'a mut [u8], &'a mut [u8]) {
        frame.split_at_mut(frame.len() - self.tag_len())
    }
}

fn counter(nonce: &[u8; 12]) -> [u8; 16] {
    let mut counter = [0; 16];
    counter[..12].copy_from_slice(nonce);
    counter
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
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use alloc::{vec, vec::Vec};

    use super::{Body, BodyKeys, MAX_BYTES, Place, Suite, layout};
    use crate::algo::{
        hmac,
        mode::{ctr, gcm::Gcm},
        sm4::Sm4,
    };

    const FIRST: u64 = (1 << 32) - 20;

    fn keys() -> BodyKeys {
        BodyKeys { cipher: [1; 16], nonce: [2; 12], mac: [3; 32] }
    }

    fn nonce(index: u64, last: bool) -> [u8; 12] {
        let mut nonce = [2; 12];
        nonce[0] ^= u8::from(last);
        nonce[4..].iter_mut().zip(index.to_be_bytes()).for_each(|(byte, index)| *byte ^= index);
        nonce
    }

    /// A frame as the format has it (M60, M62), alone.
    fn sealed(suite: Suite, index: u64, last: bool, text: &[u8]) -> Vec<u8> {
        let (nonce, mut frame) = (nonce(index, last), text.to_vec());
        match suite {
            Suite::Gcm => {
                let tag = Gcm::<16>::new(&[1; 16]).encrypt(&nonce, &[], &mut frame).expect("not too much");
                frame.extend(tag);
            }
            Suite::CtrHmac => {
                let mut counter = [0; 16];
                counter[..12].copy_from_slice(&nonce);
                ctr::apply(&Sm4::new(&[1; 16]), &counter, &mut frame);
                let tag = hmac::mac(&[3; 32], &[&nonce, &frame]);
                frame.extend(tag);
            }
        }
        frame
    }

    /// Frames together, with room for tags or with tags; the last may be shorter.
    fn frames(suite: Suite, count: usize, short: usize, seal: bool) -> (Place, Vec<u8>) {
        let len = |at| if at + 1 == count { short } else { 100 };
        let parts = (0..count).map(|at| {
            let (index, text) = (FIRST + at as u64, vec![at as u8; len(at)]);
            if seal {
                return sealed(suite, index, at + 1 == count, &text);
            }
            [text, vec![0; suite.tag_len()]].concat()
        });
        let place = Place { first: FIRST, last: true, whole: 100 + suite.tag_len() };
        (place, parts.collect::<Vec<_>>().concat())
    }

    #[test]
    fn frames_sealed_together_are_what_each_is_alone() {
        for suite in [Suite::Gcm, Suite::CtrHmac] {
            let body = Body::new(suite, &keys());
            for count in [1, 2, 3, 15, 16, 17, 35] {
                for short in [0, 1, 99, 100] {
                    let (place, mut made) = frames(suite, count, short, false);
                    let plain = made.clone();
                    body.seal_all(&place, &mut made).expect("not too much");
                    assert!(
                        made == frames(suite, count, short, true).1,
                        "{count} frames, the last of {short}"
                    );
                    let checked = body.check(&place, &made).expect("whole");
                    for (at, frame) in made.chunks_mut(place.whole).enumerate() {
                        let (index, last) = (FIRST + at as u64, at + 1 == count);
                        let text = body.open_checked(&checked, index, last, frame).expect("whole");
                        assert!(*text == plain[at * place.whole..][..text.len()]);
                    }
                }
            }
        }
    }

    #[cfg(feature = "std")]
    #[test]
    fn one_altered_byte_among_many_frames_is_refused() {
        for suite in [Suite::Gcm, Suite::CtrHmac] {
            let body = Body::new(suite, &keys());
            let (place, made) = frames(suite, 18, 30, true);
            for at in (0..made.len()).step_by(13) {
                let mut altered = made.clone();
                altered[at] ^= 1;
                assert!(body.open_all(&place, &mut altered).is_err(), "byte {at}");
            }
            for wrong in [Place { first: FIRST + 1, ..place }, Place { last: false, ..place }] {
                assert!(body.open_all(&wrong, &mut made.clone()).is_err());
            }
            assert!(body.open_all(&place, &mut made[..made.len() - 1].to_vec()).is_err());
            assert!(body.open_all(&place, &mut made.clone()).is_ok());
            assert!(body.open(0, true, &mut []).is_err());
        }
    }

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
