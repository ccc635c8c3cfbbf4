//! A message that comes byte by byte is looked at a few times, and opened with the last byte of its recipients.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use alloc::{collections::BTreeSet, vec};

use miyao::{
    algo::{drbg::Drbg, sm2::PrivateKey},
    envelope::{Options, encrypt, inspect},
};

use super::*;
use crate::{
    opener::{miyao_opener_add_sm2, miyao_opener_free, miyao_opener_new},
    sm2::miyao_sm2_private_key,
};

/// Who opens with this key.
fn demands(key: PrivateKey) -> Arc<Demands> {
    let mut opener = MaybeUninit::uninit();
    assert_eq!(miyao_opener_new(Some(&mut opener)), miyao_status::Ok);
    // SAFETY: it was just made.
    let opener = unsafe { opener.assume_init() };
    // SAFETY: likewise, and is nobody else's.
    let mut opener = unsafe { Box::from_raw(opener) };
    let added = miyao_opener_add_sm2(Some(&mut *opener), Some(&miyao_sm2_private_key(key)), None);
    assert_eq!(added, miyao_status::Ok);
    let demands = Arc::clone(&opener.0);
    miyao_opener_free(Some(opener));
    demands
}

#[test]
fn a_message_in_single_bytes_is_looked_at_no_oftener_than_its_start_has_lengths() {
    let mut rng = Drbg::new(&[7; 32], b"ffi/src/decryptor", b"");
    let key = PrivateKey::random(&mut rng);
    let message = encrypt(b"text", &Options::to(key.public_key()).spare(30_000), &mut rng).unwrap();
    let body = inspect(&message).unwrap().body_at;
    assert!(body > 50_000, "a long start");

    let mut decryptor = miyao_decryptor::new(demands(key));
    // It looks when as many bytes are there as it said the last time, and says more then.
    let mut looks = BTreeSet::new();
    for (at, byte) in message.iter().enumerate() {
        match &decryptor.state {
            State::Start(start) => {
                assert!(at < body && start.bytes.len() == at);
                looks.insert(start.needed);
            }
            State::Open(_) => assert!(at >= body),
            State::Over => panic!("it fails at {at}"),
        }
        decryptor.write(&[*byte]).unwrap();
    }
    assert!(looks.len() <= 5, "{looks:?}");
    decryptor.end().unwrap();
    let mut text = vec![0; 10];
    assert_eq!(decryptor.read(&mut text).unwrap(), 4);
    assert_eq!(&text[..4], b"text");
    decryptor.finish().unwrap();
}
