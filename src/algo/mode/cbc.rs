//! `SM4-CBC[key, iv](blocks)`: GB/T 17964-2021 §6. Unauthenticated; authenticate before decrypting.
//!
//! Knows no padding; see [`padding`](super::padding).

use zeroize::Zeroize;

use super::{whole_blocks, xor};
use crate::{
    algo::sm4::{Masks, Sm4, WIDE},
    error::Result,
};

/// Encrypts whole blocks in place.
///
/// # Errors
/// [`Invalid`](crate::Kind::Invalid) when the length is no multiple of 16.
pub fn encrypt(cipher: &Sm4, iv: &[u8; 16], buffer: &mut [u8]) -> Result<()> {
    let mut last = *iv;
    cipher.chain(&mut last, whole_blocks(buffer)?);
    Ok(())
}

/// Encrypts independent messages in place, each of whole blocks and after its own IV; the chains go on side by side.
///
/// ```
/// use miyao::algo::{mode::cbc, sm4::Sm4};
/// let cipher = Sm4::new(&[7; 16]);
/// let (mut one, mut two) = ([1; 16], [2; 32]);
/// cbc::encrypt_many(&cipher, &mut [(&[3; 16], &mut one), (&[4; 16], &mut two)])?;
/// cbc::decrypt(&cipher, &[4; 16], &mut two)?;
/// assert_eq!(two, [2; 32]);
/// # Ok::<(), miyao::Error>(())
/// ```
///
/// # Errors
/// As [`encrypt`] for any of them; then none is encrypted.
pub fn encrypt_many(cipher: &Sm4, messages: &mut [(&[u8; 16], &mut [u8])]) -> Result<()> {
    for (_, text) in &mut *messages {
        whole_blocks(text)?;
    }
    let mut made = [[0; 16]; WIDE];
    for some in messages.chunks_mut(WIDE) {
        let most = some.iter().map(|(_, text)| text.len() / 16).max().unwrap_or(0);
        for at in 0..most {
            let mut count = 0;
            for (iv, text) in &*some {
                let blocks = text.as_chunks().0;
                if let Some(block) = blocks.get(at) {
                    made[count] = *if at == 0 { iv } else { &blocks[at - 1] };
                    xor(&mut made[count], block);
                    count += 1;
                }
            }
            cipher.encrypt_blocks(&mut made[..count]);
            let blocks = some.iter_mut().filter_map(|(_, text)| text.as_chunks_mut().0.get_mut(at));
            blocks.zip(&made).for_each(|(block, made)| *block = *made);
        }
    }
    made.as_flattened_mut().zeroize();
    Ok(())
}

/// Decrypts whole blocks in place.
///
/// # Errors
/// As [`encrypt`].
pub fn decrypt(cipher: &Sm4, iv: &[u8; 16], buffer: &mut [u8]) -> Result<()> {
    let mut previous = Previous { blocks: [0; 16 * WIDE], last: *iv };
    cipher.decrypt_masked(whole_blocks(buffer)?, &mut previous);
    Ok(())
}

/// Each block comes out of the rounds onto the one before it; whole registers are loaded from the blocks.
#[repr(C, align(64))]
struct Previous {
    blocks: [u8; 16 * WIDE],
    last: [u8; 16],
}

impl Masks for Previous {
    fn next(&mut self, blocks: &[u8]) -> [&[u8]; 2] {
        let (before, last) = blocks.split_at(blocks.len().saturating_sub(16));
        let (first, others) = self.blocks[..blocks.len()].split_at_mut(16);
        first.copy_from_slice(&self.last);
        others.copy_from_slice(before);
        self.last.copy_from_slice(last);
        [&[], &self.blocks[..blocks.len()]]
    }
    fn previous(&mut self) -> Option<&mut [u8; 16]> {
        Some(&mut self.last)
    }
}
