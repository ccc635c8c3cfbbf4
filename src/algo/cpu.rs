//! What this processor can do, as values: who holds a token may run the kernel that needs it.
//!
//! Tokens are made here only: on x86-64 from CPUID and XGETBV; on aarch64, where a program may not ask the processor, from
//! what the system tells the standard library, and in builds without std from the target features that the compiler was
//! given. Knows no algorithm. `MIYAO_CPU=-avx512,-gfni,…` takes features away in builds with std,
//! `--cfg miyao_backend="soft"` takes all; nothing adds any.
#![cfg_attr(
    all(target_arch = "x86_64", not(miyao_backend = "soft")),
    allow(unsafe_code, reason = "XGETBV, after CPUID has said that it is there")
)]

mod wipe;

pub(crate) use wipe::wipe_registers;

/// Features by name, as `MIYAO_CPU` takes them away; taking one away takes what rests on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Features(u32);

const AVX2: u32 = 1;
const AES: u32 = 1 << 1;
const CLMUL: u32 = 1 << 2;
const GFNI: u32 = 1 << 3;
const AVX512: u32 = 1 << 4;
const NEON: u32 = 1 << 5;
const PMULL: u32 = 1 << 6;
const SM3: u32 = 1 << 7;
const SM4: u32 = 1 << 8;
const ADX: u32 = 1 << 9;
const IFMA: u32 = 1 << 10;

/// The names that `MIYAO_CPU` knows, and what goes with each; both architectures have an `aes`.
#[cfg(feature = "std")]
#[cfg_attr(
    not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miyao_backend = "soft"))),
    allow(dead_code, reason = "where there is one kernel, nothing can be taken away")
)]
const NAMES: [(&str, u32); 11] = [
    ("avx2", AVX2 | AES | GFNI | AVX512 | IFMA),
    ("neon", NEON | AES | PMULL | SM3 | SM4),
    ("aes", AES),
    ("pmull", PMULL),
    ("sm3", SM3),
    ("sm4", SM4),
    ("clmul", CLMUL | AVX512 | IFMA),
    ("gfni", GFNI | AVX512 | IFMA),
    ("avx512", AVX512 | IFMA),
    ("ifma", IFMA),
    ("adx", ADX),
];

macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $arch:literal, $needs:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        #[cfg_attr(
            not(all(target_arch = $arch, feature = "alloc", not(miyao_backend = "soft"))),
            allow(dead_code, reason = "only kernels for one architecture ask for it, some only with alloc")
        )]
        pub(crate) struct $name(());

        #[cfg_attr(
            not(all(target_arch = $arch, feature = "alloc", not(miyao_backend = "soft"))),
            allow(dead_code, reason = "only kernels for one architecture ask for it, some only with alloc")
        )]
        impl $name {
            /// The proof, where this processor can.
            pub(crate) fn get() -> Option<Self> {
                Features::get().has($needs).then_some(Self(()))
            }
        }
    };
}

token!(
    /// AVX2, with the system saving YMM registers, and AES-NI.
    Aesni,
    "x86_64",
    AVX2 | AES
);
token!(
    /// AVX2 and GFNI, whatever the system does with ZMM registers.
    Gfni,
    "x86_64",
    AVX2 | GFNI
);
token!(
    /// AVX-512 F, BW, VL and DQ with GFNI and VPCLMULQDQ, the system saving ZMM registers.
    Avx512,
    "x86_64",
    AVX512
);
token!(
    /// AVX-512 as in [`Avx512`], and products of 52 bits.
    Ifma,
    "x86_64",
    AVX512 | IFMA
);
token!(
    /// Carry-less multiplication of 64 bits.
    Clmul,
    "x86_64",
    CLMUL
);
token!(
    /// AVX2.
    Avx2,
    "x86_64",
    AVX2
);
token!(
    /// MULX, of BMI2, and the additions with two carries of ADX.
    Adx,
    "x86_64",
    ADX
);
token!(
    /// NEON, which the target has wherever our kernels for aarch64 are built.
    Neon,
    "aarch64",
    NEON
);
token!(
    /// NEON and the instructions for AES.
    Aese,
    "aarch64",
    NEON | AES
);
token!(
    /// NEON and carry-less multiplication of 64 bits.
    Pmull,
    "aarch64",
    NEON | PMULL
);
token!(
    /// NEON and the instructions for SM3.
    Sm3tt,
    "aarch64",
    NEON | SM3
);
token!(
    /// NEON and the instructions for SM4.
    Sm4e,
    "aarch64",
    NEON | SM4
);

#[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
impl From<Sm3tt> for Neon {
    fn from(_: Sm3tt) -> Self {
        Self(())
    }
}

impl Features {
    const fn has(self, needs: u32) -> bool {
        self.0 & needs == needs
    }

    /// Asked once; the answer never changes, so a race writes it twice.
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miyao_backend = "soft")))]
    fn get() -> Self {
        use core::sync::atomic::{AtomicU32, Ordering};
        const ASKED: u32 = 1 << 31;
        static FOUND: AtomicU32 = AtomicU32::new(0);
        let found = FOUND.load(Ordering::Relaxed);
        if found & ASKED != 0 {
            return Self(found);
        }
        let found = lowered(Self(here::ask()));
        FOUND.store(found.0 | ASKED, Ordering::Relaxed);
        found
    }

    #[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miyao_backend = "soft"))))]
    const fn get() -> Self {
        Self(0)
    }

    /// Without what `text` takes away; words that are no known feature with a minus before it change nothing.
    #[cfg(feature = "std")]
    #[cfg_attr(
        not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miyao_backend = "soft"))),
        allow(dead_code, reason = "where there is one kernel, nothing can be taken away")
    )]
    fn without(self, text: &str) -> Self {
        let named = text.split(',').filter_map(|word| word.trim().strip_prefix('-'));
        let gone = named.filter_map(|name| NAMES.iter().find(|(known, _)| *known == name));
        Self(gone.fold(self.0, |left, (_, gone)| left & !gone))
    }
}

#[cfg(all(
    feature = "std",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(miyao_backend = "soft")
))]
fn lowered(found: Features) -> Features {
    std::env::var("MIYAO_CPU").map_or(found, |text| found.without(&text))
}

#[cfg(all(
    not(feature = "std"),
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(miyao_backend = "soft")
))]
const fn lowered(found: Features) -> Features {
    found
}

#[cfg(all(target_arch = "aarch64", not(miyao_backend = "soft")))]
mod here {
    use super::{AES, NEON, PMULL, SM3, SM4};

    /// Whether the system, where there is one to ask, or else the compiler says that a feature is there.
    macro_rules! has {
        ($feature:tt) => {{
            #[cfg(feature = "std")]
            let has = std::arch::is_aarch64_feature_detected!($feature);
            #[cfg(not(feature = "std"))]
            let has = cfg!(target_feature = $feature);
            has
        }};
    }

    pub(super) fn ask() -> u32 {
        // No kernel of ours is built without NEON, or has been seen to run on words the other way round.
        if cfg!(any(not(target_feature = "neon"), target_endian = "big")) {
            return 0;
        }
        // To the compiler `aes` is PMULL as well, and `sm4` is both SM3 and SM4.
        #[cfg(feature = "std")]
        let pmull = has!("pmull");
        #[cfg(not(feature = "std"))]
        let pmull = true;
        [(has!("aes"), AES), (has!("aes") && pmull, PMULL), (has!("sm4"), SM3 | SM4)]
            .into_iter()
            .fold(NEON, |found, (there, feature)| if there { found | feature } else { found })
    }
}

#[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
mod here {
    use core::arch::x86_64::{__cpuid_count, _xgetbv};

    use super::{ADX, AES, AVX2, AVX512, CLMUL, GFNI, IFMA};

    /// XMM and YMM, and with them opmask and ZMM, in XCR0.
    const YMM: u64 = 0b110;
    const ZMM: u64 = 0b1110_0110;

    pub(super) fn ask() -> u32 {
        if cpuid(0).eax < 7 {
            return 0;
        }
        let (one, seven) = (cpuid(1), cpuid(7));
        let bit = |register: u32, bit: u32| register >> bit & 1 == 1;
        // OSXSAVE and AVX.
        let saved = if bit(one.ecx, 27) && bit(one.ecx, 28) { xcr0() } else { 0 };
        let avx2 = saved & YMM == YMM && bit(seven.ebx, 5);
        // F, DQ, BW, VL; VPCLMULQDQ.
        let wide = [16, 17, 30, 31].into_iter().all(|at| bit(seven.ebx, at)) && bit(seven.ecx, 10);
        let gfni = bit(seven.ecx, 8);
        // PCLMULQDQ with SSSE3.
        let clmul = bit(one.ecx, 1) && bit(one.ecx, 9);
        let avx512 = avx2 && gfni && clmul && wide && saved & ZMM == ZMM;
        [
            (avx2, AVX2),
            (avx2 && bit(one.ecx, 25), AES),
            (clmul, CLMUL),
            // BMI2; ADX.
            (bit(seven.ebx, 8) && bit(seven.ebx, 19), ADX),
            (avx2 && gfni, GFNI),
            (avx512, AVX512),
            (avx512 && bit(seven.ebx, 21), IFMA),
        ]
        .into_iter()
        .fold(0, |found, (there, feature)| if there { found | feature } else { found })
    }

    /// The first sub-leaf of a leaf.
    #[allow(unused_unsafe, reason = "safe to call in compilers newer than `rust-version`")]
    fn cpuid(leaf: u32) -> core::arch::x86_64::CpuidResult {
        // SAFETY: every x86-64 processor has CPUID.
        unsafe { __cpuid_count(leaf, 0) }
    }

    /// Which registers the system saves.
    fn xcr0() -> u64 {
        // SAFETY: the caller has seen OSXSAVE in CPUID, so XGETBV is there.
        unsafe { xgetbv() }
    }

    #[target_feature(enable = "xsave")]
    fn xgetbv() -> u64 {
        // SAFETY: register 0 exists wherever XGETBV does, which the target feature says.
        unsafe { _xgetbv(0) }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::{ADX, AES, AVX2, AVX512, CLMUL, Features, GFNI, IFMA, NEON, PMULL, SM3, SM4};

    const ALL: Features = Features(AVX2 | AES | CLMUL | GFNI | AVX512 | ADX | IFMA);
    const ARM: Features = Features(NEON | AES | PMULL | SM3 | SM4);

    #[test]
    fn features_are_only_ever_taken_away() {
        for (text, left) in [
            ("", ALL.0),
            ("-avx512", ALL.0 & !AVX512 & !IFMA),
            ("-ifma", ALL.0 & !IFMA),
            ("-avx512, -gfni", AVX2 | AES | CLMUL | ADX),
            ("-clmul", AVX2 | AES | GFNI | ADX),
            ("-avx2", CLMUL | ADX),
            ("-adx", ALL.0 & !ADX),
            ("avx512,+gfni,nonsense,-,-nonsense", ALL.0),
        ] {
            assert_eq!(ALL.without(text), Features(left), "{text}");
            assert_eq!(Features(0).without(text), Features(0), "{text}");
        }
        for (text, left) in [
            ("-sm4", ARM.0 & !SM4),
            ("-sm3,-pmull", NEON | AES | SM4),
            ("-aes", NEON | PMULL | SM3 | SM4),
            ("-neon", 0),
        ] {
            assert_eq!(ARM.without(text), Features(left), "{text}");
        }
    }

    #[cfg(all(target_arch = "aarch64", target_endian = "little", not(miyao_backend = "soft")))]
    #[test]
    fn what_the_system_says_is_taken_over() {
        use std::arch::is_aarch64_feature_detected as detected;
        let found = super::here::ask();
        assert_eq!(found & NEON != 0, detected!("neon"));
        assert_eq!(found & AES != 0, detected!("aes"));
        assert_eq!(found & PMULL != 0, detected!("aes") && detected!("pmull"));
        assert_eq!(found & SM3 != 0, detected!("sm4"));
        assert_eq!(found & SM4 != 0, detected!("sm4"));
    }

    #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
    #[test]
    fn the_processor_is_asked_as_the_standard_library_asks() {
        use std::arch::is_x86_feature_detected as detected;
        let found = super::here::ask();
        assert_eq!(found & AVX2 != 0, detected!("avx2"));
        assert_eq!(found & AES != 0, detected!("avx2") && detected!("aes"));
        assert_eq!(found & CLMUL != 0, detected!("pclmulqdq") && detected!("ssse3"));
        assert_eq!(found & GFNI != 0, detected!("avx2") && detected!("gfni"));
        assert_eq!(found & ADX != 0, detected!("bmi2") && detected!("adx"));
        let wide =
            detected!("avx512f") && detected!("avx512bw") && detected!("avx512vl") && detected!("avx512dq");
        let avx512 = wide && detected!("gfni") && detected!("vpclmulqdq");
        assert_eq!(found & AVX512 != 0, avx512);
        assert_eq!(found & IFMA != 0, avx512 && detected!("avx512ifma"));
    }
}
