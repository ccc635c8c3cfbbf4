//! The ecosystem's traits on our types give what our own faces give, and what the RustCrypto types give.

use ::aead::{Aead, AeadInOut as _, Payload};
use ::digest::{Digest as _, Mac as _};
use ::signature::{RandomizedSigner as _, SignatureEncoding};
use cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use miyao::algo::{
    hmac::{self, HmacSm3},
    mode::{cmac::Cmac, gcm::Gcm},
    sm2::{DEFAULT_USER_ID, PrivateKey, PublicKey, Signature},
    sm3::{self, Sm3},
    sm4::Sm4,
};
use proptest::prelude::*;

use super::rng;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_traits_give_what_our_faces_give(
        key: [u8; 16], nonce: [u8; 12], data in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        prop_assert_eq!(&Sm3::digest(&data)[..], &sm3::digest(&data)[..]);
        prop_assert_eq!(&::sm3::Sm3::digest(&data)[..], &sm3::digest(&data)[..]);
        let mut reused = Sm3::new();
        for _ in 0..2 {
            ::digest::Update::update(&mut reused, &data);
            prop_assert_eq!(&reused.finalize_reset()[..], &sm3::digest(&data)[..]);
        }

        let keyed = <HmacSm3 as ::digest::KeyInit>::new_from_slice(&data).unwrap().chain_update(&data);
        prop_assert_eq!(&::digest::Mac::finalize(keyed).into_bytes()[..], &hmac::mac(&data, &[&data])[..]);
        let ours = hmac::mac(&data, &[b"x"]);
        let keyed = <HmacSm3 as ::digest::KeyInit>::new_from_slice(&data).unwrap().chain_update(b"x");
        prop_assert!(keyed.verify_slice(&ours).is_ok());
        let mut cmac = Cmac::new(&key);
        cmac.update(&data);
        let through = <Cmac as ::digest::KeyInit>::new(&key.into()).chain_update(&data);
        prop_assert_eq!(&::digest::Mac::finalize(through).into_bytes()[..], &cmac.finalize()[..]);

        let gcm: Gcm = Gcm::new(&key);
        let mut text = data.clone();
        let tag = gcm.encrypt(&nonce, b"aad", &mut text).unwrap();
        let keyed = <Gcm as ::aead::KeyInit>::new(&key.into());
        let sealed = Aead::encrypt(&gcm, &nonce.into(), Payload { msg: &data, aad: b"aad" }).unwrap();
        prop_assert_eq!(&sealed, &[&text[..], &tag].concat());
        let opened = Aead::decrypt(&keyed, &nonce.into(), Payload { msg: &sealed, aad: b"aad" }).unwrap();
        prop_assert_eq!(&opened, &data);
        let wrong = Aead::decrypt(&keyed, &nonce.into(), Payload { msg: &sealed, aad: b"bad" });
        prop_assert!(wrong.is_err());
        let mut separate = vec![0; data.len()];
        let buffers = ::aead::inout::InOutBuf::new(&data, &mut separate).unwrap();
        let detached = gcm.encrypt_inout_detached(&nonce.into(), b"aad", buffers).unwrap();
        prop_assert_eq!((&separate, &detached[..]), (&text, &tag[..]));
    }

    #[test]
    fn blocks_one_by_one_and_many_at_once_are_the_same(
        key: [u8; 16], blocks in prop::collection::vec(any::<[u8; 16]>(), 0..40),
    ) {
        let (ours, theirs) = (Sm4::new(&key), ::sm4::Sm4::new(&key.into()));
        let mut many = blocks.clone();
        ours.encrypt_blocks(&mut many);
        for (many, block) in many.iter().zip(&blocks) {
            let (mut one, mut through, mut other) = (*block, (*block).into(), (*block).into());
            ours.encrypt_block(&mut one);
            cipher::BlockCipherEncrypt::encrypt_block(&ours, &mut through);
            theirs.encrypt_block(&mut other);
            prop_assert!(*many == one && through[..] == one && other[..] == one);
            cipher::BlockCipherDecrypt::decrypt_block(&ours, &mut through);
            theirs.decrypt_block(&mut other);
            prop_assert!(through[..] == *block && other[..] == *block);
        }
        ours.decrypt_blocks(&mut many);
        prop_assert_eq!(many, blocks);
    }
}

#[test]
fn the_signature_traits_sign_and_verify_under_the_default_id() {
    let key = PrivateKey::random(&mut rng(40));
    let made: Signature = key.sign_with_rng(&mut rng(41), b"text");
    PublicKey::verify(key.public_key(), DEFAULT_USER_ID, b"text", &made).unwrap();
    let verifier: &dyn ::signature::Verifier<Signature> = key.public_key();
    verifier.verify(b"text", &made).unwrap();
    assert!(verifier.verify(b"tex", &made).is_err());
    let ours = key.sign(DEFAULT_USER_ID, b"text", &mut rng(42)).unwrap();
    verifier.verify(b"text", &ours).unwrap();
    let bytes = ours.to_bytes();
    assert_eq!(Signature::try_from(&SignatureEncoding::to_bytes(&ours)[..]).unwrap(), ours);
    assert!(Signature::try_from(&bytes[..63]).is_err() && Signature::try_from(&[0u8; 64][..]).is_err());
}
