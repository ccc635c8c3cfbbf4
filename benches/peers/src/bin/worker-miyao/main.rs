//! miyao, on whichever kernel `MIYAO_CPU` leaves it; the hello names it.

mod sm2;

use std::{hint::black_box, io};

use miyao::algo::{
    hmac::HmacSm3,
    mode::{cbc, ccm::Ccm, ctr, ecb, gcm::Gcm, xts::Xts},
    sm3,
    sm4::{Backend, Sm4},
};
use peers::{KEYS, NONCE, TAG, Work, key, serve};

/// The fastest first, as keys choose.
const TIERS: [(&str, Backend); 4] = [
    ("avx512", Backend::Avx512),
    ("avx2-gfni", Backend::Gfni),
    ("aesni", Backend::Aesni),
    ("soft", Backend::Soft),
];

fn cipher() -> Sm4 {
    Sm4::new(&key())
}

fn blocks() -> Vec<(&'static str, Work)> {
    let (for_ecb, for_cbc, back, for_ctr) = (cipher(), cipher(), cipher(), cipher());
    let xts = Xts::new(&KEYS).expect("two keys");
    vec![
        (
            "sm4-key",
            Work::Key(
                Box::new(|key| _ = black_box(Sm4::new(key))),
                Box::new(|key, block| Sm4::new(key).encrypt_block(block)),
            ),
        ),
        ("sm4-ecb", Work::Crypt(Box::new(move |text| ecb::encrypt(&for_ecb, text).expect("blocks")))),
        (
            "sm4-cbc-encrypt",
            Work::Crypt(Box::new(move |text| cbc::encrypt(&for_cbc, &NONCE, text).expect("blocks"))),
        ),
        (
            "sm4-cbc-decrypt",
            Work::Crypt(Box::new(move |text| cbc::decrypt(&back, &NONCE, text).expect("blocks"))),
        ),
        ("sm4-ctr", Work::Crypt(Box::new(move |text| ctr::apply(&for_ctr, &NONCE, text)))),
        ("sm4-xts-encrypt", Work::Crypt(Box::new(move |text| xts.encrypt(&NONCE, text).expect("a sector")))),
    ]
}

fn seal(gcm: &Gcm, message: &mut [u8]) {
    let (text, tag) = message.split_last_chunk_mut::<TAG>().expect("room for a tag");
    *tag = gcm.encrypt(&NONCE[..12], &[], text).expect("a message");
}

fn authenticated() -> Vec<(&'static str, Work)> {
    let (gcm, other, back): (Gcm, Gcm, Gcm) = (Gcm::new(&key()), Gcm::new(&key()), Gcm::new(&key()));
    let ccm: Ccm = Ccm::new(&key());
    let open = move |message: &mut [u8]| {
        let (text, tag) = message.split_last_chunk_mut::<TAG>().expect("a tag");
        back.decrypt(&NONCE[..12], &[], text, tag).is_ok()
    };
    let seal_ccm = move |message: &mut [u8]| {
        let (text, tag) = message.split_last_chunk_mut::<TAG>().expect("room for a tag");
        *tag = ccm.encrypt(&NONCE[..12], &[], text).expect("a message");
    };
    vec![
        ("sm4-gcm-encrypt", Work::Seal(Box::new(move |message| seal(&gcm, message)))),
        ("sm4-gcm-decrypt", Work::Open(Box::new(move |message| seal(&other, message)), Box::new(open))),
        ("sm4-ccm-encrypt", Work::Seal(Box::new(seal_ccm))),
    ]
}

fn hashes() -> Vec<(&'static str, Work)> {
    let keyed = HmacSm3::new(&key());
    let mac = move |text: &[u8]| {
        let mut mac = keyed.clone();
        mac.update(text);
        mac.finalize()
    };
    vec![
        ("sm3", Work::Hash(Box::new(sm3::digest))),
        ("sm3x16", Work::Many(Box::new(sm3::digest_many))),
        ("hmac-sm3", Work::Hash(Box::new(mac))),
    ]
}

fn main() -> io::Result<()> {
    let can = |backend| Sm4::with_backend(&key(), backend).is_some();
    let tier = TIERS.into_iter().find(|(_, backend)| can(*backend)).map_or("soft", |(name, _)| name);
    let hello = format!("miyao of this checkout, SM4 on {tier}, SM2 on {}", miyao::algo::sm2::backend());
    let rows = blocks().into_iter().chain(authenticated()).chain(hashes()).chain(sm2::rows());
    serve(&hello, rows.collect(), sm2::questions())
}
