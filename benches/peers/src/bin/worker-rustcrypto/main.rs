//! The crates of RustCrypto, each the newest that fits the others.

mod sm2;

use std::{hint::black_box, io};

use aes_gcm::{AesGcm, aead::AeadInOut};
use cbc::cipher::{
    Array, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit, StreamCipher,
    consts::{U12, U16},
};
use ccm::Ccm;
use hmac::{Hmac, Mac};
use peers::{KEYS, NONCE, TAG, Work, key, serve};
use sm3::{Digest, Sm3};
use sm4::Sm4;
use xts_mode::Xts128;

type Blocks<'a> = &'a mut [Array<u8, U16>];

fn cipher() -> Sm4 {
    Sm4::new(&key().into())
}

fn blocks(text: &mut [u8]) -> Blocks<'_> {
    Array::slice_as_chunks_mut(text).0
}

fn nonce() -> Array<u8, U12> {
    Array::from_fn(|at| NONCE[at])
}

fn unauthenticated() -> Vec<(&'static str, Work)> {
    let (for_ecb, for_cbc, back, for_ctr) = (cipher(), cipher(), cipher(), cipher());
    let other = Sm4::new(&Array::from_fn(|at| KEYS[16 + at]));
    let xts = Xts128::new(cipher(), other);
    let encrypt = move |text: &mut [u8]| {
        cbc::Encryptor::inner_iv_init(&for_cbc, &NONCE.into()).encrypt_blocks(blocks(text));
    };
    let decrypt = move |text: &mut [u8]| {
        cbc::Decryptor::inner_iv_init(&back, &NONCE.into()).decrypt_blocks(blocks(text));
    };
    let count = move |text: &mut [u8]| {
        let core = ctr::CtrCore::<&Sm4, ctr::flavors::Ctr128BE>::inner_iv_init(&for_ctr, &NONCE.into());
        cbc::cipher::StreamCipherCoreWrapper::from_core(core).apply_keystream(text);
    };
    let schedule = Work::Key(
        Box::new(|key| _ = black_box(Sm4::new(&(*key).into()))),
        Box::new(|key, block| Sm4::new(&(*key).into()).encrypt_block(block.into())),
    );
    vec![
        ("sm4-key", schedule),
        ("sm4-ecb", Work::Crypt(Box::new(move |text| for_ecb.encrypt_blocks(blocks(text))))),
        ("sm4-cbc-encrypt", Work::Crypt(Box::new(encrypt))),
        ("sm4-cbc-decrypt", Work::Crypt(Box::new(decrypt))),
        ("sm4-ctr", Work::Crypt(Box::new(count))),
        ("sm4-xts-encrypt", Work::Crypt(Box::new(move |text| xts.encrypt_sector(text, NONCE.into())))),
    ]
}

fn seal(aead: &impl AeadInOut<NonceSize = U12, TagSize = U16>, message: &mut [u8]) {
    let (text, tag) = message.split_last_chunk_mut::<TAG>().expect("room for a tag");
    *tag = aead.encrypt_inout_detached(&nonce(), &[], text.into()).expect("a message").into();
}

fn authenticated() -> Vec<(&'static str, Work)> {
    type Gcm = AesGcm<Sm4, U12>;
    let [gcm, other, back] = [(); 3].map(|()| Gcm::new(&key().into()));
    let ccm = Ccm::<Sm4, U16, U12>::new(&key().into());
    let open = move |message: &mut [u8]| {
        let (text, tag) = message.split_last_chunk_mut::<TAG>().expect("a tag");
        back.decrypt_inout_detached(&nonce(), &[], text.into(), &(*tag).into()).is_ok()
    };
    vec![
        ("sm4-gcm-encrypt", Work::Seal(Box::new(move |message| seal(&gcm, message)))),
        ("sm4-gcm-decrypt", Work::Open(Box::new(move |message| seal(&other, message)), Box::new(open))),
        ("sm4-ccm-encrypt", Work::Seal(Box::new(move |message| seal(&ccm, message)))),
    ]
}

fn hashes() -> Vec<(&'static str, Work)> {
    let keyed = <Hmac<Sm3> as KeyInit>::new_from_slice(&key()).expect("a key");
    let mac = move |text: &[u8]| {
        let mut mac = keyed.clone();
        mac.update(text);
        mac.finalize().into_bytes().into()
    };
    let each = |messages: &[&[u8]]| messages.iter().map(|text| Sm3::digest(text).into()).collect();
    vec![
        ("sm3", Work::Hash(Box::new(|text| Sm3::digest(text).into()))),
        ("sm3x16", Work::Many(Box::new(each))),
        ("hmac-sm3", Work::Hash(Box::new(mac))),
    ]
}

fn main() -> io::Result<()> {
    let rows = unauthenticated().into_iter().chain(authenticated()).chain(hashes()).chain(sm2::rows());
    let hello = "RustCrypto: sm2 0.14.0, sm4 0.6.0, sm3 0.5.0, aes-gcm 0.11.1, cbc, ccm, ctr, hmac, xts-mode";
    serve(hello, rows.collect(), sm2::questions())
}
