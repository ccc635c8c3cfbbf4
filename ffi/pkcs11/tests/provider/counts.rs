//! How many calls of PKCS#11 a store makes: as many to open whatever is in it, and none while what it uses is warm.

use alloc::sync::Arc;

use miyao::{
    algo::sm2::{DEFAULT_USER_ID, Encoding},
    key::{KeyName, NewKey, Spec},
    kms::{KeyRef, Kms, VersionRef, rng, root_info},
    provider::{
        DeviceRoot,
        pkcs11::{Settings, Suite, Token},
    },
    store::Store,
};

use crate::{
    desk::with,
    kms::{context, new_store, principal},
    yard::{Yard, alone, say},
};

const SUITES: [Suite; 4] =
    [Suite::Sm4GcmDevice, Suite::Sm4CbcEtmDevice, Suite::Sm2PkeDevice, Suite::Sm2EcRaw];

/// A store under a new root in the token, with so many keys in software.
fn store(token: &Token, keys: usize) -> Arc<dyn Store> {
    let (store, _) = new_store();
    let root = DeviceRoot::create(token, &mut rng().unwrap()).unwrap();
    let kms = Kms::init(Arc::clone(&store), &root, principal()).unwrap();
    kms.attach(Arc::new(token.clone())).unwrap();
    for number in 0..keys {
        make(&kms, &format!("key{number}"), Spec::ALL[number % Spec::ALL.len()]);
    }
    store
}

fn make(kms: &Kms, name: &str, spec: Spec) -> KeyRef {
    kms.create(NewKey::new(KeyName::parse(name).unwrap(), spec)).unwrap();
    KeyRef::parse(name).unwrap()
}

/// As a program begins: the root that the store names is found, and the store is opened under it.
fn open(token: &Token, store: &Arc<dyn Store>) -> Kms {
    let place = root_info(&**store).unwrap().place.unwrap().0;
    let root = DeviceRoot::find(token, &place).unwrap();
    let kms = Kms::open(Arc::clone(store), &root, principal()).unwrap();
    kms.attach(Arc::new(token.clone())).unwrap();
    kms
}

/// The calls that a token and a store on it cost that are opened anew, and those of a store on a token that is open.
fn calls(yard: &Yard, settings: &Settings, store: &Arc<dyn Store>) -> [Vec<String>; 2] {
    yard.calls();
    let token = yard.open(settings).unwrap();
    let kms = open(&token, store);
    let anew = yard.calls();
    drop(kms);
    yard.calls();
    let kms = open(&token, store);
    let again = yard.calls();
    assert!(kms.doctor().unwrap().is_clean());
    [anew, again]
}

#[test]
fn a_store_opens_with_as_many_calls_whatever_is_in_it() {
    alone("counts::a_store_opens_with_as_many_calls_whatever_is_in_it", |yard| {
        for suite in SUITES {
            let settings = with(suite);
            let token = yard.open(&settings).unwrap();
            let stores = [0, 5, 50].map(|keys| store(&token, keys));
            drop(token);
            let [empty, few, many] = stores.map(|store| calls(yard, &settings, &store));
            assert!(empty.iter().all(|calls| !calls.is_empty()), "they are written down");
            assert_eq!(few, empty, "{suite:?}");
            assert_eq!(many, empty, "{suite:?}");
            let [anew, again] = empty.map(|calls| calls.len());
            say(&format!("# {suite:?}: {anew} calls to open token and store, {again} for the store alone"));
        }
    });
}

#[test]
fn keys_in_software_that_are_warm_cost_no_call() {
    alone("counts::keys_in_software_that_are_warm_cost_no_call", |yard| {
        let token = yard.open(&Settings::default()).unwrap();
        let kms = open(&token, &store(&token, 0));
        let [orders, macs, signer, reader] = Spec::ALL.map(|spec| make(&kms, spec.as_str(), spec));
        let [macs_named, signer_named, reader_named] =
            [&macs, &signer, &reader].map(|key| VersionRef::from(key.clone()));
        let public = kms.public_key(&reader_named).unwrap().1;
        let ciphertext = public.encrypt(b"value", Encoding::Der, &mut rng().unwrap()).unwrap();
        let token_of = kms.encrypt(&orders, &context(), b"value").unwrap();
        let use_all = || {
            let made = kms.encrypt(&orders, &context(), b"value").unwrap();
            for token in [&made, &token_of] {
                assert_eq!(kms.decrypt(&context(), token).unwrap().text.expose(), b"value");
            }
            let mac = kms.mac(&macs, b"message").unwrap().1;
            kms.verify_mac(&macs_named, b"message", &mac).unwrap();
            let signature = kms.sign(&signer, DEFAULT_USER_ID, b"message").unwrap().1;
            kms.verify(&signer_named, DEFAULT_USER_ID, b"message", &signature).unwrap();
            kms.sm2_decrypt(&reader_named, &ciphertext, Encoding::Der).unwrap();
        };
        use_all();
        yard.calls();
        (0..200).for_each(|_| use_all());
        assert_eq!(yard.calls(), Vec::<String>::new());
        // The root is used, and that is seen.
        kms.rotate_root(&token).unwrap();
        assert!(!yard.calls().is_empty());
    });
}
