//! Every kernel that this processor has, against the `sm3` crate and against the portable one.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it could not do"
)]

use alloc::{vec, vec::Vec};
use std::{println, sync::OnceLock};

use digest::Digest as _;
use proptest::prelude::*;

use super::{
    Backend, Block, Sm3, State, Tier, digest, digest_many,
    many::{finish_counted, finish_each},
    to_bytes,
};

/// What this processor can run; what it cannot is said, once.
fn backends() -> impl Iterator<Item = (&'static str, Backend)> {
    static HERE: OnceLock<Vec<(&str, Backend)>> = OnceLock::new();
    let here = |tier: Tier| {
        let backend = tier.backend();
        if backend.is_none() {
            println!("SKIP: this processor does not run SM3 {}", tier.name());
        }
        Some((tier.name(), backend?))
    };
    HERE.get_or_init(|| Tier::ALL.into_iter().filter_map(here).collect()).iter().copied()
}

fn oracle(message: &[u8]) -> [u8; 32] {
    ::sm3::Sm3::digest(message).into()
}

fn drawn(len: usize, seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let mut byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| byte()).collect()
}

fn hex(text: &str) -> [u8; 32] {
    core::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
}

#[test]
fn every_kernel_gives_the_examples_of_the_standard() {
    // GB/T 32905-2016, annex A.
    let abc = hex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    let abcd = hex("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
    for (name, backend) in backends() {
        let mut found = vec![];
        let four = b"abcd".repeat(16);
        finish_each(backend, [(Sm3::new(), &b"abc"[..]), (Sm3::new(), &four)], |at, md| found.push((at, md)));
        found.sort_unstable();
        assert_eq!(found, [(0, abc), (1, abcd)], "{name}");
    }
}

#[test]
fn every_length_equals_the_oracle_however_it_is_cut() {
    let message = drawn(300, 1);
    for len in 0..=message.len() {
        let message = &message[..len];
        let expected = oracle(message);
        assert_eq!(digest(message), expected, "{len}");
        for cut in 0..=len {
            let mut hash = Sm3::new();
            hash.update(&message[..cut]);
            let mut copy = hash.clone();
            hash.update(&message[cut..]);
            assert_eq!(hash.finalize(), expected, "{len} cut at {cut}");
            copy.update(&message[cut..]);
            assert_eq!(copy.finalize_in_place(), expected, "{len} cut at {cut}, the clone");
            assert_eq!(copy.finalize(), oracle(b""), "it starts again");
        }
    }
}

#[test]
fn every_kernel_finishes_every_length_from_every_place_in_a_block() {
    let message = drawn(300, 2);
    for (name, backend) in backends() {
        for cut in 0..=130 {
            let mut begun = Sm3::new();
            begun.update(&message[..cut]);
            let mut seen = 0;
            let jobs = (cut..=300).map(|end| (begun.clone(), &message[cut..end]));
            finish_each(backend, jobs, |at, found| {
                assert_eq!(found, oracle(&message[..cut + at]), "{name}: {cut} bytes, then {at}");
                seen += 1;
            });
            assert_eq!(seen, 301 - cut);
        }
    }
}

#[test]
fn every_kernel_counts_from_every_place_in_a_block() {
    let prefix = drawn(130, 3);
    for (name, backend) in backends() {
        for len in 0..=prefix.len() {
            let mut begun = Sm3::new();
            begun.update(&prefix[..len]);
            for blocks in [1, 2, 3, 7, 8, 9, 15, 16, 17, 40] {
                let mut out = vec![0; 32 * blocks - len % 32];
                let first = u32::MAX - 5;
                finish_counted(backend, &begun, first, &mut out);
                for (at, chunk) in out.chunks(32).enumerate() {
                    let number = first.wrapping_add(at as u32).to_be_bytes();
                    let expected = oracle(&[&prefix[..len], &number].concat());
                    assert_eq!(chunk, &expected[..chunk.len()], "{name}: {len}, {at} of {blocks}");
                }
            }
        }
    }
}

#[test]
fn lengths_beyond_a_32_bit_counter_are_padded_right() {
    // 2^29 bytes are 2^32 bits. Nobody hashes as much here: the state says that so much came before, and its padding
    // is written out.
    for len in [(1 << 29) - 64, 1 << 29, (1 << 29) + 64, (1 << 32) + 128, (1 << 61) - 64, u64::MAX - 63] {
        for more in [0, 3, 55, 56, 63, 64, 130] {
            let data = drawn(more, 4);
            let begun = Sm3 { state: core::array::from_fn(|at| at as u32), len, buffer: [0; 64] };
            let mut padded = data.clone();
            padded.push(0x80);
            padded.resize((more + 9).next_multiple_of(64) - 8, 0);
            padded.extend_from_slice(&((u128::from(len) + more as u128) * 8).to_be_bytes()[8..]);
            let mut state = begun.state;
            Backend::Soft.compress(&mut state, padded.as_chunks().0);
            let expected = to_bytes(&state);
            let mut hash = begun.clone();
            hash.update(&data);
            assert_eq!(hash.finalize(), expected, "{len} and {more}");
            for (name, backend) in backends() {
                let jobs = (0..4).map(|_| (begun.clone(), &data[..]));
                finish_each(backend, jobs, |_, found| {
                    assert_eq!(found, expected, "{name}: {len} and {more}")
                });
            }
        }
    }
}

proptest! {
    #[test]
    fn every_kernel_compresses_alike(state: State, seed: u8, blocks in 0..70usize) {
        let message = drawn(64 * blocks, seed);
        let blocks: &[Block] = message.as_chunks().0;
        let mut expected = state;
        super::soft::compress(&mut expected, blocks);
        for (name, backend) in backends() {
            let mut found = state;
            backend.compress(&mut found, blocks);
            prop_assert_eq!(found, expected, "{}", name);
        }
    }

    #[test]
    fn lanes_are_strangers_to_each_other(
        states in prop::collection::vec(any::<State>(), 0..40), blocks in 0..5usize, seed: u8,
    ) {
        let message = drawn(64 * (blocks + states.len()), seed);
        let all: &[Block] = message.as_chunks().0;
        let runs: Vec<&[Block]> = (0..states.len()).map(|at| &all[at..at + blocks]).collect();
        let mut expected = states.clone();
        expected.iter_mut().zip(&runs).for_each(|(state, run)| super::soft::compress(state, run));
        for (name, backend) in backends() {
            let mut found = states.clone();
            backend.compress_many(&mut found, &runs);
            prop_assert_eq!(&found, &expected, "{}", name);
        }
    }

    #[test]
    fn messages_of_any_lengths_at_once_equal_the_oracle_one_by_one(
        lengths in prop::collection::vec(prop_oneof![0..150usize, 0..3000usize], 0..50), seed: u8,
    ) {
        let messages: Vec<Vec<u8>> = lengths.iter().map(|len| drawn(*len, seed)).collect();
        let messages: Vec<&[u8]> = messages.iter().map(|message| &message[..]).collect();
        let expected: Vec<[u8; 32]> = messages.iter().map(|message| oracle(message)).collect();
        prop_assert_eq!(&digest_many(&messages), &expected);
        for tier in Tier::ALL {
            if let Some(found) = tier.digest_many(&messages) {
                prop_assert_eq!(&found, &expected, "{}", tier.name());
            }
        }
    }

    #[test]
    fn a_message_cut_anywhere_equals_the_oracle(
        len in 0..5000usize, seed: u8, cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let message = drawn(len, seed);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(len + 1)).chain([0, len]).collect();
        cuts.sort_unstable();
        let mut hash = Sm3::new();
        cuts.windows(2).for_each(|cut| hash.update(&message[cut[0]..cut[1]]));
        let expected = oracle(&message);
        prop_assert_eq!(hash.finalize(), expected);
        for tier in Tier::ALL {
            prop_assert!(tier.digest(&message).is_none_or(|found| found == expected), "{}", tier.name());
        }
    }
}
