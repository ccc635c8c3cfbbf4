//! What must be noticed, or the rest proves nothing; and what must not, or what is said of it is wrong.
//!
//! One control for each way in which an instruction can show a secret, in each of the encodings that kernels use.

use std::{
    arch::{asm, is_x86_feature_detected},
    hint::black_box,
};

use crate::{
    Watch,
    cases::{Case, Secrets, case},
};

/// A table as large as a byte reaches, doubled: what is indexed stays within.
static TABLE: [u8; 1024] = [7; 1024];

pub fn run(watch: &mut Watch) {
    caught(watch, "a branch on a secret", |bytes| {
        let mut sum = 0u64;
        for byte in bytes {
            if black_box(*byte) > 100 {
                sum = black_box(sum * 3 + 1);
            }
        }
        black_box(sum);
    });
    caught(watch, "a comparison that stops at the first difference", |bytes| {
        black_box(*bytes == black_box(Secrets(0).vec(1, bytes.len())));
    });
    caught(watch, "a table indexed by a secret", |bytes| {
        black_box(bytes.iter().fold(0, |sum, byte| sum ^ black_box(&TABLE)[usize::from(*byte)]));
    });
    instructions(watch);
    if is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl") {
        masks(watch);
    }
    for (name, work) in INNOCENT {
        watch.same(&on_bytes(&format!("control: {name}"), work));
    }
}

fn on_bytes(name: &str, work: fn(&[u8])) -> Case {
    case(name, move |s| {
        let bytes = s.vec(1, 64);
        move || work(black_box(&bytes))
    })
}

fn caught(watch: &mut Watch, name: &str, work: fn(&[u8])) {
    watch.caught(&on_bytes(&format!("control: {name}"), work));
}

/// Instructions with a secret below 256 in `rcx`, a table in `rsi`, and room for 256 bytes in `rdi`.
macro_rules! with_secret {
    ($bytes:ident, $($code:literal),+) => {{
        let mut room = [0u8; 256];
        // SAFETY: what is read is in the table, what is written is in the room, and all registers are named.
        unsafe {
            asm!($($code),+, inout("rcx") usize::from($bytes[5]) => _, inout("rsi") TABLE.as_ptr() => _,
                inout("rdi") room.as_mut_ptr() => _, out("rax") _, out("rdx") _, out("r10") _, out("r11") _,
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("k3") _);
        }
        black_box(room);
    }};
}

fn instructions(watch: &mut Watch) {
    caught(watch, "an index", |b| with_secret!(b, "movzx eax, byte ptr [rsi + rcx]"));
    caught(watch, "an index, scaled, of an SSE load", |b| with_secret!(b, "movups xmm0, [rsi + 2*rcx + 64]"));
    caught(watch, "a base without an index", |b| {
        with_secret!(b, "lea rax, [rsi + rcx]", "mov al, [rax + 4]")
    });
    caught(watch, "a bit of memory", |b| with_secret!(b, "bt [rsi], rcx"));
    caught(watch, "a repetition", |b| with_secret!(b, "rep movsb"));
    caught(watch, "a translation by table", |b| {
        with_secret!(b, "push rbx", "mov rax, rcx", "mov rbx, rsi", "xlatb", "pop rbx");
    });
    caught(watch, "a division", |b| with_secret!(b, "mov eax, 1000", "xor edx, edx", "or ecx, 1", "div ecx"));
    caught(watch, "a jump to a secret place", |b| {
        with_secret!(b, "lea rax, [rip + 2f]", "add rax, rcx", "jmp rax", "2:", ".rept 256", "nop", ".endr");
    });
    if !is_x86_feature_detected!("avx2") {
        return;
    }
    caught(watch, "an index of a VEX load", |b| with_secret!(b, "vmovdqu xmm0, [rsi + rcx]"));
    caught(watch, "an index of a VEX operand", |b| with_secret!(b, "vpshufb xmm0, xmm1, [rsi + 2*rcx]"));
    caught(watch, "a base of a high register, VEX", |b| {
        with_secret!(b, "lea r10, [rsi + rcx]", "vpxor xmm0, xmm1, [r10]");
    });
    caught(watch, "a gather", |b| {
        with_secret!(
            b,
            "vmovd xmm0, ecx",
            "vpcmpeqd xmm1, xmm1, xmm1",
            "vpgatherdd xmm2, [rsi + xmm0], xmm1"
        );
    });
}

/// EVEX, where memory may be touched in parts.
fn masks(watch: &mut Watch) {
    caught(watch, "an index of an EVEX load", |b| with_secret!(b, "vmovdqu32 zmm0, [rsi + rcx]"));
    caught(watch, "a high index of an EVEX broadcast", |b| {
        with_secret!(b, "mov r11, rcx", "vpxord zmm0, zmm1, dword ptr [rsi + 2*r11]{{1to16}}");
    });
    caught(watch, "an opmask of a load", |b| {
        with_secret!(b, "kmovd k3, ecx", "vmovdqu8 zmm0{{k3}}{{z}}, [rsi]");
    });
    caught(watch, "an opmask of a store", |b| {
        with_secret!(b, "kmovd k3, ecx", "vmovdqu8 [rdi]{{k3}}, zmm0");
    });
}

type Named = (&'static str, fn(&[u8]));

/// What looks like an address and is none, and what must not be noticed.
const INNOCENT: [Named; 4] = [
    ("an address that is computed and not used", |b| with_secret!(b, "lea rax, [rsi + 8*rcx + 4]")),
    ("padding with a secret in its register", |b| {
        with_secret!(b, "nop dword ptr [rcx + rcx]", "nop word ptr [rcx + rcx + 512]");
    }),
    ("a secret on the stack", |b| {
        let mut copy = [0; 64];
        copy.copy_from_slice(b);
        black_box(copy);
    }),
    ("arithmetic", |b| {
        black_box(b.iter().fold(0u64, |sum, byte| sum.rotate_left(7).wrapping_mul(u64::from(*byte)) ^ sum));
    }),
];
