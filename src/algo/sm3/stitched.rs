//! SM3 of one message on x86-64: the schedule four words at a time in XMM registers, the rounds in general ones.
//!
//! The rounds are one chain of additions and rotations, 6 cycles each and later 7, that leaves half of the processor
//! idle; the schedule runs ahead of it there, a vector of four words for every four rounds. The rounds are assembly,
//! since the compiler's own choice and order of the same instructions makes the chain a quarter longer. No instruction
//! of theirs is newer than x86-64 itself; how a schedule is made, `avx2` and `avx512` say.
#![allow(unsafe_code, reason = "the assembly of the rounds, and the loads of a block")]

use core::arch::asm;
use core::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_set_epi8, _mm_shuffle_epi8};

use zeroize::Zeroize;

use super::{Block, ROUND, State};

/// Sixteen words of the schedule, the oldest first.
pub(super) type Window = [__m128i; 4];

/// The words of a block.
#[inline]
#[target_feature(enable = "ssse3")]
pub(super) fn window(block: &Block) -> Window {
    [0, 1, 2, 3].map(|at| {
        let bytes = &block.as_chunks::<16>().0[at];
        // SAFETY: 16 bytes are read from a borrowed array of 16.
        let words = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
        _mm_shuffle_epi8(words, turned_words())
    })
}

/// The shuffle that turns the bytes of each word around.
#[inline]
#[target_feature(enable = "ssse3")]
pub(super) fn turned_words() -> __m128i {
    _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)
}

/// What four rounds take from the schedule: `W_j` and `W'_j = W_j ⊕ W_{j+4}`, as the rounds read them.
#[derive(Zeroize)]
#[repr(C)]
pub(super) struct Feed {
    pub(super) w: __m128i,
    pub(super) w_prime: __m128i,
}

/// One round (GB/T 32905-2016 §5.3.3), in the order that keeps the chain E → SS1 → TT2 → E short: what E makes comes
/// first, what A makes fills the gaps. TT1 and TT2 stand where D and H stood.
macro_rules! round {
    (parity, $($rest:tt)*) => {
        round!(
            ["mov {t:e}, {f:e}", "xor {t:e}, {g:e}", "xor {t:e}, {e:e}", "add {h:e}, {t:e}"]
            ["mov {u:e}, {b:e}", "xor {u:e}, {c:e}", "xor {u:e}, {a:e}", "add {d:e}, {u:e}"]
            $($rest)*
        )
    };
    // GG = (F ⊕ G) ∧ E ⊕ G; FF = ((B ⊕ C) ∧ A) + (B ∧ C), whose terms have no bit in common.
    (majority, $($rest:tt)*) => {
        round!(
            ["mov {t:e}, {f:e}", "xor {t:e}, {g:e}", "and {t:e}, {e:e}", "xor {t:e}, {g:e}", "add {h:e}, {t:e}"]
            ["mov {u:e}, {b:e}", "mov {t:e}, {b:e}", "xor {u:e}, {c:e}", "and {t:e}, {c:e}", "and {u:e}, {a:e}",
             "add {d:e}, {t:e}", "add {d:e}, {u:e}"]
            $($rest)*
        )
    };
    ([$($gg:literal),*] [$($ff:literal),*] $at:expr, $feed:ident[$place:literal];
     $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
        // SAFETY: it reads one word of each half of the feed, which is borrowed, and writes the registers it names.
        unsafe {
            asm!(
                "add {h:e}, dword ptr [{feed} + {w}]",
                "mov {ss2:e}, {a:e}",
                "rol {ss2:e}, 12",
                "add {d:e}, dword ptr [{feed} + {w} + 16]",
                "lea {ss1:e}, [{ss2} + {constant}]",
                "add {ss1:e}, {e:e}",
                $($gg,)*
                "rol {ss1:e}, 7",
                "add {h:e}, {ss1:e}",
                "xor {ss2:e}, {ss1:e}",
                $($ff,)*
                // P_0
                "mov {t:e}, {h:e}",
                "mov {u:e}, {h:e}",
                "rol {t:e}, 9",
                "rol {u:e}, 17",
                "add {d:e}, {ss2:e}",
                "rol {b:e}, 9",
                "rol {f:e}, 19",
                "xor {h:e}, {t:e}",
                "xor {h:e}, {u:e}",
                feed = in(reg) $feed,
                w = const 4 * $place,
                constant = const ROUND[$at] as i32,
                a = in(reg) $a,
                b = inout(reg) $b,
                c = in(reg) $c,
                d = inout(reg) $d,
                e = in(reg) $e,
                f = inout(reg) $f,
                g = in(reg) $g,
                h = inout(reg) $h,
                ss1 = out(reg) _,
                ss2 = out(reg) _,
                t = out(reg) _,
                u = out(reg) _,
                options(pure, readonly, nostack),
            );
        }
    };
}

/// Four rounds from number `AT`, after which the names are where they were.
macro_rules! four_rounds {
    ($(#[$doc:meta])* $name:ident, $kind:ident) => {
        $(#[$doc])*
        #[inline(always)]
        fn $name<const AT: usize>(state: State, feed: &Feed) -> State {
            let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
            round!($kind, AT, feed[0]; a b c d e f g h);
            round!($kind, AT + 1, feed[1]; d a b c h e f g);
            round!($kind, AT + 2, feed[2]; c d a b g h e f);
            round!($kind, AT + 3, feed[3]; b c d a f g h e);
            [a, b, c, d, e, f, g, h]
        }
    };
}

four_rounds!(
    /// With the functions of the first sixteen rounds.
    early,
    parity
);
four_rounds!(
    /// With the functions of the others.
    late,
    majority
);

/// Takes one block, the `window`, into the state; `step` writes the feed of the oldest four words and moves the window
/// on by four.
#[inline(always)]
pub(super) fn compress(
    state: &mut State,
    feed: &mut Feed,
    mut window: Window,
    step: impl Fn(&mut Feed, Window) -> Window,
) {
    let mut v = *state;
    macro_rules! step {
        ($rounds:ident, $at:literal) => {
            window = step(feed, window);
            v = $rounds::<$at>(v, feed);
        };
    }
    step!(early, 0);
    step!(early, 4);
    step!(early, 8);
    step!(early, 12);
    step!(late, 16);
    step!(late, 20);
    step!(late, 24);
    step!(late, 28);
    step!(late, 32);
    step!(late, 36);
    step!(late, 40);
    step!(late, 44);
    step!(late, 48);
    // W_67 is the last that is read, and is there; what the steps make beyond it, the compiler leaves away.
    step!(late, 52);
    step!(late, 56);
    step(feed, window);
    v = late::<60>(v, feed);
    for (word, v) in state.iter_mut().zip(v) {
        *word ^= v;
    }
}
