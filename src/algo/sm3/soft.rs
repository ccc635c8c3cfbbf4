//! SM3 in plain integer arithmetic: one message, the schedule made as the rounds go.
//!
//! No table and no branch that depends on the message. Knows no lengths.

use zeroize::Zeroize;

use super::{Block, ROUND, State};

/// The last sixteen words of the schedule: `W_j` stands at `j mod 16`.
type Window = [u32; 16];

/// One round (GB/T 32905-2016 §5.3.3). TT1 and TT2 stand where D and H stood, so the next round reads the names turned
/// by one instead of moving eight words.
macro_rules! round {
    ($ff:ident, $gg:ident, $at:expr, $w:expr, $w4:expr;
     $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
        let (w, w4) = ($w, $w4);
        let turned = $a.rotate_left(12);
        let ss1 = turned.wrapping_add($e).wrapping_add(ROUND[$at]).rotate_left(7);
        $d = $d.wrapping_add(w ^ w4).wrapping_add($ff($a, $b, $c)).wrapping_add(ss1 ^ turned);
        $h = p0($h.wrapping_add(w).wrapping_add($gg($e, $f, $g)).wrapping_add(ss1));
        $b = $b.rotate_left(9);
        $f = $f.rotate_left(19);
    };
}

/// Four rounds, after which the names are where they were; `$w4` gives `W_{j+4}`.
macro_rules! rounds {
    ($ff:ident, $gg:ident, $at:expr, $w:ident, $w4:ident, $v:ident) => {{
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = $v;
        round!($ff, $gg, $at, $w[$at % 16], $w4($w, $at + 4); a b c d e f g h);
        round!($ff, $gg, $at + 1, $w[($at + 1) % 16], $w4($w, $at + 5); d a b c h e f g);
        round!($ff, $gg, $at + 2, $w[($at + 2) % 16], $w4($w, $at + 6); c d a b g h e f);
        round!($ff, $gg, $at + 3, $w[($at + 3) % 16], $w4($w, $at + 7); b c d a f g h e);
        $v = [a, b, c, d, e, f, g, h];
    }};
}

/// Takes blocks into the state.
///
/// Never inlined: among the calls of the other kernels the compiler orders the rounds so that they take 4 % longer.
#[inline(never)]
pub(super) fn compress(state: &mut State, blocks: &[Block]) {
    let mut w = [0; 16];
    for block in blocks {
        for (word, bytes) in w.iter_mut().zip(block.as_chunks().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        compress_words(state, &mut w);
    }
    w.as_mut_slice().zeroize();
}

/// The 64 rounds over the words of one block.
#[inline(always)]
fn compress_words(state: &mut State, w: &mut Window) {
    let mut v = *state;
    rounds!(parity, parity, 0, w, given, v);
    rounds!(parity, parity, 4, w, given, v);
    rounds!(parity, parity, 8, w, given, v);
    rounds!(parity, parity, 12, w, next, v);
    rounds!(majority, choose, 16, w, next, v);
    rounds!(majority, choose, 20, w, next, v);
    rounds!(majority, choose, 24, w, next, v);
    rounds!(majority, choose, 28, w, next, v);
    rounds!(majority, choose, 32, w, next, v);
    rounds!(majority, choose, 36, w, next, v);
    rounds!(majority, choose, 40, w, next, v);
    rounds!(majority, choose, 44, w, next, v);
    rounds!(majority, choose, 48, w, next, v);
    rounds!(majority, choose, 52, w, next, v);
    rounds!(majority, choose, 56, w, next, v);
    rounds!(majority, choose, 60, w, next, v);
    for (word, v) in state.iter_mut().zip(v) {
        *word ^= v;
    }
}

/// A word of the block itself.
#[inline(always)]
const fn given(w: &mut Window, at: usize) -> u32 {
    w[at]
}

/// `W_j` from the sixteen words before it (§5.3.2), the oldest of which gives its place.
#[inline(always)]
const fn next(w: &mut Window, at: usize) -> u32 {
    let mixed = p1(w[at % 16] ^ w[(at + 7) % 16] ^ w[(at + 13) % 16].rotate_left(15));
    w[at % 16] = mixed ^ w[(at + 3) % 16].rotate_left(7) ^ w[(at + 10) % 16];
    w[at % 16]
}

/// `P_0` (§4.4).
#[inline(always)]
const fn p0(x: u32) -> u32 {
    x ^ x.rotate_left(9) ^ x.rotate_left(17)
}

/// `P_1` (§4.4).
#[inline(always)]
const fn p1(x: u32) -> u32 {
    x ^ x.rotate_left(15) ^ x.rotate_left(23)
}

/// `FF_j` and `GG_j` of the first sixteen rounds (§4.3).
#[inline(always)]
const fn parity(x: u32, y: u32, z: u32) -> u32 {
    x ^ y ^ z
}

/// `FF_j` of the others; the two terms have no bit in common, and a sum joins two sums where an OR would not.
#[inline(always)]
const fn majority(x: u32, y: u32, z: u32) -> u32 {
    ((y ^ z) & x).wrapping_add(y & z)
}

/// `GG_j` of the others: `Y` where `X` is set, `Z` elsewhere.
#[inline(always)]
const fn choose(x: u32, y: u32, z: u32) -> u32 {
    (y ^ z) & x ^ z
}
