//! The ecosystem's block cipher traits for [`Sm4`], so that its generic modes run on our kernels.
//!
//! Knows no kernel.

use cipher::{
    Block, BlockCipherDecBackend, BlockCipherDecClosure, BlockCipherDecrypt, BlockCipherEncBackend,
    BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, InOut, Key, KeyInit, KeySizeUser,
    ParBlocksSizeUser, array::typenum::U16,
};

use super::Sm4;

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
