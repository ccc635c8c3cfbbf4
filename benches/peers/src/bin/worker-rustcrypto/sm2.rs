//! SM2 of the `sm2` crate; its user ids are text. It has no key exchange.

use std::hint::black_box;

use getrandom::SysRng;
use peers::{KEYS, Question, Work};
use sm2::{
    PublicKey, SecretKey,
    dsa::{
        Signature, SigningKey, VerifyingKey,
        signature::{RandomizedSigner, Verifier},
    },
    elliptic_curve::{Generate, sec1::ToSec1Point},
    pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey},
    pke::{DecryptingKey, EncryptingKey},
};

const ID: &str = "1234567812345678";
const MESSAGE: [u8; 32] = KEYS;

fn own() -> SecretKey {
    SecretKey::from_slice(&KEYS).expect("a key")
}

fn call(name: &'static str, work: impl FnMut() -> bool + 'static) -> (&'static str, Work) {
    (name, Work::Call(Box::new(work)))
}

pub fn rows() -> Vec<(&'static str, Work)> {
    let key = SigningKey::new(ID, &own()).expect("a key");
    let verifying = key.verifying_key().clone();
    let bytes = key.try_sign_with_rng(&mut SysRng, &MESSAGE).expect("a signature").to_der();
    let (encrypting, decrypting) = (EncryptingKey::new(own().public_key()), DecryptingKey::new(own()));
    let hidden = encrypting.encrypt(&mut SysRng, &MESSAGE).expect("a ciphertext");
    let (first, peer) = (own(), SecretKey::generate().public_key());
    vec![
        call("sm2-keygen", || {
            black_box(SecretKey::generate().public_key());
            true
        }),
        call("sm2-sign", move || {
            let signature: Result<Signature, _> = key.try_sign_with_rng(&mut SysRng, black_box(&MESSAGE));
            signature.is_ok_and(|signature| !black_box(signature.to_der()).as_bytes().is_empty())
        }),
        call("sm2-verify", move || {
            let signature = Signature::from_der(black_box(bytes.as_bytes()));
            signature.is_ok_and(|signature| verifying.verify(&MESSAGE, &signature).is_ok())
        }),
        call("sm2-encrypt", move || encrypting.encrypt(&mut SysRng, black_box(&MESSAGE)).is_ok()),
        call("sm2-decrypt", move || decrypting.decrypt(black_box(&hidden)).is_ok()),
        call("sm2-ecdh", move || {
            black_box(first.diffie_hellman(&peer));
            true
        }),
    ]
}

fn text(id: &[u8]) -> Option<&str> {
    str::from_utf8(id).ok()
}

pub fn questions() -> Vec<Question> {
    let files: [Question; 4] = [
        (
            "sm2-pkcs8",
            Box::new(|f| Some(SecretKey::from_slice(&f[0]).ok()?.to_pkcs8_der().ok()?.as_bytes().to_vec())),
        ),
        ("sm2-read-pkcs8", Box::new(|f| Some(SecretKey::from_pkcs8_der(&f[0]).ok()?.to_bytes().to_vec()))),
        (
            "sm2-spki",
            Box::new(|f| {
                Some(PublicKey::from_sec1_bytes(&f[0]).ok()?.to_public_key_der().ok()?.as_bytes().to_vec())
            }),
        ),
        (
            "sm2-read-spki",
            Box::new(|f| {
                Some(PublicKey::from_public_key_der(&f[0]).ok()?.to_sec1_point(false).as_bytes().to_vec())
            }),
        ),
    ];
    let answers: [Question; 6] = [
        (
            "sm2-public",
            Box::new(|f| {
                Some(SecretKey::from_slice(&f[0]).ok()?.public_key().to_sec1_point(false).as_bytes().to_vec())
            }),
        ),
        (
            "sm2-sign",
            Box::new(|f| {
                let key = SigningKey::new(text(&f[1])?, &SecretKey::from_slice(&f[0]).ok()?).ok()?;
                let signature: Signature = key.try_sign_with_rng(&mut SysRng, &f[2]).ok()?;
                Some(signature.to_bytes().to_vec())
            }),
        ),
        (
            "sm2-verify",
            Box::new(|f| {
                let key = VerifyingKey::new(text(&f[1])?, PublicKey::from_sec1_bytes(&f[0]).ok()?).ok()?;
                let valid =
                    Signature::from_slice(&f[3]).is_ok_and(|signature| key.verify(&f[2], &signature).is_ok());
                Some(vec![u8::from(valid)])
            }),
        ),
        (
            "sm2-encrypt",
            Box::new(|f| {
                let key = EncryptingKey::new(PublicKey::from_sec1_bytes(&f[0]).ok()?);
                key.encrypt(&mut SysRng, &f[1]).ok()
            }),
        ),
        (
            "sm2-decrypt",
            Box::new(|f| DecryptingKey::new(SecretKey::from_slice(&f[0]).ok()?).decrypt(&f[1]).ok()),
        ),
        (
            "sm2-ecdh",
            Box::new(|f| {
                let (key, peer) =
                    (SecretKey::from_slice(&f[0]).ok()?, PublicKey::from_sec1_bytes(&f[1]).ok()?);
                Some(key.diffie_hellman(&peer).raw_secret_bytes().to_vec())
            }),
        ),
    ];
    answers.into_iter().chain(files).collect()
}
