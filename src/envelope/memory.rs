//! Whole messages in memory.
//!
//! Knows no streams; [`Encryptor`](super::Encryptor) and [`Decryptor`](super::Decryptor) do.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    Header, Opener, Options, Signed,
    body::{Place, check_limits, layout},
    signed::{self, Leaves},
    slot, start,
};
use crate::{
    error::{Error, Kind, Result},
    secret::SecretBytes,
};

/// `encrypt(plaintext) → H ‖ R ‖ B [‖ S]`.
///
/// ```
/// use miyao::{SecretBytes, algo::drbg::Drbg, envelope::{self, Opener, Options, recipient::Passphrase}};
/// let mut rng = Drbg::new(&[7; 32], b"example", b"");
/// let passphrase = Passphrase::new(SecretBytes::take(b"correct horse".to_vec()));
/// let message = envelope::encrypt(b"text", &Options::to(&passphrase), &mut rng)?;
/// let (text, _) = envelope::decrypt(&message, &Opener::with(&passphrase))?;
/// assert_eq!(text.expose(), b"text");
/// # Ok::<(), miyao::Error>(())
/// ```
///
/// # Errors
/// [`TooLarge`](Kind::TooLarge) past the limits of the format; whatever a recipient's `wrap` returns.
pub fn encrypt(plaintext: &[u8], options: &Options<'_>, rng: &mut dyn CryptoRng) -> Result<Vec<u8>> {
    let begun = start::begin(options, rng)?;
    let (frame_len, tag_len) = (begun.header.frame_len(), begun.header.suite.tag_len());
    let frames = plaintext.len().div_ceil(frame_len).max(1);
    check_limits(frames as u64, plaintext.len() as u64)?;
    let mut out = begun.bytes;
    let body = out.len();
    out.reserve_exact(plaintext.len() + frames * tag_len + signed::LEN);
    let whole = frame_len + tag_len;
    for first in (0..frames).step_by(TOGETHER) {
        let (at, end) = (out.len(), frames.min(first + TOGETHER));
        for index in first..end {
            out.extend_from_slice(
                &plaintext[index * frame_len..plaintext.len().min((index + 1) * frame_len)],
            );
            out.resize(out.len() + tag_len, 0);
        }
        let place = Place { first: first as u64, last: end == frames, whole };
        begun.body.seal_all(&place, &mut out[at..])?;
    }
    if let Some(signer) = &options.signer {
        let leaves = Leaves::of(out[body..].chunks(whole), tag_len);
        let e = leaves.digest(&begun.header.digest(), signer.public_key())?;
        out.extend_from_slice(&signer.sign_digest(&e, rng).to_bytes());
    }
    Ok(out)
}

/// `decrypt(message) → plaintext` and what is known of its signature.
///
/// # Errors
/// [`Rejected`](Kind::Rejected) for a wrong key, a wrong context or altered bytes; [`Missing`](Kind::Missing) when no
/// identity is among the recipients; [`Malformed`](Kind::Malformed), [`Truncated`](Kind::Truncated),
/// [`Unsupported`](Kind::Unsupported) for what shows without a key.
pub fn decrypt(message: &[u8], opener: &Opener<'_>) -> Result<(SecretBytes, Signed)> {
    let (header, at) = Header::parse(message)?;
    let truncated =
        || Error::new(Kind::Truncated, "the message ends inside its recipients; get a whole copy");
    let (len, rest) = message[at..].split_first_chunk::<2>().ok_or_else(truncated)?;
    let len = slot::checked_len(*len)?;
    let (slots, rest) = rest.split_at_checked(2 * len).ok_or_else(truncated)?;
    let trailer_len = if header.signer.is_some() { signed::LEN } else { 0 };
    let (frames, trailer) = rest
        .split_at_checked(rest.len().wrapping_sub(trailer_len))
        .ok_or(Error::new(Kind::Truncated, "the message ends before its signature; get a whole copy"))?;
    let (count, _) = layout(frames.len() as u64, header.frame_len(), header.suite.tag_len())?;
    let body = start::enter(&header, &slot::newest(slots, len)?.0, opener)?;

    let mut text = Zeroizing::new(Vec::with_capacity(frames.len()));
    let whole = header.frame_len() + header.suite.tag_len();
    for (some, first) in frames.chunks(TOGETHER * whole).zip((0..).step_by(TOGETHER)) {
        let checked = body.check(&Place { first, last: first + TOGETHER as u64 >= count, whole }, some)?;
        for (index, frame) in (first..).zip(some.chunks(whole)) {
            let at = text.len();
            text.extend_from_slice(frame);
            let plain = body.open_checked(&checked, index, index + 1 == count, &mut text[at..])?.len();
            text.truncate(at + plain);
        }
    }
    let signed = match opener.signer {
        Some(signer) => {
            let leaves = Leaves::of(frames.chunks(whole), header.suite.tag_len());
            leaves.verify(&header.digest(), signer, trailer)?;
            Signed::Verified(signer.key_identifier())
        }
        None => start::unread_signature(&header),
    };
    Ok((SecretBytes::take(core::mem::take(&mut *text)), signed))
}

/// How many frames are authenticated side by side: as many as a kernel has lanes.
const TOGETHER: usize = 16;
