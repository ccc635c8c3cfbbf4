//! `SM4-CMAC[key](message) → 16 bytes`: GB/T 15852.1-2020 MAC algorithm 5 (NIST SP 800-38B) over SM4.
//!
//! Knows whole messages and pieces of them.

#[cfg(feature = "alloc")]
use alloc::{vec, vec::Vec};
use core::{fmt, slice};

use digest::{
    FixedOutput, Key, KeyInit, MacMarker, Output, OutputSizeUser, Update, array::typenum::U16,
    common::KeySizeUser,
};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::xor;
#[cfg(feature = "alloc")]
use crate::algo::sm4::WIDE;
use crate::{
    algo::sm4::Sm4,
    error::Rejected,
    secret::{barrier, reveal},
};

/// `SM4-CMAC[key]` of each message, in their order; the chains go on side by side.
///
/// ```
/// use miyao::algo::mode::cmac::{Cmac, mac_many};
/// let mut cmac = Cmac::new(&[7; 16]);
/// cmac.update(b"two");
/// assert_eq!(mac_many(&[7; 16], &[b"one", b"two"])[1], cmac.finalize());
/// ```
#[cfg(feature = "alloc")]
#[must_use]
pub fn mac_many(key: &[u8; 16], messages: &[&[u8]]) -> Vec<[u8; 16]> {
    let cipher = Sm4::new(key);
    let mut subkeys = subkeys(&cipher);
    let mut tags = vec![[0; 16]; messages.len()];
    let mut made = [[0; 16]; WIDE];
    for (messages, states) in messages.chunks(WIDE).zip(tags.chunks_mut(WIDE)) {
        let most = messages.iter().map(|message| blocks(message)).max().unwrap_or(0);
        for at in 0..most {
            let busy = |message: &&[u8]| at < blocks(message);
            let mut count = 0;
            for (message, state) in messages.iter().zip(&*states).filter(|(message, _)| busy(message)) {
                made[count] = *state;
                absorb(&mut made[count], message, at, &subkeys);
                count += 1;
            }
            cipher.encrypt_blocks(&mut made[..count]);
            let states = messages.iter().zip(&mut *states).filter(|(message, _)| busy(message));
            states.zip(&made).for_each(|((_, state), made)| *state = *made);
        }
    }
    subkeys.as_flattened_mut().zeroize();
    made.as_flattened_mut().zeroize();
    tags
}

/// The number of blocks of a message; one that is empty is padded to one.
#[cfg(feature = "alloc")]
fn blocks(message: &[u8]) -> usize {
    message.len().div_ceil(16).max(1)
}

/// Adds a block of a message to the state; the last one padded, and with its subkey.
#[cfg(feature = "alloc")]
fn absorb(state: &mut [u8; 16], message: &[u8], at: usize, [whole, short]: &[[u8; 16]; 2]) {
    let rest = &message[16 * at..];
    xor(state, rest);
    if rest.len() < 16 {
        state[rest.len()] ^= 0x80;
        xor(state, short);
    } else if rest.len() == 16 {
        xor(state, whole);
    }
}

/// What is added to a last block that is whole, and to one that is padded.
fn subkeys(cipher: &Sm4) -> [[u8; 16]; 2] {
    let mut zero = [0; 16];
    cipher.encrypt_block(&mut zero);
    let whole = doubled(&zero);
    zero.as_mut_slice().zeroize();
    [whole, doubled(&whole)]
}

/// A CMAC computation in progress; state and subkeys are wiped on drop.
pub struct Cmac {
    cipher: Sm4,
    state: Zeroizing<[u8; 16]>,
    pending: Zeroizing<[u8; 16]>,
    filled: usize,
}

impl Cmac {
    /// Keys it.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self {
            cipher: Sm4::new(key),
            state: Zeroizing::new([0; 16]),
            pending: Zeroizing::new([0; 16]),
            filled: 0,
        }
    }

    /// Appends bytes to the message.
    pub fn update(&mut self, data: &[u8]) {
        let (head, rest) = data.split_at(data.len().min(16 - self.filled));
        self.pend(head);
        if rest.is_empty() {
            return;
        }
        // The last block waits, whole or not: its subkey depends on whether more comes.
        self.cipher.absorb(&mut self.state, slice::from_ref(&*self.pending));
        let (blocks, last) = rest.split_at((rest.len() - 1) / 16 * 16);
        self.cipher.absorb(&mut self.state, blocks.as_chunks().0);
        self.filled = 0;
        self.pend(last);
    }

    fn pend(&mut self, bytes: &[u8]) {
        self.pending[self.filled..self.filled + bytes.len()].copy_from_slice(bytes);
        self.filled += bytes.len();
    }

    /// The tag of everything appended.
    #[must_use]
    pub fn finalize(self) -> [u8; 16] {
        self.tag()
    }

    /// The tag of everything appended so far; more can be appended afterwards.
    #[must_use]
    pub fn tag(&self) -> [u8; 16] {
        let subkeys = Zeroizing::new(subkeys(&self.cipher));
        let mut last = Zeroizing::new([0; 16]);
        last[..self.filled].copy_from_slice(&self.pending[..self.filled]);
        if self.filled < 16 {
            last[self.filled] = 0x80;
        }
        xor(&mut *last, &*self.state);
        xor(&mut *last, &subkeys[usize::from(self.filled < 16)]);
        self.cipher.encrypt_block(&mut last);
        *last
    }

    /// Compares the tag of everything appended so far in constant time.
    ///
    /// # Errors
    /// [`Rejected`] when it differs or is not 16 bytes long.
    pub fn verify(&self, tag: &[u8]) -> Result<(), Rejected> {
        let mut expected = self.tag();
        let equal = expected.as_slice().ct_eq(tag);
        expected.zeroize();
        if reveal(equal) { Ok(()) } else { Err(Rejected) }
    }

    /// Starts the next message under the same key.
    pub fn restart(&mut self) {
        self.state.zeroize();
        self.pending.zeroize();
        self.filled = 0;
    }
}

/// Multiplication by x in GF(2^128) modulo x^128 + x^7 + x^2 + x + 1, branch-free.
fn doubled(block: &[u8; 16]) -> [u8; 16] {
    let value = u128::from_be_bytes(*block);
    let carry = barrier((value >> 127) as u64);
    ((value << 1) ^ u128::from(carry.wrapping_neg() & 0x87)).to_be_bytes()
}

impl fmt::Debug for Cmac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cmac")
    }
}

impl MacMarker for Cmac {}

impl OutputSizeUser for Cmac {
    type OutputSize = U16;
}

impl KeySizeUser for Cmac {
    type KeySize = U16;
}

impl KeyInit for Cmac {
    fn new(key: &Key<Self>) -> Self {
        Self::new(&(*key).into())
    }
}

impl Update for Cmac {
    fn update(&mut self, data: &[u8]) {
        self.update(data);
    }
}

impl FixedOutput for Cmac {
    fn finalize_into(self, out: &mut Output<Self>) {
        out.copy_from_slice(&self.finalize());
    }
}
