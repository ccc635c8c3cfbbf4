//! The field with MULX, ADCX and ADOX: two chains of carries side by side, which the compiler does not make of anything.
//!
//! Knows nothing beyond four words. The same steps as in `soft`, so the bounds said there hold here.
#![allow(unsafe_code, reason = "the assembly, whose instructions a token proves")]

use core::arch::asm;

use super::{Fe, Field, P};
use crate::algo::{cpu::Adx, sm2::words::Words};

const P1: i64 = P[1] as i64;
const P3: i64 = P[3] as i64;

impl Field for Adx {
    #[inline(always)]
    fn mul(self, a: &Fe, b: &Fe) -> Fe {
        Fe(mul(&a.0, &b.0))
    }

    #[inline(always)]
    fn square(self, a: &Fe) -> Fe {
        Fe(square(&a.0))
    }

    #[inline(always)]
    fn add(self, a: &Fe, b: &Fe) -> Fe {
        Fe(add(&a.0, &b.0))
    }

    #[inline(always)]
    fn sub(self, a: &Fe, b: &Fe) -> Fe {
        Fe(sub(&a.0, &b.0))
    }

    #[inline(always)]
    fn half(self, a: &Fe) -> Fe {
        Fe(half(&a.0))
    }
}

/// Adds the word in RDX times `b` at four words and the next, which is new.
macro_rules! row {
    ($w0:literal, $w1:literal, $w2:literal, $w3:literal, $w4:literal) => {
        concat!(
            "xor {",
            $w4,
            ":e}, {",
            $w4,
            ":e}\n",
            "mulx {high}, {low}, [{b}]\n adcx {",
            $w0,
            "}, {low}\n adox {",
            $w1,
            "}, {high}\n",
            "mulx {high}, {low}, [{b} + 8]\n adcx {",
            $w1,
            "}, {low}\n adox {",
            $w2,
            "}, {high}\n",
            "mulx {high}, {low}, [{b} + 16]\n adcx {",
            $w2,
            "}, {low}\n adox {",
            $w3,
            "}, {high}\n",
            "mulx {high}, {low}, [{b} + 24]\n adcx {",
            $w3,
            "}, {low}\n adox {",
            $w4,
            "}, {high}\n",
            "adc {",
            $w4,
            "}, 0"
        )
    };
}

/// One step of the reduction, which adds `m p` and lets the word m go: as it is −1 modulo 2^64 times
/// `p = 2^192 (2^64 − 2^32) − 2^64 (2^32 − 1) − 1`, that is `m (2^64 − 2^32)` at the third word from there on less
/// `m (2^32 − 1)` at the first. The place of m takes the new word. Few of its instructions need the two ports that carries do.
macro_rules! step {
    ($m:literal, $w1:literal, $w2:literal, $w3:literal) => {
        concat!(
            "mov rdx, {",
            $m,
            "}\n mulx {high}, {low}, {a}\n sub {",
            $w1,
            "}, {low}\n sbb {",
            $w2,
            "}, {high}\n",
            "mulx {",
            $m,
            "}, {low}, {b}\n sbb {low}, 0\n sbb {",
            $m,
            "}, 0\n",
            "add {",
            $w3,
            "}, {low}\n adc {",
            $m,
            "}, 0"
        )
    };
}

/// What every product ends with: the four steps, whose constants come where the operands were, the high half, and p less
/// unless it is below already. `high` becomes 1 exactly when p was too much: −carry + borrow.
macro_rules! reduced {
    ($($product:expr),+ ; $($operand:tt)+) => {
        asm!(
            $($product,)+
            "mov {a:e}, -1", "mov {b}, {p1}",
            step!("t0", "t1", "t2", "t3"),
            step!("t1", "t2", "t3", "t0"),
            step!("t2", "t3", "t0", "t1"),
            step!("t3", "t0", "t1", "t2"),
            "add {t0}, {t4}", "adc {t1}, {t5}", "adc {t2}, {t6}", "adc {t3}, {t7}", "sbb {high}, {high}",
            "mov {t4}, {t0}", "mov {t5}, {t1}", "mov {t6}, {t2}", "mov {t7}, {t3}",
            "sub {t0}, -1", "sbb {t1}, {b}", "sbb {t2}, -1",
            "mov {low}, {p3}", "sbb {t3}, {low}", "adc {high}, 0",
            "cmovg {t0}, {t4}", "cmovg {t1}, {t5}", "cmovg {t2}, {t6}", "cmovg {t3}, {t7}",
            $($operand)+,
            p1 = const P1,
            p3 = const P3,
            low = out(reg) _,
            high = out(reg) _,
            t4 = out(reg) _,
            t5 = out(reg) _,
            t6 = out(reg) _,
            t7 = out(reg) _,
            out("rdx") _,
            options(pure, readonly, nostack)
        )
    };
}

#[inline(always)]
fn mul(a: &Words, b: &Words) -> Words {
    let (w0, w1, w2, w3): (u64, u64, u64, u64);
    // SAFETY: it reads the eight words that are borrowed and writes the registers it names; an `Adx` exists only where
    // MULX, ADCX and ADOX do.
    unsafe {
        reduced!(
            "mov rdx, [{a}]",
            "mulx {t1}, {t0}, [{b}]",
            "mulx {t2}, {low}, [{b} + 8]", "add {t1}, {low}",
            "mulx {t3}, {low}, [{b} + 16]", "adc {t2}, {low}",
            "mulx {t4}, {low}, [{b} + 24]", "adc {t3}, {low}", "adc {t4}, 0",
            "mov rdx, [{a} + 8]", row!("t1", "t2", "t3", "t4", "t5"),
            "mov rdx, [{a} + 16]", row!("t2", "t3", "t4", "t5", "t6"),
            "mov rdx, [{a} + 24]", row!("t3", "t4", "t5", "t6", "t7");
            a = inout(reg) a.as_ptr() => _,
            b = inout(reg) b.as_ptr() => _,
            t0 = out(reg) w0, t1 = out(reg) w1, t2 = out(reg) w2, t3 = out(reg) w3
        );
    }
    [w0, w1, w2, w3]
}

#[inline(always)]
fn square(a: &Words) -> Words {
    let (w0, w1, w2, w3): (u64, u64, u64, u64);
    // SAFETY: it reads the four words that are borrowed and writes the registers it names; an `Adx` exists only where
    // MULX, ADCX and ADOX do.
    unsafe {
        reduced!(
            // The products of different words,
            "mov rdx, [{a}]",
            "mulx {t2}, {t1}, [{a} + 8]",
            "mulx {t3}, {low}, [{a} + 16]", "add {t2}, {low}",
            "mulx {t4}, {low}, [{a} + 24]", "adc {t3}, {low}", "adc {t4}, 0",
            "mov rdx, [{a} + 8]", "xor {t5:e}, {t5:e}",
            "mulx {high}, {low}, [{a} + 16]", "adcx {t3}, {low}", "adox {t4}, {high}",
            "mulx {high}, {low}, [{a} + 24]", "adcx {t4}, {low}", "adox {t5}, {high}", "adc {t5}, 0",
            "mov rdx, [{a} + 16]", "mulx {t6}, {low}, [{a} + 24]", "add {t5}, {low}", "adc {t6}, 0",
            // doubled by one chain while the other adds the squares.
            "mov rdx, [{a}]", "xor {t7:e}, {t7:e}",
            "mulx {high}, {t0}, rdx", "adcx {t1}, {t1}", "adox {t1}, {high}",
            "mov rdx, [{a} + 8]", "mulx {high}, {low}, rdx",
            "adcx {t2}, {t2}", "adox {t2}, {low}", "adcx {t3}, {t3}", "adox {t3}, {high}",
            "mov rdx, [{a} + 16]", "mulx {high}, {low}, rdx",
            "adcx {t4}, {t4}", "adox {t4}, {low}", "adcx {t5}, {t5}", "adox {t5}, {high}",
            "mov rdx, [{a} + 24]", "mulx {high}, {low}, rdx",
            "adcx {t6}, {t6}", "adox {t6}, {low}", "adcx {t7}, {t7}", "adox {t7}, {high}";
            a = inout(reg) a.as_ptr() => _,
            b = out(reg) _,
            t0 = out(reg) w0, t1 = out(reg) w1, t2 = out(reg) w2, t3 = out(reg) w3
        );
    }
    [w0, w1, w2, w3]
}

#[inline(always)]
fn add(a: &Words, b: &Words) -> Words {
    let [mut w0, mut w1, mut w2, mut w3] = *a;
    // SAFETY: it reads the words that are borrowed and writes the registers it names.
    unsafe {
        asm!(
            "add {w0}, [{b}]", "adc {w1}, [{b} + 8]", "adc {w2}, [{b} + 16]", "adc {w3}, [{b} + 24]",
            "sbb {below}, {below}",
            "mov {s0}, {w0}", "mov {s1}, {w1}", "mov {s2}, {w2}", "mov {s3}, {w3}",
            "sub {w0}, -1", "sbb {w1}, {p1}", "sbb {w2}, -1", "sbb {w3}, {p3}", "adc {below}, 0",
            "cmovg {w0}, {s0}", "cmovg {w1}, {s1}", "cmovg {w2}, {s2}", "cmovg {w3}, {s3}",
            b = in(reg) b.as_ptr(), p1 = in(reg) P1, p3 = in(reg) P3,
            w0 = inout(reg) w0, w1 = inout(reg) w1, w2 = inout(reg) w2, w3 = inout(reg) w3,
            s0 = out(reg) _, s1 = out(reg) _, s2 = out(reg) _, s3 = out(reg) _, below = out(reg) _,
            options(pure, readonly, nostack)
        );
    }
    [w0, w1, w2, w3]
}

#[inline(always)]
fn sub(a: &Words, b: &Words) -> Words {
    let [mut w0, mut w1, mut w2, mut w3] = *a;
    // SAFETY: it reads the words that are borrowed and writes the registers it names.
    unsafe {
        asm!(
            "sub {w0}, [{b}]", "sbb {w1}, [{b} + 8]", "sbb {w2}, [{b} + 16]", "sbb {w3}, [{b} + 24]",
            "sbb {owed}, {owed}", "and {p1}, {owed}", "and {p3}, {owed}",
            "add {w0}, {owed}", "adc {w1}, {p1}", "adc {w2}, {owed}", "adc {w3}, {p3}",
            b = in(reg) b.as_ptr(), p1 = inout(reg) P1 => _, p3 = inout(reg) P3 => _,
            w0 = inout(reg) w0, w1 = inout(reg) w1, w2 = inout(reg) w2, w3 = inout(reg) w3,
            owed = out(reg) _,
            options(pure, readonly, nostack)
        );
    }
    [w0, w1, w2, w3]
}

#[inline(always)]
fn half(a: &Words) -> Words {
    let [mut w0, mut w1, mut w2, mut w3] = *a;
    // SAFETY: it writes the registers it names.
    unsafe {
        asm!(
            "mov {odd:e}, {w0:e}", "and {odd:e}, 1", "neg {odd}", "and {p1}, {odd}", "and {p3}, {odd}",
            "add {w0}, {odd}", "adc {w1}, {p1}", "adc {w2}, {odd}", "adc {w3}, {p3}",
            "rcr {w3}, 1", "rcr {w2}, 1", "rcr {w1}, 1", "rcr {w0}, 1",
            p1 = inout(reg) P1 => _, p3 = inout(reg) P3 => _, odd = out(reg) _,
            w0 = inout(reg) w0, w1 = inout(reg) w1, w2 = inout(reg) w2, w3 = inout(reg) w3,
            options(pure, nomem, nostack)
        );
    }
    [w0, w1, w2, w3]
}
