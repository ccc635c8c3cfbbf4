//! Every backend that this processor has computes what the `ghash` crate and integer arithmetic do.

use alloc::{format, vec::Vec};
use std::io::{Write as _, stderr};

use ghash::{GHash, universal_hash::UniversalHash as _};
use proptest::{
    collection::vec,
    prelude::{Strategy, any, prop_assert_eq, proptest},
    prop_oneof,
};

use super::{GhashKey, Tier};

/// The tiers that this processor has, keyed.
fn keyed(h: &[u8; 16]) -> Vec<(Tier, GhashKey)> {
    let all = Tier::ALL.into_iter().map(|tier| (tier, GhashKey::forced(tier, h)));
    all.filter_map(|(tier, key)| key.map(|key| (tier, key))).collect()
}

fn oracle(h: &[u8; 16], aad: &[u8], text: &[u8]) -> [u8; 16] {
    let mut hash = GHash::new(h.into());
    hash.update_padded(aad);
    hash.update_padded(text);
    let lengths = [aad, text].map(|part| (part.len() as u64 * 8).to_be_bytes());
    let mut block = [0; 16];
    block.copy_from_slice(lengths.as_flattened());
    hash.update(&[block.into()]);
    hash.finalize().into()
}

/// Bytes that differ from place to place.
fn bytes(len: usize, seed: u8) -> Vec<u8> {
    (0..len).map(|at| (at as u8).wrapping_mul(151) ^ (at >> 8) as u8 ^ seed).collect()
}

fn agree(h: &[u8; 16], aad: &[u8], text: &[u8]) {
    let expected = oracle(h, aad, text);
    for (tier, key) in keyed(h) {
        assert_eq!(key.hash(aad, text), expected, "{tier:?}, {} and {} bytes", aad.len(), text.len());
    }
}

#[test]
fn a_backend_that_this_processor_lacks_is_named() {
    let found = keyed(&[1; 16]);
    for tier in Tier::ALL {
        if !found.iter().any(|(found, _)| *found == tier) {
            // Not by a macro that prints: what that writes is shown for failed tests only.
            let line = format!("SKIP: GHASH by {} is not tested, for this processor cannot\n", tier.name());
            stderr().write_all(line.as_bytes()).expect("a place for errors");
        }
    }
    assert!(found.iter().any(|(tier, _)| *tier == Tier::Soft));
}

#[test]
fn every_length_and_its_padding_is_hashed_alike() {
    let h = core::array::from_fn(|at| 0x9d_u8.wrapping_mul(at as u8 + 1));
    for aad in [0, 1, 15, 16, 17, 63, 64, 65, 112, 127, 128, 129, 240, 241, 255, 256, 257] {
        for text in 0..=530 {
            agree(&h, &bytes(aad, 1), &bytes(text, 2));
        }
    }
    for text in 0..=530 {
        agree(&h, &bytes(text, 3), &bytes(4096 - text, 4));
    }
}

/// Factors with one bit each reach every term of the product and of its reduction.
#[test]
fn every_bit_times_every_bit_is_the_same() {
    for key in 0..128 {
        let h = (1_u128 << key).to_be_bytes();
        for block in 0..128 {
            agree(&h, &[], &(1_u128 << block).to_be_bytes());
        }
    }
}

/// All ones: every sum of the integer products reaches its greatest value.
#[test]
fn the_greatest_and_the_least_factors_are_multiplied_alike() {
    let edges = [0, 1, 1 << 127, u128::MAX, u128::MAX >> 1, u128::MAX << 64, u64::MAX.into(), 0xe1 << 120];
    for h in edges {
        for block in edges {
            let text: Vec<u8> = core::iter::repeat_n(block.to_be_bytes(), 33).flatten().collect();
            agree(&h.to_be_bytes(), &block.to_be_bytes(), &text);
        }
    }
}

/// NIST SP 800-38D's test case 2 (in "The Galois/Counter Mode of Operation", appendix B).
#[test]
fn the_published_hash_comes_out() {
    let h = 0x66e9_4bd4_ef8a_2c3b_884c_fa59_ca34_2b2e_u128.to_be_bytes();
    let text = 0x0388_dace_60b6_a392_f328_c2b9_71b2_fe78_u128.to_be_bytes();
    for (tier, key) in keyed(&h) {
        let hash = u128::from_be_bytes(key.hash(&[], &text));
        assert_eq!(hash, 0xf38c_bb1a_d692_23dc_c345_7ae5_b6b0_f885, "{tier:?}");
        assert_eq!(key.hash(&[], &[]), [0; 16], "{tier:?}");
    }
}

fn part() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..=80), vec(any::<u8>(), 0..=5000)]
}

proptest! {
    #[test]
    fn every_backend_equals_the_oracle(h: [u8; 16], aad in part(), text in part()) {
        let expected = oracle(&h, &aad, &text);
        for (tier, key) in keyed(&h) {
            prop_assert_eq!(key.hash(&aad, &text), expected, "{:?}", tier);
        }
    }

    #[test]
    fn where_a_message_stands_in_memory_changes_nothing(h: [u8; 16], text in part(), at in 0_usize..64) {
        let mut moved = std::vec![0xa5; at];
        moved.extend_from_slice(&text);
        moved.extend_from_slice(&[0xa5; 64]);
        for (tier, key) in keyed(&h) {
            let here = &moved[at..at + text.len()];
            prop_assert_eq!(key.hash(here, here), oracle(&h, &text, &text), "{:?}", tier);
        }
    }
}
