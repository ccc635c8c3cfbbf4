//! `Cipher`: SM4 in its modes and SM2, over data in parts.
//!
//! What is authenticated gives nothing before all of it was verified, so GCM and SM2 gather. The last step does not consume:
//! a caller whose room was too small asks again.

use std::sync::Arc;

use cryptoki_sys::{
    CK_ULONG, CKR_DATA_LEN_RANGE, CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE,
    CKR_GENERAL_ERROR, CKR_MECHANISM_PARAM_INVALID,
};
use miyao::algo::{
    mode::{cbc, ctr, ecb, gcm::Gcm, padding},
    sm2::{Encoding, PrivateKey, PublicKey},
    sm4::Sm4,
};
use miyao::provider::pkcs11::profile::Ciphertext;

use super::Parameter;
use crate::{
    code_points::Work,
    object::{Value, wide},
    rng,
    rv::{Result, Rv, check, fail},
};

pub(crate) struct Cipher {
    encrypts: bool,
    mode: Mode,
    /// What was given and not yet worked on.
    pending: Value,
}

enum Mode {
    Ecb(Sm4),
    Cbc { cipher: Sm4, chain: [u8; 16], padded: bool },
    Ctr { cipher: Sm4, stream: Stream },
    Gcm { key: zeroize::Zeroizing<[u8; 16]>, nonce: Vec<u8>, context: Vec<u8>, tag: usize },
    Public(Box<PublicKey>, Ciphertext),
    Private(Arc<PrivateKey>, Ciphertext),
}

/// Where a counter mode stands.
#[derive(Clone, Copy)]
struct Stream {
    counter: u128,
    /// How many bytes of the counter's block are used.
    used: usize,
    /// How many blocks may still be begun.
    left: u128,
}

/// The most bytes that are gathered.
const MOST: usize = 1 << 30;

impl Cipher {
    /// SM4 in the mode of `work`.
    pub(crate) fn sm4(encrypts: bool, work: Work, key: &[u8; 16], parameter: Parameter) -> Result<Self> {
        let mode = match (work, parameter) {
            (Work::Ecb, Parameter::None) => Mode::Ecb(Sm4::new(key)),
            (Work::Cbc | Work::CbcPad, Parameter::Bytes(iv)) => {
                let chain = iv.try_into().map_err(|_| Rv(CKR_MECHANISM_PARAM_INVALID))?;
                Mode::Cbc { cipher: Sm4::new(key), chain, padded: work == Work::CbcPad }
            }
            (Work::Ctr, Parameter::Bytes(block)) => {
                let block = block.try_into().map_err(|_| Rv(CKR_MECHANISM_PARAM_INVALID))?;
                Mode::Ctr { cipher: Sm4::new(key), stream: Stream::new(128, block)? }
            }
            (Work::Ctr, Parameter::Counter { bits, block }) => {
                Mode::Ctr { cipher: Sm4::new(key), stream: Stream::new(wide(bits), block)? }
            }
            (Work::Gcm, Parameter::Gcm { nonce, context, tag_bits }) => {
                check(!nonce.is_empty(), CKR_MECHANISM_PARAM_INVALID)?;
                let tag = tag_len(tag_bits)?;
                Mode::Gcm { key: zeroize::Zeroizing::new(*key), nonce, context, tag }
            }
            _ => return fail(CKR_MECHANISM_PARAM_INVALID),
        };
        Ok(Self { encrypts, mode, pending: Value::default() })
    }

    /// SM2 encryption.
    pub(crate) fn public(key: PublicKey, form: Ciphertext) -> Self {
        Self { encrypts: true, mode: Mode::Public(Box::new(key), form), pending: Value::default() }
    }

    /// SM2 decryption.
    pub(crate) fn private(key: Arc<PrivateKey>, form: Ciphertext) -> Self {
        Self { encrypts: false, mode: Mode::Private(key, form), pending: Value::default() }
    }

    /// How many bytes [`update`](Self::update) gives for so many.
    pub(crate) fn update_len(&self, given: usize) -> usize {
        let total = self.pending.len().saturating_add(given);
        match &self.mode {
            // The last block of a padded text says where it ends.
            Mode::Cbc { padded: true, .. } if !self.encrypts => total.saturating_sub(1) & !15,
            Mode::Ecb(_) | Mode::Cbc { .. } => total & !15,
            Mode::Ctr { .. } => given,
            Mode::Gcm { .. } | Mode::Public(..) | Mode::Private(..) => 0,
        }
    }

    /// Takes a part, gives what is ready.
    pub(crate) fn update(&mut self, part: &[u8]) -> Result<Value> {
        let ready = self.update_len(part.len());
        if let Mode::Ctr { cipher, stream } = &mut self.mode {
            return stream.apply(cipher, part);
        }
        check(part.len() <= MOST - self.pending.len().min(MOST), CKR_DATA_LEN_RANGE)?;
        let mut all = joined(&self.pending, part);
        self.pending = Value::new(all[ready..].to_vec());
        all[ready..].fill(0);
        all.truncate(ready);
        self.mode.blocks(self.encrypts, &mut all)?;
        Ok(all)
    }

    /// At most how many bytes [`last`](Self::last) gives for so many.
    pub(crate) fn last_len(&self, given: usize) -> usize {
        let total = self.pending.len().saturating_add(given);
        match &self.mode {
            Mode::Cbc { padded: true, .. } if self.encrypts => (total & !15) + 16,
            Mode::Ecb(_) | Mode::Cbc { .. } | Mode::Ctr { .. } => total,
            Mode::Gcm { tag, .. } if self.encrypts => total + tag,
            Mode::Gcm { tag, .. } => total.saturating_sub(*tag),
            Mode::Public(_, Ciphertext::Der) => total + DER_OVERHEAD,
            Mode::Public(..) => total + RAW_OVERHEAD,
            Mode::Private(_, Ciphertext::Der) => total,
            Mode::Private(..) => total.saturating_sub(RAW_OVERHEAD - 1),
        }
    }

    /// What comes after the last part, and this part with it.
    pub(crate) fn last(&self, part: &[u8]) -> Result<Value> {
        let mut all = joined(&self.pending, part);
        match &self.mode {
            Mode::Ecb(cipher) => {
                self.check_blocks(&all)?;
                ecb_blocks(cipher, self.encrypts, &mut all)?;
            }
            Mode::Cbc { cipher, chain, padded: false } => {
                self.check_blocks(&all)?;
                cbc_blocks(cipher, chain, self.encrypts, &mut all)?;
            }
            Mode::Cbc { cipher, chain, padded: true } => self.padded(cipher, chain, &mut all)?,
            Mode::Ctr { cipher, stream } => return { *stream }.apply(cipher, part),
            Mode::Gcm { key, nonce, context, tag } => {
                gcm(self.encrypts, key, (nonce, context, *tag), &mut all)?;
            }
            Mode::Public(key, form) => {
                check(!all.is_empty(), CKR_DATA_LEN_RANGE)?;
                let (encoding, bare) = encoding(*form)?;
                all = Value::new(key.encrypt(&all, encoding, &mut rng::fresh()?)?);
                all.drain(..usize::from(bare));
            }
            Mode::Private(key, form) => {
                let (encoding, bare) = encoding(*form)?;
                all.splice(0..0, bare.then_some(4));
                let text = key.decrypt(&all, encoding)?;
                all = Value::new(text.expose().to_vec());
            }
        }
        Ok(all)
    }

    fn check_blocks(&self, all: &[u8]) -> Result<()> {
        let wrong = if self.encrypts { CKR_DATA_LEN_RANGE } else { CKR_ENCRYPTED_DATA_LEN_RANGE };
        check(all.len().is_multiple_of(16), wrong)
    }

    fn padded(&self, cipher: &Sm4, chain: &[u8; 16], all: &mut Value) -> Result<()> {
        if self.encrypts {
            padding::pad(all);
            return cbc_blocks(cipher, chain, true, all);
        }
        check(!all.is_empty() && all.len().is_multiple_of(16), CKR_ENCRYPTED_DATA_LEN_RANGE)?;
        cbc_blocks(cipher, chain, false, all)?;
        let len = padding::unpadded_len(all).map_err(|_| Rv(CKR_ENCRYPTED_DATA_INVALID))?;
        all[len..].fill(0);
        all.truncate(len);
        Ok(())
    }
}

/// The bytes of a tag of so many bits: whole ones, 12 to 16.
pub(super) fn tag_len(bits: CK_ULONG) -> Result<usize> {
    let tag = usize::try_from(bits / 8).map_err(|_| Rv(CKR_MECHANISM_PARAM_INVALID))?;
    check(bits.is_multiple_of(8) && (12..=16).contains(&tag), CKR_MECHANISM_PARAM_INVALID)?;
    Ok(tag)
}

/// How the algorithm knows a form, and whether the form leaves the `04` of the point away.
fn encoding(form: Ciphertext) -> Result<(Encoding, bool)> {
    Ok(match form {
        Ciphertext::C1C3C2 => (Encoding::C1C3C2, false),
        Ciphertext::BareC1C3C2 => (Encoding::C1C3C2, true),
        Ciphertext::C1C2C3 => (Encoding::C1C2C3, false),
        Ciphertext::BareC1C2C3 => (Encoding::C1C2C3, true),
        Ciphertext::Der => (Encoding::Der, false),
        _ => return fail(CKR_GENERAL_ERROR),
    })
}

/// `04`, two coordinates and C3.
const RAW_OVERHEAD: usize = 97;
/// Two integers of up to 33 bytes, C3, and the headers.
const DER_OVERHEAD: usize = 35 + 35 + 34 + 6 + 6;

impl Mode {
    /// Whole blocks in the middle of a text.
    fn blocks(&mut self, encrypts: bool, all: &mut [u8]) -> Result<()> {
        match self {
            Self::Ecb(cipher) => ecb_blocks(cipher, encrypts, all),
            Self::Cbc { cipher, chain, .. } => {
                let before = all.last_chunk::<16>().copied();
                cbc_blocks(cipher, chain, encrypts, all)?;
                let after = if encrypts { all.last_chunk::<16>().copied() } else { before };
                *chain = after.unwrap_or(*chain);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Stream {
    fn new(bits: u64, block: [u8; 16]) -> Result<Self> {
        check((1..=128).contains(&bits), CKR_MECHANISM_PARAM_INVALID)?;
        let counter = u128::from_be_bytes(block);
        // A counter of fewer bits must not carry into the rest of the block.
        let all = u128::MAX >> (128 - bits);
        let left = (all - (counter & all)).saturating_add(1);
        Ok(Self { counter, used: 0, left })
    }

    fn apply(&mut self, cipher: &Sm4, part: &[u8]) -> Result<Value> {
        let mut all = Value::new([&[0; 16][..self.used], part].concat());
        let begun = (all.len().div_ceil(16) - usize::from(self.used > 0)) as u128;
        self.left = self.left.checked_sub(begun).ok_or(Rv(CKR_DATA_LEN_RANGE))?;
        ctr::apply(cipher, &self.counter.to_be_bytes(), &mut all);
        all.drain(..self.used);
        let end = self.used + part.len();
        self.counter = self.counter.wrapping_add((end / 16) as u128);
        self.used = end % 16;
        Ok(all)
    }
}

fn joined(pending: &[u8], part: &[u8]) -> Value {
    // With room for the padding or the tag, so that no copy of the text stays where the vector was.
    let mut all = Value::new(Vec::with_capacity(pending.len() + part.len() + 16));
    all.extend_from_slice(pending);
    all.extend_from_slice(part);
    all
}

fn ecb_blocks(cipher: &Sm4, encrypts: bool, all: &mut [u8]) -> Result<()> {
    let done = if encrypts { ecb::encrypt(cipher, all) } else { ecb::decrypt(cipher, all) };
    Ok(done?)
}

fn cbc_blocks(cipher: &Sm4, chain: &[u8; 16], encrypts: bool, all: &mut [u8]) -> Result<()> {
    let done = if encrypts { cbc::encrypt(cipher, chain, all) } else { cbc::decrypt(cipher, chain, all) };
    Ok(done?)
}

fn gcm(
    encrypts: bool,
    key: &[u8; 16],
    (nonce, context, tag): (&[u8], &[u8], usize),
    all: &mut Value,
) -> Result<()> {
    if encrypts {
        let full = Gcm::<16>::new(key).encrypt(nonce, context, all)?;
        all.extend_from_slice(&full[..tag]);
        return Ok(());
    }
    let split = all.len().checked_sub(tag).ok_or(Rv(CKR_ENCRYPTED_DATA_LEN_RANGE))?;
    let given = all.split_off(split);
    let opened = match tag {
        12 => open::<12>(key, nonce, context, all, &given),
        13 => open::<13>(key, nonce, context, all, &given),
        14 => open::<14>(key, nonce, context, all, &given),
        15 => open::<15>(key, nonce, context, all, &given),
        _ => open::<16>(key, nonce, context, all, &given),
    };
    opened.ok_or(Rv(CKR_ENCRYPTED_DATA_INVALID))
}

fn open<const TAG: usize>(
    key: &[u8; 16],
    nonce: &[u8],
    context: &[u8],
    text: &mut [u8],
    tag: &[u8],
) -> Option<()> {
    Gcm::<TAG>::new(key).decrypt(nonce, context, text, tag.try_into().ok()?).ok()
}
