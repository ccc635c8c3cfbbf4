//! `SM3 Hash_DRBG`: the random bit generator of GM/T 0105-2021 (NIST SP 800-90A §10.1.1 with SM3), seeded by the caller.
//!
//! Knows no source of entropy and no clock; whoever seeds it decides when it is reseeded.

use core::{convert::Infallible, fmt, iter};

use rand_core::{TryCryptoRng, TryRng};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    cpu,
    sm3::{self, Backend, IV},
};

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
        self.hashgen(out);
        let mut step = sm3::digest_parts(&[&[3], &self.value]);
        self.generated += 1;
        add(&mut self.value, &step);
        add(&mut self.value, &self.constant);
        add(&mut self.value, &self.generated.to_be_bytes());
        step.zeroize();
        cpu::wipe_registers();
    }

    /// `Hashgen` (SP 800-90A §10.1.1.4): the hashes of the value, of the value and 1, and so on.
    ///
    /// With its padding a value is just one block, so as many go side by side as the processor has lanes.
    fn hashgen(&self, out: &mut [u8]) {
        let backend = Backend::best();
        let mut value = self.value;
        let mut blocks = [[0; 64]; Backend::MOST];
        let mut states = [IV; Backend::MOST];
        for chunk in out.chunks_mut(32 * Backend::MOST) {
            let count = chunk.len().div_ceil(32);
            for block in &mut blocks[..count] {
                block[..SEED].copy_from_slice(&value);
                block[SEED] = 0x80;
                block[SEED + 1..].copy_from_slice(&(SEED as u64 * 8).to_be_bytes());
                add(&mut value, &[1]);
            }
            states[..count].fill(IV);
            backend.compress_each(&mut states[..count], &blocks[..count]);
            for (out, state) in chunk.chunks_mut(32).zip(&states) {
                out.copy_from_slice(&sm3::to_bytes(state)[..out.len()]);
            }
        }
        value.as_mut_slice().zeroize();
        blocks.as_flattened_mut().zeroize();
        states.as_flattened_mut().zeroize();
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

/// `value += other` modulo 2^440, both big-endian; no branch depends on a carry.
fn add(value: &mut [u8; SEED], other: &[u8]) {
    let (top, limbs) = value.as_rchunks_mut();
    let (rest, others) = other.as_rchunks();
    let others = others.iter().rev().map(|limb| u64::from_be_bytes(*limb));
    let mut others = others.chain([number(rest)]).chain(iter::repeat(0));
    let mut carry = 0;
    let mut sum = |limb| {
        let sum = u128::from(limb) + u128::from(others.next().unwrap_or(0)) + carry;
        carry = sum >> 64;
        (sum as u64).to_be_bytes()
    };
    for limb in limbs.iter_mut().rev() {
        *limb = sum(u64::from_be_bytes(*limb));
    }
    // The top is short: what it carries is beyond 2^440.
    let bytes = sum(number(top));
    top.copy_from_slice(&bytes[8 - top.len()..]);
}

/// The number that at most eight bytes are.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
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

#[cfg(all(test, feature = "std"))]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::{Drbg, SEED, add, sm3};

    /// Byte by byte, as one does it on paper.
    fn paper(value: &mut [u8], other: &[u8]) {
        let mut carry = 0;
        for (at, byte) in value.iter_mut().rev().enumerate() {
            carry += u16::from(*byte) + u16::from(other.iter().rev().nth(at).copied().unwrap_or(0));
            *byte = carry as u8;
            carry >>= 8;
        }
    }

    /// Values whose carries run far.
    fn value(len: usize) -> impl Strategy<Value = vec::Vec<u8>> {
        prop::collection::vec(prop_oneof![any::<u8>(), Just(0xff), Just(0)], len)
    }

    proptest! {
        #[test]
        fn a_sum_is_what_paper_says(
            start in value(SEED), other in prop_oneof![value(SEED), value(32), value(8), value(1)],
        ) {
            let mut found: [u8; SEED] = start.try_into().unwrap();
            let mut expected = found;
            add(&mut found, &other);
            paper(&mut expected, &other);
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn a_request_is_the_hashes_of_the_value_counted_up(start in value(SEED), len in 0..1200usize) {
            let drbg = Drbg { value: start.try_into().unwrap(), constant: [0; SEED], generated: 0 };
            let (mut out, mut value) = (vec![0; len], drbg.value);
            drbg.hashgen(&mut out);
            for chunk in out.chunks(32) {
                prop_assert_eq!(chunk, &sm3::digest(&value)[..chunk.len()]);
                paper(&mut value, &[1]);
            }
        }
    }
}
