//! What the kernels for aarch64 share: bytes in and out of registers, and the words of four blocks.
//!
//! Knows no S-box.
#![allow(unsafe_code, reason = "loads and stores of registers; the kernels for aarch64 go through these")]

use core::arch::aarch64::{
    uint8x16_t, uint32x4_t, vdupq_n_u8, veorq_u8, vld1q_u8, vreinterpretq_u32_u64, vreinterpretq_u64_u32,
    vst1q_u8, vtrn1q_u32, vtrn1q_u64, vtrn2q_u32, vtrn2q_u64,
};

use zeroize::Zeroize;

/// A block.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn load_block(block: &[u8; 16]) -> uint8x16_t {
    // SAFETY: the reference is to 16 bytes, and the load asks for no alignment.
    unsafe { vld1q_u8(block.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn store_block(block: &mut [u8; 16], value: uint8x16_t) {
    // SAFETY: the reference is to 16 bytes of the caller's own, and the store asks for no alignment.
    unsafe { vst1q_u8(block.as_mut_ptr(), value) }
}

/// Up to 16 bytes from `at` on, and zeros where there are none.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn load(bytes: &[u8], at: usize) -> uint8x16_t {
    let bytes = bytes.get(at..).unwrap_or(&[]);
    if let Some(whole) = bytes.first_chunk() {
        return load_block(whole);
    }
    if bytes.is_empty() { vdupq_n_u8(0) } else { load_some(bytes) }
}

/// Writes as many of 16 bytes as there are places from `at` on.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn store(bytes: &mut [u8], at: usize, value: uint8x16_t) {
    let bytes = bytes.get_mut(at..).unwrap_or(&mut []);
    if let Some(whole) = bytes.first_chunk_mut() {
        return store_block(whole, value);
    }
    if !bytes.is_empty() {
        store_some(bytes, value);
    }
}

#[inline(never)]
#[target_feature(enable = "neon")]
fn load_some(bytes: &[u8]) -> uint8x16_t {
    let mut whole = [0; 16];
    whole[..bytes.len()].copy_from_slice(bytes);
    let value = load_block(&whole);
    whole.as_mut_slice().zeroize();
    value
}

#[inline(never)]
#[target_feature(enable = "neon")]
fn store_some(bytes: &mut [u8], value: uint8x16_t) {
    let mut whole = [0; 16];
    store_block(&mut whole, value);
    bytes.copy_from_slice(&whole[..bytes.len()]);
    whole.as_mut_slice().zeroize();
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn zero() -> uint8x16_t {
    vdupq_n_u8(0)
}

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn added(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
    veorq_u8(a, b)
}

/// The words of four registers as rows become columns.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn turn_words([a, b, c, d]: [uint32x4_t; 4]) -> [uint32x4_t; 4] {
    let pairs = |even, odd| {
        [vreinterpretq_u64_u32(vtrn1q_u32(even, odd)), vreinterpretq_u64_u32(vtrn2q_u32(even, odd))]
    };
    let ([ab, ab_odd], [cd, cd_odd]) = (pairs(a, b), pairs(c, d));
    [
        vreinterpretq_u32_u64(vtrn1q_u64(ab, cd)),
        vreinterpretq_u32_u64(vtrn1q_u64(ab_odd, cd_odd)),
        vreinterpretq_u32_u64(vtrn2q_u64(ab, cd)),
        vreinterpretq_u32_u64(vtrn2q_u64(ab_odd, cd_odd)),
    ]
}
