//! What tests of keys inside devices share: a service with a machine, keys in it, and what must hold at all times.

use alloc::sync::Arc;

use miyao::{
    Kind, Result,
    algo::sm2::{DEFAULT_USER_ID, Encoding},
    envelope::{self, Opener, Options},
    key::{NewKey, Protection, Spec},
    kms::{KeyRef, Kms, VersionRef},
};

use super::{
    common::{context, key, kind, kms},
    device::Double,
    name,
};

/// A service with a machine attached.
pub(crate) fn with_machine() -> (Kms, Double) {
    let (kms, machine) = (kms(), Double::new("1"));
    kms.attach(Arc::new(machine.clone())).unwrap();
    (kms, machine)
}

pub(crate) fn inside(text: &str, spec: Spec) -> NewKey {
    let mut new = NewKey::new(name(text), spec);
    new.protection = Protection::Hardware;
    new
}

pub(crate) fn make_inside(kms: &Kms, text: &str, spec: Spec) -> KeyRef {
    kms.create(inside(text, spec)).unwrap();
    key(text)
}

/// Nothing is wrong, nothing unfinished, and the machine has the keys of the versions and no other.
pub(crate) fn assert_sound(kms: &Kms, machine: &Double) {
    let report = kms.doctor().unwrap();
    assert_eq!((report.findings, report.warnings), (vec![], vec![]));
    let keys = kms.list(None, 100).unwrap();
    let alive = keys.iter().flat_map(|key| kms.describe(&KeyRef::Id(key.id)).unwrap().devices);
    assert_eq!(alive.count(), machine.keys());
}

/// Uses the key in every way of its spec.
pub(crate) fn use_every_way(kms: &Kms, key: &KeyRef, spec: Spec) -> Result<()> {
    let named = VersionRef::from(key.clone());
    match spec {
        Spec::Sm4 => {
            let token = kms.encrypt(key, &context(), b"value")?;
            assert_eq!(kms.decrypt(&context(), &token)?.text.expose(), b"value");
            assert_eq!(kind(kms.decrypt(&envelope::Context::new(), &token)), Kind::Rejected);
            kms.reencrypt(&context(), &token)?;
            let made = kms.generate_data_key(key, &context(), 16)?;
            assert!(kms.decrypt(&context(), &made.wrapped)?.text.expose() == made.plaintext.expose());
        }
        Spec::HmacSm3 => {
            let (version, mac) = kms.mac(key, b"message")?;
            assert_eq!(kms.verify_mac(&named, b"message", &mac)?.version, version);
            assert_eq!(kind(kms.verify_mac(&named, b"another", &mac)), Kind::Rejected);
            assert_eq!(kind(kms.mac(key, &vec![0; (16 << 20) + 1])), Kind::TooLarge);
        }
        Spec::Sm2Sign => {
            let (version, signature) = kms.sign(key, DEFAULT_USER_ID, b"message")?;
            assert_eq!(kms.verify(&named, DEFAULT_USER_ID, b"message", &signature)?.version, version);
        }
        Spec::Sm2Encrypt => {
            let (_, public) = kms.public_key(&named)?;
            for encoding in [Encoding::Der, Encoding::C1C3C2, Encoding::C1C2C3] {
                let mut ciphertext = public.encrypt(b"value", encoding, &mut kms_rng()).unwrap();
                assert_eq!(kms.sm2_decrypt(&named, &ciphertext, encoding)?.text.expose(), b"value");
                *ciphertext.last_mut().unwrap() ^= 1;
                assert_eq!(kind(kms.sm2_decrypt(&named, &ciphertext, encoding)), Kind::Rejected);
            }
        }
    }
    if matches!(spec, Spec::Sm4 | Spec::Sm2Encrypt) {
        let recipient = kms.recipient(key)?;
        let message = envelope::encrypt(b"long", &Options::to(&recipient), &mut kms_rng())?;
        let identity = kms.identity();
        assert_eq!(envelope::decrypt(&message, &Opener::with(&identity))?.0.expose(), b"long");
    }
    Ok(())
}

pub(crate) fn kms_rng() -> miyao::kms::Rng {
    miyao::kms::rng().unwrap()
}
