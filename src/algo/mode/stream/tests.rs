//! Pieces of every size make what the whole makes, and an end is an end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use alloc::{vec, vec::Vec};

use super::{
    super::{cbc, cfb, ctr, ecb, ofb, padding},
    Direction, Mode, Stream,
};
use crate::{Kind, algo::sm4::Sm4};

const ALL: [Mode; 8] =
    [Mode::Ecb, Mode::EcbPkcs7, Mode::Cbc, Mode::CbcPkcs7, Mode::Cfb, Mode::Cfb8, Mode::Ofb, Mode::Ctr];
const KEY: [u8; 16] = *b"a key of a test!";
/// As a counter it wraps after the first block.
const IV: [u8; 16] = [0xff; 16];

fn whole(mode: Mode, text: &[u8]) -> Vec<u8> {
    let (cipher, mut text) = (Sm4::new(&KEY), text.to_vec());
    if mode.is_padded() {
        padding::pad(&mut text);
    }
    match mode {
        Mode::Ecb | Mode::EcbPkcs7 => ecb::encrypt(&cipher, &mut text).unwrap(),
        Mode::Cbc | Mode::CbcPkcs7 => cbc::encrypt(&cipher, &IV, &mut text).unwrap(),
        Mode::Cfb => cfb::encrypt(&cipher, &IV, &mut text),
        Mode::Cfb8 => cfb::encrypt_bytewise(&cipher, &IV, &mut text),
        Mode::Ofb => ofb::apply(&cipher, &IV, &mut text),
        Mode::Ctr => ctr::apply(&cipher, &IV, &mut text),
    }
    text
}

fn pieces(stream: &mut Stream, data: &[u8], sizes: &[usize]) -> crate::Result<Vec<u8>> {
    let (mut out, mut rest, mut sizes) = (Vec::new(), data, sizes.iter().cycle());
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
        let mut made = vec![0; stream.update_len(now.len()).unwrap()];
        assert_eq!(stream.update(now, &mut made)?, made.len());
        out.append(&mut made);
        rest = later;
    }
    let mut last = [0; 16];
    let len = stream.finish(&mut last)?;
    out.extend_from_slice(&last[..len]);
    Ok(out)
}

#[test]
fn pieces_of_any_size_make_what_the_whole_makes_and_back() {
    let text: Vec<u8> = (0..200).collect();
    for mode in ALL {
        let mut encrypting = Stream::new(&KEY, mode, Direction::Encrypt, &IV);
        let mut decrypting = Stream::new(&KEY, mode, Direction::Decrypt, &IV);
        for len in (0..=200).filter(|len| !mode.has_blocks() || mode.is_padded() || len % 16 == 0) {
            for sizes in [&[1][..], &[16], &[3, 0, 32, 17, 5], &[15, 1, 33], &[200]] {
                let expected = whole(mode, &text[..len]);
                encrypting.restart(&IV);
                decrypting.restart(&IV);
                assert_eq!(pieces(&mut encrypting, &text[..len], sizes).unwrap(), expected, "{mode:?} {len}");
                assert_eq!(pieces(&mut decrypting, &expected, sizes).unwrap(), text[..len], "{mode:?} {len}");
            }
        }
    }
}

#[test]
fn in_place_is_the_same_where_output_comes_at_once() {
    for mode in ALL {
        let mut stream = Stream::new(&KEY, mode, Direction::Encrypt, &IV);
        let mut text: Vec<u8> = (0..100).collect();
        let expected = if mode.has_blocks() { Vec::new() } else { whole(mode, &text) };
        let (first, second) = text.split_at_mut(37);
        let done = stream.update_in_place(first).and_then(|()| stream.update_in_place(second));
        if mode.has_blocks() {
            assert_eq!(done.unwrap_err().kind(), Kind::Invalid);
        } else {
            assert_eq!(text, expected);
        }
    }
}

#[test]
fn a_text_that_is_not_whole_is_refused_and_nothing_follows_an_end() {
    let finish = |stream: &mut Stream| stream.finish(&mut [0; 16]).map_err(|error| error.kind());
    let mut out = [0; 64];
    for (mode, direction) in
        [(Mode::Ecb, Direction::Encrypt), (Mode::Cbc, Direction::Encrypt), (Mode::Cbc, Direction::Decrypt)]
    {
        let mut stream = Stream::new(&KEY, mode, direction, &IV);
        stream.update(&[7; 17], &mut out).unwrap();
        assert_eq!(finish(&mut stream), Err(Kind::Invalid));
        stream.update(&[7; 15], &mut out).unwrap();
        assert_eq!(finish(&mut stream), Ok(0));
        assert_eq!(stream.update(&[7], &mut out).unwrap_err().kind(), Kind::Invalid);
        assert_eq!(finish(&mut stream), Err(Kind::Invalid));
    }
    for (mode, len, expected) in [
        (Mode::EcbPkcs7, 0, Kind::Rejected),
        (Mode::CbcPkcs7, 0, Kind::Rejected),
        (Mode::EcbPkcs7, 32, Kind::Rejected),
        (Mode::EcbPkcs7, 15, Kind::Invalid),
        (Mode::CbcPkcs7, 33, Kind::Invalid),
    ] {
        let mut stream = Stream::new(&KEY, mode, Direction::Decrypt, &IV);
        stream.update(&[7; 33][..len], &mut out).unwrap();
        assert_eq!(finish(&mut stream), Err(expected), "{mode:?} {len}");
    }
    let mut stream = Stream::new(&KEY, Mode::Ctr, Direction::Encrypt, &IV);
    assert_eq!(stream.update(&[0; 2], &mut [0; 1]).unwrap_err().kind(), Kind::Invalid);
    assert_eq!(stream.update(&[], &mut []).unwrap(), 0);
}
