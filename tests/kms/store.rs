//! The store as a whole: backed up and restored, under another root, or gone back.

use alloc::sync::Arc;

use miyao::{
    Kind, Secret, SecretBytes,
    algo::{
        drbg::Drbg,
        sm2::{DEFAULT_USER_ID, PrivateKey},
    },
    envelope::{self, Opener, Options},
    key::{NewKey, Origin, Spec},
    kms::{Kms, VersionRef, restore, verify_backup},
    store::{Store, memory::Memory},
};

use super::{
    common::{self, context, key, kind, kms, principal, root},
    make, name, number,
};

#[test]
fn a_backup_is_restored_under_another_root_with_new_primaries() {
    let kms = kms();
    let orders = make(&kms, "orders", Spec::Sm4);
    let signer = make(&kms, "signer", Spec::Sm2Sign);
    let mut new = NewKey::new(name("brought"), Spec::Sm4);
    new.origin = Origin::Imported;
    kms.create(new).unwrap();
    kms.import_raw(&key("brought"), Secret::build(|bytes| bytes.fill(7))).unwrap();
    let token = kms.encrypt(&orders, &context(), b"value").unwrap();
    let (_, signature) = kms.sign(&signer, DEFAULT_USER_ID, b"m").unwrap();
    let officer = PrivateKey::random(&mut Drbg::new(&[5; 32], b"kms", b""));
    let mut backup = Vec::new();
    let made = kms.backup(&mut backup, &Options::to(officer.public_key())).unwrap();
    assert_eq!((made.keys, made.versions), (3, 3));
    let opener = || Opener::with(&officer);
    assert_eq!(verify_backup(&mut backup.as_slice(), &opener()).unwrap(), made);
    assert!(verify_backup(&mut &backup[..backup.len() - 1], &opener()).is_err());
    let plain = envelope::encrypt(
        b"no backup",
        &Options::to(officer.public_key()),
        &mut Drbg::new(&[6; 32], b"", b""),
    )
    .unwrap();
    assert_eq!(kind(verify_backup(&mut plain.as_slice(), &opener())), Kind::Malformed);

    let store = Arc::new(Memory::new());
    let other_root = miyao::provider::software::Passphrase::new(SecretBytes::take(b"another".to_vec()));
    let (restored, report) =
        restore(&mut backup.as_slice(), &opener(), store.clone(), &other_root, principal()).unwrap();
    assert_eq!(report.waiting, [name("brought")]);
    assert_eq!(restored.decrypt(&context(), &token).unwrap().text.expose(), b"value");
    assert!(restored.verify(&VersionRef::from(signer), DEFAULT_USER_ID, b"m", &signature).is_ok());
    let primary = restored.describe(&orders).unwrap().key.primary.unwrap();
    assert_eq!(primary, number(65_536));
    assert_eq!(kind(restored.encrypt(&key("brought"), &context(), b"")), Kind::Forbidden);
    assert_eq!(
        restored.import_raw(&key("brought"), Secret::build(|bytes| bytes.fill(8))).unwrap(),
        number(65_537)
    );
    assert!(restored.encrypt(&key("brought"), &context(), b"").is_ok());
    assert!(restored.doctor().unwrap().is_clean());
    assert!(restored.info().unwrap().epoch == 2 && restored.info().unwrap().id != kms.info().unwrap().id);
    drop(restored);
    assert!(Kms::open(store.clone(), &other_root, principal()).is_ok());
    assert_eq!(
        kind(restore(&mut backup.as_slice(), &opener(), store, &other_root, principal())),
        Kind::Exists
    );
}

#[test]
fn the_root_changes_without_touching_a_key() {
    let store = Arc::new(Memory::new());
    let kms = Kms::init(store.clone(), &root(), principal()).unwrap();
    let token = kms.encrypt(&make(&kms, "orders", Spec::Sm4), &context(), b"value").unwrap();
    let other = miyao::provider::software::Passphrase::new(SecretBytes::take(b"another".to_vec()));
    kms.change_root(&other).unwrap();
    assert_eq!(kind(Kms::open(store.clone(), &root(), principal())), Kind::Rejected);
    let again = Kms::open(store.clone(), &other, principal()).unwrap();
    assert_eq!(again.decrypt(&context(), &token).unwrap().text.expose(), b"value");
    assert_eq!(again.info().unwrap().root, "passphrase");
    assert_eq!(kind(Kms::init(store, &root(), principal())), Kind::Exists);
    assert_eq!(kind(Kms::open(Arc::new(Memory::new()), &root(), principal())), Kind::Missing);
}

#[test]
fn a_store_that_went_back_is_noticed() {
    let kms = kms();
    let before = kms.witness();
    make(&kms, "orders", Spec::Sm4);
    assert!(kms.check_witness(&before).is_ok());
    let ahead = miyao::kms::Witness {
        revision: miyao::store::Revision(kms.witness().revision.0 + 1),
        ..kms.witness()
    };
    assert_eq!(kind(kms.check_witness(&ahead)), Kind::RolledBack);
    let fork = miyao::kms::Witness { head: [0; 32], ..kms.witness() };
    assert_eq!(kind(kms.check_witness(&fork)), Kind::RolledBack);
    assert_eq!(kind(kms.check_witness(&common::kms().witness())), Kind::Invalid);
    assert_eq!(miyao::kms::Witness::from_bytes(&before.to_bytes()), before);
    let _ = Memory::new().head();
}
