//! `SM4[key](block)`: the 128-bit block cipher of GB/T 32907-2016 (分组密码算法).
//!
//! Knows one block or many, never a mode. Which kernel runs is chosen once per key, by a token that proves the processor
//! can; each computes the S-box, none looks it up, so no secret is ever an address.

mod soft;

use core::fmt;

use cipher::{
    Block, BlockCipherDecBackend, BlockCipherDecClosure, BlockCipherDecrypt, BlockCipherEncBackend,
    BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, InOut, Key, KeyInit, KeySizeUser,
    ParBlocksSizeUser, array::typenum::U16,
};
use zeroize::Zeroize;

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
pub struct Sm4 {
    keys: Keys,
}

/// `rk_0 … rk_31`.
type Keys = [u32; 32];

impl Sm4 {
    /// The number of bytes of a block and of a key.
    pub const LEN: usize = 16;

    /// Expands a 128-bit key.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self { keys: soft::expand(key) }
    }

    /// Encrypts one block in place.
    pub fn encrypt_block(&self, block: &mut [u8; 16]) {
        self.encrypt_blocks(core::slice::from_mut(block));
    }

    /// Decrypts one block in place.
    pub fn decrypt_block(&self, block: &mut [u8; 16]) {
        self.decrypt_blocks(core::slice::from_mut(block));
    }

    /// Encrypts independent blocks in place.
    pub fn encrypt_blocks(&self, blocks: &mut [[u8; 16]]) {
        soft::crypt(self.keys.iter().copied(), blocks);
    }

    /// Decrypts independent blocks in place: the same rounds with their keys in the opposite order.
    pub fn decrypt_blocks(&self, blocks: &mut [[u8; 16]]) {
        soft::crypt(self.keys.iter().rev().copied(), blocks);
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
        self.keys.zeroize();
    }
}

impl fmt::Debug for Sm4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sm4")
    }
}

impl BlockSizeUser for Sm4 {
    type BlockSize = U16;
}

impl KeySizeUser for Sm4 {
    type KeySize = U16;
}

impl KeyInit for Sm4 {
    fn new(key: &Key<Self>) -> Self {
        Self::new(&(*key).into())
    }
}

/// The ecosystem's generic modes take one block at a time or as many as they have.
struct Backend<'a>(&'a Sm4);

impl BlockSizeUser for Backend<'_> {
    type BlockSize = U16;
}

impl ParBlocksSizeUser for Backend<'_> {
    type ParBlocksSize = U16;
}

impl BlockCipherEncBackend for Backend<'_> {
    fn encrypt_block(&self, mut block: InOut<'_, '_, Block<Self>>) {
        let mut bytes: [u8; 16] = (*block.get_in()).into();
        self.0.encrypt_block(&mut bytes);
        *block.get_out() = bytes.into();
    }

    fn encrypt_par_blocks(&self, mut blocks: InOut<'_, '_, cipher::ParBlocks<Self>>) {
        let mut many: [[u8; 16]; 16] = blocks.get_in().0.map(Into::into);
        self.0.encrypt_blocks(&mut many);
        blocks.get_out().0 = many.map(Into::into);
    }
}

impl BlockCipherDecBackend for Backend<'_> {
    fn decrypt_block(&self, mut block: InOut<'_, '_, Block<Self>>) {
        let mut bytes: [u8; 16] = (*block.get_in()).into();
        self.0.decrypt_block(&mut bytes);
        *block.get_out() = bytes.into();
    }

    fn decrypt_par_blocks(&self, mut blocks: InOut<'_, '_, cipher::ParBlocks<Self>>) {
        let mut many: [[u8; 16]; 16] = blocks.get_in().0.map(Into::into);
        self.0.decrypt_blocks(&mut many);
        blocks.get_out().0 = many.map(Into::into);
    }
}

impl BlockCipherEncrypt for Sm4 {
    fn encrypt_with_backend(&self, f: impl BlockCipherEncClosure<BlockSize = U16>) {
        f.call(&Backend(self));
    }
}

impl BlockCipherDecrypt for Sm4 {
    fn decrypt_with_backend(&self, f: impl BlockCipherDecClosure<BlockSize = U16>) {
        f.call(&Backend(self));
    }
}

impl zeroize::ZeroizeOnDrop for Sm4 {}
