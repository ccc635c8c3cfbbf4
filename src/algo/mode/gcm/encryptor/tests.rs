//! What is refused changes nothing, and an end is an end. That pieces are what the whole is, the tests of GCM say.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use super::{super::Gcm, Encryptor};
use crate::Kind;

#[test]
fn what_is_refused_in_a_piece_changes_nothing_and_an_end_is_an_end() {
    let gcm: Gcm<12> = Gcm::new(&[7; 16]);
    let mut whole = *b"a text in pieces";
    let tag = gcm.encrypt(&[1; 12], b"aad", &mut whole).expect("a nonce and not too much");

    let mut encryptor = Encryptor::new(&gcm, &[1; 12], b"aad").expect("a nonce");
    let (mut text, mut other) = (*b"a text in pieces", [7; 2]);
    encryptor.update(&mut text[..5]).expect("not too much");
    assert_eq!(encryptor.update_to(&[8], &mut other).expect_err("other lengths").kind(), Kind::Invalid);
    encryptor.text = Some(Gcm::<12>::MAX - 1);
    assert_eq!(encryptor.update(&mut other).expect_err("too much").kind(), Kind::TooLarge);
    assert_eq!(encryptor.update_to(&[8; 2], &mut other).expect_err("too much").kind(), Kind::TooLarge);
    assert_eq!(other, [7; 2], "nothing is written");
    encryptor.text = Some(5);
    encryptor.update(&mut text[5..]).expect("not too much");
    assert_eq!((text, encryptor.finish().expect("not ended yet")), (whole, tag));

    assert_eq!(encryptor.finish().expect_err("ended").kind(), Kind::Invalid);
    assert_eq!(encryptor.update(&mut []).expect_err("ended").kind(), Kind::Invalid);
    assert_eq!(encryptor.update_to(&[8; 2], &mut other).expect_err("ended").kind(), Kind::Invalid);
    assert_eq!(other, [7; 2], "nothing is written");
    assert_eq!(Encryptor::new(&gcm, &[], b"").expect_err("no nonce").kind(), Kind::Invalid);
}

/// The last piece that fits, and the first that does not.
#[test]
fn a_text_in_pieces_may_be_as_long_as_a_whole_one() {
    let gcm: Gcm = Gcm::new(&[7; 16]);
    let mut encryptor = Encryptor::new(&gcm, &[1; 12], b"").expect("a nonce");
    encryptor.text = Some(Gcm::<16>::MAX - 32);
    encryptor.update(&mut [0; 32]).expect("as long as it may be");
    assert_eq!(encryptor.update(&mut [0]).expect_err("a byte more").kind(), Kind::TooLarge);
    encryptor.finish().expect("not ended yet");
}
