//! A short message of GCM with AVX-512 and GFNI: key stream, mask of the tag and hash, all of it in registers.
//!
//! Knows neither what a nonce is nor how long a tag.

use core::arch::x86_64::{
    __m128i, _mm_mask_cmpneq_epi8_mask, _mm_xor_si128, _mm256_extracti128_si256, _mm256_setzero_si256,
    _mm512_maskz_mov_epi8, _mm512_xor_si512,
};

use super::{
    super::{
        Counter, Keys,
        avx2::{load_block, store_block},
    },
    halves::{Groups, counters, left, quarter, round, rounds},
    lanes::{few, load, store},
};
use crate::{
    algo::ghash::{Group, Words},
    secret::{barrier, unmark},
};

/// Every quarter of a kilobyte that so many groups and a text of this length have.
macro_rules! quarters {
    ($text:ident, $quarter:ident => $work:expr) => {
        quarters!($text, $quarter => $work; 0 1 2 3)
    };
    ($text:ident, $quarter:ident => $work:expr; $($at:literal)*) => {
        $(
            if $at < 2 * N && $text.len() > 64 * $at {
                const $quarter: usize = $at;
                $work
            }
        )*
    };
}

/// The most blocks of a text.
pub(super) const MOST: usize = 15;

/// Encrypts the text with the counters after this one; the hash of what comes out, with this one's mask.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni,vpclmulqdq")]
pub(super) fn seal(keys: &Keys, counter: &Counter, hash: (&Words, &[u8]), text: &mut [u8]) -> [u8; 16] {
    match text.len() {
        ..=FEW => seal_groups::<1>(keys, counter, hash, text),
        _ => seal_groups::<2>(keys, counter, hash, text),
    }
}

/// Whether those bytes of the tag are right that have a one in the mask beside it; only then the text is decrypted.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni,vpclmulqdq")]
pub(super) fn open(
    keys: &Keys,
    counter: &Counter,
    hash: (&Words, &[u8]),
    text: &mut [u8],
    tag: (&[u8; 16], u16),
) -> bool {
    match text.len() {
        ..=FEW => open_groups::<1>(keys, counter, hash, text, tag),
        _ => open_groups::<2>(keys, counter, hash, text, tag),
    }
}

/// The most bytes of a text whose key stream and mask one group makes.
const FEW: usize = 7 * 16;

#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni,vpclmulqdq")]
fn seal_groups<const N: usize>(
    keys: &Keys,
    counter: &Counter,
    (words, aad): (&Words, &[u8]),
    text: &mut [u8],
) -> [u8; 16] {
    let mut group = Group::new(words, aad, text.len());
    let mut stream = after::<N>(counter);
    rounds!(keys, stream);
    quarters!(text, QUARTER => {
        let at = 64 * QUARTER;
        let made = _mm512_xor_si512(load(text, at), quarter::<N, QUARTER>(&stream));
        let made = _mm512_maskz_mov_epi8(few(text, at), made);
        store(text, at, made);
        group.absorb(made);
    });
    let mut tag = [0; 16];
    store_block(&mut tag, _mm_xor_si128(group.finish(), mask(&stream)));
    tag
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni,vpclmulqdq")]
fn open_groups<const N: usize>(
    keys: &Keys,
    counter: &Counter,
    (words, aad): (&Words, &[u8]),
    text: &mut [u8],
    (tag, bytes): (&[u8; 16], u16),
) -> bool {
    let mut group = Group::new(words, aad, text.len());
    quarters!(text, QUARTER => group.absorb(load(text, 64 * QUARTER)));
    let mut stream = after::<N>(counter);
    rounds!(keys, stream);
    let expected = _mm_xor_si128(group.finish(), mask(&stream));
    let mut different = _mm_mask_cmpneq_epi8_mask(bytes, expected, load_block(tag)).to_ne_bytes();
    unmark(&mut different);
    if different != [0; 2] {
        return false;
    }
    quarters!(text, QUARTER => {
        let at = 64 * QUARTER;
        store(text, at, _mm512_xor_si512(load(text, at), quarter::<N, QUARTER>(&stream)));
    });
    true
}

/// The words of the counters after this one, and last of this one.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn after<const N: usize>(counter: &Counter) -> Groups<N> {
    let next = Counter { low: counter.low.wrapping_add(1), ..*counter };
    counters::<N>(&next, 8 * N as u32)
}

/// The mask of the tag.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn mask<const N: usize>(stream: &Groups<N>) -> __m128i {
    _mm256_extracti128_si256::<1>(stream[N - 1][3])
}
