//! Loads and stores.
#![allow(unsafe_code, clippy::missing_safety_doc, reason = "loads and stores")]

use super::*;

unsafe fn load<const N: usize>(from: *const Vector<N>) -> Vector<N> {
    // SAFETY: the caller's, as for the intrinsic.
    unsafe { from.read_unaligned() }
}

macro_rules! memory {
    ($($load:ident $store:ident $vector:ident;)*) => {$(
        pub unsafe fn $load(from: *const $vector) -> $vector {
            // SAFETY: the caller's, as for the intrinsic.
            unsafe { load(from) }
        }

        pub unsafe fn $store(to: *mut $vector, value: $vector) {
            // SAFETY: the caller's, as for the intrinsic.
            unsafe { to.write_unaligned(value) }
        }
    )*};
}

memory! {
    _mm_loadu_si128 _mm_storeu_si128 __m128i;
    _mm256_loadu_si256 _mm256_storeu_si256 __m256i;
    _mm512_loadu_si512 _mm512_storeu_si512 __m512i;
}

/// Bytes without a one in the mask are not touched.
pub unsafe fn _mm512_maskz_loadu_epi8(mask: u64, from: *const i8) -> __m512i {
    Vector::of_bytes(|at| {
        if mask >> at & 1 == 0 {
            return 0;
        }
        // SAFETY: the caller's: there is memory where the mask has ones.
        unsafe { from.cast::<u8>().add(at).read() }
    })
}

/// Likewise.
pub unsafe fn _mm512_mask_storeu_epi8(to: *mut i8, mask: u64, value: __m512i) {
    for at in (0..64).filter(|at| mask >> at & 1 == 1) {
        // SAFETY: the caller's: there is memory where the mask has ones.
        unsafe { to.cast::<u8>().add(at).write(value.byte(at)) }
    }
}
