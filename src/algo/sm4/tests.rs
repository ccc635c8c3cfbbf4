//! Every kernel that this processor has, against the circuit and against the `sm4` crate.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skips"
)]

use alloc::vec::Vec;
use std::eprintln;

use cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use proptest::{collection::vec, prelude::*};

use super::{Backend, Kernel, Masks, Sm4};
use crate::algo::mode::{cbc, cmac};

const ALL: [Backend; 6] =
    [Backend::Soft, Backend::Aesni, Backend::Gfni, Backend::Avx512, Backend::Aese, Backend::Sm4e];

/// The same key for every kernel there is.
fn ciphers(key: &[u8; 16]) -> Vec<(Backend, Sm4)> {
    ALL.into_iter().filter_map(|backend| Some((backend, Sm4::with_backend(key, backend)?))).collect()
}

#[test]
fn kernels_that_this_processor_lacks_are_named() {
    for backend in ALL {
        if Sm4::with_backend(&[0; 16], backend).is_none() {
            eprintln!("SKIP: this processor cannot run {backend:?}; nothing of it was tested");
        }
    }
    assert!(Sm4::with_backend(&[0; 16], Backend::Soft).is_some());
}

#[test]
fn every_kernel_gives_the_standards_examples() {
    let key = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128.to_be_bytes();
    for (backend, cipher) in ciphers(&key) {
        let mut block = key;
        cipher.encrypt_block(&mut block);
        assert_eq!(u128::from_be_bytes(block), 0x681e_df34_d206_965e_86b3_e94f_536e_4246, "{backend:?}");
        (1..1_000_000).for_each(|_| cipher.encrypt_block(&mut block));
        assert_eq!(u128::from_be_bytes(block), 0x5952_98c7_c6fd_271f_0402_f804_c33d_3f66, "{backend:?}");
    }
}

/// `E(block)` by the oracle.
fn encrypted(oracle: &sm4::Sm4, block: [u8; 16]) -> [u8; 16] {
    let mut block = block.into();
    oracle.encrypt_block(&mut block);
    block.into()
}

/// A counter whose last bits, or all, are about to be zero again as often as not.
fn counters() -> impl Strategy<Value = [u8; 16]> {
    (any::<[u8; 16]>(), 0..4u8, 0..200u8).prop_map(|(mut counter, full, before)| {
        let at = [16, 15, 12, 0][usize::from(full)];
        counter[at..].fill(0xff);
        if at < 16 {
            counter[15] -= before;
        }
        counter
    })
}

/// Masks that are all there already; to be XORed before and after, or before only.
struct Given<'a> {
    masks: &'a [u8],
    after: bool,
}

impl Masks for Given<'_> {
    fn next(&mut self, blocks: &[u8]) -> [&[u8]; 2] {
        assert!(!blocks.is_empty() && blocks.len() <= 16 * super::WIDE);
        let (now, later) = self.masks.split_at(blocks.len());
        self.masks = later;
        [now, if self.after { now } else { &[] }]
    }
}

fn check_blocks(key: &[u8; 16], text: &[[u8; 16]], masks: &[[u8; 16]]) -> Result<(), TestCaseError> {
    let oracle = sm4::Sm4::new(&(*key).into());
    let plain: Vec<_> = text.iter().map(|block| encrypted(&oracle, *block)).collect();
    let xor = |a: &[u8; 16], b: &[u8; 16]| (u128::from_ne_bytes(*a) ^ u128::from_ne_bytes(*b)).to_ne_bytes();
    let masked: Vec<_> = text
        .iter()
        .zip(masks)
        .map(|(block, mask)| xor(&encrypted(&oracle, xor(block, mask)), mask))
        .collect();
    for (backend, cipher) in ciphers(key) {
        let mut blocks = text.to_vec();
        cipher.encrypt_blocks(&mut blocks);
        prop_assert_eq!(&blocks, &plain, "{:?}", backend);
        cipher.decrypt_blocks(&mut blocks);
        prop_assert_eq!(&blocks, text, "{:?}", backend);
        cipher.encrypt_masked(&mut blocks, &mut Given { masks: masks.as_flattened(), after: true });
        prop_assert_eq!(&blocks, &masked, "{:?}", backend);
        cipher.decrypt_masked(&mut blocks, &mut Given { masks: masks.as_flattened(), after: false });
        let before: Vec<_> = text.iter().zip(masks).map(|(a, b)| xor(a, b)).collect();
        prop_assert_eq!(&blocks, &before, "{:?}", backend);
    }
    Ok(())
}

fn check_counting(key: &[u8; 16], counter: &[u8; 16], text: &[u8]) -> Result<(), TestCaseError> {
    let oracle = sm4::Sm4::new(&(*key).into());
    let first = u128::from_be_bytes(*counter);
    let counted = |at: usize, whole: bool| {
        let next = first.wrapping_add(at as u128);
        if whole { next } else { first >> 32 << 32 | u128::from(next as u32) }
    };
    let expected = |whole: bool| -> Vec<u8> {
        let stream =
            (0..text.len().div_ceil(16)).flat_map(|at| encrypted(&oracle, counted(at, whole).to_be_bytes()));
        text.iter().zip(stream).map(|(byte, key)| byte ^ key).collect()
    };
    for (backend, cipher) in ciphers(key) {
        let (mut some, mut all) = (text.to_vec(), text.to_vec());
        cipher.ctr32(counter, &mut some);
        prop_assert_eq!(&some, &expected(false), "{:?}", backend);
        cipher.ctr128(counter, &mut all);
        prop_assert_eq!(&all, &expected(true), "{:?}", backend);
    }
    Ok(())
}

fn check_chain(key: &[u8; 16], iv: &[u8; 16], text: &[[u8; 16]]) -> Result<(), TestCaseError> {
    let oracle = sm4::Sm4::new(&(*key).into());
    for (backend, cipher) in ciphers(key) {
        let (mut state, mut blocks) = (*iv, text.to_vec());
        cipher.chain(&mut state, &mut blocks);
        let mut last = *iv;
        for (block, plain) in blocks.iter().zip(text) {
            let mut opened = (*block).into();
            oracle.decrypt_block(&mut opened);
            let opened = u128::from_ne_bytes(opened.into()) ^ u128::from_ne_bytes(last);
            prop_assert_eq!(opened.to_ne_bytes(), *plain, "{:?}", backend);
            last = *block;
        }
        prop_assert_eq!(state, last, "{:?}", backend);
        let mut absorbed = *iv;
        cipher.absorb(&mut absorbed, text);
        prop_assert_eq!(absorbed, last, "{:?}", backend);
    }
    Ok(())
}

/// CBC decryption, which a kernel may do without being given masks.
fn check_unchaining(key: &[u8; 16], iv: &[u8; 16], text: &[[u8; 16]]) -> Result<(), TestCaseError> {
    for (backend, cipher) in ciphers(key) {
        let mut blocks = text.to_vec();
        cipher.chain(&mut iv.clone(), &mut blocks);
        cbc::decrypt(&cipher, iv, blocks.as_flattened_mut()).unwrap();
        prop_assert_eq!(&blocks, text, "{:?}", backend);
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_kernel_expands_a_key_alike_with_and_without_the_zero_block(key: [u8; 16]) {
        let oracle = sm4::Sm4::new(&key.into());
        for backend in ALL {
            let Some(kernel) = Kernel::of(backend) else { continue };
            let mut zero = [9; 16];
            let cipher = Sm4::with_kernel_and_zero(&key, kernel, &mut zero);
            prop_assert_eq!(zero, encrypted(&oracle, [0; 16]), "{:?}", backend);
            prop_assert_eq!(cipher.keys, Sm4::with_kernel(&key, kernel).keys, "{:?}", backend);
        }
    }

    #[test]
    fn every_kernel_undoes_a_chain(key: [u8; 16], iv: [u8; 16], text in vec(any::<[u8; 16]>(), 0..300)) {
        check_unchaining(&key, &iv, &text)?;
    }

    #[test]
    fn every_kernel_encrypts_and_decrypts_as_the_oracle(
        key: [u8; 16],
        text in vec(any::<[u8; 16]>(), 0..200),
        masks in vec(any::<[u8; 16]>(), 200),
    ) {
        check_blocks(&key, &text, &masks)?;
    }

    #[test]
    fn every_kernel_counts_as_the_oracle(key: [u8; 16], counter in counters(), text in vec(any::<u8>(), 0..4000)) {
        check_counting(&key, &counter, &text)?;
    }

    #[test]
    fn every_kernel_chains_as_the_oracle(key: [u8; 16], iv: [u8; 16], text in vec(any::<[u8; 16]>(), 0..20)) {
        check_chain(&key, &iv, &text)?;
    }
}

proptest! {
    #[test]
    fn chains_side_by_side_become_what_each_becomes_alone(
        key: [u8; 16],
        parts in vec((any::<[u8; 16]>(), vec(any::<[u8; 16]>(), 0..20)), 0..140),
    ) {
        for (backend, cipher) in ciphers(&key) {
            let mut texts: Vec<_> = parts.iter().map(|(_, text)| text.as_flattened().to_vec()).collect();
            let mut messages: Vec<_> =
                parts.iter().zip(&mut texts).map(|((iv, _), text)| (iv, &mut text[..])).collect();
            cbc::encrypt_many(&cipher, &mut messages).unwrap();
            for ((iv, text), made) in parts.iter().zip(&texts) {
                let mut alone = text.as_flattened().to_vec();
                cbc::encrypt(&cipher, iv, &mut alone).unwrap();
                prop_assert_eq!(made, &alone, "{:?}", backend);
            }
        }
    }

    #[test]
    fn tags_made_side_by_side_are_those_of_each_alone(
        key: [u8; 16],
        messages in vec(vec(any::<u8>(), 0..100), 0..140),
        piece in 1..40_usize,
    ) {
        let parts: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        for (message, tag) in messages.iter().zip(cmac::mac_many(&key, &parts)) {
            let mut cmac = cmac::Cmac::new(&key);
            message.chunks(piece).for_each(|piece| cmac.update(piece));
            prop_assert_eq!(tag, cmac.finalize());
        }
    }
}

#[test]
fn every_length_is_right_and_nothing_beyond_it_is_touched() {
    let text: Vec<u8> = (0..2200).map(|at| (at * 7 + at / 256) as u8).collect();
    for (backend, cipher) in ciphers(b"a key of 16 byte") {
        let mut whole = text.clone();
        cipher.ctr32(&[0xff; 16], &mut whole);
        for len in (0..1300).chain(2040..2200) {
            let mut part = text.clone();
            cipher.ctr32(&[0xff; 16], &mut part[..len]);
            assert_eq!(part[..len], whole[..len], "{backend:?} {len}");
            assert_eq!(part[len..], text[len..], "{backend:?} {len}");
        }
    }
}
