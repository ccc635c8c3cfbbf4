//! The life of keys and versions: rotation, suspension, destruction, limits.

use alloc::sync::Arc;

use miyao::{
    Kind,
    envelope::Context,
    key::{KeyState, Limits, NewKey, Span, Spec, VersionState},
    kms::{KeyRef, Kms},
    policy::Action,
    store::memory::Memory,
};

use super::{
    common::{context, key, kind, kms, new_store, principal, root},
    make, name, number,
};

#[test]
fn a_token_lives_through_rotations_and_a_reopening() {
    let store = Arc::new(Memory::new());
    let first = Kms::init(store.clone(), &root(), principal()).unwrap();
    let orders = make(&first, "orders", Spec::Sm4);
    let token = first.encrypt(&orders, &context(), b"value").unwrap();
    for expected in 2..5 {
        assert_eq!(first.rotate(&orders, None).unwrap(), number(expected));
    }
    let again = Kms::open(store, &root(), principal()).unwrap();
    for kms in [&first, &again] {
        let opened = kms.decrypt(&context(), &token).unwrap();
        assert_eq!(
            (opened.text.expose(), opened.version, opened.unproven),
            (&b"value"[..], number(1), false)
        );
        assert_eq!(kind(kms.decrypt(&Context::new(), &token)), Kind::Rejected);
    }
    let fresh = first.reencrypt(&context(), &token).unwrap();
    assert_eq!(again.decrypt(&context(), &fresh).unwrap().version, number(4));
}

#[test]
fn a_rotation_elsewhere_is_never_a_failure_here() {
    let store = Arc::new(Memory::new());
    let here = Kms::init(store.clone(), &root(), principal()).unwrap();
    let orders = make(&here, "orders", Spec::Sm4);
    here.encrypt(&orders, &context(), b"warm").unwrap();
    let there = Kms::open(store, &root(), principal()).unwrap();
    there.rotate(&orders, Some(number(1))).unwrap();
    let token = there.encrypt(&orders, &context(), b"value").unwrap();
    assert_eq!(here.decrypt(&context(), &token).unwrap().version, number(2));
}

#[test]
fn fifty_schedulers_that_see_one_version_make_one_successor() {
    let kms = kms();
    let orders = make(&kms, "orders", Spec::Sm4);
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| assert_eq!(kms.rotate(&orders, Some(number(1))).unwrap(), number(2)));
        }
    });
    let described = kms.describe(&orders).unwrap();
    assert_eq!(described.versions.len(), 2);
    assert_eq!(described.versions[0].state, VersionState::Deactivated);
    assert_eq!(kind(kms.rotate(&orders, Some(number(9)))), Kind::Conflict);
    assert!(kms.doctor().unwrap().is_clean());
}

#[test]
fn stopping_the_primary_leaves_a_successor() {
    let kms = kms();
    let orders = make(&kms, "orders", Spec::Sm4);
    let token = kms.encrypt(&orders, &context(), b"value").unwrap();
    kms.suspend(&orders, number(1)).unwrap();
    assert_eq!(state(&kms, &orders, 1), VersionState::Suspended);
    assert_eq!(state(&kms, &orders, 2), VersionState::Active);
    assert_eq!(kind(kms.decrypt(&context(), &token)), Kind::Forbidden);
    assert_eq!(
        kms.decrypt(&context(), &kms.encrypt(&orders, &context(), b"v").unwrap()).unwrap().version,
        number(2)
    );
    kms.resume(&orders, number(1)).unwrap();
    assert!(kms.decrypt(&context(), &token).is_ok());
    kms.compromise(&orders, number(1)).unwrap();
    assert_eq!(kind(kms.decrypt(&context(), &token)), Kind::Forbidden);
    assert!(kms.recover(&context(), &token).unwrap().unproven);
    kms.deactivate(&orders, number(2)).unwrap();
    assert_eq!(state(&kms, &orders, 3), VersionState::Active);
    assert_eq!(kind(kms.deactivate(&orders, number(2))), Kind::Forbidden);
    assert!(kms.doctor().unwrap().is_clean());
}

#[test]
fn the_tripwire_goes_off_for_genuine_tokens_only() {
    let kms = kms();
    let orders = make(&kms, "orders", Spec::Sm4);
    let token = kms.encrypt(&orders, &context(), b"value").unwrap();
    kms.suspend(&orders, number(1)).unwrap();
    let tripped = || {
        let entries = kms.audit(1, 1000).unwrap();
        entries.iter().filter(|entry| entry.event.action == Action::Tripwire).count()
    };
    let mut forged = token.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(kind(kms.decrypt(&context(), &forged)), Kind::Forbidden);
    assert_eq!(kind(kms.decrypt(&Context::new(), &token)), Kind::Forbidden);
    assert_eq!(tripped(), 0);
    assert_eq!(kind(kms.decrypt(&context(), &token)), Kind::Forbidden);
    assert_eq!(tripped(), 1);
}

#[test]
fn a_key_is_destroyed_only_after_its_wait_and_two_sightings() {
    let (store, clock) = new_store();
    let kms = Kms::init(store, &root(), principal()).unwrap();
    let orders = make(&kms, "orders", Spec::Sm4);
    let token = kms.encrypt(&orders, &context(), b"value").unwrap();
    assert_eq!(kind(kms.schedule_destroy(&orders, None)), Kind::Forbidden);
    kms.disable(&orders).unwrap();
    assert_eq!(kind(kms.encrypt(&orders, &context(), b"")), Kind::Forbidden);
    assert_eq!(kind(kms.schedule_destroy(&orders, Some(Span::days(6)))), Kind::Invalid);
    let due = kms.schedule_destroy(&orders, Some(Span::days(7))).unwrap();
    assert_eq!(kind(kms.decrypt(&context(), &token)), Kind::Forbidden);
    let days = |days| clock.advance(Span::days(days));
    days(1);
    assert!(kms.maintain(false).unwrap().is_empty());
    days(7);
    assert_eq!(kind(kms.maintain(false)), Kind::Clock);
    let seen = kms.maintain(true).unwrap();
    assert_eq!(
        (seen.len(), kms.describe(&orders).unwrap().key.state),
        (1, KeyState::DestroyScheduled),
        "due {due}"
    );
    assert!(kms.maintain(false).unwrap().is_empty());
    days(1);
    assert_eq!(kms.maintain(false).unwrap().len(), 1);
    let gone = kms.describe(&orders).unwrap();
    assert_eq!(gone.key.state, KeyState::Destroyed);
    assert!(gone.versions.iter().all(|version| version.material.is_none() && version.destroyed.is_some()));
    assert_eq!(kind(kms.decrypt(&context(), &token)), Kind::Forbidden);
    assert_eq!(kind(kms.create(NewKey::new(name("orders"), Spec::Sm4))), Kind::Exists);
    assert!(kms.doctor().unwrap().is_clean());
}

#[test]
fn maintain_rotates_by_age_and_by_use_once() {
    let (store, clock) = new_store();
    let kms = Kms::init(store, &root(), principal()).unwrap();
    let mut new = NewKey::new(name("aged"), Spec::Sm4);
    new.rotate_every = Some(Span::DAY);
    kms.create(new).unwrap();
    let mut new = NewKey::new(name("used"), Spec::Sm4);
    new.limits = Limits { messages: Some(10), ..Limits::default() };
    kms.create(new).unwrap();
    for _ in 0..5 {
        kms.encrypt(&key("used"), &context(), b"").unwrap();
    }
    clock.advance(Span::DAY);
    assert_eq!(kms.maintain(false).unwrap().len(), 2);
    assert!(kms.maintain(false).unwrap().is_empty());
    assert_eq!(kms.describe(&key("aged")).unwrap().key.primary, Some(number(2)));
    for _ in 0..10 {
        kms.encrypt(&key("used"), &context(), b"").unwrap();
    }
    assert_eq!(kind(kms.encrypt(&key("used"), &context(), b"")), Kind::Exhausted);
    clock.advance(Span::days(3));
    assert_eq!(kind(kms.maintain(false)), Kind::Clock);
    clock.back(Span::days(4));
    assert_eq!(kind(kms.maintain(false)), Kind::Clock);
}

#[test]
fn limits_hold_across_processes_that_do_not_know_of_each_other() {
    let store = Arc::new(Memory::new());
    let one = Kms::init(store.clone(), &root(), principal()).unwrap();
    let mut new = NewKey::new(name("used"), Spec::Sm4);
    new.limits = Limits { messages: Some(40), bytes: Some(1000), ..Limits::default() };
    one.create(new).unwrap();
    let two = Kms::open(store, &root(), principal()).unwrap();
    let mut done = 0;
    while one.encrypt(&key("used"), &context(), b"1234567890").is_ok() {
        done += 1;
        done += usize::from(two.encrypt(&key("used"), &context(), b"1234567890").is_ok());
    }
    assert!((39..=40).contains(&done), "{done}");
    assert_eq!(kind(two.encrypt(&key("used"), &context(), b"")), Kind::Exhausted);
}

fn state(kms: &Kms, reference: &KeyRef, version: u32) -> VersionState {
    kms.describe(reference).unwrap().versions[version as usize - 1].state
}
