//! The vector registers of x86-64, as wide as this processor has them.
#![allow(
    unsafe_code,
    reason = "registers are cleared by instructions of the processor's own, behind its tokens"
)]

use core::arch::asm;

use crate::algo::cpu::{Avx2, Avx512};

/// Valgrind does not know all of them, so the build that it watches leaves them.
pub(super) fn wipe() {
    if cfg!(miyao_ctgrind) {
        return;
    }
    if Avx512::get().is_some() {
        // SAFETY: an `Avx512` exists only where F does.
        unsafe { zmm() }
    } else if Avx2::get().is_some() {
        // SAFETY: an `Avx2` exists only where AVX does.
        unsafe { ymm() }
    } else {
        xmm();
    }
}

#[target_feature(enable = "avx512f")]
fn zmm() {
    // SAFETY: only registers are written, and each is named.
    unsafe {
        asm!(
            "vzeroall",
            "vpxord zmm16, zmm16, zmm16", "vpxord zmm17, zmm17, zmm17",
            "vpxord zmm18, zmm18, zmm18", "vpxord zmm19, zmm19, zmm19",
            "vpxord zmm20, zmm20, zmm20", "vpxord zmm21, zmm21, zmm21",
            "vpxord zmm22, zmm22, zmm22", "vpxord zmm23, zmm23, zmm23",
            "vpxord zmm24, zmm24, zmm24", "vpxord zmm25, zmm25, zmm25",
            "vpxord zmm26, zmm26, zmm26", "vpxord zmm27, zmm27, zmm27",
            "vpxord zmm28, zmm28, zmm28", "vpxord zmm29, zmm29, zmm29",
            "vpxord zmm30, zmm30, zmm30", "vpxord zmm31, zmm31, zmm31",
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _,
            out("xmm5") _, out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _,
            out("xmm10") _, out("xmm11") _, out("xmm12") _, out("xmm13") _, out("xmm14") _,
            out("xmm15") _, out("xmm16") _, out("xmm17") _, out("xmm18") _, out("xmm19") _,
            out("xmm20") _, out("xmm21") _, out("xmm22") _, out("xmm23") _, out("xmm24") _,
            out("xmm25") _, out("xmm26") _, out("xmm27") _, out("xmm28") _, out("xmm29") _,
            out("xmm30") _, out("xmm31") _,
            options(nomem, nostack, preserves_flags)
        );
    }
}

#[target_feature(enable = "avx")]
fn ymm() {
    // SAFETY: only registers are written, and each is named.
    unsafe {
        asm!(
            "vzeroall",
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _,
            out("xmm5") _, out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _,
            out("xmm10") _, out("xmm11") _, out("xmm12") _, out("xmm13") _, out("xmm14") _,
            out("xmm15") _,
            options(nomem, nostack, preserves_flags)
        );
    }
}

fn xmm() {
    // SAFETY: only registers are written, and each is named; SSE2 belongs to x86-64.
    unsafe {
        asm!(
            "pxor xmm0, xmm0", "pxor xmm1, xmm1", "pxor xmm2, xmm2",
            "pxor xmm3, xmm3", "pxor xmm4, xmm4", "pxor xmm5, xmm5",
            "pxor xmm6, xmm6", "pxor xmm7, xmm7", "pxor xmm8, xmm8",
            "pxor xmm9, xmm9", "pxor xmm10, xmm10", "pxor xmm11, xmm11",
            "pxor xmm12, xmm12", "pxor xmm13, xmm13", "pxor xmm14, xmm14",
            "pxor xmm15, xmm15",
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _,
            out("xmm5") _, out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _,
            out("xmm10") _, out("xmm11") _, out("xmm12") _, out("xmm13") _, out("xmm14") _,
            out("xmm15") _,
            options(nomem, nostack, preserves_flags)
        );
    }
}

#[cfg(all(test, feature = "std", not(miyao_ctgrind)))]
mod tests {
    use alloc::{vec, vec::Vec};
    use core::arch::asm;

    use super::{Avx512, wipe};
    use crate::algo::{ghash::GhashKey, mode::gcm::Gcm, sm4::Sm4};

    /// What stands in the registers that nothing but kernels of 512 bits uses: the upper sixteen.
    #[inline(never)]
    #[target_feature(enable = "avx512f")]
    fn upper(out: &mut [u8; 16 * 64]) {
        // SAFETY: 1,024 bytes are written to a borrowed array of as many.
        unsafe {
            asm!(
                "vmovdqu64 [{at} + 0], zmm16",
                "vmovdqu64 [{at} + 64], zmm17",
                "vmovdqu64 [{at} + 128], zmm18",
                "vmovdqu64 [{at} + 192], zmm19",
                "vmovdqu64 [{at} + 256], zmm20",
                "vmovdqu64 [{at} + 320], zmm21",
                "vmovdqu64 [{at} + 384], zmm22",
                "vmovdqu64 [{at} + 448], zmm23",
                "vmovdqu64 [{at} + 512], zmm24",
                "vmovdqu64 [{at} + 576], zmm25",
                "vmovdqu64 [{at} + 640], zmm26",
                "vmovdqu64 [{at} + 704], zmm27",
                "vmovdqu64 [{at} + 768], zmm28",
                "vmovdqu64 [{at} + 832], zmm29",
                "vmovdqu64 [{at} + 896], zmm30",
                "vmovdqu64 [{at} + 960], zmm31",
                at = in(reg) out.as_mut_ptr(),
                options(nostack, preserves_flags)
            );
        }
    }

    fn registers() -> [u8; 16 * 64] {
        let mut out = [0; 16 * 64];
        // SAFETY: the tests look for an `Avx512` first.
        unsafe { upper(&mut out) };
        out
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f")]
    fn fill(value: &[u8; 64]) {
        // SAFETY: 64 bytes are read from a borrowed array; the register is named.
        unsafe {
            asm!(
                "vmovdqu64 zmm29, [{at}]",
                at = in(reg) value.as_ptr(),
                out("xmm29") _,
                options(nostack, preserves_flags, readonly)
            );
        }
    }

    #[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
    fn lacks() -> bool {
        let lacks = Avx512::get().is_none();
        if lacks {
            std::eprintln!(
                "SKIPPED: this processor has no AVX-512, so no register is as sure to be left alone"
            );
        }
        lacks
    }

    #[test]
    fn what_stood_in_a_register_is_gone() {
        if lacks() {
            return;
        }
        // SAFETY: there is an `Avx512`.
        unsafe { fill(&[0xa7; 64]) };
        assert!(registers().windows(64).any(|window| window == [0xa7; 64]), "what is looked for is found");
        wipe();
        assert_eq!(registers(), [0; 16 * 64]);
    }

    #[test]
    fn nothing_is_left_in_registers_by_what_works_on_secrets() {
        if lacks() {
            return;
        }
        let (cipher, gcm, hash) = (Sm4::new(&[3; 16]), Gcm::<16>::new(&[4; 16]), GhashKey::new(&[5; 16]));
        let mut text = vec![6; 5000];
        let mut left: Vec<(&str, bool)> = Vec::new();
        let mut check = |name, work: &mut dyn FnMut(&mut [u8])| {
            work(&mut text);
            left.push((name, registers() != [0; 16 * 64]));
        };
        check("key", &mut |_| drop(Sm4::new(&[7; 16])));
        check("blocks", &mut |text| cipher.encrypt_blocks(text.as_chunks_mut().0));
        check("chain", &mut |text| cipher.chain(&mut [1; 16], text.as_chunks_mut().0));
        check("absorb", &mut |text| cipher.absorb(&mut [1; 16], text.as_chunks().0));
        check("ctr", &mut |text| cipher.ctr32(&[1; 16], text));
        check("gcm key", &mut |_| drop(Gcm::<16>::new(&[8; 16])));
        check("gcm", &mut |text| drop(gcm.encrypt(&[1; 12], &[], text)));
        check("gcm, short", &mut |text| drop(gcm.encrypt(&[1; 12], &[], &mut text[..64])));
        check("gcm, opened", &mut |text| {
            assert!(gcm.decrypt(&[1; 12], &[], &mut text[..64], &[0; 16]).is_err())
        });
        check("ghash key", &mut |_| drop(GhashKey::new(&[9; 16])));
        check("ghash", &mut |text| assert_ne!(hash.hash(&[], text), [0; 16]));
        assert!(left.iter().all(|(_, left)| !left), "{left:?}");
    }
}
