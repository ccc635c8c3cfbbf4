//! SM4 with AVX-512 and GFNI: 64 blocks byte by byte, up to 32 word by word, one block for its latency.
//!
//! Knows no mode but counting and chaining. The algebra is in [`affine`](super::affine) and [`offsets`](super::offsets):
//! the state is `T · X` throughout, and keys are `T · rk ⊕ t`.
#![allow(unsafe_code, reason = "the steps from the token to what the processor can")]

mod block;
mod halves;
mod lanes;
mod short;
mod sliced;
mod words;

use super::{Counter, Keys, Masks, offsets::Offsets};
use crate::algo::{
    cpu::Avx512,
    ghash::{Group, Run, Words, lengths},
};

/// Round keys from a key, each `T · rk ⊕ t`.
pub(super) fn expand(_: Avx512, key: &[u8; 16]) -> Keys {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW, VL, DQ and GFNI do.
    unsafe { block::schedule(key) }
}

/// As [`expand`], and what the zero block is encrypted to.
pub(super) fn expand_and_zero(_: Avx512, key: &[u8; 16], zero: &mut [u8; 16]) -> Keys {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW, VL, DQ and GFNI do.
    unsafe { block::schedule_and_zero(key, zero) }
}

/// One block; `keys` are in the order of their use.
pub(super) fn one(_: Avx512, keys: &Keys, block: &mut [u8; 16]) {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW, VL, DQ and GFNI do.
    unsafe { block::one(keys, block) }
}

/// Runs the rounds over independent blocks.
pub(super) fn crypt(_: Avx512, keys: &Keys, blocks: &mut [[u8; 16]], masks: &mut impl Masks) {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW, VL, DQ and GFNI do.
    unsafe { wide(keys, blocks.as_flattened_mut(), masks) }
}

/// XORs the key stream of a counter whose last 32 bits count.
pub(super) fn ctr32(_: Avx512, keys: &Keys, counter: &Counter, buffer: &mut [u8]) {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW, VL, DQ and GFNI do.
    unsafe { count(keys, *counter, buffer) }
}

/// The shortest text for which [`ctr32_hashed`] is worth its while.
pub(super) const HASHED: usize = 2 * SLICED;

/// As [`ctr32`] to encrypt, and the hash of what comes out, under a key of GHASH and after associated data. What is
/// encrypted is `data` itself, unless there is a text, which is as long.
pub(super) fn ctr32_hashed(
    _: Avx512,
    keys: &Keys,
    counter: &Counter,
    hash: (&Words, &[u8]),
    (text, data): (Option<&[u8]>, &mut [u8]),
) -> [u8; 16] {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW, VL, DQ, GFNI and VPCLMULQDQ do.
    unsafe { count_hashed(keys, *counter, hash, (text, data)) }
}

/// Whether a message is short enough for [`seal`] and [`open`].
pub(super) const fn is_short(aad: &[u8], text: &[u8]) -> bool {
    text.len() <= 16 * short::MOST && aad.len().div_ceil(16) + text.len().div_ceil(16) < Group::MAX
}

/// As [`ctr32_hashed`] with the counters after this one, for a short text; what is given is the tag of GCM.
pub(super) fn seal(
    _: Avx512,
    keys: &Keys,
    counter: &Counter,
    hash: (&Words, &[u8]),
    text: &mut [u8],
) -> [u8; 16] {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW, VL, DQ, GFNI and VPCLMULQDQ do.
    unsafe { short::seal(keys, counter, hash, text) }
}

/// Undoes [`seal`] if those bytes of the tag are right that have a one in the mask beside it.
pub(super) fn open(
    _: Avx512,
    keys: &Keys,
    counter: &Counter,
    hash: (&Words, &[u8]),
    text: &mut [u8],
    tag: (&[u8; 16], u16),
) -> bool {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW, VL, DQ, GFNI and VPCLMULQDQ do.
    unsafe { short::open(keys, counter, hash, text, tag) }
}

/// CBC encryption: each block with the output before it, which `state` is before the first and after the last.
pub(super) fn chain(_: Avx512, keys: &Keys, state: &mut [u8; 16], blocks: &mut [[u8; 16]]) {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW, VL, DQ and GFNI do.
    unsafe { block::links(keys, state, blocks) }
}

/// CBC-MAC: as [`chain`], of which only `state` is asked for.
pub(super) fn absorb(_: Avx512, keys: &Keys, state: &mut [u8; 16], blocks: &[[u8; 16]]) {
    // SAFETY: an `Avx512` exists only where AVX-512 F, BW, VL, DQ and GFNI do.
    unsafe { block::last_link(keys, state, blocks) }
}

/// Bytes that 64 blocks and 32 blocks have.
const SLICED: usize = 1024;
const WORDS: usize = 512;

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn wide(keys: &Keys, data: &mut [u8], masks: &mut impl Masks) {
    let (chunks, rest) = data.as_chunks_mut::<SLICED>();
    if !chunks.is_empty() {
        let offsets = Offsets::new(keys);
        for chunk in chunks {
            if let Some(last) = masks.previous() {
                sliced::unchained(&offsets, chunk, last);
                continue;
            }
            let masks = masks.next(chunk).map(|mask| mask.first_chunk());
            sliced::blocks(&offsets, chunk, masks);
        }
    }
    for chunk in rest.chunks_mut(WORDS) {
        let masks = masks.next(chunk);
        match chunk.len().div_ceil(16) {
            0..=8 => halves::blocks::<1>(keys, chunk, masks),
            9..=16 => halves::blocks::<2>(keys, chunk, masks),
            _ => words::blocks::<2>(keys, chunk, masks),
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn count(keys: &Keys, mut counter: Counter, data: &mut [u8]) {
    let (chunks, rest) = data.as_chunks_mut::<SLICED>();
    if !chunks.is_empty() {
        let (offsets, fixed) = (Offsets::new(keys), sliced::fixed_planes(&counter));
        for chunk in chunks {
            sliced::count(&offsets, &fixed, counter.low, None, chunk);
            counter.low = counter.low.wrapping_add(64);
        }
    }
    for chunk in rest.chunks_mut(WORDS) {
        match chunk.len().div_ceil(16) {
            0..=8 => halves::count::<1>(keys, &counter, chunk),
            9..=16 => halves::count::<2>(keys, &counter, chunk),
            _ => words::count::<2>(keys, &counter, chunk),
        }
        counter.low = counter.low.wrapping_add(32);
    }
}

/// Hashes each chunk while the next is made, and the last with what is behind it.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni,vpclmulqdq")]
fn count_hashed(
    keys: &Keys,
    mut counter: Counter,
    (words, aad): (&Words, &[u8]),
    (text, data): (Option<&[u8]>, &mut [u8]),
) -> [u8; 16] {
    let (mut run, mut before) = (Run::after(words, aad), None);
    let (offsets, fixed) = (Offsets::new(keys), sliced::fixed_planes(&counter));
    let (texts, last_text) = text.map(|text| text.as_chunks::<SLICED>()).unzip();
    let (chunks, rest) = data.as_chunks_mut::<SLICED>();
    for (at, chunk) in chunks.iter_mut().enumerate() {
        let text = texts.and_then(|texts| texts.get(at));
        match before {
            None => sliced::count(&offsets, &fixed, counter.low, text, chunk),
            Some(before) => {
                sliced::count_hashing(&offsets, &fixed, counter.low, (text, chunk), (&mut run, before));
            }
        }
        counter.low = counter.low.wrapping_add(64);
        before = Some(&*chunk);
    }
    if let Some(text) = last_text {
        rest.copy_from_slice(text);
    }
    count(keys, counter, rest);
    let hashed = (data.len() / SLICED).saturating_sub(1) * SLICED;
    run.finish_with(&data[hashed..], lengths(aad, data))
}
