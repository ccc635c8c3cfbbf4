//! Calls one algorithm once over 16 KiB, or of SM2 over 32 bytes, under a key that is ready: `miyao-instructions CASE`; without a case, names them.
//!
//! Knows no count. `run` beside has callgrind count what happens in `counted` and compares it with the file `counts`.

use std::{env, hint::black_box, process::ExitCode};

use miyao::algo::{
    drbg::Drbg,
    hmac::HmacSm3,
    mode::{
        cbc, ctr, ecb,
        gcm::{Encryptor, Gcm},
    },
    sm2::{DEFAULT_USER_ID, Encoding, PreparedPublicKey, PrivateKey},
    sm3,
    sm4::Sm4,
};

const KEY: [u8; 16] = [7; 16];
const NONCE: [u8; 16] = [9; 16];
const TEXT: [u8; 32] = [5; 32];
const CASES: [&str; 13] = [
    "sm4-ctr",
    "sm4-gcm-encrypt",
    "sm4-gcm-encrypt-pieces",
    "sm4-ecb",
    "sm4-cbc-encrypt",
    "sm3",
    "hmac-sm3",
    "sm2-keygen",
    "sm2-sign",
    "sm2-verify",
    "sm2-verify-prepared",
    "sm2-encrypt",
    "sm2-decrypt",
];

/// Whether it was done.
type Work = dyn FnMut(&mut [u8]) -> bool;

/// The work of a case, keyed already.
fn case(name: &str) -> Option<Box<Work>> {
    let (cipher, gcm, mut mac): (_, Gcm, _) = (Sm4::new(&KEY), Gcm::new(&KEY), HmacSm3::new(&KEY));
    Some(match name {
        "sm4-ctr" => Box::new(move |text| {
            ctr::apply(&cipher, &NONCE, text);
            true
        }),
        "sm4-gcm-encrypt" => Box::new(move |text| gcm.encrypt(&NONCE[..12], &[], text).is_ok()),
        "sm4-gcm-encrypt-pieces" => Box::new(move |text| in_pieces(&gcm, text).is_ok()),
        "sm4-ecb" => Box::new(move |text| ecb::encrypt(&cipher, text).is_ok()),
        "sm4-cbc-encrypt" => Box::new(move |text| cbc::encrypt(&cipher, &NONCE, text).is_ok()),
        "sm3" => Box::new(|text| sm3::digest(text) != [0; 32]),
        "hmac-sm3" => Box::new(move |text| {
            mac.update(text);
            mac.clone().finalize() != [0; 32]
        }),
        _ => return sm2_case(name),
    })
}

/// Of 4 KiB.
fn in_pieces(gcm: &Gcm, text: &mut [u8]) -> Result<[u8; 16], miyao::Error> {
    let mut encryptor = Encryptor::new(gcm, &NONCE[..12], &[])?;
    for piece in text.chunks_mut(4 << 10) {
        encryptor.update(piece)?;
    }
    encryptor.finish()
}

/// Likewise. What is drawn is the same each time, so that counts are too.
fn sm2_case(name: &str) -> Option<Box<Work>> {
    let mut rng = Drbg::new(&[7; 32], b"", b"instructions");
    let key = PrivateKey::random(&mut rng);
    let public = key.public_key().clone();
    let signature = key.sign(DEFAULT_USER_ID, &TEXT, &mut rng).ok()?;
    let hidden = public.encrypt(&TEXT, Encoding::C1C3C2, &mut rng).ok()?;
    Some(match name {
        "sm2-keygen" => Box::new(move |_| PrivateKey::random(&mut rng).public_key() != &public),
        "sm2-sign" => Box::new(move |_| key.sign(DEFAULT_USER_ID, &TEXT, &mut rng).is_ok()),
        "sm2-verify" => Box::new(move |_| public.verify(DEFAULT_USER_ID, &TEXT, &signature).is_ok()),
        "sm2-verify-prepared" => {
            let prepared = PreparedPublicKey::full(&public);
            Box::new(move |_| prepared.verify(DEFAULT_USER_ID, &TEXT, &signature).is_ok())
        }
        "sm2-encrypt" => Box::new(move |_| public.encrypt(&TEXT, Encoding::C1C3C2, &mut rng).is_ok()),
        "sm2-decrypt" => Box::new(move |_| key.decrypt(&hidden, Encoding::C1C3C2).is_ok()),
        _ => return None,
    })
}

/// What callgrind counts, by this name.
#[inline(never)]
fn counted(work: &mut Work, text: &mut [u8]) -> bool {
    work(black_box(text))
}

fn main() -> ExitCode {
    let Some(name) = env::args().nth(1) else {
        println!("{}", CASES.join("\n"));
        return ExitCode::SUCCESS;
    };
    let Some(mut work) = case(&name) else { return ExitCode::FAILURE };
    let mut text = vec![0x5a; 16 << 10];
    // Asks what the processor can do, which is not to be counted.
    let is_done = work(&mut text) && counted(black_box(&mut *work), &mut text);
    if is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
