//! Whole trips through the public API of the key-management service.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "common/kms.rs"]
mod common;

extern crate alloc;

use alloc::sync::Arc;

use common::{kms, new_store, principal, root};
use miyao::{
    Kind, Secret, SecretBytes,
    algo::{
        drbg::Drbg,
        sm2::{DEFAULT_USER_ID, Encoding, MessageDigest, PrivateKey},
    },
    envelope::{self, Context, Entry, Opener, Options, inspect},
    key::{AuditMode, KeyName, KeyState, Limits, NewKey, Number, Origin, Span, Spec, VersionState},
    kms::{KeyRef, KeyUpdate, Kms, VersionRef, restore, verify_backup},
    policy::Action,
    store::{Store, memory::Memory},
};

fn name(text: &str) -> KeyName {
    KeyName::parse(text).unwrap()
}

fn key(text: &str) -> KeyRef {
    KeyRef::parse(text).unwrap()
}

fn number(number: u32) -> Number {
    Number::new(number).unwrap()
}

fn make(kms: &Kms, text: &str, spec: Spec) -> KeyRef {
    kms.create(NewKey::new(name(text), spec)).unwrap();
    key(text)
}

fn kind<T>(result: miyao::Result<T>) -> Kind {
    result.err().expect("must be refused").kind()
}

fn context() -> Context {
    Context::new().with("row", "7").unwrap()
}

fn state(kms: &Kms, reference: &KeyRef, version: u32) -> VersionState {
    kms.describe(reference).unwrap().versions[version as usize - 1].state
}

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

#[test]
fn material_is_imported_raw_or_wrapped_once() {
    let kms = kms();
    let mut new = NewKey::new(name("brought"), Spec::Sm4);
    new.origin = Origin::Imported;
    kms.create(new).unwrap();
    let brought = key("brought");
    assert_eq!(kind(kms.encrypt(&brought, &context(), b"")), Kind::Forbidden);
    assert_eq!(kms.import_raw(&brought, Secret::build(|bytes| bytes.fill(7))).unwrap(), number(1));
    let token = kms.encrypt(&brought, &context(), b"value").unwrap();
    assert_eq!(kind(kms.rotate(&brought, None)), Kind::Forbidden);

    let mut rng = Drbg::new(&[3; 32], b"kms", b"");
    let parameters = kms.import_parameters(&brought, Span::DAY).unwrap();
    let wrapped = parameters.public.encrypt(&[8; 32], Encoding::Der, &mut rng).unwrap();
    let other = make(&kms, "other", Spec::Sm4);
    let mut forged = parameters.token.clone();
    forged[40] ^= 1;
    assert_eq!(kind(kms.import_wrapped(&brought, &forged, &wrapped)), Kind::Rejected);
    assert_eq!(kind(kms.import_wrapped(&other, &parameters.token, &wrapped)), Kind::Rejected);
    let short = parameters.public.encrypt(&[8; 31], Encoding::Der, &mut rng).unwrap();
    assert_eq!(kind(kms.import_wrapped(&brought, &parameters.token, &short)), Kind::Invalid);
    assert_eq!(kms.import_wrapped(&brought, &parameters.token, &wrapped).unwrap(), number(2));
    assert_eq!(kind(kms.import_wrapped(&brought, &parameters.token, &wrapped)), Kind::Missing);
    assert!(kms.decrypt(&context(), &token).is_ok());
    // Stopping the primary of an imported key disables it: nobody here can make a successor.
    kms.suspend(&brought, number(2)).unwrap();
    assert_eq!(kms.describe(&brought).unwrap().key.state, KeyState::Disabled);

    let receiver = PrivateKey::random(&mut rng);
    kms.enable(&brought).unwrap();
    let out = kms.export(&brought, Some(number(1)), receiver.public_key()).unwrap();
    assert_eq!(receiver.decrypt(&out, Encoding::Der).unwrap().expose(), [7; 32]);
    assert!(kms.doctor().unwrap().is_clean());
}

#[test]
fn an_import_permit_expires() {
    let (store, clock) = new_store();
    let kms = Kms::init(store, &root(), principal()).unwrap();
    let mut new = NewKey::new(name("brought"), Spec::Sm4);
    new.origin = Origin::Imported;
    kms.create(new).unwrap();
    let parameters = kms.import_parameters(&key("brought"), Span::DAY).unwrap();
    let mut rng = Drbg::new(&[4; 32], b"kms", b"");
    let wrapped = parameters.public.encrypt(&[8; 32], Encoding::Der, &mut rng).unwrap();
    clock.advance(Span::DAY);
    assert_eq!(kind(kms.import_wrapped(&key("brought"), &parameters.token, &wrapped)), Kind::Missing);
    assert_eq!(kms.maintain(false).unwrap().len(), 1);
    assert_eq!(kind(kms.import_parameters(&key("brought"), Span::days(31))), Kind::Invalid);
}

#[test]
fn aliases_move_and_names_stay() {
    let kms = kms();
    let (one, two) = (make(&kms, "one", Spec::Sm4), make(&kms, "two", Spec::Sm4));
    let alias = name("current");
    kms.add_alias(&one, &alias).unwrap();
    assert_eq!(kind(kms.add_alias(&two, &alias)), Kind::Exists);
    let token = kms.encrypt(&key("current"), &context(), b"").unwrap();
    kms.move_alias(&two, &alias).unwrap();
    let other = kms.encrypt(&key("current"), &context(), b"").unwrap();
    assert_ne!(kms.decrypt(&context(), &token).unwrap().key, kms.decrypt(&context(), &other).unwrap().key);
    assert_eq!(kind(kms.move_alias(&one, &name("two"))), Kind::Forbidden);
    kms.remove_alias(&alias).unwrap();
    assert_eq!(kind(kms.encrypt(&key("current"), &context(), b"")), Kind::Missing);
    assert_eq!(kind(kms.remove_alias(&name("one"))), Kind::Forbidden);
    assert!(kms.doctor().unwrap().is_clean());
}

#[test]
fn keys_are_listed_by_name_and_page() {
    let kms = kms();
    for index in 0..25 {
        make(&kms, &format!("key-{index:02}"), Spec::Sm4);
    }
    kms.add_alias(&key("key-03"), &name("another")).unwrap();
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = kms.list(after.as_ref(), 10).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.name.clone());
        names.extend(page.iter().map(|key| key.name.to_string()));
    }
    assert_eq!(names, (0..25).map(|index| format!("key-{index:02}")).collect::<Vec<_>>());
}

#[test]
fn an_update_changes_what_it_names_and_protection_holds() {
    let kms = kms();
    let orders = make(&kms, "orders", Spec::Sm4);
    let update = KeyUpdate {
        description: Some("orders of the shop".into()),
        deletion_protection: Some(true),
        set_tags: vec![("owner".into(), "shop".into())],
        ..KeyUpdate::default()
    };
    let changed = kms.update(&orders, update).unwrap().key;
    assert_eq!(
        (changed.description.as_str(), changed.tags["owner"].as_str()),
        ("orders of the shop", "shop")
    );
    kms.disable(&orders).unwrap();
    assert_eq!(kind(kms.schedule_destroy(&orders, None)), Kind::Forbidden);
    let absent = KeyUpdate { remove_tags: vec!["no".into()], ..KeyUpdate::default() };
    assert_eq!(kind(kms.update(&orders, absent)), Kind::Missing);
    assert_eq!(kind(kms.update(&orders, KeyUpdate::default())), Kind::Invalid);
}

#[test]
fn every_call_is_audited_and_the_chain_holds() {
    let kms = kms();
    let orders = make(&kms, "orders", Spec::Sm4);
    let other = kms.acting_as(miyao::key::Principal::parse("service:b").unwrap());
    let token = kms.encrypt(&orders, &context(), b"").unwrap();
    for _ in 0..3 {
        other.decrypt(&context(), &token).unwrap();
    }
    assert!(other.decrypt(&Context::new(), &token).is_err());
    assert!(other.enable(&orders).is_err());
    kms.flush().unwrap();
    let entries = kms.audit(1, 1000).unwrap();
    let count = |principal: &str, action: Action, outcome: u8| -> u64 {
        let of = |entry: &&miyao::audit::Entry| {
            let event = &entry.event;
            event.principal.as_str() == principal && event.action == action && event.outcome == outcome
        };
        entries.iter().filter(of).map(|entry| entry.event.count).sum()
    };
    let me = principal();
    assert_eq!(count(me.as_str(), Action::Init, 0), 1);
    assert_eq!(count(me.as_str(), Action::Create, 0), 1);
    assert_eq!(count(me.as_str(), Action::Encrypt, 0), 1);
    assert_eq!(count("service:b", Action::Decrypt, 0), 3);
    assert_eq!(count("service:b", Action::Decrypt, Kind::Rejected.number()), 1);
    assert_eq!(count("service:b", Action::Enable, Kind::Forbidden.number()), 1);
    assert_eq!(kms.verify_audit().unwrap().entries, entries.len() as u64);
}

#[test]
fn a_key_that_is_audited_each_time_writes_before_it_answers() {
    let kms = kms();
    let mut new = NewKey::new(name("orders"), Spec::Sm4);
    new.audit = AuditMode::Each;
    kms.create(new).unwrap();
    kms.encrypt(&key("orders"), &context(), b"").unwrap();
    let last = kms.audit(1, 1000).unwrap().pop().unwrap();
    assert_eq!((last.event.action, last.event.count, last.event.outcome), (Action::Encrypt, 1, 0));
}

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
