//! GCM with every backend of its hash is what the standard writes, block by block.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use alloc::{format, string::String, vec::Vec};

use ghash::{GHash, universal_hash::UniversalHash as _};
use proptest::{
    collection::vec,
    prelude::{Strategy, TestCaseError, any, prop_assert, prop_assert_eq, proptest},
    prop_oneof,
};

use super::{Encryptor, Gcm, Message};
use crate::algo::{
    ghash::{GhashKey, Tier},
    sm4::{Backend, Sm4},
};

fn encrypted(key: &[u8; 16], block: [u8; 16]) -> [u8; 16] {
    let mut block = block;
    Sm4::new(key).encrypt_block(&mut block);
    block
}

/// Every backend of the hash beside the fastest cipher, and every cipher beside the fastest hash.
fn keyed(key: &[u8; 16]) -> Vec<(String, Gcm)> {
    let h = encrypted(key, [0; 16]);
    let hashes = Tier::ALL.into_iter().filter_map(|tier| {
        let hash = GhashKey::forced(tier, &h)?;
        Some((format!("{tier:?}"), Gcm { cipher: Sm4::new(key), hash }))
    });
    let ciphers = [Backend::Avx512, Backend::Gfni, Backend::Aesni, Backend::Soft].into_iter();
    let ciphers =
        ciphers.filter_map(|backend| Some((format!("{backend:?}"), Gcm::with_backend(key, backend)?)));
    hashes.chain(ciphers).collect()
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
                assert_eq!(tag, expected_tag, "{tier}, {len} bytes");
                assert!(buffer == expected, "{tier}, {len} bytes");
            }
        }
    }
}

/// In pieces of these sizes, over and over; every other one from one place to another.
fn pieces(gcm: &Gcm, nonce: &[u8], aad: &[u8], text: &[u8], sizes: &[usize]) -> (Vec<u8>, [u8; 16]) {
    let mut encryptor = Encryptor::new(gcm, nonce, aad).expect("a nonce");
    let (mut made, mut sizes, mut at) = (text.to_vec(), sizes.iter().cycle(), 0);
    while at < text.len() {
        let end = text.len().min(at + sizes.next().expect("a cycle has no end"));
        if end % 2 == 0 {
            encryptor.update(&mut made[at..end]).expect("not too much");
        } else {
            encryptor.update_to(&text[at..end], &mut made[at..end]).expect("not too much");
        }
        at = end;
    }
    (made, encryptor.finish().expect("not ended yet"))
}

const SIZES: [&[usize]; 8] = [
    &[1],
    &[16],
    &[0, 3, 0, 32, 17, 5],
    &[15, 1, 33],
    &[48, 80, 7],
    &[2080],
    &[100, 2100, 1],
    &[usize::MAX / 2],
];

fn check(key: &[u8; 16], nonce: &[u8], aad: &[u8], text: &[u8]) -> Result<(), TestCaseError> {
    let (expected, expected_tag) = by_the_book(key, nonce, aad, text);
    for (tier, gcm) in keyed(key) {
        let mut buffer = text.to_vec();
        let tag = gcm.encrypt(nonce, aad, &mut buffer).expect("a nonce and not too much");
        prop_assert_eq!(tag, expected_tag, "{}", tier);
        prop_assert!(buffer == expected, "{tier}");
        let mut elsewhere = alloc::vec![0xee; text.len()];
        let tag = gcm.encrypt_to(nonce, aad, text, &mut elsewhere).expect("a nonce and not too much");
        prop_assert_eq!(tag, expected_tag, "{}, to another place", tier);
        prop_assert!(elsewhere == expected, "{tier}, to another place");
        let sizes = SIZES[(text.len() + aad.len()) % SIZES.len()];
        let (made, tag) = pieces(&gcm, nonce, aad, text, sizes);
        prop_assert_eq!(tag, expected_tag, "{}, in pieces of {:?}", tier, sizes);
        prop_assert!(made == expected, "{tier}, in pieces of {sizes:?}");
        prop_assert!(gcm.decrypt(nonce, aad, &mut buffer, &tag).is_ok(), "{tier}");
        prop_assert!(buffer == text, "{tier}");
    }
    Ok(())
}

/// Where a short message ends in a register, and its blocks in a group of the hash.
#[test]
fn every_length_of_a_short_message_is_sealed_by_the_book() {
    let bytes: Vec<u8> = (0..600).map(|at| (at * at / 7) as u8).collect();
    for text in 0..=258 {
        for aad in [0, 1, 13, 16, 17, 64, 65, 250 - text.min(250), 300 - text] {
            check(&[3; 16], &[1; 12], &bytes[300..300 + aad], &bytes[..text]).expect("as by the book");
        }
    }
}

#[test]
fn a_place_of_another_length_is_refused() {
    let (gcm, mut out) = (Gcm::<16>::new(&[7; 16]), [1; 4]);
    assert!(gcm.encrypt_to(&[1; 12], b"", b"three", &mut out).is_err());
    assert!(gcm.encrypt_to(&[1; 12], b"", b"two", &mut out).is_err());
    assert!(gcm.encrypt_to(&[], b"", b"four", &mut out).is_err());
    assert_eq!(out, [1; 4]);
}

#[test]
fn every_length_in_pieces_is_what_the_whole_is() {
    let text: Vec<u8> = (0..5000).map(|at| (at * at / 7) as u8).collect();
    for len in (0..100).chain([255, 256, 257, 2047, 2048, 2079, 2080, 2081, 5000]) {
        let (expected, expected_tag) = by_the_book(&[3; 16], &[1; 12], &text[..len % 40], &text[..len]);
        for (tier, gcm) in keyed(&[3; 16]) {
            for sizes in SIZES {
                let (made, tag) = pieces(&gcm, &[1; 12], &text[..len % 40], &text[..len], sizes);
                assert_eq!(tag, expected_tag, "{tier}, {len} bytes in {sizes:?}");
                assert!(made == expected, "{tier}, {len} bytes in {sizes:?}");
            }
        }
    }
}

#[test]
fn one_bad_message_among_many_and_none_is_encrypted() {
    let gcm: Gcm = Gcm::new(&[7; 16]);
    let (mut one, mut two) = (*b"one", *b"two");
    let mut messages = [Message::new(&[1; 12], b"", &mut one), Message::new(&[], b"", &mut two)];
    assert!(gcm.encrypt_many(&mut messages).is_err());
    assert_eq!((&one, &two), (b"one", b"two"));
}

/// A message and its tag of so many bytes, every bit of which counts.
fn check_tag<const TAG: usize>(text: &[u8]) {
    let gcm = Gcm::<TAG>::new(&[4; 16]);
    let (expected, whole) = by_the_book(&[4; 16], &[1; 12], b"aad", text);
    let mut sealed = text.to_vec();
    let tag = gcm.encrypt(&[1; 12], b"aad", &mut sealed).expect("a nonce and not too much");
    assert_eq!((&sealed, &tag[..]), (&expected, &whole[..TAG]));
    for bit in 0..8 * TAG {
        let mut other = tag;
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(gcm.decrypt(&[1; 12], b"aad", &mut sealed, &other).is_err(), "bit {bit} of {TAG} bytes");
        assert!(sealed == expected, "no plaintext of a refused message");
    }
    gcm.decrypt(&[1; 12], b"aad", &mut sealed, &tag).expect("its own tag");
    assert_eq!(sealed, text);
}

#[test]
fn every_bit_of_a_tag_of_any_length_counts() {
    for len in [0, 1, 64, 112, 113, 240, 241, 1024] {
        let text: Vec<u8> = (0..len).map(|at| at as u8).collect();
        check_tag::<4>(&text);
        check_tag::<8>(&text);
        check_tag::<12>(&text);
        check_tag::<13>(&text);
        check_tag::<14>(&text);
        check_tag::<15>(&text);
        check_tag::<16>(&text);
    }
}

proptest! {
    #[test]
    fn every_backend_seals_short_messages_by_the_book(
        key: [u8; 16],
        nonce in nonce(),
        aad in vec(any::<u8>(), 0..=300),
        text in vec(any::<u8>(), 0..=260),
    ) {
        check(&key, &nonce, &aad, &text)?;
    }

    #[test]
    fn many_messages_become_what_each_becomes_alone(
        key: [u8; 16],
        parts in vec((nonce(), vec(any::<u8>(), 0..=70), vec(any::<u8>(), 0..=260)), 0..=40),
        long in vec(any::<u8>(), 0..=3000),
        place: usize,
    ) {
        let mut parts = parts;
        parts.insert(place % (parts.len() + 1), ([2; 12].into(), [].into(), long));
        for (tier, gcm) in keyed(&key) {
            let mut texts: Vec<Vec<u8>> = parts.iter().map(|(.., text)| text.clone()).collect();
            let mut messages: Vec<_> = parts
                .iter()
                .zip(&mut texts)
                .map(|((nonce, aad, _), text)| Message::new(nonce, aad, text))
                .collect();
            gcm.encrypt_many(&mut messages).expect("nonces and not too much");
            for (message, (nonce, aad, text)) in messages.iter().zip(&parts) {
                let mut alone = text.clone();
                let tag = gcm.encrypt(nonce, aad, &mut alone).expect("a nonce and not too much");
                prop_assert_eq!(message.tag, tag, "{}", tier);
                prop_assert!(message.text == alone, "{tier}");
            }
        }
    }

    #[test]
    fn every_backend_seals_by_the_book(key: [u8; 16], nonce in nonce(), aad in part(), text in part()) {
        check(&key, &nonce, &aad, &text)?;
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
            prop_assert!(gcm.decrypt(&[7; 12], aad, sealed, tag).is_err(), "{tier}");
            prop_assert!(*sealed == before, "{tier}: no plaintext of a refused message");
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
        for blocks in [1, 7, 8, 15, 16, 300] {
            check(&key, &nonce, b"aad", &[9; 16 * 300][..16 * blocks]).expect("as by the book");
        }
    }
}
