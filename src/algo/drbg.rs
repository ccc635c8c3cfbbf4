//! `SM3 Hash_DRBG`: the random bit generator of GM/T 0105-2021 (NIST SP 800-90A §10.1.1 with SM3), seeded by the caller.
//!
//! Knows no source of entropy and no clock; whoever seeds it decides when it is reseeded.

use core::{convert::Infallible, fmt};

use rand_core::{TryCryptoRng, TryRng};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::sm3;

/// `seedlen` of a hash of 256 bits: 440 bits.
const SEED: usize = 55;

/// A deterministic generator over a secret state of 440 bits; the state is wiped on drop.
///
/// It never fails, so reseeding is its owner's duty: [`generated`](Self::generated) counts the calls since the last
/// one, and GM/T 0105 wants it at least every 2^20 calls (level 1).
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Drbg {
    value: [u8; SEED],
    constant: [u8; SEED],
    generated: u64,
}

impl Drbg {
    /// Instantiates from at least 32 bytes of entropy, a nonce and what sets this instance apart.
    #[must_use]
    pub fn new(entropy: &[u8; 32], nonce: &[u8], personalization: &[u8]) -> Self {
        Self::seeded(&[entropy, nonce, personalization])
    }

    /// Mixes fresh entropy into the state.
    pub fn reseed(&mut self, entropy: &[u8; 32], additional: &[u8]) {
        let fresh = Self::seeded(&[&[1], &self.value, entropy, additional]);
        *self = fresh;
    }

    /// How many requests were answered since it was last seeded.
    #[must_use]
    pub const fn generated(&self) -> u64 {
        self.generated
    }

    fn seeded(material: &[&[u8]]) -> Self {
        let mut drbg = Self { value: [0; SEED], constant: [0; SEED], generated: 0 };
        derive(material, &mut drbg.value);
        derive(&[&[0], &drbg.value], &mut drbg.constant);
        drbg
    }

    fn generate(&mut self, out: &mut [u8]) {
        let mut data = self.value;
        for chunk in out.chunks_mut(32) {
            let mut block = sm3::digest(&data);
            chunk.copy_from_slice(&block[..chunk.len()]);
            block.zeroize();
            add(&mut data, &[1]);
        }
        data.zeroize();
        let mut step = sm3::digest_parts(&[&[3], &self.value]);
        self.generated += 1;
        add(&mut self.value, &step);
        add(&mut self.value, &self.constant);
        add(&mut self.value, &self.generated.to_be_bytes());
        step.zeroize();
    }
}

/// `Hash_df` (SP 800-90A §10.3.1) for one seed.
fn derive(material: &[&[u8]], out: &mut [u8; SEED]) {
    for (counter, chunk) in (1u8..).zip(out.chunks_mut(32)) {
        let mut hash = sm3::Sm3::new();
        hash.update(&[counter]);
        hash.update(&(SEED as u32 * 8).to_be_bytes());
        for part in material {
            hash.update(part);
        }
        let mut block = hash.finalize();
        chunk.copy_from_slice(&block[..chunk.len()]);
        block.zeroize();
    }
}

/// `value += other` modulo 2^440, both big-endian.
fn add(value: &mut [u8; SEED], other: &[u8]) {
    let mut carry = 0u16;
    let mut other = other.iter().rev();
    for byte in value.iter_mut().rev() {
        carry += u16::from(*byte) + u16::from(other.next().copied().unwrap_or(0));
        *byte = carry as u8;
        carry >>= 8;
    }
}

impl fmt::Debug for Drbg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Drbg")
    }
}

impl TryRng for Drbg {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.generate(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.generate(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        // SP 800-90A table 2: at most 2^19 bits a request.
        for chunk in out.chunks_mut(1 << 16) {
            self.generate(chunk);
        }
        Ok(())
    }
}

impl TryCryptoRng for Drbg {}
