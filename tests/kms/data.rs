//! What is done with keys: signatures, MACs, data keys, messages.

use miyao::{
    Kind,
    algo::{
        drbg::Drbg,
        sm2::{DEFAULT_USER_ID, Encoding, MessageDigest, PrivateKey},
    },
    envelope::{self, Entry, Opener, Options, inspect},
    key::Spec,
    kms::{KeyRef, VersionRef},
};

use super::{
    common::{self, context, kind, kms},
    make, number,
};

#[test]
fn signatures_and_macs_verify_under_the_version_that_made_them() {
    let kms = kms();
    let (signer, macer) = (make(&kms, "signer", Spec::Sm2Sign), make(&kms, "macer", Spec::HmacSm3));
    let (version, signature) = kms.sign(&signer, DEFAULT_USER_ID, b"message").unwrap();
    let (_, mac) = kms.mac(&macer, b"message").unwrap();
    for reference in [&signer, &macer] {
        kms.rotate(reference, None).unwrap();
    }
    let any = |key: &KeyRef| VersionRef::from(key.clone());
    let at = |key: &KeyRef, version| VersionRef { key: key.clone(), version: Some(number(version)) };
    assert_eq!(kms.verify(&any(&signer), DEFAULT_USER_ID, b"message", &signature).unwrap().version, version);
    assert!(kms.verify(&at(&signer, 1), DEFAULT_USER_ID, b"message", &signature).is_ok());
    assert_eq!(kind(kms.verify(&at(&signer, 2), DEFAULT_USER_ID, b"message", &signature)), Kind::Rejected);
    assert_eq!(kind(kms.verify(&any(&signer), b"", b"message", &signature)), Kind::Rejected);
    assert_eq!(kms.verify_mac(&any(&macer), b"message", &mac).unwrap().version, number(1));
    assert_eq!(kind(kms.verify_mac(&any(&macer), b"massage", &mac)), Kind::Rejected);
    assert_eq!(kind(kms.verify_mac(&any(&macer), b"message", &mac[..31])), Kind::Rejected);
    kms.compromise(&signer, number(1)).unwrap();
    assert!(
        kms.verify(&any(&signer), DEFAULT_USER_ID, b"message", &signature).unwrap().compromised.is_some()
    );
    // The public half is enough for anybody else.
    let (found, public) = kms.public_key(&any(&signer)).unwrap();
    let mut digest = MessageDigest::new(&public, b"somebody").unwrap();
    digest.update(b"more");
    let (signed, signature) = kms.sign_digest(&signer, Some(found), &digest.finalize()).unwrap();
    assert_eq!(signed, found);
    assert!(public.verify(b"somebody", b"more", &signature).is_ok());
    for refused in [
        kind(kms.sign(&macer, DEFAULT_USER_ID, b"")),
        kind(kms.mac(&signer, b"")),
        kind(kms.encrypt(&signer, &context(), b"")),
        kind(kms.verify(&any(&macer), b"", b"", &signature)),
        kind(kms.public_key(&any(&macer))),
    ] {
        assert_eq!(refused, Kind::Forbidden);
    }
}

#[test]
fn data_keys_and_pairs_come_back_through_their_tokens() {
    let kms = kms();
    let orders = make(&kms, "orders", Spec::Sm4);
    let made = kms.generate_data_key(&orders, &context(), 16).unwrap();
    let back = kms.decrypt(&context(), &made.wrapped).unwrap();
    assert_eq!((back.text.expose(), made.plaintext.len()), (made.plaintext.expose(), 16));
    let wrapped = kms.generate_data_key_without_plaintext(&orders, &context(), 64).unwrap();
    assert_eq!(kms.decrypt(&context(), &wrapped).unwrap().text.len(), 64);
    for len in [0, 15, 65] {
        assert_eq!(kind(kms.generate_data_key(&orders, &context(), len)), Kind::Invalid);
    }
    let pair = kms.generate_data_key_pair(&orders, &context()).unwrap();
    let text = kms.decrypt(&context(), &pair.wrapped).unwrap().text;
    let private = PrivateKey::from_pkcs8_der(text.expose()).unwrap();
    assert_eq!(*private.public_key(), pair.public);
    let (public, wrapped) = kms.generate_data_key_pair_without_plaintext(&orders, &context()).unwrap();
    let text = kms.decrypt(&context(), &wrapped).unwrap().text;
    assert_eq!(*PrivateKey::from_pkcs8_der(text.expose()).unwrap().public_key(), public);
}

#[test]
fn sm2_keys_decrypt_and_open_messages_by_their_public_half() {
    let kms = kms();
    let inbox = make(&kms, "inbox", Spec::Sm2Encrypt);
    let (version, public) = kms.public_key(&VersionRef::from(inbox.clone())).unwrap();
    let mut rng = Drbg::new(&[1; 32], b"kms", b"");
    let ciphertext = public.encrypt(b"text", Encoding::C1C3C2, &mut rng).unwrap();
    kms.rotate(&inbox, None).unwrap();
    let named = VersionRef { key: inbox.clone(), version: Some(version) };
    assert_eq!(kms.sm2_decrypt(&named, &ciphertext, Encoding::C1C3C2).unwrap().text.expose(), b"text");
    assert_eq!(
        kind(kms.sm2_decrypt(&VersionRef::from(inbox.clone()), &ciphertext, Encoding::C1C3C2)),
        Kind::Rejected
    );
    // To the old public half by somebody without the store, to the new by the store.
    let outside = envelope::encrypt(b"outside", &Options::to(&public), &mut rng).unwrap();
    let inside =
        envelope::encrypt(b"inside", &Options::to(&kms.recipient(&inbox).unwrap()), &mut rng).unwrap();
    let identity = kms.identity();
    assert_eq!(envelope::decrypt(&outside, &Opener::with(&identity)).unwrap().0.expose(), b"outside");
    assert_eq!(envelope::decrypt(&inside, &Opener::with(&identity)).unwrap().0.expose(), b"inside");
    let holder = |message: &[u8]| identity.holder(&inspect(message).unwrap().recipients[0]).unwrap();
    let id = kms.describe(&inbox).unwrap().key.id;
    assert_eq!([holder(&outside), holder(&inside)], [Some((id, version)), Some((id, number(2)))]);
    assert_eq!(common::kms().identity().holder(&inspect(&inside).unwrap().recipients[0]).unwrap(), None);
}

#[test]
fn a_message_is_rewrapped_for_the_current_version() {
    let kms = kms();
    let orders = make(&kms, "orders", Spec::Sm4);
    let recipient = kms.recipient(&orders).unwrap();
    let mut rng = Drbg::new(&[2; 32], b"kms", b"");
    let message = envelope::encrypt(b"text", &Options::to(&recipient), &mut rng).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("message");
    std::fs::write(&path, &message).unwrap();
    kms.rotate(&orders, None).unwrap();
    envelope::rewrap(&path, &kms.rewrapping_identity(), &recipient, &mut rng).unwrap();
    kms.suspend(&orders, number(1)).unwrap();
    let after = std::fs::read(&path).unwrap();
    assert!(matches!(inspect(&after).unwrap().recipients[0], Entry::Kms { version: 2, .. }));
    assert_eq!(envelope::decrypt(&after, &Opener::with(&kms.identity())).unwrap().0.expose(), b"text");
    assert_eq!(kind(envelope::decrypt(&message, &Opener::with(&kms.identity()))), Kind::Forbidden);
    let stranger = common::kms();
    assert_eq!(kind(envelope::decrypt(&after, &Opener::with(&stranger.identity()))), Kind::Missing);
}
