//! GHASH by PMULL, the carry-less multiplication of aarch64.
//!
//! Knows one product; the rest is in [`eight`](super::eight).
#![allow(
    unsafe_code,
    reason = "the step from a CPU token into functions of its features, and 16-byte loads and stores"
)]

use core::arch::aarch64::{
    poly64x2_t, uint64x2_t, vcombine_u64, vcreate_u64, vdupq_n_u64, veorq_u64, vextq_u8, vextq_u64,
    vgetq_lane_p64, vld1q_u8, vmull_high_p64, vmull_p64, vreinterpretq_p64_u64, vreinterpretq_u8_u64,
    vreinterpretq_u64_p128, vreinterpretq_u64_u8, vrev64q_u8, vst1q_u8,
};

use super::eight::kernel;
use crate::algo::cpu::Pmull;

type Vector = uint64x2_t;

pub(super) const WORDS: usize = 2 * WIDE;

pub(super) fn derive(_: Pmull, h: u128, words: &mut Words) {
    // SAFETY: a `Pmull` exists only where PMULL does.
    unsafe { powers(h, words) }
}

pub(super) fn hash(_: Pmull, words: &Words, aad: &[u8], text: &[u8]) -> [u8; 16] {
    // SAFETY: a `Pmull` exists only where PMULL does.
    unsafe { run(words, aad, text) }
}

kernel!("neon,aes");

/// The products of the low words, across, and of the high words.
#[inline]
#[target_feature(enable = "neon,aes")]
fn products(a: uint64x2_t, b: uint64x2_t) -> [uint64x2_t; 3] {
    let turned = exchanged(b);
    let across = added(low_product(a, turned), high_product(a, turned));
    [low_product(a, b), across, high_product(a, b)]
}

#[inline]
#[target_feature(enable = "neon,aes")]
fn low_product(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
    let low = |words: uint64x2_t| vgetq_lane_p64::<0>(polynomials(words));
    vreinterpretq_u64_p128(vmull_p64(low(a), low(b)))
}

#[inline]
#[target_feature(enable = "neon,aes")]
fn high_product(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
    vreinterpretq_u64_p128(vmull_high_p64(polynomials(a), polynomials(b)))
}

#[inline]
#[target_feature(enable = "neon")]
fn polynomials(words: uint64x2_t) -> poly64x2_t {
    vreinterpretq_p64_u64(words)
}

/// Low and high word in each other's place.
#[inline]
#[target_feature(enable = "neon")]
fn exchanged(words: uint64x2_t) -> uint64x2_t {
    vextq_u64::<1>(words, words)
}

#[inline]
#[target_feature(enable = "neon")]
fn zero() -> uint64x2_t {
    vdupq_n_u64(0)
}

#[inline]
#[target_feature(enable = "neon")]
fn added(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t {
    veorq_u64(a, b)
}

#[inline]
#[target_feature(enable = "neon")]
fn number(number: u128) -> uint64x2_t {
    vcombine_u64(vcreate_u64(number as u64), vcreate_u64((number >> 64) as u64))
}

/// A block as a number, or a number as a block.
#[inline]
#[target_feature(enable = "neon")]
fn swapped(block: uint64x2_t) -> uint64x2_t {
    let halves = vrev64q_u8(vreinterpretq_u8_u64(block));
    vreinterpretq_u64_u8(vextq_u8::<8>(halves, halves))
}

#[inline]
#[target_feature(enable = "neon")]
fn load(bytes: &[u8; 16]) -> uint64x2_t {
    // SAFETY: 16 bytes are there to be read, at whatever address.
    vreinterpretq_u64_u8(unsafe { vld1q_u8(bytes.as_ptr()) })
}

#[inline]
#[target_feature(enable = "neon")]
fn bytes(value: uint64x2_t) -> [u8; 16] {
    let (value, mut bytes) = (vreinterpretq_u8_u64(value), [0; 16]);
    // SAFETY: 16 bytes are there to be written, at whatever address.
    unsafe { vst1q_u8(bytes.as_mut_ptr(), value) }
    bytes
}
