//! Private keys under passphrases.

use core::time::Duration;
use std::{
    fs,
    io::{self, Write as _},
    process::Command,
    time::Instant,
};

use miyao::{
    Error, Kind,
    algo::{
        mode::{cbc, padding},
        pbkdf2,
        sm2::PrivateKey,
        sm4::Sm4,
    },
    pki::pkcs8::{self, Cipher, Derivation, Encryption},
};

use super::{element, key, out_of_range, replaced, rng, scalar, vectors};

const WRITTEN: [Derivation; 4] =
    [Derivation::HmacSm3, Derivation::HmacSm3Null, Derivation::HmacSm3OpenSsl, Derivation::GmT0091];

fn sealed(derivation: Derivation) -> Vec<u8> {
    let encryption = Encryption::new().iterations(1024).unwrap().derivation(derivation);
    encryption.encrypt(&key(5), b"right", &mut rng("pkcs8")).unwrap()
}

fn refusal(der: &[u8]) -> Error {
    let asked = Instant::now();
    let error = pkcs8::decrypt(der, b"right").unwrap_err();
    assert!(asked.elapsed() < Duration::from_secs(5), "refused by waiting");
    error
}

#[test]
fn key_files_of_gmsm_open_with_their_passphrase_and_no_other() {
    let found: Vec<_> = vectors("pkcs8")
        .into_iter()
        .map(|(passphrase, d, der)| {
            assert_eq!(scalar(&pkcs8::decrypt(&der, passphrase.as_bytes()).unwrap()), d);
            for wrong in ["", "口令 correct horsf", "口令 correct horse "] {
                let error = pkcs8::decrypt(&der, wrong.as_bytes()).unwrap_err();
                assert_eq!(error.kind(), Kind::Rejected);
            }
            let told = pkcs8::describe(&der).unwrap();
            (told.derivation, told.iterations, told.salt_len, told.cipher)
        })
        .collect();
    let expected = [
        (Derivation::HmacSm3Null, 2048, 8, Cipher::Sm4),
        (Derivation::HmacSm3Null, 1, 16, Cipher::Sm4),
        (Derivation::HmacSha256, 2048, 16, Cipher::Sm4),
        (Derivation::GmT0091, 2048, 16, Cipher::Sm4),
        (Derivation::HmacSha256, 2048, 16, Cipher::Aes256),
        (Derivation::HmacSha1, 2048, 16, Cipher::Sm4),
        (Derivation::HmacSha512, 2048, 16, Cipher::Aes128),
        (Derivation::HmacSm3Null, 2048, 16, Cipher::Aes192),
    ];
    assert_eq!(found, expected);
}

#[test]
fn another_cipher_function_or_derivation_is_named_with_what_to_do() {
    let names = ["2.16.840.1.101.3.4.1.46", "SM4-GCM", "HMAC-SHA384", "scrypt"];
    for ((passphrase, _, der), name) in vectors("unsupported").into_iter().zip(names) {
        let error = pkcs8::decrypt(&der, passphrase.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), Kind::Unsupported);
        let text = error.to_string();
        assert!(text.contains(name) && text.contains("openssl pkcs8 -topk8 -v2 sm4-cbc"), "{text}");
    }
}

#[test]
fn every_derivation_that_is_written_is_read_back_as_itself() {
    for derivation in WRITTEN {
        let der = sealed(derivation);
        assert_eq!(scalar(&pkcs8::decrypt(&der, b"right").unwrap()), scalar(&key(5)));
        let told = pkcs8::describe(&der).unwrap();
        assert_eq!((told.derivation, told.iterations, told.salt_len), (derivation, 1024, 16));
        assert_eq!(pkcs8::decrypt(&der, b"wrong").unwrap_err().kind(), Kind::Rejected);
    }
    let pem =
        Encryption::new().iterations(1024).unwrap().encrypt_pem(&key(5), b"right", &mut rng("pem")).unwrap();
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    assert_eq!(scalar(&pkcs8::decrypt_pem(pem.as_bytes(), b"right").unwrap()), scalar(&key(5)));
    assert_eq!(PrivateKey::from_pem(pem.as_bytes()).unwrap_err().kind(), Kind::Unsupported);
    assert_eq!(pkcs8::decrypt_pem(b"nothing", b"right").unwrap_err().kind(), Kind::Malformed);
}

#[test]
fn salt_and_vector_are_fresh_each_time() {
    let mut rng = rng("fresh");
    let encryption = Encryption::new().iterations(1024).unwrap();
    let mut make = || encryption.encrypt(&key(5), b"right", &mut rng).unwrap();
    let (one, two) = (make(), make());
    let same = one.iter().zip(&two).filter(|(a, b)| a == b).count();
    assert!(same < one.len() - 150, "{same} bytes of {} are the same", one.len());
}

#[test]
fn what_cannot_be_written_is_refused() {
    for iterations in [0, 1, 1023, 10_000_001, u32::MAX] {
        assert_eq!(Encryption::new().iterations(iterations).unwrap_err().kind(), Kind::Invalid);
    }
    for only_read in [Derivation::HmacSha1, Derivation::HmacSha256, Derivation::HmacSha512] {
        let other = Encryption::new().derivation(only_read);
        assert_eq!(other.encrypt(&key(5), b"x", &mut rng("x")).unwrap_err().kind(), Kind::Invalid);
    }
    assert_eq!(Encryption::new().encrypt(&key(5), b"", &mut rng("x")).unwrap_err().kind(), Kind::Invalid);
}

/// PBES2 with these PBKDF2 parameters around a ciphertext that does not matter.
fn with_parameters(parameters: &[&[u8]]) -> Vec<u8> {
    let oid = |hex: &str| element(6, &[&super::unhex(hex)]);
    let derivation = element(0x30, &[&oid("2a864886f70d01050c"), &element(0x30, parameters)]);
    let cipher = element(0x30, &[&oid("2a811ccf55016802"), &element(4, &[&[9; 16]])]);
    let scheme = element(0x30, &[&oid("2a864886f70d01050d"), &element(0x30, &[&derivation, &cipher])]);
    element(0x30, &[&scheme, &element(4, &[&[7; 144]])])
}

#[test]
fn the_cost_that_a_file_asks_for_is_limited_before_it_is_paid() {
    let salt = element(4, &[&[1; 16]]);
    let prf = super::unhex("300b06092a811ccf5501831102");
    let asks = |number: &[u8]| refusal(&with_parameters(&[&salt, &element(2, &[number]), &prf])).kind();
    assert_eq!(asks(&[0]), Kind::Malformed);
    assert_eq!(asks(&[0xff]), Kind::Malformed);
    assert_eq!(asks(&[0, 1]), Kind::Malformed);
    assert_eq!(asks(&[]), Kind::Malformed);
    assert_eq!(asks(&[0x7f, 0xff, 0xff, 0xff]), Kind::TooLarge);
    assert_eq!(asks(&[0x7f; 8]), Kind::TooLarge);
    assert_eq!(asks(&[0x7f; 9]), Kind::Malformed);
    assert_eq!(asks(&[0x98, 0x96, 0x81]), Kind::Malformed);
    assert_eq!(asks(&10_000_001u32.to_be_bytes()), Kind::TooLarge);
    assert_eq!(asks(&[1]), Kind::Rejected);
}

#[test]
fn salt_and_length_of_the_key_have_their_bounds() {
    let prf = super::unhex("300b06092a811ccf5501831102");
    let kind = |salt: usize, rest: &[&[u8]]| {
        let salt = element(4, &[&vec![1; salt]]);
        refusal(&with_parameters(&[&[&salt[..], &[2, 1, 1]], rest].concat())).kind()
    };
    for (salt, expected) in [
        (0, Kind::Malformed),
        (7, Kind::Malformed),
        (8, Kind::Rejected),
        (128, Kind::Rejected),
        (129, Kind::Malformed),
    ] {
        assert_eq!(kind(salt, &[&prf]), expected, "{salt} bytes of salt");
    }
    assert_eq!(kind(8, &[&[2, 1, 16], &prf]), Kind::Rejected);
    for other in [0, 15, 17, 24, 32] {
        assert_eq!(kind(8, &[&[2, 1, other], &prf]), Kind::Malformed, "a key of {other} bytes");
    }
    assert_eq!(kind(8, &[&prf, &[5, 0]]), Kind::Malformed);
    assert_eq!(kind(8, &[]), Kind::Rejected, "HMAC-SHA1 by default");
    // The CHOICE of another source of salt.
    assert_eq!(refusal(&with_parameters(&[&prf, &[2, 1, 1], &prf])).kind(), Kind::Malformed);
}

/// A file that opens with "right" to this text, padded or not.
fn holding(text: &[u8]) -> Vec<u8> {
    let made = sealed(Derivation::HmacSm3);
    let salt: &[u8] = &made[made.windows(2).position(|at| at == [4, 16]).unwrap() + 2..][..16];
    let iv_at = made.windows(2).rposition(|at| at == [4, 16]).unwrap() + 2;
    let iv: &[u8; 16] = made[iv_at..][..16].try_into().unwrap();
    let mut derived = [0; 16];
    pbkdf2::derive(b"right", salt, 1024.try_into().unwrap(), &mut derived).unwrap();
    let mut text = text.to_vec();
    cbc::encrypt(&Sm4::new(&derived), iv, &mut text).unwrap();
    let scheme = &made[3..iv_at + 16];
    element(0x30, &[scheme, &element(4, &[&text])])
}

#[test]
fn a_wrong_passphrase_bad_padding_and_other_content_are_one_error() {
    let plain = key(5).to_pkcs8_der();
    let padded = |text: &[u8]| {
        let mut text = text.to_vec();
        padding::pad(&mut text);
        text
    };
    assert_eq!(
        scalar(&pkcs8::decrypt(&holding(&padded(plain.expose())), b"right").unwrap()),
        scalar(&key(5))
    );
    let wrong = pkcs8::decrypt(&sealed(Derivation::HmacSm3), b"wrong").unwrap_err().to_string();
    let mut bad_padding = padded(plain.expose());
    *bad_padding.last_mut().unwrap() ^= 1;
    let mut zero_padding = padded(plain.expose());
    *zero_padding.last_mut().unwrap() = 0;
    let mismatch = replaced(plain.expose(), &scalar(&key(5)), &scalar(&key(6)));
    let without_public = |d: &[u8]| {
        let inner = element(0x30, &[&[2, 1, 1], &element(4, &[d])]);
        element(0x30, &[&plain.expose()[3..27], &element(4, &[&inner])])
    };
    assert!(pkcs8::decrypt(&holding(&padded(&without_public(&scalar(&key(5))))), b"right").is_ok());
    let cut = &plain.expose()[..plain.len() - 1];
    for text in [
        bad_padding,
        zero_padding,
        padded(b"no key"),
        padded(b""),
        padded(cut),
        padded(&mismatch),
        padded(&without_public(&[0; 32])),
        padded(&without_public(&out_of_range(0))),
        padded(&without_public(&out_of_range(1))),
        padded(&[plain.expose(), &[0]].concat()),
    ] {
        let error = refusal(&holding(&text));
        assert_eq!((error.kind(), error.to_string()), (Kind::Rejected, wrong.clone()));
    }
}

#[test]
fn every_truncation_and_every_flipped_bit_is_an_error_or_changes_nothing() {
    let made =
        Encryption::new().iterations(1024).unwrap().encrypt(&key(5), b"right", &mut rng("flip")).unwrap();
    for len in 0..made.len() {
        assert_eq!(refusal(&made[..len]).kind(), Kind::Malformed);
    }
    assert_eq!(refusal(&[&made[..], &[0]].concat()).kind(), Kind::Malformed);
    for at in 0..made.len() * 8 {
        let mut flipped = made.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        // More iterations than before are slow without an optimiser and say nothing else.
        if pkcs8::describe(&flipped).is_ok_and(|told| told.iterations > 1024) {
            continue;
        }
        match pkcs8::decrypt(&flipped, b"right") {
            Ok(key) => panic!("bit {at} changed and {:?} was found", key.public_key()),
            Err(error) => assert!(
                matches!(error.kind(), Kind::Malformed | Kind::Rejected | Kind::Unsupported | Kind::TooLarge),
                "{error}"
            ),
        }
    }
}

/// The `openssl` of the system, or a loud word that there is none.
pub(super) fn openssl(arguments: &[&str]) -> Option<Vec<u8>> {
    match Command::new("openssl").args(arguments).output() {
        Ok(ended) if ended.status.success() => Some(ended.stdout),
        Ok(ended) => panic!("openssl {arguments:?}: {}", String::from_utf8_lossy(&ended.stderr)),
        Err(error) => {
            // Written past the harness, which keeps what a passing test prints to itself.
            let said = format!("SKIPPED: openssl is needed (`apt-get install openssl`): {error}\n");
            io::stderr().write_all(said.as_bytes()).unwrap();
            None
        }
    }
}

#[test]
fn key_files_of_openssl_are_read_and_what_is_not_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key.pem");
    let path = path.to_str().unwrap();
    fs::write(path, key(5).to_pkcs8_pem().unwrap().expose()).unwrap();
    let topk8 = ["pkcs8", "-topk8", "-in", path, "-passout", "pass:right"];
    for more in [
        &[][..],
        &["-v2", "sm4-cbc"],
        &["-v2", "sm4-cbc", "-iter", "10000"],
        &["-v2", "sm4-cbc", "-v2prf", "hmacWithSHA1"],
        &["-v2", "aes-128-cbc"],
        &["-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA512"],
    ] {
        let Some(pem) = openssl(&[&topk8, more].concat()) else { return };
        assert_eq!(scalar(&pkcs8::decrypt_pem(&pem, b"right").unwrap()), scalar(&key(5)));
        assert_eq!(pkcs8::decrypt_pem(&pem, b"wrong").unwrap_err().kind(), Kind::Rejected);
    }
    for (more, name) in [
        (&["-v2", "des3"][..], "1.2.840.113549.3.7"),
        (&["-v2", "sm4-cbc", "-v2prf", "hmacWithSHA384"], "HMAC-SHA384"),
        (&["-v2", "sm4-cbc", "-scrypt"], "scrypt"),
    ] {
        let Some(pem) = openssl(&[&topk8, more].concat()) else { return };
        let error = pkcs8::decrypt_pem(&pem, b"right").unwrap_err();
        assert_eq!(error.kind(), Kind::Unsupported);
        assert!(error.to_string().contains(name), "{error}");
    }
}
