//! Keys inside devices: whole trips, and states that keep the device from being asked.

use alloc::sync::Arc;
use std::thread;

use miyao::{
    Kind, Secret,
    algo::{
        drbg::Drbg,
        hmac,
        sm2::{DEFAULT_USER_ID, Encoding, PrivateKey},
    },
    envelope::{self, Opener, Options, token},
    key::{NewKey, Origin, Protection, Span, Spec},
    kms::{Kms, What, restore, verify_backup},
    store::{Store, memory::Memory},
};

use super::{
    common::{Clock, context, key, kind, new_store, principal, root},
    device::{Double, Mood},
    inside::{assert_sound, inside, kms_rng, make_inside, use_every_way, with_machine},
    make, name, number,
};

#[test]
fn keys_of_every_spec_live_inside_a_device() {
    for spec in Spec::ALL {
        let (kms, machine) = with_machine();
        let key = make_inside(&kms, "held", spec);
        let made = kms.describe(&key).unwrap();
        assert_eq!((made.key.protection, made.devices.len()), (Protection::Hardware, 1));
        let secret = machine.only_secret();
        let material = made.versions[0].material.clone().unwrap();
        assert!(!material.windows(8).any(|window| secret.expose().starts_with(window)));
        use_every_way(&kms, &key, spec).unwrap();
        assert_eq!(kms.rotate(&key, Some(number(1))).unwrap(), number(2));
        assert_eq!(kms.rotate(&key, Some(number(1))).unwrap(), number(2));
        use_every_way(&kms, &key, spec).unwrap();
        kms.suspend(&key, number(2)).unwrap();
        assert_eq!(kms.describe(&key).unwrap().key.primary, Some(number(3)));
        use_every_way(&kms, &key, spec).unwrap();
        assert_eq!(machine.keys(), 3);
        assert_sound(&kms, &machine);
    }
}

/// Nobody who gets a token, a message or a MAC can tell where the key is.
#[test]
fn what_a_device_helped_to_make_is_what_software_makes() {
    let (kms, machine) = with_machine();
    let orders = make_inside(&kms, "orders", Spec::Sm4);
    let token = kms.encrypt(&orders, &context(), b"value").unwrap();
    let id = kms.describe(&orders).unwrap().key.id;
    let secret: Secret<32> = machine.only_secret();
    assert_eq!(token::decrypt(&secret, id.as_bytes(), &context(), &token).unwrap().expose(), b"value");
    let made = token::encrypt(
        &secret,
        id.as_bytes(),
        1,
        envelope::Suite::Gcm,
        &context(),
        b"other",
        &mut Drbg::new(&[1; 32], b"", b""),
    );
    assert_eq!(kms.decrypt(&context(), &made.unwrap()).unwrap().text.expose(), b"other");
    let (kms, machine) = with_machine();
    let (_, mac) = kms.mac(&make_inside(&kms, "macs", Spec::HmacSm3), b"message").unwrap();
    assert_eq!(mac, hmac::mac(machine.only_secret().expose(), &[b"message"]));
}

#[test]
fn what_a_state_forbids_never_reaches_the_device() {
    let (kms, machine) = with_machine();
    let orders = make_inside(&kms, "orders", Spec::Sm4);
    let signer = make_inside(&kms, "signer", Spec::Sm2Sign);
    let macs = make_inside(&kms, "macs", Spec::HmacSm3);
    let reader = make_inside(&kms, "reader", Spec::Sm2Encrypt);
    let token = kms.encrypt(&orders, &context(), b"value").unwrap();
    let (_, public) = kms.public_key(&reader.clone().into()).unwrap();
    let ciphertext = public.encrypt(b"value", Encoding::Der, &mut kms_rng()).unwrap();
    kms.rotate(&orders, None).unwrap();
    kms.suspend(&orders, number(1)).unwrap();
    let before = machine.calls();
    assert_eq!(kind(kms.decrypt(&context(), &token)), Kind::Forbidden);
    assert_eq!(kind(kms.sign(&orders, DEFAULT_USER_ID, b"m")), Kind::Forbidden);
    assert_eq!(kind(kms.mac(&signer, b"m")), Kind::Forbidden);
    for key in [&orders, &signer, &macs, &reader] {
        kms.disable(key).unwrap();
    }
    assert_eq!(kind(kms.encrypt(&orders, &context(), b"value")), Kind::Forbidden);
    assert_eq!(kind(kms.decrypt(&context(), &token)), Kind::Forbidden);
    assert_eq!(kind(kms.sign(&signer, DEFAULT_USER_ID, b"m")), Kind::Forbidden);
    assert_eq!(kind(kms.mac(&macs, b"m")), Kind::Forbidden);
    assert_eq!(kind(kms.sm2_decrypt(&reader.into(), &ciphertext, Encoding::Der)), Kind::Forbidden);
    assert_eq!(kind(kms.export(&orders, None, &public)), Kind::Forbidden);
    assert_eq!(machine.calls(), before);
}

#[test]
fn software_keys_and_opened_stores_ask_no_device() {
    let store: Arc<dyn Store> = Arc::new(Memory::new());
    let (kms, machine) = (Kms::init(Arc::clone(&store), &root(), principal()).unwrap(), Double::new("1"));
    kms.attach(Arc::new(machine.clone())).unwrap();
    for index in 0..20 {
        make_inside(&kms, &format!("held-{index}"), Spec::Sm4);
    }
    drop(kms);
    let before = machine.calls();
    let kms = Kms::open(store, &root(), principal()).unwrap();
    assert_eq!(kms.attach(Arc::new(machine.clone())).unwrap().serial, "1");
    assert_eq!(machine.calls() - before, 1, "who it is, once");
    let soft = make(&kms, "soft", Spec::Sm4);
    for _ in 0..10 {
        use_every_way(&kms, &soft, Spec::Sm4).unwrap();
    }
    kms.list(None, 100).unwrap();
    kms.describe(&key("held-1")).unwrap();
    assert_eq!(machine.calls() - before, 1);
    kms.encrypt(&key("held-1"), &context(), b"value").unwrap();
    assert_eq!(machine.calls() - before, 3, "two blocks of the expansion");
}

#[test]
fn a_key_that_was_made_though_the_device_failed_is_destroyed_at_once() {
    let (kms, clock, machine) = with_clock();
    machine.set(Mood::LosesAnswers);
    assert_eq!(kind(kms.create(inside("orders", Spec::Sm4))), Kind::Unavailable);
    assert_eq!(machine.keys(), 0);
    machine.set(Mood::Well);
    clock.advance(Span(2 * 60 * 60 * 1000));
    kms.maintain(false).unwrap();
    assert_sound(&kms, &machine);
}

fn with_clock() -> (Kms, Clock, Double) {
    let ((store, clock), machine) = (new_store(), Double::new("1"));
    let kms = Kms::init(store, &root(), principal()).unwrap();
    kms.attach(Arc::new(machine.clone())).unwrap();
    (kms, clock, machine)
}

#[test]
fn a_key_that_is_made_after_the_device_failed_is_found_and_destroyed() {
    let (kms, clock, machine) = with_clock();
    machine.set(Mood::Late);
    assert_eq!(kind(kms.create(inside("orders", Spec::Sm4))), Kind::Unavailable);
    machine.set(Mood::Well);
    assert!(kms.maintain(false).unwrap().is_empty(), "it may be made yet");
    machine.catch_up();
    assert_eq!((machine.keys(), kms.doctor().unwrap().warnings.len()), (1, 1));
    clock.advance(Span(2 * 60 * 60 * 1000));
    assert_eq!(kms.maintain(false).unwrap()[0].what, What::DestroyedInside(number(1)));
    assert_eq!(machine.keys(), 0);
    assert_sound(&kms, &machine);
}

#[test]
fn a_refused_change_leaves_no_key_inside() {
    let (kms, machine) = with_machine();
    make(&kms, "orders", Spec::Sm4);
    let before = machine.calls();
    assert_eq!(kind(kms.create(inside("orders", Spec::Sm4))), Kind::Exists);
    assert_eq!(machine.calls(), before);
    machine.set(Mood::Bare);
    assert_eq!(kind(kms.create(inside("other", Spec::Sm4))), Kind::Unsupported);
    assert_sound(&kms, &machine);
}

#[test]
fn a_device_that_vanishes_and_returns_is_used_again_and_makes_nothing_meanwhile() {
    let (kms, machine) = with_machine();
    let orders = make_inside(&kms, "orders", Spec::Sm4);
    let token = kms.encrypt(&orders, &context(), b"value").unwrap();
    for (mood, failure) in [(Mood::Away, Kind::Unavailable), (Mood::Empty, Kind::Missing)] {
        machine.set(mood);
        assert_eq!(kind(kms.decrypt(&context(), &token)), failure);
        assert_eq!(kind(kms.encrypt(&orders, &context(), b"value")), failure);
        let report = kms.doctor().unwrap();
        assert_eq!(report.findings.len() + report.warnings.len(), 1);
        assert_eq!(report.is_clean(), mood == Mood::Away, "what is not there is wrong, not what is away");
        assert_eq!(machine.keys(), 1);
        machine.set(Mood::Well);
        assert_eq!(kms.decrypt(&context(), &token).unwrap().text.expose(), b"value");
    }
    assert_sound(&kms, &machine);
}

#[test]
fn without_its_device_a_key_is_unavailable_and_says_which() {
    let (store, machine): (Arc<dyn Store>, _) = (Arc::new(Memory::new()), Double::new("77"));
    let kms = Kms::init(Arc::clone(&store), &root(), principal()).unwrap();
    assert_eq!(kind(kms.create(inside("orders", Spec::Sm4))), Kind::Unavailable);
    kms.attach(Arc::new(machine.clone())).unwrap();
    let orders = make_inside(&kms, "orders", Spec::Sm4);
    let token = kms.encrypt(&orders, &context(), b"value").unwrap();
    drop(kms);
    let kms = Kms::open(store, &root(), principal()).unwrap();
    kms.attach(Arc::new(Double::new("78"))).unwrap();
    let refused = kms.decrypt(&context(), &token).unwrap_err();
    assert_eq!(refused.kind(), Kind::Unavailable);
    assert!(refused.to_string().contains("serial 77") && refused.to_string().contains("attach"), "{refused}");
    assert_eq!(kind(kms.rotate(&orders, None)), Kind::Unavailable);
    let report = kms.doctor().unwrap();
    assert!(report.is_clean() && report.warnings.len() == 1, "{report:?}");
    kms.attach(Arc::new(machine.clone())).unwrap();
    assert_eq!(kms.decrypt(&context(), &token).unwrap().text.expose(), b"value");
    assert_eq!(kms.rotate(&orders, None).unwrap(), number(2));
    assert_sound(&kms, &machine);
}

/// Of several with the same keys another one answers after a restart than when the key was made.
#[test]
fn a_key_is_found_in_a_device_that_stands_in_for_its_own() {
    let store: Arc<dyn Store> = Arc::new(Memory::new());
    let (kms, machine) = (Kms::init(Arc::clone(&store), &root(), principal()).unwrap(), Double::new("77"));
    kms.attach(Arc::new(machine.clone())).unwrap();
    for spec in Spec::ALL {
        make_inside(&kms, spec.as_str(), spec);
    }
    drop(kms);
    let kms = Kms::open(Arc::clone(&store), &root(), principal()).unwrap();
    kms.attach(Arc::new(machine.copy("78", "79"))).unwrap();
    assert_eq!(kind(kms.encrypt(&key("sm4"), &context(), b"value")), Kind::Unavailable);
    kms.attach(Arc::new(machine.copy("80", "77"))).unwrap();
    for spec in Spec::ALL {
        use_every_way(&kms, &key(spec.as_str()), spec).unwrap();
    }
    assert_sound(&kms, &machine);
    // Its own goes first, which is away.
    let own = Double::new("77");
    kms.attach(Arc::new(own.clone())).unwrap();
    own.set(Mood::Away);
    assert_eq!(kind(kms.mac(&key("hmac-sm3"), b"message")), Kind::Unavailable);
}

#[test]
fn of_several_devices_one_is_named() {
    let (kms, one) = with_machine();
    let two = Double::new("2");
    kms.attach(Arc::new(two.clone())).unwrap();
    assert_eq!(kms.devices().len(), 2);
    assert_eq!(kind(kms.create(inside("orders", Spec::Sm4))), Kind::Invalid);
    let named = |serial: &str| NewKey { device: Some(serial.into()), ..inside("orders", Spec::Sm4) };
    assert_eq!(kind(kms.create(named("3"))), Kind::Unavailable);
    kms.create(named("2")).unwrap();
    kms.rotate(&key("orders"), None).unwrap();
    assert_eq!((one.keys(), two.keys()), (0, 2), "the next version is made where the first was");
}

#[test]
fn material_neither_gets_into_a_device_nor_out() {
    let (kms, machine) = with_machine();
    let mut new = inside("brought", Spec::Sm4);
    new.origin = Origin::Imported;
    assert_eq!(kind(kms.create(new)), Kind::Invalid);
    let orders = make_inside(&kms, "orders", Spec::Sm4);
    assert_eq!(kind(kms.import_raw(&orders, Secret::take(&mut [7; 32]))), Kind::Forbidden);
    assert_eq!(kind(kms.import_parameters(&orders, Span::days(1))), Kind::Forbidden);
    let officer = PrivateKey::random(&mut kms_rng());
    assert_eq!(kind(kms.export(&orders, None, officer.public_key())), Kind::Forbidden);
    assert_sound(&kms, &machine);
}

#[test]
fn a_signature_that_does_not_verify_is_not_handed_out() {
    let (kms, machine) = with_machine();
    let signer = make_inside(&kms, "signer", Spec::Sm2Sign);
    machine.set(Mood::Faulty);
    assert_eq!(kind(kms.sign(&signer, DEFAULT_USER_ID, b"m")), Kind::Corrupt);
    machine.set(Mood::Well);
    kms.sign(&signer, DEFAULT_USER_ID, b"m").unwrap();
}

#[test]
fn a_backup_has_no_key_of_a_device_and_a_restore_says_which_is_needed() {
    let (kms, machine) = with_machine();
    let orders = make_inside(&kms, "orders", Spec::Sm4);
    let soft = make(&kms, "soft", Spec::Sm4);
    let token = kms.encrypt(&orders, &context(), b"value").unwrap();
    let officer = PrivateKey::random(&mut kms_rng());
    let mut backup = Vec::new();
    kms.backup(&mut backup, &Options::to(officer.public_key())).unwrap();
    let opener = || Opener::with(&officer);
    verify_backup(&mut backup.as_slice(), &opener()).unwrap();
    let into = Arc::new(Memory::new());
    let (restored, report) = restore(&mut backup.as_slice(), &opener(), into, &root(), principal()).unwrap();
    assert_eq!((report.waiting, report.devices[0].serial.as_str()), (vec![name("orders")], "1"));
    assert_eq!(kind(restored.decrypt(&context(), &token)), Kind::Unavailable);
    restored.encrypt(&soft, &context(), b"value").unwrap();
    let failed = restored.maintain(false).unwrap();
    assert_eq!(failed[0].what, What::Failed(Kind::Unavailable));
    let unsettled = restored.doctor().unwrap();
    assert!(unsettled.is_clean() && unsettled.warnings.len() == 3, "{unsettled:?}");
    restored.attach(Arc::new(machine.clone())).unwrap();
    assert_eq!(restored.decrypt(&context(), &token).unwrap().text.expose(), b"value");
    assert_eq!(kind(restored.encrypt(&orders, &context(), b"value")), Kind::Forbidden);
    assert_eq!(restored.maintain(false).unwrap()[0].what, What::Rotated(number(65_536)));
    restored.encrypt(&orders, &context(), b"value").unwrap();
    let report = restored.doctor().unwrap();
    assert!(report.is_clean() && report.warnings.len() == 1, "{report:?}");
    assert!(report.warnings[0].contains("another store's") && machine.keys() == 2, "{report:?}");
}

#[test]
fn a_restored_store_destroys_no_key_of_the_store_it_comes_from() {
    let (kms, machine) = with_machine();
    let orders = make_inside(&kms, "orders", Spec::Sm4);
    let signer = make_inside(&kms, "signer", Spec::Sm2Sign);
    let token = kms.encrypt(&orders, &context(), b"value").unwrap();
    let officer = PrivateKey::random(&mut kms_rng());
    let mut backup = Vec::new();
    kms.backup(&mut backup, &Options::to(officer.public_key())).unwrap();
    let (into, clock) = new_store();
    let opener = Opener::with(&officer);
    let (drill, _) = restore(&mut backup.as_slice(), &opener, into, &root(), principal()).unwrap();
    drill.attach(Arc::new(machine.clone())).unwrap();
    drill.maintain(true).unwrap();
    assert_eq!(machine.keys(), 4, "each has a next version, which is the drill's own");
    for key in [&orders, &signer] {
        drill.disable(key).unwrap();
        drill.schedule_destroy(key, Some(Span::days(7))).unwrap();
    }
    clock.advance(Span::days(8));
    drill.maintain(true).unwrap();
    clock.advance(Span(Span::DAY.0 + 1));
    let done: Vec<_> = drill.maintain(false).unwrap().into_iter().map(|done| done.what).collect();
    let count = |what: What| done.iter().filter(|done| **done == what).count();
    assert_eq!((count(What::Destroyed), count(What::LeftInside(number(1)))), (2, 2), "{done:?}");
    assert_eq!((count(What::DestroyedInside(number(65_536))), done.len()), (2, 6), "{done:?}");
    let told = drill.audit(1, 1000).unwrap();
    assert_eq!(told.iter().filter(|entry| entry.event.detail.contains("another store's")).count(), 2);
    assert!(drill.doctor().unwrap().warnings.is_empty() && drill.maintain(false).unwrap().is_empty());
    assert_eq!(kms.decrypt(&context(), &token).unwrap().text.expose(), b"value");
    use_every_way(&kms, &signer, Spec::Sm2Sign).unwrap();
    assert_sound(&kms, &machine);
}

#[test]
fn many_that_rotate_at_once_make_one_successor_and_leave_no_key() {
    let store: Arc<dyn Store> = Arc::new(Memory::new());
    let (kms, machine) = (Kms::init(Arc::clone(&store), &root(), principal()).unwrap(), Double::new("1"));
    kms.attach(Arc::new(machine.clone())).unwrap();
    make_inside(&kms, "orders", Spec::Sm4);
    let rotate = || {
        let kms = Kms::open(Arc::clone(&store), &root(), principal()).unwrap();
        kms.attach(Arc::new(machine.clone())).unwrap();
        kms.rotate(&key("orders"), Some(number(1))).unwrap()
    };
    let rotated: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(rotate)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(rotated.iter().all(|version| *version == number(2)), "{rotated:?}");
    assert_eq!(machine.keys(), 2);
    assert_sound(&kms, &machine);
}
