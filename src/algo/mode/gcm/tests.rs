//! GCM with every backend of its hash is what the standard writes, block by block.

use alloc::vec::Vec;

use ghash::{GHash, universal_hash::UniversalHash as _};
use proptest::{
    collection::vec,
    prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest},
    prop_oneof,
};

use super::Gcm;
use crate::algo::{
    ghash::{GhashKey, Tier},
    sm4::Sm4,
};

fn encrypted(key: &[u8; 16], block: [u8; 16]) -> [u8; 16] {
    let mut block = block;
    Sm4::new(key).encrypt_block(&mut block);
    block
}

fn keyed(key: &[u8; 16]) -> Vec<(Tier, Gcm)> {
    let h = encrypted(key, [0; 16]);
    let all = Tier::ALL.into_iter().map(|tier| (tier, GhashKey::forced(tier, &h)));
    all.filter_map(|(tier, hash)| hash.map(|hash| (tier, Gcm { cipher: Sm4::new(key), hash }))).collect()
}

fn hashed(h: [u8; 16], aad: &[u8], text: &[u8]) -> [u8; 16] {
    let mut hash = GHash::new(&h.into());
    hash.update_padded(aad);
    hash.update_padded(text);
    hash.update(&[(((aad.len() as u128 * 8) << 64) | (text.len() as u128 * 8)).to_be_bytes().into()]);
    hash.finalize().into()
}

/// Ciphertext and tag as NIST SP 800-38D §7.1 has them, one block at a time.
fn by_the_book(key: &[u8; 16], nonce: &[u8], aad: &[u8], text: &[u8]) -> (Vec<u8>, [u8; 16]) {
    let h = encrypted(key, [0; 16]);
    let mut first = [0; 16];
    if nonce.len() == 12 {
        first[..12].copy_from_slice(nonce);
        first[15] = 1;
    } else {
        first = hashed(h, &[], nonce);
    }
    let (mut counter, mut made) = (u128::from_be_bytes(first), Vec::new());
    for block in text.chunks(16) {
        counter = ((counter >> 32) << 32) | u128::from((counter as u32).wrapping_add(1));
        let keys = encrypted(key, counter.to_be_bytes());
        made.extend(block.iter().zip(keys).map(|(byte, key)| byte ^ key));
    }
    let tag = u128::from_be_bytes(hashed(h, aad, &made)) ^ u128::from_be_bytes(encrypted(key, first));
    (made, tag.to_be_bytes())
}

fn part() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..=70), vec(any::<u8>(), 0..=3000)]
}

fn nonce() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 12), vec(any::<u8>(), 1..=300)]
}

/// Where a text is cut into chunks of 64 blocks, groups of 16 and quarters of groups.
#[test]
fn every_place_of_the_end_of_a_text_is_sealed_by_the_book() {
    let key = [3; 16];
    for around in [0_usize, 64, 240, 256, 512, 1024, 2048, 3072, 4096, 9216] {
        for len in around.saturating_sub(17)..around + 18 {
            let aad = &[6; 300][..len * 7 % 300];
            let text: Vec<u8> = (0..len).map(|at| (at * at / 7) as u8).collect();
            let (expected, expected_tag) = by_the_book(&key, &[1; 12], aad, &text);
            for (tier, gcm) in keyed(&key) {
                let mut buffer = text.clone();
                let tag = gcm.encrypt(&[1; 12], aad, &mut buffer).expect("a nonce and not too much");
                assert_eq!(tag, expected_tag, "{tier:?}, {len} bytes");
                assert!(buffer == expected, "{tier:?}, {len} bytes");
            }
        }
    }
}

proptest! {
    #[test]
    fn every_backend_seals_by_the_book(key: [u8; 16], nonce in nonce(), aad in part(), text in part()) {
        let (expected, expected_tag) = by_the_book(&key, &nonce, &aad, &text);
        for (tier, gcm) in keyed(&key) {
            let mut buffer = text.clone();
            let tag = gcm.encrypt(&nonce, &aad, &mut buffer).expect("a nonce and not too much");
            prop_assert_eq!(tag, expected_tag, "{:?}", tier);
            prop_assert!(buffer == expected, "{tier:?}");
            prop_assert!(gcm.decrypt(&nonce, &aad, &mut buffer, &tag).is_ok(), "{tier:?}");
            prop_assert!(buffer == text, "{tier:?}");
        }
    }

    #[test]
    fn a_flipped_bit_is_refused_and_changes_nothing(key: [u8; 16], aad in part(), text in part(), at: usize) {
        for (tier, gcm) in keyed(&key) {
            let mut sealed = text.clone();
            let tag = gcm.encrypt(&[7; 12], &aad, &mut sealed).expect("a nonce and not too much");
            let mut parts = [aad.clone(), sealed, tag.to_vec()];
            let bit = at % (parts.iter().map(Vec::len).sum::<usize>() * 8);
            let byte = parts.iter_mut().flatten().nth(bit / 8).expect("a byte of the message");
            *byte ^= 1 << (bit % 8);
            let [aad, sealed, tag] = &mut parts;
            let before = sealed.clone();
            let tag = tag[..].try_into().expect("as long as it was");
            prop_assert!(gcm.decrypt(&[7; 12], aad, sealed, tag).is_err(), "{tier:?}");
            prop_assert!(*sealed == before, "{tier:?}: no plaintext of a refused message");
        }
    }
}

/// `a b` in the field of GHASH.
fn times(a: [u8; 16], b: [u8; 16]) -> [u8; 16] {
    let mut hash = GHash::new(&b.into());
    hash.update(&[a.into()]);
    hash.finalize().into()
}

/// `h^(2^128 − 2)`
fn inverse(h: [u8; 16]) -> [u8; 16] {
    let (mut square, mut all) = (h, (1_u128 << 127).to_be_bytes());
    for _ in 0..127 {
        square = times(square, square);
        all = times(all, square);
    }
    all
}

/// The nonce of 16 bytes that starts the counter at `first`: `(nonce H + 128) H = first`.
fn nonce_of(h: [u8; 16], first: u128) -> [u8; 16] {
    let inner = u128::from_be_bytes(times(first.to_be_bytes(), inverse(h))) ^ 128;
    times(inner.to_be_bytes(), inverse(h))
}

#[test]
fn the_counter_wraps_within_its_four_bytes() {
    let key = [5; 16];
    let h = encrypted(&key, [0; 16]);
    for before in [1, 2, 5, 15, 16, 17, 63, 64, 65, 100, 256, 290] {
        let first = u128::MAX - before + 1;
        let nonce = nonce_of(h, first);
        assert_eq!(hashed(h, &[], &nonce), first.to_be_bytes());
        let text = [9; 16 * 300];
        let (expected, expected_tag) = by_the_book(&key, &nonce, b"aad", &text);
        for (tier, gcm) in keyed(&key) {
            let mut buffer = text;
            let tag = gcm.encrypt(&nonce, b"aad", &mut buffer).expect("a nonce and not too much");
            assert_eq!(tag, expected_tag, "{tier:?}, {before} blocks before");
            assert!(buffer[..] == expected, "{tier:?}, {before} blocks before");
        }
    }
}
