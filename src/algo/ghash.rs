//! `GHASH[H](aad, text)`: the universal hash of GCM (GB/T 36624-2018 §12, NIST SP 800-38D §6.4).
//!
//! Knows no cipher, nonce or tag. Which kernel runs is chosen once per key, by a token that proves the processor can;
//! none looks anything up, so no secret is ever an address.
//!
//! A block read as a big-endian number holds the coefficient of `x^i` at bit `127 − i`. The carry-less product of two
//! such mirrored numbers is the mirrored product, one bit too far to the right; with `x H` in the place of `H` it is in
//! its place. What every backend multiplies is therefore `a ∘ b = a b x^−128` modulo `x^128 + x^127 + x^126 + x^121 + 1`
//! (the mirrored modulus), and the hash is `Y ← (Y ⊕ X) ∘ (x H)` over the blocks `X`. Taking `n` blocks at a time, as
//! `(Y ⊕ X_1) ∘ (x H)^n ⊕ X_2 ∘ (x H)^(n−1) ⊕ … ⊕ X_n ∘ (x H)`, asks for one reduction instead of `n`.

#[cfg(target_arch = "x86_64")]
mod clmul;
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
mod eight;
mod ongoing;
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod pmull;
mod soft;
#[cfg(all(test, feature = "std"))]
mod tests;
#[cfg(target_arch = "x86_64")]
mod vclmul;

use core::fmt;

pub(super) use ongoing::Ongoing;
#[cfg(target_arch = "x86_64")]
pub(super) use vclmul::{Group, Run};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{cpu, mode::xor};
use crate::secret::barrier;

/// `H` in the form its backend multiplies by; wiped on drop.
#[derive(Clone)]
pub struct GhashKey {
    words: Words,
    backend: Backend,
}

/// One layout for all backends, and without a gap: what stood in memory before does not travel with a key.
#[cfg(target_arch = "x86_64")]
pub(super) type Words = [u64; vclmul::WORDS];
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
pub(super) type Words = [u64; pmull::WORDS];
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))))]
pub(super) type Words = [u64; soft::WORDS];

#[derive(Clone, Copy)]
#[repr(u64)]
enum Backend {
    #[cfg(target_arch = "x86_64")]
    Vclmul(cpu::Avx512),
    #[cfg(target_arch = "x86_64")]
    Clmul(cpu::Clmul),
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    Pmull(cpu::Pmull),
    Soft,
}

/// The backends, for tests and benches that force one; best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// AVX-512: four products by one instruction.
    Vclmul,
    /// One product by one instruction.
    Clmul,
    /// The same on aarch64.
    Pmull,
    /// Integer arithmetic.
    Soft,
}

impl GhashKey {
    /// From `H`, the cipher's image of the zero block.
    #[must_use]
    pub fn new(h: &[u8; 16]) -> Self {
        Self::with(Tier::ALL.into_iter().find_map(Backend::get).unwrap_or(Backend::Soft), h)
    }

    /// As [`new`](Self::new) with the backend chosen by the caller, where this processor has it.
    #[must_use]
    pub fn forced(tier: Tier, h: &[u8; 16]) -> Option<Self> {
        Backend::get(tier).map(|backend| Self::with(backend, h))
    }

    fn with(backend: Backend, h: &[u8; 16]) -> Self {
        let mut key = Self { words: [0; _], backend };
        let h = times_x(h);
        match backend {
            #[cfg(target_arch = "x86_64")]
            Backend::Vclmul(token) => vclmul::derive(token, h, &mut key.words),
            #[cfg(target_arch = "x86_64")]
            Backend::Clmul(token) => clmul::derive(token, h, &mut key.words),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Backend::Pmull(token) => pmull::derive(token, h, &mut key.words),
            Backend::Soft => soft::derive(h, &mut key.words),
        }
        cpu::wipe_registers();
        key
    }

    /// `GHASH(aad ‖ 0* ‖ text ‖ 0* ‖ bits(aad) ‖ bits(text))`, each `bits` 64 bits long.
    #[must_use]
    pub fn hash(&self, aad: &[u8], text: &[u8]) -> [u8; 16] {
        let hash = match self.backend {
            #[cfg(target_arch = "x86_64")]
            Backend::Vclmul(token) => vclmul::hash(token, &self.words, aad, text),
            #[cfg(target_arch = "x86_64")]
            Backend::Clmul(token) => clmul::hash(token, &self.words, aad, text),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Backend::Pmull(token) => pmull::hash(token, &self.words, aad, text),
            Backend::Soft => soft::hash(&self.words, aad, text),
        };
        cpu::wipe_registers();
        hash
    }

    /// As [`hash`](Self::hash), after at least as many bytes of a mask were XORed to the text.
    pub(super) fn hash_masked(&self, aad: &[u8], text: &mut [u8], mask: &[u8]) -> [u8; 16] {
        #[cfg(target_arch = "x86_64")]
        if let Backend::Vclmul(token) = self.backend {
            let hash = vclmul::hash_masked(token, &self.words, aad, text, mask);
            cpu::wipe_registers();
            return hash;
        }
        xor(text, mask);
        self.hash(aad, text)
    }

    /// `x H`: of the powers that a kernel keeps the last.
    fn first_power(&self) -> u128 {
        let last = match self.backend {
            #[cfg(target_arch = "x86_64")]
            Backend::Vclmul(_) => vclmul::WIDE,
            #[cfg(target_arch = "x86_64")]
            Backend::Clmul(_) => eight::WIDE,
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Backend::Pmull(_) => eight::WIDE,
            Backend::Soft => 1,
        };
        u128::from(self.words[2 * last - 1]) << 64 | u128::from(self.words[2 * last - 2])
    }

    /// The words, where AVX-512 works with them.
    #[cfg(target_arch = "x86_64")]
    pub(super) const fn wide(&self) -> Option<&Words> {
        match self.backend {
            Backend::Vclmul(_) => Some(&self.words),
            _ => None,
        }
    }
}

impl Drop for GhashKey {
    fn drop(&mut self) {
        // As a slice it is filled at once, as an array word by word.
        self.words.as_mut_slice().zeroize();
        // A key that was moved has been in registers.
        cpu::wipe_registers();
    }
}

impl ZeroizeOnDrop for GhashKey {}

impl fmt::Debug for GhashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GhashKey")
    }
}

impl Backend {
    fn get(tier: Tier) -> Option<Self> {
        match tier {
            #[cfg(target_arch = "x86_64")]
            Tier::Vclmul => cpu::Avx512::get().map(Self::Vclmul),
            #[cfg(target_arch = "x86_64")]
            Tier::Clmul => cpu::Clmul::get().map(Self::Clmul),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Tier::Pmull => cpu::Pmull::get().map(Self::Pmull),
            Tier::Soft => Some(Self::Soft),
            // Of another architecture.
            _ => None,
        }
    }
}

impl Tier {
    /// All of them, best first.
    pub const ALL: [Self; 4] = [Self::Vclmul, Self::Clmul, Self::Pmull, Self::Soft];

    /// As it stands in the id of a bench.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vclmul => "vclmul",
            Self::Clmul => "clmul",
            Self::Pmull => "pmull",
            Self::Soft => "soft",
        }
    }
}

/// `x H`, mirrored: one place to the left, and what leaves at the top comes back as the rest of the modulus.
fn times_x(h: &[u8; 16]) -> u128 {
    let h = u128::from_be_bytes(*h);
    let top = u128::from(barrier((h >> 127) as u64));
    h << 1 ^ top ^ top << 121 ^ top << 126 ^ top << 127
}

/// The last block of a message: the lengths of its parts in bits.
pub(super) const fn lengths(aad: &[u8], text: &[u8]) -> u128 {
    lengths_of(aad.len() as u64, text.len() as u64)
}

/// Likewise, of parts of so many bytes.
const fn lengths_of(aad: u64, text: u64) -> u128 {
    (aad as u128 * 8) << 64 | (text as u128 * 8)
}

/// The number of zero-padded blocks of a message: those of both parts and the one of their lengths.
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
const fn blocks(aad: &[u8], text: &[u8]) -> usize {
    aad.len().div_ceil(16) + text.len().div_ceil(16) + 1
}

/// A block, or the last bytes of a part with zeros behind them.
fn padded(bytes: &[u8]) -> [u8; 16] {
    let mut block = [0; 16];
    let len = bytes.len().min(16);
    block[..len].copy_from_slice(&bytes[..len]);
    block
}
