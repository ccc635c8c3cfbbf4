//! `table[index]` for a secret index: every entry of a table is read, and a mask keeps one.
//!
//! Knows no points; an entry is some elements of the field.

#[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
mod avx2;

use super::{field::Fe, words::zero_mask};
#[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
use crate::algo::cpu::Avx2;

/// How a table is gone through.
#[derive(Clone, Copy)]
pub(super) enum Select {
    Soft,
    #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
    Avx2(Avx2),
}

impl Select {
    /// The best one here.
    #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
    pub(super) fn best() -> Self {
        Avx2::get().map_or(Self::Soft, Self::Avx2)
    }

    /// The best one here.
    #[cfg(not(all(target_arch = "x86_64", not(miyao_backend = "soft"))))]
    pub(super) const fn best() -> Self {
        Self::Soft
    }

    /// The entry of this number; zeros past the end.
    #[inline(always)]
    pub(super) fn entry<const N: usize>(self, table: &[[Fe; N]], index: u64) -> [Fe; N] {
        match self {
            Self::Soft => soft(table, index),
            #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
            Self::Avx2(cpu) => avx2::entry(cpu, table, index),
        }
    }
}

fn soft<const N: usize>(table: &[[Fe; N]], index: u64) -> [Fe; N] {
    let mut found = [Fe::ZERO; N];
    for (at, entry) in table.iter().enumerate() {
        let mask = zero_mask(index ^ at as u64);
        for (found, element) in found.iter_mut().zip(entry) {
            *found = found.or(&element.masked(mask));
        }
    }
    found
}
