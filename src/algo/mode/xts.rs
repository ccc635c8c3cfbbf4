//! `SM4-XTS[key1, key2, tweak](bytes)`: the IEEE 1619 bit order ([`Xts`]) and that of GB/T 17964-2021 §10 ([`XtsGb`]).
//!
//! The two differ in how the tweak is multiplied, so their outputs differ from the second block on. Unauthenticated:
//! for storage sectors and interoperability.

use core::{fmt, marker::PhantomData};

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::xor;
use crate::{
    algo::sm4::{Backend, Masks, Sm4, WIDE},
    error::{Error, Kind, Result},
    secret::barrier,
};

/// SM4-XTS as IEEE 1619 has it (tweak multiplied little-endian).
pub struct Xts(Keys);

/// SM4-XTS as GB/T 17964-2021 has it (tweak multiplied bit-reflected).
pub struct XtsGb(Keys);

struct Keys {
    data: Sm4,
    tweak: Sm4,
}

macro_rules! face {
    ($name:ident, $order:ty) => {
        impl $name {
            /// Keys it with `key1 ‖ key2`.
            ///
            /// # Errors
            /// [`Invalid`](Kind::Invalid) when both halves are equal (IEEE 1619 forbids it).
            pub fn new(key: &[u8; 32]) -> Result<Self> {
                Keys::new(key).map(Self)
            }

            /// As [`new`](Self::new), for a kernel of the caller's choice; `None` where the processor cannot.
            #[doc(hidden)]
            #[must_use]
            pub fn with_backend(key: &[u8; 32], backend: Backend) -> Option<Self> {
                let [data, tweak] = halves(key).ok()?.map(|half| Sm4::with_backend(half, backend));
                Some(Self(Keys { data: data?, tweak: tweak? }))
            }

            /// Encrypts a sector of 16 to 2^24 bytes in place.
            ///
            /// # Errors
            /// [`Invalid`](Kind::Invalid) when there are fewer, [`TooLarge`](Kind::TooLarge) when there are more.
            pub fn encrypt(&self, tweak: &[u8; 16], sector: &mut [u8]) -> Result<()> {
                self.0.encrypt::<$order>(tweak, sector)
            }

            /// Decrypts a sector of 16 to 2^24 bytes in place.
            ///
            /// # Errors
            /// As [`encrypt`](Self::encrypt).
            pub fn decrypt(&self, tweak: &[u8; 16], sector: &mut [u8]) -> Result<()> {
                self.0.decrypt::<$order>(tweak, sector)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

face!(Xts, Ieee);
face!(XtsGb, Gb);

impl Keys {
    fn new(key: &[u8; 32]) -> Result<Self> {
        let [data, tweak] = halves(key)?.map(Sm4::new);
        Ok(Self { data, tweak })
    }

    fn encrypt<O: Order>(&self, tweak: &[u8; 16], sector: &mut [u8]) -> Result<()> {
        let (mut tweaks, tail) = (self.tweaks::<O>(tweak), tail(sector)?);
        let whole = sector.len() - tail;
        self.data.encrypt_masked(sector[..whole].as_chunks_mut().0, &mut tweaks);
        if tail > 0 {
            steal(sector, whole, tail, |block| self.encrypt_block(&tweaks.tweak(0), block));
        }
        Ok(())
    }

    fn decrypt<O: Order>(&self, tweak: &[u8; 16], sector: &mut [u8]) -> Result<()> {
        let (mut tweaks, tail) = (self.tweaks::<O>(tweak), tail(sector)?);
        let whole = sector.len() - tail;
        let plain = if tail > 0 { whole - 16 } else { whole };
        self.data.decrypt_masked(sector[..plain].as_chunks_mut().0, &mut tweaks);
        if tail > 0 {
            // The last whole block was made with the tweak after the one of the short block.
            for block in sector[plain..whole].as_chunks_mut().0 {
                self.decrypt_block(&tweaks.tweak(1), block);
            }
            steal(sector, whole, tail, |block| self.decrypt_block(&tweaks.tweak(0), block));
        }
        Ok(())
    }

    fn tweaks<O: Order>(&self, tweak: &[u8; 16]) -> Tweaks<O> {
        let mut first = *tweak;
        self.tweak.encrypt_block(&mut first);
        Tweaks::from(first)
    }

    fn encrypt_block(&self, tweak: &[u8; 16], block: &mut [u8; 16]) {
        xor(block, tweak);
        self.data.encrypt_block(block);
        xor(block, tweak);
    }

    fn decrypt_block(&self, tweak: &[u8; 16], block: &mut [u8; 16]) {
        xor(block, tweak);
        self.data.decrypt_block(block);
        xor(block, tweak);
    }
}

fn halves(key: &[u8; 32]) -> Result<[&[u8; 16]; 2]> {
    let [data, tweak] = key.as_chunks::<16>().0 else {
        return Err(Error::new(Kind::Internal, "32 bytes are two blocks"));
    };
    if crate::secret::reveal(data.ct_eq(tweak)) {
        return Err(Error::new(Kind::Invalid, "both halves of an XTS key are equal; make a new one"));
    }
    Ok([data, tweak])
}

/// Ciphertext stealing: the short last block borrows the end of the block before it.
fn steal(sector: &mut [u8], whole: usize, tail: usize, crypt: impl Fn(&mut [u8; 16])) {
    let mut block = [0u8; 16];
    block.copy_from_slice(&sector[whole - 16..whole]);
    let mut last = block;
    last[..tail].copy_from_slice(&sector[whole..]);
    sector[whole..].copy_from_slice(&block[..tail]);
    crypt(&mut last);
    sector[whole - 16..whole].copy_from_slice(&last);
}

/// The most bytes of a sector: 2^20 blocks (IEEE 1619 §5.1, SP 800-38E §4).
const MAX: usize = 16 << 20;

/// How many bytes stand after the last whole block.
fn tail(sector: &[u8]) -> Result<usize> {
    if sector.len() > MAX {
        return Err(Error::new(Kind::TooLarge, "XTS takes sectors of at most 2^20 blocks; use more sectors"));
    }
    if sector.len() < 16 {
        return Err(Error::new(Kind::Invalid, "XTS needs at least 16 bytes"));
    }
    Ok(sector.len() % 16)
}

/// The tweaks of one block after another; whole registers are loaded from what is given.
#[repr(align(64))]
struct Tweaks<O> {
    /// The next eight, in halves, so that a loop over them is one over lanes of vectors.
    low: [u64; LANES],
    high: [u64; LANES],
    given: [[u8; 16]; WIDE],
    order: PhantomData<O>,
}

const LANES: usize = 8;

impl<O: Order> Tweaks<O> {
    fn from(first: [u8; 16]) -> Self {
        let mut tweaks =
            Self { low: [0; LANES], high: [0; LANES], given: [[0; 16]; WIDE], order: PhantomData };
        tweaks.begin(O::halves(first));
        tweaks
    }

    /// Makes the next eight from the first of them.
    fn begin(&mut self, first: [u64; 2]) {
        let mut next = first;
        for (low, high) in self.low.iter_mut().zip(&mut self.high) {
            [*low, *high] = next;
            next = O::times::<1>(next);
        }
    }

    /// One of the next eight.
    fn tweak(&self, at: usize) -> [u8; 16] {
        O::block([self.low[at], self.high[at]])
    }
}

impl<O: Order> Masks for Tweaks<O> {
    // Into the kernel that asks, where wider registers may be used.
    #[inline(always)]
    fn next(&mut self, blocks: &[u8]) -> [&[u8]; 2] {
        let (mut low, mut high) = (self.low, self.high);
        let (groups, rest) = self.given[..blocks.len() / 16].as_chunks_mut::<LANES>();
        for group in groups {
            for lane in 0..LANES {
                group[lane] = O::block([low[lane], high[lane]]);
            }
            for lane in 0..LANES {
                [low[lane], high[lane]] = O::times::<{ LANES as u32 }>([low[lane], high[lane]]);
            }
        }
        for (lane, tweak) in rest.iter_mut().enumerate() {
            *tweak = O::block([low[lane], high[lane]]);
        }
        let used = rest.len();
        (self.low, self.high) = (low, high);
        if used > 0 {
            self.begin([low[used], high[used]]);
        }
        let given = &self.given.as_flattened()[..blocks.len()];
        [given, given]
    }
}

impl<O> Drop for Tweaks<O> {
    fn drop(&mut self) {
        self.low.as_mut_slice().zeroize();
        self.high.as_mut_slice().zeroize();
        self.given.as_flattened_mut().zeroize();
    }
}

/// How a block is read as a polynomial: as two halves, the second with the higher powers of α.
trait Order {
    fn halves(block: [u8; 16]) -> [u64; 2];

    fn block(halves: [u64; 2]) -> [u8; 16];

    /// Multiplication by `α^N`, modulo α^128 + α^7 + α^2 + α + 1; `N` is at most 8.
    fn times<const N: u32>(halves: [u64; 2]) -> [u64; 2];
}

/// One bit is behind a barrier, lest it become a branch; more are no condition, and lanes of vectors have none.
#[inline(always)]
fn hidden<const N: u32>(over: u64) -> u64 {
    if N == 1 { barrier(over) } else { over }
}

/// A little-endian number.
struct Ieee;

impl Order for Ieee {
    fn halves(block: [u8; 16]) -> [u64; 2] {
        let value = u128::from_le_bytes(block);
        [value as u64, (value >> 64) as u64]
    }

    fn block([low, high]: [u64; 2]) -> [u8; 16] {
        (u128::from(high) << 64 | u128::from(low)).to_le_bytes()
    }

    fn times<const N: u32>([low, high]: [u64; 2]) -> [u64; 2] {
        let over = hidden::<N>(high >> (64 - N));
        [low << N ^ over ^ over << 1 ^ over << 2 ^ over << 7, high << N | low >> (64 - N)]
    }
}

/// The first bit of the first byte is the coefficient of α^0.
struct Gb;

impl Order for Gb {
    fn halves(block: [u8; 16]) -> [u64; 2] {
        let value = u128::from_be_bytes(block);
        [(value >> 64) as u64, value as u64]
    }

    fn block([low, high]: [u64; 2]) -> [u8; 16] {
        (u128::from(low) << 64 | u128::from(high)).to_be_bytes()
    }

    fn times<const N: u32>([low, high]: [u64; 2]) -> [u64; 2] {
        let over = hidden::<N>(high << (64 - N));
        [low >> N ^ over ^ over >> 1 ^ over >> 2 ^ over >> 7, high >> N | low << (64 - N)]
    }
}
