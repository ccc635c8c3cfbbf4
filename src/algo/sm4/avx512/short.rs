//! A short message of GCM with AVX-512 and GFNI: key stream, mask of the tag and hash, all of it in registers.
//!
//! Knows neither what a nonce is nor how long a tag. The rounds are those of one block, for their latency; registers are
//! of 256 bits, because of those two of everything start at a time.

use core::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_mask_cmpneq_epi8_mask, _mm_xor_si128, _mm256_add_epi32,
    _mm256_extracti128_si256, _mm256_gf2p8affine_epi64_epi8, _mm256_gf2p8affineinv_epi64_epi8,
    _mm256_rol_epi32, _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_setr_epi32, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_ternarylogic_epi32, _mm256_xor_si256, _mm512_castsi256_si512,
    _mm512_inserti64x4, _mm512_maskz_mov_epi8, _mm512_xor_si512,
};

use super::{
    super::{
        Counter, Keys,
        affine::{A, A0, B, C, T, T_INVERSE},
        avx2::{SWAPPED, both, load_block, store_block, turn_words},
    },
    lanes::{few, load, store},
};
use crate::{
    algo::ghash::{Group, Words},
    secret::unmark,
};

/// `N` groups of eight blocks, as four words or as four rows of two blocks.
type Groups<const N: usize> = [[__m256i; 4]; N];

/// What a round adds to its words, in two parts. The second is ready last; the next round takes it into its sum then.
type Changes<const N: usize> = [[__m256i; 2]; N];

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
    let stream = stream::<N>(keys, counter);
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
    let stream = stream::<N>(keys, counter);
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

/// The counters after this one encrypted, and last this one.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn stream<const N: usize>(keys: &Keys, counter: &Counter) -> Groups<N> {
    // Half L of row j holds block 2 j + L.
    let places = _mm256_setr_epi32(1, 3, 5, 7, 2, 4, 6, 8);
    let last = _mm256_setr_epi32(0, 0, 0, 0, 0, 0, 0, -8 * N as i32);
    let [a, b, c] = counter.fixed.map(|word| _mm256_set1_epi32(word as i32));
    let mut groups = [[_mm256_setzero_si256(); 4]; N];
    for (group, words) in groups.iter_mut().enumerate() {
        let low = counter.low.wrapping_add(8 * group as u32);
        let mut d = _mm256_add_epi32(_mm256_set1_epi32(low as i32), places);
        if group == N - 1 {
            d = _mm256_add_epi32(d, last);
        }
        let enter = _mm256_set1_epi64x(T as i64);
        *words = [a, b, c, d].map(|word| _mm256_gf2p8affine_epi64_epi8::<0>(word, enter));
    }
    rounds(keys, &mut groups);
    groups
}

/// From words of input to rows of output.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn rounds<const N: usize>(keys: &Keys, groups: &mut Groups<N>) {
    let mut changes = [[_mm256_setzero_si256(); 2]; N];
    for keys in keys.as_chunks::<4>().0 {
        round::<N, 0>(groups, &mut changes, keys[0]);
        round::<N, 1>(groups, &mut changes, keys[1]);
        round::<N, 2>(groups, &mut changes, keys[2]);
        round::<N, 3>(groups, &mut changes, keys[3]);
    }
    let (leave, swap) = (_mm256_set1_epi64x(T_INVERSE as i64), both(&SWAPPED));
    for (group, change) in groups.iter_mut().zip(changes) {
        let [a, b, c, d] = *group;
        *group = turn_words([sum(d, change), c, b, a]);
        for row in group {
            *row = _mm256_shuffle_epi8(_mm256_gf2p8affine_epi64_epi8::<0>(*row, leave), swap);
        }
    }
}

/// Round `W`, after which word `W` of every group still waits for its change; that of the round before gets its own.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn round<const N: usize, const W: usize>(groups: &mut Groups<N>, changes: &mut Changes<N>, key: u32) {
    let key = _mm256_set1_epi32(key as i32);
    for (words, change) in groups.iter_mut().zip(changes) {
        let old = words[(W + 3) % 4];
        let early = sum(_mm256_xor_si256(old, key), [words[(W + 1) % 4], words[(W + 2) % 4]]);
        words[(W + 3) % 4] = sum(old, *change);
        *change = mixed(sum(early, *change));
    }
}

/// `a ⊕ z b ⊕ z² b ⊕ z³ c`
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn mixed(u: __m256i) -> [__m256i; 2] {
    let [a, b, c] = [A, B, C].map(|matrix| _mm256_set1_epi64x(matrix as i64));
    let b = _mm256_gf2p8affineinv_epi64_epi8::<0>(u, b);
    let c = _mm256_gf2p8affineinv_epi64_epi8::<0>(u, c);
    let a = _mm256_gf2p8affineinv_epi64_epi8::<{ A0 as i32 }>(u, a);
    [sum(a, [_mm256_rol_epi32::<8>(b), _mm256_rol_epi32::<16>(b)]), _mm256_rol_epi32::<24>(c)]
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn sum(a: __m256i, [b, c]: [__m256i; 2]) -> __m256i {
    _mm256_ternarylogic_epi32::<0x96>(a, b, c)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn quarter<const N: usize, const QUARTER: usize>(stream: &Groups<N>) -> __m512i {
    let rows = stream.as_flattened();
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(rows[2 * QUARTER]), rows[2 * QUARTER + 1])
}

/// The mask of the tag.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,gfni")]
fn mask<const N: usize>(stream: &Groups<N>) -> __m128i {
    _mm256_extracti128_si256::<1>(stream[N - 1][3])
}
