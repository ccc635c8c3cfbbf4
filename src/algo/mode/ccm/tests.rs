//! Pieces of every size make what the whole makes, with every kernel, and what was said of the length is kept.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use alloc::vec::Vec;

use proptest::{collection::vec, prelude::any, prop_assert_eq, proptest};

use super::{Ccm, Encryptor};
use crate::{Kind, algo::sm4::Backend};

const KEY: [u8; 16] = *b"a key of a test!";
const BACKENDS: [Backend; 6] =
    [Backend::Avx512, Backend::Gfni, Backend::Aesni, Backend::Sm4e, Backend::Aese, Backend::Soft];

/// In pieces of these sizes, over and over; every other one from one place to another.
fn pieces(ccm: &Ccm, nonce: &[u8], aad: &[u8], text: &[u8], sizes: &[usize]) -> (Vec<u8>, [u8; 16]) {
    let mut encryptor = Encryptor::new(ccm, nonce, aad, text.len() as u64).unwrap();
    let (mut made, mut sizes, mut at) = (text.to_vec(), sizes.iter().cycle(), 0);
    while at < text.len() {
        let end = text.len().min(at + sizes.next().unwrap());
        if end % 2 == 0 {
            encryptor.update(&mut made[at..end]).unwrap();
        } else {
            encryptor.update_to(&text[at..end], &mut made[at..end]).unwrap();
        }
        at = end;
    }
    (made, encryptor.finish().unwrap())
}

#[test]
fn every_length_in_pieces_is_what_the_whole_is() {
    let text: Vec<u8> = (0..200).collect();
    for ccm in BACKENDS.into_iter().filter_map(|backend| Ccm::<16>::with_backend(&KEY, backend)) {
        for len in 0..=text.len() {
            let mut whole = text[..len].to_vec();
            let tag = ccm.encrypt(&[5; 13], &text[..len / 3], &mut whole).unwrap();
            for sizes in [&[1][..], &[16], &[0, 3, 0, 32, 17, 5], &[15, 1, 33], &[48, 80, 7], &[200]] {
                let made = pieces(&ccm, &[5; 13], &text[..len / 3], &text[..len], sizes);
                assert_eq!(made, (whole.clone(), tag), "{len} bytes in {sizes:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn pieces_are_what_the_whole_is(
        nonce in vec(any::<u8>(), 7..=13), aad in vec(any::<u8>(), 0..70), text in vec(any::<u8>(), 0..5000),
        sizes in vec(1_usize..2000, 1..9),
    ) {
        let ccm: Ccm = Ccm::new(&KEY);
        let mut whole = text.clone();
        let tag = ccm.encrypt(&nonce, &aad, &mut whole).unwrap();
        prop_assert_eq!(pieces(&ccm, &nonce, &aad, &text, &sizes), (whole, tag));
    }
}

#[test]
fn what_was_said_of_the_length_is_kept_and_an_end_is_an_end() {
    let ccm: Ccm<8> = Ccm::new(&KEY);
    let mut whole = *b"a text of 21 bytes.  ";
    let tag = ccm.encrypt(&[1; 12], b"", &mut whole).unwrap();

    let mut encryptor = Encryptor::new(&ccm, &[1; 12], b"", 21).unwrap();
    let mut text = *b"a text of 21 bytes.  ";
    encryptor.update(&mut text[..20]).unwrap();
    assert_eq!(encryptor.finish().unwrap_err().kind(), Kind::Invalid, "too short");
    let mut long = [7; 2];
    assert_eq!(encryptor.update(&mut long).unwrap_err().kind(), Kind::Invalid, "too long");
    assert_eq!(encryptor.update_to(&[8; 2], &mut long).unwrap_err().kind(), Kind::Invalid, "too long");
    assert_eq!(encryptor.update_to(&[8], &mut long).unwrap_err().kind(), Kind::Invalid, "other lengths");
    assert_eq!(long, [7; 2], "nothing is written");
    encryptor.update(&mut text[20..]).unwrap();
    assert_eq!((text, encryptor.finish().unwrap()), (whole, tag), "what was refused has changed nothing");

    assert_eq!(encryptor.finish().unwrap_err().kind(), Kind::Invalid, "ended");
    assert_eq!(encryptor.update(&mut []).unwrap_err().kind(), Kind::Invalid, "ended");
    assert_eq!(Encryptor::new(&ccm, &[1; 6], b"", 21).unwrap_err().kind(), Kind::Invalid);
    assert_eq!(Encryptor::new(&ccm, &[1; 13], b"", 1 << 16).unwrap_err().kind(), Kind::TooLarge);
}
