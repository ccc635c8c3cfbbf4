//! The modes of SM4 against OpenSSL, and against themselves for whatever key and text.

use miyao::algo::{
    mode::{cbc, ccm::Ccm, cfb, cmac::Cmac, ctr, ecb, gcm::Gcm, ofb, padding, xts::Xts, xts::XtsGb},
    sm4::Sm4,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{array, hex, text, vectors};

#[test]
fn every_mode_equals_openssl_in_both_directions() {
    vectors("sm4_modes").iter().for_each(mode);
    for test in vectors("sm4_cmac") {
        let message = hex(&test, "m");
        for cut in 0..=message.len() {
            let mut cmac = Cmac::new(&array(&test, "k"));
            cmac.update(&message[..cut]);
            cmac.update(&message[cut..]);
            cmac.verify(&hex(&test, "mac")).unwrap();
        }
        let mut cmac = Cmac::new(&array(&test, "k"));
        cmac.update(&message);
        assert!(cmac.verify(&hex(&test, "mac")[..15]).is_err());
    }
    vectors("sm4_gcm").iter().for_each(|test| {
        gcm::<16>(test);
        gcm::<12>(test);
        gcm::<4>(test);
    });
    for test in vectors("sm4_ccm") {
        match hex(&test, "tag").len() {
            4 => ccm::<4>(&test),
            6 => ccm::<6>(&test),
            8 => ccm::<8>(&test),
            10 => ccm::<10>(&test),
            12 => ccm::<12>(&test),
            14 => ccm::<14>(&test),
            _ => ccm::<16>(&test),
        }
    }
}

/// Encrypts and decrypts by the mode's name; `None` when it refuses.
fn crypt(mode: &str, key: &[u8], iv: &[u8], input: &[u8], encrypts: bool) -> Option<Vec<u8>> {
    let mut text = input.to_vec();
    if let Some(face) = mode.strip_prefix("xts") {
        let (key, iv) = (key.try_into().unwrap(), iv.try_into().unwrap());
        match (face, encrypts) {
            ("gb", true) => XtsGb::new(key).ok()?.encrypt(iv, &mut text).ok()?,
            ("gb", false) => XtsGb::new(key).ok()?.decrypt(iv, &mut text).ok()?,
            (_, true) => Xts::new(key).ok()?.encrypt(iv, &mut text).ok()?,
            (_, false) => Xts::new(key).ok()?.decrypt(iv, &mut text).ok()?,
        }
        return Some(text);
    }
    let cipher = Sm4::new(key.try_into().unwrap());
    if mode.ends_with('7') && encrypts {
        padding::pad(&mut text);
    }
    let iv: &[u8; 16] = if mode.starts_with("ecb") { &[0; 16] } else { iv.try_into().unwrap() };
    match (mode.trim_end_matches('7'), encrypts) {
        ("ecb", true) => ecb::encrypt(&cipher, &mut text).ok()?,
        ("ecb", false) => ecb::decrypt(&cipher, &mut text).ok()?,
        ("cbc", true) => cbc::encrypt(&cipher, iv, &mut text).ok()?,
        ("cbc", false) => cbc::decrypt(&cipher, iv, &mut text).ok()?,
        ("cfb", true) => cfb::encrypt(&cipher, iv, &mut text),
        ("cfb", false) => cfb::decrypt(&cipher, iv, &mut text),
        ("cfb8", true) => cfb::encrypt_bytewise(&cipher, iv, &mut text),
        ("cfb8", false) => cfb::decrypt_bytewise(&cipher, iv, &mut text),
        ("ofb", _) => ofb::apply(&cipher, iv, &mut text),
        ("ctr", _) => ctr::apply(&cipher, iv, &mut text),
        other => panic!("no mode {other:?}"),
    }
    if mode.ends_with('7') && !encrypts {
        text.truncate(padding::unpadded_len(&text).ok()?);
    }
    Some(text)
}

pub(crate) fn mode(test: &Value) {
    let (mode, key, iv) = (text(test, "mode"), hex(test, "k"), hex(test, "iv"));
    let (plain, cipher) = (hex(test, "m"), hex(test, "c"));
    assert_eq!(crypt(mode, &key, &iv, &plain, true).unwrap(), cipher, "{test}");
    assert_eq!(crypt(mode, &key, &iv, &cipher, false).unwrap(), plain, "{test}");
}

/// A shorter tag of GCM is the beginning of the full one.
pub(crate) fn gcm<const TAG: usize>(test: &Value) {
    let gcm = Gcm::<TAG>::new(&array(test, "k"));
    let (iv, aad, plain) = (hex(test, "iv"), hex(test, "aad"), hex(test, "m"));
    let mut buffer = plain.clone();
    let tag = gcm.encrypt(&iv, &aad, &mut buffer).unwrap();
    assert_eq!((&buffer, &tag[..]), (&hex(test, "c"), &hex(test, "tag")[..TAG]), "{test}");
    gcm.decrypt(&iv, &aad, &mut buffer, &tag).unwrap();
    assert_eq!(buffer, plain);
}

pub(crate) fn ccm<const TAG: usize>(test: &Value) {
    let ccm = Ccm::<TAG>::new(&array(test, "k"));
    let (iv, aad, plain) = (hex(test, "iv"), hex(test, "aad"), hex(test, "m"));
    let mut buffer = plain.clone();
    let tag = ccm.encrypt(&iv, &aad, &mut buffer).unwrap();
    assert_eq!((&buffer, &tag[..]), (&hex(test, "c"), &hex(test, "tag")[..]), "{test}");
    ccm.decrypt(&iv, &aad, &mut buffer, &tag).unwrap();
    assert_eq!(buffer, plain);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_mode_round_trips_and_refuses_lengths_it_has_no_meaning_for(
        key: [u8; 32], iv: [u8; 16], data in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        for mode in ["ecb", "cbc", "ecb7", "cbc7", "cfb", "cfb8", "ofb", "ctr", "xts", "xtsgb"] {
            let key = if mode.starts_with("xts") { &key[..] } else { &key[..16] };
            let refused = match mode {
                "ecb" | "cbc" => !data.len().is_multiple_of(16),
                "xts" | "xtsgb" => data.len() < 16,
                _ => false,
            };
            let made = crypt(mode, key, &iv, &data, true);
            prop_assert_eq!(made.is_none(), refused, "{}", mode);
            if let Some(made) = made {
                let opened = crypt(mode, key, &iv, &made, false);
                prop_assert_eq!(opened.as_ref(), Some(&data), "{}", mode);
            }
        }
    }

    #[test]
    fn an_aead_refuses_every_other_key_nonce_context_and_text(
        key: [u8; 16], nonce in prop::collection::vec(any::<u8>(), 7..14),
        aad in prop::collection::vec(any::<u8>(), 0..40), data in prop::collection::vec(any::<u8>(), 0..200),
        bit: prop::sample::Index, part in 0..5usize,
    ) {
        let (gcm, ccm): (Gcm, Ccm) = (Gcm::new(&key), Ccm::new(&key));
        let (mut by_gcm, mut by_ccm) = (data.clone(), data.clone());
        let gcm_tag = gcm.encrypt(&nonce, &aad, &mut by_gcm).unwrap();
        let ccm_tag = ccm.encrypt(&nonce, &aad, &mut by_ccm).unwrap();
        let opens = |bytes: &[Vec<u8>; 5], gcm_mode: bool| {
            let (mut text, key) = (bytes[3].clone(), bytes[0].as_slice().try_into().unwrap());
            let tag = bytes[4].as_slice().try_into().unwrap();
            let done = if gcm_mode {
                Gcm::<16>::new(key).decrypt(&bytes[1], &bytes[2], &mut text, tag)
            } else {
                Ccm::<16>::new(key).decrypt(&bytes[1], &bytes[2], &mut text, tag)
            };
            done.map(|()| text)
        };
        for (gcm_mode, text, tag) in [(true, by_gcm, gcm_tag), (false, by_ccm, ccm_tag)] {
            let mut parts = [key.to_vec(), nonce.clone(), aad.clone(), text, tag.to_vec()];
            let opened = opens(&parts, gcm_mode);
            prop_assert_eq!(opened.as_ref(), Ok(&data));
            if !parts[part].is_empty() {
                let at = bit.index(parts[part].len() * 8);
                parts[part][at / 8] ^= 1 << (at % 8);
                prop_assert!(opens(&parts, gcm_mode).is_err());
            }
        }
    }
}
