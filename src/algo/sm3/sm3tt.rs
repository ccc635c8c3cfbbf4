//! SM3 by the instructions that aarch64 has for it: half a round each, the schedule four words at a time.
//!
//! The intrinsics of these instructions are no stable part of Rust, so they are assembly, one instruction each; the
//! compiler puts them in their order. Registers hold A to D and E to H with the first of them in the highest place.
//! Knows no lengths.
#![allow(
    unsafe_code,
    reason = "the instructions, the step from the token to them, and loads and stores of vectors"
)]

use core::arch::{
    aarch64::{
        uint32x4_t, vdupq_n_u32, veorq_u32, vextq_u32, vld1q_u8, vld1q_u32, vreinterpretq_u32_u8, vrev32q_u8,
        vrev64q_u32, vst1q_u32,
    },
    asm,
};

use super::{Block, ROUND, State};
use crate::algo::cpu::Sm3tt;

/// Takes blocks into the state.
pub(super) fn compress(_: Sm3tt, state: &mut State, blocks: &[Block]) {
    // SAFETY: an `Sm3tt` exists only where the instructions for SM3 do.
    unsafe { all(state, blocks) }
}

/// Sixteen words of the schedule, the oldest first.
type Window = [uint32x4_t; 4];

/// A to D and E to H.
type Halves = [uint32x4_t; 2];

#[target_feature(enable = "neon,sm4")]
fn all(state: &mut State, blocks: &[Block]) {
    let (halves, _) = state.as_chunks_mut::<4>();
    let [low, high] = halves else { return };
    let mut sum = [turned(load(low)), turned(load(high))];
    for block in blocks {
        let [a, e] = rounds(sum, window(block));
        sum = [veorq_u32(sum[0], a), veorq_u32(sum[1], e)];
    }
    store(low, turned(sum[0]));
    store(high, turned(sum[1]));
}

/// The 64 rounds.
#[inline]
#[target_feature(enable = "neon,sm4")]
fn rounds(mut halves: Halves, mut window: Window) -> Halves {
    macro_rules! step {
        ($($rounds:ident $at:literal)*) => { $(
            halves = $rounds::<$at>(halves, window);
            let [_, w1, w2, w3] = window;
            window = [w1, w2, w3, next(window)];
        )* };
    }
    step!(early 0 early 4 early 8 early 12 late 16 late 20 late 24 late 28);
    // W_67 is the last that is read; what the steps make beyond it, the compiler leaves away.
    step!(late 32 late 36 late 40 late 44 late 48 late 52 late 56);
    late::<60>(halves, window)
}

/// Four rounds (GB/T 32905-2016 §5.3.3) from number `AT`, with one of the two sets of functions.
macro_rules! four_rounds {
    ($(#[$doc:meta])* $name:ident, $tt1:ident, $tt2:ident) => {
        $(#[$doc])*
        #[inline]
        #[target_feature(enable = "neon,sm4")]
        fn $name<const AT: usize>([mut a, mut e]: Halves, [w, w4, ..]: Window) -> Halves {
            let w_prime = veorq_u32(w, w4);
            macro_rules! round {
                ($place:literal) => {
                    let ss1 = sm3ss1(a, e, vdupq_n_u32(ROUND[AT + $place]));
                    a = $tt1::<$place>(a, ss1, w_prime);
                    e = $tt2::<$place>(e, ss1, w);
                };
            }
            round!(0);
            round!(1);
            round!(2);
            round!(3);
            [a, e]
        }
    };
}

four_rounds!(
    /// With the functions of the first sixteen rounds.
    early,
    sm3tt1a,
    sm3tt2a
);
four_rounds!(
    /// With the functions of the others.
    late,
    sm3tt1b,
    sm3tt2b
);

/// `W_j … W_{j+3}` from the sixteen words before (GB/T 32905-2016 §5.3.2).
#[inline]
#[target_feature(enable = "neon,sm4")]
fn next([w0, w1, w2, w3]: Window) -> uint32x4_t {
    let mixed = sm3partw1(vextq_u32::<3>(w1, w2), w0, w3);
    sm3partw2(mixed, vextq_u32::<2>(w2, w3), vextq_u32::<3>(w0, w1))
}

/// The words of a block.
#[inline]
#[target_feature(enable = "neon")]
fn window(block: &Block) -> Window {
    [0, 1, 2, 3].map(|at| {
        let bytes = &block.as_chunks::<16>().0[at];
        // SAFETY: 16 bytes are read from a borrowed array of 16.
        let words = unsafe { vld1q_u8(bytes.as_ptr()) };
        vreinterpretq_u32_u8(vrev32q_u8(words))
    })
}

/// Four words in the opposite order.
#[inline]
#[target_feature(enable = "neon")]
fn turned(words: uint32x4_t) -> uint32x4_t {
    let halves = vrev64q_u32(words);
    vextq_u32::<2>(halves, halves)
}

#[inline]
#[target_feature(enable = "neon")]
fn load(words: &[u32; 4]) -> uint32x4_t {
    // SAFETY: four words are read from a borrowed array of four.
    unsafe { vld1q_u32(words.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn store(words: &mut [u32; 4], value: uint32x4_t) {
    // SAFETY: four words are written to a borrowed array of four.
    unsafe { vst1q_u32(words.as_mut_ptr(), value) }
}

/// `SS1`, in the highest word.
#[inline]
#[target_feature(enable = "neon,sm4")]
fn sm3ss1(a: uint32x4_t, e: uint32x4_t, constant: uint32x4_t) -> uint32x4_t {
    let ss1;
    // SAFETY: the instruction is there, as the target feature says, and uses its four registers only.
    unsafe {
        asm!("sm3ss1 {0:v}.4s, {1:v}.4s, {2:v}.4s, {3:v}.4s",
            lateout(vreg) ss1, in(vreg) a, in(vreg) constant, in(vreg) e,
            options(pure, nomem, nostack, preserves_flags));
    }
    ss1
}

/// An instruction that changes its first register, given two more.
macro_rules! instruction {
    ($(#[$doc:meta])* $name:ident, $mnemonic:literal) => {
        $(#[$doc])*
        #[inline]
        #[target_feature(enable = "neon,sm4")]
        fn $name(mut value: uint32x4_t, x: uint32x4_t, y: uint32x4_t) -> uint32x4_t {
            // SAFETY: the instruction is there, as the target feature says, and uses its three registers only.
            unsafe {
                asm!(concat!($mnemonic, " {0:v}.4s, {1:v}.4s, {2:v}.4s"),
                    inout(vreg) value, in(vreg) x, in(vreg) y,
                    options(pure, nomem, nostack, preserves_flags));
            }
            value
        }
    };
    ($(#[$doc:meta])* $name:ident, $mnemonic:literal, word) => {
        $(#[$doc])*
        #[inline]
        #[target_feature(enable = "neon,sm4")]
        fn $name<const PLACE: i32>(mut half: uint32x4_t, ss1: uint32x4_t, w: uint32x4_t) -> uint32x4_t {
            // SAFETY: the instruction is there, as the target feature says, and uses its three registers only.
            unsafe {
                asm!(concat!($mnemonic, " {0:v}.4s, {1:v}.4s, {2:v}.s[{3}]"),
                    inout(vreg) half, in(vreg) ss1, in(vreg) w, const PLACE,
                    options(pure, nomem, nostack, preserves_flags));
            }
            half
        }
    };
}

instruction!(
    /// The first half of the schedule.
    sm3partw1,
    "sm3partw1"
);
instruction!(
    /// The second half of the schedule.
    sm3partw2,
    "sm3partw2"
);
instruction!(
    /// `TT1` and the moves of A to D, in the first sixteen rounds.
    sm3tt1a,
    "sm3tt1a",
    word
);
instruction!(
    /// `TT1` and the moves of A to D, in the others.
    sm3tt1b,
    "sm3tt1b",
    word
);
instruction!(
    /// `P_0(TT2)` and the moves of E to H, in the first sixteen rounds.
    sm3tt2a,
    "sm3tt2a",
    word
);
instruction!(
    /// `P_0(TT2)` and the moves of E to H, in the others.
    sm3tt2b,
    "sm3tt2b",
    word
);
