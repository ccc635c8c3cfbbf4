//! The rounds of SM3 over vectors with a message in each lane, as macros: a function that is generic over vectors cannot
//! carry the target feature that theirs need.
//!
//! Whoever uses them has `add`, `xor`, `rotate`, `parity`, `majority`, `choose`, `p0`, `p1` and `constant` in scope.

/// One round (GB/T 32905-2016 §5.3.3); the schedule is sixteen words long, and while `$place < $made` the oldest makes
/// room for the next.
macro_rules! round {
    ($ff:ident, $gg:ident, $at:expr, $made:literal, $place:literal, $w:ident;
     $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
        let w = $w[$place];
        let turned = rotate::<12>($a);
        let ss1 = rotate::<7>(add(add(turned, constant(ROUND[$at + $place])), $e));
        let tt1 = add(add($ff($a, $b, $c), add($d, xor(w, $w[($place + 4) % 16]))), xor(ss1, turned));
        let tt2 = add(add($gg($e, $f, $g), add($h, w)), ss1);
        $b = rotate::<9>($b);
        $f = rotate::<19>($f);
        $d = tt1;
        $h = p0(tt2);
        #[allow(unused_assignments, reason = "the compiler does not see that the last rounds assign nothing")]
        if $place < $made {
            let mixed = p1(parity(w, $w[($place + 7) % 16], rotate::<15>($w[($place + 13) % 16])));
            $w[$place] = parity(mixed, rotate::<7>($w[($place + 3) % 16]), $w[($place + 10) % 16]);
        }
    };
}

/// Sixteen rounds from number `$at`, after which the names are where they were.
macro_rules! rounds {
    ($ff:ident, $gg:ident, $at:expr, $made:literal, $w:ident, $v:ident) => {{
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = $v;
        round!($ff, $gg, $at, $made, 0, $w; a b c d e f g h);
        round!($ff, $gg, $at, $made, 1, $w; d a b c h e f g);
        round!($ff, $gg, $at, $made, 2, $w; c d a b g h e f);
        round!($ff, $gg, $at, $made, 3, $w; b c d a f g h e);
        round!($ff, $gg, $at, $made, 4, $w; a b c d e f g h);
        round!($ff, $gg, $at, $made, 5, $w; d a b c h e f g);
        round!($ff, $gg, $at, $made, 6, $w; c d a b g h e f);
        round!($ff, $gg, $at, $made, 7, $w; b c d a f g h e);
        round!($ff, $gg, $at, $made, 8, $w; a b c d e f g h);
        round!($ff, $gg, $at, $made, 9, $w; d a b c h e f g);
        round!($ff, $gg, $at, $made, 10, $w; c d a b g h e f);
        round!($ff, $gg, $at, $made, 11, $w; b c d a f g h e);
        round!($ff, $gg, $at, $made, 12, $w; a b c d e f g h);
        round!($ff, $gg, $at, $made, 13, $w; d a b c h e f g);
        round!($ff, $gg, $at, $made, 14, $w; c d a b g h e f);
        round!($ff, $gg, $at, $made, 15, $w; b c d a f g h e);
        $v = [a, b, c, d, e, f, g, h];
    }};
}

/// The chaining values after one block, from `$state`, eight vectors, and `$w`, the block's sixteen.
macro_rules! compress {
    ($state:ident, $w:ident) => {{
        let (mut v, mut schedule) = ($state, $w);
        rounds!(parity, parity, 0, 16, schedule, v);
        rounds!(majority, choose, 16, 16, schedule, v);
        rounds!(majority, choose, 32, 16, schedule, v);
        rounds!(majority, choose, 48, 4, schedule, v);
        let [a, b, c, d, e, f, g, h] = v;
        let [s, t, u, v, w, x, y, z] = $state;
        [xor(a, s), xor(b, t), xor(c, u), xor(d, v), xor(e, w), xor(f, x), xor(g, y), xor(h, z)]
    }};
}

pub(super) use {compress, round, rounds};
