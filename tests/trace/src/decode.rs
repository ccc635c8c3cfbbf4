//! Which registers an instruction of x86-64 makes an address of, or has a time that depends on them.
//!
//! Displacements, scales and segments are left out: they are the same wherever the instruction is the same. Follows Intel's
//! manual, volume 2, chapter 2 and the maps of its appendix A. Knows no process.

use std::fmt;

/// A general register by its number in the encoding: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.
type Register = u8;

const RAX: Register = 0;
const RCX: Register = 1;
const RDX: Register = 2;
const RBX: Register = 3;
const RSP: Register = 4;
const RBP: Register = 5;
const RSI: Register = 6;
const RDI: Register = 7;

/// What of an instruction others can see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// A bit for each register that addresses are made of.
    pub registers: u16,
    /// Whether memory is touched at all.
    pub touches: bool,
    /// The opmask that says which elements of memory are touched.
    pub mask: Option<u8>,
    pub unjudged: Option<Why>,
}

/// Why an instruction cannot be judged; nothing of the kind stands in the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Prefixes,
    VectorAddress,
    VectorMask,
    Floating,
    Half,
    Map,
    DivisionByMemory,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prefixes => "more prefixes than a compiler writes",
            Self::VectorAddress => "an address from a vector register",
            Self::VectorMask => "memory masked by a vector register",
            Self::Floating => "a division or a root of floating-point numbers",
            Self::Half => "half-precision numbers",
            Self::Map => "a map of opcodes that is not known",
            Self::DivisionByMemory => "a division by what stands in memory",
        })
    }
}

impl Seen {
    const fn unjudged(why: Why) -> Self {
        Self { registers: 0, touches: false, mask: None, unjudged: Some(why) }
    }

    fn touching(registers: &[Register]) -> Self {
        let mut seen = Self { touches: true, ..Self::default() };
        registers.iter().for_each(|register| seen.take(*register));
        seen
    }

    const fn take(&mut self, register: Register) {
        self.registers |= 1 << register;
    }
}

/// The bits that extend ModRM and SIB, and the opcode's map.
#[derive(Default)]
struct Prefix {
    r: u8,
    x: u8,
    b: u8,
    map: u8,
    is_vector: bool,
    mask: u8,
}

/// Reads an instruction as far as it has to, byte by byte: behind it there may be no memory.
pub fn seen(code: impl Fn(usize) -> u8 + Copy) -> Seen {
    let mut at = 0;
    while matches!(code(at), 0x66 | 0x67 | 0xf2 | 0xf3 | 0x2e | 0x36 | 0x3e | 0x26 | 0x64 | 0x65 | 0xf0) {
        at += 1;
        if at > 8 {
            return Seen::unjudged(Why::Prefixes);
        }
    }
    let (prefix, at) = prefix(code, at);
    let opcode = code(at);
    let mut seen = implicit(&prefix, opcode);
    if seen.unjudged.is_none() && has_modrm(&prefix, opcode) {
        operand(&prefix, opcode, |next| code(at + 1 + next), &mut seen);
    }
    seen
}

/// REX, VEX or EVEX and the opcode's map; and where the opcode stands.
fn prefix(code: impl Fn(usize) -> u8 + Copy, at: usize) -> (Prefix, usize) {
    let bit = |byte: u8, bit: u8| byte >> bit & 1;
    let first = code(at);
    match first {
        0xc5 => (Prefix { r: bit(!code(at + 1), 7), map: 1, is_vector: true, ..Prefix::default() }, at + 2),
        0xc4 | 0x62 => {
            let second = code(at + 1);
            let [r, x, b] = [7, 6, 5].map(|place| bit(!second, place));
            let (map, mask, len) =
                if first == 0xc4 { (second & 31, 0, 3) } else { (second & 7, code(at + 3) & 7, 4) };
            (Prefix { r, x, b, map, is_vector: true, mask }, at + len)
        }
        _ => {
            let rex = if first & 0xf0 == 0x40 { first } else { 0 };
            let at = at + usize::from(rex != 0);
            let (map, len) = match code(at) {
                0x0f => match code(at + 1) {
                    0x38 => (2, 2),
                    0x3a => (3, 2),
                    _ => (1, 1),
                },
                _ => (0, 0),
            };
            let [r, x, b] = [2, 1, 0].map(|place| bit(rex, place));
            (Prefix { r, x, b, map, ..Prefix::default() }, at + len)
        }
    }
}

/// What an opcode touches without saying so, and what is not judged.
fn implicit(prefix: &Prefix, opcode: u8) -> Seen {
    match (prefix.is_vector, prefix.map, opcode) {
        (true, 2, 0x90..=0x93 | 0xa0..=0xa3 | 0xc6 | 0xc7) => Seen::unjudged(Why::VectorAddress),
        (true, 2, 0x2c..=0x2f | 0x8c | 0x8e) => Seen::unjudged(Why::VectorMask),
        (_, 1, 0x51 | 0x5e) => Seen::unjudged(Why::Floating),
        (true, 5 | 6, _) => Seen::unjudged(Why::Half),
        (true, map, _) if !(1..=3).contains(&map) => Seen::unjudged(Why::Map),
        // String instructions, and how often they repeat.
        (false, 0, 0x6c..=0x6f | 0xa4..=0xa7 | 0xaa..=0xaf) => Seen::touching(&[RSI, RDI, RCX]),
        (false, 0, 0xd7) => Seen::touching(&[RAX, RBX]),
        (false, 0, 0xc8 | 0xc9) => Seen::touching(&[RSP, RBP]),
        // PUSH, POP, CALL, RET.
        (false, 0, 0x50..=0x5f | 0x68 | 0x6a | 0x8f | 0x9c | 0x9d | 0xc2 | 0xc3 | 0xe8) => {
            Seen::touching(&[RSP])
        }
        (false, 0, 0xa0..=0xa3) => Seen::touching(&[]),
        _ => Seen::default(),
    }
}

fn has_modrm(prefix: &Prefix, opcode: u8) -> bool {
    match (prefix.is_vector, prefix.map) {
        (true, map) => map != 1 || opcode != 0x77,
        (false, 0) => matches!(
            opcode,
            0x00..=0x03 | 0x08..=0x0b | 0x10..=0x13 | 0x18..=0x1b | 0x20..=0x23 | 0x28..=0x2b | 0x30..=0x33
                | 0x38..=0x3b | 0x63 | 0x69 | 0x6b | 0x80..=0x8f | 0xc0 | 0xc1 | 0xc6 | 0xc7 | 0xd0..=0xd3
                | 0xd8..=0xdf | 0xf6 | 0xf7 | 0xfe | 0xff
        ),
        (false, 1) => !matches!(
            opcode,
            0x04..=0x0c | 0x0e | 0x0f | 0x30..=0x37 | 0x77 | 0x80..=0x8f | 0xa0..=0xa2 | 0xa8..=0xaa | 0xc8..=0xcf
        ),
        (false, _) => true,
    }
}

/// What ModRM and SIB say.
fn operand(prefix: &Prefix, opcode: u8, code: impl Fn(usize) -> u8, seen: &mut Seen) {
    let (mode, field, low) = (code(0) >> 6, code(0) >> 3 & 7, code(0) & 7);
    let is_legacy = |map: u8| !prefix.is_vector && prefix.map == map;
    // DIV and IDIV take longer for longer quotients.
    if is_legacy(0) && matches!(opcode, 0xf6 | 0xf7) && field >= 6 {
        [RAX, RDX, low | prefix.b << 3].into_iter().for_each(|register| seen.take(register));
        if mode != 3 {
            seen.unjudged = Some(Why::DivisionByMemory);
        }
    }
    // A call through a register or memory pushes too.
    if is_legacy(0) && opcode == 0xff && matches!(field, 2 | 3 | 6) {
        *seen = Seen::touching(&[RSP]);
    }
    // LEA and NOP touch nothing.
    if mode == 3 || is_legacy(0) && opcode == 0x8d || is_legacy(1) && matches!(opcode, 0x0d | 0x19..=0x1f) {
        return;
    }
    seen.touches = true;
    seen.mask = (prefix.mask != 0).then_some(prefix.mask);
    // BT and its like with a register reach as far as the register says.
    if is_legacy(1) && matches!(opcode, 0xa3 | 0xab | 0xb3 | 0xbb) {
        seen.take(field | prefix.r << 3);
    }
    if low != 4 {
        // Without a register it is relative to the instruction.
        if mode != 0 || low != 5 {
            seen.take(low | prefix.b << 3);
        }
    } else {
        scaled(prefix, mode, code(1), seen);
    }
}

fn scaled(prefix: &Prefix, mode: u8, sib: u8, seen: &mut Seen) {
    let (index, base) = (sib >> 3 & 7 | prefix.x << 3, sib & 7);
    if index != RSP {
        seen.take(index);
    }
    if mode != 0 || base != 5 {
        seen.take(base | prefix.b << 3);
    }
}
