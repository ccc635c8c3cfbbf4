//! `Message`: the parameter of one authenticated message, `CK_GCM_MESSAGE_PARAMS` (PKCS#11 3.2 §6.13). Its initialisation
//! vector is the caller's, or is made here behind the bits that the caller fixes; its tag stands in the parameter.
//!
//! Knows neither keys nor the caller's memory.

use cryptoki_sys::{CK_ULONG, CKR_MECHANISM_PARAM_INVALID};

use super::{Parameter, cipher::tag_len};
use crate::{
    object::wide,
    rng,
    rv::{Result, check},
};

pub(crate) struct Message {
    nonce: Vec<u8>,
    /// The first bit that is made here.
    made_from: usize,
    tag_bits: CK_ULONG,
    /// The tag of what is to be opened.
    tag: Vec<u8>,
}

/// The fewest bits that are made: with fewer a key would soon see one initialisation vector twice.
const FEWEST_MADE: u64 = 64;
/// The most bytes of one that is made: a length beyond is a mistake, not worth the memory.
const MOST: u64 = 256;

impl Message {
    /// With the caller's initialisation vector.
    pub(crate) fn new(nonce: Vec<u8>, tag_bits: CK_ULONG) -> Self {
        Self { made_from: nonce.len() * 8, nonce, tag_bits, tag: Vec::new() }
    }

    /// With an initialisation vector of `len` bytes, of which the first `fixed` bits are those of `head`.
    pub(crate) fn made(head: &[u8], fixed: CK_ULONG, len: CK_ULONG, tag_bits: CK_ULONG) -> Result<Self> {
        let (fixed, len) = (wide(fixed), wide(len));
        let room = (len <= MOST).then(|| (len * 8).checked_sub(FEWEST_MADE)).flatten();
        check(room.is_some_and(|room| fixed <= room), CKR_MECHANISM_PARAM_INVALID)?;
        let mut nonce = head.to_vec();
        nonce.resize(len as usize, 0);
        Ok(Self { nonce, made_from: fixed as usize, tag_bits, tag: Vec::new() })
    }

    /// And with the tag that came with the ciphertext.
    pub(crate) fn tagged(self, tag: &[u8]) -> Self {
        Self { tag: tag.to_vec(), ..self }
    }

    /// Makes what of the initialisation vector is to be made.
    pub(crate) fn make(&mut self) -> Result<()> {
        if self.made_from == self.nonce.len() * 8 {
            return Ok(());
        }
        let mut fresh = vec![0; self.nonce.len()];
        rng::fill(&mut rng::fresh()?, &mut fresh);
        for (at, (byte, fresh)) in self.nonce.iter_mut().zip(fresh).enumerate() {
            // Bits are counted from the most significant one of the first byte.
            let fixed = self.made_from.saturating_sub(8 * at).min(8);
            let made = (0xFF_u16 >> fixed) as u8;
            *byte = (*byte & !made) | (fresh & made);
        }
        Ok(())
    }

    pub(crate) fn nonce(&self) -> &[u8] {
        &self.nonce
    }

    pub(crate) fn tag(&self) -> &[u8] {
        &self.tag
    }

    /// How many bytes its tag has.
    pub(crate) fn tag_len(&self) -> Result<usize> {
        tag_len(self.tag_bits)
    }

    /// The parameter of a message that has its tag behind it, bound to this context.
    pub(crate) fn parameter(&self, context: &[u8]) -> Parameter {
        Parameter::Gcm { nonce: self.nonce.clone(), context: context.to_vec(), tag_bits: self.tag_bits }
    }
}
