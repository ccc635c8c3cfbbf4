//! SM4 in plain integer arithmetic: 16 blocks at a time, bit by bit, and one block at a time; no table, no branch.
//!
//! The S-box is a circuit of XOR and AND, so no secret is ever an address. Sixteen blocks stand in four words of eight
//! planes: bit `16 i + b` of plane `p` is bit `p` of byte `i` of that word of block `b`, so that a rotation of words by
//! 8 bits is a rotation of planes by 16. Knows no mode.

use zeroize::Zeroize;

use super::{CK, Counter, FK, Keys, Masks};
use crate::{algo::mode::xor, secret::barrier};

/// The blocks worked on at a time.
const WIDE: usize = 16;
/// One or two blocks are done sooner one by one.
const FEW: usize = 2;
/// The S-box is `circuit(x ⊕ IN) ⊕ OUT`.
const IN: u32 = 0x7575_7575;
const OUT: u32 = 0xd3d3_d3d3;

/// Eight planes: one word of each of 16 blocks.
type Planes = [u64; 8];

/// Round keys from a key (GB/T 32907-2016 §7.3).
pub(super) fn expand(key: &[u8; 16]) -> Keys {
    let mut state = words(key);
    for (word, constant) in state.iter_mut().zip(FK) {
        *word ^= constant;
    }
    let mut keys = [0; 32];
    for (key, constant) in keys.iter_mut().zip(CK) {
        let [a, b, c, d] = state;
        let t = substitute(b ^ c ^ d ^ constant);
        *key = a ^ t ^ t.rotate_left(13) ^ t.rotate_left(23);
        state = [b, c, d, *key];
    }
    state.zeroize();
    keys
}

/// One block, the S-box four bytes at a time; `keys` are in the order of their use.
pub(super) fn one(keys: &Keys, block: &mut [u8; 16]) {
    let mut state = words(block);
    for key in keys {
        let [a, b, c, d] = state;
        let t = substitute(b ^ c ^ d ^ key);
        let t = t ^ t.rotate_left(2) ^ t.rotate_left(10) ^ t.rotate_left(18) ^ t.rotate_left(24);
        state = [b, c, d, a ^ t];
    }
    state.reverse();
    for (bytes, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(&state) {
        *bytes = word.to_be_bytes();
    }
    state.zeroize();
}

/// Runs the rounds over independent blocks.
pub(super) fn crypt(keys: &Keys, blocks: &mut [[u8; 16]], masks: &mut impl Masks) {
    let mut planes = spread_keys(keys, blocks.len());
    for chunk in blocks.chunks_mut(WIDE) {
        let [before, after] = masks.next(chunk.as_flattened());
        xor(chunk.as_flattened_mut(), before);
        crypt_some(keys, &planes, chunk);
        xor(chunk.as_flattened_mut(), after);
    }
    planes.as_flattened_mut().zeroize();
}

/// XORs the key stream of a counter whose last 32 bits count.
pub(super) fn ctr32(keys: &Keys, counter: &Counter, buffer: &mut [u8]) {
    let (mut counter, mut stream) = (*counter, [[0; 16]; WIDE]);
    let mut planes = spread_keys(keys, buffer.len().div_ceil(16));
    for chunk in buffer.chunks_mut(16 * WIDE) {
        let stream = &mut stream[..chunk.len().div_ceil(16)];
        for block in &mut *stream {
            *block = counter.block();
            counter.low = counter.low.wrapping_add(1);
        }
        crypt_some(keys, &planes, stream);
        xor(chunk, stream.as_flattened());
    }
    stream.as_flattened_mut().zeroize();
    planes.as_flattened_mut().zeroize();
}

/// CBC encryption: each block with the output before it, which `state` is before the first and after the last.
pub(super) fn chain(keys: &Keys, state: &mut [u8; 16], blocks: &mut [[u8; 16]]) {
    for block in blocks {
        xor(state, block);
        one(keys, state);
        *block = *state;
    }
}

/// Up to 16 blocks, whichever way is the faster.
fn crypt_some(keys: &Keys, planes: &[Planes; 32], blocks: &mut [[u8; 16]]) {
    match blocks.len() {
        0..=FEW => blocks.iter_mut().for_each(|block| one(keys, block)),
        _ => crypt_wide(planes, blocks),
    }
}

fn words(block: &[u8; 16]) -> [u32; 4] {
    let (words, _) = block.as_chunks::<4>();
    core::array::from_fn(|index| u32::from_be_bytes(words[index]))
}

/// `τ`: the S-box on each byte.
fn substitute(word: u32) -> u32 {
    let word = word ^ IN;
    let planes = core::array::from_fn(|bit| u64::from(word >> bit & 0x0101_0101));
    let planes = circuit(planes);
    (0..8).fold(OUT, |word, bit| word ^ ((planes[bit] as u32 & 0x0101_0101) << bit))
}

/// Up to 16 blocks.
#[inline(never)] // so that its code does not depend on who else is compiled beside it
fn crypt_wide(keys: &[Planes; 32], blocks: &mut [[u8; 16]]) {
    let mut state: [Planes; 4] = core::array::from_fn(|word| gather(blocks, word));
    for keys in keys.as_chunks::<4>().0 {
        round::<0, 1, 2, 3>(&mut state, &keys[0]);
        round::<1, 2, 3, 0>(&mut state, &keys[1]);
        round::<2, 3, 0, 1>(&mut state, &keys[2]);
        round::<3, 0, 1, 2>(&mut state, &keys[3]);
    }
    for (word, planes) in state.iter_mut().rev().enumerate() {
        scatter(planes, blocks, word);
    }
    state.as_flattened_mut().zeroize();
}

/// `X_a ← X_a ⊕ L(τ(X_b ⊕ X_c ⊕ X_d ⊕ rk))`, with `L = (M0 + M3 z)(1 + z + z²)`, z being the rotation by 8 bits,
/// `M0 = I ⊕ (≪ 2)` and `M3 = I ⊕ (≫ 6)` within a byte.
#[inline(always)]
fn round<const A: usize, const B: usize, const C: usize, const D: usize>(
    state: &mut [Planes; 4],
    key: &Planes,
) {
    let s = circuit(core::array::from_fn(|bit| state[B][bit] ^ state[C][bit] ^ state[D][bit] ^ key[bit]));
    for bit in 0..8 {
        let low = if bit >= 2 { s[bit] ^ s[bit - 2] } else { s[bit] };
        let high = if bit < 2 { s[bit] ^ s[bit + 6] } else { s[bit] };
        let mixed = low ^ high.rotate_left(16);
        let mixed = mixed ^ mixed.rotate_left(16) ^ mixed.rotate_left(32);
        // What the S-box adds at its end, after L, is 0x4f in every byte.
        state[A][bit] ^= if 0x4f >> bit & 1 == 1 { !mixed } else { mixed };
    }
}

/// The planes of all round keys, if so many blocks have a use for them.
fn spread_keys(keys: &Keys, blocks: usize) -> [Planes; 32] {
    if blocks > FEW { keys.map(|key| spread_key(key ^ IN)) } else { [[0; 8]; 32] }
}

/// The planes of one round key, the same for all blocks: of each byte one bit, sixteen times.
fn spread_key(key: u32) -> Planes {
    let bytes = barrier(spread(key));
    core::array::from_fn(|bit| {
        let bits = bytes >> bit & 0x0001_0001_0001_0001;
        (bits << 16).wrapping_sub(bits)
    })
}

/// The planes of word `word` of each block; blocks that are not there are zero.
fn gather(blocks: &[[u8; 16]], word: usize) -> Planes {
    let mut planes = [0; 8];
    for (index, block) in blocks.iter().enumerate() {
        planes[index % 8] |= spread(u32::from_be_bytes(block.as_chunks().0[word])) << (index / 8 * 8);
    }
    transpose(&mut planes);
    planes
}

fn scatter(planes: &mut Planes, blocks: &mut [[u8; 16]], word: usize) {
    transpose(planes);
    for (index, block) in blocks.iter_mut().enumerate() {
        let bytes = squash(planes[index % 8] >> (index / 8 * 8)).to_be_bytes();
        block[4 * word..][..4].copy_from_slice(&bytes);
    }
}

/// Byte `i` to bits 16 i to 16 i + 7.
fn spread(word: u32) -> u64 {
    let word = u64::from(word);
    let word = (word | word << 16) & 0x0000_ffff_0000_ffff;
    (word | word << 8) & 0x00ff_00ff_00ff_00ff
}

fn squash(word: u64) -> u32 {
    let word = word & 0x00ff_00ff_00ff_00ff;
    let word = (word | word >> 8) & 0x0000_ffff_0000_ffff;
    (word | word >> 16) as u32
}

/// Transposes the 8 × 8 bits that stand in each byte of eight words; its own inverse.
fn transpose(q: &mut Planes) {
    for (mask, shift) in
        [(0x5555_5555_5555_5555, 1), (0x3333_3333_3333_3333, 2), (0x0f0f_0f0f_0f0f_0f0f_u64, 4)]
    {
        for low in (0..8).filter(|low| low & shift == 0) {
            let high = low + shift;
            let changed = (q[low] >> shift ^ q[high]) & mask;
            q[high] ^= changed;
            q[low] ^= changed << shift;
        }
    }
}

/// The S-box without its constants: 116 gates, an inversion in the tower field of Boyar and Peralta between two linear
/// layers found by search over all 2,040 ways to write it so. Bit `i` of a byte is plane `i`.
#[inline(always)]
#[rustfmt::skip]
fn circuit([s0, s1, s2, s3, s4, s5, s6, s7]: Planes) -> Planes {
    let a0 = s3 ^ s5; let a1 = s4 ^ s7; let a2 = s0 ^ a1; let a3 = s1 ^ s5; let a4 = s0 ^ a0;
    let a5 = s2 ^ s6; let a6 = s1 ^ a5; let a7 = s2 ^ s4; let a8 = s7 ^ a0; let a9 = s2 ^ a2;
    let a10 = s3 ^ a2; let a11 = s1 ^ s3; let a12 = s6 ^ a0; let a13 = a4 ^ a5; let a14 = s2 ^ a8;
    let a15 = s0 ^ a3; let a16 = s7 ^ a4; let a17 = s1 ^ a2; let a18 = a1 ^ a3; let a19 = a6 ^ a10;
    let a20 = s5 ^ a1; let a21 = a7 ^ a11; let a22 = a4 ^ a7; let a23 = a3 ^ a9; let t2 = a8 & a5;
    let t3 = a9 & a6; let t4 = t3 ^ t2; let t5 = a22 & s1; let t6 = t5 ^ t2; let t7 = s0 & a4;
    let t8 = a3 & a10; let t9 = t8 ^ t7; let t10 = a15 & a20; let t11 = t10 ^ t7; let t12 = a21 & a18;
    let t13 = a16 & a13; let t14 = t13 ^ t12; let t15 = a23 & a19; let t16 = t15 ^ t12; let t17 = t4 ^ t14;
    let t18 = t6 ^ t16; let t19 = t9 ^ t14; let t20 = t11 ^ t16; let t21 = t17 ^ a14; let t22 = t18 ^ a12;
    let t23 = t19 ^ a0; let t24 = t20 ^ a17; let t25 = t21 ^ t22; let t26 = t21 & t23; let t27 = t24 ^ t26;
    let t28 = t25 & t27; let t29 = t28 ^ t22; let t30 = t23 ^ t24; let t31 = t22 ^ t26; let t32 = t31 & t30;
    let t33 = t32 ^ t24; let t34 = t23 ^ t33; let t35 = t27 ^ t33; let t36 = t24 & t35; let t37 = t36 ^ t34;
    let t38 = t27 ^ t36; let t39 = t29 & t38; let t40 = t25 ^ t39; let t41 = t40 ^ t37; let t42 = t29 ^ t33;
    let t43 = t29 ^ t40; let t44 = t33 ^ t37; let t45 = t42 ^ t41; let z0 = t44 & a5; let z1 = t37 & a6;
    let z2 = t33 & s1; let z3 = t43 & a4; let z4 = t40 & a10; let z5 = t29 & a20; let z6 = t42 & a18;
    let z7 = t45 & a13; let z8 = t41 & a19; let z9 = t44 & a8; let z10 = t37 & a9; let z11 = t33 & a22;
    let z12 = t43 & s0; let z13 = t40 & a3; let z14 = t29 & a15; let z15 = t42 & a21; let z16 = t45 & a16;
    let z17 = t41 & a23; let b0 = z5 ^ z8; let b1 = z0 ^ z3; let b2 = z10 ^ b0; let b3 = z1 ^ b1;
    let b4 = z9 ^ z12; let b5 = z13 ^ b4; let b6 = z4 ^ b3; let b7 = z7 ^ b2; let b8 = z11 ^ z16;
    let b9 = z3 ^ b2; let b10 = z4 ^ z7; let b11 = z17 ^ b8; let b12 = b3 ^ b7; let b13 = z6 ^ b9;
    let b14 = b5 ^ b13; let b15 = z12 ^ z15; let b16 = b6 ^ b15; let b17 = z8 ^ b1; let b18 = b5 ^ b6;
    let b19 = z15 ^ z16; let b20 = b11 ^ b13; let b21 = z9 ^ b19; let b22 = b5 ^ b12; let b23 = z14 ^ z17;
    let b24 = b0 ^ b10; let b25 = b12 ^ b21; let b26 = z2 ^ b17; let b27 = b11 ^ b18; let b28 = b16 ^ b23;
    let b29 = b10 ^ b26;
    [b20, b22, b27, b24, b14, b28, b25, b29]
}
