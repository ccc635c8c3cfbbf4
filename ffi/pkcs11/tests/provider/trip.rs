//! A whole service on the token: its root there, keys of every spec there, and nothing left behind.

use alloc::sync::Arc;

use miyao::{
    Kind,
    algo::sm2::{DEFAULT_USER_ID, Encoding},
    envelope::{self, Opener, Options},
    key::{DEFAULT_WAIT, KeyName, NewKey, Number, Protection, Span, Spec},
    kms::{KeyRef, Kms, VersionRef, root_info},
    provider::{
        DeviceRoot,
        pkcs11::{Settings, Token},
    },
    store::Store,
};

use crate::{
    desk::kind,
    kms::{context, new_store, principal},
    yard::{Yard, alone, say},
};

/// What a key made, to be used again after every change.
struct Made {
    key: KeyRef,
    spec: Spec,
    token: Vec<u8>,
}

#[test]
fn a_service_lives_on_the_token() {
    alone("trip::a_service_lives_on_the_token", |yard| {
        let (store, clock) = new_store();
        let token = yard.open(&Settings::default()).unwrap();
        let root = DeviceRoot::create(&token, &mut miyao::kms::rng().unwrap()).unwrap();
        let kms = Kms::init(Arc::clone(&store), &root, principal()).unwrap();
        kms.attach(Arc::new(token.clone())).unwrap();
        let roots = yard.objects();
        let mut made: Vec<Made> = Spec::ALL.into_iter().map(|spec| make(&kms, spec)).collect();
        for made in &mut made {
            use_it(&kms, made);
            let first = Number::FIRST;
            assert_eq!(kms.rotate(&made.key, Some(first)).unwrap(), Number::new(2).unwrap());
            use_it(&kms, made);
        }
        assert_eq!(yard.objects().len() - roots.len(), 2 * (1 + 1 + 2 + 2), "two versions of each");
        let former = kms.root().unwrap().place.unwrap().0;
        let changed = kms.rotate_root(&token).unwrap();
        assert_ne!(changed.root, former);
        assert_eq!(yard.objects().len() - roots.len(), 12 + roots.len(), "the former root is kept");
        made.iter_mut().for_each(|made| use_it(&kms, made));
        kms.close().unwrap();
        drop((root, token));

        let kms = reopen(yard, &store);
        made.iter_mut().for_each(|made| use_it(&kms, made));
        assert_sound(&kms);
        let doomed = made.remove(0);
        kms.disable(&doomed.key).unwrap();
        kms.schedule_destroy(&doomed.key, None).unwrap();
        // It is seen due twice, a day apart, before anything is destroyed.
        for wait in [DEFAULT_WAIT, Span::DAY] {
            assert_eq!(yard.objects().len() - 2 * roots.len(), 12);
            clock.advance(Span(wait.0 + 1_000));
            kms.maintain(true).unwrap();
        }
        assert_eq!(kind(kms.decrypt(&context(), &doomed.token)), Kind::Forbidden);
        made.iter_mut().for_each(|made| use_it(&kms, made));
        assert_eq!(yard.objects().len() - 2 * roots.len(), 10, "its two keys are gone and no other");
        assert_sound(&kms);
        say(&format!("# a service with 8 keys on the token: {} objects at the end", yard.objects().len()));
    });
}

fn assert_sound(kms: &Kms) {
    let report = kms.doctor().unwrap();
    assert_eq!((report.findings, report.warnings), (vec![], vec![]));
    kms.verify_audit().unwrap();
}

fn reopen(yard: &Yard, store: &Arc<dyn Store>) -> Kms {
    let token: Token = yard.open(&Settings::default()).unwrap();
    let place = root_info(&**store).unwrap().place.unwrap().0;
    let root = DeviceRoot::find(&token, &place).unwrap();
    let kms = Kms::open(Arc::clone(store), &root, principal()).unwrap();
    kms.attach(Arc::new(token)).unwrap();
    kms
}

fn make(kms: &Kms, spec: Spec) -> Made {
    let name = KeyName::parse(spec.as_str()).unwrap();
    let mut new = NewKey::new(name, spec);
    new.protection = Protection::Hardware;
    kms.create(new).unwrap();
    let key = KeyRef::parse(spec.as_str()).unwrap();
    let token = if spec == Spec::Sm4 { kms.encrypt(&key, &context(), b"first").unwrap() } else { Vec::new() };
    Made { key, spec, token }
}

/// Uses the key in every way of its spec.
fn use_it(kms: &Kms, made: &mut Made) {
    let (key, named) = (&made.key, VersionRef::from(made.key.clone()));
    match made.spec {
        Spec::Sm4 => {
            assert_eq!(kms.decrypt(&context(), &made.token).unwrap().text.expose(), b"first");
            let token = kms.encrypt(key, &context(), b"value").unwrap();
            assert_eq!(kms.decrypt(&context(), &token).unwrap().text.expose(), b"value");
            assert_eq!(kind(kms.decrypt(&envelope::Context::new(), &token)), Kind::Rejected);
            made.token = kms.reencrypt(&context(), &made.token).unwrap();
        }
        Spec::HmacSm3 => {
            let (version, mac) = kms.mac(key, b"message").unwrap();
            assert_eq!(kms.verify_mac(&named, b"message", &mac).unwrap().version, version);
            assert_eq!(kind(kms.verify_mac(&named, b"another", &mac)), Kind::Rejected);
        }
        Spec::Sm2Sign => {
            let (version, signature) = kms.sign(key, DEFAULT_USER_ID, b"message").unwrap();
            let verified = kms.verify(&named, DEFAULT_USER_ID, b"message", &signature).unwrap();
            assert_eq!(verified.version, version);
            let refused = kms.verify(&named, DEFAULT_USER_ID, b"another", &signature);
            assert_eq!(kind(refused), Kind::Rejected);
        }
        Spec::Sm2Encrypt => {
            let (_, public) = kms.public_key(&named).unwrap();
            let mut rng = miyao::kms::rng().unwrap();
            let mut ciphertext = public.encrypt(b"value", Encoding::Der, &mut rng).unwrap();
            let opened = kms.sm2_decrypt(&named, &ciphertext, Encoding::Der).unwrap();
            assert_eq!(opened.text.expose(), b"value");
            *ciphertext.last_mut().unwrap() ^= 1;
            assert_eq!(kind(kms.sm2_decrypt(&named, &ciphertext, Encoding::Der)), Kind::Rejected);
            let message = envelope::encrypt(b"long", &Options::to(&kms.recipient(key).unwrap()), &mut rng);
            let identity = kms.identity();
            let opened = envelope::decrypt(&message.unwrap(), &Opener::with(&identity)).unwrap();
            assert_eq!(opened.0.expose(), b"long");
        }
    }
}
