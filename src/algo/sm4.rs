//! `SM4[key](block)`: the 128-bit block cipher of GB/T 32907-2016 (分组密码算法).
//!
//! Knows one block or many, and how to count and chain them, never a mode. Which kernel runs is chosen once per key, by a
//! token that proves the processor can; each computes the S-box, none looks it up, so no secret is ever an address.

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod aese;
#[cfg(target_arch = "x86_64")]
mod aesni;
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
mod affine;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
mod block;
mod counter;
#[cfg(target_arch = "x86_64")]
mod gfni;
#[cfg(target_arch = "x86_64")]
mod matrices;
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod neon;
#[cfg(target_arch = "x86_64")]
mod offsets;
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod sm4e;
mod soft;
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
mod tables;
#[cfg(all(test, feature = "std"))]
mod tests;
mod traits;
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
mod words;
#[cfg(target_arch = "x86_64")]
mod xmm;

use core::fmt;

use zeroize::Zeroize;

#[cfg(target_arch = "x86_64")]
use super::ghash::{GhashKey, Words};
use super::{cpu, mode::xor};
use counter::Counter;

/// A key schedule; wiped on drop.
///
/// ```
/// use miyao::algo::sm4::Sm4;
/// let cipher = Sm4::new(&[7; 16]);
/// let mut block = [1; 16];
/// cipher.encrypt_block(&mut block);
/// cipher.decrypt_block(&mut block);
/// assert_eq!(block, [1; 16]);
/// ```
#[derive(Clone)]
pub struct Sm4 {
    /// In the form that the kernel takes.
    keys: Keys,
    kernel: Kernel,
}

/// One word a round, in the order of use.
type Keys = [u32; 32];

/// The kernels by name, for tests and benches that go through every one this processor can run.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A circuit in integers, anywhere.
    Soft,
    /// AVX2 and AES-NI.
    Aesni,
    /// AVX2 and GFNI.
    Gfni,
    /// AVX-512 and GFNI.
    Avx512,
    /// aarch64 with its instructions for AES.
    Aese,
    /// aarch64 with its instructions for SM4.
    Sm4e,
}

/// A kernel with the proof that it can run.
#[derive(Clone, Copy)]
enum Kernel {
    Soft,
    #[cfg(target_arch = "x86_64")]
    Aesni(cpu::Aesni),
    #[cfg(target_arch = "x86_64")]
    Gfni(cpu::Gfni),
    #[cfg(target_arch = "x86_64")]
    Avx512(cpu::Avx512),
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    Aese(cpu::Aese),
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    Sm4e(cpu::Sm4e),
}

/// Calls the function of that name in the file of the kernel: the files stand in a row.
macro_rules! with {
    ($kernel:expr, $function:ident($($argument:expr),*)) => {
        wiped(match $kernel {
            Kernel::Soft => soft::$function($($argument),*),
            #[cfg(target_arch = "x86_64")]
            Kernel::Aesni(token) => aesni::$function(token, $($argument),*),
            #[cfg(target_arch = "x86_64")]
            Kernel::Gfni(token) => gfni::$function(token, $($argument),*),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(token) => avx512::$function(token, $($argument),*),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Kernel::Aese(token) => aese::$function(token, $($argument),*),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Kernel::Sm4e(token) => sm4e::$function(token, $($argument),*),
        })
    };
}

impl Sm4 {
    /// The number of bytes of a block and of a key.
    pub const LEN: usize = 16;

    /// Expands a 128-bit key.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self::with_kernel(key, Kernel::fastest())
    }

    /// As [`new`](Self::new), for a kernel of the caller's choice; `None` where the processor cannot.
    #[doc(hidden)]
    #[must_use]
    pub fn with_backend(key: &[u8; 16], backend: Backend) -> Option<Self> {
        Kernel::of(backend).map(|kernel| Self::with_kernel(key, kernel))
    }

    fn with_kernel(key: &[u8; 16], kernel: Kernel) -> Self {
        Self { keys: with!(kernel, expand(key)), kernel }
    }

    /// As [`new`](Self::new), and what the zero block is encrypted to, which some kernels make along with the keys.
    pub(super) fn new_and_zero(key: &[u8; 16], zero: &mut [u8; 16]) -> Self {
        Self::with_kernel_and_zero(key, Kernel::fastest(), zero)
    }

    fn with_kernel_and_zero(key: &[u8; 16], kernel: Kernel, zero: &mut [u8; 16]) -> Self {
        match kernel {
            #[cfg(target_arch = "x86_64")]
            Kernel::Gfni(token) => Self { keys: wiped(gfni::expand_and_zero(token, key, zero)), kernel },
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(token) => Self { keys: wiped(avx512::expand_and_zero(token, key, zero)), kernel },
            _ => {
                let cipher = Self::with_kernel(key, kernel);
                *zero = [0; 16];
                cipher.encrypt_block(zero);
                cipher
            }
        }
    }

    /// Encrypts one block in place.
    pub fn encrypt_block(&self, block: &mut [u8; 16]) {
        with!(self.kernel, one(&self.keys, block));
    }

    /// Decrypts one block in place.
    pub fn decrypt_block(&self, block: &mut [u8; 16]) {
        self.reversed(|keys| with!(self.kernel, one(keys, block)));
    }

    /// Encrypts independent blocks in place.
    pub fn encrypt_blocks(&self, blocks: &mut [[u8; 16]]) {
        match blocks {
            [block] => self.encrypt_block(block),
            _ => self.encrypt_masked(blocks, &mut Nothing),
        }
    }

    /// Decrypts independent blocks in place: the same rounds with their keys in the opposite order.
    pub fn decrypt_blocks(&self, blocks: &mut [[u8; 16]]) {
        match blocks {
            [block] => self.decrypt_block(block),
            _ => self.decrypt_masked(blocks, &mut Nothing),
        }
    }

    /// As [`encrypt_blocks`](Self::encrypt_blocks), with something XORed to the blocks before and after.
    pub(super) fn encrypt_masked(&self, blocks: &mut [[u8; 16]], masks: &mut impl Masks) {
        with!(self.kernel, crypt(&self.keys, blocks, masks));
    }

    /// As [`decrypt_blocks`](Self::decrypt_blocks), with something XORed to the blocks before and after.
    pub(super) fn decrypt_masked(&self, blocks: &mut [[u8; 16]], masks: &mut impl Masks) {
        self.reversed(|keys| with!(self.kernel, crypt(keys, blocks, masks)));
    }

    fn reversed(&self, work: impl FnOnce(&Keys)) {
        let mut keys = self.keys;
        keys.reverse();
        work(&keys);
        keys.as_mut_slice().zeroize();
    }

    /// XORs the key stream of a counter of which only the last 32 bits count, as GCM does.
    pub(super) fn ctr32(&self, counter: &[u8; 16], buffer: &mut [u8]) {
        with!(self.kernel, ctr32(&self.keys, &Counter::from(counter), buffer));
    }

    /// As [`ctr32`](Self::ctr32) to encrypt, and the hash of what comes out, in one pass. What is encrypted is `data`
    /// itself, unless there is a text, which is as long. `None`, and nothing is done, where no kernel does both or there
    /// is too little for it.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn ctr32_hashed(
        &self,
        counter: &[u8; 16],
        hash: &GhashKey,
        aad: &[u8],
        (text, data): (Option<&[u8]>, &mut [u8]),
    ) -> Option<[u8; 16]> {
        match (self.kernel, hash.wide()) {
            (Kernel::Avx512(token), Some(words)) if data.len() >= avx512::HASHED => {
                let counter = Counter::from(counter);
                Some(wiped(avx512::ctr32_hashed(token, &self.keys, &counter, (words, aad), (text, data))))
            }
            _ => None,
        }
    }

    /// GCM of a short message whose first counter this is: encrypts it and gives the tag. `None`, and nothing is done,
    /// where no kernel does all of it at once or the message is too long for it.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn sealed_short(
        &self,
        first: &[u8; 16],
        (hash, aad): (&GhashKey, &[u8]),
        text: &mut [u8],
    ) -> Option<[u8; 16]> {
        let (token, words) = self.short(hash, aad, text)?;
        Some(wiped(avx512::seal(token, &self.keys, &Counter::from(first), (words, aad), text)))
    }

    /// Undoes [`sealed_short`](Self::sealed_short), and says whether the tag was right: only then anything is written.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn opened_short<const TAG: usize>(
        &self,
        first: &[u8; 16],
        (hash, aad): (&GhashKey, &[u8]),
        text: &mut [u8],
        tag: &[u8; TAG],
    ) -> Option<bool> {
        let (token, words) = self.short(hash, aad, text)?;
        let mut whole = [0; 16];
        whole[..TAG].copy_from_slice(tag);
        let tag = (&whole, u16::MAX >> (16 - TAG));
        Some(wiped(avx512::open(token, &self.keys, &Counter::from(first), (words, aad), text, tag)))
    }

    #[cfg(target_arch = "x86_64")]
    fn short<'a>(&self, hash: &'a GhashKey, aad: &[u8], text: &[u8]) -> Option<(cpu::Avx512, &'a Words)> {
        match (self.kernel, hash.wide()) {
            (Kernel::Avx512(token), Some(words)) if avx512::is_short(aad, text) => Some((token, words)),
            _ => None,
        }
    }

    /// XORs the key stream of a counter that counts modulo 2^128. Whoever watches the time may learn after how many blocks
    /// its last 32 bits wrap, so those of the first counter are public; nothing else of it shows.
    pub(super) fn ctr128(&self, counter: &[u8; 16], buffer: &mut [u8]) {
        let (mut counter, mut rest) = (u128::from_be_bytes(*counter), buffer);
        while !rest.is_empty() {
            // Up to where the last 32 bits are zero again.
            let blocks = (1 << 32) - u64::from(counter as u32);
            let bytes = usize::try_from(16 * blocks).map_or(rest.len(), |bytes| bytes.min(rest.len()));
            let (now, later) = rest.split_at_mut(bytes);
            self.ctr32(&counter.to_be_bytes(), now);
            counter = counter.wrapping_add(u128::from(blocks));
            rest = later;
        }
    }

    /// Encrypts each block with the output before it added; `state` is the output before the first, and then the last.
    pub(super) fn chain(&self, state: &mut [u8; 16], blocks: &mut [[u8; 16]]) {
        with!(self.kernel, chain(&self.keys, state, blocks));
    }

    /// As [`chain`](Self::chain), of which only `state` is asked for: CBC-MAC.
    pub(super) fn absorb(&self, state: &mut [u8; 16], blocks: &[[u8; 16]]) {
        match self.kernel {
            #[cfg(target_arch = "x86_64")]
            Kernel::Aesni(token) => aesni::absorb(token, &self.keys, state, blocks),
            #[cfg(target_arch = "x86_64")]
            Kernel::Gfni(token) => gfni::absorb(token, &self.keys, state, blocks),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(token) => avx512::absorb(token, &self.keys, state, blocks),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Kernel::Aese(token) => aese::absorb(token, &self.keys, state, blocks),
            // Where a block costs far more than its way in and out of registers.
            _ => blocks.iter().for_each(|block| {
                xor(state, block);
                self.encrypt_block(state);
            }),
        }
        cpu::wipe_registers();
    }
}

/// What a kernel gives, after the registers that it worked in were cleared.
fn wiped<T>(made: T) -> T {
    cpu::wipe_registers();
    made
}

/// What is XORed to blocks on their way into the rounds and out of them.
pub(super) trait Masks {
    /// For the blocks that come next, as they are before: at most [`WIDE`]. What is given is as long as they are, or
    /// empty for nothing.
    fn next(&mut self, blocks: &[u8]) -> [&[u8]; 2];

    /// The block before the next, where each block is the mask of the one after it on its way out: a kernel may do that
    /// without asking, and then leaves its last block here.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "only kernels for x86-64 ask"))]
    fn previous(&mut self) -> Option<&mut [u8; 16]> {
        None
    }
}

/// The blocks that [`Masks`] are asked for at a time.
pub(super) const WIDE: usize = 64;

struct Nothing;

impl Masks for Nothing {
    fn next(&mut self, _: &[u8]) -> [&[u8]; 2] {
        [&[]; 2]
    }
}

impl Kernel {
    fn fastest() -> Self {
        let fastest_first = [Backend::Avx512, Backend::Gfni, Backend::Aesni, Backend::Sm4e, Backend::Aese];
        fastest_first.into_iter().find_map(Self::of).unwrap_or(Self::Soft)
    }

    fn of(backend: Backend) -> Option<Self> {
        match backend {
            Backend::Soft => Some(Self::Soft),
            #[cfg(target_arch = "x86_64")]
            Backend::Aesni => cpu::Aesni::get().map(Self::Aesni),
            #[cfg(target_arch = "x86_64")]
            Backend::Gfni => cpu::Gfni::get().map(Self::Gfni),
            #[cfg(target_arch = "x86_64")]
            Backend::Avx512 => cpu::Avx512::get().map(Self::Avx512),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Backend::Aese => cpu::Aese::get().map(Self::Aese),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Backend::Sm4e => cpu::Sm4e::get().map(Self::Sm4e),
            // Of another architecture.
            _ => None,
        }
    }
}

/// The system parameter FK (GB/T 32907-2016 §7.3).
const FK: [u32; 4] = [0xa3b1_bac6, 0x56aa_3350, 0x677d_9197, 0xb270_22dc];

/// The fixed parameters CK: byte `j` of `CK_i` is `7 (4 i + j)` modulo 256.
const CK: Keys = {
    let mut all = [0; 32];
    let mut at = 0;
    while at < 128 {
        all[at / 4] = all[at / 4] << 8 | ((7 * at as u32) & 0xff);
        at += 1;
    }
    all
};

impl Drop for Sm4 {
    fn drop(&mut self) {
        self.keys.as_mut_slice().zeroize();
        // A key that was moved has been in registers.
        cpu::wipe_registers();
    }
}

impl fmt::Debug for Sm4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sm4")
    }
}

impl zeroize::ZeroizeOnDrop for Sm4 {}
