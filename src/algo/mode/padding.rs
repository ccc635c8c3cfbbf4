//! PKCS#7 padding (RFC 5652 §6.3) for ECB and CBC.
//!
//! Removal is constant-time in the padding; even so, authenticate ciphertext before unpadding it.

use alloc::vec::Vec;

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};

use crate::{
    error::Rejected,
    secret::{reveal, unmark},
};

/// Appends 1 to 16 bytes, each saying how many.
pub fn pad(buffer: &mut Vec<u8>) {
    let fill = 16 - buffer.len() % 16;
    buffer.resize(buffer.len() + fill, fill as u8);
}

/// How many bytes of `buffer` stand before its padding.
///
/// # Errors
/// [`Rejected`] when it is no padded text; it does not say which byte was wrong, nor does its time.
pub fn unpadded_len(buffer: &[u8]) -> Result<usize, Rejected> {
    let Some(last) = buffer
        .len()
        .checked_sub(16)
        .map(|start| &buffer[start..])
        .filter(|_| buffer.len().is_multiple_of(16))
    else {
        return Err(Rejected);
    };
    let fill = last[15];
    let mut good = !fill.ct_eq(&0) & !fill.ct_gt(&16);
    for (distance, byte) in (1u8..=16).rev().zip(last) {
        let within = !distance.ct_gt(&fill);
        good &= Choice::conditional_select(&Choice::from(1), &byte.ct_eq(&fill), within);
    }
    if !reveal(good) {
        return Err(Rejected);
    }
    // How long the text is shows from here on: the caller cuts it there.
    let mut fill = [fill];
    unmark(&mut fill);
    Ok(buffer.len() - usize::from(fill[0]))
}
