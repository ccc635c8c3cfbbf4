//! Which kernel compresses: the best one this processor has, or one that a bench names.
//!
//! Knows blocks and states, no messages.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::{array, slice};

#[cfg(all(
    any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")),
    not(miyao_backend = "soft")
))]
use zeroize::Zeroize;

use super::{Block, State, many, soft};
#[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
use super::{avx2, avx512};
#[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
use super::{neon, sm3tt};
#[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
use crate::algo::cpu::{Avx2, Avx512};
#[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
use crate::algo::cpu::{Neon, Sm3tt};

/// Fewer messages than this are sooner done one after the other: a step of all lanes costs what two blocks cost alone.
#[cfg(all(
    any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")),
    not(miyao_backend = "soft")
))]
const WORTHWHILE: usize = 3;

/// A kernel, with the proof that this processor can run it.
#[derive(Clone, Copy)]
pub(crate) enum Backend {
    Soft,
    #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
    Avx2(Avx2),
    #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
    Avx512(Avx512),
    #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
    Neon(Neon),
    #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
    Sm3tt(Sm3tt),
}

impl Backend {
    /// The most messages that any kernel takes side by side.
    pub(crate) const MOST: usize = 16;

    /// The best one here.
    #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
    pub(crate) fn best() -> Self {
        match (Avx512::get(), Avx2::get()) {
            (Some(cpu), _) => Self::Avx512(cpu),
            (None, Some(cpu)) => Self::Avx2(cpu),
            (None, None) => Self::Soft,
        }
    }

    /// The best one here.
    #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
    pub(crate) fn best() -> Self {
        match (Sm3tt::get(), Neon::get()) {
            (Some(cpu), _) => Self::Sm3tt(cpu),
            (None, Some(cpu)) => Self::Neon(cpu),
            (None, None) => Self::Soft,
        }
    }

    /// The best one here.
    #[cfg(not(all(
        any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")),
        not(miyao_backend = "soft")
    )))]
    pub(crate) const fn best() -> Self {
        Self::Soft
    }

    /// How many messages it takes side by side.
    pub(super) const fn lanes(self) -> usize {
        match self {
            Self::Soft => 1,
            #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
            Self::Avx2(_) => avx2::LANES,
            #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
            Self::Avx512(_) => avx512::LANES,
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
            Self::Neon(_) | Self::Sm3tt(_) => neon::LANES,
        }
    }

    /// Takes blocks into the state.
    pub(crate) fn compress(self, state: &mut State, blocks: &[Block]) {
        match self {
            Self::Soft => soft::compress(state, blocks),
            #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
            Self::Avx2(cpu) => avx2::compress(cpu, state, blocks),
            #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
            Self::Avx512(cpu) => avx512::compress(cpu, state, blocks),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
            Self::Neon(_) => soft::compress(state, blocks),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
            Self::Sm3tt(cpu) => sm3tt::compress(cpu, state, blocks),
        }
    }

    /// Takes one block into each state.
    pub(crate) fn compress_each(self, states: &mut [State], blocks: &[Block]) {
        if let ([state], [_]) = (&mut *states, blocks) {
            return self.compress(state, blocks);
        }
        let lanes = self.lanes();
        for (states, blocks) in states.chunks_mut(lanes).zip(blocks.chunks(lanes)) {
            let runs: [_; Self::MOST] = array::from_fn(|at| blocks.get(at).map_or(&[][..], slice::from_ref));
            self.compress_many(states, &runs[..blocks.len()]);
        }
    }

    /// Takes each run of blocks into its state; there are as many runs as states, all of one length.
    pub(crate) fn compress_many(self, states: &mut [State], runs: &[&[Block]]) {
        let lanes = self.lanes();
        for (states, runs) in states.chunks_mut(lanes).zip(runs.chunks(lanes)) {
            match self {
                #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
                Self::Avx2(cpu) if runs.len() >= WORTHWHILE => {
                    filled_up(states, runs, |states, runs| avx2::compress_many(cpu, states, runs));
                }
                #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
                Self::Avx512(cpu) if runs.len() >= WORTHWHILE => {
                    filled_up(states, runs, |states, runs| avx512::compress_many(cpu, states, runs));
                }
                #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
                Self::Neon(cpu) if runs.len() >= WORTHWHILE => {
                    filled_up(states, runs, |states, runs| neon::compress_many(cpu, states, runs));
                }
                // These instructions are one chain, each waiting for the one before; lanes wait for nobody.
                #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
                Self::Sm3tt(cpu) if runs.len() >= WORTHWHILE => {
                    filled_up(states, runs, |states, runs| neon::compress_many(cpu.into(), states, runs));
                }
                _ => states.iter_mut().zip(runs).for_each(|(state, run)| self.compress(state, run)),
            }
        }
    }
}

/// Calls a kernel of `N` lanes; those that nobody needs do what the first one does.
#[cfg(all(
    any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")),
    not(miyao_backend = "soft")
))]
fn filled_up<const N: usize>(
    states: &mut [State],
    runs: &[&[Block]],
    kernel: impl Fn(&mut [State; N], &[&[Block]; N]),
) {
    if let (Ok(states), Ok(runs)) = (<&mut [State; N]>::try_from(&mut *states), runs.try_into()) {
        return kernel(states, runs);
    }
    let mut all = [[0; 8]; N];
    all[..states.len()].copy_from_slice(states);
    kernel(&mut all, &array::from_fn(|lane| runs[if lane < runs.len() { lane } else { 0 }]));
    states.copy_from_slice(&all[..states.len()]);
    all.as_flattened_mut().zeroize();
}

/// A kernel by its name, for benches and tests; everybody else takes the best.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    Soft,
    Avx2,
    Avx512,
    Neon,
    Sm3tt,
}

impl Tier {
    pub const ALL: [Self; 5] = [Self::Soft, Self::Avx2, Self::Avx512, Self::Neon, Self::Sm3tt];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
            Self::Sm3tt => "sm3tt",
        }
    }

    /// [`digest`](super::digest) by this kernel; nothing where this processor lacks it.
    #[must_use]
    pub fn digest(self, message: &[u8]) -> Option<[u8; 32]> {
        Some(many::digest_one(self.backend()?, message))
    }

    /// [`digest_many`](super::digest_many) by this kernel; nothing where this processor lacks it.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn digest_many(self, messages: &[&[u8]]) -> Option<Vec<[u8; 32]>> {
        Some(many::digest_each(self.backend()?, messages))
    }

    #[cfg(all(
        any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")),
        not(miyao_backend = "soft")
    ))]
    pub(super) fn backend(self) -> Option<Backend> {
        match self {
            Self::Soft => Some(Backend::Soft),
            #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
            Self::Avx2 => Avx2::get().map(Backend::Avx2),
            #[cfg(all(target_arch = "x86_64", not(miyao_backend = "soft")))]
            Self::Avx512 => Avx512::get().map(Backend::Avx512),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
            Self::Neon => Neon::get().map(Backend::Neon),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", not(miyao_backend = "soft")))]
            Self::Sm3tt => Sm3tt::get().map(Backend::Sm3tt),
            // Of another architecture.
            _ => None,
        }
    }

    #[cfg(not(all(
        any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")),
        not(miyao_backend = "soft")
    )))]
    pub(super) const fn backend(self) -> Option<Backend> {
        match self {
            Self::Soft => Some(Backend::Soft),
            _ => None,
        }
    }
}
