//! `SM4-XTS[key1, key2, tweak](bytes)`: the IEEE 1619 bit order ([`Xts`]) and that of GB/T 17964-2021 §10 ([`XtsGb`]).
//!
//! The two differ in how the tweak is multiplied, so their outputs differ from the second block on. Unauthenticated:
//! for storage sectors and interoperability.

use core::fmt;

use subtle::ConstantTimeEq;

use super::xor;
use crate::{
    algo::sm4::Sm4,
    error::{Error, Kind, Result},
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
    ($name:ident, $double:expr) => {
        impl $name {
            /// Keys it with `key1 ‖ key2`.
            ///
            /// # Errors
            /// [`Invalid`](Kind::Invalid) when both halves are equal (IEEE 1619 forbids it).
            pub fn new(key: &[u8; 32]) -> Result<Self> {
                Keys::new(key).map(Self)
            }

            /// Encrypts a sector of 16 to 2^24 bytes in place.
            ///
            /// # Errors
            /// [`Invalid`](Kind::Invalid) when there are fewer, [`TooLarge`](Kind::TooLarge) when there are more.
            pub fn encrypt(&self, tweak: &[u8; 16], sector: &mut [u8]) -> Result<()> {
                self.0.encrypt(tweak, sector, $double)
            }

            /// Decrypts a sector of 16 to 2^24 bytes in place.
            ///
            /// # Errors
            /// As [`encrypt`](Self::encrypt).
            pub fn decrypt(&self, tweak: &[u8; 16], sector: &mut [u8]) -> Result<()> {
                self.0.decrypt(tweak, sector, $double)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

face!(Xts, doubled_ieee);
face!(XtsGb, doubled_gb);

impl Keys {
    fn new(key: &[u8; 32]) -> Result<Self> {
        let (&data, &tweak) = match key.as_chunks::<16>().0 {
            [data, tweak] => (data, tweak),
            _ => return Err(Error::new(Kind::Internal, "32 bytes are two blocks")),
        };
        if crate::secret::reveal(data.ct_eq(&tweak)) {
            return Err(Error::new(Kind::Invalid, "both halves of an XTS key are equal; make a new one"));
        }
        Ok(Self { data: Sm4::new(&data), tweak: Sm4::new(&tweak) })
    }

    fn encrypt(&self, tweak: &[u8; 16], sector: &mut [u8], double: fn([u8; 16]) -> [u8; 16]) -> Result<()> {
        let (mut tweak, tail) = (self.first(tweak), tail(sector)?);
        let whole = sector.len() - tail;
        for block in sector[..whole].as_chunks_mut::<16>().0 {
            self.encrypt_block(&tweak, block);
            tweak = double(tweak);
        }
        if tail > 0 {
            steal(sector, whole, tail, |block| self.encrypt_block(&tweak, block));
        }
        Ok(())
    }

    fn decrypt(&self, tweak: &[u8; 16], sector: &mut [u8], double: fn([u8; 16]) -> [u8; 16]) -> Result<()> {
        let (mut tweak, tail) = (self.first(tweak), tail(sector)?);
        let whole = sector.len() - tail;
        let plain = if tail > 0 { whole - 16 } else { whole };
        for block in sector[..plain].as_chunks_mut::<16>().0 {
            self.decrypt_block(&tweak, block);
            tweak = double(tweak);
        }
        if tail > 0 {
            // The last whole block was made with the tweak after the one of the short block.
            for block in sector[plain..whole].as_chunks_mut::<16>().0 {
                self.decrypt_block(&double(tweak), block);
            }
            steal(sector, whole, tail, |block| self.decrypt_block(&tweak, block));
        }
        Ok(())
    }

    fn first(&self, tweak: &[u8; 16]) -> [u8; 16] {
        let mut first = *tweak;
        self.tweak.encrypt_block(&mut first);
        first
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

/// Multiplication by α, the block read as a little-endian number.
fn doubled_ieee(tweak: [u8; 16]) -> [u8; 16] {
    let value = u128::from_le_bytes(tweak);
    ((value << 1) ^ ((value >> 127).wrapping_neg() & 0x87)).to_le_bytes()
}

/// Multiplication by α, the first bit of the first byte being the coefficient of x^0.
fn doubled_gb(tweak: [u8; 16]) -> [u8; 16] {
    let value = u128::from_be_bytes(tweak);
    ((value >> 1) ^ ((value & 1).wrapping_neg() & (0xe1 << 120))).to_be_bytes()
}
