//! The token: one small value under one KMS key, for a database column or a configuration secret.
//!
//! Format M80–M88. Knows a version's secret as what expands; who keeps it and whether it may be used is decided elsewhere.

use alloc::{string::String, vec::Vec};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{Context, Suite, header::MAGIC, keys::BodyKeys};
use crate::{
    algo::{
        hkdf::Prk,
        hmac,
        mode::{ctr, gcm::Gcm},
        sm3,
        sm4::Sm4,
    },
    error::{Error, Kind, Rejected, Result},
    label,
    secret::{SecretBytes, reveal},
};

/// The most bytes of plaintext.
pub const MAX_PLAINTEXT: usize = 64 << 10;
const HEADER: usize = 31;
const VERSION: u8 = 0x81;

/// What a token says of itself: unverified until it was decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenHeader {
    /// How it is encrypted.
    pub suite: Suite,
    /// The first four bytes of the key's id.
    pub hint: [u8; 4],
    /// The number of the key's version.
    pub version: u32,
}

impl TokenHeader {
    /// Reads the first 31 bytes of a token.
    ///
    /// # Errors
    /// [`Malformed`](Kind::Malformed), [`Unsupported`](Kind::Unsupported), [`Truncated`](Kind::Truncated) or
    /// [`TooLarge`](Kind::TooLarge).
    pub fn parse(token: &[u8]) -> Result<Self> {
        let malformed = || Error::new(Kind::Malformed, "not a miyao token; encrypt with `--token` makes one");
        if token.get(..4) != Some(&MAGIC) || token.get(4) == Some(&1) {
            return Err(malformed());
        }
        let Some(header) = token.first_chunk::<HEADER>() else {
            return Err(Error::new(Kind::Truncated, "the token ends inside its header; get a whole copy"));
        };
        if header[4] != VERSION {
            return Err(Error::new(
                Kind::Unsupported,
                "a token version this build does not know; use a newer release",
            ));
        }
        let suite = Suite::from_number(u16::from_be_bytes([header[5], header[6]]))?;
        let (hint, version) =
            ([header[7], header[8], header[9], header[10]], [header[11], header[12], header[13], header[14]]);
        if token.len() < len(suite, 0) {
            return Err(Error::new(Kind::Truncated, "the token has lost its end; get a whole copy"));
        }
        if token.len() > len(suite, MAX_PLAINTEXT) {
            return Err(Error::new(
                Kind::TooLarge,
                "longer than any token; use a message for more than 64 KiB",
            ));
        }
        match u32::from_be_bytes(version) {
            0 => Err(malformed()),
            version => Ok(Self { suite, hint, version }),
        }
    }

    /// How many bytes of plaintext are in a token of so many.
    #[must_use]
    pub const fn plaintext_len(&self, token_len: usize) -> usize {
        token_len.saturating_sub(len(self.suite, 0))
    }
}

/// The number of bytes of a token of so many bytes of plaintext.
#[must_use]
pub const fn len(suite: Suite, plaintext_len: usize) -> usize {
    plaintext_len.saturating_add(HEADER + overhead(suite))
}

/// `encrypt[version secret](context, plaintext) → token`: one allocation, the token.
///
/// # Errors
/// [`TooLarge`](Kind::TooLarge) past 64 KiB; whatever holds the version's secret.
pub fn encrypt<P: Prk<Failure: Into<Error>>>(
    version_secret: &P,
    key: &[u8; 16],
    version: u32,
    suite: Suite,
    context: &Context,
    plaintext: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<u8>> {
    if plaintext.len() > MAX_PLAINTEXT {
        return Err(Error::new(Kind::TooLarge, "a token holds at most 64 KiB; use a message for more"));
    }
    let mut token = Vec::with_capacity(len(suite, plaintext.len()));
    token.extend_from_slice(&MAGIC);
    token.push(VERSION);
    token.extend_from_slice(&suite.number().to_be_bytes());
    token.extend_from_slice(&key[..4]);
    token.extend_from_slice(&version.to_be_bytes());
    token.resize(HEADER, 0);
    rng.fill_bytes(&mut token[15..]);
    let bind = bind(&token, key, context);
    token.extend_from_slice(plaintext);
    let mut keys = BodyKeys::default();
    keys.expand(version_secret, &[label::TOKEN_BODY, &bind]).map_err(Into::into)?;
    match suite {
        Suite::Gcm => {
            let tag = Gcm::<16>::new(&keys.cipher).encrypt(&keys.nonce, &[], &mut token[HEADER..])?;
            token.extend_from_slice(&commitment(version_secret, &bind)?);
            token.extend_from_slice(&tag);
        }
        Suite::CtrHmac => {
            apply(&keys, &mut token[HEADER..]);
            let tag = tag(&keys, &token[HEADER..]);
            token.extend_from_slice(&tag);
        }
    }
    Ok(token)
}

/// `decrypt[version secret](context, token) → plaintext`; the commitment and the tag are checked first.
///
/// # Errors
/// [`Rejected`](Kind::Rejected) for another secret, key, context or altered bytes; whatever holds the
/// version's secret; otherwise as [`TokenHeader::parse`].
pub fn decrypt<P: Prk<Failure: Into<Error>>>(
    version_secret: &P,
    key: &[u8; 16],
    context: &Context,
    token: &[u8],
) -> Result<SecretBytes> {
    let header = TokenHeader::parse(token)?;
    let bind = bind(&token[..HEADER], key, context);
    let mut keys = BodyKeys::default();
    keys.expand(version_secret, &[label::TOKEN_BODY, &bind]).map_err(Into::into)?;
    let (text, end) = token[HEADER..].split_at(token.len() - HEADER - overhead(header.suite));
    let mut text = Zeroizing::new(text.to_vec());
    match header.suite {
        Suite::Gcm => {
            let (committed, tag) = end.split_at(32);
            let expected = commitment(version_secret, &bind)?;
            if !reveal(expected.as_slice().ct_eq(committed)) {
                return Err(Rejected.into());
            }
            let tag = tag.try_into().map_err(|_| Rejected)?;
            Gcm::<16>::new(&keys.cipher).decrypt(&keys.nonce, &[], &mut text, tag)?;
        }
        Suite::CtrHmac => {
            let mut expected = tag(&keys, &text);
            let equal = expected.as_slice().ct_eq(end);
            expected.zeroize();
            if !reveal(equal) {
                return Err(Rejected.into());
            }
            apply(&keys, &mut text);
        }
    }
    Ok(SecretBytes::take(core::mem::take(&mut *text)))
}

/// The token as text: base64url without padding; it starts with "miyao".
#[must_use]
pub fn to_text(token: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(token)
}

/// Reads the text of a token; white space around it is ignored.
///
/// # Errors
/// [`Malformed`](Kind::Malformed) for anything that is not base64url.
pub fn from_text(text: &str) -> Result<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text.trim_ascii()).map_err(|_| {
        Error::new(
            Kind::Malformed,
            "not the text of a token: base64url that starts with \"miyao\" is expected",
        )
    })
}

const fn overhead(suite: Suite) -> usize {
    match suite {
        Suite::Gcm => 48,
        Suite::CtrHmac => 32,
    }
}

/// `SM3("miyao v1 token\0" ‖ first 31 bytes ‖ key id ‖ full context)` (M82).
fn bind(header: &[u8], key: &[u8; 16], context: &Context) -> [u8; 32] {
    let mut hash = sm3::Sm3::new();
    for part in [label::TOKEN, header, key] {
        hash.update(part);
    }
    context.each_full_part(|part| hash.update(part));
    hash.finalize()
}

fn commitment<P: Prk<Failure: Into<Error>>>(version_secret: &P, bind: &[u8; 32]) -> Result<[u8; 32]> {
    let mut commitment = [0; 32];
    version_secret.expand(&[label::TOKEN_COMMIT, bind], &mut commitment).map_err(Into::into)?;
    Ok(commitment)
}

fn apply(keys: &BodyKeys, text: &mut [u8]) {
    let mut counter = [0; 16];
    counter[..12].copy_from_slice(&keys.nonce);
    ctr::apply(&Sm4::new(&keys.cipher), &counter, text);
}

/// `HMAC-SM3(K_m, N ‖ ciphertext)`
fn tag(keys: &BodyKeys, ciphertext: &[u8]) -> [u8; 32] {
    hmac::mac(&keys.mac, &[&keys.nonce, ciphertext])
}
